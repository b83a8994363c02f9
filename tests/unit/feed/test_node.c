/* What a node is asked, and what is refused of what it says. */
#include "feed/node.h"
#include "support/fake_node.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct error error;
static struct feed_chain chain;

static struct rpc *open_rpc(struct rpc_server *server)
{
    struct rpc_options options = {.url = rpc_server_url(server), .tries = 2, .wait_ms = 1};
    struct rpc *rpc;
    CHECK_EQ(rpc_open(&rpc, &options, &error), PEVM_OK);
    return rpc;
}

TEST(numbers_and_blocks_are_those_of_the_node)
{
    feed_chain_make(&chain, 30, 0, 13);
    struct fake_node node = {.chain = &chain, .height = 25};
    struct rpc_server *server = rpc_server_start(fake_node_answer, &node);
    struct rpc *rpc = open_rpc(server);
    uint64_t number;
    CHECK_EQ(node_chain_id(rpc, &number, &error), PEVM_OK);
    CHECK_EQ(number, 7);
    CHECK_EQ(node_head(rpc, &number, &error), PEVM_OK);
    CHECK_EQ(number, 24);
    for (size_t i = 0; i < 25; i++) {
        struct block block;
        struct bytes encoding;
        if (node_block(rpc, &block, NULL, i, &chain.arena, &error) != PEVM_OK)
            fail_msg("%s", error.text);
        CHECK(block_encode(&encoding, &block, &chain.arena));
        CHECK(bytes_equal(encoding, chain.encodings[i]));
    }
    struct block none;
    CHECK_EQ(node_block(rpc, &none, NULL, 25, &chain.arena, &error), PEVM_NOT_FOUND);
    assert_non_null(strstr(error.text, ": there is no block 25"));
    rpc_close(rpc);
    rpc_server_stop(server);
}

/* A node that gives another block than it was asked for, or damages one. */
struct liar {
    struct fake_node node;
    const char *find, *put; /* in its answers: the same length */
};

static struct rpc_answer lie(void *context, struct bytes request)
{
    struct liar *liar = context;
    struct rpc_answer answer = fake_node_answer(&liar->node, request);
    char *place = answer.body == NULL ? NULL : strstr(answer.body, liar->find);
    if (place != NULL) memcpy(place, liar->put, strlen(liar->put));
    return answer;
}

TEST(what_a_node_says_twice_must_agree)
{
    static const struct {
        const char *find, *put, *words;
    } cases[] = {
        {"\"gasUsed\":\"0x",   "\"gasUsed\":\"0y",   ": block 3: gasUsed: expected "     },
        {"\"mixHash\":\"0x",   "\"mixHash\":\"0X",   ": block 3: mixHash: expected "     },
        {"\"timestamp\"",      "\"timestamq\"",      ": block 3: timestamp: expected "   },
        {"\"miner\":\"0x",     "\"minor\":\"0x",     ": block 3: miner: expected "       },
        {"\"transactions\":[", "\"transactionz\":[", ": block 3: transactions: expected "},
        {"{\"hash\":\"0x",     "{\"hush\":\"0x",     ": block 3: hash: expected "        },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct liar liar = {
            {.chain = &chain, .height = 25},
            cases[i].find, cases[i].put
        };
        struct rpc_server *server = rpc_server_start(lie, &liar);
        struct rpc *rpc = open_rpc(server);
        struct block block;
        CHECK_EQ(node_block(rpc, &block, NULL, 3, &chain.arena, &error), PEVM_BAD_INPUT);
        if (strstr(error.text, cases[i].words) == NULL) fail_msg("case %zu: %s", i, error.text);
        rpc_close(rpc);
        rpc_server_stop(server);
    }
}

TEST(another_number_than_was_asked_for_is_refused)
{
    struct fake_node node = {.chain = &chain, .height = 25};
    struct rpc_server *server = rpc_server_start(fake_node_answer, &node);
    struct rpc *rpc = open_rpc(server);
    char params[NODE_PARAMS_SIZE];
    struct rpc_call call = {.method = "eth_getBlockByNumber",
                            .params = node_block_params(params, 5, true)};
    struct block block;
    CHECK_TEXT(params, "[\"0x5\",true]");
    CHECK_EQ(rpc_ask(rpc, &call, 1, &chain.arena, &error), PEVM_OK);
    CHECK_EQ(node_block_read(rpc, &block, NULL, 6, call.result, &chain.arena, &error),
             PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, ": block 6: number: expected 6, got 5"));
    rpc_close(rpc);
    rpc_server_stop(server);
    feed_chain_free(&chain);
}
