/* node_chain.h - a node as a source of blocks: from a number on, up to the head, and on when it moves; what the node takes back is
 * taken back here (FEED_REORG).
 *
 * Every request asks for the block given last once more, together with those that follow: so a reorg is seen even where nothing
 * follows yet, at no further round trip. Blocks come as RLP (debug_getRawBlock) from nodes that offer it, else as JSON. When it is another one now, the common ancestor is looked for, up to 256 blocks back.
 */
#pragma once

#include "feed/block_source.h"
#include "feed/rpc.h"

struct node_known {
    uint64_t number;
    hash32 hash;
};

struct node_chain_options {
    struct rpc *rpc; /* borrowed */
    uint64_t first;  /* where nothing is known: the first block to give */
    /* What the caller has already, ascending without gaps: the source goes on behind it, or takes it back. Copied. */
    const struct node_known *known;
    size_t known_count; /* at most 256 */
};

enum pevm_status node_chain_open(struct block_source **out,
                                 const struct node_chain_options *options,
                                 struct error *error) MUST_CHECK;
