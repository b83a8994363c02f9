/* options.h - a command's options as a table: parsed, checked and explained from the same lines.
 *
 *     struct replay_options options = {.repeat = 1};
 *     const struct option_spec specs[] = {
 *         OPTION_COUNT("repeat", "N", &options.repeat, 1, 1000, "run each block N times"),
 *         OPTION_FLAG("json", &options.json, "one JSON object per block"),
 *     };
 *     const struct command_spec spec = {"replay", "PATH...", "Execute block bundles.", specs, COUNT_OF(specs)};
 *     struct arguments arguments;
 *     if (!options_parse(&spec, argc, argv, &arguments)) return arguments.exit_code;
 *
 * Rules
 *   R1  "--name VALUE" and "--name=VALUE" mean the same; options and paths may be mixed; after "--" all are paths.
 *       An option with a letter is understood as "-l VALUE", too.
 *   R2  --help and -h print the table to stdout and end the command with 0.
 *   R3  What is wrong is told on stderr with the way to do it right, and ends the command with EXIT_USAGE.
 *   R4  The last of several equal options counts.
 */
#pragma once

#include "base/compiler.h"
#include "cli/exit_code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_KIND_FLAG,   /* out: bool */
    OPTION_KIND_COUNT,  /* out: uint64_t in min..max */
    OPTION_KIND_TEXT,   /* out: const char *, lies in argv */
    OPTION_KIND_CHOICE, /* out: unsigned, which of the '|' joined words of `value`, from 0 */
};

struct option_spec {
    enum option_kind kind;
    const char *name;  /* without the dashes */
    char letter;       /* 0: none */
    const char *value; /* how the value is called in the help: "N"; the words of a choice: "a|b" */
    void *out;         /* keeps its value when the option is not given */
    uint64_t min, max; /* of a count */
    const char *help;
};

#define OPTION_FLAG(name, out, help)                                                               \
    {                                                                                              \
        OPTION_KIND_FLAG, name, 0, NULL, out, 0, 0, help                                           \
    }
#define OPTION_COUNT(name, value, out, min, max, help)                                             \
    {                                                                                              \
        OPTION_KIND_COUNT, name, 0, value, out, min, max, help                                     \
    }
#define OPTION_TEXT(name, value, out, help)                                                        \
    {                                                                                              \
        OPTION_KIND_TEXT, name, 0, value, out, 0, 0, help                                          \
    }
#define OPTION_CHOICE(name, words, out, help)                                                      \
    {                                                                                              \
        OPTION_KIND_CHOICE, name, 0, words, out, 0, 0, help                                        \
    }

struct command_spec {
    const char *name;     /* as after "pevm" */
    const char *operands; /* "PATH...", "" */
    const char *about;    /* what it does: sentences, lines of at most 80 characters */
    const struct option_spec *options;
    size_t option_count;
};

struct arguments {
    const char *const
        *operands; /* what is no option, in its order; lies in argv, which is reordered */
    size_t operand_count;
    enum exit_code exit_code; /* when options_parse says false */
};

/* argv[0] is the command's name. False: the command ends with arguments->exit_code. */
bool options_parse(const struct command_spec *spec, int argc, char **argv, struct arguments *out)
    MUST_CHECK;

/* "pevm replay: <words>" and how to get help, on stderr; returns EXIT_USAGE. */
enum exit_code usage_error(const struct command_spec *spec, const char *format, ...)
    PRINTF_LIKE(2, 3);
