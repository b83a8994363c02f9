#include "base/rng.h"
#include "support/test.h"

/* The first state words of seed 0 are the published outputs of splitmix64 for that seed. */
TEST(a_seed_is_spread_by_splitmix)
{
    struct rng rng;
    rng_init(&rng, 0);
    CHECK(rng.state[0] == 0xe220a8397b1dcdaf);
    CHECK(rng.state[1] == 0x6e789e6aa1b965f4);
    CHECK(rng.state[2] == 0x06c45d188009454f);
    CHECK(rng.state[3] == 0xf88bb8a8724c81ec);
}

/* xoshiro256** from the state 1, 2, 3, 4, worked out by hand for the first three. */
TEST(the_numbers_are_those_of_xoshiro)
{
    struct rng rng = {
        {1, 2, 3, 4}
    };
    CHECK(rng_next(&rng) == 11520);
    CHECK(rng_next(&rng) == 0);
    CHECK(rng_next(&rng) == 1509978240);
}

TEST(the_same_seed_gives_the_same_numbers_and_another_does_not)
{
    struct rng a, b, c;
    rng_init(&a, 42);
    rng_init(&b, 42);
    rng_init(&c, 43);
    int same = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t x = rng_next(&a);
        CHECK(x == rng_next(&b));
        same += x == rng_next(&c);
    }
    CHECK_EQ(same, 0);
}

TEST(numbers_below_a_limit_reach_all_of_it)
{
    struct rng rng;
    int seen[10] = {0};
    rng_init(&rng, 1);
    for (int i = 0; i < 10000; i++)
        seen[rng_below(&rng, 10)]++;
    for (int i = 0; i < 10; i++) {
        CHECK(seen[i] > 800);
        CHECK(seen[i] < 1200);
    }
    CHECK_EQ(rng_below(&rng, 1), 0);
}

TEST(a_fill_writes_exactly_its_bytes)
{
    for (size_t size = 0; size <= 33; size++) {
        struct rng a, b;
        uint8_t out[48], words[48];
        rng_init(&a, size);
        rng_init(&b, size);
        memset(out, 0xee, sizeof out);
        rng_fill(&a, out, size);
        for (size_t i = 0; i < sizeof words; i += 8) {
            uint64_t word = rng_next(&b);
            memcpy(words + i, &word, 8);
        }
        CHECK(memcmp(out, words, size) == 0);
        for (size_t i = size; i < sizeof out; i++)
            CHECK_EQ(out[i], 0xee);
    }
}
