#include "rlp/rlp_write.h"
#include "types/block.h"

/* ---- withdrawals ---- */

static size_t withdrawal_payload(const struct withdrawal *one)
{
    return rlp_size_u64(one->index) + rlp_size_u64(one->validator) + 21 + rlp_size_u64(one->amount);
}

static uint8_t *put_withdrawal(uint8_t *to, const struct withdrawal *one)
{
    to = rlp_put_list_head(to, withdrawal_payload(one));
    to = rlp_put_u64(to, one->index);
    to = rlp_put_u64(to, one->validator);
    to = rlp_put_bytes(to, bytes_of(one->to.bytes, sizeof one->to.bytes));
    return rlp_put_u64(to, one->amount);
}

bool withdrawal_encode(struct bytes *out, const struct withdrawal *withdrawal, struct arena *arena)
{
    size_t size = rlp_size_list(withdrawal_payload(withdrawal));
    uint8_t *text = arena_alloc_aligned(arena, size, 1);
    if (text == NULL) return false;
    const uint8_t *end = put_withdrawal(text, withdrawal);
    ASSERT(end == text + size);
    *out = bytes_of(text, size);
    return true;
}

/* ---- the body: each list as its items in order, which come to lie one behind the other ---- */

struct parts {
    struct bytes header;
    struct bytes *txs, *ommers;
    size_t withdrawals_payload;
};

static bool encode_txs(struct parts *parts, const struct block *block, struct arena *arena)
{
    parts->txs = arena_alloc_zeroed(arena, block->tx_count, sizeof *parts->txs);
    if (parts->txs == NULL) return false;
    for (size_t i = 0; i < block->tx_count; i++) {
        const struct tx *tx = &block->txs[i];
        parts->txs[i] = tx->encoding;
        if (tx->encoding.size == 0 && !tx_encode(&parts->txs[i], tx, arena)) return false;
    }
    return true;
}

static bool encode_parts(struct parts *parts, const struct block *block, struct arena *arena)
{
    if (!header_encode(&parts->header, &block->header, arena)) return false;
    if (!encode_txs(parts, block, arena)) return false;
    parts->ommers = arena_alloc_zeroed(arena, block->ommer_count, sizeof *parts->ommers);
    if (parts->ommers == NULL) return false;
    for (size_t i = 0; i < block->ommer_count; i++)
        if (!header_encode(&parts->ommers[i], &block->ommers[i], arena)) return false;
    parts->withdrawals_payload = 0;
    for (size_t i = 0; i < block->withdrawal_count; i++)
        parts->withdrawals_payload += rlp_size_list(withdrawal_payload(&block->withdrawals[i]));
    return true;
}

static bool is_list(struct bytes encoding)
{
    return encoding.data[0] >= 0xc0;
}

static size_t txs_payload(const struct parts *parts, const struct block *block)
{
    size_t size = 0;
    for (size_t i = 0; i < block->tx_count; i++)
        size += is_list(parts->txs[i]) ? parts->txs[i].size : rlp_size_bytes(parts->txs[i]);
    return size;
}

static size_t ommers_payload(const struct parts *parts, const struct block *block)
{
    size_t size = 0;
    for (size_t i = 0; i < block->ommer_count; i++)
        size += parts->ommers[i].size;
    return size;
}

static size_t block_payload(const struct parts *parts, const struct block *block)
{
    size_t size = parts->header.size + rlp_size_list(txs_payload(parts, block)) +
                  rlp_size_list(ommers_payload(parts, block));
    return block->has_withdrawals ? size + rlp_size_list(parts->withdrawals_payload) : size;
}

static uint8_t *put_whole(uint8_t *to, struct bytes encoding)
{
    memcpy(to, encoding.data, encoding.size);
    return to + encoding.size;
}

static uint8_t *put_block(uint8_t *to, const struct parts *parts, const struct block *block)
{
    to = rlp_put_list_head(to, block_payload(parts, block));
    to = put_whole(to, parts->header);
    to = rlp_put_list_head(to, txs_payload(parts, block));
    for (size_t i = 0; i < block->tx_count; i++) {
        struct bytes tx = parts->txs[i];
        to = is_list(tx) ? put_whole(to, tx) : rlp_put_bytes(to, tx);
    }
    to = rlp_put_list_head(to, ommers_payload(parts, block));
    for (size_t i = 0; i < block->ommer_count; i++)
        to = put_whole(to, parts->ommers[i]);
    if (!block->has_withdrawals) return to;
    to = rlp_put_list_head(to, parts->withdrawals_payload);
    for (size_t i = 0; i < block->withdrawal_count; i++)
        to = put_withdrawal(to, &block->withdrawals[i]);
    return to;
}

bool block_encode(struct bytes *out, const struct block *block, struct arena *arena)
{
    struct parts parts;
    if (!encode_parts(&parts, block, arena)) return false;
    size_t size = rlp_size_list(block_payload(&parts, block));
    uint8_t *text = arena_alloc_aligned(arena, size, 1);
    if (text == NULL) return false;
    const uint8_t *end = put_block(text, &parts, block);
    ASSERT(end == text + size);
    *out = bytes_of(text, size);
    return true;
}
