/* main.c - pevm WORD ...: finds the command in the table and hands it the rest of the line. */
#include "base/word.h"
#include "cli/commands.h"
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name, *about;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
#define COMMAND(name, function, about) {name, about, function},
#include "cli/commands.def"
#undef COMMAND
};

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static void print_commands(FILE *to)
{
    fputs("usage: pevm COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n", to);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(to, "  %-12s%s\n", commands[i].name, commands[i].about);
    fputs("\n'pevm help COMMAND' explains one of them.\n", to);
}

static int tell_unknown(const char *word)
{
    unsigned least = 3; /* two letters wrong are a typing error, three another word */
    const char *nearest = NULL;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        unsigned distance = word_distance(word, commands[i].name, least);
        if (distance >= least) continue;
        least = distance;
        nearest = commands[i].name;
    }
    fprintf(stderr, "pevm: there is no command \"%s\"", word);
    if (nearest != NULL) fprintf(stderr, "; did you mean \"%s\"?", nearest);
    fputs("\nTry 'pevm help'.\n", stderr);
    return EXIT_USAGE;
}

int cmd_help(int argc, char **argv)
{
    static const struct command_spec spec = {
        .name = "help", .operands = "[COMMAND]", .about = "Explain pevm, or one of its commands."};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count == 0) {
        print_commands(stdout);
        return EXIT_DONE;
    }
    const struct command *command = command_find(arguments.operands[0]);
    if (command == NULL) return tell_unknown(arguments.operands[0]);
    char help[] = "--help";
    char *words[] = {argv[1], help, NULL};
    return command->run(2, words);
}

/* "pevm --help" and the like, for those who try that first. */
static const char *command_alias(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) return "help";
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) return "version";
    return word;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stderr);
        return EXIT_USAGE;
    }
    const struct command *command = command_find(command_alias(argv[1]));
    if (command == NULL) return tell_unknown(argv[1]);
    int code = command->run(argc - 1, argv + 1);
    if (fflush(stdout) == 0 && ferror(stdout) == 0) return code;
    fputs("pevm: standard output could not be written\n", stderr);
    return code == EXIT_DONE ? EXIT_IO : code;
}
