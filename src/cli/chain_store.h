/* chain_store.h - the blocks of one blockchain test, by hash, each with the state after it: a tree, of which one leaf is the head.
 *
 * Words
 *   total difficulty   the sum of difficulties from the genesis on; the heaviest chain wins before the merge
 *   awaited            how many blocks that are still to come name this one as their parent; at 0 its state is given up
 *
 * Rules
 *   R1  Blocks are borrowed from the test; states are owned.
 *   R2  After the merge the last block taken is the head; before it the first one of the largest total difficulty.
 */
#pragma once

#include "engine/engine.h"
#include "state/memory_state.h"

struct chain_node {
    const struct chain_node *parent; /* NULL: the genesis */
    const struct block *block;
    u256 total_difficulty;
    struct memory_state *state; /* NULL: given up */
    size_t awaited;
};

struct chain_store {
    struct chain_node *nodes; /* room for all blocks of the test, in the caller's arena */
    size_t count;
    struct chain_node *head;
};

/* `nodes` has room for the genesis and all blocks. */
void chain_store_init(struct chain_store *store, struct chain_node *nodes);
void chain_store_fini(struct chain_store *store);

/* NULL: not there. */
struct chain_node *chain_store_find(const struct chain_store *store, const hash32 *hash);

/* Add a valid block with the state after it, which is taken. `parent` is NULL for the genesis, which comes first. */
struct chain_node *chain_store_add(struct chain_store *store,
                                   struct chain_node *parent,
                                   const struct block *block,
                                   struct memory_state *state,
                                   size_t awaited);

/* One block that named `node` as its parent is done with. */
void chain_store_release(struct chain_store *store, struct chain_node *node);

/* Up to ENGINE_ANCESTORS_MAX of them, `node` first. How many. */
size_t chain_store_ancestors(const struct chain_node *node,
                             struct engine_ancestor out[ENGINE_ANCESTORS_MAX]);

/* The hash of block `number` on the chain that ends with `node`; false: there is none. */
bool chain_store_hash_at(const struct chain_node *node, uint64_t number, hash32 *out);
