/* Chains with contracts that come and go, executed on a store: what lies there after each block is the state in memory, key for
 * key; state roots (before Byzantium one for each transaction) are those of the headers; and going back is having been there. */
#include "chain/chain.h"
#include "chain/fork.h"
#include "cli/chain_maker.h"
#include "crypto/keccak.h"
#include "engine/engine.h"
#include "store/commit.h"
#include "store/keyspace.h"
#include "store/store_digest.h"
#include "store/store_memory.h"
#include "store/store_trie.h"
#include "store/store_trie_build.h"
#include "store/store_view.h"
#include "support/test.h"

#define BLOCKS 12
#define TXS    30
#define WINDOW 8

static struct memory_db *db;
static struct store *store;
static struct committer committer;
static struct store_view *view;
static struct store_trie *tries;
static struct engine *engine;
static struct chain chain;
static struct error error;

static void must(enum pevm_status status)
{
    if (status != PEVM_OK) fail_msg("%s", error.text);
}

/* ---- a whole state into the store ---- */

struct founding {
    const struct memory_state *state;
    struct store_batch batch;
    address who;
    size_t slots; /* of the account */
};

static bool put_slot(void *context, const u256 *slot, const u256 *value)
{
    struct founding *founding = context;
    char text[SLOT_TEXT_SIZE];
    struct key key = key_of_slot(&founding->who, slot);
    struct key_text name = key_write(&key, false);
    store_batch_set(&founding->batch, key_bytes(&name), bytes_of(text, slot_write(text, value)), 0);
    founding->slots++;
    return true;
}

static bool put_account(void *context, const struct memory_account *account)
{
    struct founding *founding = context;
    char text[ACCOUNT_TEXT_SIZE];
    founding->who = account->who;
    founding->slots = 0;
    must(memory_state_each_slot(founding->state, &account->who, put_slot, founding));
    bool has_code = !hash32_equal(&account->code_hash, &keccak_empty);
    struct stored_account value = {.balance = account->balance,
                                   .nonce = account->nonce,
                                   .code_hash = account->code_hash,
                                   .has_bare_storage = !has_code && founding->slots > 0};
    struct key key = key_of_account(&account->who), code = key_of_code(&account->code_hash);
    struct key_text name = key_write(&key, false), code_name = key_write(&code, false);
    store_batch_set(
        &founding->batch, key_bytes(&name), bytes_of(text, account_write(text, &value)), 0);
    if (has_code) store_batch_set(&founding->batch, key_bytes(&code_name), account->code, 0);
    return true;
}

static void found(const struct memory_state *state, uint64_t number, const hash32 *hash)
{
    struct founding founding = {.state = state};
    must(memory_state_each_account(state, put_account, &founding));
    must(store_write(store, &founding.batch, 0, &error));
    store_batch_fini(&founding.batch);
    must(commit_start(&committer, number, hash, 0, &error));
}

/* The tries stand on the block of the progress. */
static void stand(void)
{
    struct exec_progress progress;
    must(commit_progress(&committer, &progress, &error));
    must(store_trie_begin(tries, &progress, &error));
}

static void build_tries(void)
{
    struct trie_build_options options = {.folder = "/tmp", .memory_bytes = 1 << 20};
    struct exec_progress progress;
    hash32 root;
    must(commit_progress(&committer, &progress, &error));
    must(store_trie_build(store, &options, &progress, &root, &error));
    stand();
}

/* ---- the store against a state in memory ---- */

struct comparison {
    const struct memory_state *state;
    struct view memory;
    size_t accounts, slots; /* in the store */
    size_t slots_in_memory;
};

static bool on_key(void *context, struct bytes text, struct bytes value)
{
    struct comparison *comparison = context;
    const struct view *memory = &comparison->memory;
    struct key key;
    assert_true(key_read(&key, text));
    if (key.kind == KEY_ACCOUNT) {
        struct stored_account stored;
        struct view_account account;
        must(account_read(&stored, value, &error));
        CHECK_EQ(memory->ops->account(memory->context, &key.who, VIEW_ALL_PARTS, &account),
                 VIEW_OK);
        if (!account.exists) fail_msg("%s is in the store only", (const char *)text.data);
        CHECK(account.nonce == stored.nonce && u256_equal(account.balance, stored.balance));
        CHECK(hash32_equal(&account.code_hash, &stored.code_hash));
        comparison->accounts++;
        return true;
    }
    u256 stored, word;
    must(slot_read(&stored, value, &error));
    CHECK_EQ(memory->ops->slot(memory->context, &key.who, &key.slot, &word), VIEW_OK);
    CHECK(u256_equal(stored, word) && !u256_is_zero(word));
    comparison->slots++;
    return true;
}

static bool count_slot(void *context, const u256 *slot, const u256 *value)
{
    (void)slot;
    (void)value;
    ((struct comparison *)context)->slots_in_memory++;
    return true;
}

static bool count_slots(void *context, const struct memory_account *account)
{
    struct comparison *comparison = context;
    bool has_storage;
    struct view stored = store_view_view(view);
    size_t before = comparison->slots_in_memory;
    must(memory_state_each_slot(comparison->state, &account->who, count_slot, comparison));
    CHECK_EQ(stored.ops->has_storage(stored.context, &account->who, &has_storage), VIEW_OK);
    CHECK_EQ(has_storage, comparison->slots_in_memory > before);
    return true;
}

