#include "cli/suite.h"
#include "fixture/field.h"
#include "support/captured.h"
#include "support/test.h"

#include <sys/wait.h>

#include <stdlib.h>
#include <unistd.h>

static struct suite_options given; /* to the runner */

/* A suite whose tests are lists: each item is a part and a case, "pass", "fail", "skip"; "break" is no case but a malformed test. */
static enum pevm_status toy_new(void **out,
                                const struct suite_options *options,
                                struct error *error)
{
    static int nothing;
    (void)error;
    given = *options;
    *out = &nothing;
    return PEVM_OK;
}

static void toy_free(void *runner)
{
    (void)runner;
}

static size_t toy_parts(const struct json *test)
{
    return test->kind == JSON_ARRAY && test->count > 0 ? test->count : 1;
}

static enum pevm_status toy_run(void *runner,
                                const struct json *test,
                                size_t part,
                                struct suite_report *report,
                                struct error *error)
{
    char name[64];
    (void)runner;
    snprintf(name, sizeof name, "%.*s", (int)test->key.size, (const char *)test->key.data);
    TRY(value_kind(test, JSON_ARRAY, "test", error));
    const struct json *item = test->first;
    for (size_t i = 0; i < part; i++)
        item = item->next;
    if (item == NULL) return PEVM_OK;
    struct suite_case result = {
        .test = name, .fork = "Toy", .has_index = true, .index = part, .gas_used = 7};
    if (json_text_is(item, "break")) return error_set(error, PEVM_BAD_INPUT, "it broke");
    if (json_text_is(item, "fail")) {
        result.verdict = VERDICT_FAILED;
        result.what = "colour";
        snprintf(result.expected, sizeof result.expected, "red");
        snprintf(result.got, sizeof result.got, "blue");
        result.details = "    more about it\n";
    }
    if (json_text_is(item, "skip")) {
        result.verdict = VERDICT_SKIPPED;
        result.what = "no mood";
    }
    suite_tell(report, &result);
    return PEVM_OK;
}

static const struct suite_kind toy = {"toytest", "Toys.", toy_new, toy_free, toy_parts, toy_run};

static char folder[64], told[16384], told_err[4096];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/pevm_test_XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK_EQ(system(command), 0);
}

static void make_file(const char *name, const char *content)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static int toy_command(int argc, char **argv)
{
    return suite_command(&toy, argc, argv);
}

