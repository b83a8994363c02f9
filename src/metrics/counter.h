/* counter.h - a number that one thread changes while any thread reads it.
 *
 * No lock, no read-modify-write: the writer's own loads and stores, which the processor does as for a plain number. A reader
 * sees a value that the number had, and later reads never an earlier one. Nothing else is published with it.
 *
 * For what several threads add to, and rarely: counter_add_shared, by all of them.
 */
#pragma once

#include "base/compiler.h"

#include <stdatomic.h>
#include <stdint.h>

struct counter {
    _Atomic(uint64_t) value;
};

ALWAYS_INLINE uint64_t counter_read(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

ALWAYS_INLINE void counter_set(struct counter *counter, uint64_t value)
{
    atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

ALWAYS_INLINE void counter_add(struct counter *counter, uint64_t more)
{
    counter_set(counter, counter_read(counter) + more);
}

ALWAYS_INLINE void counter_add_shared(struct counter *counter, uint64_t more)
{
    (void)atomic_fetch_add_explicit(&counter->value, more, memory_order_relaxed);
}
