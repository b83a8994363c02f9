/* wild_block.h - random blocks that try to hurt: contracts that read and move balances, count in the same slots, create
 * one another, destroy themselves and come back; poor senders, coinbases that send and are called, delegations, blobs,
 * withdrawals, system contracts that transactions call as well; blocks that are invalid in the middle, or have just too
 * little gas. From a seed; the same seed gives the same block on every machine.
 */
#pragma once

#include "chain/chain.h"
#include "engine/engine.h"
#include "state/memory_state.h"
#include "support/wild_program.h"

struct wild_block {
    struct chain chain;
    enum fork fork;
    enum wild_kind kind;
    struct memory_state *state;
    struct view pre_state;
    struct block block;
    struct arena arena;
};

/* `txs`: about so many transactions. */
void wild_block_init(struct wild_block *wild, uint64_t seed, enum fork fork, unsigned txs);
void wild_block_fini(struct wild_block *wild);

/* Give the block just so much gas that one of its transactions, after those before it have used what `outcome` says, finds
 * as much as it wants, or one less. False: it has none. */
bool wild_block_gas_edge(struct wild_block *wild,
                         const struct engine_outcome *outcome,
                         uint64_t seed);
