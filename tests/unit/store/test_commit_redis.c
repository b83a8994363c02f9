/* The commit protocol on a server: one that is killed at any moment, and several who want to lead. */
#include "base/clock.h"
#include "base/rng.h"
#include "store/store_redis.h"
#include "support/commit_world.h"
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

static void open_store(void)
{
    struct redis_options options = {.address = server.path,
                                    .password = "",
                                    .connections_max = 4,
                                    .pipeline_size = 50, /* several steps for most blocks */
                                    .connect_timeout_ms = 1000,
                                    .timeout_ms = 1000};
    struct commit_options commit_options = {.style = {.history_ttl_ms = 3600000}, .window = WINDOW};
    must(store_redis_open(&store, &options, &error));
    commit_init(&committer, store, &commit_options);
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
