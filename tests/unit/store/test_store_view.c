#include "base/rng.h"
#include "crypto/keccak.h"
#include "store/keyspace.h"
#include "store/store_memory.h"
#include "store/store_view.h"
#include "support/block_world.h"
#include "support/commit_world.h"
#include "support/store_behaviour.h"
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>

#define BLOCKS 60

static struct memory_db *db;
static struct store *store;
static struct committer committer;
static struct store_view *view;
static struct error error;

static const struct store_view_limits roomy = {10000, 50000, 1000, (size_t)512 << 20};
static const struct store_view_limits tight = {2, 2, 2, 4096};

static void begin(const struct store_view_limits *limits)
{
    struct commit_options options = {.window = 8};
    db = memory_db_new();
    assert_non_null(db);
    CHECK_EQ(store_memory_open(&store, db, &error), PEVM_OK);
    commit_init(&committer, store, &options);
    view = store_view_new(store, false, limits);
    assert_non_null(view);
}

static void end(void)
{
    store_view_free(view);
    commit_fini(&committer);
    store_close(store);
    memory_db_free(db);
}

static void check_code(const struct view *state,
                       const address *who,
                       const struct view_account *account,
                       unsigned code)
{
    struct bytes bytes;
    if (code == 0) {
        CHECK(hash32_equal(&account->code_hash, &keccak_empty));
        return;
    }
    CHECK_EQ(state->ops->code(state->context, who, &account->code_hash, &bytes), VIEW_OK);
    CHECK_EQ(bytes.size, code % 40 + 1);
    CHECK_EQ(bytes.data[0], code);
}

static void check_account(const struct view *state,
                          const struct model_account *expected,
                          unsigned number)
{
    address who = model_address(number);
    struct view_account account;
    bool has_storage, has = false;
    CHECK_EQ(state->ops->account(state->context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
    CHECK(account.exists == expected->exists && account.parts == VIEW_ALL_PARTS);
    CHECK(account.nonce == expected->nonce &&
          u256_equal(account.balance, u256_from_u64(expected->balance)));
    CHECK(account.empty == (expected->nonce == 0 && expected->balance == 0 && expected->code == 0));
    check_code(state, &who, &account, expected->code);
    for (unsigned i = 0; i < COMMIT_WORLD_SLOTS; i++) {
        u256 slot = u256_from_u64(i * 1000), value;
        CHECK_EQ(state->ops->slot(state->context, &who, &slot, &value), VIEW_OK);
        CHECK(u256_equal(value, u256_from_u64(expected->slots[i])));
        has |= expected->slots[i] != 0;
    }
    CHECK_EQ(state->ops->has_storage(state->context, &who, &has_storage), VIEW_OK);
    CHECK_EQ(has_storage, has);
}

static void check_view(const struct model *model)
{
    struct view state = store_view_view(view);
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++)
        check_account(&state, &model->accounts[i], i);
    if (store_view_fault(view, &error) != PEVM_OK) fail_msg("%s", error.text);
}

static void run_chain(const struct store_view_limits *limits, unsigned check_every)
{
    struct commit_world *world = commit_world_new(6, BLOCKS);
    hash32 genesis = commit_world_hash(world, 0);
    begin(limits);
    CHECK_EQ(commit_start(&committer, 0, &genesis, 0, &error), PEVM_OK);
    for (uint64_t number = 1; number <= BLOCKS; number++) {
        const struct commit_input *input = commit_world_input(world, number);
        store_view_begin(view);
        if (number % check_every == 0) check_view(commit_world_model(world, number - 1));
        if (commit_block(&committer, input, &error) != PEVM_OK) fail_msg("%s", error.text);
        store_view_apply(view, input->changes);
        if (number % check_every == 0) check_view(commit_world_model(world, number));
    }
    CHECK_EQ(commit_rewind(&committer, BLOCKS - 6, 0, &error), PEVM_OK);
    store_view_clear(view);
    store_view_begin(view);
    check_view(commit_world_model(world, BLOCKS - 6));
    end();
    commit_world_free(world);
}

TEST(the_view_is_the_state_after_the_last_block)
{
    run_chain(&roomy, 1);
    run_chain(&tight, 1);
    run_chain(&roomy, 7); /* changes of several blocks meet what is known, and what is not */
    run_chain(&tight, 7);
}

TEST(what_is_known_is_not_read_again)
{
    struct store_view_counts counts;
    address who = model_address(3);
    struct view_account account;
    u256 slot = U256_ONE, value;
    begin(&roomy);
    struct view state = store_view_view(view);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(state.ops->account(state.context, &who, VIEW_BALANCE, &account), VIEW_OK);
        CHECK_EQ(state.ops->slot(state.context, &who, &slot, &value), VIEW_OK);
        CHECK(!account.exists && account.empty && u256_is_zero(value));
        CHECK(hash32_equal(&account.code_hash, &keccak_empty));
        memory_db_stop_after(db, 0); /* nothing is read from here on */
    }
    memory_db_start(db);
    store_view_count(view, &counts);
    CHECK(counts.accounts.hits == 2 && counts.accounts.misses == 1 && counts.accounts.entries == 1);
    CHECK(counts.slots.hits == 2 && counts.slots.misses == 1 && counts.slots.entries == 1);
    end();
}

