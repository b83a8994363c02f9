#include "cli/machine_runner.h"
#include "support/test.h"

static struct arena arena;
static struct error error;
static struct suite_options options;
static struct suite_report report;
static char told[4096];

#define ROBOT "0x0f572e5295c57f15886f9b263e2f6d2d6c7b5ec6"
#define ALICE "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"
#define EMPTY "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"

/* The test with that code and what is expected of it ("" = that it fails). */
static enum pevm_status run(const char *code, const char *expected)
{
    static char text[4096];
    const struct json *root;
    struct machine_runner runner = {0};
    snprintf(
        text,
        sizeof text,
        "{\"t\": {\"env\": {\"currentCoinbase\": \"" ALICE
        "\", \"currentGasLimit\": \"0x10000\", \"currentNumber\": \"0x1\", "
        "\"currentTimestamp\": \"0x1\", \"currentDifficulty\": \"0x5\"}, "
        "\"exec\": {\"address\": \"" ROBOT "\", \"caller\": \"" ALICE "\", \"origin\": \"" ALICE
        "\", \"code\": \"%s\", \"data\": \"0x\", \"value\": \"0x0b\", \"gasPrice\": \"0x1\", "
        "\"gas\": \"0x186a0\"}, "
        "\"pre\": {\"" ROBOT
        "\": {\"nonce\": \"0x0\", \"balance\": \"0x01\", \"code\": \"0x\", \"storage\": {}}}%s}}",
        code,
        expected);
    arena_init(&arena, 1 << 16, 0);
    error_clear(&error);
    if (json_parse(&root, bytes_of(text, strlen(text)), &arena, &error) != PEVM_OK)
        fail_msg("%s: %s", error.text, text);
    memset(told, 0, sizeof told);
    report = (struct suite_report){
        .options = &options, .file = "f.json", .out = fmemopen(told, sizeof told, "w")};
    enum pevm_status status = machine_runner_run(&runner, root->first, &arena, &report, &error);
    fclose(report.out);
    machine_runner_fini(&runner);
    arena_fini(&arena);
    return status;
}

#define AFTER(gas, out, storage)                                                                   \
    ", \"gas\": \"" gas "\", \"out\": \"" out "\", \"logs\": \"" EMPTY "\", \"post\": {\"" ROBOT   \
    "\": {\"nonce\": \"0x0\", \"balance\": \"0x01\", \"code\": \"0x\", \"storage\": " storage "}}"

TEST(what_comes_out_right_passes)
{
    CHECK_EQ(run("0x", AFTER("0x186a0", "0x", "{}")), PEVM_OK); /* no code costs nothing */
    CHECK_EQ(report.passed, 1);
    CHECK_EQ(run("0x34600055", AFTER("0x1387b", "0x", "{\"0x0\": \"0x0b\"}")),
             PEVM_OK); /* CALLVALUE 0 SSTORE */
    CHECK_TEXT(told, "");
    CHECK_EQ(report.passed, 1);
    CHECK_EQ(run("0x600160005360016000f3", AFTER("0x1868e", "0x01", "{}")),
             PEVM_OK); /* MSTORE8, RETURN */
    CHECK_TEXT(told, "");
    CHECK_EQ(run("0x01", ""), PEVM_OK); /* ADD on nothing */
    CHECK_EQ(report.passed, 1);
}

TEST(what_comes_out_wrong_is_told)
{
    static const struct {
        const char *code, *expected, *words;
    } cases[] = {
        {"0x",                                                              AFTER("0x1869f", "0x",             "{}"), "gas left: expected 99999\n"},
        {"0x",                                     AFTER("0x186a0",                                                    "0x00",                                                                 "{}"), "hash of the output: expected 0x"},
        {"0x",
         AFTER("0x186a0",                  "0x","{\"0x0\": \"0x1\"}"),
         "post-state: other accounts than expected\n    " ROBOT " slot 0x"},
        {"0x01",                                                              AFTER("0x186a0",                                                                    "0x",                                                               "{}"), "end: expected success\n"},
        {"0x", "",                "end: expected a failure\n"                          },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_EQ(run(cases[i].code, cases[i].expected), PEVM_OK);
        CHECK_EQ(report.failed, 1);
        if (strstr(told, cases[i].words) == NULL) fail_msg("%s", told);
    }
}

TEST(a_contract_that_destroys_itself_is_gone)
{
    const char *after =
        ", \"gas\": \"0x1869e\", \"out\": \"0x\", \"logs\": \"" EMPTY "\", \"post\": {\"" ALICE
        "\": {\"nonce\": \"0x0\", \"balance\": \"0x01\", \"code\": \"0x\", \"storage\": {}}}";
    CHECK_EQ(run("0x33ff", after), PEVM_OK); /* CALLER SELFDESTRUCT */
    CHECK_TEXT(told, "");
    CHECK_EQ(report.passed, 1);
}

TEST(only_frontier_selects_them)
{
    options.fork = "London";
    CHECK_EQ(run("0x", ""), PEVM_OK);
    CHECK_EQ(report.passed + report.failed, 0);
    options.fork = "Frontier";
    CHECK_EQ(run("0x01", ""), PEVM_OK);
    CHECK_EQ(report.passed, 1);
    options.fork = NULL;
}

TEST(a_malformed_test_is_an_error)
{
    CHECK_EQ(run("0x6", ""), PEVM_BAD_INPUT);
    CHECK(strstr(error.text, "exec: code: expected bytes in hex") == error.text);
}
