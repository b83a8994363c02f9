#include "types/header.h"

#include "crypto/keccak.h"
#include "rlp/rlp_write.h"

#include <stddef.h>

enum field_kind { FIELD_FIXED, FIELD_U64, FIELD_U256, FIELD_BYTES };

/* The fields in the order of the encoding. */
static const struct field {
    const char *name; /* as clients print it */
    enum field_kind kind;
    uint16_t offset, size;
} fields[] = {
#define FIELD(name, kind, member)                                                                  \
    {                                                                                              \
        name, kind, offsetof(struct header, member), sizeof((struct header *)NULL)->member         \
    }
    /* clang-format off */
    FIELD("parentHash", FIELD_FIXED, parent_hash),
    FIELD("ommersHash", FIELD_FIXED, ommers_hash),
    FIELD("coinbase", FIELD_FIXED, coinbase),
    FIELD("stateRoot", FIELD_FIXED, state_root),
    FIELD("transactionsRoot", FIELD_FIXED, transactions_root),
    FIELD("receiptsRoot", FIELD_FIXED, receipts_root),
    FIELD("logsBloom", FIELD_FIXED, bloom),
    FIELD("difficulty", FIELD_U256, difficulty),
    FIELD("number", FIELD_U64, number),
    FIELD("gasLimit", FIELD_U64, gas_limit),
    FIELD("gasUsed", FIELD_U64, gas_used),
    FIELD("timestamp", FIELD_U64, timestamp),
    FIELD("extraData", FIELD_BYTES, extra_data),
    FIELD("mixHash", FIELD_FIXED, mix_hash),
    FIELD("nonce", FIELD_FIXED, nonce),
    FIELD("baseFeePerGas", FIELD_U256, base_fee),
    FIELD("withdrawalsRoot", FIELD_FIXED, withdrawals_root),
    FIELD("blobGasUsed", FIELD_U64, blob_gas_used),
    FIELD("excessBlobGas", FIELD_U64, excess_blob_gas),
    FIELD("parentBeaconBlockRoot", FIELD_FIXED, parent_beacon_root),
    FIELD("requestsHash", FIELD_FIXED, requests_hash),
/* clang-format on */
#undef FIELD
};
STATIC_ASSERT(COUNT_OF(fields) == HEADER_FIELDS_MAX, "one line per field");

static enum rlp_fault read_field(struct header *out, const struct field *field, struct bytes *list)
{
    void *to = (uint8_t *)out + field->offset;
    switch (field->kind) {
    case FIELD_U64: return rlp_next_u64(list, to);
    case FIELD_U256: return rlp_next_u256(list, to);
    case FIELD_BYTES: return rlp_next_string(list, to);
    case FIELD_FIXED: break;
    }
    return rlp_next_fixed(list, to, field->size);
}

static enum rlp_fault read_fields(struct header *out, struct bytes list, const char **field)
{
    uint8_t count = 0;
    for (; count < HEADER_FIELDS_MAX; count++) {
        if (list.size == 0 && count >= HEADER_FIELDS_MIN) break;
        *field = fields[count].name;
        enum rlp_fault fault = read_field(out, &fields[count], &list);
        if (fault != RLP_OK) return fault;
    }
    if (list.size > 0) return RLP_TRAILING;
    out->field_count = count;
    return RLP_OK;
}

enum rlp_fault header_decode(struct header *out, struct bytes whole, const char **field)
{
    const char *unused;
    if (field == NULL) field = &unused;
    *field = NULL;
    *out = (struct header){0};
    struct bytes list;
    enum rlp_fault fault = rlp_only_list(whole, &list);
    if (fault == RLP_OK) fault = read_fields(out, list, field);
    if (fault != RLP_OK) return fault;
    keccak256(&out->hash, whole.data, whole.size);
    return RLP_OK;
}

static size_t field_size(const struct header *header, const struct field *field)
{
    const void *from = (const uint8_t *)header + field->offset;
    switch (field->kind) {
    case FIELD_U64: return rlp_size_u64(*(const uint64_t *)from);
    case FIELD_U256: return rlp_size_u256(from);
    case FIELD_BYTES: return rlp_size_bytes(*(const struct bytes *)from);
    case FIELD_FIXED: break;
    }
    return rlp_size_bytes(bytes_of(from, field->size));
}

static uint8_t *put_field(uint8_t *to, const struct header *header, const struct field *field)
{
    const void *from = (const uint8_t *)header + field->offset;
    switch (field->kind) {
    case FIELD_U64: return rlp_put_u64(to, *(const uint64_t *)from);
    case FIELD_U256: return rlp_put_u256(to, from);
    case FIELD_BYTES: return rlp_put_bytes(to, *(const struct bytes *)from);
    case FIELD_FIXED: break;
    }
    return rlp_put_bytes(to, bytes_of(from, field->size));
}

bool header_encode(struct bytes *out, const struct header *header, struct arena *arena)
{
    ASSERT(header->field_count >= HEADER_FIELDS_MIN && header->field_count <= HEADER_FIELDS_MAX);
    size_t payload = 0;
    for (size_t i = 0; i < header->field_count; i++)
        payload += field_size(header, &fields[i]);
    size_t size = rlp_size_list(payload);
    uint8_t *text = arena_alloc_aligned(arena, size, 1);
    if (text == NULL) return false;
    uint8_t *to = rlp_put_list_head(text, payload);
    for (size_t i = 0; i < header->field_count; i++)
        to = put_field(to, header, &fields[i]);
    ASSERT(to == text + size);
    *out = bytes_of(text, size);
    return true;
}

bool header_hash(hash32 *out, const struct header *header, struct arena *scratch)
{
    struct arena_mark mark = arena_mark(scratch);
    struct bytes text;
    if (!header_encode(&text, header, scratch)) return false;
    keccak256(out, text.data, text.size);
    arena_release(scratch, mark);
    return true;
}
