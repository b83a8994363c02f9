/* What the calls of sync cost here and now; README.md of the room quotes it. Not a test: the
 * machine may be busy, so the best tenth is shown beside the median. */
#include "base/assert.h"
#include "base/clock.h"
#include "sync/bitset_ready.h"
#include "sync/cpu_count.h"
#include "sync/parker.h"
#include "sync/ring.h"
#include "sync/team.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS  20000
#define REPEATS 9

/* Nanoseconds of one turn of a loop, the best of some repeats. */
#define BENCH(name, turns, statement)                                                              \
    do {                                                                                           \
        uint64_t best_ = UINT64_MAX;                                                               \
        for (unsigned repeat_ = 0; repeat_ < REPEATS; repeat_++) {                                 \
            uint64_t start_ = clock_now_ns();                                                      \
            for (uint32_t i = 0; i < (turns); i++) {                                               \
                statement;                                                                         \
            }                                                                                      \
            uint64_t spent_ = clock_now_ns() - start_;                                             \
            if (spent_ < best_) best_ = spent_;                                                    \
        }                                                                                          \
        printf("%-44s %8.1f ns\n", name, (double)best_ / (double)(turns));                         \
    } while (0)

/* ---- the team ---- */

static uint64_t started_ns[TEAM_WORKERS_MAX];

static void note_start(unsigned worker, void *context)
{
    (void)context;
    started_ns[worker] = clock_now_ns();
}

static void do_nothing(unsigned worker, void *context)
{
    (void)worker, (void)context;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* From the call until the last worker is inside the job, and until the call has returned. */
static void bench_hand_off(const char *name, struct team *team, long idle_ns)
{
    static uint64_t inside[ROUNDS], whole[ROUNDS];
    unsigned rounds = idle_ns == 0 ? ROUNDS : ROUNDS / 20;
    unsigned workers = team_workers(team);
    for (unsigned round = 0; round < rounds; round++) {
        if (idle_ns != 0) nanosleep(&(struct timespec){.tv_nsec = idle_ns}, NULL);
        uint64_t start = clock_now_ns(), last = 0;
        team_run(team, note_start, NULL);
        whole[round] = clock_now_ns() - start;
        for (unsigned worker = 1; worker < workers; worker++)
            if (started_ns[worker] > last) last = started_ns[worker];
        inside[round] = last - start;
    }
    qsort(inside, rounds, sizeof inside[0], compare);
    qsort(whole, rounds, sizeof whole[0], compare);
    printf("%-28s %u workers: inside %6" PRIu64 " %6" PRIu64 ", returned %6" PRIu64 " %6" PRIu64
           " ns (best tenth, median)\n",
           name,
           workers,
           inside[rounds / 10],
           inside[rounds / 2],
           whole[rounds / 10],
           whole[rounds / 2]);
}

/* Keep the caller on the first processor that is ours; team pins worker n to the n-th after it. */
static void bench_pinned(void)
{
    cpu_set_t before, first;
    ASSERT(sched_getaffinity(0, sizeof before, &before) == 0);
    CPU_ZERO(&first);
    for (unsigned cpu = 0; CPU_COUNT(&first) == 0; cpu++)
        if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &first);
    struct team *team; /* pinned while all processors are still allowed */
    ASSERT(team_new(&team, 2, &(struct team_options){.pin = true}, NULL) == PEVM_OK);
    ASSERT(sched_setaffinity(0, sizeof first, &first) == 0);
    bench_hand_off("team_run, both pinned", team, 0);
    bench_hand_off("team_run, both pinned, 1 ms", team, 1000000);
    ASSERT(sched_setaffinity(0, sizeof before, &before) == 0);
    team_free(team);
}

static void bench_team_of(const char *name, unsigned workers, bool never_spin, long idle_ns)
{
    struct team *team;
    ASSERT(team_new(&team, workers, &(struct team_options){.never_spin = never_spin}, NULL) ==
           PEVM_OK);
    bench_hand_off(name, team, idle_ns);
    team_free(team);
}

static void bench_team(void)
{
    bench_pinned();
    bench_team_of("team_run, one after another", 2, false, 0);
    bench_team_of("team_run, after 1 ms", 2, false, 1000000);
    bench_team_of("team_run, never_spin", 2, true, 0);
    bench_team_of("team_run, crowded", 4, false, 0);
    bench_team_of("team_run, crowded, 1 ms", 8, false, 1000000);

    struct team *alone, *two;
    ASSERT(team_new(&alone, 1, NULL, NULL) == PEVM_OK);
    ASSERT(team_new(&two, 2, NULL, NULL) == PEVM_OK);
    BENCH("team_run, alone", 100000, team_run(alone, do_nothing, NULL));
    BENCH("team_assist of nothing, 2 workers", 20000, team_assist(two, 2, do_nothing, NULL));
    team_free(alone);
    team_free(two);
}

/* ---- the others ---- */

static void bench_ready(uint32_t item_count)
{
    struct bitset_ready set;
    ASSERT(bitset_ready_init(&set, item_count) == PEVM_OK);
    printf("ready set of %" PRIu32 " items, %u levels\n", item_count, set.level_count);
    BENCH("  reset and fill", 1, {
        bitset_ready_reset(&set, item_count);
        bitset_ready_fill(&set);
    });
    BENCH("  set and take one of a sparse set", 100000, {
        if (i == 0) bitset_ready_reset(&set, item_count);
        bitset_ready_set(&set, i % item_count);
        ASSERT(bitset_ready_take_lowest(&set) == i % item_count);
    });
    bitset_ready_reset(&set, item_count);
    BENCH("  find nothing", 100000, ASSERT(bitset_ready_take_lowest(&set) == BITSET_READY_NONE));
    BENCH("  set", item_count, {
        if (i == 0) bitset_ready_reset(&set, item_count);
        bitset_ready_set(&set, i);
    });
    BENCH("  take, densely set", item_count, {
        if (i == 0) bitset_ready_fill(&set);
        ASSERT(bitset_ready_take_lowest(&set) == i);
    });
    bitset_ready_fini(&set);
}

static void bench_parker(void)
{
    struct parker parker;
    parker_init(&parker);
    BENCH("parker_notify, nobody waits", 1000000, parker_notify(&parker, 1));
    BENCH(
        "parker_notify_after_store, nobody waits", 1000000, parker_notify_after_store(&parker, 1));
    BENCH("parker_prepare and cancel", 1000000, {
        (void)!parker_prepare(&parker);
        parker_cancel(&parker);
    });
}

static void bench_ring(void)
{
    static uint64_t values[1024];
    static struct ring_cell cells[1024];
    struct ring_spsc spsc;
    struct ring_mpmc mpmc;
    uint64_t value;
    ring_spsc_init(&spsc, values, 1024);
    ring_mpmc_init(&mpmc, cells, 1024);
    BENCH("ring_spsc push and pop, one thread",
          1000000,
          ASSERT(ring_spsc_push(&spsc, i) && ring_spsc_pop(&spsc, &value)));
    BENCH("ring_mpmc push and pop, one thread",
          1000000,
          ASSERT(ring_mpmc_push(&mpmc, i) && ring_mpmc_pop(&mpmc, &value)));
}

int main(void)
{
    printf("%u processors\n", cpu_count_available());
    bench_team();
    bench_parker();
    bench_ring();
    bench_ready(64);
    bench_ready(1000);
    bench_ready(10000);
    bench_ready(200000);
    BENCH("cpu_count_available", 100, ASSERT(cpu_count_available() > 0));
    return 0;
}
