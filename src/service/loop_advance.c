/* One block: executed, judged, committed. */
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "service/service_private.h"

#include <inttypes.h>
#include <time.h>

#define ANCESTORS   7
#define ANCESTOR_MS 10000
#define PACE_BLOCKS 64
#define NS_PER_MS   UINT64_C(1000000)

struct step {
    struct service *service;
    const struct fetched *fetched;
    struct execution execution;
    struct engine_ancestor ancestors[ANCESTORS];
    uint64_t fetch_ns, execute_ns, commit_ns;
    size_t changes;
};

/* ---- what is known about the blocks before ---- */

/* An ancestor may still be on its way, right after a start; without the parent a bad block would pass. NULL: it cannot be had. */
static enum pevm_status find_ancestor(struct service *service,
                                      uint64_t number,
                                      const struct fetched **out,
                                      struct error *error)
{
    const struct fetched *found = fetch_next(service->fetch, number, ANCESTOR_MS);
    *out = NULL;
    if (found == NULL)
        return error_set(error, PEVM_UNAVAILABLE, "block %" PRIu64 " did not come in time", number);
    if (found->status == PEVM_UNAVAILABLE || found->status == PEVM_NO_MEMORY) {
        *error = found->error;
        return found->status;
    }
    if (found->status == PEVM_OK) *out = found;
    return PEVM_OK;
}

/* All seven, or all there are; else none, and then ommers are judged by their number and hash. */
static enum pevm_status find_ancestors(struct step *step, struct error *error)
{
    hash32 expected = step->fetched->block.header.parent_hash;
    uint64_t number = step->fetched->number;
    size_t count = 0;
    while (count < ANCESTORS && number-- > 0) { /* ends: count grows */
        const struct fetched *found;
        TRY(find_ancestor(step->service, number, &found, error));
        if (found == NULL || !hash32_equal(&found->block.header.hash, &expected)) break;
        if (count == 0) step->execution.parent = &found->block.header;
        step->ancestors[count++] =
            (struct engine_ancestor){.header = &found->block.header,
                                     .ommers = found->block.ommers,
                                     .ommer_count = found->block.ommer_count};
        expected = found->block.header.parent_hash;
    }
    bool is_complete = count == ANCESTORS || count == step->fetched->number;
    step->execution.ancestors = step->ancestors;
    step->execution.ancestor_count = is_complete ? count : 0;
    return PEVM_OK;
}

/* ---- commit ---- */

/* The lease may have run out while the block was executed. */
static enum pevm_status write_block(struct step *step,
                                    struct commit_input *input,
                                    struct error *error)
{
    struct service *service = step->service;
    if (leader_token(service->leader) != service->token)
        return error_set(error,
                         PEVM_FENCED,
                         "the lease ran out before block %" PRIu64 " could be committed",
                         input->number);
    if (service->trie != NULL)
        TRY(store_trie_riders(service->trie, &step->execution.outcome.state_root, input, error));
    TRY(commit_block(&service->committer, input, error));
    if (service->trie != NULL) store_trie_committed(service->trie);
    return PEVM_OK;
}

static enum pevm_status commit(struct step *step, struct error *error)
{
    struct service *service = step->service;
    const struct header *header = &step->fetched->block.header;
    const struct engine_outcome *outcome = &step->execution.outcome;
    struct commit_input input = {.number = header->number,
                                 .hash = header->hash,
                                 .parent_hash = header->parent_hash,
                                 .changes = &outcome->changes,
                                 .receipts = outcome->receipts,
                                 .receipt_count = outcome->receipt_count,
                                 .time = (uint64_t)time(NULL),
                                 .token = service->token};
    uint64_t start_ns = clock_now_ns();
    metric_set(service->writer, SERVICE_POOL_ACTIVE, POOL_STATE_COMMITTER, 1);
    enum pevm_status status = write_block(step, &input, error);
    metric_set(service->writer, SERVICE_POOL_ACTIVE, POOL_STATE_COMMITTER, 0);
    step->commit_ns = clock_now_ns() - start_ns;
    step->changes = service->committer.batch.change_count;
    if (status == PEVM_OK) return status;
    metric_add(service->writer, SERVICE_POOL_FAILED, POOL_STATE_COMMITTER, 1);
    store_view_clear(service->view);
    service->caches_at = UINT64_MAX;
    service->is_prepared = false;
    return status;
}

/* ---- what is told ---- */

static uint32_t count_failed(const struct engine_outcome *outcome)
{
    uint32_t failed = 0;
    for (size_t i = 0; i < outcome->receipt_count; i++)
        failed += !outcome->receipts[i].success;
    return failed;
}

