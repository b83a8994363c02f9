#include "store/undo_value.h"

#include "crypto/keccak.h"
#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"

#define CHECKSUM_SIZE 8

/* ---- writing: sizes first, then bytes ---- */

static size_t hash_size(void)
{
    return sizeof(hash32) + 1;
}

static uint8_t *put_hash(uint8_t *to, const hash32 *hash)
{
    return rlp_put_bytes(to, bytes_of(hash->bytes, sizeof hash->bytes));
}

static size_t value_payload(const struct stored_account *value)
{
    return rlp_size_u64(value->nonce) + rlp_size_u256(&value->balance) + hash_size() +
           rlp_size_u64(value->has_bare_storage);
}

static size_t value_size(bool exists, const struct stored_account *value)
{
    return exists ? rlp_size_list(value_payload(value)) : rlp_size_bytes(BYTES_EMPTY);
}

static uint8_t *put_value(uint8_t *to, bool exists, const struct stored_account *value)
{
    if (!exists) return rlp_put_bytes(to, BYTES_EMPTY);
    to = rlp_put_list_head(to, value_payload(value));
    to = rlp_put_u64(to, value->nonce);
    to = rlp_put_u256(to, &value->balance);
    to = put_hash(to, &value->code_hash);
    return rlp_put_u64(to, value->has_bare_storage);
}

static size_t slot_payload(const struct undo_slot *slot)
{
    return rlp_size_u256(&slot->slot) + rlp_size_u256(&slot->before) + rlp_size_u256(&slot->after);
}

static size_t slots_payload(const struct undo_account *account)
{
    size_t size = 0;
    for (size_t i = 0; i < account->slot_count; i++)
        size += rlp_size_list(slot_payload(&account->slots[i]));
    return size;
}

static size_t account_payload(const struct undo_account *account)
{
    return sizeof(address) + 1 + value_size(account->existed, &account->before) +
           value_size(account->exists, &account->after) + rlp_size_list(slots_payload(account));
}

static uint8_t *put_account(uint8_t *to, const struct undo_account *account)
{
    to = rlp_put_list_head(to, account_payload(account));
    to = rlp_put_bytes(to, bytes_of(account->who.bytes, sizeof account->who.bytes));
    to = put_value(to, account->existed, &account->before);
    to = put_value(to, account->exists, &account->after);
    to = rlp_put_list_head(to, slots_payload(account));
    for (size_t i = 0; i < account->slot_count; i++) {
        const struct undo_slot *slot = &account->slots[i];
        to = rlp_put_list_head(to, slot_payload(slot));
        to = rlp_put_u256(to, &slot->slot);
        to = rlp_put_u256(to, &slot->before);
        to = rlp_put_u256(to, &slot->after);
    }
    return to;
}

static size_t accounts_payload(const struct undo_record *record)
{
    size_t size = 0;
    for (size_t i = 0; i < record->account_count; i++)
        size += rlp_size_list(account_payload(&record->accounts[i]));
    return size;
}

static size_t record_payload(const struct undo_record *record)
{
    return rlp_size_u64(record->number) + 2 * hash_size() + rlp_size_u64(record->epoch) +
           rlp_size_u64(record->tx_count) + rlp_size_u64(record->time_before) +
           rlp_size_list(accounts_payload(record)) +
           rlp_size_list(record->code_count * hash_size());
}

static uint8_t *put_record(uint8_t *to, const struct undo_record *record)
{
    to = rlp_put_list_head(to, record_payload(record));
    to = rlp_put_u64(to, record->number);
    to = put_hash(to, &record->hash);
    to = put_hash(to, &record->parent_hash);
    to = rlp_put_u64(to, record->epoch);
    to = rlp_put_u64(to, record->tx_count);
    to = rlp_put_u64(to, record->time_before);
    to = rlp_put_list_head(to, accounts_payload(record));
    for (size_t i = 0; i < record->account_count; i++)
        to = put_account(to, &record->accounts[i]);
    to = rlp_put_list_head(to, record->code_count * hash_size());
    for (size_t i = 0; i < record->code_count; i++)
        to = put_hash(to, &record->codes[i]);
    return to;
}

