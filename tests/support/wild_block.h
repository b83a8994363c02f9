/* wild_block.h - random blocks that try to hurt: contracts that read and move balances, count in the same slots, create
 * one another, destroy themselves and come back; poor senders, coinbases that send and are called, transactions that are
 * invalid. From a seed; the same seed gives the same block on every machine.
 */
#pragma once

#include "chain/chain.h"
#include "engine/engine.h"
#include "state/memory_state.h"
#include "types/receipt.h"

struct wild_block {
    struct chain chain;
    enum fork fork;
    struct memory_state *state;
    struct view pre_state;
    struct block block;
    struct arena arena;
};

/* `txs`: about so many transactions. */
void wild_block_init(struct wild_block *wild, uint64_t seed, enum fork fork, unsigned txs);
void wild_block_fini(struct wild_block *wild);
