#include "base/heap.h"
#include "base/rng.h"
#include "state/block_state.h"
#include "support/test.h"
#include "unit/state/state_model.h"

/* A block on a model: every step changes both, and what comes out is compared. */
struct block_world {
    struct model pre, now;
    struct block_state *state;
    struct view pre_view, view;
    struct arena arena;
    bool cleared[MODEL_ACCOUNTS];
};

static void world_begin(struct block_world *world)
{
    world->pre = world->now;
    world->pre_view = model_view(&world->pre);
    memset(world->cleared, 0, sizeof world->cleared);
    arena_reset(&world->arena);
    block_state_begin(world->state, &world->pre_view);
}

static struct block_world *world_new(unsigned slots_used)
{
    struct block_world *world = calloc(1, sizeof *world);
    model_init(&world->now, slots_used);
    arena_init(&world->arena, 1 << 16, 0);
    CHECK_EQ(block_state_new(&world->state), PEVM_OK);
    world->view = block_state_view(world->state);
    world_begin(world);
    return world;
}

static void world_free(struct block_world *world)
{
    block_state_free(world->state);
    arena_fini(&world->arena);
    free(world);
}

static void set_account(struct block_world *world, unsigned a, struct model_account account)
{
    memcpy(account.slots, world->now.accounts[a].slots, sizeof account.slots);
    if (!account.exists) {
        account = (struct model_account){0};
        world->cleared[a] = true;
    }
    world->now.accounts[a] = account;
    address who = model_address(a);
    struct account_value value = {.balance = u256_from_u64(account.balance),
                                  .code_hash = world->now.code_hashes[account.code],
                                  .nonce = account.nonce,
                                  .exists = account.exists};
    if (account.code != 0)
        CHECK(block_state_add_code(
            world->state, &value.code_hash, model_code(&world->now, account.code)));
    CHECK(block_state_set_account(world->state, &who, &value));
}

static void clear_storage(struct block_world *world, unsigned a)
{
    address who = model_address(a);
    memset(world->now.accounts[a].slots, 0, sizeof world->now.accounts[a].slots);
    world->cleared[a] = true;
    CHECK(block_state_clear_storage(world->state, &who));
}

static void set_slot(struct block_world *world, unsigned a, unsigned s, uint64_t word)
{
    address who = model_address(a);
    u256 slot = model_slot(s), value = model_word(word);
    world->now.accounts[a].slots[s] = word;
    CHECK(block_state_set_slot(world->state, &who, &slot, &value));
}

static bool had_storage(const struct model_account *account)
{
    return account->exists &&
           (account->nonce != 0 || account->code != 0 || model_has_storage(account));
}

static void check_same_changes(const struct changeset *actual, const struct changeset *expected)
{
    CHECK_EQ(actual->account_count, expected->account_count);
    for (size_t i = 0; i < actual->account_count; i++) {
        const struct account_change *x = &actual->accounts[i], *y = &expected->accounts[i];
        CHECK(address_equal(&x->account, &y->account));
        CHECK_EQ(x->exists, y->exists);
        CHECK_EQ(x->storage_cleared, y->storage_cleared);
        CHECK_EQ(x->code_changed, y->code_changed);
        CHECK_EQ(x->nonce, y->nonce);
        CHECK(u256_equal(x->balance, y->balance));
        check_hash(x->code_hash, y->code_hash);
        CHECK_EQ(x->slot_count, y->slot_count);
        for (size_t s = 0; s < x->slot_count; s++) {
            CHECK(u256_equal(x->slots[s].slot, y->slots[s].slot));
            CHECK(u256_equal(x->slots[s].value, y->slots[s].value));
        }
    }
    CHECK_EQ(actual->code_count, expected->code_count);
    for (size_t i = 0; i < actual->code_count; i++) {
        bool found = false;
        if (i > 0)
            CHECK(memcmp(actual->codes[i - 1].hash.bytes, actual->codes[i].hash.bytes, 32) < 0);
        for (size_t k = 0; k < expected->code_count; k++)
            found |= hash32_equal(&actual->codes[i].hash, &expected->codes[k].hash) &&
                     bytes_equal(actual->codes[i].code, expected->codes[k].code);
        CHECK(found);
    }
}

