#include "base/rng.h"
#include "state/memory_state.h"
#include "support/test.h"
#include "unit/state/state_model.h"

static const address ALICE =
                         {
                             {1}
},
                     BOB = {{2, 3}};

static void set_account(struct memory_state *state, const address *who, uint64_t balance)
{
    u256 amount = u256_from_u64(balance);
    CHECK_EQ(memory_state_set_account(state, who, 7, &amount, &keccak_empty), PEVM_OK);
}

static void set_slot(struct memory_state *state, const address *who, uint64_t key, uint64_t word)
{
    u256 slot = u256_from_u64(key), value = u256_from_u64(word);
    CHECK_EQ(memory_state_set_slot(state, who, &slot, &value), PEVM_OK);
}

static uint64_t slot_of(const struct memory_state *state, const address *who, uint64_t key)
{
    struct view view = memory_state_view(state);
    u256 slot = u256_from_u64(key), value;
    CHECK_EQ(view.ops->slot(view.context, who, &slot, &value), VIEW_OK);
    return value.words[0];
}

static bool has_storage(const struct memory_state *state, const address *who)
{
    struct view view = memory_state_view(state);
    bool has;
    CHECK_EQ(view.ops->has_storage(view.context, who, &has), VIEW_OK);
    return has;
}

static struct view_account account_of(const struct memory_state *state, const address *who)
{
    struct view view = memory_state_view(state);
    struct view_account account;
    CHECK_EQ(view.ops->account(view.context, who, VIEW_BALANCE, &account), VIEW_OK);
    return account;
}

TEST(an_account_that_was_never_set_is_absent)
{
    struct memory_state *state = memory_state_new();
    struct view_account account = account_of(state, &ALICE);
    CHECK(!account.exists);
    CHECK(account.empty);
    check_hash(account.code_hash, keccak_empty);
    CHECK_EQ(slot_of(state, &ALICE, 1), 0);
    CHECK(!has_storage(state, &ALICE));
    memory_state_free(state);
}

TEST(an_empty_account_that_was_set_exists)
{
    struct memory_state *state = memory_state_new();
    u256 zero = U256_ZERO;
    CHECK_EQ(memory_state_set_account(state, &ALICE, 0, &zero, &keccak_empty), PEVM_OK);
    struct view_account account = account_of(state, &ALICE);
    CHECK(account.exists);
    CHECK(account.empty);
    CHECK_EQ(memory_state_account_count(state), 1);
    memory_state_free(state);
}

TEST(zero_removes_a_slot)
{
    struct memory_state *state = memory_state_new();
    set_account(state, &ALICE, 1);
    set_account(state, &BOB, 1);
    set_slot(state, &ALICE, 5, 50);
    set_slot(state, &ALICE, 6, 60);
    set_slot(state, &BOB, 5, 51);
    set_slot(state, &ALICE, 5, 0);
    CHECK_EQ(slot_of(state, &ALICE, 5), 0);
    CHECK_EQ(slot_of(state, &ALICE, 6), 60);
    CHECK_EQ(slot_of(state, &BOB, 5), 51);
    CHECK(has_storage(state, &ALICE));
    set_slot(state, &ALICE, 6, 0);
    CHECK(!has_storage(state, &ALICE));
    memory_state_free(state);
}

TEST(code_is_found_by_its_hash_and_missing_code_is_a_failure)
{
    struct memory_state *state = memory_state_new();
    hash32 hash, other = {{1}};
    CHECK_EQ(memory_state_add_code(state, bytes_of("\x60\x01", 2), &hash), PEVM_OK);
    CHECK_EQ(memory_state_add_code(state, bytes_of("\x60\x01", 2), &hash), PEVM_OK);
    struct view view = memory_state_view(state);
    struct bytes code;
    CHECK_EQ(view.ops->code(view.context, &ALICE, &hash, &code), VIEW_OK);
    CHECK_HEX(code, "6001");
    CHECK_EQ(view.ops->code(view.context, &ALICE, &other, &code), VIEW_FAILED);
    memory_state_free(state);
}

static enum view_answer answer_block_hash(void *context, uint64_t number, hash32 *out)
{
    memset(out->bytes, (int)number + *(const int *)context, sizeof out->bytes);
    return VIEW_OK;
}

TEST(block_hashes_come_from_whom_was_set)
{
    struct memory_state *state = memory_state_new();
    struct view view = memory_state_view(state);
    hash32 hash;
    CHECK_EQ(view.ops->block_hash(view.context, 3, &hash), VIEW_FAILED);
    int base = 5;
    memory_state_set_block_hashes(state, answer_block_hash, &base);
    CHECK_EQ(view.ops->block_hash(view.context, 3, &hash), VIEW_OK);
    CHECK_EQ(hash.bytes[0], 8);
    memory_state_free(state);
}

