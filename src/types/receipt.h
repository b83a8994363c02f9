/* receipt.h - logs, bloom filters and receipts (Yellow Paper, section 4.3.1). */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "types/tx.h"

#define LOG_TOPICS_MAX 4

struct log {
    address account;
    uint8_t topic_count;
    hash32 topics[LOG_TOPICS_MAX];
    struct bytes data;
};

typedef struct {
    uint8_t bytes[256];
} bloom;

struct receipt {
    enum tx_type type;
    bool has_state_root;  /* before Byzantium: the root after the transaction instead of a status */
    bool success;
    hash32 state_root;
    uint64_t cumulative_gas_used;
    bloom bloom;
    const struct log *logs;
    size_t log_count;

    /* Not part of the consensus encoding. */
    uint64_t gas_used;
    address created;      /* of a creation transaction that succeeded */
    bool has_created;
};

/* bloom.h */
void bloom_add_log(bloom *into, const struct log *log);
void bloom_or(bloom *into, const bloom *other);

/* The consensus encoding (type byte and RLP from Berlin on) in the arena; false when memory runs out. */
bool receipt_encode(struct bytes *out, const struct receipt *receipt, struct arena *arena) MUST_CHECK;

/* keccak256(rlp(list of logs)), as the official state tests give it. */
bool logs_hash(hash32 *out, const struct log *logs, size_t count, struct arena *scratch) MUST_CHECK;
