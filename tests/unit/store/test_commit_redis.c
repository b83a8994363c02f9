/* The commit protocol on a server: one that is killed at any moment, and several who want to lead. */
#include "base/clock.h"
#include "base/rng.h"
#include "store/store_redis.h"
#include "support/commit_world.h"
#include "support/fake_server.h"
#include "support/fault_proxy.h"
#include "support/redis_server.h"
#include "support/test.h"

#include <sys/wait.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCKS  500
#define WINDOW  32
#define KILLS   8
#define LEADERS 3
#define PAUSES  5
#define TTL_MS  250

static struct redis_server server;
static struct store *store;
static struct committer committer;
static struct error error;
static struct commit_world *world;

static void must(enum pevm_status status)
{
    if (status != PEVM_OK) fail_msg("%s", error.text);
}

static void open_at(const char *path, unsigned pipeline_size)
{
    struct redis_options options = {.address = path,
                                    .password = "",
                                    .connections_max = 4,
                                    .pipeline_size = pipeline_size,
                                    .connect_timeout_ms = 1000,
                                    .timeout_ms = 1000};
    struct commit_options commit_options = {.style = {.history_ttl_ms = 3600000}, .window = WINDOW};
    must(store_redis_open(&store, &options, &error));
    commit_init(&committer, store, &commit_options);
}

static void open_store(void)
{
    open_at(server.path, 50); /* several steps for most blocks */
}

static void close_store(void)
{
    commit_fini(&committer);
    store_close(store);
}

static void start(void)
{
    hash32 genesis = commit_world_hash(world, 0);
    must(commit_start(&committer, 0, &genesis, 0, &error));
}

static void wait_ns(uint64_t ns)
{
    uint64_t until = clock_now_ns() + ns;
    while (clock_now_ns() < until) /* ends: the clock moves on */
        sched_yield();
}

/* Until the store can be reached again. */
static uint64_t recovered_head(void)
{
    struct exec_progress progress;
    uint64_t until = clock_now_ns() + UINT64_C(10000000000);
    for (;;) { /* ends: 10 seconds */
        enum pevm_status status = commit_recover(&committer, 0, &error);
        if (status == PEVM_OK) status = commit_progress(&committer, &progress, &error);
        if (status == PEVM_OK) return progress.number;
        if (status != PEVM_UNAVAILABLE || clock_now_ns() > until) fail_msg("%s", error.text);
        sched_yield();
    }
}

/* ---- a server that is killed ---- */

static uint64_t kill_after_ns;

static void *kill_server(void *context)
{
    (void)context;
    wait_ns(kill_after_ns);
    CHECK_EQ(kill(server.pid, SIGKILL), 0);
    return NULL;
}

TEST(a_server_that_is_killed_while_blocks_are_committed_has_whole_blocks)
{
    struct rng rng;
    rng_init(&rng, 21);
    if (!redis_server_start(&server, "--appendonly yes --appendfsync always")) return;
    world = commit_world_new(9, BLOCKS);
    open_store();
    start();
    uint64_t head = 0;
    for (unsigned round = 0; round < KILLS; round++) {
        pthread_t killer;
        enum pevm_status status = PEVM_OK;
        kill_after_ns = rng_below(&rng, 20000000);
        CHECK_EQ(pthread_create(&killer, NULL, kill_server, NULL), 0);
        for (uint64_t number = head + 1; number <= BLOCKS && status == PEVM_OK; number++)
            status = commit_block(&committer, commit_world_input(world, number), &error);
        if (status != PEVM_OK && status != PEVM_UNAVAILABLE) fail_msg("%s", error.text);
        CHECK_EQ(pthread_join(killer, NULL), 0);
        CHECK_EQ(waitpid(server.pid, NULL, 0), server.pid);
        unlink(server.path);
        redis_server_restart(&server);
        uint64_t now = recovered_head();
        CHECK(now >= head);
        head = now;
        commit_world_check_latest(store, commit_world_model(world, head));
    }
    print_message("block %u after %d kills\n", (unsigned)head, KILLS);
    for (uint64_t number = head + 1; number <= BLOCKS; number++)
        must(commit_block(&committer, commit_world_input(world, number), &error));
    commit_world_check_latest(store, commit_world_model(world, BLOCKS));
    close_store();
    commit_world_free(world);
    redis_server_stop(&server);
}

