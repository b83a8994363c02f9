/* The commands as a user meets them: words in, text and exit code out. */
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "support/captured.h"
#include "support/test.h"

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64], out[1 << 23], err[1 << 14];

/* `line`: the command's name and its words; each @ in it is the folder. */
static int run(int (*command)(int, char **), const char *line)
{
    char words[512];
    char *argv[32];
    int argc = 0;
    size_t size = 0;
    for (const char *c = line; *c != 0; c++) {
        const char letter[2] = {*c, 0};
        size +=
            (size_t)snprintf(words + size, sizeof words - size, "%s", *c == '@' ? folder : letter);
        assert_true(size < sizeof words);
    }
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    struct captured into = {out, err, sizeof out, sizeof err};
    return captured_run(&into, command, argc, argv);
}

static void begin(void)
{
    snprintf(folder, sizeof folder, "/tmp/pevm_test_XXXXXX");
    assert_non_null(mkdtemp(folder));
    CHECK_EQ(run(cmd_make_chain,
                 "make-chain --blocks 2 --txs 6 --fork Cancun --recipe types --out @/new/chain"),
             EXIT_DONE);
    CHECK(strstr(out, ": 2 blocks, 12 transactions (") != NULL);
}

static void end(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK_EQ(system(command), 0);
}

TEST(a_chain_is_made_and_replayed)
{
    begin();
    CHECK_EQ(run(cmd_replay, "replay --mode sequential --repeat 2 @"), EXIT_DONE);
    CHECK(strstr(out, "state root checked for 2 of 2 blocks\n") != NULL);
    CHECK(strstr(out, "heap calls in the last run of a block: at most 0\n") != NULL);
    CHECK(strstr(out, "peak memory: ") != NULL);
    const char *last = strstr(out, "2 passed, 0 failed\n");
    assert_non_null(last);
    CHECK_EQ(strlen(last), strlen("2 passed, 0 failed\n"));
    CHECK_EQ(run(cmd_replay, "replay --witness @ @"), EXIT_DATA);
    CHECK(strstr(err, " has no witness for any of these blocks\n") != NULL);
    CHECK_EQ(run(cmd_replay, "replay --run ^2$ @"), EXIT_DONE);
    CHECK(strstr(out, "1 passed, 0 failed\n") != NULL);
    CHECK_EQ(run(cmd_replay, "replay --run ^3$ @"), EXIT_USAGE);
    end();
}

TEST(json_is_an_object_for_each_block_and_nothing_else)
{
    static const char *const fields[] = {"number",
                                         "fork",
                                         "txs",
                                         "gas_used",
                                         "expected_gas_used",
                                         "receipts_root",
                                         "expected_receipts_root",
                                         "state_root",
                                         "ok",
                                         "mode",
                                         "workers",
                                         "execute_ns_min",
                                         "execute_ns_median",
                                         "executions",
                                         "aborts",
                                         "bytes_arena"};
    begin();
    CHECK_EQ(run(cmd_replay, "replay --json @"), EXIT_DONE);
    unsigned lines = 0;
    for (const char *c = out; *c != 0; c++)
        lines += *c == '\n';
    CHECK_EQ(lines, 2);
    CHECK_EQ(out[0], '{');
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        char key[64];
        snprintf(key, sizeof key, "\"%s\":", fields[i]);
        if (strstr(out, key) == NULL) fail_msg("no %s", key);
    }
    end();
}

TEST(traces_are_lines_of_json)
{
    begin();
    CHECK_EQ(run(cmd_trace, "trace --run ^1$ @"), EXIT_DONE);
    CHECK(strncmp(out, "{\"tx\":0,\"hash\":\"0x", 18) == 0);
    CHECK(strstr(out, "{\"tx\":5,") != NULL);
    CHECK_EQ(run(cmd_trace, "trace --run ^1$ --tx 2 --call @"), EXIT_DONE);
    CHECK(strncmp(out, "{\"type\":\"C", 10) == 0);
    CHECK_EQ(run(cmd_trace, "trace --run ^1$ --tx 6 @"), EXIT_USAGE);
    CHECK(strstr(err, "has 6 transactions") != NULL);
    CHECK_EQ(run(cmd_trace, "trace @"), EXIT_USAGE);
    CHECK(strstr(err, "there are 2 bundles") != NULL);
    end();
}