static struct changeset check_changes(struct block_world *world)
{
    bool cleared[MODEL_ACCOUNTS];
    for (unsigned a = 0; a < MODEL_ACCOUNTS; a++)
        cleared[a] = world->cleared[a] && had_storage(&world->pre.accounts[a]);
    struct changeset actual, expected;
    expected = model_changes(&world->pre, &world->now, cleared, &world->arena);
    CHECK_EQ(block_state_changes(world->state, &actual, &world->arena), PEVM_OK);
    check_same_changes(&actual, &expected);
    return actual;
}

#define RICH ((struct model_account){.exists = true, .nonce = 1, .balance = 100})

TEST(a_block_that_only_reads_changes_nothing)
{
    struct block_world *world = world_new(5);
    world->now.accounts[0] = RICH;
    world->now.accounts[0].slots[2] = 9;
    world_begin(world);
    model_check_view(&world->now, &world->view);
    CHECK_EQ(check_changes(world).account_count, 0);
    world_free(world);
}

TEST(the_pre_state_is_asked_once_for_each_account_and_slot)
{
    struct block_world *world = world_new(5);
    world->now.accounts[0] = RICH;
    world->now.accounts[0].slots[2] = 9;
    world_begin(world);
    for (unsigned i = 0; i < 3; i++) {
        address who = model_address(0);
        u256 slot = model_slot(2), word;
        struct view_account account;
        CHECK_EQ(world->view.ops->account(world->view.context, &who, VIEW_NONCE, &account),
                 VIEW_OK);
        CHECK_EQ(world->view.ops->slot(world->view.context, &who, &slot, &word), VIEW_OK);
        set_slot(world, 0, 2, 10 + i);
        check_changes(world);
    }
    CHECK_EQ(world->pre.reads, 2);
    world_free(world);
}

TEST(what_is_written_back_is_no_change)
{
    struct block_world *world = world_new(5);
    world->now.accounts[0] = RICH;
    world->now.accounts[0].slots[2] = 9;
    world_begin(world);
    struct model_account poor = RICH;
    poor.balance = 1;
    set_account(world, 0, poor);
    set_slot(world, 0, 2, 8);
    CHECK_EQ(check_changes(world).account_count, 1);
    set_account(world, 0, RICH);
    set_slot(world, 0, 2, 9);
    CHECK_EQ(check_changes(world).account_count, 0);
    world_free(world);
}

TEST(an_account_that_comes_and_goes_is_no_change)
{
    struct block_world *world = world_new(5);
    struct model_account contract = RICH;
    contract.code = 3;
    set_account(world, 0, contract);
    clear_storage(world, 0);
    set_slot(world, 0, 1, 5);
    CHECK_EQ(check_changes(world).code_count, 1);
    set_account(world, 0, (struct model_account){0});
    struct changeset changes = check_changes(world);
    CHECK_EQ(changes.account_count, 0);
    CHECK_EQ(changes.code_count, 0);
    world_free(world);
}

TEST(a_destroyed_account_that_comes_back_has_only_new_slots)
{
    struct block_world *world = world_new(5);
    world->now.accounts[0] = RICH;
    world->now.accounts[0].slots[2] = 9;
    world->now.accounts[0].slots[3] = 7;
    world_begin(world);
    address who = model_address(0);
    u256 slot = model_slot(2), word;
    CHECK_EQ(world->view.ops->slot(world->view.context, &who, &slot, &word), VIEW_OK);
    set_account(world, 0, (struct model_account){0});
    model_check_view(&world->now, &world->view);
    set_account(world, 0, RICH);
    model_check_view(&world->now, &world->view);
    set_slot(world, 0, 2, 9); /* as before the block, but it is new */
    model_check_view(&world->now, &world->view);
    struct changeset changes = check_changes(world);
    CHECK_EQ(changes.account_count, 1);
    CHECK(changes.accounts[0].storage_cleared);
    CHECK_EQ(changes.accounts[0].slot_count, 1);
    world_free(world);
}

