#include "engine/tx_receipt.h"

static bool logs_copy(struct receipt *out, const struct tx_result *result, struct arena *arena)
{
    if (result->log_count == 0) return true;
    struct log *logs = arena_alloc(arena, result->log_count * sizeof *logs);
    if (logs == NULL) return false;
    for (size_t i = 0; i < result->log_count; i++) {
        logs[i] = result->logs[i];
        if (!arena_copy(arena, &logs[i].data, result->logs[i].data)) return false;
    }
    bloom_add_logs(&out->bloom, logs, result->log_count);
    out->logs = logs;
    out->log_count = result->log_count;
    return true;
}

bool tx_receipt_make(struct receipt *out,
                     const struct tx *tx,
                     const struct tx_result *result,
                     struct arena *arena)
{
    *out = (struct receipt){
        .type = tx->type,
        .success = result->success,
        .gas_used = (uint64_t)result->gas_used,
        .created = result->created,
        .has_created = result->has_created,
    };
    return logs_copy(out, result, arena);
}
