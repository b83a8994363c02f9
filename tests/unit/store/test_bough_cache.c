#include "base/heap.h"
#include "base/rng.h"
#include "store/bough_cache.h"
#include "support/test.h"

#define PLACES 3000

static struct bough_cache cache;
static struct rng rng;

/* Accounts and storages, short paths and long ones. */
static struct bough_place place_of(unsigned i)
{
    address who = {{(uint8_t)(i % 7)}};
    uint8_t path[32] = {(uint8_t)i, (uint8_t)(i >> 8)};
    return bough_place(i % 3 == 0 ? NULL : &who, (struct nibbles){path, 0, (uint8_t)(4 + i % 61)});
}

static bool is_text(struct bytes bough, unsigned number, size_t size)
{
    if (bough.size != size) return false;
    for (size_t i = 0; i < size; i++)
        if (bough.data[i] != (uint8_t)number) return false;
    return true;
}

static void put(unsigned i, unsigned number, size_t size)
{
    uint8_t text[600];
    struct bough_place place = place_of(i);
    memset(text, (int)(uint8_t)number, sizeof text);
    CHECK(bough_cache_put(&cache, &place, bytes_of(text, size)));
}

TEST(what_is_found_is_what_was_put_last)
{
    static struct {
        unsigned number;
        size_t size;
        bool is_put;
    } last[PLACES];
    size_t found = 0;
    rng_init(&rng, 1);
    bough_cache_init(&cache, 300000);
    for (unsigned round = 0; round < 40000; round++) {
        unsigned i = (unsigned)rng_below(&rng, PLACES);
        struct bough_place place = place_of(i);
        struct bytes bough;
        if (bough_cache_find(&cache, &place, &bough)) {
            CHECK(last[i].is_put && is_text(bough, last[i].number, last[i].size));
            found++;
        }
        if (rng_below(&rng, 3) == 0) {
            last[i].number = round;
            last[i].size = rng_below(&rng, 4) == 0 ? 0 : rng_below(&rng, 600);
            last[i].is_put = true;
            put(i, last[i].number, last[i].size);
        }
        if (round % 100 == 0) bough_cache_trim(&cache);
        CHECK(bough_cache_bytes(&cache) < 600000);
    }
    CHECK(found > 3000);
    bough_cache_fini(&cache);
}

TEST(what_is_used_stays_and_what_is_not_goes)
{
    struct bytes bough;
    struct bough_place often = place_of(0), once = place_of(1);
    bough_cache_init(&cache, 100000);
    put(0, 7, 40);
    put(1, 8, 40);
    for (unsigned i = 2; i < 2000; i++) {
        put(i, i, 200);
        CHECK(bough_cache_find(&cache, &often, &bough) && is_text(bough, 7, 40));
        bough_cache_trim(&cache);
    }
    CHECK(!bough_cache_find(&cache, &once, &bough));
    CHECK(bough_cache_count(&cache) < 500);
    bough_cache_clear(&cache);
    CHECK(!bough_cache_find(&cache, &often, &bough));
    CHECK_EQ(bough_cache_count(&cache), 0);
    bough_cache_fini(&cache);
}

TEST(what_was_given_out_stays_until_the_next_turn)
{
    struct bytes bough;
    struct bough_place place = place_of(0);
    bough_cache_init(&cache, 0);
    put(0, 5, 100);
    bough_cache_trim(&cache); /* it is old now */
    CHECK(bough_cache_find(&cache, &place, &bough));
    for (unsigned i = 1; i < 1000; i++)
        put(i, i, 500);
    CHECK(is_text(bough, 5, 100));
    bough_cache_fini(&cache);
}

TEST(what_is_not_known_is_wanted_once)
{
    struct bough_place place = place_of(0);
    struct bytes bough;
    bool is_first;
    bough_cache_init(&cache, 1 << 20);
    CHECK(bough_cache_want(&cache, &place, &is_first) && is_first);
    CHECK(!bough_cache_find(&cache, &place, &bough));
    CHECK(bough_cache_want(&cache, &place, &is_first) && !is_first);
    put(0, 1, 0);
    CHECK(bough_cache_find(&cache, &place, &bough) && bough.size == 0);
    bough_cache_clear(&cache);
    CHECK(bough_cache_want(&cache, &place, &is_first) && is_first);
    bough_cache_fini(&cache);
}

TEST(a_place_gives_its_path_back)
{
    uint8_t packed[3] = {0x01, 0x23, 0x45};
    struct nibbles path = {packed, 1, 4};
    struct bough_place place = bough_place(NULL, path);
    struct nibbles again = bough_place_path(&place);
    CHECK_EQ(again.count, 4);
    CHECK_EQ(nibbles_common(path, again), 4);
}

/* Whatever allocation fails: nothing that was there before is found. */
TEST(without_memory_nothing_wrong_is_found)
{
    for (uint64_t after = 0; after < 8; after++) {
        uint8_t text[600] = {0};
        bool was_refused = false;
        bough_cache_init(&cache, 1 << 20);
        for (unsigned i = 0; i < 600; i++)
            put(i, 1, 300);
        memset(text, 2, sizeof text);
        heap_fail(after, 1000000);
        for (unsigned i = 0; i < 3000 && !was_refused; i++) {
            struct bough_place place = place_of(i);
            struct bytes bough;
            was_refused = !bough_cache_put(&cache, &place, bytes_of(text, 600));
            if (was_refused) CHECK(!bough_cache_find(&cache, &place, &bough));
        }
        heap_fail(0, 0);
        CHECK(was_refused);
        bough_cache_fini(&cache);
    }
}
