#include "base/rng.h"
#include "state/sort.h"
#include "support/test.h"

#define ITEMS 3000

static uint32_t ties[ITEMS];

static bool tie_less(const void *context, uint32_t a, uint32_t b)
{
    assert_ptr_equal(context, ties);
    return ties[a] < ties[b];
}

TEST(items_of_any_count_are_sorted_with_their_ties_and_stable)
{
    static struct sort_item items[ITEMS], spare[ITEMS];
    static const size_t counts[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 48, 49, 100, 1024, 2999, 3000};
    struct rng rng;
    rng_init(&rng, 2);
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        uint64_t prefixes = c % 2 == 0 ? 5 : UINT64_MAX / 2;
        for (uint32_t i = 0; i < counts[c]; i++) {
            items[i] = (struct sort_item){rng_below(&rng, prefixes), i};
            ties[i] = (uint32_t)rng_below(&rng, 50);
        }
        sort_items(items, counts[c], spare, tie_less, ties);
        for (size_t i = 1; i < counts[c]; i++) {
            CHECK(items[i - 1].prefix <= items[i].prefix);
            if (items[i - 1].prefix < items[i].prefix) continue;
            CHECK(ties[items[i - 1].index] <= ties[items[i].index]);
            if (ties[items[i - 1].index] == ties[items[i].index])
                CHECK(items[i - 1].index < items[i].index);
        }
    }
}
