#include "store/store_memory.h"
#include "store/window.h"
#include "support/commit_world.h"
#include "support/test.h"

#define BLOCKS 40
#define WINDOW 12

static struct error error;

static void check_height(struct committer *committer,
                         const struct commit_world *world,
                         uint64_t height)
{
    const struct model *model = commit_world_model(world, height);
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
        const struct model_account *expected = &model->accounts[i];
        address who = model_address(i);
        struct stored_account account;
        enum pevm_status status = window_account(committer, height, &who, &account, &error);
        CHECK_EQ(status, expected->exists ? PEVM_OK : PEVM_NOT_FOUND);
        if (expected->exists) CHECK(account.nonce == expected->nonce);
        if (expected->exists) CHECK(u256_equal(account.balance, u256_from_u64(expected->balance)));
        for (unsigned j = 0; j < COMMIT_WORLD_SLOTS; j++) {
            u256 slot = u256_from_u64(j * 1000), value;
            CHECK_EQ(window_slot(committer, height, &who, &slot, &value, &error), PEVM_OK);
            CHECK(u256_equal(value, u256_from_u64(expected->exists ? expected->slots[j] : 0)));
        }
    }
}

TEST(every_block_of_the_window_can_be_read_as_it_was)
{
    struct commit_world *world = commit_world_new(2, BLOCKS);
    struct memory_db *db = memory_db_new();
    struct store *store;
    struct committer committer;
    struct commit_options options = {.style = {.history_ttl_ms = 1}, .window = WINDOW};
    hash32 genesis = commit_world_hash(world, 0);
    CHECK_EQ(store_memory_open(&store, db, &error), PEVM_OK);
    commit_init(&committer, store, &options);
    CHECK_EQ(commit_start(&committer, 0, &genesis, 0, &error), PEVM_OK);
    for (uint64_t number = 1; number <= BLOCKS; number++)
        CHECK_EQ(commit_block(&committer, commit_world_input(world, number), &error), PEVM_OK);
    memory_db_pass_time(db, 10); /* history has expired: the records are enough */
    for (uint64_t height = BLOCKS - WINDOW; height <= BLOCKS; height++)
        check_height(&committer, world, height);

    address who = model_address(0);
    struct stored_account account;
    CHECK_EQ(window_account(&committer, BLOCKS + 1, &who, &account, &error), PEVM_LIMIT);
    CHECK_TEXT(error.text, "block 41 is ahead of block 40");
    /* Before the window a key may be found in a record that is still there; one that nobody changed is not. */
    address nobody = {{0xff}};
    CHECK_EQ(window_account(&committer, BLOCKS - WINDOW - 1, &nobody, &account, &error),
             PEVM_LIMIT);
    CHECK_TEXT(error.text, "block 27 has left the window");
    CHECK_EQ(window_account(&committer, BLOCKS, &nobody, &account, &error), PEVM_NOT_FOUND);
    commit_fini(&committer);
    store_close(store);
    memory_db_free(db);
    commit_world_free(world);
}