TEST(reading_ahead_takes_one_look_at_the_store)
{
    struct commit_world *world = commit_world_new(6, 20);
    hash32 genesis = commit_world_hash(world, 0);
    address accounts[COMMIT_WORLD_ACCOUNTS];
    struct key keys[2 * COMMIT_WORLD_ACCOUNTS];
    u256 slot = u256_from_u64(1000);
    begin(&roomy);
    CHECK_EQ(commit_start(&committer, 0, &genesis, 0, &error), PEVM_OK);
    for (uint64_t number = 1; number <= 20; number++)
        CHECK_EQ(commit_block(&committer, commit_world_input(world, number), &error), PEVM_OK);
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
        accounts[i] = model_address(i);
        keys[2 * i] = key_of_account(&accounts[i]);
        keys[2 * i + 1] = key_of_slot(&accounts[i], &slot);
    }
    CHECK_EQ(store_view_fetch(view, keys, COUNT_OF(keys), &error), PEVM_OK);
    memory_db_stop_after(db, 0);
    CHECK_EQ(store_view_fetch(view, keys, COUNT_OF(keys), &error), PEVM_OK);
    struct view state = store_view_view(view);
    const struct model *model = commit_world_model(world, 20);
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
        struct view_account account;
        u256 value;
        CHECK_EQ(state.ops->account(state.context, &accounts[i], VIEW_NONCE, &account), VIEW_OK);
        CHECK(account.exists == model->accounts[i].exists &&
              account.nonce == model->accounts[i].nonce);
        CHECK_EQ(state.ops->slot(state.context, &accounts[i], &slot, &value), VIEW_OK);
        CHECK(u256_equal(value, u256_from_u64(model->accounts[i].slots[1])));
    }
    address other = {{0xee}};
    struct key other_key = key_of_account(&other);
    CHECK_EQ(store_view_fetch(view, &other_key, 1, &error), PEVM_UNAVAILABLE);
    CHECK_EQ(store_view_fetch(view, NULL, 0, &error), PEVM_OK);
    end();
    commit_world_free(world);
}

