#include "support/test.h"
#include "sync/atomic.h"
#include "sync/spin.h"

#include <pthread.h>

TEST(a_budget_of_nothing_is_spent_at_once)
{
    struct spin spin = SPIN_FOR(0);
    CHECK(!spin_again(&spin));
    CHECK(!spin_again(&spin));
}

TEST(a_budget_lasts_as_long_as_it_says)
{
    struct spin spin = SPIN_FOR(200000);
    uint64_t start = clock_now_ns();
    unsigned turns = 0;
    while (spin_again(&spin))
        turns++;
    CHECK(clock_now_ns() - start >= 200000);
    CHECK(turns >= 1);
}

TEST(a_pause_comes_back)
{
    for (unsigned i = 0; i < 10; i++)
        cpu_pause();
}

/* However few processors there are: whoever waits lets the other one work. */
static struct atomic32 is_there;

static void *arrive(void *nothing)
{
    for (unsigned i = 0; i < 100; i++)
        (void)sched_yield();
    atomic32_store(&is_there, 1, memory_order_release);
    return nothing;
}

TEST(a_wait_lets_others_work)
{
    pthread_t other;
    unsigned turns = 0;
    assert_int_equal(pthread_create(&other, NULL, arrive, NULL), 0);
    while (atomic32_load(&is_there, memory_order_acquire) == 0)
        cpu_wait(&turns);
    assert_int_equal(pthread_join(other, NULL), 0);
    CHECK(atomic32_load(&is_there, memory_order_relaxed) == 1);
}