TEST(benchmarks_have_a_list_a_table_and_json)
{
    CHECK_EQ(run(cmd_bench, "bench list"), EXIT_DONE);
    CHECK(strstr(out, "\ngigagas-uniswap ") != NULL);
    CHECK_EQ(run(cmd_bench, "bench ParallelExecution/10_txs memory --rounds 1 --workers 2"),
             EXIT_DONE);
    CHECK(strstr(out, "\nParallelExecution/10_txs ") != NULL);
    CHECK(strstr(out, "\nMemoryUsage/10MB_workload ") != NULL);
    CHECK(strstr(out, "\n2 workloads with equal outcomes, 0 wrong, 0 skipped") != NULL);
    CHECK_EQ(run(cmd_bench, "bench BenchmarkParallelExecution/10_txs --rounds 1 --json"),
             EXIT_DONE);
    CHECK(strncmp(out, "{\"machine\":", 11) == 0);
    CHECK(strstr(out, "\"name\":\"ParallelExecution/10_txs\"") != NULL);
}

TEST(bytes_of_what_is_kept_are_within_bounds)
{
    CHECK_EQ(run(cmd_bench, "bench footprint single-slot own"), EXIT_DONE);
    CHECK(strstr(out, "single-slot") != NULL);
    CHECK(strstr(out, "0 beyond what we want") != NULL);
}

/* The thread sanitizer's build has no simulator. */
TEST(a_simulation_says_that_it_is_one)
{
    if (run(cmd_bench, "bench simulate single-slot --scale 0.02 --rounds 1 --workers 1,2,16") !=
        EXIT_DONE)
        skip();
    CHECK(strstr(out, "SIMULATED") != NULL);
    CHECK(strstr(out, "every simulated outcome equal to the sequential one; 0 wrong") != NULL);
    CHECK_EQ(run(cmd_bench,
                 "bench simulate --json --rounds 1 --workers 4 ParallelExecution/10_txs "
                 "BenchmarkParallelExecution/1000_txs"),
             EXIT_DONE);
    CHECK(strstr(out, "\"simulated_ns\"") != NULL);
    CHECK(strstr(out, "\"alone\":1") != NULL);
    begin();
    CHECK_EQ(run(cmd_bench, "bench simulate --rounds 1 --workers 2,3 @"), EXIT_DONE);
    end();
}

TEST(the_oracle_tells_blocks_and_medians)
{
    begin();
    CHECK_EQ(run(cmd_bench, "bench oracle --blocks --runs 1 @"), EXIT_DONE);
    CHECK(strstr(out, "\n1   ") != NULL);
    CHECK(strstr(out, "median (mean) of 2 blocks\n") != NULL);
    CHECK(strstr(out, "\nns   precise ") != NULL);
    CHECK(strstr(out, "published") == NULL);
    CHECK_EQ(run(cmd_bench, "bench oracle --json --run ^1$ @"), EXIT_DONE);
    CHECK(strstr(out, "\"needs\":{\"coarse\":[[]") != NULL);
    CHECK(strstr(out, "\"name\":\"2\"") == NULL);
    end();
}

