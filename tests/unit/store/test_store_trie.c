/* State roots from a store against those from memory: any history, every cut, every way back. */
#include "base/heap.h"
#include "base/rng.h"
#include "crypto/keccak.h"
#include "store/keyspace.h"
#include "store/store_memory.h"
#include "store/store_trie.h"
#include "store/trie_value.h"
#include "support/state_history.h"
#include "support/store_behaviour.h"
#include "support/test.h"

#define WINDOW 16

static struct memory_db *db;
static struct store *store;
static struct committer committer;
static struct store_trie *tries;
static struct error error;

/* The same state in memory, and how it was after the last blocks. */
static struct memory_state *model;
static struct {
    struct memory_state *model;
    hash32 hash, root;
} past[WINDOW + 1]; /* by number % (WINDOW + 1) */
static uint64_t number;
static hash32 block_hash;
static struct arena arena;
static struct rng rng;

static void must(enum pevm_status status)
{
    if (status != PEVM_OK) fail_msg("%s", error.text);
}

static void check_equal(const hash32 *actual, const hash32 *expected)
{
    assert_memory_equal(actual->bytes, expected->bytes, sizeof actual->bytes);
}

/* ---- all that lies in a store beside the state ---- */

struct inventory {
    uint8_t sum[32]; /* of the hashes of tries' keys and values */
    size_t boughs, records;
    uint64_t lowest, highest; /* of records */
};

static bool on_trie_key(void *context, struct bytes text, struct bytes value)
{
    struct inventory *all = context;
    struct key key;
    hash32 hashes[2];
    assert_true(key_read(&key, text));
    keccak256(&hashes[0], text.data, text.size);
    keccak256(&hashes[1], value.data, value.size);
    keccak256(&hashes[0], hashes, sizeof hashes);
    for (size_t i = 0; i < sizeof all->sum; i++)
        all->sum[i] ^= hashes[0].bytes[i];
    all->boughs++;
    return true;
}

static bool on_record(void *context, struct bytes text, struct bytes value)
{
    struct inventory *all = context;
    struct key key;
    (void)value;
    assert_true(key_read(&key, text) && key.kind == KEY_RIDERS);
    if (all->records == 0 || key.number < all->lowest) all->lowest = key.number;
    if (all->records == 0 || key.number > all->highest) all->highest = key.number;
    all->records++;
    return true;
}

static struct inventory take_inventory(struct store *of)
{
    struct inventory all = {.boughs = 0};
    must(store_scan(of, text_bytes("evmx:trie:"), on_trie_key, &all, &error));
    must(store_scan(of, text_bytes("evmx:undo:"), on_record, &all, &error));
    return all;
}

/* ---- stores ---- */

static void put_head(struct store *into, const struct trie_head *head)
{
    char text[TRIE_HEAD_TEXT_SIZE];
    trie_head_write(text, head);
    CHECK_EQ(put_text(into, "evmx:trie", text, 0), PEVM_OK);
}

static struct store_trie *tries_new(struct store *of, size_t cache_bytes)
{
    struct store_trie_options options = {.cache_bytes = cache_bytes};
    struct store_trie *out = store_trie_new(of, &options);
    assert_non_null(out);
    return out;
}

/* What is there is what a store would hold whose state came in one block. */
static void check_whole(void)
{
    struct store *fresh;
    struct store_batch batch = {0};
    struct commit_input input = {.number = 1};
    struct exec_progress progress = {0};
    hash32 root;
    must(store_memory_open(&fresh, NULL, &error));
    put_head(fresh, &(struct trie_head){.root = keccak_empty_trie});
    struct store_trie *once = tries_new(fresh, 1 << 20);
    must(store_trie_begin(once, &progress, &error));
    must(store_trie_root(once, state_as_changes(model, &arena), &root, &error));
    check_equal(&root, store_trie_base(tries));
    must(store_trie_riders(once, &root, &input, &error));
    riders_put_after(&batch, input.riders, input.rider_count);
    must(store_write(fresh, &batch, 0, &error));
    struct inventory expected = take_inventory(fresh), there = take_inventory(store);
    CHECK_EQ(there.boughs, expected.boughs);
    assert_memory_equal(there.sum, expected.sum, sizeof there.sum);
    store_batch_fini(&batch);
    store_trie_free(once);
    store_close(fresh);
    arena_reset(&arena);
}

/* One record for each block of the window. */
static void check_records(void)
{
    struct inventory all = take_inventory(store);
    uint64_t count = number < WINDOW ? number : WINDOW;
    CHECK_EQ(all.records, count);
    if (count == 0) return;
    CHECK_EQ(all.highest, number);
    CHECK_EQ(all.lowest, number - count + 1);
}

