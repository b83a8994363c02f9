/* State tests made here: what must come out of them is computed by hand, on a state in memory. */
#include "base/hex.h"
#include "cli/state_runner.h"
#include "crypto/keccak.h"
#include "state/memory_state.h"
#include "support/fixture_text.h"
#include "support/test.h"

#include <stdlib.h>

static struct arena arena;
static struct error error;
static struct suite_options options;
static struct suite_report report;
static char told[8192];

#define ALICE_TEXT "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"
#define BOB_TEXT   "0x00000000000000000000000000000000000000b0"

static const address bob = {.bytes = {[19] = 0xb0}}, coinbase = {.bytes = {[19] = 0xcb}};

static address alice(void)
{
    address who;
    CHECK(hex_decode(who.bytes, &ALICE_TEXT[2], 40));
    return who;
}

/* What the test says, where it differs from a payment that is right. */
struct variant {
    const char *fork;      /* NULL: London */
    const char *exception; /* NULL: none */
    const char *name;      /* NULL: "payment" */
    const char *nonce;     /* NULL: "0x0" */
    bool wrong_root, wrong_logs, unchanged, touched_coinbase, has_state;
};

static void set(struct memory_state *state, const address *who, uint64_t nonce, uint64_t balance)
{
    u256 wei = u256_from_u64(balance);
    CHECK_EQ(memory_state_set_account(state, who, nonce, &wei, &keccak_empty), PEVM_OK);
}

/* Alice has 1,000,000 wei; she pays 5 to Bob for 21,000 gas at 10, of which 7 are burnt in London. */
static struct memory_state *state_before(void)
{
    address sender = alice();
    struct memory_state *state = memory_state_new();
    set(state, &sender, 0, 1000000);
    return state;
}

static struct memory_state *state_expected(const struct variant *variant)
{
    address sender = alice();
    struct memory_state *state = state_before();
    if (variant->touched_coinbase) set(state, &coinbase, 0, 0);
    if (variant->unchanged) return state;
    set(state, &sender, 1, 1000000 - 210000 - 5);
    set(state, &bob, 0, 5);
    set(state, &coinbase, 0, 63000);
    return state;
}

static void put_text(struct json_writer *json, const char *key, const char *value)
{
    json_key(json, key);
    json_text(json, value);
}

static void put_hash(struct json_writer *json, const char *key, hash32 hash, bool is_wrong)
{
    if (is_wrong) hash.bytes[5] ^= 1;
    member_bytes(json, key, bytes_of(hash.bytes, sizeof hash.bytes));
}

static void put_env(struct json_writer *json)
{
    json_key(json, "env");
    json_open(json, '{');
    member_bytes(json, "currentCoinbase", bytes_of(coinbase.bytes, sizeof coinbase.bytes));
    put_text(json, "currentGasLimit", "0x100000");
    put_text(json, "currentNumber", "0x1");
    put_text(json, "currentTimestamp", "0x3e8");
    put_text(json, "currentDifficulty", "0x20000");
    put_text(json, "currentBaseFee", "0x07");
    json_close(json, '}');
}

static void put_list(struct json_writer *json, const char *key, const char *item)
{
    json_key(json, key);
    json_open(json, '[');
    json_text(json, item);
    json_close(json, ']');
}

static void put_tx(struct json_writer *json, const struct variant *variant)
{
    json_key(json, "transaction");
    json_open(json, '{');
    put_text(json, "sender", ALICE_TEXT);
    put_text(json, "to", BOB_TEXT);
    put_text(json, "nonce", variant->nonce == NULL ? "0x0" : variant->nonce);
    put_text(json, "gasPrice", "0x0a");
    put_list(json, "data", "0x");
    put_list(json, "gasLimit", "0x5208");
    put_list(json, "value", "0x05");
    json_close(json, '}');
}

static void put_case(struct json_writer *json, const struct variant *variant)
{
    hash32 root;
    struct memory_state *expected = state_expected(variant);
    CHECK_EQ(memory_state_root(expected, &root, &arena), PEVM_OK);
    json_open(json, '{');
    put_hash(json, "hash", root, variant->wrong_root);
    put_hash(json, "logs", keccak_empty_list, variant->wrong_logs);
    json_key(json, "indexes");
    json_open(json, '{');
    static const char *const lists[] = {"data", "gas", "value"};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        json_key(json, lists[i]);
        json_number(json, 0);
    }
    json_close(json, '}');
    if (variant->exception != NULL) put_text(json, "expectException", variant->exception);
    if (variant->has_state) {
        json_key(json, "state");
        alloc_text(json, expected);
    }
    json_close(json, '}');
    memory_state_free(expected);
}

static char *print_test(const struct variant *variant)
{
    char *text;
    size_t size;
    struct json_writer json;
    struct memory_state *before = state_before();
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    json_writer_init(&json, file);
    json_open(&json, '{');
    json_key(&json, variant->name == NULL ? "payment" : variant->name);
    json_open(&json, '{');
    put_env(&json);
    json_key(&json, "pre");
    alloc_text(&json, before);
    put_tx(&json, variant);
    json_key(&json, "post");
    json_open(&json, '{');
    json_key(&json, variant->fork == NULL ? "London" : variant->fork);
    json_open(&json, '[');
    put_case(&json, variant);
    json_close(&json, ']');
    json_close(&json, '}');
    json_close(&json, '}');
    json_close(&json, '}');
    fclose(file);
    memory_state_free(before);
    return text;
}

