#include "base/heap.h"
#include "support/test.h"
#include "sync/atomic.h"
#include "sync/team.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

static struct team *team_of(unsigned workers, const struct team_options *options)
{
    struct team *team;
    struct error error;
    if (team_new(&team, workers, options, &error) != PEVM_OK) fail_msg("%s", error.text);
    return team;
}

/* How often each worker ran the job. */
struct roll {
    struct atomic32 calls[TEAM_WORKERS_MAX];
    pthread_t threads[TEAM_WORKERS_MAX];
};

static void answer(unsigned worker, void *context)
{
    struct roll *roll = context;
    roll->threads[worker] = pthread_self();
    atomic32_add(&roll->calls[worker], 1, memory_order_relaxed);
}

TEST(every_worker_runs_a_job_once)
{
    static const unsigned sizes[] = {1, 2, 3, 4, 7, 16};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct team *team = team_of(sizes[i], NULL);
        struct roll roll = {0};
        for (uint32_t round = 1; round <= 20; round++) {
            team_run(team, answer, &roll);
            for (unsigned worker = 0; worker < TEAM_WORKERS_MAX; worker++)
                CHECK_EQ(atomic32_load(&roll.calls[worker], memory_order_relaxed),
                         worker < sizes[i] ? round : 0);
        }
        CHECK(pthread_equal(roll.threads[0], pthread_self()));
        team_free(team);
    }
}

TEST(workers_that_do_not_spin_are_woken)
{
    struct team *team = team_of(3, &(struct team_options){.never_spin = true});
    struct roll roll = {0};
    for (unsigned round = 0; round < 50; round++)
        team_run(team, answer, &roll);
    for (unsigned worker = 0; worker < 3; worker++)
        CHECK_EQ(atomic32_load(&roll.calls[worker], memory_order_relaxed), 50);
    team_free(team);
}

TEST(assistants_come_once_or_not_at_all)
{
    struct team *team = team_of(4, NULL);
    struct roll roll = {0};
    for (uint32_t round = 1; round <= 200; round++) {
        team_assist(team, 3, answer, &roll);
        CHECK_EQ(atomic32_load(&roll.calls[0], memory_order_relaxed), round);
        CHECK(atomic32_load(&roll.calls[1], memory_order_relaxed) <= round);
        CHECK(atomic32_load(&roll.calls[2], memory_order_relaxed) <= round);
        CHECK_EQ(atomic32_load(&roll.calls[3], memory_order_relaxed), 0);
    }
    team_assist(team, 1000, answer, &roll);
    team_run(team, answer, &roll); /* nobody is left over from before */
    CHECK_EQ(atomic32_load(&roll.calls[0], memory_order_relaxed), 202);
    CHECK(atomic32_load(&roll.calls[3], memory_order_relaxed) >= 1);
    team_free(team);
}

struct items {
    uint8_t *done;
    size_t count;
    struct atomic64 calls;
};

static void mark(size_t begin, size_t end, unsigned worker, void *context)
{
    (void)worker;
    struct items *items = context;
    atomic64_add(&items->calls, 1, memory_order_relaxed);
    if (begin >= end || end > items->count) return; /* shows: an item is not done */
    for (size_t i = begin; i < end; i++)
        items->done[i]++;
}

TEST(a_loop_does_each_item_once)
{
    static const size_t counts[] = {0, 1, 2, 3, 63, 64, 1000, 4097};
    static const size_t grains[] = {0, 1, 2, 7, 64, 5000, SIZE_MAX};
    static const unsigned sizes[] = {1, 2, 5};
    static uint8_t done[5000];
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        struct team *team = team_of(sizes[s], NULL);
        for (size_t c = 0; c < COUNT_OF(counts); c++) {
            for (size_t g = 0; g < COUNT_OF(grains); g++) {
                memset(done, 0, sizeof done);
                struct items items = {.done = done, .count = counts[c]};
                team_for(team, counts[c], grains[g], mark, &items);
                for (size_t i = 0; i < sizeof done; i++)
                    CHECK_EQ(done[i], i < counts[c]);
            }
        }
        team_free(team);
    }
}

TEST(a_loop_of_one_grain_is_one_call_of_the_caller)
{
    struct team *team = team_of(2, NULL);
    uint8_t done[10] = {0};
    struct items items = {.done = done, .count = 10};
    team_for(team, 10, 10, mark, &items);
    CHECK_EQ(atomic64_load(&items.calls, memory_order_relaxed), 1);
    team_for(team, 0, 4, mark, &items);
    CHECK_EQ(atomic64_load(&items.calls, memory_order_relaxed), 1);
    team_free(team);
}

static void mark_one(unsigned item, void *context)
{
    struct atomic32 *done = context;
    atomic32_add(&done[item], 1, memory_order_relaxed);
}

