/* Decoding is a walk over the fields of the type. The first fault ends it: a reader keeps it and where it was, and
 * all further takes do nothing, so the order of fields reads as in the specification. */
#include "crypto/keccak.h"
#include "types/tx.h"

/* The smallest items of each list, with their heads: no count is believed beyond what they allow. */
#define ACCESS_ENTRY_SIZE_MIN  23 /* list, address, empty list */
#define HASH_SIZE              33
#define AUTHORIZATION_SIZE_MIN 27 /* list, address, five more */

#define LEGACY_V_BARE  27 /* and 28 */
#define LEGACY_V_CHAIN 35 /* + 2 * chain id + parity (EIP-155) */

static const size_t field_counts[TX_TYPE_COUNT] = {
    [TX_LEGACY] = 9,
    [TX_ACCESS_LIST] = 11,
    [TX_DYNAMIC_FEE] = 12,
    [TX_BLOB] = 14,
    [TX_SET_CODE] = 13,
};

struct reader {
    struct bytes left; /* fields still to come */
    struct arena *arena;
    enum tx_fault fault;
    struct tx_place *place;
};

static void fail(struct reader *reader, enum tx_fault fault, enum rlp_fault rlp, const char *field)
{
    if (reader->fault != TX_VALID) return;
    reader->fault = fault;
    *reader->place = (struct tx_place){rlp, field};
}

/* Keep a fault of the encoding; true when there is none so far. */
static bool check(struct reader *reader, enum rlp_fault rlp, const char *field)
{
    if (unlikely(rlp != RLP_OK)) fail(reader, TX_MALFORMED, rlp, field);
    return reader->fault == TX_VALID;
}

/* ---- single fields ---- */

static void take_u64(struct reader *reader, uint64_t *out, const char *field)
{
    if (reader->fault == TX_VALID) check(reader, rlp_next_u64(&reader->left, out), field);
}

static void take_u256(struct reader *reader, u256 *out, const char *field)
{
    if (reader->fault == TX_VALID) check(reader, rlp_next_u256(&reader->left, out), field);
}

static void take_fixed(struct reader *reader, void *out, size_t size, const char *field)
{
    if (reader->fault == TX_VALID) check(reader, rlp_next_fixed(&reader->left, out, size), field);
}

static void take_data(struct reader *reader, struct bytes *out)
{
    if (reader->fault == TX_VALID) check(reader, rlp_next_string(&reader->left, out), "data");
}

/* Twenty bytes, or none for a creation. */
static void take_recipient(struct reader *reader, struct tx *tx)
{
    if (reader->fault != TX_VALID) return;
    tx->is_creation = reader->left.size > 0 && reader->left.data[0] == 0x80;
    size_t size = tx->is_creation ? 0 : sizeof tx->to.bytes;
    take_fixed(reader, tx->to.bytes, size, "to");
}

/* A parity above 1 is well formed and never valid; one wider than a byte cannot be kept. */
static void take_parity(struct reader *reader,
                        uint8_t *out,
                        enum tx_fault too_wide,
                        const char *field)
{
    uint64_t parity = 0;
    if (reader->fault != TX_VALID) return;
    enum rlp_fault rlp = rlp_next_u64(&reader->left, &parity);
    if (rlp == RLP_TOO_WIDE || (rlp == RLP_OK && parity > UINT8_MAX))
        fail(reader, too_wide, RLP_TOO_WIDE, field);
    else
        check(reader, rlp, field);
    *out = (uint8_t)parity;
}

/* r or s of the sender: what does not fit 256 bits is out of the curve's range, too. */
static void take_scalar(struct reader *reader, u256 *out, const char *field)
{
    if (reader->fault != TX_VALID) return;
    enum rlp_fault rlp = rlp_next_u256(&reader->left, out);
    if (rlp == RLP_TOO_WIDE) fail(reader, TX_SIGNATURE_INVALID, rlp, field);
    check(reader, rlp, field);
}

/* ---- lists ---- */

/* Step into the next item, a list: its payload becomes what is left, and what was left is returned for leave(). */
static struct bytes enter(struct reader *reader, const char *field)
{
    struct bytes list = BYTES_EMPTY;
    if (reader->fault == TX_VALID) check(reader, rlp_next_list(&reader->left, &list), field);
    struct bytes outer = reader->left;
    reader->left = list;
    return outer;
}

static void leave(struct reader *reader, struct bytes outer, const char *field)
{
    if (reader->fault == TX_VALID && reader->left.size > 0) check(reader, RLP_TRAILING, field);
    reader->left = outer;
}

/* Room for the items that are left, each at least `encoding_size_min` bytes long: `*count` of them, NULL after a fault.
 * When the list has more items than could be right, there is room for those before the first wrong one. */
