#include "engine/account_edit.h"
#include "support/block_world.h"
#include "support/test.h"

/* A run that is only far enough for edits. */
struct editing {
    struct block_world *world;
    struct block_state *state;
    struct engine_outcome outcome;
    struct block_run run;
};

static void editing_begin(struct editing *on, enum fork fork)
{
    *on = (struct editing){.world = block_world_new(fork)};
    CHECK_EQ(block_state_new(&on->state), PEVM_OK);
    on->run = (struct block_run){
        .env = {.rules = rules_of_fork(fork), .number = 7},
        .arena = &on->world->arena,
        .state = on->state,
        .outcome = &on->outcome,
        .error = &on->world->error,
    };
    state_watch_init(&on->run.watch, &on->world->pre_state);
    struct view view = state_watch_view(&on->run.watch);
    block_state_begin(on->state, &view);
}

static void editing_end(struct editing *on)
{
    block_state_free(on->state);
    block_world_free(on->world);
}

static struct view_account account_now(struct editing *on, unsigned who)
{
    address account = block_world_address(who);
    struct view view = block_state_view(on->state);
    struct view_account out;
    CHECK_EQ(view.ops->account(view.context, &account, VIEW_ALL_PARTS, &out), VIEW_OK);
    return out;
}

TEST(adding_to_a_balance_makes_the_account)
{
    struct editing on;
    address who = block_world_address(NOBODY);
    u256 amount = u256_from_u64(5);
    editing_begin(&on, FORK_CANCUN);
    CHECK_EQ(account_add_balance(&on.run, &who, &amount, "reward"), PEVM_OK);
    CHECK_EQ(account_add_balance(&on.run, &who, &amount, "reward"), PEVM_OK);
    CHECK(account_now(&on, NOBODY).exists);
    CHECK_EQ(u256_low64(account_now(&on, NOBODY).balance), 10);
    editing_end(&on);
}

TEST(adding_nothing_makes_an_empty_account_only_before_spurious_dragon)
{
    struct editing on;
    address who = block_world_address(NOBODY);
    editing_begin(&on, FORK_TANGERINE_WHISTLE);
    CHECK_EQ(account_add_balance(&on.run, &who, &U256_ZERO, "reward"), PEVM_OK);
    CHECK(account_now(&on, NOBODY).exists);
    editing_end(&on);
    editing_begin(&on, FORK_SPURIOUS_DRAGON);
    CHECK_EQ(account_add_balance(&on.run, &who, &U256_ZERO, "reward"), PEVM_OK);
    CHECK(!account_now(&on, NOBODY).exists);
    editing_end(&on);
}

TEST(draining_moves_everything)
{
    struct editing on;
    address from = block_world_address(ALICE), to = block_world_address(BOB),
            nobody = block_world_address(NOBODY);
    editing_begin(&on, FORK_HOMESTEAD);
    CHECK_EQ(account_drain(&on.run, &from, &to, "DAO fork"), PEVM_OK);
    CHECK_EQ(account_drain(&on.run, &nobody, &to, "DAO fork"), PEVM_OK);
    CHECK(u256_is_zero(account_now(&on, ALICE).balance));
    CHECK(account_now(&on, ALICE).exists);
    CHECK_EQ(u256_low64(account_now(&on, BOB).balance), 2000000000000000000u);
    CHECK(!account_now(&on, NOBODY).exists);
    editing_end(&on);
}

TEST(an_account_that_cannot_be_read_is_named)
{
    struct editing on;
    address who = {{0xab}};
    editing_begin(&on, FORK_CANCUN);
    on.world->fail_read = on.world->reads + 1;
    CHECK_EQ(account_add_balance(&on.run, &who, &U256_ONE, "withdrawal 3"), PEVM_STATE_UNREADABLE);
    CHECK_TEXT(on.world->error.text,
               "block 7, withdrawal 3: account 0xab00000000000000000000000000000000000000 cannot "
               "be read from the pre-state");
    editing_end(&on);
}