static void compare(const struct memory_state *state)
{
    struct comparison comparison = {.state = state, .memory = memory_state_view(state)};
    must(store_scan(store, bytes_of("st:latest:", 10), on_key, &comparison, &error));
    must(memory_state_each_account(state, count_slots, &comparison));
    CHECK_EQ(comparison.accounts, memory_state_account_count(state));
    CHECK_EQ(comparison.slots, comparison.slots_in_memory);
}

/* ---- a chain ---- */

static void execute(const struct made_block *made, bool is_parallel)
{
    struct view state = store_view_view(view);
    struct root_source roots = {store_trie_root, tries};
    struct engine_outcome outcome;
    const struct block *block = made->block;
    struct engine_input input = {.block = block,
                                 .parent = made->note.parent,
                                 .pre_state = &state,
                                 .roots = &roots,
                                 .is_parallel = is_parallel,
                                 .even_if_small = true};
    store_view_begin(view);
    for (size_t i = 0; i < made->note.ancestor_count; i++)
        store_view_set_block_hash(view, block->header.number - 1 - i, &made->note.ancestors[i]);
    must(engine_execute(engine, &outcome, &input, &error));
    must(store_view_fault(view, &error));
    if (outcome.fault != BLOCK_VALID)
        fail_msg("block %u: %s", (unsigned)block->header.number, outcome.text);
    struct commit_input commit = {.number = block->header.number,
                                  .hash = block->header.hash,
                                  .parent_hash = block->header.parent_hash,
                                  .changes = &outcome.changes,
                                  .receipts = outcome.receipts,
                                  .receipt_count = outcome.receipt_count};
    must(store_trie_riders(tries, &block->header.state_root, &commit, &error));
    must(commit_block(&committer, &commit, &error));
    store_trie_committed(tries);
    store_view_apply(view, &outcome.changes);
}

static void begin(const char *network, const struct store_view_limits *limits)
{
    struct commit_options options = {.style = {.history_ttl_ms = 1000}, .window = WINDOW};
    struct engine_options engine_options = {.chain = &chain, .workers = 4};
    must(chain_by_network(&chain, network, &error));
    must(engine_new(&engine, &engine_options));
    db = memory_db_new();
    assert_non_null(db);
    must(store_memory_open(&store, db, &error));
    commit_init(&committer, store, &options);
    view = store_view_new(store, false, limits);
    tries = store_trie_new(store, &(struct store_trie_options){.cache_bytes = limits->bytes_max});
    assert_true(view != NULL && tries != NULL);
}

static void end(void)
{
    store_view_free(view);
    store_trie_free(tries);
    commit_fini(&committer);
    store_close(store);
    memory_db_free(db);
    engine_free(engine);
}

static void run_chain(const char *network,
                      const char *recipe,
                      const struct store_view_limits *limits)
{
    struct chain_maker *maker = NULL;
    struct chain_plan plan = {
        .network = network, .recipe = recipe_find(recipe), .seed = 5, .txs = TXS};
    hash32 digests[BLOCKS + 1], roots[BLOCKS + 1];
    assert_non_null(plan.recipe);
    must(chain_maker_new(&maker, &plan, &error));
    begin(network, limits);
    for (unsigned i = 0; i <= BLOCKS; i++) {
        struct made_block made;
        must(chain_maker_next(maker, &made, &error));
        if (i == 0)
            found(made.pre_state, made.block->header.number - 1, &made.block->header.parent_hash);
        if (i == 0) build_tries();
        compare(made.pre_state);
        must(store_digest(store, &digests[i], &error));
        roots[i] = *store_trie_base(tries);
        if (i < BLOCKS) execute(&made, i % 2 == 1);
    }
    for (unsigned i = BLOCKS - 1; i >= BLOCKS - WINDOW; i--) {
        hash32 digest;
        must(commit_rewind(&committer, i, 0, &error));
        must(store_digest(store, &digest, &error));
        if (!hash32_equal(&digest, &digests[i]))
            fail_msg("%s %s: another digest at block %u", network, recipe, i);
        stand();
        if (!hash32_equal(store_trie_base(tries), &roots[i]))
            fail_msg("%s %s: another root at block %u", network, recipe, i);
    }
    end();
    chain_maker_free(maker);
}

static const struct store_view_limits roomy = {10000, 50000, 1000, (size_t)512 << 20};
static const struct store_view_limits tight = {32, 32, 4, 1 << 16};

TEST(chains_on_a_store_are_those_in_memory)
{
    static const char *const networks[] = {"Frontier",
                                           "Homestead",
                                           "EIP158",
                                           "Byzantium",
                                           "Istanbul",
                                           "London",
                                           "Shanghai",
                                           "Cancun",
                                           "Prague",
                                           "Osaka"};
    static const char *const recipes[] = {"churn", "mixed", "nursery"};
    for (size_t i = 0; i < COUNT_OF(networks); i++)
        for (size_t j = 0; j < COUNT_OF(recipes); j++)
            run_chain(networks[i], recipes[j], (i + j) % 2 == 0 ? &roomy : &tight);
    run_chain("Osaka", "types", &tight);
}
