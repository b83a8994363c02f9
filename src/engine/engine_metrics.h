/* engine_metrics.h - the engine's metrics: the table (engine_metrics.def), and who counts what.
 *
 * What costs nothing is counted always, once per block; times of single transactions only while somebody profiles
 * (profile.h). The writer of worker i is number i; the one who called the engine is worker 0.
 */
#pragma once

#include "engine/engine.h"
#include "metrics/metrics.h"

enum engine_metric {
#define METRIC(id, kind, decimals, label, values, bounds, read, name, help) METRIC_##id,
#include "engine/engine_metrics.def"
#undef METRIC
    METRIC_COUNT
};

/* The series of those with labels. */
enum { RESULT_VALID, RESULT_INVALID, RESULT_FAILED };
enum {
    FAILURE_REVERTED,
    FAILURE_INVALID,
    FAILURE_UNREADABLE,
    FAILURE_NO_MEMORY,
    FAILURE_CANCELLED,
    FAILURE_OTHER
};
enum { STATE_BUSY, STATE_IDLE };
enum { QUEUE_NEW, QUEUE_AGAIN };
enum { BLOCK_TASKS_ALL, BLOCK_TASKS_FINAL };
enum { ATTEMPT_FINAL, ATTEMPT_AGAIN };
/* ... of METRIC_BLOCK_DURATION: enum event_phase, then all of a block but decoding. */
#define PHASE_WHOLE PHASE_COUNT

/* With a writer for each worker that a team may have. */
enum pevm_status engine_metrics_new(struct metrics **out) MUST_CHECK;

/* A block, or tasks, of so many begins. */
void engine_metrics_begin(struct metrics *metrics, size_t tasks);

struct block_run;

/* What came of the block: its outcome, and how it went on the workers. */
void engine_metrics_block(struct metrics *metrics,
                          const struct block_run *run,
                          enum pevm_status status);

/* What came of tasks of somebody else's. */
struct tasks_outcome;
struct parallel_counts;
void engine_metrics_tasks(struct metrics *metrics,
                          const struct tasks_outcome *outcome,
                          enum pevm_status status,
                          uint32_t count);
