#include "sync/futex.h"

#include "base/assert.h"

#if defined(PEVM_WEAVE)

void futex_sleep(struct atomic64 *word, uint32_t expected)
{
    weave_sleep(word, expected);
}

void futex_wake(struct atomic64 *word, unsigned count)
{
    weave_wake(word, count);
}

#elif defined(__linux__) && !defined(PEVM_NO_FUTEX)

    #include <linux/futex.h>
    #include <sys/syscall.h>

    #include <errno.h>
    #include <limits.h>
    #include <unistd.h>

STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the lower half comes first");

void futex_sleep(struct atomic64 *word, uint32_t expected)
{
    long got = syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
    ASSERT(got == 0 || errno == EAGAIN || errno == EINTR);
}

void futex_wake(struct atomic64 *word, unsigned count)
{
    int at_most = count > INT_MAX ? INT_MAX : (int)count;
    long got = syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, at_most, NULL, NULL, 0);
    ASSERT(got >= 0);
}

#else

    #include <pthread.h>

    #define BUCKET_COUNT 16

/* Words that share a bucket wake each other: a sleeper may return for no reason. */
static struct bucket {
    pthread_mutex_t mutex;
    pthread_cond_t woken;
} buckets[BUCKET_COUNT] = {
    #define BUCKET                                                                                 \
        {                                                                                          \
            PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER                                    \
        }
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
    BUCKET,
};

static struct bucket *bucket_of(const struct atomic64 *word)
{
    return &buckets[((uintptr_t)word / CACHE_LINE) % BUCKET_COUNT];
}

void futex_sleep(struct atomic64 *word, uint32_t expected)
{
    struct bucket *bucket = bucket_of(word);
    pthread_mutex_lock(&bucket->mutex);
    /* The word was changed before the bucket is locked to wake: seen here, or woken below. */
    if ((uint32_t)atomic64_load(word, memory_order_seq_cst) == expected)
        pthread_cond_wait(&bucket->woken, &bucket->mutex);
    pthread_mutex_unlock(&bucket->mutex);
}

void futex_wake(struct atomic64 *word, unsigned count)
{
    if (count == 0) return;
    struct bucket *bucket = bucket_of(word);
    pthread_mutex_lock(&bucket->mutex);
    pthread_cond_broadcast(&bucket->woken);
    pthread_mutex_unlock(&bucket->mutex);
}

#endif
