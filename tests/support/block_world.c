#include "support/block_world.h"

#include "base/heap.h"
#include "chain/header_rules.h"
#include "crypto/ecdsa.h"
#include "crypto/keccak.h"
#include "engine/block_roots.h"
#include "support/test.h"

/* clang-format off */
static const address queue_contracts[] = {
    {{0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}},
    {{0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb, 0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}},
};
/* clang-format on */

static hash32 secret_of(unsigned who)
{
    return (hash32){{[31] = (uint8_t)who}};
}

address block_world_address(unsigned who)
{
    address out;
    hash32 secret = secret_of(who);
    assert_true(ecdsa_address(&out, &secret));
    return out;
}

/* ---- the pre-state ------------------------------------------------------------------------------- */

static struct view state_of(struct block_world *world, bool *fails)
{
    world->reads++;
    *fails = world->fail_read != 0 && world->reads == world->fail_read;
    return memory_state_view(world->state);
}

static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    bool fails;
    struct view view = state_of(context, &fails);
    return fails ? VIEW_FAILED : view.ops->account(view.context, who, parts, out);
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    bool fails;
    struct view view = state_of(context, &fails);
    return fails ? VIEW_FAILED : view.ops->slot(view.context, who, slot, out);
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    bool fails;
    struct view view = state_of(context, &fails);
    return fails ? VIEW_FAILED : view.ops->code(view.context, who, code_hash, out);
}

static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    bool fails;
    struct view view = state_of(context, &fails);
    return fails ? VIEW_FAILED : view.ops->has_storage(view.context, who, out);
}

/* The hash of block n is n, repeated in every byte. */
static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    (void)context;
    memset(out->bytes, (int)(number & 0xff), sizeof out->bytes);
    return VIEW_OK;
}

static const struct view_ops ops = {on_account, on_slot, on_code, on_has_storage, on_block_hash};

static enum pevm_status on_root(void *context,
                                const struct changeset *changes,
                                hash32 *out,
                                struct error *error)
{
    struct block_world *world = context;
    struct memory_state *after = memory_state_clone(world->state);
    struct arena scratch;
    (void)error;
    assert_non_null(after);
    arena_init(&scratch, 1 << 16, 0);
    assert_int_equal(memory_state_apply(after, changes), PEVM_OK);
    assert_int_equal(memory_state_root(after, out, &scratch), PEVM_OK);
    arena_fini(&scratch);
    memory_state_free(after);
    return PEVM_OK;
}

void block_world_set(
    struct block_world *world, address who, uint64_t nonce, u256 balance, struct bytes code)
{
    hash32 code_hash = keccak_empty;
    if (code.size > 0)
        assert_int_equal(memory_state_add_code(world->state, code, &code_hash), PEVM_OK);
    assert_int_equal(memory_state_set_account(world->state, &who, nonce, &balance, &code_hash),
                     PEVM_OK);
}

void block_world_set_slot(struct block_world *world, address who, uint64_t slot, uint64_t value)
{
    u256 key = u256_from_u64(slot), word = u256_from_u64(value);
    assert_int_equal(memory_state_set_slot(world->state, &who, &key, &word), PEVM_OK);
}

/* ---- the block ----------------------------------------------------------------------------------- */

static void fill_hash(struct block_world *world, struct header *header)
{
    assert_true(header_hash(&header->hash, header, &world->arena));
}

/* A header that is valid on top of `parent`. */
static struct header header_after(struct block_world *world, const struct header *parent)
{
    struct rules rules =
        chain_rules(&world->chain, parent->number + 1, parent->timestamp + 12, NULL);
    struct header header = {
        .parent_hash = parent->hash,
        .ommers_hash = keccak_empty_list,
        .transactions_root = keccak_empty_trie,
        .receipts_root = keccak_empty_trie,
        .withdrawals_root = keccak_empty_trie,
        .coinbase = block_world_address(MINER),
        .number = parent->number + 1,
        .timestamp = parent->timestamp + 12,
        .gas_limit = parent->gas_limit,
        .field_count = (uint8_t)header_field_count(rules.fork),
        .parent_beacon_root = {{0xbb}},
    };
    struct difficulty_input difficulty = {
        .parent_difficulty = parent->difficulty,
        .parent_timestamp = parent->timestamp,
        .timestamp = header.timestamp,
        .number = header.number,
    };
    if (rules.fork < FORK_PARIS) header.difficulty = difficulty_after(&difficulty, &rules);
    if (rules.fork >= FORK_LONDON) header.base_fee = base_fee_after(parent);
    if (rules.fork >= FORK_CANCUN) header.excess_blob_gas = excess_blob_gas_after(parent, &rules);
    fill_hash(world, &header);
    return header;
}

