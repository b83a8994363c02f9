/* log.h - what LOG0 to LOG4 leave behind (Yellow Paper, section 4.3.1). */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

#define LOG_TOPICS_MAX 4

struct log {
    address account;
    uint8_t topic_count;
    hash32 topics[LOG_TOPICS_MAX];
    struct bytes data;
};

/* Bytes of rlp([log, ...]), and the same written at `to`; returns the place behind it. */
size_t logs_rlp_size(const struct log *logs, size_t count);
uint8_t *logs_rlp_put(uint8_t *to, const struct log *logs, size_t count);

/* keccak256(rlp(list of logs)), as the official state tests give it. `scratch` is released again; false when memory
 * runs out. */
bool logs_hash(hash32 *out, const struct log *logs, size_t count, struct arena *scratch) MUST_CHECK;
