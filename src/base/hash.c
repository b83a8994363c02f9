#include "base/hash.h"

#include <sys/random.h>

#include <pthread.h>
#include <time.h>

static uint64_t seed;
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void seed_draw(void)
{
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        seed = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
    }
    seed |= 1;
}

uint64_t hash_seed(void)
{
    pthread_once(&seed_once, seed_draw);
    return seed;
}
