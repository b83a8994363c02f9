/* The commit protocol: every cut, every way back. */
#include "base/heap.h"
#include "base/rng.h"
#include "store/keyspace.h"
#include "store/store_digest.h"
#include "store/store_memory.h"
#include "support/commit_world.h"
#include "support/store_behaviour.h"
#include "support/test.h"

#define BLOCKS 60
#define WINDOW 16

static struct memory_db *db;
static struct store *store;
static struct committer committer;
static struct error error;
static struct commit_world *world;
static hash32 digests[BLOCKS + 1]; /* of an undisturbed run */

static void open_store(void)
{
    struct commit_options options = {.style = {.history_ttl_ms = 3600000}, .window = WINDOW};
    if (store_memory_open(&store, db, &error) != PEVM_OK) fail_msg("%s", error.text);
    commit_init(&committer, store, &options);
}

static void close_store(void)
{
    commit_fini(&committer);
    store_close(store);
}

/* As after kill -9 and a new start. */
static void reopen(void)
{
    close_store();
    open_store();
}

static hash32 digest(void)
{
    hash32 out;
    if (store_digest(store, &out, &error) != PEVM_OK) fail_msg("%s", error.text);
    return out;
}

static void check_digest(uint64_t number)
{
    hash32 now = digest();
    if (!hash32_equal(&now, &digests[number]))
        fail_msg("another digest than after block %u", (unsigned)number);
}

static void must(enum pevm_status status)
{
    if (status != PEVM_OK) fail_msg("%s", error.text);
}

static void start(void)
{
    hash32 genesis = commit_world_hash(world, 0);
    must(commit_start(&committer, 0, &genesis, 0, &error));
}

static uint64_t head(void)
{
    struct exec_progress progress;
    must(commit_progress(&committer, &progress, &error));
    hash32 hash = commit_world_hash(world, progress.number);
    CHECK(hash32_equal(&progress.hash, &hash));
    return progress.number;
}

/* A new database, and the digests of an undisturbed run on another one. */
static void begin(void)
{
    world = commit_world_new(1, BLOCKS);
    db = memory_db_new();
    assert_non_null(db);
    open_store();
    start();
    digests[0] = digest();
    for (uint64_t number = 1; number <= BLOCKS; number++) {
        must(commit_block(&committer, commit_world_input(world, number), &error));
        digests[number] = digest();
        commit_world_check_latest(store, commit_world_model(world, number));
    }
    close_store();
    memory_db_free(db);
    db = memory_db_new();
    assert_non_null(db);
    open_store();
    start();
}

static void end(void)
{
    close_store();
    memory_db_free(db);
    commit_world_free(world);
}

static void commit_up_to(uint64_t number)
{
    for (uint64_t next = head() + 1; next <= number; next++)
        must(commit_block(&committer, commit_world_input(world, next), &error));
}

/* ---- what there is in the store beside the digest ---- */

struct range {
    uint64_t lowest, highest, records;
};

static bool on_state_key(void *context, struct bytes text, struct bytes value)
{
    struct range *range = context;
    struct key key;
    (void)value;
    CHECK(key_read(&key, text));
    if (key.kind != KEY_UNDO && key.kind != KEY_ACCOUNT_AT && key.kind != KEY_SLOT_AT) return true;
    if (key.number < range->lowest) range->lowest = key.number;
    if (key.number > range->highest) range->highest = key.number;
    range->records += key.kind == KEY_UNDO;
    return true;
}

/* History and records are those of the window, no others. */
static void check_window(uint64_t number)
{
    struct range range = {.lowest = UINT64_MAX};
    must(store_scan(store, bytes_of("st:", 3), on_state_key, &range, &error));
    if (number == 0) {
        CHECK_EQ(range.records, 0);
        return;
    }
    uint64_t lowest = number > WINDOW ? number - WINDOW + 1 : 1;
    CHECK_EQ(range.highest, number);
    CHECK_EQ(range.lowest, lowest);
    CHECK_EQ(range.records, number - lowest + 1);
}

