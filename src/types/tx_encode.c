/* Encoding writes the fields behind room for a head and then closes the list; the size is bounded before, field by
 * field at its widest. */
#include "crypto/keccak.h"
#include "rlp/rlp_write.h"
#include "types/tx.h"

#define ADDRESS_SIZE           21 /* with its head, as all here */
#define HASH_SIZE              33
#define NUMBER_SIZE_MAX        33
#define FIELD_COUNT_MAX        14
#define AUTHORIZATION_SIZE_MAX (6 * NUMBER_SIZE_MAX + RLP_HEAD_SIZE_MAX)

enum purpose { FOR_SIGNING, FOR_THE_CHAIN };

static uint8_t *put_hashes(uint8_t *to, const hash32 *hashes, size_t count)
{
    to = rlp_put_list_head(to, count * HASH_SIZE);
    for (size_t i = 0; i < count; i++)
        to = rlp_put_bytes(to, bytes_of(hashes[i].bytes, sizeof hashes[i].bytes));
    return to;
}

static size_t access_entry_payload(const struct access_entry *entry)
{
    return ADDRESS_SIZE + rlp_size_list(entry->slot_count * HASH_SIZE);
}

static size_t access_payload(const struct tx *tx)
{
    size_t size = 0;
    for (size_t i = 0; i < tx->access_count; i++)
        size += rlp_size_list(access_entry_payload(&tx->access_list[i]));
    return size;
}

static uint8_t *put_access_list(uint8_t *to, const struct tx *tx)
{
    to = rlp_put_list_head(to, access_payload(tx));
    for (size_t i = 0; i < tx->access_count; i++) {
        const struct access_entry *entry = &tx->access_list[i];
        to = rlp_put_list_head(to, access_entry_payload(entry));
        to = rlp_put_bytes(to, bytes_of(entry->account.bytes, sizeof entry->account.bytes));
        to = put_hashes(to, entry->slots, entry->slot_count);
    }
    return to;
}

static size_t authorization_payload(const struct authorization *one)
{
    return rlp_size_u256(&one->chain_id) + ADDRESS_SIZE + rlp_size_u64(one->nonce) +
           rlp_size_u64(one->y_parity) + rlp_size_u256(&one->r) + rlp_size_u256(&one->s);
}

static uint8_t *put_authorizations(uint8_t *to, const struct tx *tx)
{
    size_t size = 0;
    for (size_t i = 0; i < tx->authorization_count; i++)
        size += rlp_size_list(authorization_payload(&tx->authorizations[i]));
    to = rlp_put_list_head(to, size);
    for (size_t i = 0; i < tx->authorization_count; i++) {
        const struct authorization *one = &tx->authorizations[i];
        to = rlp_put_list_head(to, authorization_payload(one));
        to = rlp_put_u256(to, &one->chain_id);
        to = rlp_put_bytes(to, bytes_of(one->delegate.bytes, sizeof one->delegate.bytes));
        to = rlp_put_u64(to, one->nonce);
        to = rlp_put_u64(to, one->y_parity);
        to = rlp_put_u256(to, &one->r);
        to = rlp_put_u256(to, &one->s);
    }
    return to;
}

/* gas limit, recipient, value, data */
static uint8_t *put_message(uint8_t *to, const struct tx *tx)
{
    to = rlp_put_u64(to, tx->gas_limit);
    struct bytes recipient = bytes_of(tx->to.bytes, sizeof tx->to.bytes);
    to = rlp_put_bytes(to, tx->is_creation ? BYTES_EMPTY : recipient);
    to = rlp_put_u256(to, &tx->value);
    return rlp_put_bytes(to, tx->data);
}

static u256 legacy_v(const struct tx *tx)
{
    if (!tx->is_protected) return u256_from_u64(27 + (uint64_t)tx->y_parity);
    u256 v = u256_shl_bits(u256_from_u64(tx->chain_id), 1);
    return u256_add(v, u256_from_u64(35 + (uint64_t)tx->y_parity));
}

static uint8_t *put_legacy(uint8_t *to, const struct tx *tx, enum purpose purpose)
{
    to = rlp_put_u64(to, tx->nonce);
    to = rlp_put_u256(to, &tx->max_fee);
    to = put_message(to, tx);
    if (purpose == FOR_THE_CHAIN) {
        u256 v = legacy_v(tx);
        return rlp_put_u256(to, &v);
    }
    if (!tx->is_protected) return to;
    to = rlp_put_u64(to, tx->chain_id);
    to = rlp_put_u64(to, 0);
    return rlp_put_u64(to, 0);
}

static uint8_t *put_typed(uint8_t *to, const struct tx *tx, enum purpose purpose)
{
    to = rlp_put_u64(to, tx->chain_id);
    to = rlp_put_u64(to, tx->nonce);
    if (tx->type != TX_ACCESS_LIST) to = rlp_put_u256(to, &tx->max_priority_fee);
    to = rlp_put_u256(to, &tx->max_fee);
    to = put_message(to, tx);
    to = put_access_list(to, tx);
    if (tx->type == TX_BLOB) {
        to = rlp_put_u256(to, &tx->max_blob_fee);
        to = put_hashes(to, tx->blob_hashes, tx->blob_count);
    }
    if (tx->type == TX_SET_CODE) to = put_authorizations(to, tx);
    return purpose == FOR_THE_CHAIN ? rlp_put_u64(to, tx->y_parity) : to;
}

static size_t size_bound(const struct tx *tx)
{
    return 1 + FIELD_COUNT_MAX * NUMBER_SIZE_MAX + tx->data.size + access_payload(tx) +
           tx->blob_count * HASH_SIZE + tx->authorization_count * AUTHORIZATION_SIZE_MAX +
           5 * RLP_HEAD_SIZE_MAX; /* of the whole, the data, three lists */
}

static bool encode(struct bytes *out,
                   const struct tx *tx,
                   enum purpose purpose,
                   struct arena *arena)
{
    ASSERT((unsigned)tx->type < TX_TYPE_COUNT);
    size_t bound = size_bound(tx);
    uint8_t *text = arena_alloc_aligned(arena, bound, 1);
    if (text == NULL) return false;
    uint8_t *payload = text + 1 + RLP_HEAD_SIZE_MAX;
    bool is_legacy = tx->type == TX_LEGACY;
    uint8_t *end = is_legacy ? put_legacy(payload, tx, purpose) : put_typed(payload, tx, purpose);
    if (purpose == FOR_THE_CHAIN) {
        end = rlp_put_u256(end, &tx->r);
        end = rlp_put_u256(end, &tx->s);
    }
    ASSERT(end <= text + bound);
    uint8_t *start = rlp_close_list(payload, end);
    if (!is_legacy) *--start = (uint8_t)tx->type;
    *out = bytes_of(start, (size_t)(end - start));
    return true;
}

bool tx_encode(struct bytes *out, const struct tx *tx, struct arena *arena)
{
    return encode(out, tx, FOR_THE_CHAIN, arena);
}

bool tx_signing_hash(hash32 *out, const struct tx *tx, struct arena *scratch)
{
    struct arena_mark mark = arena_mark(scratch);
    struct bytes text;
    if (!encode(&text, tx, FOR_SIGNING, scratch)) return false;
    keccak256(out, text.data, text.size);
    arena_release(scratch, mark);
    return true;
}
