/* A node as a source: caught up with, followed, and when it changes its mind. */
#include "feed/node_chain.h"
#include "support/fake_node.h"
#include "support/test.h"

#include <stdio.h>

static struct error error;
static struct feed_chain chain, branch;
static struct fake_node node;
static struct rpc_server *server;
static struct rpc *rpc;
static struct block_source *source;

static void begin(const struct node_known *known, size_t known_count)
{
    server = rpc_server_start(fake_node_answer, &node);
    struct rpc_options options = {.url = rpc_server_url(server), .tries = 4, .wait_ms = 1};
    CHECK_EQ(rpc_open(&rpc, &options, &error), PEVM_OK);
    struct node_chain_options chain_options = {
        .rpc = rpc, .known = known, .known_count = known_count};
    CHECK_EQ(node_chain_open(&source, &chain_options, &error), PEVM_OK);
}

static void end(void)
{
    block_source_close(source);
    rpc_close(rpc);
    rpc_server_stop(server);
}

static struct feed_item next(void)
{
    struct feed_item item;
    if (block_source_next(source, &item, &error) != PEVM_OK) fail_msg("%s", error.text);
    return item;
}

/* Blocks from `number` on, up to the end. */
static void take(const struct feed_chain *of, uint64_t number, uint64_t end_number)
{
    for (; number < end_number; number++) {
        struct feed_item item = next();
        CHECK_EQ(item.event, FEED_BLOCK);
        CHECK_EQ(item.number, number);
        CHECK(bytes_equal(item.encoding, of->encodings[number]));
        double progress = block_source_progress(source);
        CHECK(progress > 0 && progress <= 1);
    }
    CHECK_EQ(next().event, FEED_END);
}

TEST(a_node_is_caught_up_with_and_followed)
{
    feed_chain_make(&chain, 400, 0, 14);
    feed_chain_make(&branch, 400, 0, 14);
    feed_chain_branch(&branch, 50);
    node = (struct fake_node){.chain = &chain, .height = 100, .busy = 2};
    begin(NULL, 0);
    take(&chain, 0, 100);
    CHECK(rpc_requests(rpc) < 90); /* those for ommers: one for a block that has some */
    CHECK_EQ(next().event, FEED_END);
    node.height = 101;
    take(&chain, 100, 101);
    node.height = 140;
    take(&chain, 101, 140);
    end();
}

TEST(blocks_come_as_rlp_from_a_node_that_offers_it)
{
    node = (struct fake_node){.chain = &chain, .height = 100, .gives_raw = true};
    begin(NULL, 0);
    take(&chain, 0, 100);
    CHECK(rpc_requests(rpc) < 30); /* ommers are in the blocks, but for the first sixteen */
    node.height = 137;
    take(&chain, 100, 137);
    node.chain = &branch;
    CHECK_EQ(next().event, FEED_REORG);
    take(&branch, 50, 137);
    node.gives_raw = false; /* another node behind the same address */
    node.height = 180;
    take(&branch, 137, 180);
    end();
}

TEST(blocks_that_the_node_takes_back_are_taken_back)
{
    static const size_t heights[] = {51, 55, 60, 200};
    for (size_t i = 0; i < COUNT_OF(heights); i++) {
        node = (struct fake_node){.chain = &chain, .height = 60};
        begin(NULL, 0);
        take(&chain, 0, 60);
        node.chain = &branch;
        node.height = heights[i];
        struct feed_item item = next();
        CHECK_EQ(item.event, FEED_REORG);
        CHECK_EQ(item.number, 49);
        CHECK(hash32_equal(&item.hash, &chain.blocks[49].header.hash));
        take(&branch, 50, heights[i]);
        end();
    }
}

TEST(a_chain_that_only_became_shorter_is_a_reorg_too)
{
    node = (struct fake_node){.chain = &chain, .height = 60};
    begin(NULL, 0);
    take(&chain, 0, 60);
    node.height = 58;
    struct feed_item item = next();
    CHECK_EQ(item.event, FEED_REORG);
    CHECK_EQ(item.number, 57);
    CHECK_EQ(next().event, FEED_END);
    node.height = 61;
    take(&chain, 58, 61);
    end();
}

TEST(what_is_known_already_is_where_it_goes_on)
{
    struct node_known known[100];
    for (size_t i = 0; i < COUNT_OF(known); i++)
        known[i] = (struct node_known){i, chain.blocks[i].header.hash};
    node = (struct fake_node){.chain = &chain, .height = 120};
    begin(known, COUNT_OF(known));
    take(&chain, 100, 120);
    end();

    node = (struct fake_node){.chain = &branch, .height = 120};
    begin(known, COUNT_OF(known));
    CHECK_EQ(next().number, 49);
    take(&branch, 50, 120);
    end();
}

TEST(another_chain_is_not_followed)
{
    struct node_known known[30];
    struct feed_item item;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        known[i] = (struct node_known){60 + i, chain.blocks[60 + i].header.hash};
    node = (struct fake_node){.chain = &branch, .height = 120};
    begin(known, COUNT_OF(known));
    CHECK_EQ(block_source_next(source, &item, &error), PEVM_LIMIT);
    assert_non_null(strstr(error.text, "its chain has none of the last 30 blocks that are here"));
    end();
}

TEST(a_node_that_is_gone_may_come_back)
{
    struct feed_item item;
    node = (struct fake_node){.chain = &chain, .height = 40};
    begin(NULL, 0);
    take(&chain, 0, 40);
    node.busy = 4;
    CHECK_EQ(block_source_next(source, &item, &error), PEVM_IO);
    node.height = 45;
    take(&chain, 40, 45);
    end();
    feed_chain_free(&chain);
    feed_chain_free(&branch);
}
