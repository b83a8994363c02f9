/* pevm config: is a configuration right, and what does it come to? */
#include "cli/commands.h"
#include "cli/options.h"
#include "config/config.h"

#include <string.h>
#include <unistd.h>

struct config_options {
    const char *path, *setting;
};

static void warn(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "pevm config: %s\n", text);
}

static enum exit_code tell_fault(const struct error *error)
{
    fprintf(stderr, "pevm config: %s\n", error->text);
    return error->status == PEVM_NO_MEMORY ? EXIT_INTERNAL : EXIT_CONFIG;
}

/* The file may be left out: then the environment and the defaults are looked at. */
static enum exit_code run_config(const struct config_options *options, bool dump)
{
    struct config config;
    struct error error;
    struct config_input input = {.path = options->path,
                                 .environment = (const char *const *)environ,
                                 .settings = &options->setting,
                                 .setting_count = options->setting != NULL,
                                 .warn = warn};
    error_clear(&error);
    if (config_load(&config, &input, &error) != PEVM_OK) return tell_fault(&error);
    if (dump)
        config_dump(&config, stdout);
    else
        printf("%s: the configuration is right\n",
               options->path == NULL ? "no file" : options->path);
    return EXIT_DONE;
}

int cmd_config(int argc, char **argv)
{
    struct config_options options = {0};
    const struct option_spec specs[] = {
        {OPTION_KIND_TEXT,
         "config", 'c',
         "FILE", &options.path,
         0, 0,
         "the file; none: only defaults and variables"},
        OPTION_TEXT("set", "KEY=VALUE", &options.setting, "set a key, over file and variables"),
    };
    const struct command_spec spec = {
        .name = "config",
        .operands = "check|dump|man",
        .about = "check  Say whether the configuration is right; 78 if not.\n"
                 "dump   Print all keys in effect, and where they come from.\n"
                 "man    Print the manual page pevm.yaml(5) as roff.",
        .options = specs,
        .option_count = COUNT_OF(specs)};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count != 1) return (int)usage_error(&spec, "wanted check, dump or man");
    const char *word = arguments.operands[0];
    if (strcmp(word, "check") == 0) return (int)run_config(&options, false);
    if (strcmp(word, "dump") == 0) return (int)run_config(&options, true);
    if (strcmp(word, "man") != 0)
        return (int)usage_error(&spec, "\"%s\" is none of check, dump and man", word);
    config_man(stdout);
    return EXIT_DONE;
}