TEST(blocks_are_committed_one_after_the_other)
{
    begin();
    CHECK_EQ(head(), 0);
    for (uint64_t number = 1; number <= BLOCKS; number++) {
        commit_up_to(number);
        check_digest(number);
        check_window(number);
    }
    struct exec_progress progress;
    must(commit_progress(&committer, &progress, &error));
    uint64_t txs = 0;
    for (uint64_t number = 1; number <= BLOCKS; number++)
        txs += commit_world_input(world, number)->receipt_count;
    CHECK_EQ(progress.tx_count, txs);
    CHECK_EQ(progress.time, 1700000000 + BLOCKS);
    end();
}

/* Commit block `number`, cut after each number of changes in turn; recover, cut as well, after `recovery_cut` changes. */
static void commit_with_every_cut(uint64_t number, struct rng *rng)
{
    for (uint64_t cut = 0;; cut++) { /* ends: a block has so many changes */
        memory_db_stop_after(db, cut);
        enum pevm_status status =
            commit_block(&committer, commit_world_input(world, number), &error);
        if (status != PEVM_OK) CHECK_EQ(status, PEVM_UNAVAILABLE);
        memory_db_stop_after(db, rng_below(rng, 12));
        enum pevm_status recovered = commit_recover(&committer, 0, &error);
        if (recovered != PEVM_OK) CHECK_EQ(recovered, PEVM_UNAVAILABLE);
        memory_db_start(db);
        reopen();
        must(commit_recover(&committer, 0, &error));
        uint64_t now = head();
        CHECK(now == number || (now == number - 1 && status != PEVM_OK));
        check_digest(now);
        check_window(now);
        if (status == PEVM_OK) return;
        if (now == number)
            must(
                commit_rewind(&committer, number - 1, 0, &error)); /* once more, with a later cut */
    }
}

TEST(any_cut_of_a_commit_and_of_its_recovery_is_made_whole)
{
    struct rng rng;
    rng_init(&rng, 4);
    begin();
    for (uint64_t number = 1; number <= BLOCKS; number++) {
        if (number % 5 != 0 && number != WINDOW + 1) {
            commit_up_to(number);
            continue;
        }
        commit_with_every_cut(number, &rng);
    }
    check_digest(BLOCKS);
    end();
}

TEST(going_back_gives_what_was)
{
    static const uint64_t depths[] = {1, 2, 7, WINDOW};
    begin();
    for (size_t i = 0; i < COUNT_OF(depths); i++) {
        commit_up_to(40);
        must(commit_rewind(&committer, 40 - depths[i], 0, &error));
        CHECK_EQ(head(), 40 - depths[i]);
        check_digest(40 - depths[i]);
        commit_world_check_latest(store, commit_world_model(world, 40 - depths[i]));
        commit_up_to(60 - WINDOW); /* until the window is full again */
        commit_up_to(60);
        check_digest(60);
        must(commit_rewind(&committer, 60 - WINDOW, 0, &error));
        check_digest(60 - WINDOW);
        end();
        begin();
    }
    end();
}

TEST(another_branch_is_as_if_there_had_never_been_this_one)
{
    begin();
    struct commit_world *branch = commit_world_branch(1, 50, 33);
    commit_up_to(45);
    must(commit_rewind(&committer, 33, 0, &error));
    for (uint64_t number = 34; number <= 50; number++)
        must(commit_block(&committer, commit_world_input(branch, number), &error));
    commit_world_check_latest(store, commit_world_model(branch, 50));
    hash32 switched = digest();
    end();
    world = branch;
    db = memory_db_new();
    open_store();
    start();
    for (uint64_t number = 1; number <= 50; number++)
        must(commit_block(&committer, commit_world_input(branch, number), &error));
    hash32 straight = digest();
    CHECK(hash32_equal(&switched, &straight));
    end();
}

