/* State tests packed in blocks: the tests are made here; what comes of the blocks only has to be the same on both paths. */
#include "cli/state_pack.h"
#include "crypto/keccak.h"
#include "support/fixture_text.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

#define CASES_MAX 30

static const address alice = {.bytes = {[19] = 0xa1}}, counter = {.bytes = {[19] = 0xcc}};

/* A test with `cases` of them: Alice calls a contract that counts in slot 0, with another gas limit each time. */
struct plan {
    const char *name, *fork;
    unsigned cases;
    uint64_t first_gas; /* of the first case, 100 more for each */
    uint64_t alice_nonce;
};

static struct bytes of(const address *who)
{
    return bytes_of(who->bytes, sizeof who->bytes);
}

static void put_text(struct json_writer *json, const char *key, const char *value)
{
    json_key(json, key);
    json_text(json, value);
}

static void put_hex(struct json_writer *json, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    if (key != NULL) json_key(json, key);
    json_text(json, text);
}

static void put_env(struct json_writer *json)
{
    json_key(json, "env");
    json_open(json, '{');
    put_text(json, "currentCoinbase", "0x00000000000000000000000000000000000000cb");
    put_text(json, "currentGasLimit", "0x100000");
    put_text(json, "currentNumber", "0x1");
    put_text(json, "currentTimestamp", "0x3e8");
    put_text(json, "currentDifficulty", "0x0");
    put_text(json, "currentRandom", "0x00");
    put_text(json, "currentBaseFee", "0x07");
    json_close(json, '}');
}

static void put_pre(struct json_writer *json, const struct plan *plan)
{
    /* SSTORE(0, SLOAD(0) + 1) */
    static const uint8_t code[] = {0x60, 0x00, 0x54, 0x60, 0x01, 0x01, 0x60, 0x00, 0x55};
    struct memory_state *state = memory_state_new();
    hash32 hash;
    u256 little = u256_from_u64(1000);
    assert_non_null(state);
    CHECK_EQ(memory_state_add_code(state, bytes_of(code, sizeof code), &hash), PEVM_OK);
    CHECK_EQ(memory_state_set_account(state, &counter, 1, &U256_ZERO, &hash), PEVM_OK);
    CHECK_EQ(memory_state_set_account(state, &alice, plan->alice_nonce, &little, &keccak_empty),
             PEVM_OK);
    json_key(json, "pre");
    alloc_text(json, state);
    memory_state_free(state);
}

static void put_list(struct json_writer *json, const char *key, uint64_t first, unsigned count)
{
    json_key(json, key);
    json_open(json, '[');
    for (unsigned i = 0; i < count; i++)
        put_hex(json, NULL, first + 100 * i);
    json_close(json, ']');
}

static void put_tx(struct json_writer *json, const struct plan *plan)
{
    json_key(json, "transaction");
    json_open(json, '{');
    member_bytes(json, "sender", of(&alice));
    member_bytes(json, "to", of(&counter));
    put_hex(json, "nonce", plan->alice_nonce);
    put_hex(json, "gasPrice", 10);
    json_key(json, "data");
    json_open(json, '[');
    json_text(json, "0x");
    json_close(json, ']');
    put_list(json, "gasLimit", plan->first_gas, plan->cases);
    put_list(json, "value", 0, 1);
    json_close(json, '}');
}

static void put_case(struct json_writer *json, unsigned index)
{
    json_open(json, '{');
    member_bytes(json, "hash", bytes_of(keccak_empty.bytes, sizeof keccak_empty.bytes));
    member_bytes(json, "logs", bytes_of(keccak_empty_list.bytes, sizeof keccak_empty_list.bytes));
    json_key(json, "indexes");
    json_open(json, '{');
    json_key(json, "data");
    json_number(json, 0);
    json_key(json, "gas");
    json_number(json, index);
    json_key(json, "value");
    json_number(json, 0);
    json_close(json, '}');
    json_close(json, '}');
}

static void put_test(struct json_writer *json, const struct plan *plan)
{
    json_key(json, plan->name);
    json_open(json, '{');
    put_env(json);
    put_pre(json, plan);
    put_tx(json, plan);
    json_key(json, "post");
    json_open(json, '{');
    json_key(json, plan->fork);
    json_open(json, '[');
    for (unsigned i = 0; i < plan->cases; i++)
        put_case(json, i);
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, '}');
}

/* Pack the first of the tests. */
static struct state_pack_counts pack(const struct plan *plans, size_t count)
{
    char *text;
    size_t size;
    struct arena arena;
    struct error error = {0};
    struct json_writer json;
    struct both_paths paths;
    struct state_test test;
    struct state_pack_counts counts = {0};
    const struct json *root;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    json_writer_init(&json, file);
    json_open(&json, '{');
    for (size_t i = 0; i < count; i++)
        put_test(&json, &plans[i]);
    put_text(&json, "no test", "at all");
    json_close(&json, '}');
    fclose(file);
    arena_init(&arena, 1 << 18, 0);
    assert_int_equal(json_parse(&root, bytes_of(text, strlen(text)), &arena, &error), PEVM_OK);
    if (state_test_read(&test, root->first, NULL, &arena, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    assert_int_equal(both_paths_init(&paths, 3, &error), PEVM_OK);
    if (state_pack_run(&paths, &test, root->first, &counts, &arena, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    CHECK_TEXT(paths.difference, "");
    both_paths_fini(&paths);
    arena_fini(&arena);
    free(text); /* the C library's */
    return counts;
}

TEST(one_case_becomes_a_block_of_several)
{
    struct plan plan = {"alone", "Cancun", 1, 50000, 7};
    struct state_pack_counts counts = pack(&plan, 1);
    CHECK_EQ(counts.blocks, 1);
    CHECK_EQ(counts.accepted, 1);
    CHECK_EQ(counts.txs, 1 + 4);
}

TEST(neighbours_of_the_same_fork_join_in)
{
    static const struct plan plans[] = {
        {"first",  "Osaka",  3, 50000, 7},
        {"other",  "Cancun", 2, 50000, 0},
        {"second", "Osaka",  2, 50000, 1}
    };
    struct state_pack_counts counts = pack(plans, COUNT_OF(plans));
    CHECK_EQ(counts.accepted, 1);
    CHECK_EQ(counts.txs, 3 + 3 + 4);
}

TEST(every_case_is_in_some_block)
{
    struct plan plan = {"many", "Frontier", CASES_MAX, 60000, 0};
    struct state_pack_counts counts = pack(&plan, 1);
    CHECK_EQ(counts.blocks, 2);
    CHECK_EQ(counts.accepted, 2);
    CHECK_EQ(counts.txs, CASES_MAX + 2 * 4);
}

TEST(what_is_refused_is_left_out)
{
    struct plan plan = {"poor gas", "London", 3, 20900, 0}; /* the third pays 21,100 */
    struct state_pack_counts counts = pack(&plan, 1);
    CHECK(counts.blocks > counts.accepted);
    CHECK(counts.accepted <= 1);
}
