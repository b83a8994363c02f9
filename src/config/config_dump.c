/* The configuration for people: as YAML with origins, and as a manual page. */
#include "base/compiler.h"
#include "config/config_private.h"

#include <string.h>

#define ORIGIN_COLUMN 44

/* Lines for the sections of `key` that `before` was not in; returns the depth of the key. */
static int open_sections(FILE *to, const char *before, const char *key)
{
    int depth = 0;
    for (const char *dot = strchr(key, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        size_t size = (size_t)(dot - key) + 1;
        const char *name = key;
        for (const char *c = key; c < dot; c++)
            if (*c == '.') name = c + 1;
        if (strncmp(before, key, size) != 0)
            fprintf(
                to, "%s%*s%.*s:\n", depth == 0 ? "\n" : "", 2 * depth, "", (int)(dot - name), name);
        depth++;
    }
    return depth;
}

static const char *last_name(const char *key)
{
    const char *dot = strrchr(key, '.');
    return dot == NULL ? key : dot + 1;
}

static void print_origin(FILE *to, struct config_origin origin)
{
    static const char *const texts[] = {
        "default", "preset", "file", "PEVM_ variable", "EVM_EXECUTOR_ variable", "command line"};
    fprintf(to, "# %s", texts[origin.source]);
    if (origin.source == CONFIG_FROM_FILE) fprintf(to, ", line %u", origin.line);
    fputc('\n', to);
}

void config_dump(const struct config *config, FILE *to)
{
    const char *before = "";
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_spec *spec = &config_specs[i];
        char value[CONFIG_VALUE_SIZE], line[CONFIG_VALUE_SIZE + 128];
        int depth = open_sections(to, before, spec->key);
        config_print(value, config, (enum config_key)i);
        bool is_hidden = spec->kind == KIND_SECRET && strcmp(value, "\"\"") != 0;
        snprintf(line,
                 sizeof line,
                 "%*s%s%s: %s",
                 2 * depth,
                 "",
                 is_hidden ? "# " : "",
                 last_name(spec->key),
                 is_hidden ? "(hidden)" : value);
        fprintf(to, "%-*s ", ORIGIN_COLUMN, line);
        print_origin(to, config->origins[i]);
        before = spec->key;
    }
}

/* roff: a leading dot or quote and a backslash mean something, and a hyphen is no minus. */
static void print_roff(FILE *to, const char *text)
{
    for (; *text != 0; text++) {
        if (*text == '\\')
            fputs("\\e", to);
        else if (*text == '-')
            fputs("\\-", to);
        else
            fputc(*text, to);
    }
}

static void print_key(FILE *to, const struct config_spec *spec)
{
    char wanted[CONFIG_WANTED_SIZE], name[CONFIG_ENVIRONMENT_SIZE];
    fputs(".TP\n.B ", to);
    print_roff(to, spec->key);
    fputc('\n', to);
    print_roff(to, spec->about);
    fputs("\n.br\n", to);
    print_roff(to, config_wanted(wanted, spec));
    fprintf(to, ". Default: %s", spec->initial[0] == 0 ? "none" : "");
    print_roff(to, spec->initial);
    fprintf(to, ".%s\n.br\n", spec->is_live ? " Changed by SIGHUP." : "");
    print_roff(to, config_environment_name(name, spec->key));
    fputc('\n', to);
}

static const char man_head[] =
    ".\\\" Written by \"pevm config man\" from src/config/config.def; a test compares.\n"
    ".TH PEVM.YAML 5 \"\" pevm \"File formats\"\n"
    ".SH NAME\n"
    "pevm.yaml \\- configuration of the executor service\n"
    ".SH DESCRIPTION\n"
    "A YAML file of maps and single values: no lists, anchors, tags or second documents.\n"
    "Whatever is unknown, of the wrong type, out of range or there twice is an error that names "
    "file, line,\n"
    "column and key; nothing starts then\n"
    "(exit code 78).\n"
    ".B pevm config check\n"
    "says whether a file will do,\n"
    ".B pevm config dump\n"
    "prints what is in effect, and where each value came from.\n"
    ".PP\n"
    "A key comes from the highest of these that gives it: the command line, variables that begin "
    "with\n"
    "EVM_EXECUTOR_ (the key in capitals, dots as underscores), the short variables\n"
    "PEVM_MAX_WORKERS, PEVM_MEMORY_LIMIT, PEVM_ENABLE_METRICS, PEVM_LOG_LEVEL and "
    "PEVM_PROMETHEUS_PORT,\n"
    "the file, the preset, the default.\n"
    "A variable EVM_EXECUTOR_ that means nothing is an error, too.\n"
    "Two keys that are names of one thing must agree when both come from the same place; else the "
    "higher counts.\n"
    ".PP\n"
    "Sizes have units B, KB, MB, GB, TB, powers of 1024. Times have units ns, us, ms, s, m, h, "
    "also joined: 1m30s.\n"
    ".SH KEYS\n";

static const char man_tail[] = ".SH EXAMPLE\n"
                               ".nf\n"
                               "chain:\n"
                               "  name: bsc\n"
                               "storage:\n"
                               "  pika:\n"
                               "    addr: \"127.0.0.1:9221\"\n"
                               "execution:\n"
                               "  state_cache_size: 20000\n"
                               ".fi\n"
                               ".SH SEE ALSO\n"
                               ".BR pevm (1)\n";

void config_man(FILE *to)
{
    fputs(man_head, to);
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++)
        print_key(to, &config_specs[i]);
    fputs(man_tail, to);
}
