#include "support/test.h"
#include "sync/spin.h"

TEST(a_budget_of_nothing_is_spent_at_once)
{
    struct spin spin = SPIN_FOR(0);
    CHECK(!spin_again(&spin));
    CHECK(!spin_again(&spin));
}

TEST(a_budget_lasts_as_long_as_it_says)
{
    struct spin spin = SPIN_FOR(200000);
    uint64_t start = clock_now_ns();
    unsigned turns = 0;
    while (spin_again(&spin))
        turns++;
    CHECK(clock_now_ns() - start >= 200000);
    CHECK(turns >= 1);
}

TEST(a_pause_comes_back)
{
    for (unsigned i = 0; i < 10; i++)
        cpu_pause();
}
