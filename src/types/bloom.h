/* bloom.h - the 2048-bit filter over log accounts and topics (Yellow Paper, section 4.3.1). */
#pragma once

#include "types/log.h"

typedef struct {
    uint8_t bytes[256];
} bloom;

void bloom_add_log(bloom *into, const struct log *log);

/* All logs of a transaction: several hashes at once, and what repeats from one log to the next is hashed once. */
void bloom_add_logs(bloom *into, const struct log *logs, size_t count);

void bloom_or(bloom *into, const bloom *other);