/* Seven ancestors, the parent being block 99, and the header of block 100. */
static void make_headers(struct block_world *world)
{
    struct header header = {
        .ommers_hash = keccak_empty_list,
        .number = BLOCK_WORLD_NUMBER - ENGINE_ANCESTORS_MAX,
        .timestamp = 1000,
        .gas_limit = 30000000,
        .difficulty = u256_from_u64(world->fork < FORK_PARIS ? 1 << 20 : 0),
        .field_count = (uint8_t)header_field_count(world->fork),
        .base_fee = u256_from_u64(BLOCK_WORLD_GWEI),
    };
    fill_hash(world, &header);
    for (unsigned i = ENGINE_ANCESTORS_MAX; i-- > 0;) {
        world->headers[i] = header;
        world->ancestors[i] = (struct engine_ancestor){.header = &world->headers[i]};
        header = header_after(world, &header);
    }
    world->parent = world->headers[0];
    world->block.header = header_after(world, &world->parent);
    world->block.has_withdrawals = world->fork >= FORK_SHANGHAI;
    world->block.txs = world->txs;
    world->block.ommers = world->ommers;
    world->block.withdrawals = world->withdrawals;
}

struct block_world *block_world_new(enum fork fork)
{
    struct block_world *world = heap_alloc_zeroed(1, sizeof *world);
    assert_non_null(world);
    arena_init(&world->arena, 1 << 16, 0);
    world->fork = fork;
    assert_int_equal(chain_by_network(&world->chain, fork_name(fork), NULL), PEVM_OK);
    struct engine_options options = {.chain = &world->chain, .workers = 1};
    assert_int_equal(engine_new(&world->engine, &options), PEVM_OK);
    world->state = memory_state_new();
    assert_non_null(world->state);
    make_headers(world);

    u256 ether = u256_from_u64(UINT64_C(1000000000000000000));
    for (unsigned who = ALICE; who <= CAROL; who++)
        block_world_set(world, block_world_address(who), 0, ether, BYTES_EMPTY);
    for (size_t i = 0; i < COUNT_OF(queue_contracts) && fork >= FORK_PRAGUE; i++)
        block_world_set(
            world, queue_contracts[i], 1, U256_ZERO, bytes_of("", 1)); /* STOP: nothing queued */

    world->pre_state = (struct view){&ops, world};
    world->roots = (struct root_source){on_root, world};
    world->input = (struct engine_input){
        .block = &world->block,
        .parent = &world->parent,
        .ancestors = world->ancestors,
        .ancestor_count = ENGINE_ANCESTORS_MAX,
        .pre_state = &world->pre_state,
        .roots = &world->roots,
    };
    return world;
}

void block_world_free(struct block_world *world)
{
    engine_free(world->engine);
    memory_state_free(world->state);
    arena_fini(&world->arena);
    heap_free(world);
}

struct tx *block_world_tx(struct block_world *world, unsigned signer)
{
    assert_true(world->block.tx_count < BLOCK_WORLD_TXS_MAX);
    world->signers[world->block.tx_count] = signer;
    struct tx *tx = &world->txs[world->block.tx_count++];
    *tx = (struct tx){
        .nonce = world->nonces[signer]++,
        .gas_limit = 100000,
        .to = block_world_address(BOB),
        .value = U256_ONE,
        .max_fee = u256_from_u64(10ull * BLOCK_WORLD_GWEI),
        .max_priority_fee = u256_from_u64(10ull * BLOCK_WORLD_GWEI),
    };
    return tx;
}

struct header *block_world_ommer(struct block_world *world, unsigned age)
{
    assert_true(world->block.ommer_count < BLOCK_WORLD_OMMERS_MAX && age < ENGINE_ANCESTORS_MAX);
    struct header *ommer = &world->ommers[world->block.ommer_count++];
    *ommer = header_after(world, &world->headers[age]);
    ommer->coinbase = block_world_address(OMMER_MINER);
    fill_hash(world, ommer);
    return ommer;
}

