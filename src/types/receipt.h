/* receipt.h - what a transaction did, as the receipts trie keeps it (Yellow Paper, section 4.3.1; EIP-658, 2718). */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "types/bloom.h"
#include "types/log.h"
#include "types/tx.h"

struct receipt {
    enum tx_type type;
    bool has_state_root; /* before Byzantium: the root after the transaction instead of a status */
    bool success;
    hash32 state_root;
    uint64_t cumulative_gas_used;
    bloom bloom;
    const struct log *logs;
    size_t log_count;

    /* Not part of the consensus encoding. */
    uint64_t gas_used;
    address created; /* of a creation transaction that succeeded */
    bool has_created;
};

/* The consensus encoding (type byte and RLP from Berlin on) in the arena; false when memory runs out. */
bool receipt_encode(struct bytes *out,
                    const struct receipt *receipt,
                    struct arena *arena) MUST_CHECK;
