#include "store/rider_value.h"

#include "crypto/keccak.h"
#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"

#define CHECKSUM_SIZE 8

/* ---- writing ---- */

static size_t rider_payload(const struct rider *rider)
{
    return rlp_size_bytes(rider->key) + rlp_size_bytes(rider->before);
}

static size_t riders_payload(const struct rider_record *record)
{
    size_t size = 0;
    for (size_t i = 0; i < record->rider_count; i++)
        size += rlp_size_list(rider_payload(&record->riders[i]));
    return size;
}

static uint8_t *put_record(uint8_t *to, const struct rider_record *record)
{
    size_t riders = riders_payload(record);
    to = rlp_put_list_head(
        to, rlp_size_u64(record->number) + 1 + sizeof(hash32) + rlp_size_list(riders));
    to = rlp_put_u64(to, record->number);
    to = rlp_put_bytes(to, bytes_of(record->hash.bytes, sizeof record->hash.bytes));
    to = rlp_put_list_head(to, riders);
    for (size_t i = 0; i < record->rider_count; i++) {
        to = rlp_put_list_head(to, rider_payload(&record->riders[i]));
        to = rlp_put_bytes(to, record->riders[i].key);
        to = rlp_put_bytes(to, record->riders[i].before);
    }
    return to;
}

bool riders_write(struct bytes *out, const struct rider_record *record, struct arena *arena)
{
    size_t payload =
        rlp_size_u64(record->number) + 1 + sizeof(hash32) + rlp_size_list(riders_payload(record));
    size_t size = 1 + rlp_size_list(payload);
    uint8_t *text = arena_alloc_aligned(arena, size + CHECKSUM_SIZE, 1);
    if (text == NULL) return false;
    text[0] = RIDER_VERSION;
    uint8_t *end = put_record(text + 1, record);
    ASSERT(end == text + size);
    hash32 checksum;
    keccak256(&checksum, text, size);
    memcpy(end, checksum.bytes, CHECKSUM_SIZE);
    *out = bytes_of(text, size + CHECKSUM_SIZE);
    return true;
}

/* ---- reading ---- */

static enum pevm_status fault(struct error *error, const char *field, const char *why)
{
    return error_set(error, PEVM_CORRUPT, "record of riders: %s: %s", field, why);
}

/* Return from the function with a fault of `field`, when there is one. */
#define FIELD(name, call)                                                                          \
    do {                                                                                           \
        enum rlp_fault field_fault_ = (call);                                                      \
        if (field_fault_ != RLP_OK) return fault(error, name, rlp_fault_text(field_fault_));       \
    } while (0)

static enum pevm_status read_riders(struct rider_record *out,
                                    struct bytes list,
                                    struct arena *arena,
                                    struct error *error)
{
    FIELD("riders", rlp_count(list, &out->rider_count));
    struct rider *riders = arena_alloc_zeroed(arena, out->rider_count + 1, sizeof *riders);
    if (riders == NULL) return error_set(error, PEVM_NO_MEMORY, "record of riders: no memory");
    for (size_t i = 0; i < out->rider_count; i++) {
        struct bytes fields;
        FIELD("rider", rlp_next_list(&list, &fields));
        FIELD("key", rlp_next_string(&fields, &riders[i].key));
        FIELD("before", rlp_next_string(&fields, &riders[i].before));
        if (fields.size != 0) return fault(error, "rider", rlp_fault_text(RLP_TRAILING));
        if (riders[i].key.size == 0) return fault(error, "key", "is empty");
    }
    out->riders = riders;
    return PEVM_OK;
}

static enum pevm_status read_record(struct rider_record *out,
                                    struct bytes encoding,
                                    struct arena *arena,
                                    struct error *error)
{
    struct bytes fields, riders;
    FIELD("list", rlp_only_list(encoding, &fields));
    FIELD("number", rlp_next_u64(&fields, &out->number));
    FIELD("hash", rlp_next_fixed(&fields, out->hash.bytes, sizeof out->hash.bytes));
    FIELD("riders", rlp_next_list(&fields, &riders));
    if (fields.size != 0) return fault(error, "list", rlp_fault_text(RLP_TRAILING));
    return read_riders(out, riders, arena, error);
}

enum pevm_status riders_read(struct rider_record *out,
                             struct bytes encoding,
                             struct arena *arena,
                             struct error *error)
{
    hash32 checksum;
    if (encoding.size < 1 + CHECKSUM_SIZE) return fault(error, "checksum", "the record is cut off");
    size_t size = encoding.size - CHECKSUM_SIZE;
    keccak256(&checksum, encoding.data, size);
    if (memcmp(checksum.bytes, encoding.data + size, CHECKSUM_SIZE) != 0)
        return fault(error, "checksum", "is wrong: the record is damaged");
    if (encoding.data[0] != RIDER_VERSION)
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "record of riders: version %u; this program knows %d",
                         encoding.data[0],
                         RIDER_VERSION);
    return read_record(out, bytes_of(encoding.data + 1, size - 1), arena, error);
}

/* ---- applying ---- */

static void put(struct store_batch *batch, struct bytes key, struct bytes value)
{
    if (value.size == 0)
        store_batch_delete(batch, key);
    else
        store_batch_set(batch, key, value, 0);
}

void riders_put_after(struct store_batch *batch, const struct rider *riders, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(batch, riders[i].key, riders[i].after);
}

void riders_put_before(struct store_batch *batch, const struct rider *riders, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(batch, riders[i].key, riders[i].before);
}
