#include "types/bloom.h"

#include "crypto/keccak.h"

#define BATCH_MAX 64 /* hashes asked for at once: some rounds of eight, and 3 KB of stack */

/* Names whose hashes are still to be added. */
struct batch {
    bloom *into;
    size_t count;
    struct bytes names[BATCH_MAX];
};

/* Three bits: the low 11 of each of the first three pairs of bytes; bit 0 is the last bit of the filter. */
static void add_hash(bloom *into, const hash32 *hash)
{
    for (size_t i = 0; i < 6; i += 2) {
        unsigned bit = (unsigned)(hash->bytes[i] << 8 | hash->bytes[i + 1]) & 2047;
        into->bytes[255 - bit / 8] |= (uint8_t)(1U << bit % 8);
    }
}

static void batch_flush(struct batch *batch)
{
    hash32 hashes[BATCH_MAX];
    keccak256_many(hashes, batch->names, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        add_hash(batch->into, &hashes[i]);
    batch->count = 0;
}

static void batch_add(struct batch *batch, const void *name, size_t size)
{
    if (batch->count == BATCH_MAX) batch_flush(batch);
    batch->names[batch->count++] = bytes_of(name, size);
}

/* `before` is the log before this one, whose names are in already; NULL for the first. */
static void batch_add_log(struct batch *batch, const struct log *log, const struct log *before)
{
    ASSERT(log->topic_count <= LOG_TOPICS_MAX);
    if (before == NULL || !address_equal(&log->account, &before->account))
        batch_add(batch, log->account.bytes, sizeof log->account.bytes);
    for (size_t i = 0; i < log->topic_count; i++) {
        const hash32 *topic = &log->topics[i];
        bool is_known =
            before != NULL && i < before->topic_count && hash32_equal(topic, &before->topics[i]);
        if (!is_known) batch_add(batch, topic->bytes, sizeof topic->bytes);
    }
}

void bloom_add_logs(bloom *into, const struct log *logs, size_t count)
{
    struct batch batch;
    batch.into = into;
    batch.count = 0;
    for (size_t i = 0; i < count; i++)
        batch_add_log(&batch, &logs[i], i == 0 ? NULL : &logs[i - 1]);
    batch_flush(&batch);
}

void bloom_add_log(bloom *into, const struct log *log)
{
    bloom_add_logs(into, log, 1);
}

void bloom_or(bloom *into, const bloom *other)
{
    for (size_t i = 0; i < sizeof into->bytes; i++)
        into->bytes[i] |= other->bytes[i];
}
