#include "engine/engine_metrics.h"

#include "base/clock.h"
#include "engine/block_run.h"
#include "engine/parallel.h"
#include "engine/tasks.h"
#include "metrics/event.h"
#include "metrics/process.h"

#define US UINT64_C(1000)
#define MS (1000 * US)
#define S  (1000 * MS)

/* ---- the table ------------------------------------------------------------------------------- */

static const char *const results[] = {"valid", "invalid", "failed", NULL};
static const char *const failures[] = {
    "reverted", "invalid", "unreadable", "no_memory", "cancelled", "other", NULL};
static const char *const states[] = {"busy", "idle", NULL};
static const char *const queues[] = {"new", "again", NULL};
static const char *const block_tasks[] = {"all", "final", NULL};
static const char *const attempt_results[] = {"final", "again", NULL};
static const char *const phases[] = {
    "senders", "before", "transactions", "hand_over", "finish", "roots", "whole", NULL};
STATIC_ASSERT(COUNT_OF(phases) == PHASE_WHOLE + 2, "a value for each phase, the whole, the end");

/* A transaction takes from half a microsecond to a second, a block from a tenth of a millisecond on. */
static const uint64_t task_bounds[] = {
    US / 2, US,     2 * US, 5 * US,  10 * US, 20 * US, 50 * US,  100 * US, 200 * US, 500 * US,
    MS,     2 * MS, 5 * MS, 10 * MS, 20 * MS, 50 * MS, 100 * MS, 500 * MS, S,        0};
static const uint64_t block_bounds[] = {100 * US,
                                        200 * US,
                                        500 * US,
                                        MS,
                                        2 * MS,
                                        5 * MS,
                                        10 * MS,
                                        20 * MS,
                                        50 * MS,
                                        100 * MS,
                                        200 * MS,
                                        500 * MS,
                                        S,
                                        2 * S,
                                        5 * S,
                                        10 * S,
                                        0};