void block_world_withdraw(struct block_world *world, unsigned to, uint64_t gwei)
{
    assert_true(world->block.withdrawal_count < BLOCK_WORLD_WITHDRAWALS_MAX);
    size_t index = world->block.withdrawal_count++;
    world->withdrawals[index] =
        (struct withdrawal){.index = index, .amount = gwei, .to = block_world_address(to)};
}

void block_world_sign(struct block_world *world)
{
    for (size_t i = 0; i < world->block.tx_count; i++) {
        struct tx *tx = &world->txs[i];
        hash32 message, secret = secret_of(world->signers[i]);
        int parity = 0;
        if (tx->type != TX_LEGACY) {
            tx->chain_id = world->chain.chain_id;
            tx->is_protected = true;
        }
        assert_true(tx_signing_hash(&message, tx, &world->arena));
        assert_true(ecdsa_sign(&tx->r, &tx->s, &parity, &message, &secret));
        tx->y_parity = (uint8_t)parity;
        tx->sender_known = false;
        assert_true(tx_encode(&tx->encoding, tx, &world->arena));
        keccak256(&tx->hash, tx->encoding.data, tx->encoding.size);
    }
    struct header *header = &world->block.header;
    assert_true(transactions_root(&header->transactions_root, &world->block, &world->arena));
    assert_true(ommers_hash(&header->ommers_hash, &world->block, &world->arena));
    if (world->block.has_withdrawals)
        assert_true(withdrawals_root(&header->withdrawals_root, &world->block, &world->arena));
    fill_hash(world, header);
}

void block_world_seal(struct block_world *world)
{
    struct header *header = &world->block.header;
    const struct engine_outcome *outcome = &world->outcome;
    block_world_sign(world);
    world->input.skip_header_compare = true;
    if (block_world_run(world) != BLOCK_VALID) fail_msg("%s", world->outcome.text);
    world->input.skip_header_compare = false;
    header->gas_used = outcome->gas_used;
    header->blob_gas_used = outcome->blob_gas_used;
    header->receipts_root = outcome->receipts_root;
    header->bloom = outcome->bloom;
    header->state_root = outcome->state_root;
    header->requests_hash = outcome->requests_hash;
    fill_hash(world, header);
}

/* ---- execution ----------------------------------------------------------------------------------- */

enum pevm_status block_world_try(struct block_world *world)
{
    world->reads = 0;
    error_clear(&world->error);
    return engine_execute(world->engine, &world->outcome, &world->input, &world->error);
}

enum block_fault block_world_run(struct block_world *world)
{
    enum pevm_status status = block_world_try(world);
    if (status != PEVM_OK) fail_msg("%s: %s", pevm_status_name(status), world->error.text);
    return world->outcome.fault;
}

static const struct account_change *change_of(const struct block_world *world, const address *who)
{
    const struct changeset *changes = &world->outcome.changes;
    for (size_t i = 0; i < changes->account_count; i++)
        if (address_equal(&changes->accounts[i].account, who)) return &changes->accounts[i];
    return NULL;
}

struct account_change block_world_account(const struct block_world *world, address who)
{
    const struct account_change *change = change_of(world, &who);
    if (change != NULL) return *change;
    struct view view = memory_state_view(world->state);
    struct view_account account;
    assert_int_equal(view.ops->account(view.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
    return (struct account_change){
        .account = who,
        .exists = account.exists,
        .nonce = account.nonce,
        .balance = account.balance,
        .code_hash = account.code_hash,
    };
}

u256 block_world_slot(const struct block_world *world, address who, uint64_t slot)
{
    const struct account_change *change = change_of(world, &who);
    u256 key = u256_from_u64(slot), value;
    for (size_t i = 0; change != NULL && i < change->slot_count; i++)
        if (u256_equal(change->slots[i].slot, key)) return change->slots[i].value;
    if (change != NULL && change->storage_cleared) return U256_ZERO;
    struct view view = memory_state_view(world->state);
    assert_int_equal(view.ops->slot(view.context, &who, &key, &value), VIEW_OK);
    return value;
}
