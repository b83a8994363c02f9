#include "engine/scaling.h"
#include "support/test.h"

#define MS UINT64_C(1000000)

static void learn(struct scaling *scaling, unsigned blocks, uint64_t busy_ns, uint64_t block_ns)
{
    for (unsigned i = 0; i < blocks; i++)
        scaling_learn(scaling, busy_ns, block_ns);
}

TEST(at_first_everybody_is_called)
{
    struct scaling scaling;
    scaling_init(&scaling, 16);
    CHECK_EQ(scaling.workers, 16);
    scaling_init(&scaling, 1);
    learn(&scaling, 10, 10 * MS, 10 * MS);
    CHECK_EQ(scaling.workers, 1);
}

TEST(chains_come_down_to_two)
{
    struct scaling scaling;
    scaling_init(&scaling, 16);
    learn(&scaling, 1, 10 * MS, 10 * MS);
    CHECK(scaling.workers < 16);
    CHECK(scaling.workers > 2);
    learn(&scaling, 20, 10 * MS, 10 * MS);
    CHECK(scaling.workers <= 3);
    CHECK(scaling.workers >= 2);
}

TEST(who_is_busy_stays_and_calls_others)
{
    struct scaling scaling;
    scaling_init(&scaling, 16);
    learn(&scaling, 50, 10 * MS, 10 * MS);
    unsigned few = scaling.workers;
    learn(&scaling, 1, few * 10 * MS, 10 * MS);
    CHECK_EQ(scaling.workers, few * 2);
    for (unsigned i = 0; i < 10; i++)
        learn(&scaling, 1, scaling.workers * 10 * MS, 10 * MS);
    CHECK_EQ(scaling.workers, 16);
}

TEST(half_busy_teams_keep_one_more_than_are_busy)
{
    struct scaling scaling;
    scaling_init(&scaling, 16);
    learn(&scaling, 50, 6 * 10 * MS, 10 * MS);
    CHECK(scaling.workers >= 7 && scaling.workers <= 8);
}

TEST(blocks_that_are_over_at_once_and_clocks_that_jump_teach_nothing)
{
    struct scaling scaling;
    scaling_init(&scaling, 16);
    learn(&scaling, 50, 10, 10);
    CHECK_EQ(scaling.workers, 16);
    learn(&scaling, 50, UINT64_MAX, 10 * MS);
    CHECK_EQ(scaling.workers, 16);
    learn(&scaling, 50, 0, UINT64_MAX);
    CHECK(scaling.workers >= 2);
}