static void count(const struct step *step, uint32_t failed)
{
    struct service *service = step->service;
    struct metrics_writer *writer = service->writer;
    const struct engine_outcome *outcome = &step->execution.outcome;
    uint64_t recover_ns = outcome->recover_ns + step->fetched->recover_ns;
    metric_add(writer, SERVICE_TXS, 0, outcome->receipt_count);
    metric_add(writer, SERVICE_TXS_FAILED, 0, failed);
    metric_add(writer, SERVICE_GAS, 0, outcome->gas_used);
    metric_add(writer, SERVICE_EXECUTIONS, 0, outcome->executions);
    metric_observe(writer, SERVICE_EXECUTION_LATENCY, 0, outcome->execute_ns);
    metric_observe(writer, SERVICE_BATCH_SIZE, 0, step->changes);
    metric_observe(writer, SERVICE_COMMIT_LATENCY, 0, step->commit_ns);
    metric_observe(writer, SERVICE_PHASE, BLOCK_WAIT, step->fetch_ns);
    metric_observe(writer, SERVICE_PHASE, BLOCK_SENDERS, recover_ns);
    metric_observe(writer, SERVICE_PHASE, BLOCK_EXECUTE, outcome->execute_ns);
    metric_observe(writer, SERVICE_PHASE, BLOCK_ROOTS, outcome->root_ns);
    metric_observe(writer, SERVICE_PHASE, BLOCK_COMMIT, step->commit_ns);
    for (unsigned pool = POOL_TX_EXECUTOR; pool <= POOL_RECEIPT_WRITER; pool++)
        metric_add(writer, SERVICE_POOL_DONE, pool, 1);
    struct service_summary *summary = service->summary;
    if (summary->blocks++ == 0) summary->first = step->fetched->number;
    summary->last = step->fetched->number;
    summary->txs += outcome->receipt_count;
    summary->failed_txs += failed;
    summary->gas_used += outcome->gas_used;
    summary->executions += outcome->executions;
    summary->recover_ns += recover_ns;
    summary->execute_ns += outcome->execute_ns;
    summary->roots_ns += outcome->root_ns;
    summary->commit_ns += step->commit_ns;
    rates_add(
        &service->rates,
        clock_now_ns(),
        &(struct rate_sums){.blocks = 1, .txs = outcome->receipt_count, .gas = outcome->gas_used});
}

/* evm.enable_debug */
static void tell_failed(const struct step *step)
{
    const struct engine_outcome *outcome = &step->execution.outcome;
    for (size_t i = 0; i < outcome->receipt_count; i++) {
        char hash[HEX_HASH_SIZE];
        const struct tx *tx = &step->fetched->block.txs[i];
        if (outcome->receipts[i].success) continue;
        LOG_INFO("a transaction failed",
                 LOG_U64("number", step->fetched->number),
                 LOG_U64("index", i),
                 LOG_TEXT("tx", hex_hash(hash, &tx->hash)),
                 LOG_U64("gas_limit", tx->gas_limit),
                 LOG_U64("gas_used", outcome->receipts[i].gas_used));
    }
}

static void show(const struct step *step, uint32_t failed)
{
    struct service *service = step->service;
    const struct header *header = &step->fetched->block.header;
    const struct engine_outcome *outcome = &step->execution.outcome;
    struct board_contract contracts[BOARD_CONTRACTS];
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    board_add_block(&service->board,
                    &(struct board_block){.number = header->number,
                                          .hash = header->hash,
                                          .txs = (uint32_t)outcome->receipt_count,
                                          .failed_txs = failed,
                                          .gas_used = outcome->gas_used,
                                          .executions = outcome->executions,
                                          .fetch_ns = step->fetch_ns,
                                          .execute_ns = outcome->execute_ns,
                                          .verify_ns = outcome->root_ns,
                                          .commit_ns = step->commit_ns,
                                          .at_ms = (uint64_t)now.tv_sec * 1000 +
                                                   (uint64_t)now.tv_nsec / 1000000});
    board_set_heights(&service->board, header->number, service->synced, service->depth);
    hot_contracts_add(&service->hot, &step->fetched->block, outcome->receipts);
    board_set_contracts(&service->board, contracts, hot_contracts_top(&service->hot, contracts));
    metric_set(service->writer, SERVICE_HEIGHT, 0, header->number);
    if (service->config.evm_enable_debug && failed > 0) tell_failed(step);
    if (!log_is_on(LOG_LEVEL_DEBUG)) return;
    char hash[HEX_HASH_SIZE];
    LOG_DEBUG("block committed",
              LOG_U64("number", header->number),
              LOG_TEXT("hash", hex_hash(hash, &header->hash)),
              LOG_U64("txs", outcome->receipt_count),
              LOG_U64("failed", failed),
              LOG_U64("gas_used", outcome->gas_used),
              LOG_U64("executions", outcome->executions),
              LOG_NS("execute", outcome->execute_ns),
              LOG_NS("roots", outcome->root_ns),
              LOG_NS("commit", step->commit_ns));
}

