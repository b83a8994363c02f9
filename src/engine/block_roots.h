/* block_roots.h - the roots and hashes by which a header commits to lists: transactions, receipts, withdrawals, ommers.
 * `scratch` is released again; false when memory runs out. */
#pragma once

#include "base/arena.h"
#include "types/block.h"
#include "types/receipt.h"

bool transactions_root(hash32 *out, const struct block *block, struct arena *scratch) MUST_CHECK;
bool withdrawals_root(hash32 *out, const struct block *block, struct arena *scratch) MUST_CHECK;
bool receipts_root(hash32 *out, const struct receipt *receipts, size_t count, struct arena *scratch)
    MUST_CHECK;

/* keccak256(rlp([header, ...])) */
bool ommers_hash(hash32 *out, const struct block *block, struct arena *scratch) MUST_CHECK;
