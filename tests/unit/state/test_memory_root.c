#include "base/rng.h"
#include "state/memory_state.h"
#include "support/test.h"
#include "unit/state/state_model.h"

TEST(an_empty_state_has_the_empty_root)
{
    struct memory_state *state = memory_state_new();
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    hash32 root;
    CHECK_EQ(memory_state_root(state, &root, &scratch), PEVM_OK);
    check_hash(root, keccak_empty_trie);
    memory_state_free(state);
    arena_fini(&scratch);
}

/* Mainnet's genesis is too long to write down; its first account alone, by hand: rlp([0, 1, empty trie, no code]). */
TEST(one_account_has_the_root_of_its_leaf)
{
    struct memory_state *state = memory_state_new();
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    struct model model;
    model_init(&model, 5);
    model.accounts[0] = (struct model_account){.exists = true, .balance = 1};
    address who = model_address(0);
    u256 one = U256_ONE;
    hash32 root;
    CHECK_EQ(memory_state_set_account(state, &who, 0, &one, &keccak_empty), PEVM_OK);
    CHECK_EQ(memory_state_root(state, &root, &scratch), PEVM_OK);
    check_hash(root, model_root(&model));
    memory_state_free(state);
    arena_fini(&scratch);
}

/* Three ways to the same root: after changes, applied afterwards; and from a fresh clone. */
static void check_chain(struct rng *rng, unsigned slots_used, unsigned blocks, unsigned steps)
{
    struct model before, after;
    struct memory_state *state = memory_state_new();
    struct arena arena, scratch;
    arena_init(&arena, 1 << 16, 0);
    arena_init(&scratch, 4096, 0);
    model_init(&before, slots_used);
    after = before;
    for (unsigned block = 0; block < blocks; block++) {
        bool cleared[MODEL_ACCOUNTS];
        for (unsigned step = 0; step < steps; step++)
            model_step(&after, rng);
        for (unsigned a = 0; a < MODEL_ACCOUNTS; a++)
            cleared[a] = rng_below(rng, 6) == 0;
        struct changeset changes = model_changes(&before, &after, cleared, &arena);
        hash32 expected = model_root(&after), root;

        if (rng_below(rng, 4) != 0) {
            CHECK_EQ(memory_state_root_after(state, &changes, &root, &scratch), PEVM_OK);
            check_hash(root, expected);
        }
        if (rng_below(rng, 4) == 0) { /* nothing was applied */
            CHECK_EQ(memory_state_root(state, &root, &scratch), PEVM_OK);
            check_hash(root, model_root(&before));
        }
        CHECK_EQ(memory_state_apply(state, &changes), PEVM_OK);
        if (rng_below(rng, 3) == 0) {
            CHECK_EQ(memory_state_root(state, &root, &scratch), PEVM_OK);
            check_hash(root, expected);
        }
        if (rng_below(rng, 6) == 0) {
            struct memory_state *copy = memory_state_clone(state);
            CHECK_EQ(memory_state_root(copy, &root, &scratch), PEVM_OK);
            check_hash(root, expected);
            memory_state_free(copy);
        }
        CHECK_EQ(arena_used(&scratch), 0);
        before = after;
        arena_reset(&arena);
    }
    memory_state_free(state);
    arena_fini(&scratch);
    arena_fini(&arena);
}

TEST(roots_of_small_states_follow_random_changes)
{
    struct rng rng;
    rng_init(&rng, 21);
    for (unsigned round = 0; round < 40; round++)
        check_chain(&rng, 1 + (unsigned)rng_below(&rng, 6), 25, 1 + (unsigned)rng_below(&rng, 12));
}

TEST(roots_with_storage_large_enough_to_be_kept_follow_random_changes)
{
    struct rng rng;
    rng_init(&rng, 22);
    for (unsigned round = 0; round < 3; round++)
        check_chain(&rng, MODEL_SLOTS, 60, 150);
}

TEST(single_writes_are_followed_too)
{
    struct rng rng;
    struct model model;
    struct memory_state *state = memory_state_new();
    struct arena scratch;
    rng_init(&rng, 23);
    arena_init(&scratch, 4096, 0);
    model_init(&model, 30);
    for (unsigned round = 0; round < 300; round++) {
        unsigned a = (unsigned)rng_below(&rng, MODEL_ACCOUNTS);
        struct model_account *account = &model.accounts[a];
        address who = model_address(a);
        account->exists = true;
        account->nonce++;
        u256 balance = u256_from_u64(account->balance);
        CHECK_EQ(memory_state_set_account(state, &who, account->nonce, &balance, &keccak_empty),
                 PEVM_OK);
        for (unsigned i = 0; i < 8; i++) {
            unsigned s = (unsigned)rng_below(&rng, 30);
            account->slots[s] = rng_below(&rng, 3);
            u256 slot = model_slot(s), word = model_word(account->slots[s]);
            CHECK_EQ(memory_state_set_slot(state, &who, &slot, &word), PEVM_OK);
        }
        hash32 root;
        CHECK_EQ(memory_state_root(state, &root, &scratch), PEVM_OK);
        check_hash(root, model_root(&model));
    }
    memory_state_free(state);
    arena_fini(&scratch);
}

TEST(no_memory_is_said_and_harms_nothing)
{
    struct rng rng;
    struct model empty, model;
    struct memory_state *state = memory_state_new();
    struct arena arena, small, scratch;
    bool cleared[MODEL_ACCOUNTS] = {false};
    rng_init(&rng, 24);
    arena_init(&arena, 1 << 16, 0);
    arena_init(&small, 64, 3000);
    arena_init(&scratch, 4096, 0);
    model_init(&empty, MODEL_SLOTS);
    model = empty;
    for (unsigned step = 0; step < 500; step++)
        model_step(&model, &rng);
    struct changeset changes = model_changes(&empty, &model, cleared, &arena);
    hash32 root;
    CHECK_EQ(memory_state_root_after(state, &changes, &root, &small), PEVM_NO_MEMORY);
    CHECK_EQ(memory_state_apply(state, &changes), PEVM_OK);
    CHECK_EQ(memory_state_root(state, &root, &small), PEVM_NO_MEMORY);
    CHECK_EQ(memory_state_root(state, &root, &scratch), PEVM_OK);
    check_hash(root, model_root(&model));
    memory_state_free(state);
    arena_fini(&scratch);
    arena_fini(&small);
    arena_fini(&arena);
}
