/* Tries that are built are those that grew, on every kind of store; then blocks go on from there. */
#include "base/rng.h"
#include "crypto/keccak.h"
#include "store/keyspace.h"
#include "store/store_lmdb.h"
#include "store/store_memory.h"
#include "store/store_redis.h"
#include "store/store_trie.h"
#include "store/store_trie_build.h"
#include "support/redis_server.h"
#include "support/state_history.h"
#include "support/store_behaviour.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WINDOW 8

static struct store *store;
static struct committer committer;
static struct store_trie *tries;
static struct memory_state *model;
static struct state_history *history;
static struct error error;
static struct arena arena;
static struct exec_progress progress;

static void must(enum pevm_status status)
{
    if (status != PEVM_OK) fail_msg("%s", error.text);
}

static void check_equal(const hash32 *actual, const hash32 *expected)
{
    assert_memory_equal(actual->bytes, expected->bytes, sizeof actual->bytes);
}

/* ---- all of evmx:trie:* in one number ---- */

struct inventory {
    uint8_t sum[32];
    size_t count;
};

static bool on_key(void *context, struct bytes text, struct bytes value)
{
    struct inventory *all = context;
    hash32 hashes[2];
    keccak256(&hashes[0], text.data, text.size);
    keccak256(&hashes[1], value.data, value.size);
    keccak256(&hashes[0], hashes, sizeof hashes);
    for (size_t i = 0; i < sizeof all->sum; i++)
        all->sum[i] ^= hashes[0].bytes[i];
    all->count++;
    return true;
}

static struct inventory take_inventory(const char *prefix)
{
    struct inventory all = {.count = 0};
    must(store_scan(store, text_bytes(prefix), on_key, &all, &error));
    return all;
}

/* ---- blocks ---- */

static void commit(bool with_roots, unsigned count, unsigned growth)
{
    const struct changeset *changes = state_history_next(history, model, count, growth);
    must(commit_progress(&committer, &progress, &error));
    struct commit_input input = {.number = progress.number + 1,
                                 .parent_hash = progress.hash,
                                 .hash = {{(uint8_t)progress.number, 7}},
                                 .changes = changes};
    if (with_roots) {
        hash32 root, expected;
        CHECK_EQ(memory_state_root_after(model, changes, &expected, &arena), PEVM_OK);
        must(store_trie_root(tries, changes, &root, &error));
        check_equal(&root, &expected);
        must(store_trie_riders(tries, &root, &input, &error));
    }
    must(commit_block(&committer, &input, &error));
    if (with_roots) store_trie_committed(tries);
    CHECK_EQ(memory_state_apply(model, changes), PEVM_OK);
    must(commit_progress(&committer, &progress, &error));
}

static struct trie_build_options build_options(size_t memory_bytes)
{
    return (struct trie_build_options){.folder = "/tmp", .memory_bytes = memory_bytes};
}

static void build(size_t memory_bytes)
{
    struct trie_build_options options = build_options(memory_bytes);
    hash32 root, expected;
    must(store_trie_build(store, &options, &progress, &root, &error));
    CHECK_EQ(memory_state_root(model, &expected, &arena), PEVM_OK);
    check_equal(&root, &expected);
    must(store_trie_begin(tries, &progress, &error));
    check_equal(store_trie_base(tries), &root);
}

/* Takes the store. */
static void begin(uint64_t seed, unsigned accounts)
{
    struct commit_options commit_options = {.window = WINDOW};
    struct store_trie_options options = {.cache_bytes = 1 << 20};
    hash32 genesis = {{0x99}};
    arena_init(&arena, 1 << 16, 0);
    commit_init(&committer, store, &commit_options);
    must(commit_start(&committer, 0, &genesis, 0, &error));
    must(commit_progress(&committer, &progress, &error));
    tries = store_trie_new(store, &options);
    model = memory_state_new();
    history = state_history_new(seed, accounts);
    assert_true(tries != NULL && model != NULL);
}

static void end(void)
{
    store_trie_free(tries);
    commit_fini(&committer);
    store_close(store);
    memory_state_free(model);
    state_history_free(history);
    arena_fini(&arena);
}

/* Blocks without roots, a build; blocks with roots, a build again: the same is there. Back over the blocks with roots. */
static void run(uint64_t seed, unsigned accounts, unsigned blocks)
{
    begin(seed, accounts);
    build(1 << 20); /* of nothing */
    for (unsigned i = 0; i < blocks; i++)
        commit(false, accounts / 2, 80);
    CHECK_EQ(store_trie_begin(tries, &progress, &error), PEVM_NOT_FOUND);
    build(1 << 20);
    hash32 root = *store_trie_base(tries);
    for (unsigned i = 0; i < blocks; i++)
        commit(true, accounts / 3, i % 3 == 0 ? 20 : 70);
    struct inventory grown = take_inventory("evmx:trie:");
    uint64_t records = take_inventory("evmx:undo:").count;
    CHECK_EQ(records, blocks < WINDOW ? blocks : WINDOW);
    if (blocks <= WINDOW) {
        must(commit_rewind(&committer, blocks, 0, &error));
        must(commit_progress(&committer, &progress, &error));
        must(store_trie_begin(tries, &progress, &error));
        check_equal(store_trie_base(tries), &root);
    } else {
        build((size_t)64 << 20);
        struct inventory built = take_inventory("evmx:trie:");
        CHECK_EQ(built.count, grown.count);
        assert_memory_equal(built.sum, grown.sum, sizeof grown.sum);
        CHECK_EQ(take_inventory("evmx:undo:").count, 0);
        commit(true, accounts / 3, 50);
    }
    end();
}

