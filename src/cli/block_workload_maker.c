#include "cli/block_workload_maker.h"

#include "crypto/keccak.h"

#define ACCOUNTS_FULL 100000 /* of the contended loads */
#define ACCOUNTS_MIN  20
#define DISTANCE      8
#define STRANGER_ODDS 256

bool maker_ok(const struct workload_maker *maker)
{
    return maker->status == PEVM_OK;
}

void maker_fail(struct workload_maker *maker, enum pevm_status status)
{
    if (!maker_ok(maker)) return;
    maker->status = error_set(maker->error, status, "%s", pevm_status_text(status));
}

static void expect_ok(struct workload_maker *maker, enum pevm_status status)
{
    if (status != PEVM_OK) maker_fail(maker, status);
}

/* ---- transactions -------------------------------------------------------------------------------------- */

void maker_expect(struct workload_maker *maker, size_t txs)
{
    struct block *block = &maker->out->block;
    if (!maker_ok(maker)) return;
    ASSERT(block->txs == NULL);
    block->txs = arena_alloc_zeroed(&maker->out->arena, txs, sizeof *block->txs);
    maker->tx_capacity = txs;
    if (block->txs == NULL) maker_fail(maker, PEVM_NO_MEMORY);
}

void maker_add_tx(struct workload_maker *maker,
                  struct workload_sender *from,
                  const struct workload_call *call)
{
    struct block *block = &maker->out->block;
    if (!maker_ok(maker)) return;
    ASSERT(block->tx_count < maker->tx_capacity);
    u256 price = u256_from_u64(maker->kind->gas_price);
    struct tx *tx = &block->txs[block->tx_count];
    *tx = (struct tx){
        .type = TX_LEGACY,
        .nonce = from->nonce,
        .gas_limit = call->gas_limit,
        .to = call->to,
        .value = u256_from_u64(call->value),
        .max_fee = price,
        .max_priority_fee = price,
        .sender = from->who,
        .sender_known = true,
    };
    if (!arena_copy(&maker->out->arena, &tx->data, call->data)) {
        maker_fail(maker, PEVM_NO_MEMORY);
        return;
    }
    block->header.gas_limit += call->gas_limit;
    block->tx_count++;
    from->nonce++;
}

struct workload_input call_input(uint32_t selector, const u256 *words, size_t count)
{
    struct workload_input input = {.size = 4 + 32 * count};
    ASSERT(count <= CALL_WORDS_MAX);
    for (size_t i = 0; i < 4; i++)
        input.bytes[i] = (uint8_t)(selector >> (24 - 8 * i));
    for (size_t i = 0; i < count; i++)
        u256_to_be(input.bytes + 4 + 32 * i, words[i]);
    return input;
}

/* ---- state --------------------------------------------------------------------------------------------- */

address maker_new_address(struct workload_maker *maker)
{
    address who;
    rng_fill(&maker->rng, who.bytes, sizeof who.bytes);
    return who;
}

void maker_set_account(struct workload_maker *maker,
                       const address *who,
                       uint64_t nonce,
                       const u256 *balance)
{
    if (!maker_ok(maker)) return;
    expect_ok(maker,
              memory_state_set_account(maker->out->state, who, nonce, balance, &keccak_empty));
}

void maker_set_contract(struct workload_maker *maker, const address *who, struct bytes code)
{
    hash32 hash;
    if (!maker_ok(maker)) return;
    expect_ok(maker, memory_state_add_code(maker->out->state, code, &hash));
    if (!maker_ok(maker)) return;
    expect_ok(maker, memory_state_set_account(maker->out->state, who, 1, &U256_ZERO, &hash));
}

void maker_set_slot(struct workload_maker *maker, const address *who, u256 slot, u256 value)
{
    if (!maker_ok(maker)) return;
    expect_ok(maker, memory_state_set_slot(maker->out->state, who, &slot, &value));
}

u256 mapping_slot(u256 key, u256 slot)
{
    uint8_t bytes[64];
    hash32 hash;
    u256_to_be(bytes, key);
    u256_to_be(bytes + 32, slot);
    keccak256(&hash, bytes, sizeof bytes);
    return u256_from_hash(&hash);
}

/* ---- people -------------------------------------------------------------------------------------------- */

struct workload_sender *maker_people(
    struct workload_maker *maker, size_t count, uint64_t first, uint64_t nonce, const u256 *balance)
{
    if (!maker_ok(maker)) return NULL;
    struct workload_sender *people = arena_alloc_zeroed(&maker->out->arena, count, sizeof *people);
    if (people == NULL) {
        maker_fail(maker, PEVM_NO_MEMORY);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        u256 number = u256_from_u64(first + i);
        people[i].who = first > 0 ? u256_to_address(number) : maker_new_address(maker);
        people[i].nonce = nonce;
        maker_set_account(maker, &people[i].who, nonce, balance);
    }
    return people;
}

size_t maker_people_count(const struct workload_maker *maker, enum workload_shape shape, size_t txs)
{
    double scale = maker->plan->scale < 1 ? maker->plan->scale : 1;
    size_t accounts = (size_t)(ACCOUNTS_FULL * scale);
    if (shape != SHAPE_CONTENDED) return txs + 1; /* the end of a chain is one more */
    return accounts < ACCOUNTS_MIN ? ACCOUNTS_MIN : accounts;
}

/* One of `count`; with the plan's odds out of the last tenth. */
static size_t pick(struct workload_maker *maker, size_t count)
{
    size_t cool = count - count / 10;
    double hot = maker->plan->hot;
    if (hot <= 0) return rng_below(&maker->rng, count);
    bool is_hot = (double)rng_below(&maker->rng, UINT32_MAX) < hot * (double)UINT32_MAX;
    return is_hot ? cool + rng_below(&maker->rng, count - cool) : rng_below(&maker->rng, cool);
}

struct workload_pair maker_pair(
    struct workload_maker *maker, enum workload_shape shape, size_t index, size_t txs, size_t count)
{
    struct workload_pair pair = {index, index};
    ASSERT(count > txs || shape == SHAPE_CONTENDED);
    switch (shape) {
    case SHAPE_APART:
    case SHAPE_CLUSTERED: return pair;
    case SHAPE_CONTENDED:
        pair.from = pick(maker, count);
        pair.to = pick(maker, count);
        return pair;
    case SHAPE_CHAIN: pair.to = index + 1; return pair;
    case SHAPE_HALF_CHAIN: pair.to = index < txs / 2 ? index + 1 : index; return pair;
    case SHAPE_DISTANCE:
        if (index >= DISTANCE && rng_below(&maker->rng, 10) == 0) pair.to = index - DISTANCE;
        return pair;
    case SHAPE_ONE_SENDER:
        pair.from = rng_below(&maker->rng, STRANGER_ODDS) == 0 ? index : 0;
        pair.to = index;
        return pair;
    case SHAPE_ONE_GETS: pair.to = txs; return pair;
    }
    return pair;
}
