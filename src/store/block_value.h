/* block_value.h - a block as the store keeps it: header, transactions and what else the body has under keys of their own.
 *
 *   blk:hdr:{n}    RLP of the header
 *   blk:txs:{n}    RLP list of the transactions; may be missing when the header says that there are none
 *   blk:body:{n}   RLP list [transactions, ommers] or [transactions, ommers, withdrawals]. Needed only where the header says
 *                  that there are ommers or withdrawals; when it is there, blk:txs must be the same or missing
 *
 * Joined they are the block as everybody encodes it, and are read by the one decoder of blocks.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "types/block.h"

struct block_parts {
    struct bytes header, txs, body; /* empty: the key is missing */
};

/* The whole block as RLP. PEVM_NOT_FOUND: the header or the transactions are missing. PEVM_CORRUPT: a part is no list, or
 * the parts contradict one another. */
enum pevm_status block_join(struct bytes *out,
                            const struct block_parts *parts,
                            struct arena *arena,
                            struct error *error) MUST_CHECK;

/* The parts of an encoded block: slices of it; the body lies in the arena, and is empty where the header says all that the
 * transactions do not. PEVM_BAD_INPUT: it is not even a list of lists. */
enum pevm_status block_split(struct block_parts *out,
                             struct bytes encoding,
                             struct arena *arena,
                             struct error *error) MUST_CHECK;
