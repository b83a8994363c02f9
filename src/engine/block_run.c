#include "engine/block_run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum pevm_status run_refuse(struct block_run *run, enum block_fault fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(run->outcome->text, sizeof run->outcome->text, format, arguments);
    va_end(arguments);
    run->outcome->fault = fault;
    return PEVM_OK;
}

enum pevm_status run_refuse_tx(struct block_run *run, size_t tx_index, enum tx_fault fault)
{
    run->outcome->tx_fault = fault;
    run->outcome->tx_index = tx_index;
    return run_refuse(
        run, BLOCK_TRANSACTION, "transaction %zu: %s", tx_index, tx_fault_text(fault));
}

enum pevm_status run_no_memory(struct block_run *run)
{
    uint64_t refused = run->budget == NULL ? 0 : budget_refused(run->budget);
    if (refused != 0)
        return error_set(run->error,
                         PEVM_NO_MEMORY,
                         "block %" PRIu64 ": needs %" PRIu64 " bytes beside the %" PRIu64
                         " it holds, which passes the limit of %" PRIu64 " (memory_max_bytes)",
                         run->env.number,
                         refused,
                         budget_held(run->budget),
                         run->budget->max);
    return error_set(
        run->error, PEVM_NO_MEMORY, "block %" PRIu64 ": out of memory", run->env.number);
}

enum pevm_status run_view_failed(struct block_run *run, const char *who)
{
    char what[WATCH_TEXT_MAX];
    if (run->watch.failed == WATCH_NONE) return run_no_memory(run);
    return error_set(run->error,
                     PEVM_STATE_UNREADABLE,
                     "block %" PRIu64 ", %s: %s cannot be read from the pre-state",
                     run->env.number,
                     who,
                     state_watch_text(what, &run->watch));
}

static enum pevm_status stopped(struct block_run *run)
{
    static const struct {
        enum pevm_status status;
        const char *why;
    } reasons[] = {
        [STOP_ASKED] = {PEVM_CANCELLED, "cancelled"                                      },
        [STOP_LATE] = {PEVM_TIMEOUT,   "not done within the execution timeout"          },
        [STOP_TOO_LONG] = {PEVM_TIMEOUT,   "a transaction took longer than the task timeout"},
    };
    enum stop_reason reason = stop_why(&run->stop);
    ASSERT(reason != STOP_NOT);
    return error_set(run->error,
                     reasons[reason].status,
                     "block %" PRIu64 ": %s",
                     run->env.number,
                     reasons[reason].why);
}

enum pevm_status run_failed(struct block_run *run, enum run_answer answer, const char *who)
{
    switch (answer) {
    case RUN_STATE_FAILED: return run_view_failed(run, who);
    case RUN_CANCELLED: return stopped(run);
    default:
        ASSERT(answer ==
               RUN_NO_MEMORY); /* nothing blocks here, and a fault of a transaction is no failure */
        return run_no_memory(run);
    }
}

void run_limit(struct block_run *run, const struct tuning *tuning)
{
    const struct cancel_source *cancel = run->input->cancel;
    uint64_t timeout_ns = tuning->execution_timeout_ns;
    struct stop_options options = {
        .is_asked = cancel == NULL ? NULL : cancel->is_cancelled,
        .context = cancel == NULL ? NULL : cancel->context,
        .end_ns = timeout_ns == 0 ? 0 : clock_now_ns() + timeout_ns,
        .piece_max_ns = tuning->task_timeout_ns,
    };
    stop_begin(&run->stop, &options);
}

static bool is_over(void *context)
{
    struct tx_watch *watch = context;
    if (watch->since_ns == 0) watch->since_ns = clock_now_ns();
    return stop_is_due(watch->stop, watch->since_ns);
}

void run_watch_machine(struct block_run *run, struct machine *machine, struct tx_watch *watch)
{
    const struct stop_options *options = &run->stop.options;
    bool is_limited =
        options->is_asked != NULL || options->end_ns != 0 || options->piece_max_ns != 0;
    *watch = (struct tx_watch){.stop = &run->stop};
    machine_set_poll(machine, is_limited ? is_over : NULL, watch);
}

enum pevm_status run_check_stop(struct block_run *run)
{
    return stop_is_due(&run->stop, 0) ? stopped(run) : PEVM_OK;
}
