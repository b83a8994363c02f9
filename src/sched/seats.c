#include "sched/seats.h"

#include "base/compiler.h"
#include "base/heap.h"
#include "sync/atomic.h"

/* Bit k: the k-th seat of the worker, whose number is k * workers + worker. */
struct seat_set {
    struct atomic32 free_seats;
} ALIGNED(CACHE_LINE);

struct seats {
    struct seat_set *sets; /* by worker */
    unsigned workers;
};

enum pevm_status seats_new(struct seats **out, unsigned workers)
{
    struct seats *seats = heap_alloc_zeroed(1, sizeof *seats);
    *out = NULL;
    if (seats == NULL) return PEVM_NO_MEMORY;
    seats->workers = workers;
    seats->sets = heap_alloc_aligned(CACHE_LINE, workers * sizeof *seats->sets);
    if (seats->sets == NULL) {
        seats_free(seats);
        return PEVM_NO_MEMORY;
    }
    *out = seats;
    return PEVM_OK;
}

void seats_free(struct seats *seats)
{
    if (seats == NULL) return;
    heap_free(seats->sets);
    heap_free(seats);
}

void seats_begin(struct seats *seats, bool only_one)
{
    uint32_t others = only_one ? 0 : ((1u << SEATS_PER_WORKER) - 1) & ~1u;
    for (unsigned i = 0; i < seats->workers; i++)
        atomic32_store(&seats->sets[i].free_seats, others, memory_order_relaxed);
}

unsigned seats_take(struct seats *seats, unsigned worker)
{
    struct atomic32 *set = &seats->sets[worker].free_seats;
    uint32_t free_seats = atomic32_load(set, memory_order_acquire); /* [A] */
    if (free_seats == 0) return SEAT_NONE;
    unsigned k = (unsigned)__builtin_ctz(free_seats);
    (void)atomic32_and(set, ~(1u << k), memory_order_relaxed);
    return k * seats->workers + worker;
}

void seats_give(struct seats *seats, unsigned seat)
{
    struct atomic32 *set = &seats->sets[seat % seats->workers].free_seats;
    (void)atomic32_or(set, 1u << seat / seats->workers, memory_order_release); /* [A] */
}
