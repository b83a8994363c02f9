/* weave.h - all interleavings of a few threads, one after the other, in one thread of the system.
 *
 *     static void setup(void *world);                       the world before each schedule
 *     static void writer(void *world, unsigned thread);
 *     static void reader(void *world, unsigned thread);
 *     static void check(void *world);                       WEAVE_CHECK what must hold afterwards
 *
 *     struct weave_result result = weave_run(
 *         &(struct weave_options){.name = "seqlock", .delay_stores = true},
 *         &(struct weave_program){&world, setup, {writer, reader}, 2, check});
 *     CHECK(!result.failed && result.complete);
 *
 * Sources under test, and the test, are compiled with PEVM_WEAVE (pevm_weave_test in
 * cmake/weave.cmake); their atomics, pauses and futexes then ask here who goes on. The code under
 * test must do the same under the same schedule: no clocks, no addresses as numbers, no randomness
 * but weave_choose.
 *
 * Words
 *   step       one operation on shared memory, with the private work up to the next one
 *   schedule   who took each step, from the beginning to the end, as text: "0x5 1x2 a 0 ?1". Digits
 *              are threads, letters are delayed stores that become visible (a: of thread 0), ?n is
 *              an answer of weave_choose, xN repeats
 *   kept       a store that its thread has made and others do not see yet
 *
 * What is explored
 *   Steps happen one at a time. With delay_stores, relaxed and release stores go into a queue of
 *   their thread and become visible later, in order (total store order, as x86-64 has it);
 *   read-modify-writes, seq_cst stores and system calls wait until the queue is empty. Reorderings
 *   of loads, which other processors and compilers may add, are not explored: the orders in the
 *   source are for them, and ThreadSanitizer looks at those. Plain memory belongs to the step
 *   before it; that it is published after it was written is ThreadSanitizer's business, too.
 *   WEAVE_EXHAUSTIVE  depth first. Without a bound on preemptions: every outcome, by sleep sets
 *                     (Godefroid: schedules that differ only in the order of independent steps are
 *                     run once; that rests on plain memory being touched only where atomics order
 *                     the touching). With preemptions_max: every schedule that takes the processor
 *                     from a thread that could go on, or shows a kept store early, at most so many
 *                     times.
 *                     Then nobody pauses more than three times while another who could go on
 *                     does not come to his next step: two that wake each other would never end.
 *   WEAVE_RANDOM      each step by a fair draw, `runs` times
 *   WEAVE_PCT         random priorities that change pct_depth - 1 times (Burckhardt et al., ASPLOS
 *                     2010): finds bugs that need few ordering constraints, in long programs. Who
 *                     pauses falls below all others
 *
 * A failing schedule is printed with its seed. To run that one again (a debugger follows it):
 *     PEVM_WEAVE_REPLAY='name #3: 0x5 1x2' build/dev/tests/weave/.../weave_NOUN
 * (the third weave_run of the program; the others run as ever).
 * PEVM_WEAVE_RUNS=n makes n runs of every random test; PEVM_WEAVE_PREEMPTIONS=n raises every bound
 * to n.
 *
 * What counts as a failure: WEAVE_CHECK, weave_fail, a failed ASSERT (the schedule is printed
 * before the process ends), nobody can go on (all sleep, or pause and nobody writes), more than
 * steps_max steps.
 */
#pragma once

#include "base/compiler.h"
#include "sync/weave_hook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEAVE_THREADS_MAX  8 /* one digit, one letter each */
#define WEAVE_KEPT_MAX     8 /* delayed stores of one thread; real ones have some 50, tests few */
#define WEAVE_SCHEDULE_MAX 4096 /* characters that are printed of one */
#define WEAVE_REASON_MAX   512

enum weave_mode { WEAVE_EXHAUSTIVE, WEAVE_RANDOM, WEAVE_PCT };

struct weave_options {
    const char *name; /* of the test, printed with what is found */
    enum weave_mode mode;
    bool delay_stores;
    bool expect_failure;        /* print nothing when it fails: the test wants that */
    unsigned wakes_for_nothing; /* so often in a schedule a sleep may return without a wake */
    unsigned preemptions_max;   /* WEAVE_EXHAUSTIVE; 0: no bound */
    unsigned steps_max;         /* of one schedule; 0: 20,000 */
    uint64_t schedules_max;     /* WEAVE_EXHAUSTIVE: give up then; 0: 100 million */
    uint64_t runs;              /* WEAVE_RANDOM, WEAVE_PCT; 0: 10,000 */
    uint64_t seed;              /* of the first run; the others follow */
    unsigned pct_depth;         /* 0: 3 */
    const char *replay;         /* run this schedule alone; NULL: as PEVM_WEAVE_REPLAY says */
};

struct weave_program {
    void *world; /* handed to all below */
    void (*setup)(void *world);
    void (*threads[WEAVE_THREADS_MAX])(void *world, unsigned thread);
    unsigned thread_count;
    void (*check)(void *world); /* may be NULL */
};

struct weave_result {
    uint64_t schedules; /* run to their end */
    uint64_t pruned;    /* left early: equal to one that was run */
    uint64_t steps;     /* of all together */
    uint64_t seed;      /* of the failing run */
    bool complete;      /* nothing was left out (within preemptions_max) */
    bool failed;
    char reason[WEAVE_REASON_MAX];
    char schedule[WEAVE_SCHEDULE_MAX]; /* the failing one */
};

/* Explore; stops at the first failure. */
struct weave_result weave_run(const struct weave_options *options,
                              const struct weave_program *program);

/* A number below `count` that the explorer picks: all are tried. In threads and in setup. */
unsigned weave_choose(unsigned count);

/* This schedule shows a fault. Does not return to a thread; returns to setup and check. */
void weave_fail(const char *format, ...) PRINTF_LIKE(1, 2);

#define WEAVE_CHECK(fact)                                                                          \
    ((fact) ? (void)0 : weave_fail("%s:%d: not so: %s", __FILE__, __LINE__, #fact))
