/* fake_node.h - a node that has a chain (feed_chain.h) and can be told to have another one.
 *
 * It answers eth_chainId, eth_blockNumber, eth_getBlockByNumber, eth_getUncleByBlockHashAndIndex; with a state also eth_getBalance,
 * eth_getTransactionCount, eth_getCode, eth_getStorageAt, whatever the block. Other methods are not found.
 */
#pragma once

#include "state/memory_state.h"
#include "support/feed_chain.h"
#include "support/rpc_server.h"

struct fake_node {
    const struct feed_chain *chain;
    size_t height;  /* it has the blocks 0 to height - 1 of the chain */
    bool gives_raw; /* offers debug_getRawBlock */
    uint64_t chain_id;
    const struct memory_state *state; /* may be NULL */
    const char *trace,
        *witness; /* what debug_traceBlockByNumber, debug_executionWitness answer; NULL: not found */
    unsigned busy; /* so many requests are answered with HTTP 503 first */
};

/* For rpc_server_start; `context` is the struct fake_node, which is changed between requests only. */
struct rpc_answer fake_node_answer(void *context, struct bytes request);
