/* Jobs reach every worker once, and are over when the caller goes on. Worker 0 is thread 0; the
 * others live as threads of weave. */
#include "support/test.h"
#include "sync/team_private.h"
#include "sync/weave.h"

#define JOBS_MAX 3

static struct world {
    struct team team;
    unsigned worker_count;
    void (*call)(unsigned job);
    unsigned job_count;
    unsigned spin_ns;
    /* of each job: how often each worker ran it, who is inside; each worker writes its own */
    struct job {
        unsigned calls[3], inside[3];
        struct atomic64 next; /* items taken */
    } jobs[JOBS_MAX];
} world;

static void setup(void *context)
{
    (void)context;
    team_init(&world.team, NULL);
    world.team.worker_count = world.worker_count;
    world.team.spin_ns = world.spin_ns;
    for (unsigned i = 0; i < world.worker_count; i++)
        world.team.workers[i].spin_ns = world.spin_ns;
    memset(world.jobs, 0, sizeof world.jobs);
}

static void work(unsigned worker, void *context)
{
    struct job *job = context;
    job->calls[worker]++;
    job->inside[worker] = 1;
    atomic64_add(&job->next, 1, memory_order_relaxed);
    job->inside[worker] = 0;
}

static void check_job(const struct job *job, unsigned least)
{
    for (unsigned worker = 0; worker < world.worker_count; worker++) {
        WEAVE_CHECK(job->inside[worker] == 0);
        WEAVE_CHECK(job->calls[worker] <= 1);
        WEAVE_CHECK(worker >= least || job->calls[worker] == 1);
    }
}

static void call_run(unsigned job)
{
    team_run(&world.team, work, &world.jobs[job]);
    check_job(&world.jobs[job], world.worker_count);
}

static void call_assist(unsigned job)
{
    team_assist(&world.team, world.worker_count, work, &world.jobs[job]);
    check_job(&world.jobs[job], 1);
}

static void call_either(unsigned job)
{
    if (job % 2 == 0)
        call_assist(job);
    else
        call_run(job);
}

static void call_part(unsigned job)
{
    team_assist(&world.team, 2, work, &world.jobs[job]);
    check_job(&world.jobs[job], 1);
    WEAVE_CHECK(world.worker_count <= 2 || world.jobs[job].calls[2] == 0);
}

static void caller(void *context, unsigned thread)
{
    (void)context, (void)thread;
    struct job before[JOBS_MAX];
    for (unsigned job = 0; job < world.job_count; job++) {
        world.call(job);
        before[job] = world.jobs[job];
    }
    for (unsigned worker = 1; worker < world.worker_count; worker++)
        team_stop(&world.team.workers[worker]);
    /* Nobody entered a job after its end. */
    WEAVE_CHECK(memcmp(before, world.jobs, world.job_count * sizeof before[0]) == 0);
}

static void serve(void *context, unsigned thread)
{
    (void)context;
    team_serve(&world.team.workers[thread]);
}

static void all_is_quiet(void *context)
{
    (void)context;
    for (unsigned job = 0; job < world.job_count; job++) {
        uint64_t calls = 0;
        for (unsigned worker = 0; worker < world.worker_count; worker++)
            calls += world.jobs[job].calls[worker];
        WEAVE_CHECK(world.jobs[job].next.value == calls);
    }
    WEAVE_CHECK(world.team.pending.value == 0);
    for (unsigned worker = 1; worker < world.worker_count; worker++) {
        WEAVE_CHECK(world.team.workers[worker].call.value == CALL_STOP);
        WEAVE_CHECK(world.team.workers[worker].parker.state.value >> 32 == 0);
    }
    WEAVE_CHECK(world.team.done.state.value >> 32 == 0);
}

static struct weave_result explore(struct weave_options options)
{
    options.delay_stores = true;
    return weave_run(&options,
                     &(struct weave_program){
                         .world = &world,
                         .setup = setup,
                         .threads = {caller, serve, serve},
                         .thread_count = world.worker_count,
                         .check = all_is_quiet
    });
}

static const struct {
    const char *name;
    void (*call)(unsigned job);
} calls[] = {
    {"run",    call_run   },
    {"assist", call_assist},
    {"either", call_either},
    {"part",   call_part  }
};

static void arrange(size_t call, unsigned workers, unsigned jobs)
{
    world.call = calls[call].call;
    world.worker_count = workers;
    world.job_count = jobs;
    world.spin_ns = 0;
}

TEST(two_workers_and_one_job_in_all_orders)
{
    for (size_t i = 0; i < 2; i++) {
        arrange(i, 2, 1);
        struct weave_result result = explore((struct weave_options){.name = calls[i].name});
        CHECK(result.complete && !result.failed);
    }
}

TEST(two_workers_that_spin_and_wake_for_nothing)
{
    for (size_t i = 0; i < 2; i++) {
        arrange(i, 2, 1);
        world.spin_ns = 1000;
        struct weave_result result = explore((struct weave_options){
            .name = calls[i].name, .wakes_for_nothing = 1, .preemptions_max = 4});
        CHECK(result.complete && !result.failed);
    }
}

TEST(two_workers_and_two_jobs_with_few_preemptions)
{
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        arrange(i, 2, 2);
        struct weave_result result =
            explore((struct weave_options){.name = calls[i].name, .preemptions_max = 3});
        CHECK(result.complete && !result.failed);
    }
}

TEST(three_workers_and_two_jobs_with_few_preemptions)
{
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        arrange(i, 3, 2);
        struct weave_result result =
            explore((struct weave_options){.name = calls[i].name, .preemptions_max = 2});
        CHECK(result.complete && !result.failed);
    }
}

TEST(three_workers_and_three_jobs_at_random)
{
    static const enum weave_mode modes[] = {WEAVE_RANDOM, WEAVE_PCT};
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        for (size_t m = 0; m < COUNT_OF(modes); m++) {
            arrange(i, 3, 3);
            world.spin_ns = 1000 * (unsigned)m;
            struct weave_result result = explore((struct weave_options){
                .name = calls[i].name, .mode = modes[m], .wakes_for_nothing = 2, .runs = 10000});
            CHECK(!result.failed);
        }
    }
}