TEST(any_cut_of_going_back_is_made_whole)
{
    begin();
    commit_up_to(30);
    for (uint64_t cut = 0;; cut++) { /* ends: five blocks have so many changes */
        memory_db_stop_after(db, cut);
        enum pevm_status status = commit_rewind(&committer, 25, 0, &error);
        memory_db_start(db);
        reopen();
        must(commit_recover(&committer, 0, &error));
        CHECK(head() == 30 || head() == 25);
        check_digest(head());
        if (status == PEVM_OK) break;
        commit_up_to(30);
        check_digest(30);
    }
    end();
}

TEST(nobody_goes_back_beyond_the_window)
{
    begin();
    commit_up_to(40);
    uint64_t changes = memory_db_changes(db), depth;
    CHECK_EQ(commit_rewind(&committer, 40 - WINDOW - 1, 0, &error), PEVM_LIMIT);
    CHECK_TEXT(
        error.text,
        "block 23 cannot be reached from block 40: the record of block 24 has left the window");
    CHECK_EQ(commit_rewind(&committer, 41, 0, &error), PEVM_BAD_INPUT);
    CHECK_EQ(memory_db_changes(db), changes);
    must(commit_depth(&committer, 1000, &depth, &error));
    CHECK_EQ(depth, WINDOW);
    must(commit_depth(&committer, 3, &depth, &error));
    CHECK_EQ(depth, 3);
    end();
}

TEST(progress_that_was_set_back_by_hand_is_followed)
{
    static const char *const texts[] = {
        "{\"latestExecutedBlock\":30,\"lastExecutionTime\":0,\"totalTxsExecuted\":0}"};
    begin();
    commit_up_to(37);
    CHECK_EQ(put_text(store, "idx:exec:progress", texts[0], 0), PEVM_OK);
    must(commit_recover(&committer, 0, &error));
    check_digest(30);
    for (uint64_t number = 31; number <= 40; number++)
        must(commit_block(&committer, commit_world_input(world, number), &error));
    check_digest(40);
    end();
}

TEST(a_window_that_was_made_smaller_is_emptied)
{
    begin();
    commit_up_to(40);
    struct commit_options options = committer.options;
    commit_fini(&committer);
    options.window = 4;
    commit_init(&committer, store, &options);
    must(commit_recover(&committer, 0, &error));
    uint64_t depth;
    must(commit_depth(&committer, 1000, &depth, &error));
    CHECK_EQ(depth, 4);
    check_digest(40);
    end();
}

TEST(what_does_not_follow_is_refused_and_nothing_is_written)
{
    begin();
    CHECK_EQ(commit_block(&committer, commit_world_input(world, 2), &error), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "block 2 does not follow block 0, the last one in the store");
    struct commit_input other = *commit_world_input(world, 1);
    other.parent_hash.bytes[0] ^= 1;
    CHECK_EQ(commit_block(&committer, &other, &error), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "block 1 has another parent than the last block in the store");
    hash32 genesis = commit_world_hash(world, 0);
    CHECK_EQ(commit_start(&committer, 0, &genesis, 0, &error), PEVM_BAD_INPUT);
    CHECK_EQ(head(), 0);
    check_digest(0);
    end();
}

TEST(a_store_without_progress_says_so)
{
    struct exec_progress progress;
    begin();
    struct store_batch batch = {0};
    store_batch_delete(&batch, bytes_of("idx:exec:progress", 17));
    must(store_write(store, &batch, 0, &error));
    store_batch_fini(&batch);
    CHECK_EQ(commit_progress(&committer, &progress, &error), PEVM_NOT_FOUND);
    CHECK_EQ(commit_block(&committer, commit_world_input(world, 1), &error), PEVM_NOT_FOUND);
    CHECK_EQ(commit_recover(&committer, 0, &error), PEVM_OK);
    end();
}

static const struct {
    const char *key, *value, *text;
    enum pevm_status status;
} damages[] = {
    {"idx:exec:progress", "{}",                  "idx:exec:progress: latestExecutedBlock: is missing",                                   PEVM_CORRUPT},
    {"idx:exec:progress",
     "{\"latestExecutedBlock\":5,\"schema\":9}", "idx:exec:progress: schema: the store was written with schema 9, this program knows 1",
     PEVM_UNSUPPORTED                                                                                                                                },
    {"st:undo:21",
     "xxxxxxxxxxxx",                             "st:undo:21: undo record: checksum: is wrong: the record is damaged",
     PEVM_CORRUPT                                                                                                                                    },
};