/* ---- several who want to lead ---- */

/* While it leads: commits, and says every now and then that it is there. False: the chain is complete. */
static bool lead(struct store_lease *lease)
{
    struct exec_progress progress;
    uint64_t renew_ns = clock_boot_ns() + TTL_MS * 300000;
    enum pevm_status status = commit_recover(&committer, lease->token, &error);
    if (status == PEVM_OK) status = commit_progress(&committer, &progress, &error);
    while (status == PEVM_OK && progress.number < BLOCKS) { /* ends: the number grows */
        struct commit_input input = *commit_world_input(world, ++progress.number);
        input.token = lease->token;
        status = commit_block(&committer, &input, &error);
        wait_ns(1500000); /* the chain takes a while */
        if (status != PEVM_OK || clock_boot_ns() < renew_ns) continue;
        status = store_lease_keep(store, lease, TTL_MS, &error);
        renew_ns = clock_boot_ns() + TTL_MS * 300000;
    }
    if (status != PEVM_OK && status != PEVM_FENCED) _exit(3);
    return status == PEVM_FENCED;
}

static void serve(unsigned number)
{
    struct store_lease lease;
    char owner[16];
    bool goes_on = true;
    snprintf(owner, sizeof owner, "leader%u", number);
    open_store();
    store_lease_init(&lease, owner);
    while (goes_on) { /* ends: one of them completes the chain, the others find it complete */
        if (store_lease_take(store, &lease, TTL_MS, &error) != PEVM_OK) _exit(2);
        if (lease.token != 0) goes_on = lead(&lease);
        wait_ns(2000000);
    }
    if (store_lease_drop(store, &lease, &error) != PEVM_OK) _exit(4);
    _exit(0);
}

/* Whose name is on the lock; LEADERS: nobody's. */
static unsigned leader_now(void)
{
    struct arena arena;
    struct bytes owner;
    unsigned number = LEADERS;
    arena_init(&arena, 4096, 0);
    if (store_get(store, &owner, bytes_of("evmx:lock", 9), &arena, &error) == PEVM_OK &&
        owner.size == 7)
        number = owner.data[6] - (unsigned)'0';
    arena_fini(&arena);
    return number;
}

TEST(leaders_that_are_stopped_anywhere_and_go_on_later_do_no_harm)
{
    pid_t children[LEADERS];
    struct rng rng;
    rng_init(&rng, 22);
    if (!redis_server_start(&server, "")) return;
    world = commit_world_new(10, BLOCKS);
    open_store();
    start();
    for (unsigned i = 0; i < LEADERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) serve(i);
    }
    for (unsigned pause = 0; pause < PAUSES; pause++) {
        wait_ns(20000000 + rng_below(&rng, 60000000));
        unsigned leader = leader_now();
        if (leader >= LEADERS) continue;
        CHECK_EQ(kill(children[leader], SIGSTOP), 0); /* at whatever it is doing */
        wait_ns(TTL_MS * UINT64_C(1400000));
        CHECK_EQ(kill(children[leader], SIGCONT), 0);
    }
    for (unsigned i = 0; i < LEADERS; i++) {
        int status;
        CHECK_EQ(waitpid(children[i], &status, 0), children[i]);
        CHECK_EQ(status, 0);
    }
    CHECK_EQ(recovered_head(), BLOCKS);
    commit_world_check_latest(store, commit_world_model(world, BLOCKS));
    struct exec_progress progress;
    must(commit_progress(&committer, &progress, &error));
    print_message("the last of the leaders had token %u\n", (unsigned)progress.epoch);
    CHECK(progress.epoch > 1);
    uint64_t txs = 0;
    for (uint64_t number = 1; number <= BLOCKS; number++)
        txs += commit_world_input(world, number)->receipt_count;
    CHECK_EQ(progress.tx_count, txs); /* none twice */
    close_store();
    commit_world_free(world);
    redis_server_stop(&server);
}

/* ---- a line that is slow, or breaks ---- */

/* Does a block clear storage? Then all keys of the server are looked at. */
static bool clears(const struct changeset *changes)
{
    for (size_t i = 0; i < changes->account_count; i++)
        if (changes->accounts[i].storage_cleared) return true;
    return false;
}