TEST(a_creation_onto_a_balance_clears_nothing)
{
    struct block_world *world = world_new(5);
    world->now.accounts[0] = (struct model_account){.exists = true, .balance = 5};
    world_begin(world);
    struct model_account contract = {.exists = true, .nonce = 1, .balance = 5, .code = 2};
    set_account(world, 0, contract);
    clear_storage(world, 0);
    set_slot(world, 0, 4, 6);
    struct changeset changes = check_changes(world);
    CHECK_EQ(changes.account_count, 1);
    CHECK(!changes.accounts[0].storage_cleared);
    CHECK(changes.accounts[0].code_changed);
    world_free(world);
}

TEST(storage_without_nonce_and_code_is_asked_for)
{
    struct block_world *world = world_new(5);
    world->now.accounts[0] = (struct model_account){.exists = true, .balance = 5};
    world->now.accounts[0].slots[1] = 3;
    world_begin(world);
    clear_storage(world, 0);
    struct changeset changes = check_changes(world);
    CHECK_EQ(changes.account_count, 1);
    CHECK(changes.accounts[0].storage_cleared);
    world_free(world);
}

TEST(an_empty_account_is_not_an_absent_one)
{
    struct block_world *world = world_new(5);
    set_account(world, 0, (struct model_account){.exists = true});
    CHECK_EQ(check_changes(world).account_count, 1);
    model_check_view(&world->now, &world->view);
    world_begin(world);
    set_account(world, 0, (struct model_account){0});
    struct changeset changes = check_changes(world);
    CHECK_EQ(changes.account_count, 1);
    CHECK(!changes.accounts[0].exists);
    world_free(world);
}

TEST(has_storage_looks_at_both_layers)
{
    struct block_world *world = world_new(5);
    world->now.accounts[0] = RICH;
    world->now.accounts[0].slots[1] = 3;
    world_begin(world);
    const struct view *view = &world->view;
    address old = model_address(0), new = model_address(1);
    bool has;
    CHECK_EQ(view->ops->has_storage(view->context, &old, &has), VIEW_OK);
    CHECK(has);
    CHECK_EQ(view->ops->has_storage(view->context, &new, &has), VIEW_OK);
    CHECK(!has);
    set_slot(world, 1, 1, 1);
    CHECK_EQ(view->ops->has_storage(view->context, &new, &has), VIEW_OK);
    CHECK(has);
    clear_storage(world, 0);
    CHECK_EQ(view->ops->has_storage(view->context, &old, &has), VIEW_OK);
    CHECK(!has);
    world_free(world);
}

TEST(code_of_the_block_comes_first_then_that_of_the_pre_state)
{
    struct block_world *world = world_new(5);
    const struct view *view = &world->view;
    hash32 new = {{9}};
    address who = model_address(0);
    struct bytes code;
    CHECK_EQ(view->ops->code(view->context, &who, &new, &code), VIEW_FAILED);
    CHECK(block_state_add_code(world->state, &new, bytes_of("\xfe", 1)));
    CHECK_EQ(view->ops->code(view->context, &who, &new, &code), VIEW_OK);
    CHECK_HEX(code, "fe");
    CHECK_EQ(view->ops->code(view->context, &who, &world->pre.code_hashes[2], &code), VIEW_OK);
    CHECK_HEX(code, "62626262");
    hash32 hash;
    CHECK_EQ(view->ops->block_hash(view->context, 7, &hash), VIEW_OK);
    CHECK_EQ(hash.bytes[31], 7);
    world_free(world);
}

