/* stress.h - real threads for a while: PEVM_STRESS_SECONDS (default 2) for each program, shared by
 * its tests.
 *
 *     static void worker(unsigned thread, void *context)
 *     {
 *         struct world *world = context;
 *         while (stress_goes_on()) ...
 *     }
 *     stress_run(4, 3, worker, &world);       4 threads, a third of the program's time
 *
 * A worker must not check with cmocka (its failures end one thread only): stress_check ends the
 * process. */
#pragma once

#include "base/clock.h"
#include "support/test.h"
#include "sync/atomic.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STRESS_THREADS_MAX 16

#define stress_check(fact)                                                                         \
    do {                                                                                           \
        if (!(fact)) {                                                                             \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #fact);                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static struct atomic32 stress_stop;

static inline bool stress_goes_on(void)
{
    return atomic32_load(&stress_stop, memory_order_relaxed) == 0;
}

static inline uint64_t stress_ns(unsigned shares)
{
    const char *wish = getenv("PEVM_STRESS_SECONDS");
    double seconds = wish == NULL ? 2.0 : strtod(wish, NULL);
    return (uint64_t)(seconds * 1e9 / shares);
}

struct stress_thread {
    pthread_t thread;
    unsigned index;
    void (*worker)(unsigned thread, void *context);
    void *context;
};

static inline void *stress_main(void *argument)
{
    struct stress_thread *self = argument;
    self->worker(self->index, self->context);
    return NULL;
}

/* Run `count` workers; tell them to stop after the program's time divided by `shares`; then call
 * on_stop (may be NULL) to wake those who sleep, and wait for all. */
static inline void stress_run_until(unsigned count,
                                    unsigned shares,
                                    void (*worker)(unsigned thread, void *context),
                                    void (*on_stop)(void *context),
                                    void *context)
{
    struct stress_thread threads[STRESS_THREADS_MAX];
    assert_in_range(count, 1, STRESS_THREADS_MAX);
    atomic32_store(&stress_stop, 0, memory_order_seq_cst);
    for (unsigned i = 0; i < count; i++) {
        threads[i] = (struct stress_thread){.index = i, .worker = worker, .context = context};
        assert_int_equal(pthread_create(&threads[i].thread, NULL, stress_main, &threads[i]), 0);
    }
    uint64_t end = clock_now_ns() + stress_ns(shares);
    while (clock_now_ns() < end) {
        struct timespec moment = {.tv_nsec = 1000000};
        nanosleep(&moment, NULL);
    }
    atomic32_store(&stress_stop, 1, memory_order_seq_cst);
    if (on_stop != NULL) on_stop(context);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i].thread, NULL), 0);
}

static inline void stress_run(unsigned count,
                              unsigned shares,
                              void (*worker)(unsigned thread, void *context),
                              void *context)
{
    stress_run_until(count, shares, worker, NULL, context);
}
