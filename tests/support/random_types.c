#include "support/random_types.h"

#include "support/test.h"

uint64_t random_u64(struct rng *rng)
{
    uint64_t number = rng_next(rng);
    return rng_below(rng, 8) == 0 ? 0 : number >> rng_below(rng, 64);
}

u256 random_u256(struct rng *rng)
{
    u256 number = {
        {rng_next(rng), rng_next(rng), rng_next(rng), rng_next(rng)}
    };
    if (rng_below(rng, 8) == 0) return U256_ZERO;
    if (rng_below(rng, 16) == 0) return U256_MAX;
    return u256_shr_bits(number, (unsigned)rng_below(rng, 256), 0);
}

struct bytes random_bytes(struct rng *rng, size_t size_max, struct arena *arena)
{
    size_t size = rng_below(rng, rng_below(rng, 3) == 0 ? 4 : size_max + 1);
    if (size == 0) return BYTES_EMPTY;
    uint8_t *bytes = arena_alloc(arena, size);
    assert_non_null(bytes);
    rng_fill(rng, bytes, size);
    return bytes_of(bytes, size);
}

static void *room_for(struct arena *arena, size_t count, size_t size)
{
    void *room = arena_alloc_zeroed(arena, count, size);
    assert_non_null(room);
    return room;
}

static const hash32 *random_hashes(struct rng *rng, size_t count, struct arena *arena)
{
    hash32 *hashes = room_for(arena, count, sizeof *hashes);
    rng_fill(rng, hashes, count * sizeof *hashes);
    return hashes;
}

static void random_access_list(struct tx *out, struct rng *rng, struct arena *arena)
{
    out->access_count = rng_below(rng, 4);
    struct access_entry *entries = room_for(arena, out->access_count, sizeof *entries);
    for (size_t i = 0; i < out->access_count; i++) {
        rng_fill(rng, &entries[i].account, sizeof entries[i].account);
        entries[i].slot_count = rng_below(rng, 4);
        entries[i].slots = random_hashes(rng, entries[i].slot_count, arena);
    }
    out->access_list = entries;
}

static void random_authorizations(struct tx *out, struct rng *rng, struct arena *arena)
{
    out->authorization_count = rng_below(rng, 4);
    out->authorizations = room_for(arena, out->authorization_count, sizeof *out->authorizations);
    for (size_t i = 0; i < out->authorization_count; i++) {
        struct authorization *one = &out->authorizations[i];
        one->chain_id = random_u256(rng);
        rng_fill(rng, &one->delegate, sizeof one->delegate);
        one->nonce = random_u64(rng);
        one->y_parity = (uint8_t)random_u64(rng);
        one->r = random_u256(rng);
        one->s = random_u256(rng);
    }
}

void random_tx(struct tx *out, enum tx_type type, struct rng *rng, struct arena *arena)
{
    *out = (struct tx){.type = type};
    out->is_creation = rng_below(rng, 4) == 0;
    if (!out->is_creation) rng_fill(rng, &out->to, sizeof out->to);
    out->is_protected = type != TX_LEGACY || rng_below(rng, 2) == 0;
    if (out->is_protected) out->chain_id = random_u64(rng);
    out->y_parity = rng_below(rng, 2) == 0;
    out->nonce = random_u64(rng);
    out->gas_limit = random_u64(rng);
    out->value = random_u256(rng);
    out->max_fee = random_u256(rng);
    out->max_priority_fee = type < TX_DYNAMIC_FEE ? out->max_fee : random_u256(rng);
    out->r = random_u256(rng);
    out->s = random_u256(rng);
    out->data = random_bytes(rng, 400, arena);
    if (type != TX_LEGACY) random_access_list(out, rng, arena);
    if (type == TX_BLOB) {
        out->max_blob_fee = random_u256(rng);
        out->blob_count = rng_below(rng, 4);
        out->blob_hashes = random_hashes(rng, out->blob_count, arena);
    }
    if (type == TX_SET_CODE) random_authorizations(out, rng, arena);
}

void random_header(struct header *out, uint8_t field_count, struct rng *rng, struct arena *arena)
{
    /* Padding, too; what has a meaning of its own is put right below. */
    rng_fill(rng, out, sizeof *out);
    out->field_count = field_count;
    out->difficulty = random_u256(rng);
    out->number = random_u64(rng);
    out->gas_limit = random_u64(rng);
    out->gas_used = random_u64(rng);
    out->timestamp = random_u64(rng);
    out->extra_data = random_bytes(rng, 60, arena);
    out->base_fee = random_u256(rng);
    out->blob_gas_used = random_u64(rng);
    out->excess_blob_gas = random_u64(rng);
}

const struct log *random_logs(struct rng *rng, size_t count, struct arena *arena)
{
    struct log *logs = room_for(arena, count, sizeof *logs);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && rng_below(rng, 2) == 0) logs[i] = logs[i - 1]; /* as a token does */
        logs[i].topic_count = (uint8_t)rng_below(rng, LOG_TOPICS_MAX + 1);
        rng_fill(rng, &logs[i].topics[1], 3 * sizeof logs[i].topics[1]);
        if (rng_below(rng, 2) == 0) {
            rng_fill(rng, &logs[i].account, sizeof logs[i].account);
            rng_fill(rng, &logs[i].topics[0], sizeof logs[i].topics[0]);
        }
        logs[i].data = random_bytes(rng, 200, arena);
    }
    return logs;
}

void random_block(struct block *out, struct rng *rng, struct arena *arena)
{
    *out = (struct block){.has_withdrawals = rng_below(rng, 2) == 0};
    random_header(&out->header, (uint8_t)(15 + rng_below(rng, 7)), rng, arena);
    out->tx_count = rng_below(rng, 12);
    out->txs = room_for(arena, out->tx_count, sizeof *out->txs);
    for (size_t i = 0; i < out->tx_count; i++) {
        random_tx(&out->txs[i], (enum tx_type)rng_below(rng, TX_TYPE_COUNT), rng, arena);
        assert_true(tx_encode(&out->txs[i].encoding, &out->txs[i], arena));
    }
    out->ommer_count = rng_below(rng, 3);
    out->ommers = room_for(arena, out->ommer_count, sizeof *out->ommers);
    for (size_t i = 0; i < out->ommer_count; i++)
        random_header(&out->ommers[i], (uint8_t)(15 + rng_below(rng, 7)), rng, arena);
    if (!out->has_withdrawals) return;
    out->withdrawal_count = rng_below(rng, 5);
    out->withdrawals = room_for(arena, out->withdrawal_count, sizeof *out->withdrawals);
    for (size_t i = 0; i < out->withdrawal_count; i++) {
        struct withdrawal *one = &out->withdrawals[i];
        *one = (struct withdrawal){random_u64(rng), random_u64(rng), random_u64(rng), {{0}}};
        rng_fill(rng, &one->to, sizeof one->to);
    }
}
