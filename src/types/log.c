#include "types/log.h"

#include "crypto/keccak.h"
#include "rlp/rlp_write.h"

#define ADDRESS_RLP_SIZE 21
#define TOPIC_RLP_SIZE   33

static size_t topics_payload(const struct log *log)
{
    return TOPIC_RLP_SIZE * (size_t)log->topic_count;
}

static size_t log_payload(const struct log *log)
{
    return ADDRESS_RLP_SIZE + rlp_size_list(topics_payload(log)) + rlp_size_bytes(log->data);
}

static size_t logs_payload(const struct log *logs, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += rlp_size_list(log_payload(&logs[i]));
    return size;
}

static uint8_t *log_put(uint8_t *to, const struct log *log)
{
    ASSERT(log->topic_count <= LOG_TOPICS_MAX);
    to = rlp_put_list_head(to, log_payload(log));
    to = rlp_put_bytes(to, bytes_of(log->account.bytes, sizeof log->account.bytes));
    to = rlp_put_list_head(to, topics_payload(log));
    for (size_t i = 0; i < log->topic_count; i++)
        to = rlp_put_bytes(to, bytes_of(log->topics[i].bytes, sizeof log->topics[i].bytes));
    return rlp_put_bytes(to, log->data);
}

size_t logs_rlp_size(const struct log *logs, size_t count)
{
    return rlp_size_list(logs_payload(logs, count));
}

uint8_t *logs_rlp_put(uint8_t *to, const struct log *logs, size_t count)
{
    to = rlp_put_list_head(to, logs_payload(logs, count));
    for (size_t i = 0; i < count; i++)
        to = log_put(to, &logs[i]);
    return to;
}

bool logs_hash(hash32 *out, const struct log *logs, size_t count, struct arena *scratch)
{
    struct arena_mark mark = arena_mark(scratch);
    size_t size = logs_rlp_size(logs, count);
    uint8_t *text = arena_alloc_aligned(scratch, size, 1);
    if (text == NULL) return false;
    const uint8_t *end = logs_rlp_put(text, logs, count);
    ASSERT(end == text + size);
    keccak256(out, text, size);
    arena_release(scratch, mark);
    return true;
}
