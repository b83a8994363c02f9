#include "base/rng.h"
#include "support/stress.h"
#include "sync/bitset_ready.h"
#include "sync/parker.h"

#define TOKENS_MAX 32

static struct world {
    struct bitset_ready set;
    struct parker parker;
    uint32_t item_count, tokens;
    uint64_t plain[TOKENS_MAX]; /* of a token, touched by its holder: ThreadSanitizer watches */
    struct atomic64 taken;
} world;

static void arrange(uint32_t item_count, uint32_t tokens)
{
    memset(&world, 0, sizeof world);
    world.item_count = item_count;
    CHECK_EQ(bitset_ready_init(&world.set, item_count), PEVM_OK);
    world.tokens = tokens;
    for (uint32_t token = 0; token < tokens; token++)
        bitset_ready_set(&world.set, token);
}

/* Every token is still in, and each take was seen by the next taker of its item. */
static void check_world(uint32_t tokens)
{
    uint32_t item, found = 0;
    uint64_t touched = 0;
    while ((item = bitset_ready_take_lowest(&world.set)) != BITSET_READY_NONE) {
        CHECK(item < world.item_count);
        found++;
    }
    for (uint32_t token = 0; token < tokens; token++)
        touched += world.plain[token];
    CHECK_EQ(found, tokens);
    CHECK_EQ(touched, atomic64_load(&world.taken, memory_order_relaxed));
    CHECK(bitset_ready_is_empty(&world.set));
    bitset_ready_fini(&world.set);
}

/* A token moves among items of its own, those with its remainder: only its holder puts these in. */
static void touch_and_put_back(uint32_t item, struct rng *rng)
{
    uint32_t token = item % world.tokens;
    world.plain[token]++;
    uint32_t row = (uint32_t)rng_below(rng, world.item_count / world.tokens);
    stress_check(bitset_ready_set(&world.set, row * world.tokens + token));
}

static void take_and_put_back(unsigned thread, void *context)
{
    (void)context;
    struct rng rng;
    rng_init(&rng, thread);
    uint64_t count = 0;
    while (stress_goes_on()) {
        uint32_t item = bitset_ready_take_lowest(&world.set);
        /* There are as many tokens as threads: one at least is in at each moment. */
        stress_check(item != BITSET_READY_NONE);
        count++;
        touch_and_put_back(item, &rng);
    }
    atomic64_add(&world.taken, count, memory_order_relaxed);
}

TEST(what_is_in_is_never_overlooked)
{
    static const uint32_t sizes[] = {40, 128, 300, 4096, 5000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        arrange(sizes[i], 4);
        stress_run(4, 15, take_and_put_back, NULL);
        check_world(4);
    }
}

static void take_runs(unsigned thread, void *context)
{
    (void)context;
    struct rng rng;
    rng_init(&rng, 100 + thread);
    uint64_t count = 0;
    while (stress_goes_on()) {
        uint32_t limit = (uint32_t)rng_below(&rng, world.item_count + 1);
        struct bitset_ready_run run = bitset_ready_take_run(&world.set, limit, 1 + thread);
        stress_check((unsigned)__builtin_popcountll(run.items) <= 1 + thread);
        for (uint64_t left = run.items; left != 0; left &= left - 1) {
            uint32_t item = run.first + (uint32_t)__builtin_ctzll(left);
            stress_check(item < limit);
            touch_and_put_back(item, &rng);
            count++;
        }
        uint32_t any = (uint32_t)rng_below(&rng, world.item_count);
        if (bitset_ready_take(&world.set, any)) {
            touch_and_put_back(any, &rng);
            count++;
        }
    }
    atomic64_add(&world.taken, count, memory_order_relaxed);
}

TEST(runs_and_single_takes_share_the_items)
{
    static const uint32_t sizes[] = {64, 200, 4096};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        arrange(sizes[i], 32);
        stress_run(4, 9, take_runs, NULL);
        check_world(32);
    }
}

static void take_or_sleep(unsigned thread, void *context)
{
    (void)context;
    struct rng rng;
    rng_init(&rng, 200 + thread);
    uint64_t count = 0;
    for (;;) {
        uint32_t item = bitset_ready_take_lowest(&world.set);
        if (item == BITSET_READY_NONE) {
            uint32_t ticket = parker_prepare(&world.parker);
            item = bitset_ready_take_lowest(&world.set);
            if (item == BITSET_READY_NONE && stress_goes_on()) {
                parker_sleep(&world.parker, ticket);
                continue;
            }
            parker_cancel(&world.parker);
        }
        if (item == BITSET_READY_NONE) break;
        count++;
        touch_and_put_back(item, &rng);
        parker_notify(&world.parker, 1);
        if (!stress_goes_on()) break;
    }
    atomic64_add(&world.taken, count, memory_order_relaxed);
}

static void wake_all(void *context)
{
    (void)context;
    parker_notify(&world.parker, PARKER_ALL);
}

TEST(sleepers_are_woken_for_what_is_ready)
{
    static const uint32_t sizes[] = {64, 4096};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        arrange(sizes[i], 2);
        stress_run_until(5, 6, take_or_sleep, wake_all, NULL);
        check_world(2);
    }
}
