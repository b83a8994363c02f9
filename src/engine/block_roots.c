#include "engine/block_roots.h"

#include "crypto/keccak.h"
#include "rlp/rlp_write.h"
#include "trie/ordered_root.h"

static bool transactions_root_in(hash32 *out, const struct block *block, struct arena *scratch)
{
    struct bytes *values = arena_alloc(scratch, block->tx_count * sizeof *values);
    if (values == NULL) return false;
    for (size_t i = 0; i < block->tx_count; i++)
        values[i] = block->txs[i].encoding;
    return ordered_root(out, values, block->tx_count, scratch) == PEVM_OK;
}

static bool withdrawals_root_in(hash32 *out, const struct block *block, struct arena *scratch)
{
    struct bytes *values = arena_alloc(scratch, block->withdrawal_count * sizeof *values);
    if (values == NULL) return false;
    for (size_t i = 0; i < block->withdrawal_count; i++)
        if (!withdrawal_encode(&values[i], &block->withdrawals[i], scratch)) return false;
    return ordered_root(out, values, block->withdrawal_count, scratch) == PEVM_OK;
}

static bool receipts_root_in(hash32 *out,
                             const struct receipt *receipts,
                             size_t count,
                             struct arena *scratch)
{
    struct bytes *values = arena_alloc(scratch, count * sizeof *values);
    if (values == NULL) return false;
    for (size_t i = 0; i < count; i++)
        if (!receipt_encode(&values[i], &receipts[i], scratch)) return false;
    return ordered_root(out, values, count, scratch) == PEVM_OK;
}

static bool ommers_hash_in(hash32 *out, const struct block *block, struct arena *scratch)
{
    struct bytes *headers = arena_alloc(scratch, block->ommer_count * sizeof *headers);
    size_t payload_size = 0;
    if (headers == NULL) return false;
    for (size_t i = 0; i < block->ommer_count; i++) {
        if (!header_encode(&headers[i], &block->ommers[i], scratch)) return false;
        payload_size += headers[i].size;
    }
    uint8_t *list = arena_alloc(scratch, rlp_size_list(payload_size));
    if (list == NULL) return false;
    uint8_t *end = rlp_put_list_head(list, payload_size);
    for (size_t i = 0; i < block->ommer_count; i++) {
        memcpy(end, headers[i].data, headers[i].size);
        end += headers[i].size;
    }
    keccak256(out, list, (size_t)(end - list));
    return true;
}

bool transactions_root(hash32 *out, const struct block *block, struct arena *scratch)
{
    struct arena_mark mark = arena_mark(scratch);
    bool done = transactions_root_in(out, block, scratch);
    arena_release(scratch, mark);
    return done;
}

bool withdrawals_root(hash32 *out, const struct block *block, struct arena *scratch)
{
    struct arena_mark mark = arena_mark(scratch);
    bool done = withdrawals_root_in(out, block, scratch);
    arena_release(scratch, mark);
    return done;
}

bool receipts_root(hash32 *out, const struct receipt *receipts, size_t count, struct arena *scratch)
{
    struct arena_mark mark = arena_mark(scratch);
    bool done = receipts_root_in(out, receipts, count, scratch);
    arena_release(scratch, mark);
    return done;
}

bool ommers_hash(hash32 *out, const struct block *block, struct arena *scratch)
{
    struct arena_mark mark = arena_mark(scratch);
    bool done = ommers_hash_in(out, block, scratch);
    arena_release(scratch, mark);
    return done;
}
