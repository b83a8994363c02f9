#include "support/wild_block.h"

#include "crypto/ecdsa.h"
#include "crypto/keccak.h"
#include "support/test.h"
#include "types/tx_sender.h"

#define WITHDRAWALS_MAX 6

/* ---- state ------------------------------------------------------------------------------------- */

static u256 wei(uint64_t amount)
{
    return u256_from_u64(amount);
}

static void set_account(
    struct wild_block *wild, const address *who, uint64_t nonce, u256 balance, struct bytes code)
{
    hash32 hash = keccak_empty;
    if (code.size > 0) assert_int_equal(memory_state_add_code(wild->state, code, &hash), PEVM_OK);
    assert_int_equal(memory_state_set_account(wild->state, who, nonce, &balance, &hash), PEVM_OK);
}

static void set_slot(struct wild_block *wild, const address *who, uint64_t slot, uint64_t value)
{
    u256 key = wei(slot), word = wei(value);
    assert_int_equal(memory_state_set_slot(wild->state, who, &key, &word), PEVM_OK);
}

static hash32 secret_of(unsigned person)
{
    return (hash32){
        {[0] = 0x77, [31] = (uint8_t)person}
    };
}

static void make_people(struct wild_block *wild, struct maker *maker)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        uint64_t rich = pick(maker, 60) == 0 ? 3000000 + pick(maker, 3000000) : 1000000000;
        bool is_funded = maker->kind != WILD_FUNDED || i == 0;
        maker->nonces[i] = pick(maker, 3);
        if (is_funded)
            set_account(wild, &maker->people[i], maker->nonces[i], wei(rich), BYTES_EMPTY);
        else
            maker->nonces[i] = 0;
    }
}

static void make_contracts(struct wild_block *wild, struct maker *maker)
{
    for (unsigned i = 0; i < CONTRACTS; i++) {
        bool is_nursery = maker->kind == WILD_REBORN && i == 0;
        struct program program = is_nursery ? nursery_program() : any_program(maker);
        const address *who = &maker->contracts[i];
        set_account(wild, who, 1, wei(pick(maker, 20)), bytes_of(program.bytes, program.size));
        for (unsigned k = 0; k < 4; k++)
            set_slot(wild, who, pick(maker, 3) == 0 ? pick(maker, 40) : k % 3, pick(maker, 3));
    }
}

static const address system_contracts[] = {
    {{0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31,
      0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}}, /* beacon roots */
    {{0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb,
      0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35}}, /* history */
    {{0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80,
      0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}}, /* withdrawals */
    {{0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb,
      0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}}, /* consolidations */
};

static void make_state(struct wild_block *wild, struct maker *maker)
{
    make_people(wild, maker);
    make_contracts(wild, maker);
    struct program program = system_program();
    for (size_t i = 0; i < COUNT_OF(system_contracts) && maker->fork >= FORK_CANCUN; i++)
        set_account(
            wild, &system_contracts[i], 1, U256_ZERO, bytes_of(program.bytes, program.size));
    if (pick(maker, 6) == 0) { /* empty, but there */
        address empty = {
            {[0] = 0xee, [19] = 1}
        };
        set_account(wild, &empty, 0, U256_ZERO, BYTES_EMPTY);
    }
}

/* ---- transactions -------------------------------------------------------------------------------- */

static void authorize(struct maker *maker, struct authorization *tuple, unsigned authority)
{
    hash32 message, secret = secret_of(authority);
    int parity;
    authorization_signing_hash(&message, tuple);
    assert_true(ecdsa_sign(&tuple->r, &tuple->s, &parity, &message, &secret));
    tuple->y_parity = (uint8_t)parity;
    if (pick(maker, 12) == 0) tuple->s = u256_negate(wei(1)); /* no signature */
}

/* Some of them hold, and then the authority's nonce is one higher. */
static void add_authorizations(struct maker *maker, struct tx *tx)
{
    size_t count = 1 + pick(maker, 2);
    unsigned few = maker->kind == WILD_DELEGATION ? 3 : PEOPLE;
    struct authorization *list = arena_alloc_zeroed(maker->arena, count, sizeof *list);
    assert_non_null(list);
    for (size_t i = 0; i < count; i++) {
        unsigned authority = (unsigned)pick(maker, few);
        uint64_t nonce = maker->nonces[authority];
        if (pick(maker, 5) == 0) nonce += pick(maker, 2) == 0 ? 1 : UINT64_MAX;
        list[i].delegate = pick(maker, 4) == 0 ? (address){{0}} : any_address(maker);
        list[i].nonce = nonce;
        authorize(maker, &list[i], authority);
        bool holds = nonce == maker->nonces[authority] && u256_less(list[i].s, ecdsa_half_order);
        if (holds) maker->nonces[authority]++;
    }
    tx->type = TX_SET_CODE;
    tx->authorizations = list;
    tx->authorization_count = count;
    tx->gas_limit += 60000;
}