static void open_all(size_t cache_bytes)
{
    struct commit_options options = {.window = WINDOW};
    must(store_memory_open(&store, db, &error));
    commit_init(&committer, store, &options);
    tries = tries_new(store, cache_bytes);
}

static void close_all(void)
{
    store_trie_free(tries);
    commit_fini(&committer);
    store_close(store);
}

static void stand(void)
{
    struct exec_progress progress;
    must(commit_progress(&committer, &progress, &error));
    must(store_trie_begin(tries, &progress, &error));
}

static void keep(void)
{
    size_t place = number % (WINDOW + 1);
    memory_state_free(past[place].model);
    past[place].model = memory_state_clone(model);
    past[place].hash = block_hash;
    past[place].root = *store_trie_base(tries);
    assert_non_null(past[place].model);
}

static void begin(uint64_t seed, size_t cache_bytes)
{
    rng_init(&rng, seed);
    arena_init(&arena, 1 << 16, 0);
    db = memory_db_new();
    model = memory_state_new();
    assert_true(db != NULL && model != NULL);
    number = 0;
    block_hash = (hash32){{0x99}};
    open_all(cache_bytes);
    must(commit_start(&committer, 0, &block_hash, 0, &error));
    put_head(store, &(struct trie_head){.hash = block_hash, .root = keccak_empty_trie});
    stand();
    keep();
}

static void end(void)
{
    close_all();
    memory_db_free(db);
    memory_state_free(model);
    for (size_t i = 0; i < COUNT_OF(past); i++) {
        memory_state_free(past[i].model);
        past[i].model = NULL;
    }
    arena_fini(&arena);
}

/* ---- blocks ---- */

static struct commit_input next_block(const struct changeset *changes)
{
    struct commit_input input = {
        .number = number + 1, .parent_hash = block_hash, .changes = changes};
    rng_fill(&rng, &input.hash, sizeof input.hash);
    return input;
}

static hash32 root_after(const struct changeset *changes)
{
    hash32 root, expected;
    CHECK_EQ(memory_state_root_after(model, changes, &expected, &arena), PEVM_OK);
    must(store_trie_root(tries, changes, &root, &error));
    check_equal(&root, &expected);
    return root;
}

static void committed(const struct commit_input *input)
{
    store_trie_committed(tries);
    CHECK_EQ(memory_state_apply(model, input->changes), PEVM_OK);
    number = input->number;
    block_hash = input->hash;
}

static void commit(const struct changeset *changes)
{
    struct commit_input input = next_block(changes);
    hash32 root = root_after(changes);
    must(store_trie_riders(tries, &root, &input, &error));
    must(commit_block(&committer, &input, &error));
    committed(&input);
    check_equal(store_trie_base(tries), &root);
}

/* The state in memory goes back, too. */
static void return_to(uint64_t to)
{
    size_t place = to % (WINDOW + 1);
    memory_state_free(model);
    model = memory_state_clone(past[place].model);
    assert_non_null(model);
    number = to;
    block_hash = past[place].hash;
    stand();
    check_equal(store_trie_base(tries), &past[place].root);
}

/* ---- histories ---- */

static void run(uint64_t seed, unsigned accounts, unsigned blocks, size_t cache_bytes)
{
    struct state_history *history = state_history_new(seed, accounts);
    begin(seed, cache_bytes);
    for (unsigned i = 0; i < blocks; i++) {
        unsigned growth = i % 200 < 120 ? 75 : 8; /* up, and down to almost nothing */
        unsigned count = (unsigned)rng_below(&rng, accounts / 5 + 2);
        commit(state_history_next(history, model, count, growth));
        if (i % 50 == 49) check_whole();
        check_records();
    }
    check_whole();
    end();
    state_history_free(history);
}

TEST(roots_are_those_of_the_state_in_memory_and_nothing_is_left_over)
{
    run(1, 3, 400, 1 << 20);
    run(2, 20, 600, 1 << 20);
    run(3, 300, 800, 1 << 20);
    run(4, 2500, 140, 1 << 22);
}

TEST(a_cache_that_is_too_small_changes_nothing)
{
    run(5, 300, 300, 0);
    run(6, 300, 300, 20000);
}

TEST(a_root_can_be_asked_again_and_only_the_last_one_counts)
{
    struct state_history *history = state_history_new(7, 100);
    begin(7, 1 << 20);
    for (unsigned i = 0; i < 200; i++) {
        const struct changeset *changes = state_history_next(history, model, 20, 70);
        struct changeset first = *changes;
        for (size_t count = 0; count <= changes->account_count; count += 3) {
            first.account_count = count;
            root_after(&first);
        }
        commit(changes);
    }
    check_whole();
    end();
    state_history_free(history);
}

