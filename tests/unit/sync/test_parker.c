#include "support/test.h"
#include "sync/parker.h"

#include <pthread.h>

TEST(a_notify_between_prepare_and_sleep_is_not_lost)
{
    struct parker parker;
    parker_init(&parker);
    uint32_t ticket = parker_prepare(&parker);
    parker_notify(&parker, 1);
    parker_sleep(&parker, ticket); /* returns */
    CHECK_EQ(parker_waiters_of(atomic64_load(&parker.state, memory_order_relaxed)), 0);
}

TEST(who_cancels_no_longer_waits)
{
    struct parker parker;
    parker_init(&parker);
    uint32_t before = parker_prepare(&parker);
    parker_cancel(&parker);
    parker_notify(&parker, PARKER_ALL); /* nobody: the epoch stays */
    CHECK_EQ(parker_prepare(&parker), before);
    parker_cancel(&parker);
}

TEST(calls_are_counted_against_waiters)
{
    struct parker parker;
    parker_init(&parker);
    uint32_t a = parker_prepare(&parker), b = parker_prepare(&parker);
    CHECK_EQ(a, b);
    CHECK_EQ(parker_waiters_of(atomic64_load(&parker.state, memory_order_relaxed)), 2);
    parker_notify(&parker, 1);
    CHECK_EQ(parker_waiters_of(atomic64_load(&parker.state, memory_order_relaxed)), 1);
    uint32_t c = parker_prepare(&parker);
    CHECK_EQ(c, a + 1);
    parker_notify(&parker, PARKER_ALL);
    CHECK_EQ(parker_waiters_of(atomic64_load(&parker.state, memory_order_relaxed)), 0);
    parker_notify(&parker, 1); /* all are called: nothing to do */
    CHECK_EQ((uint32_t)atomic64_load(&parker.state, memory_order_relaxed), a + 2);
    parker_sleep(&parker, a);
    parker_sleep(&parker, c);
    parker_cancel(&parker);
    CHECK_EQ(atomic64_load(&parker.state, memory_order_relaxed) >> 32, 0);
}

TEST(nobody_is_called_by_notify_zero)
{
    struct parker parker;
    parker_init(&parker);
    uint32_t ticket = parker_prepare(&parker);
    parker_notify(&parker, 0);
    CHECK_EQ((uint32_t)atomic64_load(&parker.state, memory_order_relaxed), ticket);
    parker_cancel(&parker);
}

/* A thread that sleeps until `value` is there. */
struct sleeper {
    struct parker parker;
    struct atomic32 value;
};

static void *sleeper_main(void *argument)
{
    struct sleeper *sleeper = argument;
    while (atomic32_load(&sleeper->value, memory_order_seq_cst) == 0) {
        uint32_t ticket = parker_prepare(&sleeper->parker);
        if (atomic32_load(&sleeper->value, memory_order_seq_cst) == 0)
            parker_sleep(&sleeper->parker, ticket);
        else
            parker_cancel(&sleeper->parker);
    }
    return NULL;
}

TEST(all_sleepers_get_up)
{
    struct sleeper sleeper = {0};
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, sleeper_main, &sleeper), 0);
    atomic32_store(&sleeper.value, 1, memory_order_seq_cst);
    parker_notify(&sleeper.parker, PARKER_ALL);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(atomic64_load(&sleeper.parker.state, memory_order_relaxed) >> 32, 0);
}
