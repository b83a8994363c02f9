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

enum pevm_status run_failed(struct block_run *run, enum run_answer answer, const char *who)
{
    switch (answer) {
    case RUN_STATE_FAILED: return run_view_failed(run, who);
    case RUN_CANCELLED:
        return error_set(
            run->error, PEVM_CANCELLED, "block %" PRIu64 ", %s: cancelled", run->env.number, who);
    default:
        ASSERT(answer ==
               RUN_NO_MEMORY); /* nothing blocks here, and a fault of a transaction is no failure */
        return run_no_memory(run);
    }
}

enum pevm_status run_check_cancelled(struct block_run *run)
{
    const struct cancel_source *cancel = run->input->cancel;
    if (cancel == NULL || !cancel->is_cancelled(cancel->context)) return PEVM_OK;
    return error_set(run->error, PEVM_CANCELLED, "block %" PRIu64 ": cancelled", run->env.number);
}