static void add_blobs(struct maker *maker, struct tx *tx)
{
    tx->blob_count = 1 + pick(maker, 2);
    hash32 *hashes = arena_alloc_zeroed(maker->arena, tx->blob_count, sizeof *hashes);
    assert_non_null(hashes);
    for (size_t i = 0; i < tx->blob_count; i++)
        hashes[i].bytes[0] = 1;
    tx->blob_hashes = hashes;
    tx->type = TX_BLOB;
    tx->max_blob_fee = wei(1 + pick(maker, 5));
}

static void choose_type(struct maker *maker, struct tx *tx)
{
    bool is_about_blobs = maker->kind == WILD_BLOBS,
         is_about_codes = maker->kind == WILD_DELEGATION;
    tx->is_protected = maker->fork >= FORK_SPURIOUS_DRAGON;
    tx->chain_id = tx->is_protected ? 1 : 0;
    tx->max_priority_fee = tx->max_fee;
    if (maker->fork >= FORK_LONDON && pick(maker, 2) == 0) {
        tx->type = TX_DYNAMIC_FEE;
        tx->max_priority_fee = wei(pick(maker, 3));
    }
    bool may_delegate = maker->fork >= FORK_PRAGUE && maker->kind != WILD_FUNDED;
    if (may_delegate && pick(maker, is_about_codes ? 2 : 8) == 0)
        add_authorizations(maker, tx);
    else if (maker->fork >= FORK_CANCUN && pick(maker, is_about_blobs ? 12 : 60) == 0)
        add_blobs(maker, tx);
}

/* The block's kind decides whom it calls. */
static void choose_target(struct maker *maker, struct tx *tx)
{
    unsigned which = (unsigned)pick(maker, 6);
    tx->to = any_address(maker);
    if (maker->kind == WILD_HOT && which > 0) tx->to = maker->contracts[0];
    if (maker->kind == WILD_COINBASE && which > 1)
        tx->to = maker->contracts[pick(maker, CONTRACTS)];
    if (maker->kind == WILD_DELEGATION && which > 2) tx->to = maker->people[pick(maker, 3)];
    if (maker->kind == WILD_REBORN && which > 0)
        tx->to = which < 3 ? maker->contracts[0] : child_address(&maker->contracts[0]);
    if (maker->kind == WILD_REBORN && which == 5) tx->data = bytes_of("!", 1);
    if (maker->fork >= FORK_CANCUN && pick(maker, 20) == 0)
        tx->to = system_contracts[pick(maker, COUNT_OF(system_contracts))];
    bool can_create = tx->type != TX_SET_CODE && tx->type != TX_BLOB;
    if (!can_create || pick(maker, maker->kind == WILD_ANY ? 8 : 20) > 0) return;
    struct program program = any_program(maker);
    tx->is_creation = true;
    tx->to = (address){{0}};
    assert_true(arena_copy(maker->arena, &tx->data, bytes_of(program.bytes, program.size)));
}

static void make_tx(struct maker *maker, struct tx *tx)
{
    unsigned sender = (unsigned)pick(maker, PEOPLE);
    *tx = (struct tx){
        .gas_limit = 60000 + pick(maker, 300000),
        .value = wei(pick(maker, 3) == 0 ? pick(maker, 2000000) : pick(maker, 5)),
        .max_fee = wei(7 + pick(maker, 3)),
        .sender = maker->people[sender],
        .sender_known = true,
        .nonce = maker->nonces[sender]++,
    };
    choose_type(maker, tx);
    choose_target(maker, tx);
    if (pick(maker, 6000) == 0) tx->nonce += 1; /* never valid */
    if (pick(maker, 6000) == 0) tx->value = wei(UINT64_MAX);
}

/* Each hands on most of what it has to the next sender, who has nothing else; the rest is spent on contracts. */
static void fund_next(struct maker *maker, struct tx *tx, size_t index)
{
    unsigned sender = (unsigned)(index / 2 % PEOPLE), next = (sender + 1) % PEOPLE;
    make_tx(maker, tx);
    for (unsigned i = 0; i < PEOPLE; i++)
        if (address_equal(&maker->people[i], &tx->sender)) maker->nonces[i] = tx->nonce;
    tx->sender = maker->people[sender];
    tx->nonce = maker->nonces[sender]++;
    tx->value = wei(pick(maker, 3));
    if (index % 2 == 0) return;
    tx->is_creation = false;
    tx->data = BYTES_EMPTY;
    tx->to = maker->people[next];
    tx->gas_limit = 21000 + pick(maker, 2) * 30000;
    tx->value = wei(900000000 - 20000000 * (index / 2));
}

