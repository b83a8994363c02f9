#include "crypto/keccak.h"
#include "types/block.h"

/* The smallest items of each list: no count is believed beyond what they allow. */
#define TX_SIZE_MIN         10  /* list, nine empty fields */
#define OMMER_SIZE_MIN      496 /* list, fifteen fields */
#define WITHDRAWAL_SIZE_MIN 25  /* list, address, three numbers */

#define HASH_BATCH 64 /* transactions hashed in one call */
#define THE_LIST   SIZE_MAX

/* One list of the body, while it is decoded. */
struct list {
    const char *part;
    struct bytes left; /* items still to come */
    size_t count;
};

static enum pevm_status fault_at(struct block_fault_place *place,
                                 enum rlp_fault rlp,
                                 const char *part,
                                 size_t index,
                                 const char *field)
{
    *place = (struct block_fault_place){.rlp = rlp, .part = part, .index = index, .field = field};
    return PEVM_BAD_INPUT;
}

static enum pevm_status list_begin(struct list *list,
                                   struct bytes *body,
                                   const char *part,
                                   struct block_fault_place *place)
{
    *list = (struct list){.part = part};
    enum rlp_fault rlp = rlp_next_list(body, &list->left);
    if (rlp == RLP_OK) rlp = rlp_count(list->left, &list->count);
    return rlp == RLP_OK ? PEVM_OK : fault_at(place, rlp, part, THE_LIST, NULL);
}

/* Room for the items. When there are more than could be right, for those before the first wrong one. */
static enum pevm_status list_room(
    void **out, const struct list *list, struct arena *arena, size_t size_min, size_t size)
{
    size_t count_max = list->left.size / size_min + 1;
    size_t count = list->count < count_max ? list->count : count_max;
    *out = arena_alloc(arena, count * size);
    return *out == NULL ? PEVM_NO_MEMORY : PEVM_OK;
}

/* ---- transactions ---- */

/* A list is a legacy transaction; a string holds a typed one, and never a list. */
static bool tx_encoding_of(struct bytes *out, const struct rlp_item *item)
{
    *out = item->is_list ? item->whole : item->payload;
    return item->is_list || (item->payload.size > 0 && item->payload.data[0] < 0xc0);
}

static enum pevm_status decode_tx(struct tx *out,
                                  struct list *list,
                                  size_t index,
                                  struct arena *arena,
                                  struct block_fault_place *place)
{
    struct rlp_item item = {0};
    struct tx_place inner = {RLP_OK, NULL};
    struct bytes encoding;
    enum rlp_fault rlp = rlp_next(&list->left, &item);
    if (rlp != RLP_OK) return fault_at(place, rlp, list->part, index, NULL);
    enum tx_fault fault = TX_MALFORMED;
    if (tx_encoding_of(&encoding, &item)) fault = tx_decode_fields(out, encoding, arena, &inner);
    if (fault == TX_VALID) return PEVM_OK;
    *place = (struct block_fault_place){
        .tx = fault,
        .tx_rlp = inner.rlp,
        .tx_index = index,
        .part = list->part,
        .index = index,
        .field = inner.field,
    };
    return fault == TX_NO_MEMORY ? PEVM_NO_MEMORY : PEVM_BAD_INPUT;
}

static void hash_txs(struct tx *txs, size_t count)
{
    for (size_t at = 0; at < count; at += HASH_BATCH) {
        struct bytes texts[HASH_BATCH];
        hash32 hashes[HASH_BATCH];
        size_t size = count - at < HASH_BATCH ? count - at : HASH_BATCH;
        for (size_t i = 0; i < size; i++)
            texts[i] = txs[at + i].encoding;
        keccak256_many(hashes, texts, size);
        for (size_t i = 0; i < size; i++)
            txs[at + i].hash = hashes[i];
    }
}

static enum pevm_status decode_txs(struct block *out,
                                   struct bytes *body,
                                   struct arena *arena,
                                   struct block_fault_place *place)
{
    struct list list;
    void *room;
    TRY(list_begin(&list, body, "transactions", place));
    TRY(list_room(&room, &list, arena, TX_SIZE_MIN, sizeof *out->txs));
    out->txs = room;
    for (size_t i = 0; i < list.count; i++)
        TRY(decode_tx(&out->txs[i], &list, i, arena, place));
    out->tx_count = list.count;
    hash_txs(out->txs, out->tx_count);
    return PEVM_OK;
}

/* ---- headers ---- */

static enum pevm_status decode_header(struct header *out,
                                      struct bytes *from,
                                      const char *part,
                                      size_t index,
                                      struct block_fault_place *place)
{
    struct rlp_item item = {0};
    const char *field = NULL;
    enum rlp_fault rlp = rlp_next(from, &item);
    if (rlp == RLP_OK) rlp = header_decode(out, item.whole, &field);
    return rlp == RLP_OK ? PEVM_OK : fault_at(place, rlp, part, index, field);
}

