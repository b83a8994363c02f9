#include "base/heap.h"
#include "base/rng.h"
#include "support/test.h"
#include "sync/bitset_ready.h"

#include <stdio.h>

/* One word; two, three and four levels; on and beside the edges. */
static const uint32_t sizes[] = {
    1, 2, 63, 64, 65, 127, 128, 2047, 2048, 2049, 65536, 65537, 200001, BITSET_READY_ITEMS_MAX};

static struct bitset_ready set_of(uint32_t item_count)
{
    struct bitset_ready set;
    CHECK_EQ(bitset_ready_init(&set, item_count), PEVM_OK);
    return set;
}

TEST(an_empty_set_gives_nothing)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct bitset_ready set = set_of(sizes[i]);
        CHECK(bitset_ready_is_empty(&set));
        CHECK_EQ(bitset_ready_take_lowest(&set), BITSET_READY_NONE);
        CHECK_EQ(bitset_ready_take_run(&set, UINT32_MAX, 4).items, 0);
        CHECK_EQ(bitset_ready_count_hint(&set, UINT32_MAX), 0);
        CHECK(!bitset_ready_take(&set, 0));
        CHECK(!bitset_ready_take(&set, sizes[i] - 1));
        bitset_ready_fini(&set);
    }
}

TEST(a_set_for_no_items_is_empty)
{
    struct bitset_ready set = set_of(0);
    CHECK_EQ(bitset_ready_take_lowest(&set), BITSET_READY_NONE);
    bitset_ready_fill(&set);
    CHECK(bitset_ready_is_empty(&set));
    bitset_ready_fini(&set);
}

TEST(items_come_out_lowest_first)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct bitset_ready set = set_of(sizes[i]);
        uint32_t items[] = {sizes[i] - 1, sizes[i] / 2, 0, sizes[i] / 3};
        for (size_t j = 0; j < COUNT_OF(items); j++)
            bitset_ready_set(&set, items[j]);
        int64_t last = -1;
        uint32_t item;
        while ((item = bitset_ready_take_lowest(&set)) != BITSET_READY_NONE) {
            CHECK(item > last);
            last = item;
        }
        CHECK_EQ(last, sizes[i] - 1);
        CHECK(bitset_ready_is_empty(&set));
        bitset_ready_fini(&set);
    }
}

TEST(all_items_of_a_full_set_come_out_once)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct bitset_ready set = set_of(sizes[i]);
        bitset_ready_fill(&set);
        CHECK_EQ(bitset_ready_count_hint(&set, UINT32_MAX), sizes[i]);
        for (uint32_t item = 0; item < sizes[i]; item++)
            CHECK_EQ(bitset_ready_take_lowest(&set), item);
        CHECK_EQ(bitset_ready_take_lowest(&set), BITSET_READY_NONE);
        for (unsigned level = 0; level < set.level_count; level++)
            CHECK_EQ((uint32_t)atomic64_load(&set.levels[level][0], memory_order_relaxed), 0);
        bitset_ready_fini(&set);
    }
}

TEST(setting_twice_is_setting_once)
{
    struct bitset_ready set = set_of(5000);
    CHECK(bitset_ready_set(&set, 4321));
    CHECK(!bitset_ready_set(&set, 4321));
    CHECK_EQ(bitset_ready_count_hint(&set, 10), 1);
    CHECK(bitset_ready_take(&set, 4321));
    CHECK(!bitset_ready_take(&set, 4321));
    CHECK_EQ(bitset_ready_take_lowest(&set), BITSET_READY_NONE);
    bitset_ready_fini(&set);
}

TEST(nothing_is_taken_at_or_above_the_limit)
{
    struct bitset_ready set = set_of(10000);
    static const uint32_t items[] = {5, 63, 64, 2047, 2048, 9999};
    for (size_t i = 0; i < COUNT_OF(items); i++)
        bitset_ready_set(&set, items[i]);
    for (size_t i = 0; i < COUNT_OF(items); i++) {
        CHECK_EQ(bitset_ready_take_lowest_below(&set, 0), BITSET_READY_NONE);
        CHECK_EQ(bitset_ready_take_lowest_below(&set, items[i]), BITSET_READY_NONE);
        CHECK_EQ(bitset_ready_take_lowest_below(&set, items[i] + 1), items[i]);
    }
    CHECK(bitset_ready_is_empty(&set));
    bitset_ready_fini(&set);
}