TEST(what_is_built_is_what_grows)
{
    static const unsigned counts[] = {1, 5, 100, 1000};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        must(store_memory_open(&store, NULL, &error));
        run(i, counts[i], WINDOW);
        must(store_memory_open(&store, NULL, &error));
        run(i, counts[i], WINDOW + 3);
    }
}

TEST(on_a_disk_it_is_the_same)
{
    char folder[] = "/tmp/pevm_build_XXXXXX", command[64];
    struct lmdb_options options = {folder, 1 << 20, true};
    assert_non_null(mkdtemp(folder));
    must(store_lmdb_open(&store, &options, &error));
    run(5, 800, WINDOW + 2);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK_EQ(system(command), 0);
}

TEST(on_a_server_it_is_the_same)
{
    struct redis_server server;
    if (!redis_server_start(&server, "")) return;
    struct redis_options options = {.address = server.path,
                                    .password = "",
                                    .connections_max = 2,
                                    .pipeline_size = 100,
                                    .connect_timeout_ms = 1000,
                                    .timeout_ms = 5000};
    must(store_redis_open(&store, &options, &error));
    run(6, 400, WINDOW + 2);
    redis_server_stop(&server);
}

/* More than fits into the least memory: 8192 entries. */
TEST(a_state_that_does_not_fit_into_memory_is_sorted_in_a_file)
{
    must(store_memory_open(&store, NULL, &error));
    begin(7, 20000);
    commit(false, 20000, 90);
    struct inventory state = take_inventory("st:latest:");
    CHECK(state.count > 3 * 8192);
    build(1 << 20);
    struct inventory small = take_inventory("evmx:trie:");
    build((size_t)64 << 20);
    struct inventory large = take_inventory("evmx:trie:");
    CHECK(small.count == large.count && memcmp(small.sum, large.sum, sizeof small.sum) == 0);
    end();
}

/* ---- refusals ---- */

struct watch {
    unsigned calls, cancel_at;
    uint64_t last, total;
};

static bool on_progress(void *context, const struct trie_build_progress *now)
{
    struct watch *watch = context;
    if (!now->is_scanning) watch->total = now->total;
    watch->last = now->done;
    return ++watch->calls != watch->cancel_at;
}

TEST(progress_is_told_and_a_build_can_be_cancelled)
{
    struct watch watch = {.calls = 0};
    struct trie_build_options options = build_options((size_t)64 << 20);
    hash32 root;
    options.tell = on_progress;
    options.context = &watch;
    must(store_memory_open(&store, NULL, &error));
    begin(8, 20000);
    commit(false, 20000, 90);
    must(store_trie_build(store, &options, &progress, &root, &error));
    CHECK(watch.calls > 3);
    CHECK_EQ(watch.last, watch.total);
    for (unsigned at = watch.calls - 1; at > 0; at--) {
        watch = (struct watch){.cancel_at = at};
        CHECK_EQ(store_trie_build(store, &options, &progress, &root, &error), PEVM_CANCELLED);
        CHECK_EQ(store_trie_begin(tries, &progress, &error), PEVM_NOT_FOUND);
    }
    build((size_t)64 << 20);
    end();
}

TEST(another_root_than_the_header_s_leaves_no_tries)
{
    struct trie_build_options options = build_options(1 << 20);
    hash32 root, other = {{1}};
    must(store_memory_open(&store, NULL, &error));
    begin(9, 100);
    commit(false, 100, 90);
    options.root = &other;
    CHECK_EQ(store_trie_build(store, &options, &progress, &root, &error), PEVM_CORRUPT);
    CHECK(strstr(error.text, "the state in the store has the root 0x") == error.text);
    CHECK(strstr(error.text, ", block 1 says 0x01") != NULL);
    CHECK_EQ(store_trie_begin(tries, &progress, &error), PEVM_NOT_FOUND);
    options.root = &root;
    must(store_trie_build(store, &options, &progress, &root, &error));
    progress.has_hash = false;
    CHECK_EQ(store_trie_build(store, &options, &progress, &root, &error), PEVM_BAD_INPUT);
    end();
}

#define A "0x00000000000000000000000000000000000000aa"

TEST(damaged_state_is_named)
{
    static const struct {
        const char *key, *value, *why;
    } cases[] = {
        {"st:latest:acc:" A,                                                                        "{}", "st:latest:acc:" A ": balance: is missing"                                   },
        {"st:latest:odd",                                                                           "{}", "st:latest:odd: is neither account nor slot"                                 },
        {"st:latest:stor:" A ":0x0000000000000000000000000000000000000000000000000000000000000001",
         "0x0000000000000000000000000000000000000000000000000000000000000001",                            "account 0x00000000000000000000000000000000000000aa: has slots and is absent"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct trie_build_options options = build_options(1 << 20);
        hash32 root;
        must(store_memory_open(&store, NULL, &error));
        begin(10, 10);
        CHECK_EQ(put_text(store, cases[i].key, cases[i].value, 0), PEVM_OK);
        CHECK_EQ(store_trie_build(store, &options, &progress, &root, &error), PEVM_CORRUPT);
        CHECK_TEXT(error.text, cases[i].why);
        end();
    }
}
