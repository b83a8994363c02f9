/* ring.h - bounded queues of 64-bit values, first in first out, without locks. Memory is the
 * caller's.
 *
 *   ring_spsc   one producer, one consumer
 *   ring_mpmc   any number of both (Vyukov's bounded queue, 1024cores.net, 2010)
 *
 * push says false when the queue is full, pop when it is empty; neither waits.
 *
 * Linearisation    spsc  push: the store of tail; pop: the store of head.
 *                  mpmc  push: winning `tail`; pop: winning `head`. A pop says "empty" when the
 *                        value at the head has not arrived, even if later ones have: a producer
 *                        that has won its place and then stops holds up those behind it. The same
 *                        for "full" and a consumer that stops. A value whose push has returned is
 *                        not overlooked unless such a place lies before it.
 * Progress         spsc wait-free. mpmc: lock-free but for that.
 * Order pairs      [A] a value is written, then its place is shown  <-> seen, then read
 *                  [B] a value is read, then its place is given back <-> seen, then overwritten
 *                  These are release and acquire: to wake a sleeping consumer, use
 *                  parker_notify_after_store.
 *
 * Tested           tests/unit/sync/test_ring.c, tests/weave/sync, tests/stress/sync
 */
#pragma once

#include "base/assert.h"
#include "sync/atomic.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- one producer, one consumer ---- */

struct ring_spsc {
    ALIGNED(CACHE_LINE) struct atomic64 tail; /* written by the producer: values ever pushed */
    uint64_t head_seen;                       /* the producer's own: at least so many were popped */
    ALIGNED(CACHE_LINE) struct atomic64 head; /* written by the consumer: values ever popped */
    uint64_t tail_seen;                       /* the consumer's own */
    ALIGNED(CACHE_LINE) uint64_t *values;
    uint64_t capacity;
};

/* `capacity` values, a power of two. */
static inline void ring_spsc_init(struct ring_spsc *ring, uint64_t *values, uint64_t capacity)
{
    ASSERT(capacity != 0 && (capacity & (capacity - 1)) == 0);
    atomic64_init(&ring->tail, 0);
    atomic64_init(&ring->head, 0);
    ring->head_seen = ring->tail_seen = 0;
    ring->values = values;
    ring->capacity = capacity;
}

MUST_CHECK static inline bool ring_spsc_push(struct ring_spsc *ring, uint64_t value)
{
    uint64_t tail = atomic64_load(&ring->tail, memory_order_relaxed);
    if (tail - ring->head_seen == ring->capacity) {
        ring->head_seen = atomic64_load(&ring->head, memory_order_acquire); /* [B] */
        if (tail - ring->head_seen == ring->capacity) return false;
    }
    ring->values[tail & (ring->capacity - 1)] = value;
    atomic64_store(&ring->tail, tail + 1, memory_order_release); /* [A] */
    return true;
}

MUST_CHECK static inline bool ring_spsc_pop(struct ring_spsc *ring, uint64_t *value)
{
    uint64_t head = atomic64_load(&ring->head, memory_order_relaxed);
    if (head == ring->tail_seen) {
        ring->tail_seen = atomic64_load(&ring->tail, memory_order_acquire); /* [A] */
        if (head == ring->tail_seen) return false;
    }
    *value = ring->values[head & (ring->capacity - 1)];
    atomic64_store(&ring->head, head + 1, memory_order_release); /* [B] */
    return true;
}

/* ---- many of both ---- */

/* A place: position p may be pushed when `turn` is p, and popped when it is p + 1. */
struct ring_cell {
    struct atomic64 turn;
    uint64_t value;
};

struct ring_mpmc {
    ALIGNED(CACHE_LINE) struct atomic64 tail;
    ALIGNED(CACHE_LINE) struct atomic64 head;
    ALIGNED(CACHE_LINE) struct ring_cell *cells;
    uint64_t capacity;
};

/* `capacity` cells, a power of two, at least 2. */
static inline void ring_mpmc_init(struct ring_mpmc *ring,
                                  struct ring_cell *cells,
                                  uint64_t capacity)
{
    ASSERT(capacity >= 2 && (capacity & (capacity - 1)) == 0);
    atomic64_init(&ring->tail, 0);
    atomic64_init(&ring->head, 0);
    for (uint64_t i = 0; i < capacity; i++)
        atomic64_init(&cells[i].turn, i);
    ring->cells = cells;
    ring->capacity = capacity;
}

/* The cell at which `end` stands once its turn is `ahead` of the position, won for us; NULL when it
 * is not there yet. */
static inline struct ring_cell *ring_mpmc_win(struct ring_mpmc *ring,
                                              struct atomic64 *end,
                                              uint64_t ahead,
                                              uint64_t *position)
{
    *position = atomic64_load(end, memory_order_relaxed);
    for (;;) { /* ends: a turn without success means that another thread has moved `end` */
        struct ring_cell *cell = &ring->cells[*position & (ring->capacity - 1)];
        uint64_t turn = atomic64_load(&cell->turn, memory_order_acquire); /* [A] [B] */
        int64_t distance = (int64_t)(turn - (*position + ahead));
        if (distance < 0) return 0;
        if (distance > 0)
            *position = atomic64_load(end, memory_order_relaxed);
        else if (atomic64_cas_weak(end, position, *position + 1, memory_order_relaxed))
            return cell;
    }
}

MUST_CHECK static inline bool ring_mpmc_push(struct ring_mpmc *ring, uint64_t value)
{
    uint64_t position;
    struct ring_cell *cell = ring_mpmc_win(ring, &ring->tail, 0, &position);
    if (cell == 0) return false;
    cell->value = value;
    atomic64_store(&cell->turn, position + 1, memory_order_release); /* [A] */
    return true;
}

MUST_CHECK static inline bool ring_mpmc_pop(struct ring_mpmc *ring, uint64_t *value)
{
    uint64_t position;
    struct ring_cell *cell = ring_mpmc_win(ring, &ring->head, 1, &position);
    if (cell == 0) return false;
    *value = cell->value;
    atomic64_store(&cell->turn, position + ring->capacity, memory_order_release); /* [B] */
    return true;
}