static void *take_room(
    struct reader *reader, size_t *count, size_t encoding_size_min, size_t size, const char *field)
{
    *count = 0;
    if (reader->fault != TX_VALID || !check(reader, rlp_count(reader->left, count), field))
        return NULL;
    if (*count == 0) return NULL;
    size_t count_max = reader->left.size / encoding_size_min + 1;
    size_t room = *count < count_max ? *count : count_max;
    void *items = arena_alloc_zeroed(reader->arena, room, size);
    if (items == NULL) fail(reader, TX_NO_MEMORY, RLP_OK, field);
    return items;
}

/* All that is left as a list of 32-byte strings. */
static const hash32 *take_hashes(struct reader *reader, size_t *count, const char *field)
{
    hash32 *hashes = take_room(reader, count, HASH_SIZE, sizeof *hashes, field);
    for (size_t i = 0; i < *count && reader->fault == TX_VALID; i++)
        take_fixed(reader, hashes[i].bytes, sizeof hashes[i].bytes, field);
    return hashes;
}

static void take_access_entry(struct reader *reader, struct access_entry *entry)
{
    struct bytes outer = enter(reader, "accessList");
    take_fixed(reader, entry->account.bytes, sizeof entry->account.bytes, "accessList.address");
    struct bytes entry_left = enter(reader, "accessList.storageKeys");
    entry->slots = take_hashes(reader, &entry->slot_count, "accessList.storageKeys");
    leave(reader, entry_left, "accessList.storageKeys");
    leave(reader, outer, "accessList");
}

static void take_access_list(struct reader *reader, struct tx *tx)
{
    struct bytes outer = enter(reader, "accessList");
    struct access_entry *entries =
        take_room(reader, &tx->access_count, ACCESS_ENTRY_SIZE_MIN, sizeof *entries, "accessList");
    for (size_t i = 0; i < tx->access_count && reader->fault == TX_VALID; i++)
        take_access_entry(reader, &entries[i]);
    tx->access_list = entries;
    leave(reader, outer, "accessList");
}

static void take_blob_hashes(struct reader *reader, struct tx *tx)
{
    struct bytes outer = enter(reader, "blobVersionedHashes");
    tx->blob_hashes = take_hashes(reader, &tx->blob_count, "blobVersionedHashes");
    leave(reader, outer, "blobVersionedHashes");
}

static void take_authorization(struct reader *reader, struct authorization *out)
{
    struct bytes outer = enter(reader, "authorizationList");
    take_u256(reader, &out->chain_id, "authorizationList.chainId");
    take_fixed(
        reader, out->delegate.bytes, sizeof out->delegate.bytes, "authorizationList.address");
    take_u64(reader, &out->nonce, "authorizationList.nonce");
    take_parity(reader, &out->y_parity, TX_MALFORMED, "authorizationList.yParity");
    take_u256(reader, &out->r, "authorizationList.r");
    take_u256(reader, &out->s, "authorizationList.s");
    leave(reader, outer, "authorizationList");
}

static void take_authorizations(struct reader *reader, struct tx *tx)
{
    struct bytes outer = enter(reader, "authorizationList");
    struct authorization *all = take_room(
        reader, &tx->authorization_count, AUTHORIZATION_SIZE_MIN, sizeof *all, "authorizationList");
    for (size_t i = 0; i < tx->authorization_count && reader->fault == TX_VALID; i++)
        take_authorization(reader, &all[i]);
    tx->authorizations = all;
    leave(reader, outer, "authorizationList");
}

/* ---- the types ---- */

/* 27 or 28, or 35 + 2 * chain id + parity, with a chain id of 64 bits. */
static void take_legacy_v(struct reader *reader, struct tx *tx)
{
    u256 v = U256_ZERO;
    if (reader->fault != TX_VALID) return;
    enum rlp_fault rlp = rlp_next_u256(&reader->left, &v);
    if (rlp == RLP_TOO_WIDE) fail(reader, TX_SIGNATURE_INVALID, rlp, "v");
    if (!check(reader, rlp, "v")) return;
    uint64_t low = u256_low64(v);
    if (u256_fits_u64(v) && low < LEGACY_V_CHAIN) {
        if (low != LEGACY_V_BARE && low != LEGACY_V_BARE + 1)
            fail(reader, TX_SIGNATURE_INVALID, RLP_OK, "v");
        tx->y_parity = low == LEGACY_V_BARE + 1;
        return;
    }
    u256 rest = u256_sub(v, u256_from_u64(LEGACY_V_CHAIN));
    u256 chain_id = u256_shr_bits(rest, 1, 0);
    if (!u256_fits_u64(chain_id)) fail(reader, TX_CHAIN_ID_WRONG, RLP_OK, "v");
    tx->is_protected = true;
    tx->chain_id = u256_low64(chain_id);
    tx->y_parity = u256_low64(rest) & 1;
}

