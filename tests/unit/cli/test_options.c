#include "cli/options.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct values {
    bool json;
    uint64_t workers;
    const char *fork;
    unsigned mode;
};

static struct values values;
static struct arguments arguments;
static char told[4096]; /* what came on stdout and stderr */

static bool parse(const char *line)
{
    const struct option_spec options[] = {
        OPTION_FLAG("json", &values.json, "one object per block"),
        OPTION_COUNT("workers", "N", &values.workers, 1, 64, "threads"),
        {OPTION_KIND_TEXT, "fork", 'f', "NAME", &values.fork, 0, 0, "only this fork"},
        OPTION_CHOICE("mode", "sequential|parallel|both", &values.mode, "how"),
    };
    const struct command_spec spec = {"try", "PATH...", "Try it.", options, COUNT_OF(options)};
    static char words[256];
    static char *argv[32];
    int argc = 0;
    snprintf(words, sizeof words, "try %s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;

    values = (struct values){.workers = 2, .mode = 1};
    fflush(stdout);
    fflush(stderr);
    FILE *file = tmpfile();
    assert_non_null(file);
    int out = dup(1), err = dup(2);
    dup2(fileno(file), 1);
    dup2(fileno(file), 2);
    bool parsed = options_parse(&spec, argc, argv, &arguments);
    fflush(stdout);
    fflush(stderr);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    rewind(file);
    told[fread(told, 1, sizeof told - 1, file)] = 0;
    fclose(file);
    return parsed;
}

static void refuses(const char *line, const char *words)
{
    CHECK(!parse(line));
    CHECK_EQ(arguments.exit_code, EXIT_USAGE);
    char expected[256];
    snprintf(expected, sizeof expected, "pevm try: %s\nTry 'pevm help try'.\n", words);
    CHECK_TEXT(told, expected);
}

TEST(options_and_paths_may_be_mixed)
{
    CHECK(parse("a --json b --workers 4 --fork=London c --mode both"));
    CHECK(values.json);
    CHECK_EQ(values.workers, 4);
    CHECK_TEXT(values.fork, "London");
    CHECK_EQ(values.mode, 2);
    CHECK_EQ(arguments.operand_count, 3);
    CHECK_TEXT(arguments.operands[0], "a");
    CHECK_TEXT(arguments.operands[2], "c");
    CHECK_TEXT(told, "");
}

TEST(what_is_not_given_keeps_its_value)
{
    CHECK(parse(""));
    CHECK(!values.json);
    CHECK_EQ(values.workers, 2);
    CHECK(values.fork == NULL);
    CHECK_EQ(values.mode, 1);
    CHECK_EQ(arguments.operand_count, 0);
}

TEST(after_two_dashes_all_are_paths)
{
    CHECK(parse("-f Paris -- --json -"));
    CHECK(!values.json);
    CHECK_TEXT(values.fork, "Paris");
    CHECK_EQ(arguments.operand_count, 2);
    CHECK_TEXT(arguments.operands[0], "--json");
}

TEST(the_last_of_equal_options_counts)
{
    CHECK(parse("--workers 3 --workers=5"));
    CHECK_EQ(values.workers, 5);
}

TEST(wrong_lines_are_told_with_the_way_to_do_it_right)
{
    refuses("--jsn", "there is no option --jsn; did you mean --json?");
    refuses("--frobnicate", "there is no option --frobnicate");
    refuses("-x", "there is no option -x");
    refuses("-fParis", "there is no option -fParis");
    refuses("--json=yes", "--json takes no value");
    refuses("--workers", "--workers wants a value: N");
    refuses("--workers 0", "--workers wants a number from 1 to 64, not \"0\"");
    refuses("--workers 65", "--workers wants a number from 1 to 64, not \"65\"");
    refuses("--workers -1", "--workers wants a number from 1 to 64, not \"-1\"");
    refuses("--workers 4x", "--workers wants a number from 1 to 64, not \"4x\"");
    refuses("--workers=", "--workers wants a number from 1 to 64, not \"\"");
    refuses("--workers 99999999999999999999",
            "--workers wants a number from 1 to 64, not \"99999999999999999999\"");
    refuses("--mode fast", "--mode wants one of sequential|parallel|both, not \"fast\"");
    refuses("--mode sequ", "--mode wants one of sequential|parallel|both, not \"sequ\"");
}

TEST(help_shows_the_table)
{
    CHECK(!parse("--help"));
    CHECK_EQ(arguments.exit_code, EXIT_DONE);
    CHECK(strstr(told, "usage: pevm try [OPTION...] PATH...\n\nTry it.\n") == told);
    CHECK(strstr(told, "\n      --workers N       threads\n") != NULL);
    CHECK(strstr(told, "\n  -f, --fork NAME       only this fork\n") != NULL);
    CHECK(strstr(told, "\n      --mode sequential|parallel|both\n                        how\n") !=
          NULL);
    CHECK(strstr(told, "\n  -h, --help            print this\n") != NULL);
}
