/* The loop over a store: whatever happens to the blocks in it, what is committed is their chain. */
#include "base/clock.h"
#include "store/keyspace.h"
#include "store/value.h"
#include "support/service_world.h"
#include "support/test.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define BLOCKS 80

static struct service_world world;
static struct service_summary summary;
static struct error error;

static void begin(void)
{
    service_world_make(&world, &(struct service_plan){.count = BLOCKS, .txs = 3});
    struct store *store = service_world_open(&world);
    service_world_found(&world, store);
    store_close(store);
}

static void feed(struct service_world *chain, uint64_t last)
{
    struct store *store = service_world_open(chain);
    service_world_feed(chain, store, last);
    store_close(store);
}

static struct service_state run(const char *setting)
{
    const char *settings[] = {setting, NULL};
    if (service_world_run(&world, settings, &summary, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    return service_world_state(&world);
}

/* What one transaction after another leaves, in a store that never saw another chain. */
static struct service_state reference(struct service_world *chain, uint64_t last)
{
    static const char *const settings[] = {"scheduler.policy=sequential", NULL};
    struct service_world other;
    service_world_make(&other, &(struct service_plan){.count = 1, .txs = 3});
    struct store *store = service_world_open(&other);
    service_world_found(&world, store);
    service_world_feed(chain, store, last);
    store_close(store);
    if (service_world_run(&other, settings, &summary, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    struct service_state state = service_world_state(&other);
    service_world_free(&other);
    return state;
}

static void check_same(struct service_state state, struct service_state expected)
{
    CHECK_EQ(state.number, expected.number);
    CHECK(hash32_equal(&state.hash, &expected.hash));
    CHECK(hash32_equal(&state.digest, &expected.digest));
}

TEST(another_chain_is_followed_however_deep_it_branches_off)
{
    static const uint64_t depths[] = {1, 7, 64};
    for (size_t i = 0; i < COUNT_OF(depths); i++) {
        struct service_world branch;
        begin();
        feed(&world, BLOCKS);
        (void)run(NULL);
        service_world_branch(&branch, &world, BLOCKS - depths[i], 0xaa);
        feed(&branch, BLOCKS);
        struct service_state state = run(NULL);
        CHECK_EQ(summary.reorgs, 1);
        CHECK_EQ(summary.blocks, depths[i]);
        check_same(state, reference(&branch, BLOCKS));
        service_world_free(&branch);
        service_world_free(&world);
    }
}

/* ---- while it runs ---- */

#define SECONDS 30

static struct bytes value_of(struct store *store, enum key_kind kind, uint64_t number)
{
    struct bytes value = {NULL, 0};
    struct key key = key_of_block(kind, number);
    struct key_text text = key_write(&key, false);
    enum pevm_status status = store_get(store, &value, key_bytes(&text), &world.arena, &error);
    if (status != PEVM_OK && status != PEVM_NOT_FOUND) fail_msg("%s", error.text);
    return value;
}

static void put(struct store *store, enum key_kind kind, uint64_t number, struct bytes value)
{
    struct key key = key_of_block(kind, number);
    struct key_text text = key_write(&key, false);
    service_world_put(store, text.text, value);
}

static struct exec_progress progress_in(struct store *store)
{
    struct exec_progress progress;
    struct bytes value = value_of(store, KEY_EXEC_PROGRESS, 0);
    if (exec_progress_read(&progress, value, &error) != PEVM_OK) fail_msg("%s", error.text);
    return progress;
}

static void wait_for(struct store *store, const hash32 *hash)
{
    struct exec_progress progress;
    uint64_t until_ns = clock_now_ns() + SECONDS * UINT64_C(1000000000);
    for (;;) { /* ends: it is there, or the time is over */
        progress = progress_in(store);
        if (hash32_equal(&progress.hash, hash)) return;
        if (clock_now_ns() > until_ns)
            fail_msg("it stays at block %lu", (unsigned long)progress.number);
        (void)poll(NULL, 0, 10);
    }
}

static bool says(const char *words)
{
    static char text[1 << 18];
    char path[128];
    snprintf(path, sizeof path, "%s/stderr", world.folder);
    FILE *file = fopen(path, "r");
    if (file == NULL) return false;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return strstr(text, words) != NULL;
}

static void wait_for_words(const char *words)
{
    uint64_t until_ns = clock_now_ns() + SECONDS * UINT64_C(1000000000);
    while (!says(words)) { /* ends: the time is over */
        if (clock_now_ns() > until_ns) fail_msg("it does not say \"%s\"", words);
        (void)poll(NULL, 0, 20);
    }
}

static void stop(pid_t child)
{
    CHECK_EQ(kill(child, SIGTERM), 0);
    CHECK_EQ(service_world_wait(child, SECONDS), 0);
}

/* AC-19, while running. */
TEST(a_running_service_follows_another_chain_at_any_depth)
{
    static const uint64_t depths[] = {1, 7, 64};
    struct service_world branches[COUNT_OF(depths)];
    begin();
    feed(&world, BLOCKS);
    pid_t child = service_world_spawn(&world, NULL);
    struct store *store = service_world_open(&world);
    wait_for(store, &world.hashes[BLOCKS]);
    for (size_t i = 0; i < COUNT_OF(depths); i++) {
        service_world_branch(&branches[i], &world, BLOCKS - depths[i], (uint8_t)(0xa0 + i));
        service_world_feed(&branches[i], store, BLOCKS);
        wait_for(store, &branches[i].hashes[BLOCKS]);
    }
    store_close(store);
    stop(child);
    check_same(service_world_state(&world), reference(&branches[2], BLOCKS));
    for (size_t i = 0; i < COUNT_OF(depths); i++)
        service_world_free(&branches[i]);
    service_world_free(&world);
}

/* AC-20 */
TEST(a_chain_that_branches_off_below_the_window_is_refused_and_nothing_changes)
{
    static const char *const settings[] = {"execution.state_window_size=5", NULL};
    struct service_world branch;
    begin();
    feed(&world, 40);
    CHECK_EQ(service_world_run(&world, settings, &summary, &error), PEVM_OK);
    struct service_state before = service_world_state(&world);
    service_world_branch(&branch, &world, 20, 0xbb);
    feed(&branch, 40);
    pid_t child = service_world_spawn(&world, settings);
    wait_for_words("reorg_too_deep");
    wait_for_words("only");
    stop(child);
    check_same(service_world_state(&world), before);

    /* The old chain again, and it goes on. */
    feed(&world, 41);
    CHECK_EQ(service_world_run(&world, settings, &summary, &error), PEVM_OK);
    CHECK_EQ(service_world_state(&world).number, 41);
    service_world_free(&branch);
    service_world_free(&world);
}

/* AC-11 */
TEST(a_missing_block_is_waited_for)
{
    begin();
    feed(&world, 20);
    struct store *store = service_world_open(&world);
    struct bytes header = value_of(store, KEY_HEADER, 10);
    put(store, KEY_HEADER, 10, (struct bytes){NULL, 0});
    store_close(store);
    pid_t child = service_world_spawn(&world, NULL);
    store = service_world_open(&world);
    wait_for(store, &world.hashes[9]);
    wait_for_words("blk:hdr:10 is not in the store");
    CHECK_EQ(progress_in(store).number, 9);
    put(store, KEY_HEADER, 10, header);
    wait_for(store, &world.hashes[20]);
    store_close(store);
    stop(child);
    service_world_free(&world);
}

static void less_gas(struct header *header)
{
    header->gas_used--;
}

/* AC-13, AC-15: damaged bytes, and a block that is wrong; both mended while it runs. */
TEST(a_bad_block_is_refused_and_taken_when_it_is_mended)
{
    struct service_world bad;
    begin();
    service_world_branch(&bad, &world, 15, 0xcc);
    service_world_spoil(&bad, 16, less_gas);
    feed(&world, 20);
    struct store *store = service_world_open(&world);
    struct bytes txs = value_of(store, KEY_TXS, 10);
    put(store, KEY_TXS, 10, bytes_of("\xc1", 1));
    store_close(store);
    pid_t child = service_world_spawn(&world, NULL);
    store = service_world_open(&world);
    wait_for(store, &world.hashes[9]);
    wait_for_words("bad_block");
    put(store, KEY_TXS, 10, txs);
    wait_for(store, &world.hashes[20]);

    service_world_feed(&bad, store, 20);
    wait_for_words(
        "gas of a refused block\",\"number\":16"); /* its trouble is not logged again so soon */
    wait_for(store, &world.hashes[15]);
    CHECK_EQ(value_of(store, KEY_RECEIPTS, 16).size, 0);
    service_world_feed(&world, store, 20);
    wait_for(store, &world.hashes[20]);
    store_close(store);
    stop(child);
    struct service_state state = service_world_state(&world);
    service_world_free(&bad);
    check_same(state, reference(&world, 20));
    service_world_free(&world);
}

/* AC-44: what a block before says is byte for byte what it says when it is executed again. */
TEST(a_progress_set_back_by_hand_leads_to_the_same_keys)
{
    static const uint64_t backs[] = {1, 5, 20};
    char text[PROGRESS_TEXT_SIZE];
    begin();
    feed(&world, 30);
    struct service_state before = run(NULL);
    for (size_t i = 0; i < COUNT_OF(backs); i++) {
        struct store *store = service_world_open(&world);
        struct exec_progress progress = progress_in(store);
        progress.number = 30 - backs[i];
        progress.hash = world.hashes[progress.number];
        size_t size = exec_progress_write(text, &progress);
        put(store, KEY_EXEC_PROGRESS, 0, bytes_of(text, size));
        store_close(store);
        check_same(run(NULL), before);
        CHECK_EQ(summary.blocks, backs[i]);
    }
    service_world_free(&world);
}

/* AC-04: the store has less than the process saw there, and nobody led meanwhile. */
TEST(a_store_that_goes_back_under_a_running_service_is_noticed)
{
    char text[PROGRESS_TEXT_SIZE];
    begin();
    feed(&world, 30);
    pid_t child = service_world_spawn(&world, NULL);
    struct store *store = service_world_open(&world);
    wait_for(store, &world.hashes[30]);
    struct bytes newest = value_of(store, KEY_EXEC_PROGRESS, 0);
    struct exec_progress older = progress_in(store);
    older.number = 25;
    older.hash = world.hashes[25];
    size_t size = exec_progress_write(text, &older);
    put(store, KEY_EXEC_PROGRESS, 0, bytes_of(text, size));
    service_world_feed(&world, store, 31); /* its next write does not fit, and it looks anew */
    wait_for_words("store_regressed");
    CHECK(says("went back from block 30 to block 25"));
    CHECK_EQ(progress_in(store).number, 25);
    put(store, KEY_EXEC_PROGRESS, 0, newest);
    wait_for(store, &world.hashes[31]);
    store_close(store);
    stop(child);
    service_world_free(&world);
}

/* ---- another order ---- */

TEST(whatever_the_policy_and_the_workers_the_state_is_the_same)
{
    static const char *const ways[][3] = {
        {"scheduler.policy=sequential",     NULL},
        { "scheduler.policy=load_balanced",           "engine.max_workers=3", NULL},
        { "validation.policy=lazy",         "execution.batch_size=1", NULL},
        { "worker_pools.tx_executor.queue_size=1", "execution.concurrent_workers=1", NULL}
    };
    struct service_state first = {0};
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        service_world_make(&world,
                           &(struct service_plan){.count = 20, .txs = 30, .recipe = "mixed"});
        struct store *store = service_world_open(&world);
        service_world_found(&world, store);
        service_world_feed(&world, store, 20);
        store_close(store);
        if (service_world_run(&world, ways[i], &summary, &error) != PEVM_OK)
            fail_msg("%s", error.text);
        struct service_state state = service_world_state(&world);
        if (i == 0) first = state;
        check_same(state, first);
        service_world_free(&world);
    }
}

/* ---- in this process; last, because what is logged here is not logged again for a while, nor in children ---- */

static void other_base_fee(struct header *header)
{
    header->base_fee = u256_add(header->base_fee, U256_ONE);
}

/* Whoever starts has ancestors that are still being decoded when the next block is there: big ones take long. */
TEST(the_first_block_after_a_start_is_held_against_its_parent)
{
    service_world_make(&world,
                       &(struct service_plan){.count = 12, .txs = 400, .recipe = "transfers"});
    struct store *store = service_world_open(&world);
    service_world_found(&world, store);
    store_close(store);
    feed(&world, 11);
    (void)run(NULL);
    service_world_spoil(&world, 12, other_base_fee);
    feed(&world, 12);
    CHECK_EQ(service_world_run(&world, NULL, &summary, &error), PEVM_INVALID_BLOCK);
    CHECK(strstr(error.text, "base_fee") != NULL || strstr(error.text, "base fee") != NULL);
    service_world_free(&world);
}