/* Run the test; counts are in `report`, words in `told`. */
static enum pevm_status run(struct variant variant)
{
    void *runner;
    const struct json *root;
    arena_init(&arena, 1 << 16, 0);
    error_clear(&error);
    char *text = print_test(&variant);
    CHECK_EQ(json_parse(&root, bytes_of(text, strlen(text)), &arena, &error), PEVM_OK);
    CHECK_EQ(state_runner_new(&runner, &options, &error), PEVM_OK);
    memset(told, 0, sizeof told);
    report = (struct suite_report){
        .options = &options, .file = "f.json", .out = fmemopen(told, sizeof told, "w")};
    enum pevm_status status = state_runner_run(runner, root->first, 0, &report, &error);
    fclose(report.out);
    state_runner_free(runner);
    arena_fini(&arena);
    free(text); /* the C library's */
    return status;
}

TEST(a_case_that_is_right_passes)
{
    CHECK_EQ(run((struct variant){0}), PEVM_OK);
    CHECK_TEXT(told, "");
    CHECK_EQ(report.passed, 1);
    CHECK_EQ(report.failed + report.skipped, 0);
}

TEST(a_wrong_root_is_told_with_the_accounts)
{
    CHECK_EQ(run((struct variant){.unchanged = true, .has_state = true}), PEVM_OK);
    CHECK_EQ(report.failed, 1);
    CHECK(strstr(told, "FAILED payment, London, index 0 (f.json)\n    state root: expected 0x") ==
          told);
    CHECK(strstr(told, "\n    " BOB_TEXT " account: expected none, got one\n") != NULL);
    CHECK(strstr(told, "\n    " ALICE_TEXT " nonce: expected 0, got 1\n") != NULL);
    CHECK_EQ(run((struct variant){.wrong_root = true}), PEVM_OK);
    CHECK_EQ(report.failed, 1);
}

TEST(a_wrong_logs_hash_fails)
{
    CHECK_EQ(run((struct variant){.wrong_logs = true}), PEVM_OK);
    CHECK_EQ(report.failed, 1);
    CHECK(strstr(told, "logs hash: expected 0x") != NULL);
}

TEST(a_refusal_must_have_the_expected_reason)
{
    struct variant variant = {.nonce = "0x1",
                              .unchanged = true,
                              .exception = "TransactionException.NONCE_MISMATCH_TOO_HIGH"};
    CHECK_EQ(run(variant), PEVM_OK);
    CHECK_EQ(report.passed, 1);
    variant.exception =
        "TransactionException.NONCE_MISMATCH_TOO_LOW|TransactionException.NONCE_IS_MAX";
    CHECK_EQ(run(variant), PEVM_OK);
    CHECK_EQ(report.failed, 1);
    CHECK(strstr(told, "got TX_NONCE_TOO_HIGH: ") != NULL);
    variant.exception = NULL;
    CHECK_EQ(run(variant), PEVM_OK);
    CHECK(strstr(told, "transaction: expected valid\n") != NULL);
    CHECK_EQ(run((struct variant){.unchanged = true, .exception = "TR_NonceTooLow"}), PEVM_OK);
    CHECK(strstr(told, "transaction: expected TR_NonceTooLow\n") != NULL);
    CHECK(strstr(told, "got valid\n") != NULL);
}

TEST(forks_are_selected_by_either_name)
{
    options.fork = "Berlin";
    CHECK_EQ(run((struct variant){0}), PEVM_OK);
    CHECK_EQ(report.passed + report.failed + report.skipped, 0);
    options.fork = "SpuriousDragon";
    CHECK_EQ(run((struct variant){.fork = "EIP158"}), PEVM_OK);
    CHECK_EQ(report.passed + report.failed, 1);
    options.fork = NULL;
}

TEST(what_cannot_be_run_is_an_error_with_its_place)
{
    CHECK_EQ(run((struct variant){.fork = "Moon"}), PEVM_UNSUPPORTED);
    CHECK_TEXT(error.text, "Moon, index 0: this fork is not known");
    CHECK_EQ(run((struct variant){.fork = "Paris"}), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "Paris, index 0: env: currentRandom is missing; Paris needs it");
}

TEST(a_known_failure_is_skipped_only_when_it_fails_in_the_known_way)
{
    struct variant known = {.name = "NoSrcAccount",
                            .fork = "Homestead",
                            .nonce = "0x1",
                            .unchanged = true,
                            .exception = "TR_NonceTooHigh"};
    known.touched_coinbase = true;
    CHECK_EQ(run(known), PEVM_OK);
    CHECK_EQ(report.skipped, 1);
    CHECK_TEXT(told, "");
    known.wrong_root = true;
    CHECK_EQ(run(known), PEVM_OK);
    CHECK_EQ(report.failed, 1);
    known.wrong_root = known.touched_coinbase = false;
    CHECK_EQ(run(known), PEVM_OK);
    CHECK_EQ(report.failed, 1);
    CHECK(strstr(told, "passes, though it is listed in known_failures.def") != NULL);
    known.touched_coinbase = true;
    known.name = "another name";
    CHECK_EQ(run(known), PEVM_OK);
    CHECK_EQ(report.failed, 1);
}

TEST(with_workers_cases_are_packed_in_blocks_too)
{
    options.workers = 3;
    CHECK_EQ(run((struct variant){0}), PEVM_OK);
    CHECK_TEXT(told, "");
    CHECK_EQ(report.passed, 1);
    CHECK_EQ(run((struct variant){.fork = "Frontier"}), PEVM_OK);
    CHECK_EQ(report.passed + report.failed, 1);
    options.workers = 0;
}
