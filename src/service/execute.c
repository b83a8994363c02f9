#include "service/execute.h"

#include "base/hex.h"
#include "base/log.h"
#include "service/execute_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Faults that only execution can find: there the path may be to blame. */
static bool is_about_execution(enum block_fault fault)
{
    switch (fault) {
    case BLOCK_TRANSACTION:
    case BLOCK_BLOB_GAS_USED:
    case BLOCK_GAS_USED:
    case BLOCK_RECEIPTS_ROOT:
    case BLOCK_BLOOM:
    case BLOCK_STATE_ROOT:
    case BLOCK_REQUESTS:
    case BLOCK_DEPOSIT_LAYOUT:
    case BLOCK_SYSTEM_EMPTY:
    case BLOCK_SYSTEM_FAILED: return true;
    default: return false;
    }
}

/* Asked while work is done, from whatever thread: a loop that executes a long block is not stuck. */
static bool is_cancelled(void *context)
{
    struct life *life = context;
    board_tick(life->board);
    return life_is_urgent(life);
}

static struct engine_input input_of(const struct executor *executor,
                                    const struct execution *execution,
                                    const struct block *block)
{
    return (struct engine_input){.block = block,
                                 .parent = execution->parent,
                                 .ancestors = execution->ancestors,
                                 .ancestor_count = execution->ancestor_count,
                                 .pre_state = &executor->state,
                                 .roots = executor->roots,
                                 .is_parallel = true,
                                 .skip_body_roots = true}; /* fetch.c has compared them */
}

static enum pevm_status run_sequentially(struct executor *executor,
                                         struct engine_outcome *outcome,
                                         struct engine_input *input,
                                         struct error *error)
{
    struct tuning tuning = executor->tuning;
    tuning.policy = SCHED_SEQUENTIAL;
    engine_tune(executor->engine, &tuning);
    input->is_parallel = false;
    enum pevm_status status = engine_execute(executor->engine, outcome, input, error);
    engine_tune(executor->engine, &executor->tuning);
    return status;
}

/* Where nobody asks for another reason: the world failed in a way that may be ours. */
static bool may_be_our_fault(enum pevm_status status)
{
    return status == PEVM_INTERNAL || status == PEVM_NO_MEMORY;
}

/* Once more, through a recorder; with what was read the block can be shown to somebody else. */
static enum pevm_status judge_again(struct executor *executor,
                                    struct execution *execution,
                                    struct engine_input *input,
                                    struct error *error)
{
    char parallel[ERROR_TEXT_MAX];
    enum block_fault fault = execution->outcome.fault;
    struct recorder *recorder;
    memcpy(parallel, execution->outcome.text, sizeof parallel);
    TRY(recorder_new(&recorder, &executor->state, error));
    struct view view = recorder_view(recorder);
    input->pre_state = &view;
    enum pevm_status status = run_sequentially(executor, &execution->outcome, input, error);
    execution->diverged = status == PEVM_OK && execution->outcome.fault == BLOCK_VALID;
    if (execution->diverged) {
        struct error trouble = {0};
        LOG_ERROR("the parallel run of a block came out wrong, the sequential one right",
                  LOG_U64("number", input->block->header.number),
                  LOG_TEXT("fault", block_fault_name(fault)),
                  LOG_TEXT("parallel", parallel));
        snprintf(execution->bundle,
                 sizeof execution->bundle,
                 "%s/divergence-%" PRIu64,
                 executor->folder,
                 input->block->header.number);
        if (recorder_write(recorder, execution->bundle, input, executor->chain, &trouble) !=
            PEVM_OK) {
            LOG_ERROR("its bundle could not be written", LOG_TEXT("error", trouble.text));
            execution->bundle[0] = 0;
        } else {
            LOG_ERROR("pevm replay shows it", LOG_TEXT("bundle", execution->bundle));
        }
    }
    recorder_free(recorder);
    return status;
}

enum pevm_status execute_block(struct executor *executor,
                               struct execution *execution,
                               const struct block *block,
                               struct error *error)
{
    struct cancel_source cancel = {.is_cancelled = is_cancelled, .context = executor->life};
    struct engine_input input = input_of(executor, execution, block);
    if (executor->life != NULL) input.cancel = &cancel;
    execution->diverged = false;
    execution->bundle[0] = 0;
    enum pevm_status status = (executor->run == NULL ? engine_execute : executor->run)(
        executor->engine, &execution->outcome, &input, error);
    bool ran_in_parallel = executor->tuning.policy != SCHED_SEQUENTIAL;
    if (!ran_in_parallel) return status;
    if (may_be_our_fault(status) && !executor->gives_up) {
        LOG_WARN("a block failed in parallel; once more, one transaction after another",
                 LOG_U64("number", block->header.number),
                 LOG_TEXT("error", error->text));
        return run_sequentially(executor, &execution->outcome, &input, error);
    }
    TRY(status);
    if (!is_about_execution(execution->outcome.fault)) return PEVM_OK;
    return judge_again(executor, execution, &input, error);
}

void execute_explain(struct executor *executor,
                     const struct execution *execution,
                     const struct block *block)
{
    struct engine_outcome outcome;
    struct error error = {0};
    struct engine_input input = input_of(executor, execution, block);
    input.skip_header_compare = true;
    input.roots = NULL;
    if (run_sequentially(executor, &outcome, &input, &error) != PEVM_OK ||
        outcome.fault != BLOCK_VALID)
        return;
    for (size_t i = 0; i < outcome.receipt_count; i++) {
        const struct receipt *receipt = &outcome.receipts[i];
        char hash[HEX_HASH_SIZE];
        LOG_INFO("gas of a refused block",
                 LOG_U64("number", block->header.number),
                 LOG_U64("index", i),
                 LOG_TEXT("tx", hex_hash(hash, &block->txs[i].hash)),
                 LOG_U64("gas_used", receipt->gas_used),
                 LOG_U64("cumulative_gas_used", receipt->cumulative_gas_used),
                 LOG_U64("success", receipt->success),
                 LOG_U64("logs", receipt->log_count));
    }
}
