#include "engine/profile.h"

#include "base/heap.h"
#include "engine/engine_metrics.h"

#define CHUNK_BYTES ((size_t)256 << 10)

struct profile {
    struct event_log *events;
    struct timed_view timed;
    struct view view;
    struct arena arena; /* of one block's sums */
};

/* One block, added up. */
struct sums {
    struct metrics_writer *writer;
    uint64_t *last_ns; /* by tx: of the attempt that counted, the last that came to an end */
    uint64_t *last_at; /* ... when it did */
    size_t tx_count;
    uint64_t all_ns, final_ns, check_ns, lost;
};

/* ---- life ------------------------------------------------------------------------------------ */

enum pevm_status profile_new(struct profile **out, unsigned workers)
{
    *out = heap_alloc_zeroed(1, sizeof **out);
    if (*out == NULL) return PEVM_NO_MEMORY;
    arena_init(&(*out)->arena, CHUNK_BYTES, 0);
    enum pevm_status status = event_log_new(&(*out)->events, workers, PROFILE_EVENTS);
    if (status == PEVM_OK) return PEVM_OK;
    profile_free(*out);
    *out = NULL;
    return status;
}

void profile_free(struct profile *profile)
{
    if (profile == NULL) return;
    event_log_free(profile->events);
    arena_fini(&profile->arena);
    heap_free(profile);
}

enum pevm_status profile_begin(struct profile *profile, unsigned workers, const struct view *state)
{
    if (profile->events == NULL || event_log_workers(profile->events) < workers) {
        event_log_free(profile->events);
        TRY(event_log_new(&profile->events, workers, PROFILE_EVENTS));
    }
    timed_view_init(&profile->timed, state);
    profile->view = timed_view(&profile->timed);
    return PEVM_OK;
}

const struct view *profile_view(const struct profile *profile)
{
    return &profile->view;
}

struct event_log *profile_events(const struct profile *profile)
{
    return profile->events;
}

/* ---- adding up --------------------------------------------------------------------------------- */

static void attempt_add(struct sums *sums, const struct event *end, uint64_t ns)
{
    metric_observe(sums->writer, METRIC_TASK_DURATION, 0, ns);
    sums->all_ns += ns;
    if (end->kind != EVENT_EXECUTED || end->tx >= sums->tx_count) return;
    if (end->ns < sums->last_at[end->tx]) return;
    sums->last_at[end->tx] = end->ns;
    sums->last_ns[end->tx] = ns;
}

static void check_add(struct sums *sums, uint64_t ns)
{
    metric_observe(sums->writer, METRIC_VALIDATION_DURATION, 0, ns);
    sums->check_ns += ns;
}

/* An attempt or a check is over before its worker begins another. */
static void ring_add(struct sums *sums, const struct event_ring *ring)
{
    uint64_t run_ns = 0, check_ns = 0; /* when it began; 0: not at all */
    sums->lost += event_lost(ring);
    for (size_t i = 0; i < event_count(ring); i++) {
        const struct event *event = event_at(ring, i);
        switch ((enum event_kind)event->kind) {
        case EVENT_RUN: run_ns = event->ns; break;
        case EVENT_EXECUTED:
        case EVENT_UNSURE:
        case EVENT_BLOCKED:
        case EVENT_LOST:
            if (run_ns != 0) attempt_add(sums, event, event->ns - run_ns);
            run_ns = 0;
            break;
        case EVENT_CHECK: check_ns = event->ns; break;
        case EVENT_HOLDS:
        case EVENT_STALE:
            if (check_ns != 0) check_add(sums, event->ns - check_ns);
            check_ns = 0;
            break;
        default: break;
        }
    }
}

static bool sums_init(struct sums *sums, struct arena *arena, size_t tx_count)
{
    sums->tx_count = tx_count;
    sums->last_ns = arena_alloc_zeroed(arena, tx_count, sizeof *sums->last_ns);
    sums->last_at = arena_alloc_zeroed(arena, tx_count, sizeof *sums->last_at);
    return sums->last_ns != NULL && sums->last_at != NULL;
}

static void tell(const struct profile *profile,
                 const struct sums *sums,
                 const struct profile_run *run)
{
    struct metrics_writer *writer = sums->writer;
    uint64_t ns = run->transactions_ns + 1;
    uint64_t parallelism = (uint64_t)((double)sums->final_ns * 1e6 / (double)ns);
    metric_add(writer, METRIC_PROFILED_BLOCKS, 0, 1);
    metric_add(writer, METRIC_PROFILED_TIME, 0, run->execute_ns);
    metric_add(writer, METRIC_TASK_TIME, ATTEMPT_FINAL, sums->final_ns);
    metric_add(writer, METRIC_TASK_TIME, ATTEMPT_AGAIN, sums->all_ns - sums->final_ns);
    metric_add(writer, METRIC_VALIDATION_TIME, 0, sums->check_ns);
    metric_add(writer, METRIC_EVENTS_LOST, 0, sums->lost);
    metric_add(writer, METRIC_BASE_READS, 0, counter_read(&profile->timed.reads));
    metric_add(writer, METRIC_BASE_READ_TIME, 0, counter_read(&profile->timed.ns));
    metric_set(writer, METRIC_PARALLELISM, 0, parallelism);
    metric_set(writer, METRIC_EFFICIENCY, 0, parallelism / run->workers);
}

const uint64_t *profile_end(struct profile *profile,
                            struct metrics *metrics,
                            const struct profile_run *run)
{
    struct sums sums = {.writer = metrics_writer(metrics, 0)};
    arena_reset(&profile->arena);
    if (!sums_init(&sums, &profile->arena, run->count)) return NULL;
    for (unsigned i = 0; i < event_log_workers(run->events); i++)
        ring_add(&sums, event_ring(run->events, i));
    for (size_t i = 0; i < sums.tx_count; i++)
        sums.final_ns += sums.last_ns[i];
    tell(profile, &sums, run);
    return sums.last_ns;
}

struct arena *profile_arena(struct profile *profile)
{
    return &profile->arena;
}

void profile_chain(struct metrics *metrics, const struct mv_chain *chain)
{
    struct metrics_writer *writer = metrics_writer(metrics, 0);
    metric_add(writer, METRIC_CHAIN_TIME, 0, chain->cost);
    metric_add(writer, METRIC_CHAIN_TASKS, 0, chain->txs);
}
