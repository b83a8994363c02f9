#include "cli/options.h"

#include "base/assert.h"
#include "base/word.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLUMN 24 /* where the explanations begin */

enum exit_code usage_error(const struct command_spec *spec, const char *format, ...)
{
    va_list values;
    fprintf(stderr, "pevm %s: ", spec->name);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, "\nTry 'pevm help %s'.\n", spec->name);
    return EXIT_USAGE;
}

static void print_option(const struct option_spec *option)
{
    char left[128];
    char letter[8] = "    ";
    if (option->letter != 0) snprintf(letter, sizeof letter, "-%c, ", option->letter);
    int size = snprintf(left,
                        sizeof left,
                        "  %s--%s%s%s",
                        letter,
                        option->name,
                        option->value == NULL ? "" : " ",
                        option->value == NULL ? "" : option->value);
    bool fits = size < HELP_COLUMN;
    printf("%-*s%s", HELP_COLUMN, left, fits ? "" : "\n");
    if (!fits) printf("%*s", HELP_COLUMN, "");
    puts(option->help);
}

static void print_help(const struct command_spec *spec)
{
    printf("usage: pevm %s%s%s%s\n\n%s\n\n",
           spec->name,
           spec->option_count > 0 ? " [OPTION...]" : "",
           spec->operands[0] != 0 ? " " : "",
           spec->operands,
           spec->about);
    for (size_t i = 0; i < spec->option_count; i++)
        print_option(&spec->options[i]);
    print_option(&(struct option_spec){.name = "help", .letter = 'h', .help = "print this"});
}

/* The option of that name; `size` characters of it count. */
static const struct option_spec *find_long(const struct command_spec *spec,
                                           const char *name,
                                           size_t size)
{
    for (size_t i = 0; i < spec->option_count; i++)
        if (strlen(spec->options[i].name) == size && memcmp(spec->options[i].name, name, size) == 0)
            return &spec->options[i];
    return NULL;
}

static const struct option_spec *find_letter(const struct command_spec *spec, char letter)
{
    for (size_t i = 0; i < spec->option_count; i++)
        if (spec->options[i].letter == letter) return &spec->options[i];
    return NULL;
}

static enum exit_code tell_unknown(const struct command_spec *spec, const char *word)
{
    unsigned least = 3; /* two letters wrong are a typing error, three another word */
    const char *nearest = NULL;
    for (size_t i = 0; i < spec->option_count && strncmp(word, "--", 2) == 0; i++) {
        unsigned distance = word_distance(word + 2, spec->options[i].name, least);
        if (distance >= least) continue;
        least = distance;
        nearest = spec->options[i].name;
    }
    if (nearest == NULL) return usage_error(spec, "there is no option %s", word);
    return usage_error(spec, "there is no option %s; did you mean --%s?", word, nearest);
}

static enum exit_code set_count(const struct command_spec *spec,
                                const struct option_spec *option,
                                const char *value)
{
    char *end;
    errno = 0;
    uint64_t number = strtoull(value, &end, 10);
    bool is_number = value[0] >= '0' && value[0] <= '9' && *end == 0 && errno == 0;
    if (!is_number || number < option->min || number > option->max)
        return usage_error(spec,
                           "--%s wants a number from %" PRIu64 " to %" PRIu64 ", not \"%s\"",
                           option->name,
                           option->min,
                           option->max,
                           value);
    *(uint64_t *)option->out = number;
    return EXIT_DONE;
}

static enum exit_code set_choice(const struct command_spec *spec,
                                 const struct option_spec *option,
                                 const char *value)
{
    size_t size = strlen(value);
    unsigned index = 0;
    for (const char *word = option->value; word != NULL; index++) {
        size_t word_size = strcspn(word, "|");
        if (word_size == size && memcmp(word, value, size) == 0) {
            *(unsigned *)option->out = index;
            return EXIT_DONE;
        }
        word = word[word_size] == '|' ? word + word_size + 1 : NULL;
    }
    return usage_error(
        spec, "--%s wants one of %s, not \"%s\"", option->name, option->value, value);
}

static enum exit_code set_value(const struct command_spec *spec,
                                const struct option_spec *option,
                                const char *value)
{
    switch (option->kind) {
    case OPTION_KIND_FLAG: *(bool *)option->out = true; return EXIT_DONE;
    case OPTION_KIND_COUNT: return set_count(spec, option, value);
    case OPTION_KIND_TEXT: *(const char **)option->out = value; return EXIT_DONE;
    case OPTION_KIND_CHOICE: return set_choice(spec, option, value);
    }
    return EXIT_INTERNAL;
}

/* The option in argv[*at]; *at moves to the last word it takes. */
static enum exit_code take_option(const struct command_spec *spec, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    bool is_long = word[1] == '-';
    const char *equals = is_long ? strchr(word, '=') : NULL;
    size_t size = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct option_spec *option = is_long        ? find_long(spec, word + 2, size - 2)
                                       : word[2] == 0 ? find_letter(spec, word[1])
                                                      : NULL;
    if (option == NULL) return tell_unknown(spec, word);
    if (option->kind == OPTION_KIND_FLAG) {
        if (equals != NULL) return usage_error(spec, "--%s takes no value", option->name);
        return set_value(spec, option, NULL);
    }
    if (equals != NULL) return set_value(spec, option, equals + 1);
    if (*at + 1 >= argc)
        return usage_error(spec, "--%s wants a value: %s", option->name, option->value);
    return set_value(spec, option, argv[++*at]);
}

bool options_parse(const struct command_spec *spec, int argc, char **argv, struct arguments *out)
{
    ASSERT(argc >= 1);
    int operands = 1; /* argv[1..operands) are operands; they move to the front */
    bool only_operands = false;
    *out = (struct arguments){.exit_code = EXIT_DONE};
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        if (only_operands || word[0] != '-' || word[1] == 0) {
            argv[operands++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_operands = true;
            continue;
        }
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(spec);
            return false;
        }
        out->exit_code = take_option(spec, argc, argv, &i);
        if (out->exit_code != EXIT_DONE) return false;
    }
    out->operands = (const char *const *)(argv + 1);
    out->operand_count = (size_t)(operands - 1);
    return true;
}
