/* pevm/task.h - work of your own on all cores, as if it had been done one after the other: Block-STM (Gelashvili et al., 2022)
 * without EVM, gas or accounts.
 *
 * A task reads and writes 32-byte words at locations. It runs ahead of the tasks below it, and again when what it read
 * turns out to be different. What comes out is what a loop over the tasks in order would give.
 *
 *     static int32_t run(void *context, uint32_t task, pevm_task_io *io)
 *     {
 *         u256 balance;
 *         if (pevm_task_read(io, &space, &key, &balance) != PEVM_TASK_GO_ON) return 0;
 *         balance.words[0] += 1;
 *         (void)pevm_task_write(io, &space, &key, &balance);
 *         return 0;
 *     }
 */
#ifndef PEVM_TASK_H
#define PEVM_TASK_H

#include "pevm/engine.h"
#include "pevm/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One run of one task. Lent to `run` until it returns; used by the thread that runs it. */
typedef struct pevm_task_io pevm_task_io;

enum pevm_task_answer {
    PEVM_TASK_GO_ON = 0,
    PEVM_TASK_STOP = 1 /* return at once, with anything: this run does not count */
};

/* A location is a space and a key. *out: what this run wrote there, or a task below it, or the base. */
enum pevm_task_answer pevm_task_read(pevm_task_io *io,
                                     const address *space,
                                     const u256 *key,
                                     u256 *out);
enum pevm_task_answer pevm_task_write(pevm_task_io *io,
                                      const address *space,
                                      const u256 *key,
                                      const u256 *value);

/* Who executes tasks. `context` goes to all callbacks. Only `run` must not be NULL. */
struct pevm_executor {
    size_t struct_size; /* pevm_executor_init */
    void *context;

    /* Run task number `task`, from 0. Returns its result; one that is not 0 means that it failed: its writes are dropped.
     * Called from all workers at once, several times for a task. It must do the same whenever it reads the same, and
     * nothing that is seen outside but reads and writes through `io`. In a run that will not count, words that it reads
     * may not fit together: it must end all the same. */
    int32_t (*run)(void *context, uint32_t task, pevm_task_io *io);

    /* About how many nanoseconds a run takes. Decides how tasks are handed out, never what comes out. */
    uint64_t (*estimate_ns)(void *context, uint32_t task);

    /* The word at a location before the first task, from any thread. NULL: all words are 0. */
    enum pevm_answer (*base)(void *context, const address *space, const u256 *key, u256 *out);

    /* As in struct pevm_input; a task that takes long is stopped only where it reads. */
    int (*is_cancelled)(void *context);
};

/* All zero but struct_size. */
#define pevm_executor_init(executor) pevm_executor_init_sized(executor, sizeof *(executor))
void pevm_executor_init_sized(struct pevm_executor *executor, size_t struct_size);

struct pevm_task_change {
    address space;
    u256 key, value;
};

/* Lent by the engine until its next call for tasks. */
struct pevm_tasks_outcome {
    const int32_t *results; /* by task */
    const struct pevm_task_change
        *changes; /* last values of all that was written, by space, then by key */
    size_t change_count;
    uint64_t execute_ns;
    uint64_t executions, stale, waits; /* as in struct pevm_outcome */
};

#define PEVM_TASKS_MAX ((uint32_t)1 << 24)

/* Run tasks 0 to count - 1 on the engine's workers (in sequential mode on one). PEVM_OK: *outcome has the results. Else it is
 * NULL; `error` may be NULL. PEVM_STATE_UNREADABLE: `base` failed; PEVM_CANCELLED; PEVM_TIMEOUT; PEVM_NO_MEMORY; PEVM_LIMIT: more than
 * PEVM_TASKS_MAX; PEVM_BAD_INPUT, PEVM_UNSUPPORTED: struct_size. */
enum pevm_status pevm_engine_run_tasks(pevm_engine *engine,
                                       const struct pevm_tasks_outcome **outcome,
                                       const struct pevm_executor *executor,
                                       uint32_t count,
                                       struct pevm_error *error);

#ifdef __cplusplus
}
#endif
#endif