/* The most round trips of a block when the window is full, of those that clear nothing. */
static unsigned turns_of_blocks(const char *path, bool is_led)
{
    struct fault_proxy *proxy = fault_proxy_start(path);
    struct store_lease lease;
    unsigned most = 0;
    world = commit_world_new(11, 2 * WINDOW);
    open_at(fault_proxy_path(proxy), 1000);
    store_lease_init(&lease, "one");
    if (is_led) must(store_lease_take(store, &lease, 1000000, &error));
    start();
    for (uint64_t number = 1; number <= 2 * WINDOW; number++) {
        struct commit_input input = *commit_world_input(world, number);
        input.token = lease.token;
        /* With a delay what belongs together passes together. */
        if (number == 2 * WINDOW - 8) fault_proxy_delay(proxy, 15);
        (void)fault_proxy_turns(proxy);
        must(commit_block(&committer, &input, &error));
        unsigned turns = fault_proxy_turns(proxy);
        if (turns > most && number > 2 * WINDOW - 8 && !clears(input.changes)) most = turns;
    }
    close_store();
    commit_world_free(world);
    fault_proxy_stop(proxy);
    return most;
}

TEST(a_block_takes_few_round_trips)
{
    struct fake_server *pika = fake_server_start(NULL);
    CHECK_EQ(turns_of_blocks(fake_server_path(pika), true), 6);
    fake_server_stop(pika);
    if (!redis_server_start(&server, "")) return;
    CHECK_EQ(turns_of_blocks(server.path, true), 2);
    redis_server_stop(&server);
}

TEST(a_slow_line_costs_its_round_trips_and_nothing_more)
{
    if (!redis_server_start(&server, "")) return;
    struct fault_proxy *proxy = fault_proxy_start(server.path);
    struct store_lease lease;
    world = commit_world_new(12, 10);
    open_at(fault_proxy_path(proxy), 1000);
    start();
    store_lease_init(&lease, "one");
    must(store_lease_take(store, &lease, 1000000, &error));
    fault_proxy_delay(proxy, 25);
    uint64_t begin = clock_now_ns();
    for (uint64_t number = 1; number <= 10; number++) {
        struct commit_input input = *commit_world_input(world, number);
        input.token = lease.token;
        must(commit_block(&committer, &input, &error));
    }
    CHECK(clock_now_ns() - begin >= UINT64_C(10) * 2 * 50000000);
    commit_world_check_latest(store, commit_world_model(world, 10));
    close_store();
    commit_world_free(world);
    fault_proxy_stop(proxy);
    redis_server_stop(&server);
}

/* Whatever the server said up to there, and whatever it did not get to say. */
TEST(a_line_that_breaks_after_any_number_of_bytes_loses_nothing)
{
    struct fake_server *pika = fake_server_start(NULL);
    struct fault_proxy *proxy = fault_proxy_start(fake_server_path(pika));
    struct store_lease lease;
    struct rng rng;
    unsigned cuts = 0;
    rng_init(&rng, 23);
    world = commit_world_new(13, 40);
    open_at(fault_proxy_path(proxy), 1000);
    start();
    store_lease_init(&lease, "one");
    must(store_lease_take(store, &lease, 1000000, &error));
    for (uint64_t number = 1; number <= 40;) { /* ends: blocks that are not cut are committed */
        struct commit_input input = *commit_world_input(world, number);
        struct exec_progress progress;
        input.token = lease.token;
        if (number % 2 == 0 && rng_below(&rng, 4) != 0)
            fault_proxy_cut_after(proxy, rng_below(&rng, 3000));
        enum pevm_status status = commit_block(&committer, &input, &error);
        fault_proxy_cut_after(proxy, UINT64_MAX);
        if (status != PEVM_OK && status != PEVM_UNAVAILABLE) fail_msg("%s", error.text);
        cuts += status != PEVM_OK;
        do {
            status = commit_recover(&committer, lease.token, &error);
            if (status == PEVM_OK) status = commit_progress(&committer, &progress, &error);
        } while (status == PEVM_UNAVAILABLE); /* ends: the line is whole again */
        must(status);
        CHECK(progress.number == number || progress.number == number - 1);
        commit_world_check_latest(store, commit_world_model(world, progress.number));
        number = progress.number + 1;
    }
    print_message("%u cuts\n", cuts);
    CHECK(cuts > 10);
    close_store();
    commit_world_free(world);
    fault_proxy_stop(proxy);
    fake_server_stop(pika);
}
