#include "pevm/task.h"

#include "api/api_private.h"

/* The stranger's io is ours. */
static struct task_io *inside_of(pevm_task_io *io)
{
    return (struct task_io *)io;
}

static enum pevm_task_answer answer_of(enum view_answer answer)
{
    return answer == VIEW_OK ? PEVM_TASK_GO_ON : PEVM_TASK_STOP;
}

EXPORT enum pevm_task_answer pevm_task_read(pevm_task_io *io,
                                            const address *space,
                                            const u256 *key,
                                            u256 *out)
{
    return answer_of(task_read(inside_of(io), space, key, out));
}

EXPORT enum pevm_task_answer pevm_task_write(pevm_task_io *io,
                                             const address *space,
                                             const u256 *key,
                                             const u256 *value)
{
    return answer_of(task_write(inside_of(io), space, key, value));
}

EXPORT void pevm_executor_init_sized(struct pevm_executor *executor, size_t struct_size)
{
    sized_init(executor, struct_size, sizeof *executor);
}

/* ---- the executor as ours: `context` is a struct pevm_executor ---- */

static int32_t run(void *context, uint32_t task, struct task_io *io)
{
    const struct pevm_executor *executor = context;
    return executor->run(executor->context, task, (pevm_task_io *)io);
}

static uint64_t estimate_ns(void *context, uint32_t task)
{
    const struct pevm_executor *executor = context;
    return executor->estimate_ns(executor->context, task);
}

static bool is_cancelled(void *context)
{
    const struct pevm_executor *executor = context;
    return executor->is_cancelled(executor->context) != 0;
}

static enum view_answer base_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct pevm_executor *executor = context;
    *out = U256_ZERO;
    if (executor->base == NULL) return VIEW_OK;
    bool is_known = executor->base(executor->context, who, slot, out) == PEVM_ANSWER_OK;
    return is_known ? VIEW_OK : VIEW_FAILED;
}

/* ---- all of them ---- */

STATIC_ASSERT(sizeof(struct task_change) == sizeof(struct pevm_task_change) &&
                  offsetof(struct task_change, key) == offsetof(struct pevm_task_change, key) &&
                  offsetof(struct task_change, value) == offsetof(struct pevm_task_change, value),
              "a change has the same layout inside and outside");
STATIC_ASSERT(PEVM_TASKS_MAX == TASKS_MAX, "the same limit");

static enum pevm_status run_all(pevm_engine *engine,
                                const struct pevm_executor *given,
                                uint32_t count,
                                struct error *error)
{
    static const struct view_ops base_ops = {.slot = base_slot};
    struct pevm_executor executor;
    struct tasks_outcome inside;
    TRY(sized_read(&executor, sizeof executor, given, "pevm_executor", error));
    ASSERT(executor.run != NULL);
    struct tasks_ops ops = {run, executor.estimate_ns != NULL ? estimate_ns : NULL};
    struct view base = {&base_ops, &executor};
    struct cancel_source cancel = {is_cancelled, &executor};
    struct tasks_input input = {
        .ops = &ops,
        .context = &executor,
        .base = &base,
        .count = count,
        .workers = engine->config.policy == PEVM_POLICY_SEQUENTIAL ? 1 : 0,
        .cancel = executor.is_cancelled != NULL ? &cancel : NULL,
        .tuning = config_tuning(&engine->config),
    };
    TRY(engine_run_tasks(engine->inside, &inside, &input, error));
    engine->tasks_outcome = (struct pevm_tasks_outcome){
        .results = inside.results,
        .changes = (const struct pevm_task_change *)inside.changes,
        .change_count = inside.change_count,
        .execute_ns = inside.execute_ns,
        .executions = inside.executions,
        .stale = inside.stale,
        .waits = inside.waits,
    };
    return PEVM_OK;
}

EXPORT enum pevm_status pevm_engine_run_tasks(pevm_engine *engine,
                                              const struct pevm_tasks_outcome **outcome,
                                              const struct pevm_executor *executor,
                                              uint32_t count,
                                              struct pevm_error *error)
{
    struct error inside;
    ASSERT(engine != NULL && outcome != NULL);
    error_clear(&inside);
    *outcome = NULL;
    enum pevm_status status = run_all(engine, executor, count, &inside);
    if (status == PEVM_OK) *outcome = &engine->tasks_outcome;
    return error_give(error, status, &inside);
}