TEST(damage_is_named_and_never_passed_over)
{
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        begin();
        commit_up_to(20);
        CHECK_EQ(put_text(store, damages[i].key, damages[i].value, 0), PEVM_OK);
        uint64_t changes = memory_db_changes(db);
        CHECK_EQ(commit_recover(&committer, 0, &error), damages[i].status);
        CHECK_TEXT(error.text, damages[i].text);
        CHECK_EQ(memory_db_changes(db), changes);
        end();
    }
}

TEST(a_record_of_another_branch_above_the_progress_is_refused)
{
    begin();
    commit_up_to(20);
    char text[PROGRESS_TEXT_SIZE];
    struct exec_progress progress = {.number = 18, .hash = {{0x77}}}; /* not the hash of block 18 */
    exec_progress_write(text, &progress);
    CHECK_EQ(put_text(store, "idx:exec:progress", text, 0), PEVM_OK);
    CHECK_EQ(commit_recover(&committer, 0, &error), PEVM_CORRUPT);
    CHECK_TEXT(error.text,
               "st:undo:19: does not continue block 18 of the store; nothing is changed");
    end();
}

TEST(damaged_state_is_named_and_stops_the_commit)
{
    begin();
    commit_up_to(20);
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
        address who = model_address(i);
        struct key key = key_of_account(&who);
        struct key_text text = key_write(&key, false);
        CHECK_EQ(put_text(store, text.text, "{\"balance\":1}", 0), PEVM_OK);
    }
    CHECK_EQ(commit_block(&committer, commit_world_input(world, 21), &error), PEVM_CORRUPT);
    CHECK(strstr(error.text, "st:latest:acc:0x") == error.text &&
          strstr(error.text, ": nonce: is missing") != NULL);
    CHECK_EQ(head(), 20);
    end();
}

TEST(who_was_replaced_commits_nothing)
{
    struct store_lease one, other;
    begin();
    store_lease_init(&one, "one");
    store_lease_init(&other, "other");
    must(store_lease_take(store, &one, 1000, &error));
    struct commit_input input = *commit_world_input(world, 1);
    input.token = one.token;
    must(commit_block(&committer, &input, &error));
    memory_db_pass_time(db, 2000);
    must(store_lease_take(store, &other, 1000, &error));
    input = *commit_world_input(world, 2);
    input.token = one.token;
    CHECK_EQ(commit_block(&committer, &input, &error), PEVM_FENCED);
    CHECK_EQ(commit_rewind(&committer, 0, one.token, &error), PEVM_FENCED);
    CHECK_EQ(head(), 1);
    input.token = other.token;
    must(commit_block(&committer, &input, &error));
    struct exec_progress progress;
    must(commit_progress(&committer, &progress, &error));
    CHECK_EQ(progress.epoch, other.token);
    input.token = one.token; /* does not follow either, but that is not the point */
    CHECK_EQ(commit_block(&committer, &input, &error), PEVM_FENCED);
    CHECK_TEXT(error.text, "fenced: our token is 1, block 2 was committed with 2");
    end();
}

TEST(without_memory_nothing_is_half_done)
{
    begin();
    commit_up_to(19);
    for (uint64_t nth = 0;; nth++) { /* ends: a commit takes memory so many times */
        reopen();                    /* nothing is kept from before */
        heap_fail(nth, 1);
        enum pevm_status status = commit_block(&committer, commit_world_input(world, 20), &error);
        heap_fail(0, 0);
        if (status == PEVM_OK) break;
        CHECK_EQ(status, PEVM_NO_MEMORY);
        must(commit_recover(&committer, 0, &error));
        CHECK_EQ(head(), 19);
        check_digest(19);
    }
    check_digest(20);
    end();
}
