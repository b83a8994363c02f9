/* The state before a block, as a node gives it: what is touched, and what else the block needs. */
#include "crypto/keccak.h"
#include "feed/node_state.h"
#include "support/fake_node.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static struct error error;

#define AA "0x00000000000000000000000000000000000000aa"
#define BB "0x00000000000000000000000000000000000000bb"
#define CC "0x00000000000000000000000000000000000000cc"

static address who_of(const char *hex)
{
    address who;
    memcpy(who.bytes, test_hex(hex).data, sizeof who.bytes);
    return who;
}

static void put(struct memory_state *state, const char *hex, uint64_t balance, const char *code)
{
    address who = who_of(hex);
    u256 amount = u256_from_u64(balance);
    hash32 hash = keccak_empty;
    if (code != NULL) CHECK_EQ(memory_state_add_code(state, test_hex(code), &hash), PEVM_OK);
    CHECK_EQ(memory_state_set_account(state, &who, code == NULL ? 0 : 1, &amount, &hash), PEVM_OK);
}

static void put_slot(struct memory_state *state, const char *hex, uint64_t slot, uint64_t value)
{
    address who = who_of(hex);
    u256 place = u256_from_u64(slot), word = u256_from_u64(value);
    CHECK_EQ(memory_state_set_slot(state, &who, &place, &word), PEVM_OK);
}

static uint64_t slot_of(const struct memory_state *state, const char *hex, uint64_t slot)
{
    struct view view = memory_state_view(state);
    address who = who_of(hex);
    u256 place = u256_from_u64(slot), word;
    CHECK_EQ(view.ops->slot(view.context, &who, &place, &word), VIEW_OK);
    return word.words[0];
}

static bool exists(const struct memory_state *state, const char *hex)
{
    struct view view = memory_state_view(state);
    struct view_account account;
    address who = who_of(hex);
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
    return account.exists;
}

static enum pevm_status read_state(struct fake_node *node,
                                   const struct block *block,
                                   struct memory_state *out)
{
    struct rpc_server *server = rpc_server_start(fake_node_answer, node);
    struct rpc_options options = {.url = rpc_server_url(server), .tries = 1};
    struct rpc *rpc;
    CHECK_EQ(rpc_open(&rpc, &options, &error), PEVM_OK);
    enum pevm_status status = node_state_read(rpc, block, out, &error);
    rpc_close(rpc);
    rpc_server_stop(server);
    return status;
}

TEST(values_are_those_before_the_block_not_those_of_the_trace)
{
    struct memory_state *state = memory_state_new(), *out = memory_state_new();
    struct tx txs[2] = {{0}};
    struct block block = {
        .header = {.number = 9, .field_count = 15},
          .txs = txs, .tx_count = 2
    };
    struct fake_node node = {
        .state = state,
        .trace = "[{\"result\":{\"" AA "\":{\"balance\":\"0x1\"}}},"
                 "{\"result\":{\"" AA "\":{\"balance\":\"0x99\",\"storage\":{\"0x"
                 "0000000000000000000000000000000000000000000000000000000000000005\":\"0x77\"}},"
                 "\"" CC "\":{\"balance\":\"0x0\",\"code\":\"0x6001\"}}}]"};
    put(state, AA, 1, "600160");
    put_slot(state, AA, 5, 42);
    put_slot(state, AA, 6, 43);
    put(state, BB, 3, NULL);
    block.header.coinbase = who_of(BB);
    if (read_state(&node, &block, out) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_EQ(slot_of(out, AA, 5), 42);
    CHECK_EQ(slot_of(out, AA, 6), 0); /* nobody touches it */
    CHECK(exists(out, AA) && exists(out, BB));
    CHECK(!exists(out, CC)); /* made inside the block */
    memory_state_free(state);
    memory_state_free(out);
}

#define WITHDRAWALS "0x00000961ef480eb55e80d19ad83579a64c007002"
#define BEACON      "0x000f3df6d732807ef1319fb7b8bb8522d0beac02"

TEST(what_the_block_calls_itself_is_there_with_its_queue)
{
    struct memory_state *state = memory_state_new(), *out = memory_state_new();
    struct withdrawal paid = {.to = who_of(BB)};
    struct block block = {
        .header = {.number = 9, .timestamp = 100, .field_count = 21},
        .withdrawals = &paid,
        .withdrawal_count = 1,
        .has_withdrawals = true
    };
    struct fake_node node = {.state = state};
    put(state, BB, 3, NULL);
    put(state, BEACON, 0, "6002");
    put_slot(state, BEACON, 100, 7);
    put(state, WITHDRAWALS, 0, "6003");
    put_slot(state, WITHDRAWALS, 0, 11);
    put_slot(state, WITHDRAWALS, 2, 5);  /* head */
    put_slot(state, WITHDRAWALS, 3, 30); /* tail */
    for (uint64_t slot = 4; slot < 4 + 3 * 30; slot++)
        put_slot(state, WITHDRAWALS, slot, 1000 + slot);
    if (read_state(&node, &block, out) != PEVM_OK) fail_msg("%s", error.text);
    CHECK(exists(out, BB));
    CHECK_EQ(slot_of(out, BEACON, 100), 7);
    CHECK_EQ(slot_of(out, WITHDRAWALS, 0), 11);
    CHECK_EQ(slot_of(out, WITHDRAWALS, 4 + 3 * 5 - 1), 0);
    CHECK_EQ(slot_of(out, WITHDRAWALS, 4 + 3 * 5), 1000 + 4 + 3 * 5);
    CHECK_EQ(slot_of(out, WITHDRAWALS, 4 + 3 * 21 - 1), 1000 + 4 + 3 * 21 - 1);
    CHECK_EQ(slot_of(out, WITHDRAWALS, 4 + 3 * 21), 0); /* 16 in a block */
    memory_state_free(state);
    memory_state_free(out);
}

TEST(a_node_that_does_not_trace_or_traces_something_else_is_told)
{
    static const struct {
        const char *trace;
        enum pevm_status status;
        const char *words;
    } cases[] = {
        {NULL,                                                     PEVM_UNSUPPORTED, "debug_traceBlockByNumber: error -32601: Method not found"},
        {"[]",                                                     PEVM_BAD_INPUT,   "trace: expected 1 transactions, got 0"                   },
        {"{}",                                                     PEVM_BAD_INPUT,   "trace: expected "                                        },
        {"[{}]",                                                   PEVM_BAD_INPUT,   "trace of transaction 0: result: expected "               },
        {"[{\"result\":{\"0x12\":{}}}]",
         PEVM_BAD_INPUT,                                                             "trace of transaction 0: address: expected "              },
        {"[{\"result\":{\"" AA "\":{\"storage\":{\"x\":\"\"}}}}]",
         PEVM_BAD_INPUT,                                                             "trace of transaction 0: slot: expected "                 },
    };
    struct tx tx = {0};
    struct block block = {
        .header = {.number = 9, .field_count = 15},
          .txs = &tx, .tx_count = 1
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct memory_state *state = memory_state_new(), *out = memory_state_new();
        struct fake_node node = {.state = state, .trace = cases[i].trace};
        CHECK_EQ(read_state(&node, &block, out), cases[i].status);
        if (strstr(error.text, cases[i].words) == NULL) fail_msg("case %zu: %s", i, error.text);
        memory_state_free(state);
        memory_state_free(out);
    }
}