TEST(what_is_wrong_on_the_command_line_is_told)
{
    static const struct {
        int (*command)(int, char **);
        const char *line, *words;
        int code;
    } cases[] = {
        {cmd_replay,     "replay",                           "which bundles",         EXIT_USAGE},
        {cmd_replay,     "replay --mode warp x",             "sequential",            EXIT_USAGE},
        {cmd_replay,     "replay --repeat 0 x",              "repeat",                EXIT_USAGE},
        {cmd_replay,     "replay --run ( x",                 "no regular expression", EXIT_USAGE},
        {cmd_replay,     "replay /nowhere/at/all",           "/nowhere/at/all",       EXIT_IO   },
        {cmd_trace,      "trace",                            "which bundle",          EXIT_USAGE},
        {cmd_trace,      "trace /nowhere/at/all",            "/nowhere/at/all",       EXIT_IO   },
        {cmd_make_chain, "make-chain --recipe soup",         "Recipes:",              EXIT_USAGE},
        {cmd_make_chain, "make-chain --blocks x",            "blocks",                EXIT_USAGE},
        {cmd_make_chain, "make-chain more",                  "more",                  EXIT_USAGE},
        {cmd_make_chain, "make-chain --fork Nonsense",       "Nonsense",              EXIT_DATA },
        {cmd_make_chain, "make-chain --txs 1 --out /proc/x", "/proc/x",               EXIT_IO   },
        {cmd_bench,      "bench",                            "which workload",        EXIT_USAGE},
        {cmd_bench,      "bench soup",                       "soup",                  EXIT_USAGE},
        {cmd_bench,      "bench worst-raw --scale x",        "--scale",               EXIT_USAGE},
        {cmd_bench,      "bench worst-raw --scale 1e9",      "--scale",               EXIT_USAGE},
        {cmd_bench,      "bench worst-raw --hot 2",          "--hot",                 EXIT_USAGE},
        {cmd_bench,      "bench worst-raw --workers 0",      "--workers",             EXIT_USAGE},
        {cmd_bench,      "bench simulate",                   "which load",            EXIT_USAGE},
        {cmd_bench,      "bench simulate /nowhere/at/all",   "/nowhere/at/all",       EXIT_IO   },
        {cmd_bench,      "bench simulate own --workers 65",  "64",                    EXIT_USAGE},
        {cmd_bench,      "bench simulate own --scale x",     "--scale",               EXIT_USAGE},
        {cmd_bench,      "bench footprint soup",             "soup",                  EXIT_USAGE},
        {cmd_bench,      "bench oracle",                     "which bundles",         EXIT_USAGE},
        {cmd_bench,      "bench oracle /nowhere/at/all",     "/nowhere/at/all",       EXIT_IO   },
        {cmd_bench,      "bench list more",                  "no names",              EXIT_USAGE},
        {cmd_bench,      "bench evm /nowhere/at/all",        "/nowhere/at/all",       EXIT_IO   },
        {cmd_version,    "version more",                     "more",                  EXIT_USAGE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int code = run(cases[i].command, cases[i].line);
        if (code != cases[i].code) fail_msg("%s: %d, %s", cases[i].line, code, err);
        if (strstr(err, cases[i].words) == NULL) fail_msg("%s: \"%s\"", cases[i].line, err);
    }
}

TEST(the_version_names_compiler_and_libraries)
{
    CHECK_EQ(run(cmd_version, "version"), EXIT_DONE);
    CHECK(strncmp(out, "pevm ", 5) == 0);
    CHECK(strstr(out, "\ncommit ") != NULL);
    CHECK(strstr(out, "\ncompiler ") != NULL);
    CHECK(strstr(out, "libsecp256k1 ") != NULL);
}

TEST(a_configuration_is_checked_and_dumped)
{
    CHECK_EQ(run(cmd_config, "config check"), EXIT_DONE);
    CHECK_TEXT(out, "no file: the configuration is right\n");
    CHECK_EQ(run(cmd_config, "config dump --set verify=full"), EXIT_DONE);
    CHECK(strstr(out, "verify: full                                 # command line\n") != NULL);
    CHECK_EQ(run(cmd_config, "config check --set verify=most"), EXIT_CONFIG);
    CHECK_TEXT(err, "pevm config: verify: \"most\" will not do; wanted one of header, full\n");
    CHECK_EQ(run(cmd_config, "config check -c /nowhere.yaml"), EXIT_CONFIG);
    CHECK_EQ(run(cmd_config, "config"), EXIT_USAGE);
    CHECK_EQ(run(cmd_config, "config what"), EXIT_USAGE);
}

TEST(a_report_is_written_about_one_block_on_one_number_of_workers)
{
    char path[96];
    struct stat page, trace;
    begin();
    CHECK_EQ(run(cmd_replay, "replay --workers 2 --run ^2$ --report @/r.html --trace @/t.json @"),
             EXIT_DONE);
    snprintf(path, sizeof path, "%s/r.html", folder);
    CHECK_EQ(stat(path, &page), 0);
    snprintf(path, sizeof path, "%s/t.json", folder);
    CHECK_EQ(stat(path, &trace), 0);
    CHECK(page.st_size > 10000 && trace.st_size > 1000);
    CHECK_EQ(run(cmd_replay, "replay --report @/r.html @"), EXIT_USAGE);
    CHECK(strstr(err, "a report is about one block, these are 2: choose it with --run\n") != NULL);
    CHECK_EQ(run(cmd_replay, "replay --workers 1,2 --run ^2$ --trace @/t.json @"), EXIT_USAGE);
    CHECK(strstr(err, "a report is about one number of workers, not 2\n") != NULL);
    CHECK(run(cmd_replay, "replay --run ^2$ --report @/none/r.html @") != EXIT_DONE);
    CHECK(strstr(err, "r.html: No such file or directory\n") != NULL);
    end();
}
