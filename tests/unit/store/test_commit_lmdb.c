/* The commit protocol on a disk: processes that are killed while they commit. */
#include "base/clock.h"
#include "base/rng.h"
#include "store/store_digest.h"
#include "store/store_lmdb.h"
#include "support/commit_world.h"
#include "support/test.h"

#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCKS 3000
#define WINDOW 32
#define KILLS  30

static char folder[64];
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
    struct lmdb_options options = {folder, 1 << 20, true};
    struct commit_options commit_options = {.window = WINDOW};
    must(store_lmdb_open(&store, &options, &error));
    commit_init(&committer, store, &commit_options);
}

static void close_store(void)
{
    commit_fini(&committer);
    store_close(store);
}

static uint64_t head(void)
{
    struct exec_progress progress;
    must(commit_progress(&committer, &progress, &error));
    return progress.number;
}

/* Leads, recovers, commits until it is killed or done. */
static void serve(unsigned round)
{
    struct store_lease lease;
    char owner[16];
    snprintf(owner, sizeof owner, "owner%u", round);
    open_store();
    store_lease_init(&lease, owner);
    while (lease.token == 0) /* ends: the lease of the one before expires */
        if (store_lease_take(store, &lease, 1, &error) != PEVM_OK) _exit(1);
    if (commit_recover(&committer, lease.token, &error) != PEVM_OK) _exit(2);
    for (uint64_t number = head() + 1; number <= BLOCKS; number++) {
        struct commit_input input = *commit_world_input(world, number);
        input.token = lease.token;
        if (commit_block(&committer, &input, &error) != PEVM_OK) _exit(3);
    }
    _exit(0);
}

static void begin(void)
{
    hash32 genesis;
    snprintf(folder, sizeof folder, "/tmp/pevm_lmdb_XXXXXX");
    assert_non_null(mkdtemp(folder));
    world = commit_world_new(3, BLOCKS);
    genesis = commit_world_hash(world, 0);
    open_store();
    must(commit_start(&committer, 0, &genesis, 0, &error));
}

static void end(void)
{
    char command[96];
    commit_world_free(world);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK_EQ(system(command), 0);
}

TEST(processes_that_are_killed_while_they_commit_leave_whole_blocks)
{
    struct rng rng;
    rng_init(&rng, 8);
    begin();
    close_store();
    uint64_t last = 0;
    for (unsigned round = 0; round < KILLS; round++) {
        pid_t child = fork();
        int status;
        assert_true(child >= 0);
        if (child == 0) serve(round);
        uint64_t until = clock_now_ns() + rng_below(&rng, 6000000);
        while (clock_now_ns() < until) { /* ends: the clock moves on */
        }
        CHECK_EQ(kill(child, SIGKILL), 0);
        CHECK_EQ(waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) CHECK_EQ(WEXITSTATUS(status), 0);
        open_store();
        CHECK(head() >= last);
        last = head();
        commit_world_check_latest(store, commit_world_model(world, last));
        close_store();
    }
    open_store();
    print_message("block %u after %d kills\n", (unsigned)last, KILLS);
    for (uint64_t number = head() + 1; number <= BLOCKS; number++)
        must(commit_block(&committer, commit_world_input(world, number), &error));
    commit_world_check_latest(store, commit_world_model(world, BLOCKS));
    must(commit_rewind(&committer, BLOCKS - WINDOW, 0, &error));
    commit_world_check_latest(store, commit_world_model(world, BLOCKS - WINDOW));
    close_store();
    end();
}