TEST(a_read_that_fails_is_no_empty_account_and_is_asked_again)
{
    address who = model_address(3);
    struct view_account account;
    u256 value;
    bool has_storage;
    hash32 hash = {{1}};
    struct bytes code;
    begin(&roomy);
    struct view state = store_view_view(view);
    memory_db_stop_after(db, 0);
    CHECK_EQ(state.ops->account(state.context, &who, VIEW_ALL_PARTS, &account), VIEW_FAILED);
    CHECK_EQ(state.ops->slot(state.context, &who, &value, &value), VIEW_FAILED);
    CHECK_EQ(state.ops->code(state.context, &who, &hash, &code), VIEW_FAILED);
    CHECK_EQ(state.ops->has_storage(state.context, &who, &has_storage), VIEW_FAILED);
    CHECK_EQ(state.ops->block_hash(state.context, 7, &hash), VIEW_FAILED);
    CHECK_EQ(store_view_fault(view, &error), PEVM_UNAVAILABLE);
    CHECK(strstr(error.text, "st:latest:acc:0x") == error.text); /* the first one */
    memory_db_start(db);
    store_view_begin(view);
    CHECK_EQ(store_view_fault(view, &error), PEVM_OK);
    CHECK_EQ(state.ops->account(state.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
    end();
}

static void check_fault(enum view_answer answer, const char *text)
{
    CHECK_EQ(answer, VIEW_FAILED);
    CHECK_EQ(store_view_fault(view, &error), PEVM_CORRUPT);
    CHECK_TEXT(error.text, text);
    store_view_begin(view);
}

TEST(what_is_damaged_is_named)
{
    address who = {{[19] = 1}};
    struct view_account account;
    u256 slot = U256_ONE, value;
    hash32 hash = {{1}};
    struct bytes code;
    begin(&roomy);
    struct view state = store_view_view(view);
    store_view_begin(view);
    CHECK_EQ(put_text(store, "st:latest:acc:0x0000000000000000000000000000000000000001", "{}", 0),
             PEVM_OK);
    check_fault(state.ops->account(state.context, &who, VIEW_NONCE, &account),
                "st:latest:acc:0x0000000000000000000000000000000000000001: balance: is missing");
    CHECK_EQ(put_text(store,
                      "st:latest:stor:0x0000000000000000000000000000000000000001:"
                      "0x0000000000000000000000000000000000000000000000000000000000000001",
                      "0x1",
                      0),
             PEVM_OK);
    check_fault(state.ops->slot(state.context, &who, &slot, &value),
                "st:latest:stor:0x0000000000000000000000000000000000000001:"
                "0x0000000000000000000000000000000000000000000000000000000000000001: "
                "\"0x1\" (3 bytes) is no slot; wanted 0x and 64 digits");
    check_fault(state.ops->code(state.context, &who, &hash, &code),
                "st:code:0x0100000000000000000000000000000000000000000000000000000000000000: "
                "the code of an account is absent");
    CHECK_EQ(put_text(store,
                      "st:code:0x0100000000000000000000000000000000000000000000000000000000000000",
                      "x",
                      0),
             PEVM_OK);
    check_fault(state.ops->code(state.context, &who, &hash, &code),
                "st:code:0x0100000000000000000000000000000000000000000000000000000000000000: "
                "the code has another hash");
    CHECK_EQ(put_text(store, "blk:hdr:7", "x", 0), PEVM_OK);
    check_fault(state.ops->block_hash(state.context, 7, &hash),
                "blk:hdr:7: list: a string where a list was expected");
    end();
}

TEST(block_hashes_come_from_who_set_them_or_from_headers)
{
    struct arena arena;
    struct header header = {.number = 9, .field_count = 15}, again;
    struct bytes encoding;
    struct store_batch batch = {0};
    hash32 set = {{7}}, hash;
    const char *field;
    begin(&roomy);
    arena_init(&arena, 4096, 0);
    struct view state = store_view_view(view);
    store_view_set_block_hash(view, 8, &set);
    CHECK_EQ(state.ops->block_hash(state.context, 8, &hash), VIEW_OK);
    CHECK(hash32_equal(&hash, &set));
    CHECK(header_encode(&encoding, &header, &arena));
    store_batch_set(&batch, text_bytes("blk:hdr:9"), encoding, 0);
    store_batch_set(&batch, text_bytes("blk:hdr:10"), encoding, 0);
    CHECK_EQ(store_write(store, &batch, 0, &error), PEVM_OK);
    CHECK_EQ(header_decode(&again, encoding, &field), RLP_OK);
    CHECK_EQ(state.ops->block_hash(state.context, 9, &hash), VIEW_OK);
    CHECK(hash32_equal(&hash, &again.hash));
    CHECK_EQ(state.ops->block_hash(state.context, 10, &hash), VIEW_FAILED); /* 9's under 10 */
    CHECK_EQ(state.ops->block_hash(state.context, 11, &hash), VIEW_FAILED);
    store_batch_fini(&batch);
    arena_fini(&arena);
    end();
}

TEST(code_that_was_given_out_stays_until_the_next_block)
{
    struct bytes codes[20];
    struct arena arena;
    struct store_batch batch = {0};
    struct view state;
    address who = {{0}};
    begin(&tight);
    state = store_view_view(view);
    arena_init(&arena, 4096, 0);
    hash32 hashes[20];
    for (unsigned i = 0; i < 20; i++) {
        uint8_t text[1000];
        memset(text, (int)i, sizeof text);
        keccak256(&hashes[i], text, sizeof text);
        struct key key = key_of_code(&hashes[i]);
        struct key_text name = key_write(&key, false);
        store_batch_set(&batch, key_bytes(&name), bytes_of(text, sizeof text), 0);
    }
    CHECK_EQ(store_write(store, &batch, 0, &error), PEVM_OK);
    store_view_begin(view);
    for (unsigned i = 0; i < 20; i++)
        CHECK_EQ(state.ops->code(state.context, &who, &hashes[i], &codes[i]), VIEW_OK);
    for (unsigned i = 0; i < 20; i++)
        CHECK(codes[i].size == 1000 && codes[i].data[0] == i && codes[i].data[999] == i);
    struct store_view_counts counts;
    store_view_count(view, &counts);
    CHECK(counts.codes.entries == 20 && counts.codes.bytes >= 20000);
    store_view_begin(view); /* 20,000 bytes are more than a quarter of 4096 */
    store_view_count(view, &counts);
    CHECK_EQ(counts.codes.entries, 0);
    store_batch_fini(&batch);
    arena_fini(&arena);
    end();
}

/* ---- several threads ---- */

#define THREADS 4

static void *read_all(void *context)
{
    const struct model *model = context;
    struct rng rng;
    rng_init(&rng, (uintptr_t)&rng);
    struct view state = store_view_view(view);
    for (unsigned i = 0; i < 300; i++) {
        unsigned number = (unsigned)rng_below(&rng, COMMIT_WORLD_ACCOUNTS);
        check_account(&state, &model->accounts[number], number);
    }
    return NULL;
}

TEST(many_read_at_a_time)
{
    struct commit_world *world = commit_world_new(6, 30);
    hash32 genesis = commit_world_hash(world, 0);
    pthread_t threads[THREADS];
    begin(&tight);
    CHECK_EQ(commit_start(&committer, 0, &genesis, 0, &error), PEVM_OK);
    for (uint64_t number = 1; number <= 30; number++)
        CHECK_EQ(commit_block(&committer, commit_world_input(world, number), &error), PEVM_OK);
    store_view_begin(view);
    struct model model = *commit_world_model(world, 30);
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, read_all, &model), 0);
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    end();
    commit_world_free(world);
}