bool undo_write(struct bytes *out, const struct undo_record *record, struct arena *arena)
{
    size_t size = 1 + rlp_size_list(record_payload(record));
    uint8_t *text = arena_alloc_aligned(arena, size + CHECKSUM_SIZE, 1);
    if (text == NULL) return false;
    text[0] = UNDO_VERSION;
    uint8_t *end = put_record(text + 1, record);
    ASSERT(end == text + size);
    hash32 checksum;
    keccak256(&checksum, text, size);
    memcpy(end, checksum.bytes, CHECKSUM_SIZE);
    *out = bytes_of(text, size + CHECKSUM_SIZE);
    return true;
}

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    struct error *error;
};

static enum pevm_status fault(const struct reader *reader, const char *field, const char *why)
{
    return error_set(reader->error, PEVM_CORRUPT, "undo record: %s: %s", field, why);
}

/* Return from the function with a fault of `field`, when there is one. */
#define FIELD(name, call)                                                                          \
    do {                                                                                           \
        enum rlp_fault field_fault_ = (call);                                                      \
        if (field_fault_ != RLP_OK) return fault(reader, name, rlp_fault_text(field_fault_));      \
    } while (0)

/* An array for the items of `list`. */
static enum pevm_status take_array(const struct reader *reader,
                                   const char *field,
                                   struct bytes list,
                                   size_t size,
                                   void **out,
                                   size_t *count)
{
    FIELD(field, rlp_count(list, count));
    *out = arena_alloc_zeroed(reader->arena, *count == 0 ? 1 : *count, size);
    if (*out == NULL) return error_set(reader->error, PEVM_NO_MEMORY, "undo record: no memory");
    return PEVM_OK;
}

static enum rlp_fault next_hash(struct bytes *list, hash32 *out)
{
    return rlp_next_fixed(list, out->bytes, sizeof out->bytes);
}

static enum pevm_status read_value(const struct reader *reader,
                                   struct bytes *list,
                                   bool *exists,
                                   struct stored_account *out)
{
    struct rlp_item item;
    uint64_t bare;
    FIELD("account", rlp_next(list, &item));
    *exists = item.is_list;
    out->code_hash = keccak_empty;
    if (!item.is_list && item.payload.size > 0)
        return fault(reader, "account", "neither none nor a list");
    if (!item.is_list) return PEVM_OK;
    struct bytes fields = item.payload;
    FIELD("nonce", rlp_next_u64(&fields, &out->nonce));
    FIELD("balance", rlp_next_u256(&fields, &out->balance));
    FIELD("code hash", next_hash(&fields, &out->code_hash));
    FIELD("bare storage", rlp_next_u64(&fields, &bare));
    if (bare > 1) return fault(reader, "bare storage", "neither 0 nor 1");
    out->has_bare_storage = bare == 1;
    if (fields.size != 0) return fault(reader, "account", rlp_fault_text(RLP_TRAILING));
    return PEVM_OK;
}

static enum pevm_status read_slots(const struct reader *reader,
                                   struct bytes list,
                                   struct undo_account *out)
{
    void *array;
    TRY(take_array(reader, "slots", list, sizeof(struct undo_slot), &array, &out->slot_count));
    struct undo_slot *slots = array;
    for (size_t i = 0; i < out->slot_count; i++) {
        struct bytes fields;
        FIELD("slot", rlp_next_list(&list, &fields));
        FIELD("slot", rlp_next_u256(&fields, &slots[i].slot));
        FIELD("slot", rlp_next_u256(&fields, &slots[i].before));
        FIELD("slot", rlp_next_u256(&fields, &slots[i].after));
        if (fields.size != 0) return fault(reader, "slot", rlp_fault_text(RLP_TRAILING));
        if (i > 0 && !u256_less(slots[i - 1].slot, slots[i].slot))
            return fault(reader, "slots", "not ascending");
    }
    out->slots = slots;
    return PEVM_OK;
}

