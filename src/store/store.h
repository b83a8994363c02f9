/* store.h - keys and bytes at rest, whoever keeps them: memory, LMDB, a server that speaks the Redis protocol.
 *
 * Words
 *   batch    changes that go together, in order (batch.h)
 *   barrier  a place in a batch: nothing behind it is applied before everything in front of it is
 *   token    what a leader was given when it took the lock; it only grows. The store refuses changes with an older one
 *   lease    the lock as long as it is ours: until when, by a clock that nobody sets
 *
 * How a call ends
 *   PEVM_NOT_FOUND      the key is absent: the store said so
 *   PEVM_UNAVAILABLE    for now: no connection, no answer in time, a server that is loading, full, read only. Try again
 *   PEVM_FENCED         somebody else leads: nothing of this call was applied behind the change of leaders
 *   anything else       for good: wrong password, a damaged file, a server that cannot do what is needed
 * A read that failed is never an absent key. A write that failed may have been applied up to some place of the batch, on
 * stores that apply batches whole not at all; after PEVM_UNAVAILABLE it may even have been applied completely.
 *
 * Rules
 *   R1  Batches are applied in order. A store may apply one whole or not at all (`is_atomic`); one that cannot may apply
 *       some of the changes between two barriers, and never goes beyond a barrier before it knows that all in front of it
 *       was applied.
 *   R2  The fence is checked by the store, together with the changes that it lets through.
 *   R3  Values come back in the caller's arena.
 *
 * Threads: any number may read at a time; one writes at a time; leases are one thread's business.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "store/batch.h"

struct store;

enum store_class {
    CLASS_FINE,
    CLASS_NOT_FOUND,
    CLASS_TRANSIENT,
    CLASS_FENCED,
    CLASS_FATAL,
    STORE_CLASS_COUNT
};

/* What to do about a status: go on, take it as absent, try again, step down, stop. */
enum store_class store_class(enum pevm_status status);

struct store_item {
    bool found;
    struct bytes value; /* in the arena of the call */
};

/* One key. PEVM_NOT_FOUND names it. */
enum pevm_status store_get(struct store *store,
                           struct bytes *out,
                           struct bytes key,
                           struct arena *arena,
                           struct error *error) MUST_CHECK;

/* Many keys in as few round trips as can be; `items` has room for `count`. All or nothing is answered. */
enum pevm_status store_get_many(struct store *store,
                                struct store_item *items,
                                const struct bytes *keys,
                                size_t count,
                                struct arena *arena,
                                struct error *error) MUST_CHECK;

/* Apply a batch. `token` 0: no fence, for tools that do not lead. */
enum pevm_status store_write(struct store *store,
                             const struct store_batch *batch,
                             uint64_t token,
                             struct error *error) MUST_CHECK;

/* Visit every key that begins with `prefix`, in any order, maybe one twice. What changes meanwhile may be seen or not. The
 * visitor returns false to stop, and calls nothing of the store. */
enum pevm_status store_scan(struct store *store,
                            struct bytes prefix,
                            bool (*visit)(void *context, struct bytes key, struct bytes value),
                            void *context,
                            struct error *error) MUST_CHECK;

bool store_is_atomic(const struct store *store);

/* What was done with a store since it was opened. */
#define STORE_TIMES                                                                                \
    26 /* calls that took less than 2^i microseconds, but not less than half of that; the last: longer */

struct store_counts {
    uint64_t reads, keys, scans;       /* calls that read, keys they asked for; scans */
    uint64_t writes, changes;          /* calls that write, changes in them */
    uint64_t leases;                   /* calls about the lock */
    uint64_t ended[STORE_CLASS_COUNT]; /* how all of them ended */
    uint64_t read_times[STORE_TIMES], write_times[STORE_TIMES];
};
/* Any thread; the numbers need not be of one moment. */
void store_count(const struct store *store, struct store_counts *out);

/* "LMDB 0.9.24, pevm-data", "Redis 7.0.15, 127.0.0.1:6379": for logs. Lives as long as the store. */
const char *store_about(const struct store *store);

/* How long a new leader must wait before its first change, in milliseconds: where the fence alone could let a change of the
 * old one through that the server has taken in already. */
uint64_t store_settle_ms(const struct store *store);

/* May be NULL. */
void store_close(struct store *store);

/* ---- who leads ---- */

#define STORE_OWNER_SIZE                                                                           \
    48 /* of the name of one that wants to lead, with its zero byte: unique, letters and digits */

struct store_lease {
    char owner[STORE_OWNER_SIZE];
    uint64_t token;    /* 0: not ours */
    uint64_t until_ns; /* clock_boot_ns: not ours beyond it */
};

void store_lease_init(struct store_lease *lease, const char *owner);

/* Try to lead for `ttl_ms`. lease->token stays 0 when somebody else does. */
enum pevm_status store_lease_take(struct store *store,
                                  struct store_lease *lease,
                                  uint64_t ttl_ms,
                                  struct error *error) MUST_CHECK;

/* Lead for another `ttl_ms` from now on. PEVM_FENCED: it is not ours any more; the token is 0 then. */
enum pevm_status store_lease_keep(struct store *store,
                                  struct store_lease *lease,
                                  uint64_t ttl_ms,
                                  struct error *error) MUST_CHECK;

/* Let others lead at once, if we still do. */
enum pevm_status store_lease_drop(struct store *store,
                                  struct store_lease *lease,
                                  struct error *error) MUST_CHECK;