static void take_legacy(struct reader *reader, struct tx *tx)
{
    take_u64(reader, &tx->nonce, "nonce");
    take_u256(reader, &tx->max_fee, "gasPrice");
    tx->max_priority_fee = tx->max_fee;
    take_u64(reader, &tx->gas_limit, "gasLimit");
    take_recipient(reader, tx);
    take_u256(reader, &tx->value, "value");
    take_data(reader, &tx->data);
    take_legacy_v(reader, tx);
    take_scalar(reader, &tx->r, "r");
    take_scalar(reader, &tx->s, "s");
}

static void take_fees(struct reader *reader, struct tx *tx)
{
    if (tx->type == TX_ACCESS_LIST) {
        take_u256(reader, &tx->max_fee, "gasPrice");
        tx->max_priority_fee = tx->max_fee;
    } else {
        take_u256(reader, &tx->max_priority_fee, "maxPriorityFeePerGas");
        take_u256(reader, &tx->max_fee, "maxFeePerGas");
    }
}

static void take_typed(struct reader *reader, struct tx *tx)
{
    tx->is_protected = true;
    take_u64(reader, &tx->chain_id, "chainId");
    take_u64(reader, &tx->nonce, "nonce");
    take_fees(reader, tx);
    take_u64(reader, &tx->gas_limit, "gasLimit");
    take_recipient(reader, tx);
    take_u256(reader, &tx->value, "value");
    take_data(reader, &tx->data);
    take_access_list(reader, tx);
    if (tx->type == TX_BLOB) {
        take_u256(reader, &tx->max_blob_fee, "maxFeePerBlobGas");
        take_blob_hashes(reader, tx);
    }
    if (tx->type == TX_SET_CODE) take_authorizations(reader, tx);
    take_parity(reader, &tx->y_parity, TX_SIGNATURE_INVALID, "yParity");
    take_scalar(reader, &tx->r, "r");
    take_scalar(reader, &tx->s, "s");
}

/* A field too few or too many is said before any field is looked at: the ones behind the gap would not be what they
 * seem. Where they cannot be counted, one of them is broken and will be named. */
static void check_count(struct reader *reader, enum tx_type type)
{
    size_t count;
    if (rlp_count(reader->left, &count) != RLP_OK || count == field_counts[type]) return;
    fail(reader, TX_MALFORMED, count < field_counts[type] ? RLP_EOF : RLP_TRAILING, NULL);
}

/* rlp([transaction, blobs, commitments, proofs]): what travels between nodes, and never stands in a block. */
static bool is_network_form(struct bytes fields)
{
    return fields.size > 0 && fields.data[0] >= 0xc0;
}

enum tx_fault tx_decode_fields(struct tx *out,
                               struct bytes encoding,
                               struct arena *arena,
                               struct tx_place *place)
{
    struct reader reader = {.arena = arena, .place = place};
    *out = (struct tx){.encoding = encoding};
    *place = (struct tx_place){RLP_OK, NULL};
    if (encoding.size == 0) {
        fail(&reader, TX_MALFORMED, RLP_EOF, NULL);
        return reader.fault;
    }
    uint8_t first = encoding.data[0];
    bool is_list = first >= 0xc0;
    if (!is_list && (first == 0 || first >= TX_TYPE_COUNT)) {
        /* A type is below 0x80 (EIP-2718); the rest are strings. */
        fail(&reader, first < 0x80 ? TX_TYPE_UNKNOWN : TX_MALFORMED, RLP_NOT_A_LIST, NULL);
        return reader.fault;
    }
    out->type = is_list ? TX_LEGACY : (enum tx_type)first;
    struct bytes payload = is_list ? encoding : bytes_of(encoding.data + 1, encoding.size - 1);
    if (!check(&reader, rlp_only_list(payload, &reader.left), NULL)) return reader.fault;
    if (out->type == TX_BLOB && is_network_form(reader.left)) {
        fail(&reader, TX_BLOB_NETWORK_FORM, RLP_OK, NULL);
        return reader.fault;
    }
    check_count(&reader, out->type);
    if (is_list)
        take_legacy(&reader, out);
    else
        take_typed(&reader, out);
    if (reader.fault == TX_VALID && reader.left.size > 0) check(&reader, RLP_TRAILING, NULL);
    return reader.fault;
}

enum tx_fault tx_decode(struct tx *out, struct bytes encoding, struct arena *arena)
{
    struct tx_place unused;
    enum tx_fault fault = tx_decode_fields(out, encoding, arena, &unused);
    if (fault == TX_VALID) keccak256(&out->hash, encoding.data, encoding.size);
    return fault;
}
