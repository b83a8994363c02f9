/* A block of a node becomes a bundle that can be read; what cannot be made is told. */
#include "feed/node_bundle.h"
#include "fixture/bundle_source.h"
#include "support/fake_node.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static struct error error;
static struct feed_chain chain;

static enum pevm_status make(struct fake_node *node,
                             const char *folder,
                             uint64_t number,
                             const char *network)
{
    struct rpc_server *server = rpc_server_start(fake_node_answer, node);
    struct rpc_options options = {.url = rpc_server_url(server), .tries = 1};
    struct node_bundle_plan plan = {.number = number, .network = network};
    struct bundle_set *set;
    struct error close_error;
    CHECK_EQ(rpc_open(&plan.rpc, &options, &error), PEVM_OK);
    CHECK_EQ(bundle_set_open(&set, folder, &error), PEVM_OK);
    enum pevm_status status = node_bundle_write(set, &plan, &error);
    CHECK_EQ(bundle_set_close(set, &close_error), PEVM_OK);
    rpc_close(plan.rpc);
    rpc_server_stop(server);
    return status;
}

/* Nobody signed the transactions of a random chain: a block without any. */
static uint64_t empty_block(void)
{
    for (size_t i = 300; i < chain.count; i++)
        if (chain.blocks[i].tx_count == 0 && !chain.blocks[i].has_withdrawals) return i;
    fail_msg("no empty block");
    return 0;
}

TEST(a_block_comes_with_its_parent_its_ancestors_and_its_witness)
{
    feed_chain_make(&chain, 400, 0, 15);
    struct memory_state *state = memory_state_new();
    struct fake_node node = {.chain = &chain,
                             .height = 400,
                             .state = state,
                             .trace = "[]",
                             .witness = "{\"state\":[\"0xc0\",\"0x80\"],\"codes\":[]}"};
    char folder[128];
    const char *path = folder;
    struct bundle_source *source;
    struct bundle bundle;
    uint64_t number = empty_block();
    snprintf(folder, sizeof folder, "%s/bundle", feed_folder());
    if (make(&node, folder, number, "Istanbul") != PEVM_OK) fail_msg("%s", error.text);
    if (bundle_source_open(&source, &path, 1, &error) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_EQ(bundle_source_count(source), 1);
    if (bundle_source_read(source, 0, &bundle, &error) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_EQ(bundle.block.header.number, number);
    CHECK_EQ(bundle.block.ommer_count, chain.blocks[number].ommer_count);
    CHECK(hash32_equal(&bundle.parent.hash, &chain.blocks[number - 1].header.hash));
    CHECK_EQ(bundle.ancestors->count, 256);
    for (size_t i = 0; i < bundle.ancestors->count; i++)
        CHECK(hash32_equal(&bundle.ancestors->list[i].hash,
                           &chain.blocks[bundle.ancestors->list[i].number].header.hash));
    CHECK(!bundle.pre_state_full && bundle.has_witness);
    CHECK_EQ(bundle.witness.node_count, 2);
    bundle_fini(&bundle);
    bundle_source_close(source);
    memory_state_free(state);
}

TEST(what_cannot_be_made_is_told)
{
    struct memory_state *state = memory_state_new();
    struct fake_node node = {.chain = &chain, .height = 400, .state = state, .trace = "[]"};
    char folder[128];
    snprintf(folder, sizeof folder, "%s/none", feed_folder());
    CHECK_EQ(make(&node, folder, 5, NULL), PEVM_UNSUPPORTED);
    assert_non_null(strstr(error.text, ": chain 7 is not known here: say which rules hold"));
    CHECK_EQ(make(&node, folder, 5, "Nowhere"), PEVM_UNSUPPORTED);
    CHECK_EQ(make(&node, folder, 0, "Istanbul"), PEVM_BAD_INPUT);
    CHECK_EQ(make(&node, folder, 400, "Istanbul"), PEVM_NOT_FOUND);
    node.witness = "{\"state\":[5]}";
    CHECK_EQ(make(&node, folder, empty_block(), "Istanbul"), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, ": debug_executionWitness: state: expected "));
    memory_state_free(state);
    feed_chain_free(&chain);
}
