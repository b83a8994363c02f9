#include "base/heap.h"
#include "base/rng.h"
#include "support/stress.h"
#include "sync/team.h"

#define ITEMS_MAX 3000

/* Plain memory that workers and caller hand to each other: ThreadSanitizer watches. */
static struct world {
    uint64_t calls[TEAM_WORKERS_MAX];
    uint64_t items[ITEMS_MAX];
} world;

static void count_call(unsigned worker, void *context)
{
    struct world *w = context;
    w->calls[worker]++;
}

static void count_items(size_t begin, size_t end, unsigned worker, void *context)
{
    struct world *w = context;
    w->calls[worker]++;
    for (size_t i = begin; i < end; i++)
        w->items[i]++;
}

static void run_all(struct team *team)
{
    uint64_t before[TEAM_WORKERS_MAX];
    memcpy(before, world.calls, sizeof before);
    team_run(team, count_call, &world);
    for (unsigned worker = 0; worker < TEAM_WORKERS_MAX; worker++)
        stress_check(world.calls[worker] == before[worker] + (worker < team_workers(team)));
}

static void run_some(struct team *team, unsigned workers)
{
    uint64_t before[TEAM_WORKERS_MAX];
    memcpy(before, world.calls, sizeof before);
    team_assist(team, workers, count_call, &world);
    for (unsigned worker = 0; worker < TEAM_WORKERS_MAX; worker++) {
        uint64_t calls = world.calls[worker] - before[worker];
        stress_check(calls <= (worker < workers) && (worker > 0 || calls == 1));
    }
}

static void run_loop(struct team *team, size_t count, size_t grain)
{
    uint64_t before = world.items[0];
    team_for(team, count, grain, count_items, &world);
    for (size_t i = 0; i < count; i++) {
        stress_check(world.items[i] == before + 1);
        world.items[i] = before;
    }
}

static void work_for_a_while(struct team *team, uint64_t seed, unsigned shares)
{
    struct rng rng;
    struct error error;
    rng_init(&rng, seed);
    memset(&world, 0, sizeof world);
    uint64_t end = clock_now_ns() + stress_ns(shares);
    while (clock_now_ns() < end) {
        uint64_t heap_before = heap_calls();
        for (unsigned i = 0; i < 20; i++) {
            switch (rng_below(&rng, 4)) {
            case 0: run_all(team); break;
            case 1: run_some(team, 1 + (unsigned)rng_below(&rng, 9)); break;
            default: run_loop(team, rng_below(&rng, ITEMS_MAX), rng_below(&rng, 100)); break;
            }
            /* Sometimes long enough for workers to fall asleep. */
            if (rng_below(&rng, 10) == 0) {
                struct timespec moment = {.tv_nsec = 20000};
                nanosleep(&moment, NULL);
            }
        }
        stress_check(heap_calls() == heap_before);
        if (rng_below(&rng, 4) == 0)
            CHECK_EQ(team_resize(team, 1 + (unsigned)rng_below(&rng, 6), &error), PEVM_OK);
    }
}

TEST(jobs_of_all_kinds_on_teams_of_changing_size)
{
    static const struct team_options options[] = {{0}, {.never_spin = true}, {.pin = true}};
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        struct team *team;
        struct error error;
        if (team_new(&team, 3, &options[i], &error) != PEVM_OK) fail_msg("%s", error.text);
        work_for_a_while(team, 1 + i, (unsigned)COUNT_OF(options));
        team_free(team);
    }
}
