/* spin.h - waiting without leaving the processor: only for what takes less than a trip to the
 * system.
 *
 * A loop without a bound calls cpu_pause where the other side is inside a few instructions, and
 * cpu_wait where it may take long, or was taken off its processor. A loop that gives up:
 *
 *     struct spin spin = SPIN_FOR(2000);
 *     while (!ready()) {
 *         if (!spin_again(&spin)) { park(); break; }
 *     }
 */
#pragma once

#include "base/clock.h"
#include "base/compiler.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef PEVM_WEAVE
    #include "sync/weave_hook.h"
#endif

#define SPIN_PAUSES_PER_LOOK 8  /* looking at the clock costs as much as a few pauses */
#define SPIN_PAUSES_MAX      64 /* some 2 us; then others may need the processor more */

struct spin {
    uint64_t budget_ns, end_ns;
    unsigned pauses;
};

#define SPIN_FOR(ns) ((struct spin){.budget_ns = (ns)})

ALWAYS_INLINE void spin_pause_instruction(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile(
        "isb" ::
            : "memory"); /* yield does nothing on most cores; isb takes about a pause */
#endif
}

/* One turn of a loop that ends only by somebody else's write. */
ALWAYS_INLINE void cpu_pause(void)
{
#ifdef PEVM_WEAVE
    weave_hook(WEAVE_PAUSE, 0);
#else
    spin_pause_instruction();
#endif
}

/* One turn of a loop that may last: after a while each turn gives the processor away. Begin with
 * *turns = 0. */
static inline void cpu_wait(unsigned *turns)
{
    cpu_pause();
#ifndef PEVM_WEAVE
    if (++*turns > SPIN_PAUSES_MAX) (void)sched_yield();
#else
    (void)turns;
#endif
}

/* One turn of a loop that gives up: false when the budget is spent (at once when it is 0). */
static inline bool spin_again(struct spin *spin)
{
    if (spin->budget_ns == 0) return false;
#ifdef PEVM_WEAVE
    weave_hook(WEAVE_SPIN, 0);
    uint64_t now = weave_now_ns();
#else
    spin_pause_instruction();
    if (++spin->pauses % SPIN_PAUSES_PER_LOOK != 1) return true;
    uint64_t now = clock_now_ns();
#endif
    if (spin->end_ns == 0) spin->end_ns = now + spin->budget_ns;
    return now < spin->end_ns;
}
