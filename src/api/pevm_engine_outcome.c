#include "api/api_private.h"

STATIC_ASSERT(sizeof(struct log) == sizeof(struct pevm_log) &&
                  offsetof(struct log, topic_count) == offsetof(struct pevm_log, topic_count) &&
                  offsetof(struct log, topics) == offsetof(struct pevm_log, topics) &&
                  offsetof(struct log, data) == offsetof(struct pevm_log, data),
              "a log has the same layout inside and outside");
STATIC_ASSERT(sizeof(bloom) == sizeof((struct pevm_receipt){0}.bloom), "a bloom is 256 bytes");

static void receipt_give(struct pevm_receipt *out,
                         const struct receipt *receipt,
                         const struct tx *tx)
{
    *out = (struct pevm_receipt){
        .tx_type = (uint8_t)receipt->type,
        .is_success = receipt->success,
        .has_state_root = receipt->has_state_root,
        .has_created = receipt->has_created,
        .gas_used = receipt->gas_used,
        .cumulative_gas_used = receipt->cumulative_gas_used,
        .sender = tx->sender,
        .created = receipt->created,
        .tx_hash = tx->hash,
        .state_root = receipt->state_root,
        .logs = (const struct pevm_log *)receipt->logs,
        .log_count = receipt->log_count,
    };
    memcpy(out->bloom, &receipt->bloom, sizeof out->bloom);
}

static bool receipts_give(pevm_engine *engine, const struct block *block)
{
    const struct engine_outcome *inside = &engine->inside_outcome;
    struct pevm_receipt *receipts =
        arena_alloc_zeroed(&engine->arena, inside->receipt_count, sizeof *receipts);
    if (receipts == NULL) return false;
    ASSERT(inside->receipt_count == 0 || inside->receipt_count == block->tx_count);
    for (size_t i = 0; i < inside->receipt_count; i++)
        receipt_give(&receipts[i], &inside->receipts[i], &block->txs[i]);
    engine->outcome.receipts = receipts;
    engine->outcome.receipt_count = inside->receipt_count;
    return true;
}

bool outcome_give(pevm_engine *engine, const struct input_work *work)
{
    const struct engine_outcome *inside = &engine->inside_outcome;
    bool is_valid = inside->fault == BLOCK_VALID;
    bool is_tx_fault = inside->fault == BLOCK_TRANSACTION;
    engine->outcome = (struct pevm_outcome){
        .is_valid = is_valid,
        .has_receipts_root = inside->has_receipts_root,
        .has_state_root = inside->has_state_root,
        .has_requests_hash = inside->has_requests_hash,
        .tx_index = (uint32_t)inside->tx_index,
        .fault = is_valid ? "" : block_fault_name(inside->fault),
        .tx_fault = is_tx_fault ? tx_fault_name(inside->tx_fault) : "",
        .fault_text = inside->text,
        .number = work->block.header.number,
        .block_hash = work->block.header.hash,
        .changes = changes_out(&inside->changes),
        .gas_used = inside->gas_used,
        .blob_gas_used = inside->blob_gas_used,
        .receipts_root = inside->receipts_root,
        .state_root = inside->state_root,
        .requests_hash = inside->requests_hash,
        .decode_ns = work->decode_ns,
        .recover_ns = inside->recover_ns,
        .execute_ns = inside->execute_ns,
        .root_ns = inside->root_ns,
        .executions = inside->executions,
        .stale = inside->stale,
        .waits = inside->waits,
    };
    memcpy(engine->outcome.bloom, &inside->bloom, sizeof engine->outcome.bloom);
    if (!receipts_give(engine, &work->block)) return false;
    engine->outcome.memory_bytes = inside->arena_bytes + arena_used(&engine->arena);
    return true;
}
