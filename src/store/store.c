#include "store/store.h"

#include "base/clock.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <stdio.h>

#define NS_PER_MS 1000000u

enum store_class store_class(enum pevm_status status)
{
    switch (status) {
    case PEVM_OK: return CLASS_FINE;
    case PEVM_NOT_FOUND: return CLASS_NOT_FOUND;
    case PEVM_UNAVAILABLE: return CLASS_TRANSIENT;
    case PEVM_FENCED: return CLASS_FENCED;
    case PEVM_NO_MEMORY:
    case PEVM_LIMIT:
    case PEVM_BAD_INPUT:
    case PEVM_UNSUPPORTED:
    case PEVM_IO:
    case PEVM_CORRUPT:
    case PEVM_STATE_UNREADABLE:
    case PEVM_INVALID_BLOCK:
    case PEVM_CANCELLED:
    case PEVM_TIMEOUT:
    case PEVM_INTERNAL: return CLASS_FATAL;
    }
    return CLASS_FATAL;
}

/* ---- counting ---- */

/* How a call ended, and in which of `times` (may be NULL) it belongs. Returns the status. */
static enum pevm_status count_call(struct store *store,
                                   enum pevm_status status,
                                   struct counter *times,
                                   uint64_t begin_ns)
{
    counter_add_shared(&store->counters.ended[store_class(status)], 1);
    if (times == NULL) return status;
    uint64_t us = (clock_now_ns() - begin_ns) / 1000;
    unsigned place = us == 0 ? 0 : 64 - (unsigned)__builtin_clzll(us);
    counter_add_shared(&times[place < STORE_TIMES ? place : STORE_TIMES - 1], 1);
    return status;
}

void store_count(const struct store *store, struct store_counts *out)
{
    const struct store_counters *from = &store->counters;
    *out = (struct store_counts){.reads = counter_read(&from->reads),
                                 .keys = counter_read(&from->keys),
                                 .scans = counter_read(&from->scans),
                                 .writes = counter_read(&from->writes),
                                 .changes = counter_read(&from->changes),
                                 .leases = counter_read(&from->leases)};
    for (size_t i = 0; i < STORE_CLASS_COUNT; i++)
        out->ended[i] = counter_read(&from->ended[i]);
    for (size_t i = 0; i < STORE_TIMES; i++) {
        out->read_times[i] = counter_read(&from->read_times[i]);
        out->write_times[i] = counter_read(&from->write_times[i]);
    }
}

/* ---- calls ---- */

enum pevm_status store_get_many(struct store *store,
                                struct store_item *items,
                                const struct bytes *keys,
                                size_t count,
                                struct arena *arena,
                                struct error *error)
{
    if (count == 0) return PEVM_OK;
    uint64_t begin = clock_now_ns();
    counter_add_shared(&store->counters.reads, 1);
    counter_add_shared(&store->counters.keys, count);
    enum pevm_status status = store->ops->get_many(store, items, keys, count, arena, error);
    return count_call(store, status, store->counters.read_times, begin);
}

enum pevm_status store_get(struct store *store,
                           struct bytes *out,
                           struct bytes key,
                           struct arena *arena,
                           struct error *error)
{
    struct store_item item;
    char shown[SHOWN_KEY_SIZE];
    TRY(store_get_many(store, &item, &key, 1, arena, error));
    if (!item.found)
        return error_set(error, PEVM_NOT_FOUND, "%s: is absent", key_shown(shown, key));
    *out = item.value;
    return PEVM_OK;
}

enum pevm_status store_write(struct store *store,
                             const struct store_batch *batch,
                             uint64_t token,
                             struct error *error)
{
    if (batch->is_broken)
        return error_set(error, PEVM_NO_MEMORY, "no memory for the changes of a batch");
    if (batch->change_count == 0) return PEVM_OK;
    uint64_t begin = clock_now_ns();
    counter_add_shared(&store->counters.writes, 1);
    counter_add_shared(&store->counters.changes, batch->change_count);
    enum pevm_status status = store->ops->write(store, batch, token, error);
    return count_call(store, status, store->counters.write_times, begin);
}

