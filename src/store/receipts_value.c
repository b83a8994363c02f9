#include "store/receipts_value.h"

#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"

/* An item of the list: a typed receipt is wrapped into a string, a legacy one is an item already. */
static size_t item_size(const struct receipt *receipt, struct bytes encoding)
{
    return receipt->type == TX_LEGACY ? encoding.size : rlp_size_bytes(encoding);
}

static uint8_t *put_item(uint8_t *to, const struct receipt *receipt, struct bytes encoding)
{
    if (receipt->type != TX_LEGACY) return rlp_put_bytes(to, encoding);
    memcpy(to, encoding.data, encoding.size);
    return to + encoding.size;
}

bool receipts_write(struct bytes *out,
                    const struct receipt *receipts,
                    size_t count,
                    struct arena *arena)
{
    struct bytes *encodings = arena_alloc_zeroed(arena, count == 0 ? 1 : count, sizeof *encodings);
    if (encodings == NULL) return false;
    size_t payload = 0;
    for (size_t i = 0; i < count; i++) {
        if (!receipt_encode(&encodings[i], &receipts[i], arena)) return false;
        payload += item_size(&receipts[i], encodings[i]);
    }
    size_t size = rlp_size_list(payload);
    uint8_t *text = arena_alloc_aligned(arena, size, 1);
    if (text == NULL) return false;
    uint8_t *to = rlp_put_list_head(text, payload);
    for (size_t i = 0; i < count; i++)
        to = put_item(to, &receipts[i], encodings[i]);
    ASSERT(to == text + size);
    *out = bytes_of(text, size);
    return true;
}

struct reader {
    struct arena *arena;
    struct error *error;
    size_t index; /* of the receipt */
};

static enum pevm_status fault(const struct reader *reader, const char *field, enum rlp_fault why)
{
    return error_set(reader->error,
                     PEVM_CORRUPT,
                     "receipt %zu: %s: %s",
                     reader->index,
                     field,
                     rlp_fault_text(why));
}

static enum pevm_status no_memory(const struct reader *reader)
{
    return error_set(reader->error, PEVM_NO_MEMORY, "receipt %zu: no memory", reader->index);
}

/* Return from the function with a fault of `field`, when there is one. */
#define FIELD(name, call)                                                                          \
    do {                                                                                           \
        enum rlp_fault field_fault_ = (call);                                                      \
        if (field_fault_ != RLP_OK) return fault(reader, name, field_fault_);                      \
    } while (0)

static enum pevm_status read_topics(const struct reader *reader, struct bytes list, struct log *out)
{
    size_t count;
    FIELD("topics", rlp_count(list, &count));
    if (count > LOG_TOPICS_MAX) return fault(reader, "topics", RLP_TRAILING);
    out->topic_count = (uint8_t)count;
    for (size_t i = 0; i < count; i++)
        FIELD("topic", rlp_next_fixed(&list, out->topics[i].bytes, sizeof out->topics[i].bytes));
    return PEVM_OK;
}

static enum pevm_status read_log(const struct reader *reader, struct bytes *list, struct log *out)
{
    struct bytes fields, topics;
    FIELD("log", rlp_next_list(list, &fields));
    FIELD("address of a log",
          rlp_next_fixed(&fields, out->account.bytes, sizeof out->account.bytes));
    FIELD("topics", rlp_next_list(&fields, &topics));
    TRY(read_topics(reader, topics, out));
    FIELD("data of a log", rlp_next_string(&fields, &out->data));
    if (fields.size != 0) return fault(reader, "log", RLP_TRAILING);
    return PEVM_OK;
}

static enum pevm_status read_logs(const struct reader *reader,
                                  struct bytes list,
                                  struct receipt *out)
{
    size_t count;
    FIELD("logs", rlp_count(list, &count));
    struct log *logs = arena_alloc_zeroed(reader->arena, count == 0 ? 1 : count, sizeof *logs);
    if (logs == NULL) return no_memory(reader);
    for (size_t i = 0; i < count; i++)
        TRY(read_log(reader, &list, &logs[i]));
    out->logs = logs;
    out->log_count = count;
    return PEVM_OK;
}

/* 1, nothing, or a state root. */
static enum pevm_status read_outcome(const struct reader *reader,
                                     struct bytes *fields,
                                     struct receipt *out)
{
    struct bytes outcome;
    FIELD("status", rlp_next_string(fields, &outcome));
    out->has_state_root = outcome.size == sizeof out->state_root.bytes;
    if (out->has_state_root) {
        memcpy(out->state_root.bytes, outcome.data, outcome.size);
        return PEVM_OK;
    }
    if (outcome.size > 1 || (outcome.size == 1 && outcome.data[0] != 1))
        return fault(reader, "status", RLP_TOO_WIDE);
    out->success = outcome.size == 1;
    return PEVM_OK;
}

static enum pevm_status read_fields(const struct reader *reader,
                                    struct bytes fields,
                                    struct receipt *out)
{
    struct bytes logs;
    TRY(read_outcome(reader, &fields, out));
    FIELD("cumulative gas", rlp_next_u64(&fields, &out->cumulative_gas_used));
    FIELD("bloom", rlp_next_fixed(&fields, out->bloom.bytes, sizeof out->bloom.bytes));
    FIELD("logs", rlp_next_list(&fields, &logs));
    if (fields.size != 0) return fault(reader, "receipt", RLP_TRAILING);
    return read_logs(reader, logs, out);
}

static enum pevm_status read_receipt(const struct reader *reader,
                                     struct bytes *list,
                                     struct receipt *out)
{
    struct rlp_item item;
    struct bytes fields;
    FIELD("receipt", rlp_next(list, &item));
    if (item.is_list) return read_fields(reader, item.payload, out);
    if (item.payload.size == 0) return fault(reader, "type", RLP_TOO_SHORT);
    unsigned type = item.payload.data[0];
    if (type == TX_LEGACY || type >= TX_TYPE_COUNT)
        return error_set(reader->error,
                         PEVM_CORRUPT,
                         "receipt %zu: type: there is no type %u",
                         reader->index,
                         type);
    out->type = (enum tx_type)type;
    FIELD("receipt",
          rlp_only_list(bytes_of(item.payload.data + 1, item.payload.size - 1), &fields));
    return read_fields(reader, fields, out);
}

/* What each used, from the sums. */
static enum pevm_status fill_gas_used(struct reader *reader, struct receipt_list *list)
{
    uint64_t before = 0;
    for (reader->index = 0; reader->index < list->count; reader->index++) {
        struct receipt *receipt = &list->receipts[reader->index];
        if (receipt->cumulative_gas_used < before)
            return error_set(reader->error,
                             PEVM_CORRUPT,
                             "receipt %zu: cumulative gas: less than before",
                             reader->index);
        receipt->gas_used = receipt->cumulative_gas_used - before;
        before = receipt->cumulative_gas_used;
    }
    return PEVM_OK;
}

enum pevm_status receipts_read(struct receipt_list *out,
                               struct bytes encoding,
                               struct arena *arena,
                               struct error *error)
{
    struct reader state = {.arena = arena, .error = error}, *reader = &state;
    struct bytes list;
    FIELD("list", rlp_only_list(encoding, &list));
    FIELD("list", rlp_count(list, &out->count));
    out->receipts =
        arena_alloc_zeroed(arena, out->count == 0 ? 1 : out->count, sizeof *out->receipts);
    if (out->receipts == NULL) return no_memory(reader);
    for (; reader->index < out->count; reader->index++)
        TRY(read_receipt(reader, &list, &out->receipts[reader->index]));
    return fill_gas_used(reader, out);
}
