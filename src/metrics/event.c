#include "metrics/event.h"

#include "base/assert.h"
#include "base/heap.h"

#include <string.h>

struct event_log {
    struct event_ring *rings;
    struct event *events; /* of all rings */
    size_t capacity;
    unsigned workers;
};

static enum pevm_status log_init(struct event_log *log, unsigned workers, size_t capacity)
{
    log->capacity = 1;
    while (log->capacity < capacity) /* ends: it doubles */
        log->capacity *= 2;
    log->workers = workers;
    log->rings = heap_alloc_aligned(CACHE_LINE, workers * sizeof *log->rings);
    log->events = heap_alloc_zeroed(workers * log->capacity, sizeof *log->events);
    if (log->rings == NULL || log->events == NULL) return PEVM_NO_MEMORY;
    for (unsigned i = 0; i < workers; i++)
        log->rings[i] =
            (struct event_ring){log->events + i * log->capacity, 0, 0, log->capacity - 1};
    return PEVM_OK;
}

enum pevm_status event_log_new(struct event_log **out, unsigned workers, size_t capacity)
{
    struct event_log *log = heap_alloc_zeroed(1, sizeof *log);
    *out = NULL;
    if (log == NULL) return PEVM_NO_MEMORY;
    enum pevm_status status = log_init(log, workers, capacity);
    if (status != PEVM_OK) {
        event_log_free(log);
        return status;
    }
    *out = log;
    return PEVM_OK;
}

void event_log_free(struct event_log *log)
{
    if (log == NULL) return;
    heap_free(log->rings);
    heap_free(log->events);
    heap_free(log);
}

void event_log_begin(struct event_log *log)
{
    for (unsigned i = 0; i < log->workers; i++)
        log->rings[i].count = 0;
}

unsigned event_log_workers(const struct event_log *log)
{
    return log->workers;
}

struct event_ring *event_ring(struct event_log *log, unsigned worker)
{
    if (log == NULL) return NULL;
    ASSERT(worker < log->workers);
    return &log->rings[worker];
}

void event_store(struct event_ring *ring, const struct event *event)
{
    ring->events[ring->count++ & ring->mask] = *event;
}

size_t event_count(const struct event_ring *ring)
{
    uint64_t capacity = ring->mask + 1;
    return (size_t)(ring->count < capacity ? ring->count : capacity);
}

uint64_t event_lost(const struct event_ring *ring)
{
    return ring->count - event_count(ring);
}

const struct event *event_at(const struct event_ring *ring, size_t index)
{
    VERIFY(index < event_count(ring));
    return &ring->events[(event_lost(ring) + index) & ring->mask];
}

void event_log_rewind(struct event_log *log)
{
    for (unsigned i = 0; i < log->workers; i++)
        log->rings[i].walked = 0;
}

/* The ring whose next event is the oldest. */
const struct event *event_log_next(struct event_log *log, unsigned *worker)
{
    const struct event *oldest = NULL;
    for (unsigned i = 0; i < log->workers; i++) {
        const struct event_ring *ring = &log->rings[i];
        if (ring->walked == event_count(ring)) continue;
        const struct event *event = event_at(ring, ring->walked);
        if (oldest != NULL && event->ns >= oldest->ns) continue;
        oldest = event;
        *worker = i;
    }
    if (oldest != NULL) log->rings[*worker].walked++;
    return oldest;
}

const char *event_name(enum event_kind kind)
{
    static const char *const names[] = {
#define EVENT(kind, name) [EVENT_##kind] = (name),
#include "metrics/event.def"
#undef EVENT
    };
    ASSERT((size_t)kind < COUNT_OF(names));
    return names[kind];
}

const char *event_phase_name(enum event_phase phase)
{
    static const char *const names[] = {[PHASE_SENDERS] = "senders",
                                        [PHASE_BEFORE] = "before",
                                        [PHASE_TRANSACTIONS] = "transactions",
                                        [PHASE_HAND_OVER] = "hand over",
                                        [PHASE_FINISH] = "finish",
                                        [PHASE_ROOTS] = "roots"};
    ASSERT((size_t)phase < COUNT_OF(names));
    return names[phase];
}
