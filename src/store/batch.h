/* batch.h - changes of keys that go together, in order, with barriers (store.h).
 *
 * Keys and values are copied. Memory is kept from one use to the next; when there is none, the batch is `is_broken`, and
 * store_write says PEVM_NO_MEMORY: nobody has to ask after each change.
 */
#pragma once

#include "base/bytes.h"

struct store_batch {
    uint8_t *data;
    size_t size, capacity;
    size_t change_count; /* barriers do not count */
    bool is_broken;
};

enum change_kind { CHANGE_SET, CHANGE_DELETE, CHANGE_BARRIER };

struct store_change {
    enum change_kind kind;
    struct bytes key, value; /* borrow from the batch */
    uint64_t ttl_ms;         /* 0: for ever. A store that cannot forget keeps it */
};

void store_batch_fini(struct store_batch *batch); /* a zeroed batch is an empty one */
void store_batch_reset(struct store_batch *batch);

void store_batch_set(struct store_batch *batch,
                     struct bytes key,
                     struct bytes value,
                     uint64_t ttl_ms);
void store_batch_delete(struct store_batch *batch, struct bytes key);
void store_batch_barrier(struct store_batch *batch);

/* The change at *place, which begins at 0 and moves behind it; false at the end. */
bool store_batch_next(const struct store_batch *batch, size_t *place, struct store_change *out);
