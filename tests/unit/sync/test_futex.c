#include "support/test.h"
#include "sync/futex.h"

#include <pthread.h>

TEST(who_expects_something_else_does_not_sleep)
{
    struct atomic64 word;
    atomic64_init(&word, (uint64_t)9 << 32 | 5); /* only the lower half counts */
    futex_sleep(&word, 4);
    futex_sleep(&word, 9);
}

TEST(waking_nobody_is_nothing)
{
    struct atomic64 word;
    atomic64_init(&word, 0);
    futex_wake(&word, 0);
    futex_wake(&word, 1);
    futex_wake(&word, UINT32_MAX);
}

static void *sleep_while_zero(void *argument)
{
    struct atomic64 *word = argument;
    while (atomic64_load(word, memory_order_seq_cst) == 0)
        futex_sleep(word, 0);
    return NULL;
}

TEST(sleepers_get_up_when_the_word_changes)
{
    for (unsigned round = 0; round < 20; round++) {
        struct atomic64 word;
        pthread_t threads[3];
        atomic64_init(&word, 0);
        for (size_t i = 0; i < COUNT_OF(threads); i++)
            CHECK_EQ(pthread_create(&threads[i], NULL, sleep_while_zero, &word), 0);
        atomic64_store(&word, 1, memory_order_seq_cst);
        futex_wake(&word, UINT32_MAX);
        for (size_t i = 0; i < COUNT_OF(threads); i++)
            CHECK_EQ(pthread_join(threads[i], NULL), 0);
    }
}
