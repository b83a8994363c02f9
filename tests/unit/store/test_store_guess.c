/* What is not known is guessed and noted, once; what is known is told; nothing of a guess stays. */
#include "crypto/keccak.h"
#include "store/store_guess.h"
#include "store/store_memory.h"
#include "support/commit_world.h"
#include "support/test.h"

static struct store *store;
static struct store_view *view;
static struct store_guess guess;
static struct commit_world *world;

static void begin(void)
{
    static const struct store_view_limits limits = {1000, 1000, 100, 64 << 20};
    static const struct commit_options options = {.window = 8};
    struct committer committer;
    struct error error;
    world = commit_world_new(6, 20);
    hash32 genesis = commit_world_hash(world, 0);
    CHECK_EQ(store_memory_open(&store, NULL, &error), PEVM_OK);
    commit_init(&committer, store, &options);
    CHECK_EQ(commit_start(&committer, 0, &genesis, 0, &error), PEVM_OK);
    for (uint64_t number = 1; number <= 20; number++)
        CHECK_EQ(commit_block(&committer, commit_world_input(world, number), &error), PEVM_OK);
    commit_fini(&committer);
    view = store_view_new(store, false, &limits);
    CHECK(view != NULL);
    CHECK_EQ(store_guess_init(&guess, view), PEVM_OK);
    store_guess_begin(&guess);
}

static void end(void)
{
    store_guess_fini(&guess);
    store_view_free(view);
    store_close(store);
    commit_world_free(world);
}

TEST(what_is_missing_is_noted_once_and_then_known)
{
    struct error error;
    struct view_account account;
    u256 value, slot = u256_from_u64(1000);
    begin();
    struct view state = store_guess_view(&guess);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
            address who = model_address(i);
            CHECK_EQ(state.ops->account(state.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
            CHECK(!account.exists && account.empty);
            CHECK(hash32_equal(&account.code_hash, &keccak_empty));
            CHECK_EQ(state.ops->slot(state.context, &who, &slot, &value), VIEW_OK);
            CHECK(u256_is_zero(value));
        }
    CHECK_EQ(guess.count, 2 * COMMIT_WORLD_ACCOUNTS);
    CHECK_EQ(store_view_fetch(view, guess.keys, guess.count, &error), PEVM_OK);

    store_guess_begin(&guess);
    const struct model *model = commit_world_model(world, 20);
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
        address who = model_address(i);
        CHECK_EQ(state.ops->account(state.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
        CHECK(account.exists == model->accounts[i].exists);
        CHECK_EQ(state.ops->slot(state.context, &who, &slot, &value), VIEW_OK);
        CHECK(u256_equal(value, u256_from_u64(model->accounts[i].slots[1])));
    }
    CHECK_EQ(guess.count, 0);
    end();
}

TEST(a_guess_is_not_remembered_by_the_caches)
{
    struct view_account account;
    const struct model *model;
    begin();
    struct view guessed = store_guess_view(&guess), state = store_view_view(view);
    model = commit_world_model(world, 20);
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
        address who = model_address(i);
        CHECK_EQ(guessed.ops->account(guessed.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
        CHECK_EQ(state.ops->account(state.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
        CHECK(account.exists == model->accounts[i].exists);
    }
    end();
}

TEST(more_keys_than_there_is_room_for_are_left_to_the_block)
{
    u256 value;
    begin();
    struct view state = store_guess_view(&guess);
    address who = model_address(0);
    for (uint64_t i = 0; i < GUESS_KEYS_MAX + 10; i++) {
        u256 slot = u256_from_u64(1000000 + i);
        CHECK_EQ(state.ops->slot(state.context, &who, &slot, &value), VIEW_OK);
    }
    CHECK_EQ(guess.count, GUESS_KEYS_MAX);
    end();
}
