/* event.h - what each worker did and when, in nanoseconds: kept in rings of fixed size, for whoever looks afterwards.
 *
 *     TRY(event_log_new(&log, workers, 1 << 14));
 *     event_log_begin(log);                               before each block
 *     event_note(event_ring(log, worker), (struct event){.kind = EVENT_RUN, .tx = 7});
 *     for (i = 0; i < event_count(ring); i++) event = event_at(ring, i);
 *
 * Words
 *   ring     the events of one worker, oldest first; when it is full, the oldest go
 *   place    a location of the multi-version state, in its numbers
 *
 * Threads: a ring belongs to its worker while a block runs; afterwards anybody may read. Noting is a reading of the clock and a
 * store; without a ring it is one branch that the processor predicts.
 */
#pragma once

#include "base/clock.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define EVENT_NOBODY UINT32_MAX /* other, place: none */

enum event_kind {
#define EVENT(kind, name) EVENT_##kind,
#include "metrics/event.def"
#undef EVENT
    EVENT_KIND_COUNT
};

/* The phases of a block: what follows another begins when that ends. */
enum event_phase {
    PHASE_SENDERS,
    PHASE_BEFORE, /* what the protocol does before the first transaction */
    PHASE_TRANSACTIONS,
    PHASE_HAND_OVER, /* the last versions become the block's changes */
    PHASE_FINISH,    /* withdrawals, receipts, the changeset */
    PHASE_ROOTS,
    PHASE_COUNT
};

struct event {
    uint64_t ns;
    uint32_t tx;
    uint32_t other, place;
    uint32_t incarnation : 24;
    uint32_t kind        : 8; /* enum event_kind */
};

struct event_ring {
    struct event *events;
    uint64_t count; /* of all that were noted */
    size_t walked;  /* how far event_log_next has come */
    uint64_t mask;
} ALIGNED(CACHE_LINE);

struct event_log;

/* `capacity` for each worker, rounded up to a power of two. */
enum pevm_status event_log_new(struct event_log **out,
                               unsigned workers,
                               size_t capacity) MUST_CHECK;
void event_log_free(struct event_log *log);  /* may be NULL */
void event_log_begin(struct event_log *log); /* forget all */

unsigned event_log_workers(const struct event_log *log);
/* NULL when there is no log. */
struct event_ring *event_ring(struct event_log *log, unsigned worker);

void event_store(struct event_ring *ring, const struct event *event);

/* Stamped now. `ring` may be NULL. */
ALWAYS_INLINE void event_note(struct event_ring *ring, struct event event)
{
    if (likely(ring == NULL)) return;
    event.ns = clock_now_ns();
    event_store(ring, &event);
}

/* Those that are kept, oldest first; and how many are not. */
size_t event_count(const struct event_ring *ring);
const struct event *event_at(const struct event_ring *ring, size_t index);
uint64_t event_lost(const struct event_ring *ring);

/* All that is kept, of all workers, in the order in which it happened; NULL at the end. event_log_rewind comes first. One thread. */
void event_log_rewind(struct event_log *log);
const struct event *event_log_next(struct event_log *log, unsigned *worker);

const char *event_name(enum event_kind kind);
const char *event_phase_name(enum event_phase phase);
