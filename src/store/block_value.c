#include "store/block_value.h"

#include "crypto/keccak.h"
#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"

static enum pevm_status corrupt(struct error *error, const char *part, enum rlp_fault fault)
{
    return error_set(error, PEVM_CORRUPT, "%s: %s", part, rlp_fault_text(fault));
}

/* The body without its transactions, which are compared with those under their own key. */
static enum pevm_status open_body(struct bytes *rest,
                                  struct bytes *txs,
                                  const struct block_parts *parts,
                                  struct error *error)
{
    struct rlp_item item;
    size_t count;
    enum rlp_fault fault = rlp_only_list(parts->body, rest);
    if (fault == RLP_OK) fault = rlp_count(*rest, &count);
    if (fault != RLP_OK) return corrupt(error, "body", fault);
    if (count < 2 || count > 3) return corrupt(error, "body", count < 2 ? RLP_EOF : RLP_TRAILING);
    fault = rlp_next(rest, &item);
    if (fault == RLP_OK && !item.is_list) fault = RLP_NOT_A_LIST;
    if (fault != RLP_OK) return corrupt(error, "body", fault);
    if (parts->txs.size > 0 && !bytes_equal(parts->txs, item.whole))
        return error_set(error, PEVM_CORRUPT, "body: has other transactions than blk:txs");
    *txs = item.whole;
    return PEVM_OK;
}

/* Without a body the header must say that there is nothing in it but transactions. */
static enum pevm_status infer_rest(struct bytes *rest,
                                   struct bytes *txs,
                                   const struct block_parts *parts,
                                   struct error *error)
{
    static const uint8_t empty_lists[] = {0xc0, 0xc0}; /* ommers, withdrawals */
    struct header header;
    const char *field;
    enum rlp_fault fault = header_decode(&header, parts->header, &field);
    if (fault != RLP_OK)
        return error_set(error,
                         PEVM_CORRUPT,
                         "header: %s: %s",
                         field == NULL ? "list" : field,
                         rlp_fault_text(fault));
    bool has_withdrawals = header.field_count > HEADER_FIELDS_MIN + 1;
    if (!hash32_equal(&header.ommers_hash, &keccak_empty_list))
        return error_set(error, PEVM_NOT_FOUND, "the body is missing; the header has ommers");
    if (has_withdrawals && !hash32_equal(&header.withdrawals_root, &keccak_empty_trie))
        return error_set(error, PEVM_NOT_FOUND, "the body is missing; the header has withdrawals");
    if (txs->size == 0 && hash32_equal(&header.transactions_root, &keccak_empty_trie))
        *txs = bytes_of(empty_lists, 1);
    *rest = bytes_of(empty_lists, has_withdrawals ? 2 : 1);
    return PEVM_OK;
}

/* One list and nothing behind it; or nothing. */
static enum pevm_status check_part(const char *name, struct bytes part, struct error *error)
{
    struct bytes payload;
    enum rlp_fault fault = part.size == 0 ? RLP_OK : rlp_only_list(part, &payload);
    return fault == RLP_OK ? PEVM_OK : corrupt(error, name, fault);
}

enum pevm_status block_join(struct bytes *out,
                            const struct block_parts *parts,
                            struct arena *arena,
                            struct error *error)
{
    struct bytes txs = parts->txs, rest;
    if (parts->header.size == 0) return error_set(error, PEVM_NOT_FOUND, "the header is missing");
    TRY(check_part("header", parts->header, error));
    TRY(check_part("transactions", parts->txs, error));
    if (parts->body.size > 0)
        TRY(open_body(&rest, &txs, parts, error));
    else
        TRY(infer_rest(&rest, &txs, parts, error));
    if (txs.size == 0) return error_set(error, PEVM_NOT_FOUND, "the transactions are missing");

    size_t payload = parts->header.size + txs.size + rest.size;
    uint8_t *text = arena_alloc_aligned(arena, rlp_size_list(payload), 1);
    if (text == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory for a block");
    uint8_t *to = rlp_put_list_head(text, payload);
    memcpy(to, parts->header.data, parts->header.size);
    memcpy(to + parts->header.size, txs.data, txs.size);
    memcpy(to + parts->header.size + txs.size, rest.data, rest.size);
    *out = bytes_of(text, rlp_size_list(payload));
    return PEVM_OK;
}

enum pevm_status block_split(struct block_parts *out,
                             struct bytes encoding,
                             struct arena *arena,
                             struct error *error)
{
    struct bytes list;
    struct rlp_item items[4] = {{0}};
    size_t count;
    enum rlp_fault fault = rlp_only_list(encoding, &list);
    if (fault == RLP_OK) fault = rlp_count(list, &count);
    if (fault == RLP_OK && (count < 3 || count > 4)) fault = count < 3 ? RLP_EOF : RLP_TRAILING;
    for (size_t i = 0; fault == RLP_OK && i < count; i++) {
        fault = rlp_next(&list, &items[i]);
        if (fault == RLP_OK && !items[i].is_list) fault = RLP_NOT_A_LIST;
    }
    if (fault != RLP_OK)
        return error_set(error, PEVM_BAD_INPUT, "block: %s", rlp_fault_text(fault));
    *out = (struct block_parts){.header = items[0].whole, .txs = items[1].whole};
    if (items[2].payload.size == 0 && items[3].payload.size == 0) return PEVM_OK;

    size_t payload = items[1].whole.size + items[2].whole.size + items[3].whole.size;
    uint8_t *text = arena_alloc_aligned(arena, rlp_size_list(payload), 1);
    if (text == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory for a block");
    memcpy(
        rlp_put_list_head(text, payload), items[1].whole.data, payload); /* one behind the other */
    out->body = bytes_of(text, rlp_size_list(payload));
    return PEVM_OK;
}
