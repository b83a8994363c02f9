/* mv_place.h - the numbers of locations in words, and which transactions had to wait for which: for whoever looks at a block
 * that is over. The owner of the multi-version state alone, before its next block. */
#pragma once

#include "base/arena.h"
#include "state/mv.h"

enum mv_location_kind {
    MV_AT_BALANCE,
    MV_AT_NONCE,
    MV_AT_CODE,
    MV_AT_EXISTENCE,
    MV_AT_RESET,
    MV_AT_SLOT,
    MV_AT_HAS_STORAGE,
    MV_AT_NOWHERE /* no place, or none of this block's */
};

struct mv_location {
    enum mv_location_kind kind;
    address who;
    u256 slot; /* of MV_AT_SLOT */
};

struct mv_location mv_location_of(const struct mv *mv, uint32_t place);
const char *mv_location_name(enum mv_location_kind kind); /* "balance" */

struct mv_chain {
    uint64_t cost; /* of its transactions, added up */
    uint32_t txs;
};

/* The chain of transactions below `tx_count`, each of which read what the one before it wrote, that costs most; a transaction
 * alone is one, too. costs[i] is that of transaction i; senders[i] sent it, whose nonce it knows without reading. What only had to be enough counts as read when the block had to give
 * it first. False: no memory in the arena. */
bool mv_longest_chain(const struct mv *mv,
                      uint32_t tx_count,
                      const uint64_t *costs,
                      const address *senders,
                      struct arena *arena,
                      struct mv_chain *out) MUST_CHECK;
