/* pevm replay --rpc and pevm feed --rpc against a real node, where there is one, and what can be said without. */
#include "base/hex.h"
#include "cli/chain_maker.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/node_blocks.h"
#include "feed/store_feed.h"
#include "fixture/json_write.h"
#include "store/store_lmdb.h"
#include "support/anvil.h"
#include "support/fake_node.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct error error;

static int run(int (*command)(int, char **), const char *const *words)
{
    static char copies[16][200];
    char *argv[17] = {0};
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        snprintf(copies[argc], sizeof copies[argc], "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    return command(argc, argv);
}

TEST(what_is_no_block_number_is_told)
{
    static const char *const bad[] = {"", "x", "-1", "0x", "1.5", "0x10000000000000000"};
    struct feed_chain chain;
    feed_chain_make(&chain, 3, 0, 16);
    struct fake_node node = {.chain = &chain, .height = 3};
    struct rpc_server *server = rpc_server_start(fake_node_answer, &node);
    char folder[NODE_FOLDER_SIZE];
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct node_blocks blocks = {
            .url = rpc_server_url(server), .operands = &bad[i], .operand_count = 1};
        CHECK_EQ(node_blocks_fetch(folder, &blocks, &error), PEVM_BAD_INPUT);
        assert_non_null(strstr(error.text, ": wanted a block's number"));
    }
    const char *latest = "latest";
    char used[160];
    snprintf(used, sizeof used, "%s/used", feed_folder());
    struct node_blocks blocks = {
        .url = rpc_server_url(server), .folder = used, .operands = &latest, .operand_count = 1};
    CHECK_EQ(node_blocks_fetch(folder, &blocks, &error), PEVM_UNSUPPORTED);
    assert_non_null(strstr(error.text, "block 2: "));
    CHECK_EQ(node_blocks_fetch(folder, &blocks, &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, ": has bundles already; give another folder"));
    rpc_server_stop(server);
    feed_chain_free(&chain);
}

/* Transfers, a contract that counts, calls of it, one of each type that the node signs: one in each block. */
static void make_blocks(struct anvil *anvil)
{
    static const char counter[] = "\"data\":\"0x600a600c600039600a6000f360015460010160015500\"";
    char fields[400], contract[64];
    anvil_send(anvil, "\"to\":\"0x70997970C51812dc3A010C7d01b50e0d17dc79C8\",\"value\":\"0x1\"");
    anvil_send(anvil, "\"to\":\"0x70997970C51812dc3A010C7d01b50e0d17dc79C8\",\"value\":\"0x2\"");
    snprintf(fields, sizeof fields, "[\"%s\"]", anvil_send(anvil, counter));
    const struct json *receipt = anvil_ask(anvil, "eth_getTransactionReceipt", fields);
    struct bytes who = json_get(receipt, "contractAddress")->text;
    snprintf(contract, sizeof contract, "%.*s", (int)who.size, (const char *)who.data);
    snprintf(fields, sizeof fields, "\"to\":\"%s\"", contract);
    anvil_send(anvil, fields);
    snprintf(fields, sizeof fields, "\"to\":\"%s\",\"gasPrice\":\"0x77359400\"", contract);
    anvil_send(anvil, fields);
    snprintf(fields,
             sizeof fields,
             "\"to\":\"%s\",\"gasPrice\":\"0x77359400\",\"accessList\":[{\"address\":\"%s\","
             "\"storageKeys\":[\"0x%064d\"]}]",
             contract,
             contract,
             1);
    anvil_send(anvil, fields);
}

TEST(blocks_of_a_real_node_are_executed_as_it_did)
{
    struct anvil anvil;
    char folder[160];
    if (!anvil_start(&anvil)) return;
    make_blocks(&anvil);
    snprintf(folder, sizeof folder, "%s/anvil", feed_folder());
    /* its first block has the base fee of its genesis, which the rules do not allow */
    const char *words[] = {"replay",
                           "--rpc",
                           anvil.url,
                           "--fork",
                           "Cancun",
                           "--save",
                           folder,
                           "--mode",
                           "both",
                           "2",
                           "3",
                           "0x4",
                           "5",
                           "latest",
                           NULL};
    CHECK_EQ(run(cmd_replay, words), EXIT_DONE);
    const char *again[] = {"replay", folder, NULL};
    CHECK_EQ(run(cmd_replay, again), EXIT_DONE);
    const char *unknown[] = {"replay", "--rpc", anvil.url, "2", NULL};
    CHECK_EQ(run(cmd_replay, unknown), EXIT_DATA);
    anvil_stop(&anvil);
}

/* ---- a fake node with blocks that are whole: of all types, with everything that system calls read ---- */

#define MADE_BLOCKS 6

struct made_node {
    struct fake_node node;
    struct feed_chain chain;
    char *trace;
    size_t trace_size;
};

static void add_block(struct made_node *made, const struct block *block)
{
    struct feed_chain *chain = &made->chain;
    struct block *copy = &chain->blocks[chain->count];
    CHECK(block_encode(&chain->encodings[chain->count], block, &chain->arena));
    CHECK_EQ(block_decode(copy, chain->encodings[chain->count], &chain->arena, NULL, &error),
             PEVM_OK);
    made->node.height = ++chain->count;
}

struct trace_writer {
    struct json_writer json;
    const struct memory_state *state;
};

static bool trace_slot(void *context, const u256 *slot, const u256 *value)
{
    struct trace_writer *writer = context;
    char key[HEX_HASH_SIZE];
    hash32 word = u256_to_hash(*slot);
    (void)value;
    json_put_text(&writer->json, hex_hash(key, &word), "0x99"); /* values are asked for */
    return true;
}