static void make_txs(struct wild_block *wild, struct maker *maker, unsigned txs)
{
    size_t count = 1 + pick(maker, 2 * txs);
    bool is_funded = maker->kind == WILD_FUNDED;
    if (is_funded && count > 80) count = 80; /* it gets less from one to the next */
    struct tx *list = arena_alloc(&wild->arena, count * sizeof *list);
    assert_non_null(list);
    for (size_t i = 0; i < count; i++) {
        if (is_funded)
            fund_next(maker, &list[i], i);
        else
            make_tx(maker, &list[i]);
    }
    struct tx *middle = &list[count / 2];
    switch (pick(maker, 24)) { /* fails in the middle: the rest has been run for nothing */
    case 0: middle->nonce += 1; break;
    case 1: middle->value = wei(UINT64_MAX); break;
    case 2: middle->gas_limit = 20000; break;
    default: break;
    }
    wild->block.txs = list;
    wild->block.tx_count = count;
}

/* ---- the block --------------------------------------------------------------------------------- */

static void make_withdrawals(struct wild_block *wild, struct maker *maker)
{
    wild->block.has_withdrawals = maker->fork >= FORK_SHANGHAI;
    if (!wild->block.has_withdrawals) return;
    size_t count = pick(maker, WITHDRAWALS_MAX);
    struct withdrawal *list = arena_alloc_zeroed(&wild->arena, count, sizeof *list);
    assert_non_null(list);
    for (size_t i = 0; i < count; i++)
        list[i] =
            (struct withdrawal){.index = i, .amount = pick(maker, 3), .to = any_address(maker)};
    wild->block.withdrawals = list;
    wild->block.withdrawal_count = count;
}

static enum wild_kind any_kind(struct maker *maker)
{
    enum wild_kind kind = (enum wild_kind)pick(maker, 2 * WILD_KIND_COUNT);
    if (kind >= WILD_KIND_COUNT) return WILD_ANY;
    if (kind == WILD_REBORN && maker->fork < FORK_CONSTANTINOPLE) return WILD_HOT;
    if (kind == WILD_DELEGATION && maker->fork < FORK_PRAGUE) return WILD_COINBASE;
    return kind == WILD_BLOBS && maker->fork < FORK_CANCUN ? WILD_ANY : kind;
}

void wild_block_init(struct wild_block *wild, uint64_t seed, enum fork fork, unsigned txs)
{
    struct error error;
    *wild = (struct wild_block){.fork = fork, .state = memory_state_new()};
    assert_non_null(wild->state);
    assert_int_equal(chain_by_network(&wild->chain, fork_name(fork), &error), PEVM_OK);
    arena_init(&wild->arena, 65536, 0);
    struct maker maker = {.fork = fork, .arena = &wild->arena};
    rng_init(&maker.rng, seed);
    wild->kind = maker.kind = any_kind(&maker);
    for (unsigned i = 0; i < CONTRACTS; i++)
        maker.contracts[i] = (address){
            {[0] = 0xcc, [19] = (uint8_t)i}
        };
    maker.coinbase = (address){{[0] = 0xbb}};
    for (unsigned i = 0; i < PEOPLE; i++) {
        hash32 secret = secret_of(i);
        assert_true(ecdsa_address(&maker.people[i], &secret));
    }
    if (pick(&maker, 3) == 0) maker.coinbase = maker.people[0];
    if (pick(&maker, 5) == 0) maker.coinbase = maker.contracts[0];
    make_state(wild, &maker);
    wild->pre_state = memory_state_view(wild->state);
    make_txs(wild, &maker, txs);
    make_withdrawals(wild, &maker);
    wild->block.header = (struct header){
        .number = 1,
        .timestamp = 1000,
        .coinbase = maker.coinbase,
        .gas_limit = pick(&maker, 12) == 0 ? 2000000 : 60000000,
        .base_fee = wei(fork >= FORK_LONDON ? 7 : 0),
        .ommers_hash = keccak_empty_list,
        .field_count = fork >= FORK_PRAGUE     ? 21
                       : fork >= FORK_CANCUN   ? 20
                       : fork >= FORK_SHANGHAI ? 17
                       : fork >= FORK_LONDON   ? 16
                                               : 15,
    };
}

void wild_block_fini(struct wild_block *wild)
{
    memory_state_free(wild->state);
    arena_fini(&wild->arena);
}

bool wild_block_gas_edge(struct wild_block *wild,
                         const struct engine_outcome *outcome,
                         uint64_t seed)
{
    struct rng rng;
    if (outcome->fault != BLOCK_VALID || outcome->receipt_count < 2) return false;
    rng_init(&rng, seed);
    size_t last = 1 + rng_below(&rng, outcome->receipt_count - 1);
    uint64_t used = outcome->receipts[last - 1].cumulative_gas_used;
    wild->block.header.gas_limit = used + wild->block.txs[last].gas_limit - rng_below(&rng, 2);
    return true;
}
