/* parker.h - a place to sleep until there is something to do (an eventcount).
 *
 *     waiter                                       publisher
 *       if (look()) go                               make it visible         seq_cst store or RMW
 *       ticket = parker_prepare(p)                   parker_notify(p, 1)
 *       if (look())  parker_cancel(p, ticket), go      ^ a load when nobody waits
 *       else         parker_sleep(p, ticket)
 *       and again from the top
 *
 * Rule: what is published is written by a seq_cst store or a seq_cst RMW, and the second look reads
 * it by seq_cst loads. Then of the waiter's look and the publisher's notify at least one sees the
 * other side [A]. Where the publication is a release store, use parker_notify_after_store.
 *
 * Words
 *   waiter   a thread between prepare and the return of cancel or sleep
 *   called   a wake that was handed out and that no waiter has used yet
 *
 * State (one word)   epoch:32 (the futex)  waiters:16  called:16
 *
 * Invariants
 *   I1  called <= waiters
 *   I2  waiters that entered since the last change of epoch <= waiters - called
 *   I3  sleepers <= (waiters - called) + wakes on their way into the system
 *       So when notify finds waiters == called, everybody is up, or about to be, and will look
 *       again: it need not call the system a second time while a woken thread is still on its way.
 *
 * Linearisation    prepare, notify, cancel: their change of the word. sleep: leaving the word.
 * Guarantee        notify(n), after a publication, makes at least min(n, waiters) of those who had
 *                  prepared look again, unless so many are already going to. sleep may return for
 *                  no reason.
 * Who may call     prepare..sleep: any thread, up to PARKER_WAITERS_MAX at once. notify: any
 *                  thread.
 * Progress         prepare, cancel, notify: lock-free. Cost: notify without waiters is one load.
 * Epochs repeat after 2^32 wakes; a waiter that stays between prepare and sleep for exactly that
 * many would sleep through one.
 *
 * Tested by        tests/unit/sync/test_parker.c, tests/weave/sync, tests/stress/sync
 */
#pragma once

#include "sync/atomic.h"

#include <stdbool.h>
#include <stdint.h>

#define PARKER_WAITERS_MAX 65535 /* what 16 bits count */
#define PARKER_ALL         PARKER_WAITERS_MAX

struct parker {
    struct atomic64 state; /* zero: nobody waits */
};

void parker_init(struct parker *parker);

/* Announce that this thread will sleep; look again afterwards. */
uint32_t parker_prepare(struct parker *parker) MUST_CHECK;

/* Do not sleep after all. */
void parker_cancel(struct parker *parker);

/* Sleep until a notify that came after the prepare that gave `ticket`. */
void parker_sleep(struct parker *parker, uint32_t ticket);

void parker_notify_slow(struct parker *parker, unsigned count);

/* How many waiters nobody has called yet; a hint. */
ALWAYS_INLINE unsigned parker_waiters_of(uint64_t state)
{
    return (unsigned)(state >> 32 & 0xffff) - (unsigned)(state >> 48);
}

/* Wake up to `count` waiters; a seq_cst publication went before. */
ALWAYS_INLINE void parker_notify(struct parker *parker, unsigned count)
{
    /* [A] after the publication in the order of all seq_cst; pairs with [A] in parker_prepare. */
    uint64_t state = atomic64_load(&parker->state, memory_order_seq_cst);
    if (unlikely(parker_waiters_of(state) != 0)) parker_notify_slow(parker, count);
}

/* The same after a publication by any store, and for a second look by any load: costs a RMW of the
 * parker's word. Either it comes after prepare and sees the waiter, or prepare comes after it and
 * acquires all that was stored before. */
ALWAYS_INLINE void parker_notify_after_store(struct parker *parker, unsigned count)
{
    uint64_t state = atomic64_add(&parker->state, 0, memory_order_seq_cst);
    if (unlikely(parker_waiters_of(state) != 0)) parker_notify_slow(parker, count);
}