static bool trace_account(void *context, const struct memory_account *account)
{
    struct trace_writer *writer = context;
    char key[HEX_ADDRESS_SIZE];
    json_key(&writer->json, hex_address(key, &account->who));
    json_open(&writer->json, '{');
    json_key(&writer->json, "storage");
    json_open(&writer->json, '{');
    CHECK_EQ(memory_state_each_slot(writer->state, &account->who, trace_slot, writer), PEVM_OK);
    json_close(&writer->json, '}');
    json_close(&writer->json, '}');
    return true;
}

/* As many results as there are transactions; the first says that everything is touched. */
static void write_trace(struct made_node *made, const struct made_block *block)
{
    struct trace_writer writer = {.state = block->pre_state};
    free(made->trace);
    FILE *file = open_memstream(&made->trace, &made->trace_size);
    json_writer_init(&writer.json, file);
    json_open(&writer.json, '[');
    for (size_t i = 0; i < block->block->tx_count; i++) {
        json_open(&writer.json, '{');
        json_key(&writer.json, "result");
        json_open(&writer.json, '{');
        if (i == 0)
            CHECK_EQ(memory_state_each_account(writer.state, trace_account, &writer), PEVM_OK);
        json_close(&writer.json, '}');
        json_close(&writer.json, '}');
    }
    json_close(&writer.json, ']');
    fclose(file);
    made->node.trace = made->trace;
    made->node.state = block->pre_state;
}

static void replay_last(struct made_node *made, const char *network)
{
    struct rpc_server *server = rpc_server_start(fake_node_answer, &made->node);
    char folder[160];
    snprintf(folder, sizeof folder, "%s/%s-%zu", feed_folder(), network, made->node.height);
    const char *words[] = {"replay",
                           "--rpc",
                           rpc_server_url(server),
                           "--fork",
                           network,
                           "--save",
                           folder,
                           "--mode",
                           "both",
                           "latest",
                           NULL};
    CHECK_EQ(run(cmd_replay, words), EXIT_DONE);
    rpc_server_stop(server);
}

static void replay_made(const char *network)
{
    struct made_node made = {
        .node = {.chain = &made.chain, .chain_id = 1}
    };
    struct chain_plan plan = {
        .network = network, .recipe = recipe_find("mixed"), .seed = 3, .txs = 30};
    struct chain_maker *maker;
    CHECK_EQ(chain_maker_new(&maker, &plan, &error), PEVM_OK);
    arena_init(&made.chain.arena, 1 << 20, 0);
    made.chain.blocks =
        arena_alloc_zeroed(&made.chain.arena, MADE_BLOCKS + 1, sizeof(struct block));
    made.chain.encodings =
        arena_alloc_zeroed(&made.chain.arena, MADE_BLOCKS + 1, sizeof(struct bytes));
    for (unsigned i = 0; i < MADE_BLOCKS; i++) {
        struct made_block block;
        if (chain_maker_next(maker, &block, &error) != PEVM_OK) fail_msg("%s", error.text);
        if (i == 0) {
            struct block genesis = {.header = *block.note.parent};
            genesis.has_withdrawals = genesis.header.field_count >= 17;
            add_block(&made, &genesis);
        }
        add_block(&made, block.block);
        write_trace(&made, &block);
        replay_last(&made, network);
    }
    chain_maker_free(maker);
    free(made.trace);
    arena_fini(&made.chain.arena);
}

TEST(blocks_with_system_calls_and_requests_are_whole)
{
    replay_made("Osaka");
    replay_made("Berlin");
}

static uint64_t fed(const char *folder, hash32 *hash)
{
    struct lmdb_options options = {folder, 1 << 20, true};
    struct store *store;
    struct store_feed feed;
    CHECK_EQ(store_lmdb_open(&store, &options, &error), PEVM_OK);
    CHECK_EQ(store_feed_open(&feed, store, &error), PEVM_OK);
    CHECK(feed.has_progress);
    *hash = feed.hash;
    uint64_t progress = feed.progress;
    store_feed_close(&feed);
    store_close(store);
    return progress;
}

static void check_head(struct anvil *anvil, const char *folder, uint64_t number)
{
    hash32 hash;
    char text[HEX_HASH_SIZE];
    CHECK_EQ(fed(folder, &hash), number);
    const struct json *head = anvil_ask(anvil, "eth_getBlockByNumber", "[\"latest\",false]");
    CHECK(json_text_is(json_get(head, "hash"), hex_hash(text, &hash)));
}

TEST(a_real_node_is_fed_from_and_its_reorganisations_are_followed)
{
    struct anvil anvil;
    char folder[160], params[64];
    if (!anvil_start(&anvil)) return;
    snprintf(folder, sizeof folder, "%s/anvil-store", feed_folder());
    const char *words[] = {"feed", "--rpc", anvil.url, "--store", folder, NULL};
    make_blocks(&anvil);
    CHECK_EQ(run(cmd_feed, words), EXIT_DONE);
    check_head(&anvil, folder, 6);
    struct bytes snapshot = anvil_ask(&anvil, "evm_snapshot", "[]")->text;
    snprintf(params, sizeof params, "[\"%.*s\"]", (int)snapshot.size, (const char *)snapshot.data);
    anvil_ask(&anvil, "anvil_mine", "[\"0x5\"]");
    CHECK_EQ(run(cmd_feed, words), EXIT_DONE);
    check_head(&anvil, folder, 11);
    anvil_ask(&anvil, "evm_revert", params);
    anvil_send(&anvil, "\"to\":\"0x70997970C51812dc3A010C7d01b50e0d17dc79C8\",\"value\":\"0x9\"");
    CHECK_EQ(run(cmd_feed, words), EXIT_DONE);
    check_head(&anvil, folder, 7);
    anvil_stop(&anvil);
}
