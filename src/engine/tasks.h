/* tasks.h - tasks of anybody's, on all workers, as if they had run one after the other: what a block's transactions are to
 * parallel.c, without EVM, gas or accounts.
 *
 * A task reads and writes 32-byte words at locations (a space of 20 bytes, a key of 32), through a struct task_io. It may be
 * run more than once, and ahead of tasks below it; only the run whose reads hold when all below it are final counts.
 *
 * Rules
 *   R1  A run does the same whenever it reads the same, and has no effect but its writes and its result.
 *   R2  What it reads in a run that will not count may not fit together. It must end all the same.
 *   R3  After an answer that is not VIEW_OK it returns at once; what it returns is ignored.
 *   R4  A task whose result is not 0 leaves no writes.
 *
 * One thread at a time; `run` is called by all workers of the team.
 */
#pragma once

#include "engine/engine.h"
#include "sync/budget.h"
#include "sync/team.h"

#define TASKS_MAX ((uint32_t)1 << 24)

struct tasks;
struct task_io; /* a run */

struct tasks_ops {
    int32_t (*run)(void *context, uint32_t task, struct task_io *io); /* the result */

    /* May be NULL. About how long a run takes: decides how many are handed out at a time, never what comes out. */
    uint64_t (*estimate_ns)(void *context, uint32_t task);
};

struct tasks_input {
    const struct tasks_ops *ops;
    void *context;
    const struct view *base;            /* only its slots are read; from any thread */
    uint32_t count;                     /* at most TASKS_MAX */
    unsigned workers;                   /* 0: the whole team */
    const struct cancel_source *cancel; /* may be NULL */
    struct metrics *metrics;            /* may be NULL; the engine puts in its own */
    struct event_log *events;           /* may be NULL; ... when somebody profiles */
    struct tuning tuning;
};

struct task_change {
    address space;
    u256 key, value;
};

/* Lent until the next call. */
struct tasks_outcome {
    const int32_t *results; /* by task */
    const struct task_change
        *changes; /* all that was written, also what was there before; by space, then key */
    size_t change_count;
    uint64_t execute_ns;
    uint64_t executions, stale, waits; /* as in struct engine_outcome */
    unsigned workers;
    uint64_t resumed, sleeps, steals;
    uint64_t worker_ns, idle_ns, busiest_ns; /* as in struct speculation_end */
};

/* `team` and `budget` are borrowed; the versions, and what the outcome lends, are taken from the budget. */
enum pevm_status tasks_new(struct tasks **out, struct team *team, struct budget *budget) MUST_CHECK;
void tasks_free(struct tasks *tasks); /* may be NULL */

/* PEVM_STATE_UNREADABLE: the base failed, the text says where. PEVM_CANCELLED, PEVM_NO_MEMORY. PEVM_LIMIT: too many. */
enum pevm_status tasks_run(struct tasks *tasks,
                           struct tasks_outcome *outcome,
                           const struct tasks_input *input,
                           struct error *error) MUST_CHECK;

/* The longest chain of the tasks that ran last (state/mv_place.h). False: no memory. */
bool tasks_chain(const struct tasks *tasks,
                 const uint64_t *costs,
                 struct arena *arena,
                 struct mv_chain *out) MUST_CHECK;

/* The same, on the engine's team and within its memory limit. */
enum pevm_status engine_run_tasks(struct engine *engine,
                                  struct tasks_outcome *outcome,
                                  const struct tasks_input *input,
                                  struct error *error) MUST_CHECK;

/* What a run sees: its own writes, then those of the tasks below it, then the base. */
enum view_answer task_read(struct task_io *io, const address *space, const u256 *key, u256 *out)
    MUST_CHECK;
enum view_answer task_write(struct task_io *io,
                            const address *space,
                            const u256 *key,
                            const u256 *value) MUST_CHECK;
