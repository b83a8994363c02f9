#include "store/batch.h"

#include "base/assert.h"
#include "base/heap.h"

/* What stands before the bytes of a change. */
struct head {
    uint64_t ttl_ms;
    uint32_t key_size, value_size;
    uint32_t kind;
    uint32_t unused; /* written, so that equal batches are equal bytes */
};

void store_batch_fini(struct store_batch *batch)
{
    heap_free(batch->data);
    *batch = (struct store_batch){0};
}

void store_batch_reset(struct store_batch *batch)
{
    batch->size = 0;
    batch->change_count = 0;
    batch->is_broken = false;
}

/* Room for `size` more bytes. */
static bool reserve(struct store_batch *batch, size_t size)
{
    if (size <= batch->capacity - batch->size) return true;
    size_t capacity = batch->capacity == 0 ? 4096 : 2 * batch->capacity;
    while (capacity - batch->size < size)
        capacity *= 2; /* ends: sizes are those of memory that exists */
    uint8_t *data = heap_realloc(batch->data, capacity);
    if (data == NULL) return false;
    batch->data = data;
    batch->capacity = capacity;
    return true;
}

static void put(struct store_batch *batch, const void *data, size_t size)
{
    if (size > 0) memcpy(batch->data + batch->size, data, size);
    batch->size += size;
}

static void append(struct store_batch *batch, const struct store_change *change)
{
    ASSERT(change->key.size <= UINT32_MAX && change->value.size <= UINT32_MAX);
    struct head head = {.ttl_ms = change->ttl_ms,
                        .key_size = (uint32_t)change->key.size,
                        .value_size = (uint32_t)change->value.size,
                        .kind = change->kind};
    if (batch->is_broken || !reserve(batch, sizeof head + change->key.size + change->value.size)) {
        batch->is_broken = true;
        return;
    }
    put(batch, &head, sizeof head);
    put(batch, change->key.data, change->key.size);
    put(batch, change->value.data, change->value.size);
    batch->change_count += change->kind != CHANGE_BARRIER;
}

void store_batch_set(struct store_batch *batch,
                     struct bytes key,
                     struct bytes value,
                     uint64_t ttl_ms)
{
    append(batch, &(struct store_change){CHANGE_SET, key, value, ttl_ms});
}

void store_batch_delete(struct store_batch *batch, struct bytes key)
{
    append(batch, &(struct store_change){.kind = CHANGE_DELETE, .key = key});
}

void store_batch_barrier(struct store_batch *batch)
{
    append(batch, &(struct store_change){.kind = CHANGE_BARRIER});
}

bool store_batch_next(const struct store_batch *batch, size_t *place, struct store_change *out)
{
    struct head head;
    if (*place == batch->size) return false;
    memcpy(&head, batch->data + *place, sizeof head);
    const uint8_t *bytes = batch->data + *place + sizeof head;
    *out = (struct store_change){.kind = (enum change_kind)head.kind,
                                 .key = bytes_of(bytes, head.key_size),
                                 .value = bytes_of(bytes + head.key_size, head.value_size),
                                 .ttl_ms = head.ttl_ms};
    *place += sizeof head + head.key_size + head.value_size;
    return true;
}
