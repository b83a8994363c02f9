#include "cli/chain_action.h"
#include "support/test.h"

TEST(every_action_fills_a_transaction)
{
    struct chain_world world;
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    CHECK(chain_world_init(&world, 1, 8));
    world.arena = &arena;
    world.rules = rules_of_fork(FORK_OSAKA);
    world.number = 10;
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        struct tx tx = {0};
        struct person *from = &world.people[3];
        CHECK(chain_actions[i].fill(&world, &from, &tx));
        CHECK(from >= world.people && from < world.people + world.people_count);
        CHECK(chain_actions[i].gas >= TX_PLAIN_GAS);
        bool does_something = tx.is_creation ? tx.data.size > 0 : true;
        CHECK(does_something);
    }
    chain_world_fini(&world);
    arena_fini(&arena);
}

TEST(minted_things_are_given_by_their_owners)
{
    struct chain_world world;
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    CHECK(chain_world_init(&world, 1, 8));
    world.arena = &arena;
    struct tx tx = {0};
    struct person *from = &world.people[5];
    CHECK(chain_actions[ACTION_NFT_GIVE].fill(&world, &from, &tx)); /* nothing there yet: mints */
    CHECK(from == &world.people[5]);
    CHECK_EQ(world.nft_next, 2);
    from = &world.people[0];
    CHECK(chain_actions[ACTION_NFT_GIVE].fill(&world, &from, &tx));
    CHECK(from == &world.people[5]);
    CHECK_EQ(world.nft_next, 2);
    chain_world_fini(&world);
    arena_fini(&arena);
}