enum pevm_status store_scan(struct store *store,
                            struct bytes prefix,
                            bool (*visit)(void *context, struct bytes key, struct bytes value),
                            void *context,
                            struct error *error)
{
    counter_add_shared(&store->counters.scans, 1);
    return count_call(store, store->ops->scan(store, prefix, visit, context, error), NULL, 0);
}

bool store_is_atomic(const struct store *store)
{
    return store->ops->is_atomic;
}

const char *store_about(const struct store *store)
{
    return store->about;
}

uint64_t store_settle_ms(const struct store *store)
{
    return store->ops->settle_ms == NULL ? 0 : store->ops->settle_ms(store);
}

void store_close(struct store *store)
{
    if (store != NULL) store->ops->close(store);
}

void store_lease_init(struct store_lease *lease, const char *owner)
{
    size_t size = strlen(owner);
    ASSERT(size > 0 && size < STORE_OWNER_SIZE);
    *lease = (struct store_lease){.token = 0};
    memcpy(lease->owner, owner, size + 1);
}

/* The clock is read before the store is asked: then a slow answer makes the lease shorter, never longer. */
enum pevm_status store_lease_take(struct store *store,
                                  struct store_lease *lease,
                                  uint64_t ttl_ms,
                                  struct error *error)
{
    uint64_t now = clock_boot_ns();
    lease->token = 0;
    counter_add_shared(&store->counters.leases, 1);
    enum pevm_status status = store->ops->take(store, lease->owner, ttl_ms, &lease->token, error);
    TRY(count_call(store, status, NULL, 0));
    if (lease->token != 0) lease->until_ns = now + ttl_ms * NS_PER_MS;
    return PEVM_OK;
}

enum pevm_status store_lease_keep(struct store *store,
                                  struct store_lease *lease,
                                  uint64_t ttl_ms,
                                  struct error *error)
{
    uint64_t now = clock_boot_ns();
    if (lease->token == 0) return error_set(error, PEVM_FENCED, "the lock is not ours");
    counter_add_shared(&store->counters.leases, 1);
    enum pevm_status status = store->ops->keep(store, lease->owner, ttl_ms, error);
    (void)count_call(store, status, NULL, 0);
    if (status == PEVM_FENCED) lease->token = 0;
    if (status == PEVM_OK) lease->until_ns = now + ttl_ms * NS_PER_MS;
    return status;
}

enum pevm_status store_lease_drop(struct store *store,
                                  struct store_lease *lease,
                                  struct error *error)
{
    if (lease->token == 0) return PEVM_OK;
    counter_add_shared(&store->counters.leases, 1);
    enum pevm_status status = store->ops->drop(store, lease->owner, error);
    (void)count_call(store, status, NULL, 0);
    if (status == PEVM_OK || status == PEVM_FENCED) lease->token = 0;
    return status == PEVM_FENCED ? PEVM_OK : status;
}

size_t token_write(char out[TOKEN_TEXT_SIZE], uint64_t token)
{
    return (size_t)snprintf(out, TOKEN_TEXT_SIZE, "%" PRIu64, token);
}

enum pevm_status token_read(uint64_t *out, struct bytes text, struct error *error)
{
    uint64_t token = 0;
    bool fits = text.size > 0;
    for (size_t i = 0; i < text.size && fits; i++) {
        unsigned digit = text.data[i] - (unsigned)'0';
        fits = digit <= 9 && !__builtin_mul_overflow(token, UINT64_C(10), &token) &&
               !__builtin_add_overflow(token, digit, &token);
    }
    if (!fits) return error_set(error, PEVM_CORRUPT, EPOCH_KEY ": is no number");
    *out = token;
    return PEVM_OK;
}

const char *key_shown(char out[SHOWN_KEY_SIZE], struct bytes key)
{
    size_t size = key.size < SHOWN_KEY_SIZE - 1 ? key.size : SHOWN_KEY_SIZE - 1;
    for (size_t i = 0; i < size; i++)
        out[i] = key.data[i] >= 0x20 && key.data[i] < 0x7f ? (char)key.data[i] : '?';
    out[size] = 0;
    return out;
}

enum pevm_status fenced(struct error *error, uint64_t ours, uint64_t theirs)
{
    return error_set(error,
                     PEVM_FENCED,
                     "fenced: our token is %" PRIu64 ", the store has %" PRIu64,
                     ours,
                     theirs);
}
