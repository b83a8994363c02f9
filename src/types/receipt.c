#include "types/receipt.h"

#include "rlp/rlp_write.h"

static struct bytes outcome_bytes(const struct receipt *receipt)
{
    static const uint8_t success = 1;
    if (receipt->has_state_root)
        return bytes_of(receipt->state_root.bytes, sizeof receipt->state_root.bytes);
    return receipt->success ? bytes_of(&success, 1) : BYTES_EMPTY;
}

bool receipt_encode(struct bytes *out, const struct receipt *receipt, struct arena *arena)
{
    struct bytes outcome = outcome_bytes(receipt);
    struct bytes filter = bytes_of(receipt->bloom.bytes, sizeof receipt->bloom.bytes);
    size_t payload = rlp_size_bytes(outcome) + rlp_size_u64(receipt->cumulative_gas_used) +
                     rlp_size_bytes(filter) + logs_rlp_size(receipt->logs, receipt->log_count);
    bool is_typed = receipt->type != TX_LEGACY;
    size_t size = (is_typed ? 1 : 0) + rlp_size_list(payload);

    uint8_t *text = arena_alloc_aligned(arena, size, 1);
    if (text == NULL) return false;
    uint8_t *to = text;
    if (is_typed) *to++ = (uint8_t)receipt->type;
    to = rlp_put_list_head(to, payload);
    to = rlp_put_bytes(to, outcome);
    to = rlp_put_u64(to, receipt->cumulative_gas_used);
    to = rlp_put_bytes(to, filter);
    to = logs_rlp_put(to, receipt->logs, receipt->log_count);
    ASSERT(to == text + size);
    *out = bytes_of(text, size);
    return true;
}