struct visited {
    size_t count, limit;
    address last;
    u256 last_slot;
};

static bool visit_account(void *context, const struct memory_account *account)
{
    struct visited *visited = context;
    if (visited->count > 0) CHECK(memcmp(visited->last.bytes, account->who.bytes, 20) < 0);
    visited->last = account->who;
    return ++visited->count < visited->limit;
}

static bool visit_slot(void *context, const u256 *slot, const u256 *value)
{
    struct visited *visited = context;
    CHECK(!u256_is_zero(*value));
    if (visited->count > 0) CHECK(u256_less(visited->last_slot, *slot));
    visited->last_slot = *slot;
    return ++visited->count < visited->limit;
}

TEST(visits_ascend_and_stop_when_told)
{
    struct memory_state *state = memory_state_new();
    struct rng rng;
    rng_init(&rng, 5);
    for (unsigned i = 0; i < 300; i++) {
        address who;
        rng_fill(&rng, who.bytes, sizeof who.bytes);
        if (i % 3 == 0) memset(who.bytes, 0, 10); /* equal beginnings */
        set_account(state, &who, i);
    }
    set_account(state, &ALICE, 1);
    for (unsigned i = 0; i < 200; i++)
        set_slot(state, &ALICE, i % 3 == 0 ? 300 - i : rng_next(&rng) | 1024, 1 + i);

    struct visited visited = {.limit = 1000};
    CHECK_EQ(memory_state_each_account(state, visit_account, &visited), PEVM_OK);
    CHECK_EQ(visited.count, 301);
    visited = (struct visited){.limit = 10};
    CHECK_EQ(memory_state_each_account(state, visit_account, &visited), PEVM_OK);
    CHECK_EQ(visited.count, 10);
    visited = (struct visited){.limit = 1000};
    CHECK_EQ(memory_state_each_slot(state, &ALICE, visit_slot, &visited), PEVM_OK);
    CHECK_EQ(visited.count, 200);
    visited = (struct visited){.limit = 1000};
    CHECK_EQ(memory_state_each_slot(state, &BOB, visit_slot, &visited), PEVM_OK);
    CHECK_EQ(visited.count, 0);
    memory_state_free(state);
}

TEST(random_changesets_lead_to_the_state_they_describe)
{
    struct rng rng;
    struct arena arena;
    rng_init(&rng, 6);
    arena_init(&arena, 1 << 16, 0);
    for (unsigned round = 0; round < 20; round++) {
        struct model before, after;
        struct memory_state *state = memory_state_new();
        model_init(&before, round % 2 == 0 ? 5 : MODEL_SLOTS);
        after = before;
        for (unsigned block = 0; block < 30; block++) {
            bool cleared[MODEL_ACCOUNTS] = {false};
            for (unsigned step = 0; step < 20; step++)
                model_step(&after, &rng);
            for (unsigned a = 0; a < MODEL_ACCOUNTS; a++)
                cleared[a] = rng_below(&rng, 4) == 0;
            struct changeset changes = model_changes(&before, &after, cleared, &arena);
            CHECK_EQ(memory_state_apply(state, &changes), PEVM_OK);
            struct view view = memory_state_view(state);
            model_check_view(&after, &view);
            before = after;
            arena_reset(&arena);
            if (rng_below(&rng, 8) != 0) continue;
            struct memory_state *copy = memory_state_clone(state);
            memory_state_free(state);
            state = copy;
            CHECK(state != NULL);
        }
        memory_state_free(state);
    }
    arena_fini(&arena);
}

TEST(a_clone_lives_its_own_life)
{
    struct memory_state *state = memory_state_new();
    set_account(state, &ALICE, 1);
    set_slot(state, &ALICE, 5, 50);
    struct memory_state *copy = memory_state_clone(state);
    set_account(copy, &BOB, 2);
    set_slot(copy, &ALICE, 5, 0);
    set_slot(copy, &ALICE, 6, 60);
    CHECK(!account_of(state, &BOB).exists);
    CHECK_EQ(slot_of(state, &ALICE, 5), 50);
    CHECK_EQ(slot_of(state, &ALICE, 6), 0);
    memory_state_free(state);
    CHECK_EQ(slot_of(copy, &ALICE, 6), 60);
    CHECK_EQ(slot_of(copy, &ALICE, 5), 0);
    memory_state_free(copy);
}

TEST(nothing_to_free_is_fine)
{
    memory_state_free(NULL);
}