void loop_set_history_ttl(struct service *service)
{
    uint64_t asked_ms = service->config.execution_history_ttl / NS_PER_MS;
    double least =
        2.0 * (double)service->config.execution_state_window_size * service->pace.seconds * 1000;
    service->committer.options.style.history_ttl_ms =
        (double)asked_ms > least ? asked_ms : (uint64_t)least;
}

/* By the headers' times: how fast blocks are executed says nothing about it. */
static void keep_pace(struct service *service, const struct header *header)
{
    if (service->pace.number == 0 || header->number <= service->pace.number) {
        service->pace.number = header->number;
        service->pace.timestamp = header->timestamp;
        return;
    }
    uint64_t blocks = header->number - service->pace.number;
    if (blocks < PACE_BLOCKS || header->timestamp < service->pace.timestamp) return;
    service->pace.seconds = (double)(header->timestamp - service->pace.timestamp) / (double)blocks;
    service->pace.number = header->number;
    service->pace.timestamp = header->timestamp;
    loop_set_history_ttl(service);
}

static void move_head(const struct step *step)
{
    struct service *service = step->service;
    const struct header *header = &step->fetched->block.header;
    service->head = (struct head){.is_known = true,
                                  .number = header->number,
                                  .hash = header->hash,
                                  .has_hash = true,
                                  .epoch = service->token};
    service->caches_at = header->number;
    keep_pace(service, header);
    if (service->depth < service->config.execution_state_window_size) service->depth++;
}

/* ---- all of it ---- */

/* "The state could not be read" has a reason, and that decides what is done about it. */
static enum pevm_status reason_of(struct service *service,
                                  enum pevm_status status,
                                  struct error *error)
{
    struct error fault = {0};
    if (status != PEVM_STATE_UNREADABLE) return status;
    enum pevm_status reason = store_view_fault(service->view, &fault);
    if (reason == PEVM_OK) return status;
    *error = fault;
    return reason == PEVM_NOT_FOUND ? PEVM_CORRUPT : reason;
}

enum pevm_status advance(struct service *service,
                         const struct fetched *fetched,
                         struct error *error)
{
    struct step step = {.service = service, .fetched = fetched};
    const struct block *block = &fetched->block;
    struct engine_outcome *outcome = &step.execution.outcome;
    step.fetch_ns = clock_now_ns() - service->wait_ns;
    TRY(find_ancestors(&step, error));
    store_view_begin(service->view);
    loop_read_ahead(service, &step.execution, block);
    metric_set(service->writer, SERVICE_POOL_ACTIVE, POOL_TX_EXECUTOR, service->workers);
    enum pevm_status status = execute_block(&service->executor, &step.execution, block, error);
    metric_set(service->writer, SERVICE_POOL_ACTIVE, POOL_TX_EXECUTOR, 0);
    loop_read_behind(service);
    if (step.execution.diverged) {
        metric_add(service->writer, SERVICE_DIVERGENCES, 0, 1);
        service->summary->divergences++;
    }
    if (status != PEVM_OK) {
        metric_add(service->writer, SERVICE_POOL_FAILED, POOL_TX_EXECUTOR, 1);
        return reason_of(service, status, error);
    }
    if (outcome->fault != BLOCK_VALID) {
        metric_add(service->writer, SERVICE_POOL_FAILED, POOL_TX_EXECUTOR, 1);
        service->bad_fault = outcome->fault;
        error_set(error,
                  PEVM_INVALID_BLOCK,
                  "block %" PRIu64 ": %s: %s",
                  fetched->number,
                  block_fault_name(outcome->fault),
                  outcome->text);
        if (fetched->number != service->bad_number)
            execute_explain(&service->executor, &step.execution, block);
        return PEVM_INVALID_BLOCK;
    }
    TRY(commit(&step, error));
    store_view_apply(service->view, &outcome->changes);
    store_view_set_block_hash(service->view, fetched->number, &block->header.hash);
    move_head(&step);
    uint32_t failed = count_failed(outcome);
    count(&step, failed);
    show(&step, failed);
    service->wait_ns = clock_now_ns();
    if (fetched->number >= FETCH_BACK) fetch_release(service->fetch, fetched->number - FETCH_BACK);
    return PEVM_OK;
}