TEST(blocks_without_changes_keep_the_root)
{
    struct state_history *history = state_history_new(8, 50);
    static const struct changeset nothing;
    begin(8, 1 << 20);
    commit(&nothing);
    check_equal(store_trie_base(tries), &keccak_empty_trie);
    commit(state_history_next(history, model, 50, 90));
    hash32 root = *store_trie_base(tries);
    commit(&nothing);
    check_equal(store_trie_base(tries), &root);
    check_whole();
    check_records();
    end();
    state_history_free(history);
}

TEST(going_back_gives_the_roots_that_were)
{
    struct state_history *history = state_history_new(9, 200);
    begin(9, 1 << 20);
    for (unsigned round = 0; round < 60; round++) {
        unsigned blocks = (unsigned)rng_below(&rng, WINDOW + 10);
        for (unsigned i = 0; i < blocks; i++) {
            commit(state_history_next(history, model, 30, round % 10 < 6 ? 75 : 10));
            keep();
        }
        uint64_t depth = rng_below(&rng, (blocks < WINDOW ? blocks : WINDOW) + 1);
        must(commit_rewind(&committer, number - depth, 0, &error));
        return_to(number - depth);
        check_whole();
    }
    end();
    state_history_free(history);
}

/* As after kill -9 and a new start. */
static void start_anew(void)
{
    memory_db_start(db);
    close_all();
    open_all(1 << 20);
    must(commit_recover(&committer, 0, &error));
    stand();
}

TEST(any_cut_of_a_commit_and_of_its_recovery_is_made_whole)
{
    struct state_history *history = state_history_new(10, 40);
    begin(10, 1 << 20);
    for (unsigned block = 0; block < WINDOW + 14; block++) {
        const struct changeset *changes =
            state_history_next(history, model, 8, block < 20 ? 80 : 20);
        struct commit_input input = next_block(changes);
        bool is_tried = block % 3 == 0 || block == WINDOW;
        for (uint64_t cut = is_tried ? 0 : 1000000;; cut++) { /* ends: it has so many changes */
            hash32 root = root_after(changes);
            must(store_trie_riders(tries, &root, &input, &error));
            memory_db_stop_after(db, cut);
            enum pevm_status status = commit_block(&committer, &input, &error);
            if (status == PEVM_OK) {
                committed(&input);
                memory_db_start(db);
                break;
            }
            memory_db_stop_after(db, rng_below(&rng, 20));
            (void)!commit_recover(&committer, 0, &error);
            start_anew();
            struct exec_progress progress;
            must(commit_progress(&committer, &progress, &error));
            if (progress.number == number) {
                check_records();
                if (cut % 7 == 0) check_whole();
                continue;
            }
            check_equal(store_trie_base(tries), &root); /* it was there already */
            must(commit_rewind(&committer, number, 0, &error));
            stand();
        }
        keep();
        check_records();
        check_whole();
    }
    end();
    state_history_free(history);
}

TEST(any_cut_of_going_back_is_made_whole)
{
    struct state_history *history = state_history_new(11, 40);
    begin(11, 1 << 20);
    for (unsigned i = 0; i < 12; i++) {
        commit(state_history_next(history, model, 10, 70));
        keep();
    }
    for (uint64_t cut = 0;; cut += 1 + cut / 50) { /* ends: four blocks have so many changes */
        memory_db_stop_after(db, cut);
        enum pevm_status status = commit_rewind(&committer, 8, 0, &error);
        start_anew();
        struct exec_progress progress;
        must(commit_progress(&committer, &progress, &error));
        CHECK(progress.number == 12 || progress.number == 8);
        return_to(progress.number);
        if (cut % 5 == 0) check_whole();
        if (status == PEVM_OK) break;
        for (; number < 12;) { /* ends: it grows */
            commit(state_history_next(history, model, 10, 70));
            keep();
        }
    }
    check_records();
    end();
    state_history_free(history);
}

/* ---- what is refused ---- */