/* ---- with the engine ---- */

static struct store_batch founding;

static bool on_slot(void *context, const u256 *slot, const u256 *value)
{
    char text[SLOT_TEXT_SIZE];
    struct key key = key_of_slot(context, slot);
    struct key_text name = key_write(&key, false);
    store_batch_set(&founding, key_bytes(&name), bytes_of(text, slot_write(text, value)), 0);
    return true;
}

static bool on_account(void *context, const struct memory_account *account)
{
    char text[ACCOUNT_TEXT_SIZE];
    struct stored_account value = {
        account->balance, account->nonce, account->code_hash, false, false};
    struct key key = key_of_account(&account->who), code = key_of_code(&account->code_hash);
    struct key_text name = key_write(&key, false), code_name = key_write(&code, false);
    address who = account->who;
    store_batch_set(&founding, key_bytes(&name), bytes_of(text, account_write(text, &value)), 0);
    if (account->code.size > 0) store_batch_set(&founding, key_bytes(&code_name), account->code, 0);
    CHECK_EQ(memory_state_each_slot(context, &who, on_slot, &who), PEVM_OK);
    return true;
}

static void found(struct memory_state *state, const hash32 *hash, uint64_t number)
{
    CHECK_EQ(memory_state_each_account(state, on_account, state), PEVM_OK);
    CHECK_EQ(store_write(store, &founding, 0, &error), PEVM_OK);
    store_batch_fini(&founding);
    CHECK_EQ(commit_start(&committer, number, hash, 0, &error), PEVM_OK);
}

static bool compare_account(void *context, const struct memory_account *account)
{
    struct view state = store_view_view(view);
    struct view_account stored;
    unsigned *count = context;
    CHECK_EQ(state.ops->account(state.context, &account->who, VIEW_ALL_PARTS, &stored), VIEW_OK);
    CHECK(stored.exists && stored.nonce == account->nonce &&
          u256_equal(stored.balance, account->balance));
    CHECK(hash32_equal(&stored.code_hash, &account->code_hash));
    ++*count;
    return true;
}

TEST(a_block_on_the_store_is_the_block_in_memory)
{
    struct block_world *world = block_world_new(FORK_OSAKA);
    for (unsigned i = 0; i < 12; i++) {
        struct tx *tx = block_world_tx(world, ALICE + i % 3);
        tx->value = u256_from_u64(i * 7 + 1);
        tx->to = block_world_address(i % 4 == 0 ? NOBODY : BOB);
    }
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    hash32 expected = world->outcome.receipts_root;

    begin(&roomy);
    found(world->state, &world->parent.hash, BLOCK_WORLD_NUMBER - 1);
    world->pre_state = store_view_view(view);
    for (unsigned i = 0; i < 2; i++) {
        world->input.is_parallel = i == 1;
        store_view_begin(view);
        store_view_clear(view);
        CHECK_EQ(block_world_run(world), BLOCK_VALID);
        CHECK(hash32_equal(&world->outcome.receipts_root, &expected));
        CHECK_EQ(store_view_fault(view, &error), PEVM_OK);
    }
    struct commit_input input = {.number = BLOCK_WORLD_NUMBER,
                                 .hash = world->block.header.hash,
                                 .parent_hash = world->parent.hash,
                                 .changes = &world->outcome.changes,
                                 .receipts = world->outcome.receipts,
                                 .receipt_count = world->outcome.receipt_count};
    if (commit_block(&committer, &input, &error) != PEVM_OK) fail_msg("%s", error.text);
    store_view_apply(view, input.changes);
    CHECK_EQ(memory_state_apply(world->state, input.changes), PEVM_OK);
    for (unsigned i = 0; i < 2; i++) { /* what the caches say, and what the store says */
        unsigned count = 0;
        CHECK_EQ(memory_state_each_account(world->state, compare_account, &count), PEVM_OK);
        CHECK(count >= 6);
        store_view_clear(view);
    }
    end();
    block_world_free(world);
}
