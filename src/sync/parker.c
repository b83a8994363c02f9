#include "sync/parker.h"

#include "base/assert.h"
#include "sync/futex.h"

#define WAITER       ((uint64_t)1 << 32)
#define CALLED       ((uint64_t)1 << 48)
#define WAITERS(s)   ((unsigned)((s) >> 32 & 0xffff))
#define CALLED_OF(s) ((unsigned)((s) >> 48))
#define EPOCH(s)     ((uint32_t)(s))

void parker_init(struct parker *parker)
{
    atomic64_init(&parker->state, 0);
}

uint32_t parker_prepare(struct parker *parker)
{
    /* [A] before the second look in the order of all seq_cst; pairs with [A] in parker_notify. */
    uint64_t before = atomic64_add(&parker->state, WAITER, memory_order_seq_cst);
    ASSERT(WAITERS(before) < PARKER_WAITERS_MAX);
    return EPOCH(before);
}

/* One waiter less; it uses up a call, when there is one: whoever was called and comes later finds
 * none, and that is fine, for a thread that leaves looks again as the called one would have. */
static void leave(struct parker *parker)
{
    uint64_t before = atomic64_load(&parker->state, memory_order_relaxed);
    uint64_t after;
    do { /* ends: a failure is another thread's success */
        ASSERT(WAITERS(before) > 0 && CALLED_OF(before) <= WAITERS(before));
        after = before - WAITER - (CALLED_OF(before) > 0 ? CALLED : 0);
    } while (!atomic64_cas_weak(&parker->state, &before, after, memory_order_seq_cst));
}

void parker_cancel(struct parker *parker)
{
    leave(parker);
}

void parker_sleep(struct parker *parker, uint32_t ticket)
{
    /* No loop: whoever was woken in place of an older sleeper must get up and look (I3). */
    if (EPOCH(atomic64_load(&parker->state, memory_order_seq_cst)) == ticket)
        futex_sleep(&parker->state, ticket);
    leave(parker);
}

void parker_notify_slow(struct parker *parker, unsigned count)
{
    uint64_t before = atomic64_load(&parker->state, memory_order_seq_cst);
    uint64_t after;
    unsigned calls;
    do { /* ends: a failure is another thread's success */
        unsigned uncalled = parker_waiters_of(before);
        calls = count < uncalled ? count : uncalled;
        if (calls == 0) return;
        uint32_t epoch = EPOCH(before) + 1;
        after = ((before >> 32) << 32 | epoch) + calls * CALLED;
    } while (!atomic64_cas_weak(&parker->state, &before, after, memory_order_seq_cst));
    futex_wake(&parker->state, calls);
}