static enum pevm_status decode_ommers(struct block *out,
                                      struct bytes *body,
                                      struct arena *arena,
                                      struct block_fault_place *place)
{
    struct list list;
    void *room;
    TRY(list_begin(&list, body, "ommers", place));
    TRY(list_room(&room, &list, arena, OMMER_SIZE_MIN, sizeof *out->ommers));
    out->ommers = room;
    for (size_t i = 0; i < list.count; i++)
        TRY(decode_header(&out->ommers[i], &list.left, list.part, i, place));
    out->ommer_count = list.count;
    return PEVM_OK;
}

/* ---- withdrawals ---- */

static enum rlp_fault read_withdrawal(struct withdrawal *out,
                                      struct bytes fields,
                                      const char **field)
{
    enum rlp_fault rlp = RLP_OK;
    *field = "index";
    if ((rlp = rlp_next_u64(&fields, &out->index)) != RLP_OK) return rlp;
    *field = "validatorIndex";
    if ((rlp = rlp_next_u64(&fields, &out->validator)) != RLP_OK) return rlp;
    *field = "address";
    if ((rlp = rlp_next_fixed(&fields, out->to.bytes, sizeof out->to.bytes)) != RLP_OK) return rlp;
    *field = "amount";
    if ((rlp = rlp_next_u64(&fields, &out->amount)) != RLP_OK) return rlp;
    *field = NULL;
    return fields.size > 0 ? RLP_TRAILING : RLP_OK;
}

static enum pevm_status decode_withdrawals(struct block *out,
                                           struct bytes *body,
                                           struct arena *arena,
                                           struct block_fault_place *place)
{
    struct list list;
    void *room;
    TRY(list_begin(&list, body, "withdrawals", place));
    TRY(list_room(&room, &list, arena, WITHDRAWAL_SIZE_MIN, sizeof *out->withdrawals));
    out->withdrawals = room;
    for (size_t i = 0; i < list.count; i++) {
        struct bytes fields;
        const char *field = NULL;
        enum rlp_fault rlp = rlp_next_list(&list.left, &fields);
        if (rlp == RLP_OK) rlp = read_withdrawal(&out->withdrawals[i], fields, &field);
        if (rlp != RLP_OK) return fault_at(place, rlp, list.part, i, field);
    }
    out->withdrawal_count = list.count;
    out->has_withdrawals = true;
    return PEVM_OK;
}

/* ---- the whole ---- */

static enum pevm_status decode_parts(struct block *out,
                                     struct bytes encoding,
                                     struct arena *arena,
                                     struct block_fault_place *place)
{
    struct bytes body;
    enum rlp_fault rlp = rlp_only_list(encoding, &body);
    if (rlp != RLP_OK) return fault_at(place, rlp, NULL, THE_LIST, NULL);
    TRY(decode_header(&out->header, &body, "header", THE_LIST, place));
    TRY(decode_txs(out, &body, arena, place));
    TRY(decode_ommers(out, &body, arena, place));
    if (body.size > 0) TRY(decode_withdrawals(out, &body, arena, place));
    if (body.size > 0) return fault_at(place, RLP_TRAILING, NULL, THE_LIST, NULL);
    out->encoding_size = encoding.size;
    return PEVM_OK;
}

static const char *reason_of(const struct block_fault_place *place)
{
    if (place->tx == TX_VALID) return rlp_fault_text(place->rlp);
    return place->tx_rlp == RLP_OK ? tx_fault_text(place->tx) : rlp_fault_text(place->tx_rlp);
}

/* "transactions[3].gasLimit: an integer has a leading zero byte" */
static enum pevm_status explain(const struct block_fault_place *place, struct error *error)
{
    const char *part = place->part == NULL ? "block" : place->part;
    const char *dot = place->field == NULL ? "" : ".";
    const char *field = place->field == NULL ? "" : place->field;
    const char *why = reason_of(place);
    if (place->index == THE_LIST)
        return error_set(error, PEVM_BAD_INPUT, "%s%s%s: %s", part, dot, field, why);
    return error_set(error, PEVM_BAD_INPUT, "%s[%zu]%s%s: %s", part, place->index, dot, field, why);
}

enum pevm_status block_decode(struct block *out,
                              struct bytes encoding,
                              struct arena *arena,
                              struct block_fault_place *place,
                              struct error *error)
{
    struct block_fault_place unused;
    if (place == NULL) place = &unused;
    *place = (struct block_fault_place){.rlp = RLP_OK, .tx = TX_VALID, .index = THE_LIST};
    *out = (struct block){0};
    enum pevm_status status = decode_parts(out, encoding, arena, place);
    if (status == PEVM_OK) return PEVM_OK;
    if (status == PEVM_NO_MEMORY)
        return error_set(error, status, "no memory for a block of %zu bytes", encoding.size);
    return explain(place, error);
}
