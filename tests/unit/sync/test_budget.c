#include "support/test.h"
#include "sync/budget.h"
#include "sync/team.h"

TEST(what_fits_is_taken_and_the_rest_refused)
{
    struct budget budget;
    budget_init(&budget, 100);
    CHECK(budget_take(&budget, 60));
    CHECK(!budget_take(&budget, 41));
    CHECK(budget_take(&budget, 40));
    CHECK(!budget_take(&budget, 1));
    CHECK(budget_take(&budget, 0));
    CHECK_EQ(budget_held(&budget), 100);
    budget_give(&budget, 60);
    CHECK(budget_take(&budget, 59));
    CHECK_EQ(budget_held(&budget), 99);
}

TEST(more_than_there_can_ever_be_is_refused)
{
    struct budget budget;
    budget_init(&budget, 100);
    CHECK(!budget_take(&budget, UINT64_MAX));
    CHECK(budget_take(&budget, 100));
    CHECK(!budget_take(&budget, UINT64_MAX));
}

TEST(what_was_refused_last_is_told_once)
{
    struct budget budget;
    budget_init(&budget, 10);
    CHECK_EQ(budget_refused(&budget), 0);
    CHECK(!budget_take(&budget, 11));
    CHECK(!budget_take(&budget, 12));
    CHECK_EQ(budget_refused(&budget), 12);
    CHECK_EQ(budget_refused(&budget), 0);
}

TEST(without_a_limit_it_is_counted_and_without_a_budget_it_is_not)
{
    struct budget budget;
    budget_init(&budget, 0);
    CHECK(budget_take(&budget, UINT64_C(1) << 50));
    CHECK_EQ(budget_held(&budget), UINT64_C(1) << 50);
    CHECK(budget_take(NULL, 1));
    budget_give(NULL, 1);
}

TEST(arenas_share_it)
{
    struct budget budget;
    struct arena one, two;
    budget_init(&budget, 2500);
    arena_init(&one, 1000, 0);
    arena_init(&two, 1000, 0);
    arena_set_keeper(&one, &budget.keeper);
    arena_set_keeper(&two, &budget.keeper);
    CHECK(arena_alloc(&one, 100) != NULL);
    CHECK(arena_alloc(&two, 100) != NULL);
    uint64_t held = budget_held(&budget);
    CHECK(held >= 2000 && held <= 2500);
    CHECK(arena_alloc(&one, 900) == NULL);
    CHECK(budget_refused(&budget) >= 900);
    arena_reset(&two);
    CHECK_EQ(budget_held(&budget), held);
    arena_fini(&two);
    CHECK_EQ(budget_held(&budget), held / 2);
    CHECK(arena_alloc(&one, 900) != NULL);
    arena_fini(&one);
    CHECK_EQ(budget_held(&budget), 0);
    CHECK(arena_alloc(&two, 1) != NULL); /* the keeper stays */
    CHECK(budget_held(&budget) > 0);
    arena_fini(&two);
}

static void take_and_give(unsigned worker, void *context)
{
    struct budget *budget = context;
    for (unsigned i = 0; i < 10000; i++)
        if (budget_take(budget, 7 + worker)) budget_give(budget, 7 + worker);
}

TEST(many_threads_take_and_give_and_nothing_is_lost)
{
    struct budget budget;
    struct team *team;
    struct error error;
    budget_init(&budget, 20);
    CHECK_EQ(team_new(&team, 4, NULL, &error), PEVM_OK);
    team_run(team, take_and_give, &budget);
    CHECK_EQ(budget_held(&budget), 0);
    team_free(team);
}
