#include "base/heap.h"
#include "base/rng.h"
#include "store/generation_cache.h"
#include "support/test.h"

static unsigned dropped;

static void on_drop(void *value)
{
    uint64_t number;
    memcpy(&number, value, sizeof number);
    dropped += number != 0;
}

static bool put(struct generation_cache *cache, uint32_t key, uint64_t value, uint64_t hash)
{
    return generation_cache_put(cache, &key, hash, &value);
}

/* 0: not known. */
static uint64_t get(struct generation_cache *cache, uint32_t key, uint64_t hash)
{
    uint64_t value = 0;
    const void *found = generation_cache_find(cache, &key, hash);
    if (found != NULL) memcpy(&value, found, sizeof value);
    return value;
}

static uint64_t hash_of(uint32_t key)
{
    return key * UINT64_C(0x9e3779b97f4a7c15);
}

TEST(what_was_used_lately_is_known_and_the_limit_holds)
{
    struct generation_cache cache;
    struct rng rng;
    rng_init(&rng, 1);
    generation_cache_init(&cache, sizeof(uint32_t), sizeof(uint64_t), 100);
    for (uint32_t i = 1; i < 20000; i++) {
        CHECK(put(&cache, i, i + 7u, hash_of(i)));
        CHECK(generation_cache_count(&cache) <= 101);
        uint32_t back = (uint32_t)rng_below(
            &rng, i < 24 ? i : 24); /* each round adds two at most, and 50 are kept for sure */
        CHECK_EQ(get(&cache, i - back, hash_of(i - back)), i - back + 7u);
        CHECK_EQ(get(&cache, 0, hash_of(0)), 0);
    }
    CHECK(cache.turns > 300);
    generation_cache_fini(&cache);
}

TEST(what_is_used_again_and_again_stays)
{
    struct generation_cache cache;
    generation_cache_init(&cache, sizeof(uint32_t), sizeof(uint64_t), 20);
    CHECK(put(&cache, 1000000, 5, 1));
    for (uint32_t i = 1; i < 1000; i++) {
        CHECK(put(&cache, i, i, hash_of(i)));
        CHECK_EQ(get(&cache, 1000000, 1), 5);
    }
    CHECK_EQ(get(&cache, 1, hash_of(1)), 0);
    generation_cache_fini(&cache);
}

TEST(keys_with_one_hash_are_told_apart_and_values_replaced)
{
    struct generation_cache cache;
    generation_cache_init(&cache, sizeof(uint32_t), sizeof(uint64_t), 1000);
    for (uint32_t i = 1; i < 300; i++)
        CHECK(put(&cache, i, i, 5));
    for (uint32_t i = 1; i < 300; i++)
        CHECK(put(&cache, i, i * 3, 5));
    CHECK_EQ(generation_cache_count(&cache), 299);
    for (uint32_t i = 1; i < 300; i++)
        CHECK_EQ(get(&cache, i, 5), i * 3);
    generation_cache_clear(&cache);
    CHECK_EQ(get(&cache, 7, 5), 0);
    CHECK_EQ(generation_cache_count(&cache), 0);
    generation_cache_fini(&cache);
}

TEST(each_value_is_dropped_once)
{
    struct generation_cache cache;
    generation_cache_init(&cache, sizeof(uint32_t), sizeof(uint64_t), 10);
    cache.turns_by_itself = false;
    cache.drop = on_drop;
    dropped = 0;
    for (uint32_t i = 1; i <= 50; i++)
        CHECK(put(&cache, i, i, hash_of(i))); /* beyond the limit: nobody turns */
    CHECK(put(&cache, 50, 51, hash_of(50)));
    CHECK_EQ(dropped, 1);
    generation_cache_turn(&cache);
    for (uint32_t i = 1; i <= 20; i++)
        CHECK_EQ(get(&cache, i, hash_of(i)), i); /* these move */
    CHECK_EQ(dropped, 1);
    generation_cache_turn(&cache);
    CHECK_EQ(dropped, 31);
    CHECK_EQ(get(&cache, 30, hash_of(30)), 0);
    CHECK_EQ(get(&cache, 20, hash_of(20)), 20);
    generation_cache_fini(&cache);
    CHECK_EQ(dropped, 51);
}

TEST(without_memory_less_is_known_and_nothing_wrong)
{
    struct generation_cache cache;
    generation_cache_init(&cache, sizeof(uint32_t), sizeof(uint64_t), 100000);
    unsigned refused = 0;
    for (uint32_t i = 1; i < 5000; i++) {
        heap_fail(i % 2, i % 3 == 0);
        refused += !put(&cache, i, i, hash_of(i));
    }
    heap_fail(0, 0);
    CHECK(refused > 0);
    for (uint32_t i = 1; i < 5000; i++) {
        uint64_t value = get(&cache, i, hash_of(i));
        CHECK(value == i || value == 0);
    }
    generation_cache_fini(&cache);
}