TEST(a_run_is_neighbours_of_one_word)
{
    static const struct {
        uint64_t before; /* items 64 .. 127 */
        uint32_t limit;
        unsigned count_max;
        uint32_t first;
        uint64_t items;
    } cases[] = {
        {1,                  1000, 4,  64,                1         },
        {0xf0,               1000, 4,  68,                0xf       },
        {0xf0,               1000, 1,  68,                1         },
        {0xf0,               1000, 3,  68,                7         },
        {0xf0,               1000, 64, 68,                0xf       },
        {0xb,                1000, 4,  64,                3         },
        {0xff,               66,   4,  64,                3         },
        {0xff,               64,   4,  BITSET_READY_NONE, 0         },
        {UINT64_MAX,         1000, 64, 64,                UINT64_MAX},
        {UINT64_MAX,         1000, 99, 64,                UINT64_MAX},
        {(uint64_t)1 << 63,  1000, 4,  127,               1         },
        {(uint64_t)15 << 60, 126,  4,  124,               3         },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bitset_ready set = set_of(200);
        for (uint32_t bit = 0; bit < 64; bit++) {
            if (cases[i].before >> bit & 1) bitset_ready_set(&set, 64 + bit);
        }
        bitset_ready_set(&set, 128); /* the next word is not touched */
        struct bitset_ready_run run =
            bitset_ready_take_run(&set, cases[i].limit, cases[i].count_max);
        CHECK_EQ(run.first, cases[i].first);
        CHECK_EQ(run.items, cases[i].items);
        unsigned left = (unsigned)__builtin_popcountll(cases[i].before) + 1 -
                        (unsigned)__builtin_popcountll(run.items);
        CHECK_EQ(bitset_ready_count_hint(&set, 1000), left);
        bitset_ready_fini(&set);
    }
}

TEST(counting_stops_at_enough)
{
    struct bitset_ready set = set_of(3000);
    bitset_ready_fill(&set);
    CHECK_EQ(bitset_ready_count_hint(&set, 0), 0);
    CHECK_EQ(bitset_ready_count_hint(&set, 1), 1);
    CHECK_EQ(bitset_ready_count_hint(&set, 2999), 2999);
    CHECK_EQ(bitset_ready_count_hint(&set, 3001), 3000);
    bitset_ready_fini(&set);
}

TEST(a_set_is_reused_for_other_sizes_without_the_heap)
{
    struct bitset_ready set = set_of(70000);
    uint64_t before = heap_calls();
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        if (sizes[i] > 70000) continue;
        bitset_ready_reset(&set, sizes[i]);
        CHECK_EQ(bitset_ready_take_lowest(&set), BITSET_READY_NONE);
        bitset_ready_fill(&set);
        CHECK_EQ(bitset_ready_count_hint(&set, UINT32_MAX), sizes[i]);
    }
    CHECK_EQ(heap_calls(), before);
    bitset_ready_fini(&set);
    bitset_ready_fini(&set); /* of zeroes: nothing */
}

/* The same calls on a plain array of flags. */
struct model {
    uint8_t in[70000];
    uint32_t count;
};

static uint32_t model_lowest(const struct model *model, uint32_t limit)
{
    for (uint32_t item = 0; item < model->count && item < limit; item++) {
        if (model->in[item]) return item;
    }
    return BITSET_READY_NONE;
}

TEST(random_calls_do_what_a_plain_array_does)
{
    static struct model model;
    static const uint32_t counts[] = {40, 64, 300, 2100, 70000};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        for (size_t c = 0; c < COUNT_OF(counts); c++) {
            struct rng rng;
            rng_init(&rng, seed);
            memset(&model, 0, sizeof model);
            model.count = counts[c];
            struct bitset_ready set = set_of(counts[c]);
            for (unsigned step = 0; step < 3000; step++) {
                uint32_t item = (uint32_t)rng_below(&rng, rng_below(&rng, counts[c]) + 1);
                switch (rng_below(&rng, 6)) {
                case 0:
                case 1:
                    CHECK_EQ(bitset_ready_set(&set, item), !model.in[item]);
                    model.in[item] = 1;
                    break;
                case 2:
                    CHECK_EQ(bitset_ready_take(&set, item), model.in[item]);
                    model.in[item] = 0;
                    break;
                default: {
                    uint32_t lowest = model_lowest(&model, item + 1);
                    struct bitset_ready_run run =
                        bitset_ready_take_run(&set, item + 1, 1 + step % 4);
                    CHECK_EQ(run.first, lowest);
                    for (uint64_t left = run.items; left != 0; left &= left - 1) {
                        uint32_t taken = run.first + (uint32_t)__builtin_ctzll(left);
                        CHECK(taken <= item && model.in[taken]);
                        model.in[taken] = 0;
                    }
                }
                }
                CHECK_EQ(bitset_ready_is_empty(&set),
                         model_lowest(&model, UINT32_MAX) == BITSET_READY_NONE);
            }
            bitset_ready_fini(&set);
        }
    }
}