static const struct metric_spec specs[] = {
#define METRIC(id, kind, decimals, label, values, bounds, read, name, help)                        \
    [METRIC_##id] = {METRIC_##kind, decimals, name, help, label, values, bounds, read},
#include "engine/engine_metrics.def"
#undef METRIC
};

enum pevm_status engine_metrics_new(struct metrics **out)
{
    return metrics_new(out, specs, COUNT_OF(specs), TEAM_WORKERS_MAX);
}

/* ---- counting -------------------------------------------------------------------------------- */

void engine_metrics_begin(struct metrics *metrics, size_t tasks)
{
    struct metrics_writer *writer = metrics_writer(metrics, 0);
    metric_set(writer, METRIC_BLOCK_TASKS, BLOCK_TASKS_ALL, tasks);
}

static void tell_end(struct metrics_writer *writer)
{
    metric_set(writer, METRIC_BLOCK_TASKS, BLOCK_TASKS_ALL, 0);
    metric_set(writer, METRIC_BLOCK_TASKS, BLOCK_TASKS_FINAL, 0);
    metric_set(writer, METRIC_QUEUE_DEPTH, QUEUE_NEW, 0);
    metric_set(writer, METRIC_QUEUE_DEPTH, QUEUE_AGAIN, 0);
}

static void tell_conflicts(struct metrics_writer *writer,
                           uint64_t executions,
                           uint64_t stale,
                           uint64_t waits,
                           uint64_t tasks)
{
    metric_add(writer, METRIC_INCARNATIONS, 0, executions);
    uint64_t aborts = executions > tasks ? executions - tasks : 0;
    metric_add(writer, METRIC_ABORTS, 0, aborts);
    metric_add(writer, METRIC_VIOLATIONS, 0, stale);
    metric_add(writer, METRIC_WAITS, 0, waits);
    metric_set(writer, METRIC_CONFLICT_RATIO, 0, tasks == 0 ? 0 : aborts * 1000000 / tasks);
}

/* Who was called and is not busy is idle, also who came too late. */
static void tell_time(struct metrics_writer *writer,
                      unsigned workers,
                      uint64_t ns,
                      uint64_t busy_ns,
                      uint64_t busiest_ns)
{
    uint64_t all_ns = ns * workers;
    metric_add(writer, METRIC_WORKER_TIME, STATE_BUSY, busy_ns);
    metric_add(writer, METRIC_WORKER_TIME, STATE_IDLE, all_ns > busy_ns ? all_ns - busy_ns : 0);
    metric_add(writer, METRIC_WORK_TIME, 0, ns);
    metric_add(writer, METRIC_BUSIEST_TIME, 0, busiest_ns);
}

static void tell_workers(struct metrics_writer *writer, const struct parallel_counts *counts)
{
    metric_add(writer, METRIC_RESUMED, 0, counts->resumed);
    metric_add(writer, METRIC_SLEEPS, 0, counts->sleeps);
    metric_add(writer, METRIC_STEALS, 0, counts->steals);
    metric_set(writer, METRIC_KEYS, 0, counts->keys);
    metric_set(writer, METRIC_VERSIONS, 0, counts->versions);
}

static unsigned failure_of(enum pevm_status status)
{
    switch (status) {
    case PEVM_STATE_UNREADABLE: return FAILURE_UNREADABLE;
    case PEVM_NO_MEMORY: return FAILURE_NO_MEMORY;
    case PEVM_CANCELLED: return FAILURE_CANCELLED;
    default: return FAILURE_OTHER;
    }
}

/* While transactions run one after another, one worker is busy. */
static void tell_transactions(struct metrics_writer *writer, const struct block_run *run)
{
    uint64_t ns = run->outcome->phase_ns[PHASE_TRANSACTIONS];
    size_t count = run->input->block->tx_count;
    if (run->parallel == NULL) {
        metric_add(writer, METRIC_SEQUENTIAL_TASKS, 0, count);
        tell_time(writer, 1, ns, ns, ns);
        return;
    }
    struct parallel_counts counts = parallel_counts(run->parallel);
    bool is_alone = counts.stopped_at == 0;
    unsigned workers = is_alone ? parallel_workers(run->parallel) : counts.called;
    uint64_t busy_ns = is_alone ? ns : counts.worker_ns - counts.idle_ns;
    tell_time(writer, workers, ns, busy_ns, is_alone ? ns : counts.busiest_ns);
    metric_add(writer, METRIC_SEQUENTIAL_TASKS, 0, count - counts.stopped_at);
    if (!is_alone) tell_workers(writer, &counts);
}

static void tell_valid(struct metrics_writer *writer, const struct block_run *run)
{
    const struct engine_outcome *outcome = run->outcome;
    size_t count = run->input->block->tx_count;
    uint64_t whole_ns = 0, failed = 0;
    tell_transactions(writer, run);
    for (unsigned i = 0; i < PHASE_COUNT; i++) {
        metric_observe(writer, METRIC_BLOCK_DURATION, i, outcome->phase_ns[i]);
        whole_ns += outcome->phase_ns[i];
    }
    metric_observe(writer, METRIC_BLOCK_DURATION, PHASE_WHOLE, whole_ns);
    for (size_t i = 0; i < outcome->receipt_count; i++)
        failed += !outcome->receipts[i].success;
    metric_add(writer, METRIC_TASKS, 0, count);
    metric_add(writer, METRIC_GAS, 0, outcome->gas_used);
    metric_add(writer, METRIC_TASK_FAILURES, FAILURE_REVERTED, failed);
    tell_conflicts(writer, outcome->executions, outcome->stale, outcome->waits, count);
    metric_set(writer, METRIC_INCARNATIONS_MAX, 0, outcome->executions_most);
    uint64_t ns = outcome->execute_ns == 0 ? 1 : outcome->execute_ns;
    metric_set(writer, METRIC_MGAS, 0, (uint64_t)((double)outcome->gas_used * 1e6 / (double)ns));
}

void engine_metrics_block(struct metrics *metrics,
                          const struct block_run *run,
                          enum pevm_status status)
{
    struct metrics_writer *writer = metrics_writer(metrics, 0);
    tell_end(writer);
    if (status != PEVM_OK) {
        metric_add(writer, METRIC_BLOCKS, RESULT_FAILED, 1);
        metric_add(writer, METRIC_TASK_FAILURES, failure_of(status), 1);
        return;
    }
    bool is_valid = !run_is_refused(run);
    metric_add(writer, METRIC_BLOCKS, is_valid ? RESULT_VALID : RESULT_INVALID, 1);
    if (run->outcome->fault == BLOCK_TRANSACTION)
        metric_add(writer, METRIC_TASK_FAILURES, FAILURE_INVALID, 1);
    metric_set(writer, METRIC_ARENA_BYTES, 0, run->outcome->arena_bytes + arena_used(run->arena));
    if (is_valid) tell_valid(writer, run);
}

void engine_metrics_tasks(struct metrics *metrics,
                          const struct tasks_outcome *outcome,
                          enum pevm_status status,
                          uint32_t count)
{
    struct metrics_writer *writer = metrics_writer(metrics, 0);
    uint64_t failed = 0;
    tell_end(writer);
    if (status != PEVM_OK) {
        metric_add(writer, METRIC_TASK_FAILURES, failure_of(status), 1);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        failed += outcome->results[i] != 0;
    metric_add(writer, METRIC_TASKS, 0, count);
    metric_add(writer, METRIC_TASK_FAILURES, FAILURE_REVERTED, failed);
    uint64_t busy_ns = outcome->worker_ns - outcome->idle_ns;
    tell_time(writer, outcome->workers, outcome->execute_ns, busy_ns, outcome->busiest_ns);
    metric_add(writer, METRIC_RESUMED, 0, outcome->resumed);
    metric_add(writer, METRIC_SLEEPS, 0, outcome->sleeps);
    metric_add(writer, METRIC_STEALS, 0, outcome->steals);
    tell_conflicts(writer, outcome->executions, outcome->stale, outcome->waits, count);
}