TEST(a_pre_state_that_fails_is_never_an_absent_account)
{
    struct block_world *world = world_new(5);
    const struct view *view = &world->view;
    address who = model_address(0);
    struct view_account account;
    u256 slot = model_slot(1), word;
    bool has;
    world->pre.fails = true;
    CHECK_EQ(view->ops->account(view->context, &who, VIEW_ALL_PARTS, &account), VIEW_FAILED);
    CHECK_EQ(view->ops->slot(view->context, &who, &slot, &word), VIEW_FAILED);
    CHECK_EQ(view->ops->has_storage(view->context, &who, &has), VIEW_FAILED);
    set_slot(world, 0, 1, 1);
    struct changeset changes;
    CHECK_EQ(block_state_changes(world->state, &changes, &world->arena), PEVM_STATE_UNREADABLE);
    world->pre.fails = false;
    CHECK_EQ(view->ops->account(view->context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
    CHECK(!account.exists);
    world_free(world);
}

/* The random steps of the model, told to the block as an engine would. */
static void random_step(struct block_world *world, struct rng *rng)
{
    unsigned a = (unsigned)rng_below(rng, MODEL_ACCOUNTS);
    struct model_account account = world->now.accounts[a];
    switch (rng_below(rng, 10)) {
    case 0: set_account(world, a, (struct model_account){0}); break;
    case 1:
        clear_storage(world, a);
        set_account(world, a, (struct model_account){.exists = true, .nonce = 1});
        break;
    case 2: set_account(world, a, world->pre.accounts[a]); break; /* perhaps as it was */
    case 3:
        account.exists = true;
        account.code = (unsigned)rng_below(rng, 8);
        set_account(world, a, account);
        break;
    case 4:
    case 5:
        account.exists = true;
        account.balance = rng_below(rng, 3);
        set_account(world, a, account);
        break;
    default:
        if (!account.exists) break;
        if (account.nonce == 0) {
            account.nonce = 1;
            set_account(world, a, account);
        }
        for (unsigned i = 0; i < 4; i++) {
            unsigned s = (unsigned)rng_below(rng, world->now.slots_used);
            bool back = rng_below(rng, 3) == 0;
            set_slot(world, a, s, back ? world->pre.accounts[a].slots[s] : rng_below(rng, 4));
        }
        break;
    }
}

TEST(random_blocks_say_exactly_what_differs)
{
    struct rng rng;
    rng_init(&rng, 31);
    for (unsigned round = 0; round < 6; round++) {
        struct block_world *world = world_new(round % 2 == 0 ? 4 : MODEL_SLOTS);
        for (unsigned block = 0; block < 60; block++) {
            world_begin(world);
            for (unsigned step = rng_below(&rng, 60) != 0 ? 30 : 0; step > 0; step--) {
                random_step(world, &rng);
                if (rng_below(&rng, 15) == 0) check_changes(world);
                if (rng_below(&rng, 15) == 0) model_check_view(&world->now, &world->view);
            }
            check_changes(world);
        }
        world_free(world);
    }
}

/* The same block again and again: what the first needed is kept. A small one after a large one works, too. */
TEST(a_block_like_the_one_before_takes_nothing_from_the_heap)
{
    struct block_world *world = world_new(MODEL_SLOTS);
    uint64_t calls = 0;
    for (unsigned block = 0; block < 6; block++) {
        memset(&world->now.accounts, 0, sizeof world->now.accounts);
        calls = heap_calls();
        world_begin(world);
        for (unsigned a = 0; a < (block == 4 ? 1u : MODEL_ACCOUNTS); a++) {
            struct model_account contract = RICH;
            contract.code = 1 + a % 7;
            set_account(world, a, contract);
            for (unsigned s = 0; s < (block == 4 ? 3u : MODEL_SLOTS); s++)
                set_slot(world, a, s, 1 + s);
        }
        struct changeset changes;
        CHECK_EQ(block_state_changes(world->state, &changes, &world->arena), PEVM_OK);
        CHECK_EQ(changes.account_count, block == 4 ? 1 : MODEL_ACCOUNTS);
        if (block > 1) CHECK_EQ(heap_calls(), calls);
        check_changes(world);
    }
    world_free(world);
}

TEST(what_was_reserved_takes_nothing_from_the_heap)
{
    struct block_world *world = world_new(MODEL_SLOTS);
    CHECK(block_state_reserve(world->state, 1000, 5000));
    uint64_t calls = heap_calls();
    for (unsigned i = 0; i < 1000; i++) {
        address who = {{0}};
        memcpy(who.bytes, &i, sizeof i);
        CHECK(block_state_meet(world->state, &who));
    }
    CHECK(block_state_reserve(world->state, 10, 10));
    CHECK_EQ(heap_calls(), calls);
    world_free(world);
}