TEST(shared_items_are_done_once_each_however_many_come)
{
    static const unsigned counts[] = {0, 1, 2, 5, 64, TEAM_ITEMS_MAX};
    struct team *team = team_of(3, NULL);
    for (size_t c = 0; c < COUNT_OF(counts); c++)
        for (unsigned workers = 1; workers <= 5; workers++) { /* more than there are, too */
            struct atomic32 done[TEAM_ITEMS_MAX] = {0};
            team_share(team, workers, counts[c], mark_one, done);
            for (unsigned i = 0; i < TEAM_ITEMS_MAX; i++)
                CHECK_EQ(atomic32_load(&done[i], memory_order_relaxed), i < counts[c]);
        }
    team_free(team);
}

TEST(a_team_grows_and_shrinks_between_jobs)
{
    static const unsigned sizes[] = {3, 1, 5, 2, 2, 8, 1};
    struct team *team = team_of(2, NULL);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct error error;
        struct roll roll = {0};
        CHECK_EQ(team_resize(team, sizes[i], &error), PEVM_OK);
        CHECK_EQ(team_workers(team), sizes[i]);
        team_run(team, answer, &roll);
        for (unsigned worker = 0; worker < TEAM_WORKERS_MAX; worker++)
            CHECK_EQ(atomic32_load(&roll.calls[worker], memory_order_relaxed), worker < sizes[i]);
    }
    team_free(team);
}

TEST(sizes_out_of_range_are_refused)
{
    static const unsigned sizes[] = {0, TEAM_WORKERS_MAX + 1, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct error error;
        struct team *team;
        CHECK_EQ(team_new(&team, sizes[i], NULL, &error), PEVM_BAD_INPUT);
        CHECK(team == NULL);
        CHECK_EQ(error.status, PEVM_BAD_INPUT);
        team = team_of(2, NULL);
        CHECK_EQ(team_resize(team, sizes[i], &error), PEVM_BAD_INPUT);
        CHECK_EQ(team_workers(team), 2);
        team_free(team);
    }
}

TEST(threads_that_cannot_be_started_leave_nothing_behind)
{
    struct error error;
    struct team *team;
    /* More address space than a process has. */
    CHECK_EQ(team_new(&team, 3, &(struct team_options){.stack_bytes = (size_t)1 << 52}, &error),
             PEVM_LIMIT);
    CHECK(team == NULL);
    CHECK(strstr(error.text, "worker 1") != NULL);
    CHECK_EQ(team_new(&team, 2, &(struct team_options){.stack_bytes = 1}, NULL), PEVM_LIMIT);
    CHECK(team == NULL);
    team_free(NULL);
}

struct identity {
    char names[4][16];
    int cpus_allowed[4];
    size_t cpu[4];
};

static void introduce(unsigned worker, void *context)
{
    struct identity *identity = context;
    cpu_set_t allowed;
    pthread_getname_np(pthread_self(), identity->names[worker], sizeof identity->names[worker]);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    identity->cpus_allowed[worker] = CPU_COUNT(&allowed);
    while (!CPU_ISSET(identity->cpu[worker], &allowed))
        identity->cpu[worker]++;
}

TEST(workers_have_names_and_stay_where_they_are_pinned)
{
    struct identity identity = {0};
    cpu_set_t before, after;
    CHECK_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    struct team *team =
        team_of(4, &(struct team_options){.name = "a-rather-long-name", .pin = true});
    team_run(team, introduce, &identity);
    for (unsigned worker = 1; worker < 4; worker++) {
        char expected[16];
        snprintf(expected, sizeof expected, "a-rather-lo-%u", worker);
        CHECK_TEXT(identity.names[worker], expected);
        CHECK_EQ(identity.cpus_allowed[worker], 1);
        CHECK(CPU_ISSET(identity.cpu[worker], &before));
    }
    CHECK_EQ(sched_getaffinity(0, sizeof after, &after), 0);
    CHECK(CPU_EQUAL(&before, &after)); /* the caller is left alone */
    if (CPU_COUNT(&before) > 1) CHECK(identity.cpu[1] != identity.cpu[2]);
    team_free(team);
}

TEST(jobs_take_nothing_from_the_heap)
{
    struct team *team = team_of(3, NULL);
    static uint8_t done[100];
    struct items items = {.done = done, .count = sizeof done};
    struct roll roll = {0};
    uint64_t before = heap_calls();
    for (unsigned round = 0; round < 100; round++) {
        team_run(team, answer, &roll);
        team_assist(team, 2, answer, &roll);
        team_for(team, sizeof done, 3, mark, &items);
    }
    CHECK_EQ(heap_calls(), before);
    team_free(team);
}

static void *use_team(void *argument)
{
    struct roll roll = {0};
    team_run(argument, answer, &roll);
    return NULL;
}

TEST(another_thread_may_be_the_next_caller)
{
    struct team *team = team_of(2, NULL);
    pthread_t thread;
    use_team(team);
    CHECK_EQ(pthread_create(&thread, NULL, use_team, team), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    use_team(team);
    team_free(team);
}
