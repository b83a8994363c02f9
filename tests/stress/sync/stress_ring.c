#include "support/stress.h"
#include "sync/parker.h"
#include "sync/ring.h"

#include <sched.h>

#define CAPACITY 8

static struct world {
    struct ring_spsc spsc;
    struct ring_mpmc mpmc;
    uint64_t values[CAPACITY];
    struct ring_cell cells[CAPACITY];
    struct parker parker;
    struct atomic64 producers; /* still at work */
    struct atomic64 pushed, popped, sum_pushed, sum_popped;
} world;

static void arrange(uint64_t producers)
{
    memset(&world, 0, sizeof world);
    ring_spsc_init(&world.spsc, world.values, CAPACITY);
    ring_mpmc_init(&world.mpmc, world.cells, CAPACITY);
    atomic64_init(&world.producers, producers);
}

static void one_to_one(unsigned thread, void *context)
{
    (void)context;
    uint64_t next = 0, value;
    if (thread == 0) {
        while (stress_goes_on()) {
            if (ring_spsc_push(&world.spsc, next)) {
                next++;
                parker_notify_after_store(&world.parker, 1);
            } else {
                sched_yield();
            }
        }
        atomic64_store(&world.producers, 0, memory_order_release);
        parker_notify_after_store(&world.parker, 1);
        atomic64_store(&world.pushed, next, memory_order_relaxed);
        return;
    }
    for (;;) {
        if (ring_spsc_pop(&world.spsc, &value)) { /* with no help from the parker's orders */
            stress_check(value == next);
            next++;
            continue;
        }
        uint32_t ticket = parker_prepare(&world.parker);
        bool over = atomic64_load(&world.producers, memory_order_acquire) == 0;
        bool got = ring_spsc_pop(&world.spsc, &value);
        if (got || over)
            parker_cancel(&world.parker);
        else
            parker_sleep(&world.parker, ticket);
        if (got) {
            stress_check(value == next);
            next++;
        }
        if (over && !got) break;
    }
    atomic64_store(&world.popped, next, memory_order_relaxed);
}

#define PRODUCERS 2
#define CONSUMERS 3

/* Values are producer << 48 | count. */
static void many_to_many(unsigned thread, void *context)
{
    (void)context;
    uint64_t count = 0, sum = 0, last[PRODUCERS] = {0}, value;
    if (thread < PRODUCERS) {
        while (stress_goes_on()) {
            value = (uint64_t)thread << 48 | (count + 1);
            if (!ring_mpmc_push(&world.mpmc, value)) {
                sched_yield();
                continue;
            }
            count++;
            sum += value;
        }
        atomic64_sub(&world.producers, 1, memory_order_acq_rel);
        atomic64_add(&world.pushed, count, memory_order_relaxed);
        atomic64_add(&world.sum_pushed, sum, memory_order_relaxed);
        return;
    }
    for (;;) {
        bool over = atomic64_load(&world.producers, memory_order_acquire) == 0;
        if (ring_mpmc_pop(&world.mpmc, &value)) {
            uint64_t producer = value >> 48, number = value & 0xffffffffffff;
            stress_check(producer < PRODUCERS && number > last[producer]);
            last[producer] = number;
            count++;
            sum += value;
        } else if (over) {
            break;
        } else {
            sched_yield();
        }
    }
    atomic64_add(&world.popped, count, memory_order_relaxed);
    atomic64_add(&world.sum_popped, sum, memory_order_relaxed);
}

static void check_world(void)
{
    uint64_t pushed = atomic64_load(&world.pushed, memory_order_relaxed);
    CHECK(pushed > 0);
    CHECK_EQ(atomic64_load(&world.popped, memory_order_relaxed), pushed);
    CHECK_EQ(atomic64_load(&world.sum_popped, memory_order_relaxed),
             atomic64_load(&world.sum_pushed, memory_order_relaxed));
}

TEST(one_to_one_loses_nothing_and_keeps_the_order)
{
    arrange(1);
    stress_run(2, 2, one_to_one, NULL);
    check_world();
}

TEST(many_to_many_loses_nothing_and_keeps_each_producers_order)
{
    arrange(PRODUCERS);
    stress_run(PRODUCERS + CONSUMERS, 2, many_to_many, NULL);
    check_world();
}
