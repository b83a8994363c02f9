#include "cli/chain_recipe.h"
#include "support/test.h"

TEST(recipes_are_found_by_name)
{
    CHECK(recipe_find("amm") != NULL);
    CHECK(recipe_find("mixed") == &chain_recipes[chain_recipe_count - 1]);
    CHECK(recipe_find("soup") == NULL);
    CHECK(recipe_find("") == NULL);
}

TEST(every_recipe_has_something_for_every_fork)
{
    for (size_t i = 0; i < chain_recipe_count; i++) {
        bool has_some = false;
        for (const struct recipe_part *part = chain_recipes[i].parts; part->weight > 0; part++)
            has_some = has_some || chain_actions[part->action].since == FORK_FRONTIER;
        CHECK(has_some);
        CHECK(chain_recipes[i].type_weights[TX_LEGACY] > 0);
        CHECK(chain_recipes[i].gas_per_tx > TX_PLAIN_GAS);
    }
}

TEST(gas_is_left_for_those_that_follow)
{
    struct chain_world world;
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    CHECK(chain_world_init(&world, 9, 8));
    world.arena = &arena;
    world.rules = rules_of_fork(FORK_OSAKA);
    world.blobs_left = 6;
    world.gas_left = 1000000;
    uint64_t sum = 0;
    for (size_t more = 40; more-- > 0;) {
        struct tx tx;
        CHECK(recipe_next_tx(&tx, recipe_find("nursery"), &world, more));
        sum += tx.gas_limit;
        CHECK(tx.sender_known);
        CHECK_EQ(world.gas_left, 1000000 - sum);
    }
    chain_world_fini(&world);
    arena_fini(&arena);
}