/* Run with these options (words separated by spaces) on the folder, or on what the words name after "--". */
static int run(const char *line)
{
    static char words[256];
    char *argv[32];
    int argc = 0;
    snprintf(words, sizeof words, "toytest %s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    if (strstr(line, "/") == NULL) argv[argc++] = folder;
    struct captured into = {told, told_err, sizeof told, sizeof told_err};
    return captured_run(&into, toy_command, argc, argv);
}

TEST(a_suite_that_passes_says_so)
{
    make_folder();
    make_file("a.json", "{\"one\": [\"pass\", \"pass\"], \"two\": [\"pass\"]}");
    make_file("b.json", "{\"three\": [\"pass\", \"skip\"]}");
    CHECK_EQ(run(""), EXIT_DONE);
    CHECK_TEXT(told, "4 passed, 0 failed, 1 skipped\n");
    remove_folder();
}

TEST(a_failure_is_told_with_all_that_is_known)
{
    make_folder();
    make_file("a.json", "{\"one\": [\"pass\", \"fail\"]}");
    CHECK_EQ(run("--jobs 2"), EXIT_FAILED);
    CHECK_TEXT(told,
               "FAILED one, Toy, index 1 (a.json)\n"
               "    colour: expected red\n"
               "                 got blue\n"
               "    more about it\n"
               "1 passed, 1 failed\n");
    remove_folder();
}

TEST(json_has_an_object_per_case_and_nothing_else)
{
    make_folder();
    make_file("a.json", "{\"o\\\"ne\": [\"pass\", \"fail\", \"skip\"]}");
    CHECK_EQ(run("--json"), EXIT_FAILED);
    CHECK_TEXT(told,
               "{\"test\":\"o\\\"ne\",\"fork\":\"Toy\",\"index\":0,\"ok\":true,\"verdict\":"
               "\"passed\",\"gas_used\":7,"
               "\"file\":\"a.json\"}\n"
               "{\"test\":\"o\\\"ne\",\"fork\":\"Toy\",\"index\":1,\"ok\":false,\"verdict\":"
               "\"failed\",\"what\":\"colour\","
               "\"expected\":\"red\",\"got\":\"blue\",\"details\":\"    more about "
               "it\\u000a\",\"gas_used\":7,"
               "\"file\":\"a.json\"}\n"
               "{\"test\":\"o\\\"ne\",\"fork\":\"Toy\",\"index\":2,\"ok\":true,\"verdict\":"
               "\"skipped\",\"reason\":\"no mood\","
               "\"gas_used\":7,\"file\":\"a.json\"}\n");
    CHECK(strstr(told_err, "1 passed, 1 failed, 1 skipped\n") != NULL);
    remove_folder();
}

TEST(what_is_malformed_fails_and_the_rest_goes_on)
{
    make_folder();
    make_file("a.json", "{\"one\": [");
    make_file("b.json", "{\"two\": [\"break\"], \"three\": \"words\", \"four\": [\"pass\"]}");
    make_file("c.json", "[]");
    make_file("d.json", "{}");
    CHECK_EQ(run(""), EXIT_DATA);
    CHECK(strstr(told, "a.json: line 1: not JSON") != NULL);
    CHECK(strstr(told, "FAILED b.json: two: it broke\n") != NULL);
    CHECK(strstr(told, "FAILED b.json: three: test: expected a list, got \"words\"\n") != NULL);
    CHECK(strstr(told, "c.json: tests: expected an object, got a list\n") != NULL);
    CHECK(strstr(told, "1 passed, 4 failed\n") != NULL);
    CHECK_EQ(run("--json"), EXIT_DATA);
    CHECK(strstr(told,
                 "\"ok\":false,\"verdict\":\"failed\",\"what\":\"cannot be run\",\"got\":\"it "
                 "broke\"") != NULL);
    remove_folder();
}

TEST(a_regular_expression_selects_by_test_and_by_file)
{
    make_folder();
    make_file("a.json", "{\"one\": [\"pass\"], \"two\": [\"fail\"]}");
    make_file("b.json", "{\"three\": [\"pass\"]}");
    CHECK_EQ(run("--run ^one$"), EXIT_DONE);
    CHECK_TEXT(told, "1 passed, 0 failed\n");
    CHECK_EQ(run("--run=one|three"), EXIT_DONE);
    CHECK_TEXT(told, "2 passed, 0 failed\n");
    CHECK_EQ(run("--run a.json"), EXIT_FAILED);
    CHECK(strstr(told, "1 passed, 1 failed\n") != NULL);
    CHECK_EQ(run("--run nothing"), EXIT_FAILED);
    CHECK_TEXT(told, "0 passed, 0 failed\n");
    CHECK(strstr(told_err, "no case was run") != NULL);
    remove_folder();
}

TEST(what_is_told_does_not_depend_on_the_number_of_jobs)
{
    char name[32], content[4096], alone[sizeof told];
    make_folder();
    for (int file = 0; file < 20; file++) {
        size_t size = (size_t)snprintf(content, sizeof content, "{");
        for (int test = 0; test < 30; test++)
            size += (size_t)snprintf(content + size,
                                     sizeof content - size,
                                     "%s\"t%d.%d\": [\"pass\", \"%s\"]",
                                     test == 0 ? "" : ", ",
                                     file,
                                     test,
                                     (file * test) % 7 == 3 ? "fail" : "pass");
        snprintf(content + size, sizeof content - size, "}");
        snprintf(name, sizeof name, "f%02d.json", file);
        make_file(name, content);
    }
    CHECK_EQ(run("--jobs 1"), EXIT_FAILED);
    memcpy(alone, told, sizeof told);
    for (int round = 0; round < 5; round++) {
        CHECK_EQ(run("--jobs 4"), EXIT_FAILED);
        CHECK_TEXT(told, alone);
    }
    remove_folder();
}

TEST(workers_are_the_runners_business_and_jobs_the_suites)
{
    make_folder();
    make_file("a.json", "{\"one\": [\"pass\"]}");
    CHECK_EQ(run(""), EXIT_DONE);
    CHECK(given.workers == 0 && given.jobs > 0 && !given.trace);
    CHECK_EQ(run("--workers 3 --jobs 2"), EXIT_DONE);
    CHECK(given.workers == 3 && given.jobs == 2);
    CHECK_EQ(run("--jobs 2 --trace"), EXIT_DONE);
    CHECK(given.jobs == 1 && given.trace);
    remove_folder();
}

TEST(wrong_command_lines_are_told)
{
    CHECK_EQ(run("-- /no/such/file.json"), EXIT_IO);
    CHECK(strstr(told_err, "pevm toytest: /no/such/file.json: ") != NULL);
    CHECK_EQ(run("--fork Moon /"), EXIT_USAGE);
    CHECK(strstr(told_err, "--fork: \"Moon\" is not known") != NULL);
    CHECK_EQ(run("--run [ /"), EXIT_USAGE);
    CHECK(strstr(told_err, "--run: \"[\": ") != NULL);
    CHECK_EQ(run("--workers 0 /"), EXIT_USAGE);
    CHECK_EQ(run("--jobs 0 /"), EXIT_USAGE);
    folder[0] = 0;
    char *argv[] = {(char[]){"toytest"}, NULL};
    CHECK_EQ(suite_command(&toy, 1, argv), EXIT_USAGE);
}
