#include "sync/handoff.h"

#include "base/clock.h"
#include "sync/cpu_count.h"
#include "sync/parker.h"
#include "sync/spin.h"
#include "sync/team.h"

#include <stdlib.h>

#define ROUNDS    500
#define LINES     64
#define STEP      27 /* has no factor in common with LINES, and goes where no prefetcher expects it */
#define WAKES     51
#define SETTLE_NS 30000 /* until a sleeper sleeps */

struct meeting {
    ALIGNED(CACHE_LINE) struct atomic64 word;
    ALIGNED(CACHE_LINE) struct parker parker;
    ALIGNED(CACHE_LINE) struct atomic64 risen_ns; /* when the sleeper ran again; 0: it sleeps */
    struct atomic64 slept;                        /* times that it was about to */
    struct {
        ALIGNED(2 * CACHE_LINE) struct atomic64 next;
    } lines[LINES];
    uint64_t lines_ns[ROUNDS]; /* to read all */
    uint64_t wakes[WAKES], rises[WAKES];
};

static void await(struct atomic64 *word, uint64_t value)
{
    while (atomic64_load(word, memory_order_acquire) != value) { /* ends: the other one stores it */
    }
}

/* One writes all lines, the other reads them, each line telling which one is next: so no two come at once. */
static void pass_lines(unsigned worker, void *context)
{
    struct meeting *meeting = context;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        if (worker == 1) {
            for (unsigned i = 0; i < LINES; i++)
                atomic64_store(&meeting->lines[i].next, (i + STEP) % LINES, memory_order_release);
            atomic64_store(&meeting->word, round, memory_order_seq_cst);
            await(&meeting->slept, round);
            continue;
        }
        await(&meeting->word, round);
        uint64_t start_ns = clock_now_ns(), at = 0;
        for (unsigned i = 0; i < LINES; i++)
            at = atomic64_load(&meeting->lines[at].next, memory_order_acquire);
        meeting->lines_ns[round - 1] = clock_now_ns() - start_ns + at; /* at is 0 again */
        atomic64_store(&meeting->slept, round, memory_order_seq_cst);
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

/* The time that is longer than `share` percent of them. */
static uint64_t quantile(uint64_t *times, size_t count, unsigned share)
{
    qsort(times, count, sizeof *times, compare_u64);
    return times[count * share / 100];
}

enum pevm_status handoff_measure(struct handoff *out)
{
    struct meeting meeting = {.wakes = {0}};
    struct team *team;
    if (cpu_count_available() < 2) return PEVM_UNSUPPORTED;
    TRY(team_new(&team, 2, NULL, NULL));
    parker_init(&meeting.parker);
    team_run(team, pass_lines, &meeting);
    atomic64_init(&meeting.slept, 0);
    team_run(team, wake_each_other, &meeting);
    team_free(team);
    /* Lines: the usual case; at best both ran on one processor, at worst one did not run. Wakes: the best, when nobody else wanted
     * the processors. */
    *out = (struct handoff){.transfer_ns = quantile(meeting.lines_ns, ROUNDS, 50) / LINES,
                            .wake_ns = quantile(meeting.wakes, WAKES, 0),
                            .rise_ns = quantile(meeting.rises, WAKES, 0)};
    return PEVM_OK;
}