TEST(tries_of_another_block_are_refused)
{
    struct state_history *history = state_history_new(12, 40);
    struct exec_progress progress = {.number = 3, .has_hash = true};
    const struct changeset *changes;
    hash32 root;
    begin(12, 1 << 20);
    for (unsigned i = 0; i < 3; i++)
        commit(state_history_next(history, model, 10, 90));
    progress.hash = (hash32){{1}};
    CHECK_EQ(store_trie_begin(tries, &progress, &error), PEVM_NOT_FOUND);
    CHECK(strstr(error.text, "evmx:trie: is of another block 3, ") == error.text);
    changes = state_history_next(history, model, 10, 90);
    CHECK_EQ(store_trie_root(tries, changes, &root, &error), PEVM_BAD_INPUT);
    stand();
    struct commit_input input = next_block(changes); /* as with verify: header */
    must(commit_block(&committer, &input, &error));
    must(commit_progress(&committer, &progress, &error));
    CHECK_EQ(store_trie_begin(tries, &progress, &error), PEVM_NOT_FOUND);
    must(commit_rewind(&committer, 3, 0, &error)); /* and they fit again */
    stand();
    check_whole();
    struct store_batch batch = {0};
    store_batch_delete(&batch, text_bytes("evmx:trie"));
    must(store_write(store, &batch, 0, &error));
    store_batch_fini(&batch);
    CHECK_EQ(store_trie_begin(tries, &progress, &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "evmx:trie: is absent: the tries of the state were never built");
    end();
    state_history_free(history);
}

TEST(riders_are_those_of_the_root_that_is_named)
{
    struct state_history *history = state_history_new(13, 40);
    begin(13, 1 << 20);
    const struct changeset *changes = state_history_next(history, model, 20, 90);
    struct commit_input input = next_block(changes);
    hash32 other = {{1}};
    CHECK_EQ(store_trie_riders(tries, &other, &input, &error), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text,
               "the tries of block 1 are to be written, and their last root was not made");
    root_after(changes);
    CHECK_EQ(store_trie_riders(tries, &other, &input, &error), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text,
               "the tries of block 1 are to be written, and their last root is another one");
    end();
    state_history_free(history);
}

/* Every bough in turn is damaged, or gone: a change of everything notices, and names it. */
struct damage {
    char keys[2000][KEY_TEXT_SIZE];
    size_t count;
};

static bool on_bough(void *context, struct bytes text, struct bytes value)
{
    struct damage *all = context;
    (void)value;
    assert_true(all->count < COUNT_OF(all->keys) && text.size < KEY_TEXT_SIZE);
    memcpy(all->keys[all->count], text.data, text.size);
    all->keys[all->count++][text.size] = 0;
    return true;
}

static const struct changeset *everything_changes(void)
{
    const struct changeset *whole = state_as_changes(model, &arena);
    struct account_change *accounts =
        arena_alloc(&arena, (whole->account_count + 1) * sizeof *accounts);
    struct changeset *changes = arena_alloc(&arena, sizeof *changes);
    assert_true(accounts != NULL && changes != NULL);
    memcpy(accounts, whole->accounts, whole->account_count * sizeof *accounts);
    for (size_t i = 0; i < whole->account_count; i++)
        accounts[i].storage_cleared = i % 2 == 0;
    *changes = (struct changeset){.accounts = accounts, .account_count = whole->account_count};
    return changes;
}

static void damage_each(bool is_gone)
{
    static struct damage all;
    struct state_history *history = state_history_new(14, 300);
    hash32 root;
    all.count = 0;
    begin(14, 1 << 20);
    for (unsigned i = 0; i < 4; i++)
        commit(state_history_next(history, model, 200, 95));
    must(store_scan(store, text_bytes("evmx:trie:"), on_bough, &all, &error));
    CHECK(all.count > 100);
    const struct changeset *changes = everything_changes();
    for (size_t i = 0; i < all.count; i++) {
        char before[4096];
        const char *key = all.keys[i];
        struct bytes value;
        must(store_get(store, &value, text_bytes(key), &arena, &error));
        memcpy(before, value.data, value.size);
        struct store_batch batch = {0};
        before[rng_below(&rng, value.size)] ^= 1;
        if (is_gone)
            store_batch_delete(&batch, text_bytes(key));
        else
            store_batch_set(&batch, text_bytes(key), bytes_of(before, value.size), 0);
        must(store_write(store, &batch, 0, &error));
        store_trie_free(tries);
        tries = tries_new(store, 1 << 20);
        stand();
        enum pevm_status status = store_trie_root(tries, changes, &root, &error);
        /* Of a storage that is cleared only the way down counts, and its root may be absent. */
        bool is_storage = strstr(key, ":stor:") != NULL;
        if (status == PEVM_OK && is_storage) {
            hash32 expected;
            CHECK_EQ(memory_state_root_after(model, changes, &expected, &arena), PEVM_OK);
            check_equal(&root, &expected);
        } else {
            CHECK_EQ(status, PEVM_CORRUPT);
            CHECK(strstr(error.text, key) == error.text);
        }
        store_batch_reset(&batch);
        store_batch_set(&batch, text_bytes(key), value, 0);
        must(store_write(store, &batch, 0, &error));
        store_batch_fini(&batch);
    }
    end();
    state_history_free(history);
}

TEST(damage_is_named_and_never_passed_over)
{
    damage_each(false);
}

TEST(what_is_absent_is_named_and_never_taken_for_empty)
{
    damage_each(true);
}

TEST(a_store_that_does_not_answer_gives_no_root)
{
    struct state_history *history = state_history_new(15, 100);
    hash32 root;
    begin(15, 0);
    for (unsigned i = 0; i < 5; i++)
        commit(state_history_next(history, model, 50, 90));
    const struct changeset *changes = state_history_next(history, model, 50, 50);
    store_trie_free(tries);
    tries = tries_new(store, 0);
    stand();
    memory_db_stop_after(db, 0);
    CHECK_EQ(store_trie_root(tries, changes, &root, &error), PEVM_UNAVAILABLE);
    CHECK_TEXT(error.text, "memory: the database was told to stop");
    memory_db_start(db);
    commit(changes);
    check_whole();
    end();
    state_history_free(history);
}

/* Whatever allocation fails. */
TEST(without_memory_there_is_no_root_and_the_next_one_is_right)
{
    struct state_history *history = state_history_new(18, 400);
    hash32 root;
    uint64_t refused = 0;
    begin(18, 1 << 20);
    for (unsigned i = 0; i < 4; i++)
        commit(state_history_next(history, model, 300, 90));
    for (uint64_t after = 0; after < 20; after++) {
        const struct changeset *changes = state_history_next(history, model, 100, 50);
        struct commit_input input = next_block(changes);
        store_trie_free(tries);
        tries = tries_new(store, 1 << 20);
        stand();
        heap_fail(after, 1);
        enum pevm_status status = store_trie_root(tries, changes, &root, &error);
        if (status == PEVM_OK) status = store_trie_riders(tries, &root, &input, &error);
        heap_fail(0, 0);
        if (status != PEVM_OK) CHECK_EQ(status, PEVM_NO_MEMORY);
        refused += status != PEVM_OK;
        commit(changes);
    }
    CHECK(refused >= 3);
    check_whole();
    end();
    state_history_free(history);
}

/* Two tries on one store: the second one commits, the first one has a cache of before, and finds what does not fit. */
TEST(somebody_else_who_writes_is_noticed)
{
    struct state_history *history = state_history_new(16, 400);
    hash32 root;
    begin(16, 1 << 20);
    for (unsigned i = 0; i < 5; i++)
        commit(state_history_next(history, model, 200, 90));
    struct store_trie *other = tries;
    tries = tries_new(store, 1 << 20);
    stand();
    for (unsigned i = 0; i < 3; i++)
        commit(state_history_next(history, model, 200, 60));
    struct store_trie *leader = tries;
    tries = tries_new(store, 0);
    stand();
    commit(state_history_next(history, model, 5, 60));
    enum pevm_status status = PEVM_OK;
    for (unsigned i = 0; i < 20 && status == PEVM_OK; i++)
        status =
            store_trie_root(leader, state_history_next(history, model, 200, 60), &root, &error);
    if (status != PEVM_OK) {
        CHECK_EQ(status, PEVM_FENCED);
        CHECK_TEXT(error.text,
                   "fenced: evmx:trie is not that of block 8 any more, somebody else writes it");
    }
    store_trie_free(leader);
    store_trie_free(tries);
    tries = other; /* its cache is of block 5 */
    stand();
    commit(state_history_next(history, model, 200, 60));
    check_whole();
    end();
    state_history_free(history);
}

TEST(what_is_read_is_counted)
{
    struct state_history *history = state_history_new(17, 500);
    struct store_trie_counts before, after;
    begin(17, 1 << 22);
    for (unsigned i = 0; i < 20; i++)
        commit(state_history_next(history, model, 100, 80));
    store_trie_count(tries, &before);
    CHECK(before.opened > 0 && before.written > 0 && before.entries > 0 && before.bytes > 0);
    commit(state_history_next(history, model, 100, 50));
    store_trie_count(tries, &after);
    CHECK(after.read <
          before.read + 40); /* all is in the cache but for storages that there were not */
    store_trie_free(tries);
    tries = tries_new(store, 1 << 22);
    stand();
    commit(state_history_next(history, model, 100, 50));
    store_trie_count(tries, &after);
    CHECK(after.read > 100);
    CHECK(after.round_trips < 10); /* the head, and a level each */
    end();
    state_history_free(history);
}
