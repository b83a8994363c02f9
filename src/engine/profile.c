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
    uint64_t *last_ns;  /* by tx: of the attempt that counted, the last that came to an end */
    uint64_t *so_far;   /* by tx: of an attempt that waits, and may go on */
    uint64_t *run_ns;   /* by worker: when what it runs began or went on; 0: nothing */
    uint64_t *check_ns; /* by worker: when its check began; 0: none */
    size_t tx_count;
    uint64_t all_ns, final_ns, checks_ns, lost;
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

/* An attempt is over, whether it counts or not. */
static void attempt_over(struct sums *sums, uint64_t ns)
{
    metric_observe(sums->writer, METRIC_TASK_DURATION, 0, ns);
    sums->all_ns += ns;
}

/* It was blocked, and did not go on. */
static void attempt_given_up(struct sums *sums, uint32_t tx)
{
    if (sums->so_far[tx] != 0) attempt_over(sums, sums->so_far[tx]);
    sums->so_far[tx] = 0;
}

static void on_stop(struct sums *sums, unsigned worker, const struct event *event)
{
    uint64_t ns = sums->so_far[event->tx] + event->ns - sums->run_ns[worker];
    if (sums->run_ns[worker] == 0) return; /* its begin was lost */
    sums->run_ns[worker] = 0;
    sums->so_far[event->tx] = event->kind == EVENT_BLOCKED ? ns : 0;
    if (event->kind == EVENT_BLOCKED) return;
    attempt_over(sums, ns);
    if (event->kind == EVENT_EXECUTED) sums->last_ns[event->tx] = ns;
}

static void on_verdict(struct sums *sums, unsigned worker, const struct event *event)
{
    uint64_t ns = event->ns - sums->check_ns[worker];
    if (sums->check_ns[worker] == 0) return;
    sums->check_ns[worker] = 0;
    metric_observe(sums->writer, METRIC_VALIDATION_DURATION, 0, ns);
    sums->checks_ns += ns;
}

static void event_add(struct sums *sums, unsigned worker, const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case EVENT_RUN:
        attempt_given_up(sums, event->tx);
        sums->run_ns[worker] = event->ns;
        return;
    case EVENT_RESUME: sums->run_ns[worker] = event->ns; return;
    case EVENT_EXECUTED:
    case EVENT_UNSURE:
    case EVENT_BLOCKED:
    case EVENT_LOST: on_stop(sums, worker, event); return;
    case EVENT_CHECK: sums->check_ns[worker] = event->ns; return;
    case EVENT_HOLDS:
    case EVENT_STALE: on_verdict(sums, worker, event); return;
    default: return;
    }
}

static bool sums_init(struct sums *sums, struct arena *arena, const struct profile_run *run)
{
    unsigned workers = event_log_workers(run->events);
    sums->tx_count = run->count;
    sums->last_ns = arena_alloc_zeroed(arena, run->count, sizeof *sums->last_ns);
    sums->so_far = arena_alloc_zeroed(arena, run->count, sizeof *sums->so_far);
    sums->run_ns = arena_alloc_zeroed(arena, workers, sizeof *sums->run_ns);
    sums->check_ns = arena_alloc_zeroed(arena, workers, sizeof *sums->check_ns);
    return sums->last_ns != NULL && sums->so_far != NULL && sums->run_ns != NULL &&
           sums->check_ns != NULL;
}

static void events_add(struct sums *sums, struct event_log *events)
{
    const struct event *event;
    unsigned worker;
    event_log_rewind(events);
    while ((event = event_log_next(events, &worker)) != NULL) /* ends: one less each time */
        event_add(sums, worker, event);
    for (unsigned i = 0; i < event_log_workers(events); i++)
        sums->lost += event_lost(event_ring(events, i));
    for (size_t i = 0; i < sums->tx_count; i++) {
        attempt_given_up(sums, (uint32_t)i);
        sums->final_ns += sums->last_ns[i];
    }
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
    metric_add(writer, METRIC_VALIDATION_TIME, 0, sums->checks_ns);
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
    if (!sums_init(&sums, &profile->arena, run)) return NULL;
    events_add(&sums, run->events);
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
