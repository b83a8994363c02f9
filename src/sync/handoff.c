#include "sync/handoff.h"

#include "base/clock.h"
#include "sync/cpu_count.h"
#include "sync/parker.h"
#include "sync/spin.h"
#include "sync/team.h"

#include <stdlib.h>

#define BATCHES 20
#define ROUNDS  500
#define MOVES_PER_ROUND                                                                            \
    4 /* there and back: each way the line is taken for writing, then fetched for reading */
#define WAKES     51
#define SETTLE_NS 30000 /* until a sleeper sleeps */

struct meeting {
    ALIGNED(CACHE_LINE) struct atomic64 word;
    ALIGNED(CACHE_LINE) struct parker parker;
    ALIGNED(CACHE_LINE) struct atomic64 risen_ns; /* when the sleeper ran again; 0: it sleeps */
    struct atomic64 slept;                        /* times that it was about to */
    uint64_t round_ns;                            /* the shortest */
    uint64_t wakes[WAKES], rises[WAKES];
};

static void await(struct atomic64 *word, uint64_t value)
{
    while (atomic64_load(word, memory_order_acquire) != value) { /* ends: the other one stores it */
    }
}

/* A word goes to and fro. */
static void play(unsigned worker, void *context)
{
    struct meeting *meeting = context;
    uint64_t turn = 0;
    for (unsigned batch = 0; batch < BATCHES; batch++) {
        uint64_t start_ns = clock_now_ns();
        for (unsigned round = 0; round < ROUNDS; round++, turn += 2) {
            if (worker == 0) atomic64_store(&meeting->word, turn + 1, memory_order_release);
            await(&meeting->word, worker == 0 ? turn + 2 : turn + 1);
            if (worker == 1) atomic64_store(&meeting->word, turn + 2, memory_order_release);
        }
        uint64_t round_ns = (clock_now_ns() - start_ns) / ROUNDS;
        if (worker == 0 && round_ns < meeting->round_ns) meeting->round_ns = round_ns;
    }
}

static void doze(struct meeting *meeting)
{
    for (uint64_t i = 1; i <= WAKES; i++) {
        uint32_t ticket = parker_prepare(&meeting->parker);
        atomic64_store(&meeting->slept, i, memory_order_seq_cst);
        parker_sleep(&meeting->parker, ticket);
        atomic64_store(&meeting->risen_ns, clock_now_ns(), memory_order_release);
        await(&meeting->risen_ns, 0);
    }
}

static void rouse(struct meeting *meeting)
{
    for (uint64_t i = 0; i < WAKES; i++) {
        await(&meeting->slept, i + 1);
        for (uint64_t from_ns = clock_now_ns(); clock_now_ns() - from_ns < SETTLE_NS;)
            spin_pause_instruction();
        uint64_t start_ns = clock_now_ns(), risen_ns;
        parker_notify(&meeting->parker, 1);
        meeting->wakes[i] = clock_now_ns() - start_ns;
        while ((risen_ns = atomic64_load(&meeting->risen_ns, memory_order_acquire)) ==
               0) { /* ends: it was woken */
        }
        meeting->rises[i] = risen_ns > start_ns ? risen_ns - start_ns : 0;
        atomic64_store(&meeting->risen_ns, 0, memory_order_release);
    }
}

static void wake_each_other(unsigned worker, void *context)
{
    if (worker == 0)
        rouse(context);
    else
        doze(context);
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Of a good moment, when nobody else wanted the processors. */
static uint64_t lowest_tenth(uint64_t *times)
{
    qsort(times, WAKES, sizeof *times, compare_u64);
    return times[WAKES / 10];
}

enum pevm_status handoff_measure(struct handoff *out)
{
    struct meeting meeting = {.round_ns = UINT64_MAX};
    struct team *team;
    if (cpu_count_available() < 2) return PEVM_UNSUPPORTED;
    TRY(team_new(&team, 2, NULL, NULL));
    parker_init(&meeting.parker);
    team_run(team, play, &meeting);
    team_run(team, wake_each_other, &meeting);
    team_free(team);
    *out = (struct handoff){.transfer_ns = meeting.round_ns / MOVES_PER_ROUND,
                            .wake_ns = lowest_tenth(meeting.wakes),
                            .rise_ns = lowest_tenth(meeting.rises)};
    return PEVM_OK;
}