static enum pevm_status read_account(const struct reader *reader,
                                     struct bytes *list,
                                     struct undo_account *out)
{
    struct bytes fields, slots;
    FIELD("account", rlp_next_list(list, &fields));
    FIELD("address", rlp_next_fixed(&fields, out->who.bytes, sizeof out->who.bytes));
    TRY(read_value(reader, &fields, &out->existed, &out->before));
    TRY(read_value(reader, &fields, &out->exists, &out->after));
    FIELD("slots", rlp_next_list(&fields, &slots));
    if (fields.size != 0) return fault(reader, "account", rlp_fault_text(RLP_TRAILING));
    return read_slots(reader, slots, out);
}

static enum pevm_status read_accounts(const struct reader *reader,
                                      struct bytes list,
                                      struct undo_record *out)
{
    void *array;
    TRY(take_array(
        reader, "accounts", list, sizeof(struct undo_account), &array, &out->account_count));
    struct undo_account *accounts = array;
    for (size_t i = 0; i < out->account_count; i++) {
        TRY(read_account(reader, &list, &accounts[i]));
        if (i > 0 && memcmp(&accounts[i - 1].who, &accounts[i].who, sizeof(address)) >= 0)
            return fault(reader, "accounts", "not ascending");
    }
    out->accounts = accounts;
    return PEVM_OK;
}

static enum pevm_status read_codes(const struct reader *reader,
                                   struct bytes list,
                                   struct undo_record *out)
{
    void *array;
    TRY(take_array(reader, "codes", list, sizeof(hash32), &array, &out->code_count));
    hash32 *codes = array;
    for (size_t i = 0; i < out->code_count; i++) {
        FIELD("codes", next_hash(&list, &codes[i]));
        if (i > 0 && memcmp(&codes[i - 1], &codes[i], sizeof(hash32)) >= 0)
            return fault(reader, "codes", "not ascending");
    }
    out->codes = codes;
    return PEVM_OK;
}

static enum pevm_status read_record(const struct reader *reader,
                                    struct bytes encoding,
                                    struct undo_record *out)
{
    struct bytes fields, accounts, codes;
    FIELD("list", rlp_only_list(encoding, &fields));
    FIELD("number", rlp_next_u64(&fields, &out->number));
    FIELD("hash", next_hash(&fields, &out->hash));
    FIELD("parent hash", next_hash(&fields, &out->parent_hash));
    FIELD("epoch", rlp_next_u64(&fields, &out->epoch));
    FIELD("transactions", rlp_next_u64(&fields, &out->tx_count));
    FIELD("time", rlp_next_u64(&fields, &out->time_before));
    FIELD("accounts", rlp_next_list(&fields, &accounts));
    FIELD("codes", rlp_next_list(&fields, &codes));
    if (fields.size != 0) return fault(reader, "list", rlp_fault_text(RLP_TRAILING));
    TRY(read_accounts(reader, accounts, out));
    return read_codes(reader, codes, out);
}

enum pevm_status undo_read(struct undo_record *out,
                           struct bytes encoding,
                           struct arena *arena,
                           struct error *error)
{
    struct reader reader = {arena, error};
    hash32 checksum;
    if (encoding.size < 1 + CHECKSUM_SIZE)
        return fault(&reader, "checksum", "the record is cut off");
    size_t size = encoding.size - CHECKSUM_SIZE;
    keccak256(&checksum, encoding.data, size);
    if (memcmp(checksum.bytes, encoding.data + size, CHECKSUM_SIZE) != 0)
        return fault(&reader, "checksum", "is wrong: the record is damaged");
    if (encoding.data[0] != UNDO_VERSION)
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "undo record: version %u; this program knows %d",
                         encoding.data[0],
                         UNDO_VERSION);
    return read_record(&reader, bytes_of(encoding.data + 1, size - 1), out);
}
