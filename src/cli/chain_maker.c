#include "cli/chain_maker.h"

#include "base/heap.h"
#include "chain/chain.h"
#include "chain/header_rules.h"
#include "cli/chain_founding.h"
#include "cli/known_address.h"
#include "crypto/keccak.h"
#include "engine/engine.h"
#include "rlp/rlp_write.h"
#include "state/state_root.h"
#include "trie/ordered_root.h"
#include "types/receipt.h"

#include <stdio.h>

#define ARENA_CHUNK_BYTES  ((size_t)1 << 20)
#define ANCESTORS_MAX      256   /* BLOCKHASH sees as many */
#define GENESIS_TIME       14900 /* so that "AtTime15k" comes after some blocks */
#define GENESIS_DIFFICULTY 131072
#define FOUNDING_GAS_LIMIT (UINT64_C(1) << 50)
#define BLOB_FEE_DEAR                                                                              \
    UINT64_C(1000000000) /* wei per unit of blob gas: then there are no blobs in a block */
#define GAS_LIMIT_BASE   UINT64_C(1000000) /* for the types' additions, whatever the recipe plans */
#define SLOT_SECONDS     12
#define MAKER_NAME       "pevm make-chain"
#define WITHDRAWALS_MAX  4
#define OMMER_EVERY      3                    /* blocks, before Paris */
#define INITIAL_BASE_FEE UINT64_C(1000000000) /* EIP-1559 */

static const uint8_t dao_extra_data[] = "dao-hard-fork";

/* A block that later ones may speak of. Its header owns nothing: extra data is static. */
struct past_block {
    struct header header;
    struct header ommer;
    bool has_ommer;
};

struct chain_maker {
    struct chain chain;
    struct chain_plan plan;
    struct chain_world world;
    struct engine *engine;
    struct memory_state *state; /* before the block that was given last, until the next call */
    struct memory_roots memory_roots;
    struct root_source roots;
    struct arena arena;   /* of the block in the making */
    struct arena scratch; /* of the roots */

    struct block block;
    struct engine_outcome outcome; /* its changes are not applied yet */
    bool has_outcome;

    struct past_block past[ENGINE_ANCESTORS_MAX]; /* the parent first */
    size_t past_count;
    hash32 hashes[ANCESTORS_MAX]; /* the parent's first */
    size_t hash_count;
    u256 total_difficulty; /* of the parent */
    uint64_t withdrawal_next;
    uint64_t gas_limit;
};

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "out of memory while making a block");
}

/* ---- the past ---------------------------------------------------------------------------------------- */

static enum view_answer ancestor_hash(void *context, uint64_t number, hash32 *out)
{
    const struct chain_maker *maker = context;
    uint64_t parent = maker->past[0].header.number;
    if (number > parent || parent - number >= maker->hash_count) return VIEW_FAILED;
    *out = maker->hashes[parent - number];
    return VIEW_OK;
}

static void past_push(struct chain_maker *maker,
                      const struct header *header,
                      const struct header *ommer)
{
    memmove(maker->past + 1, maker->past, sizeof maker->past - sizeof maker->past[0]);
    maker->past[0] = (struct past_block){.header = *header, .has_ommer = ommer != NULL};
    if (ommer != NULL) maker->past[0].ommer = *ommer;
    if (maker->past_count < ENGINE_ANCESTORS_MAX) maker->past_count++;
    memmove(maker->hashes + 1, maker->hashes, sizeof maker->hashes - sizeof maker->hashes[0]);
    maker->hashes[0] = header->hash;
    if (maker->hash_count < ANCESTORS_MAX) maker->hash_count++;
    maker->total_difficulty = u256_add(maker->total_difficulty, header->difficulty);
}

/* What was made last becomes the state and the parent of what comes. */
static enum pevm_status past_advance(struct chain_maker *maker, struct error *error)
{
    if (!maker->has_outcome) return PEVM_OK;
    maker->has_outcome = false;
    enum pevm_status status = memory_state_apply(maker->state, &maker->outcome.changes);
    if (status != PEVM_OK) return error_set(error, status, "the changes could not be applied");
    past_push(
        maker, &maker->block.header, maker->block.ommer_count > 0 ? maker->block.ommers : NULL);
    return PEVM_OK;
}

/* ---- headers ----------------------------------------------------------------------------------------- */

/* What every header has, whatever its parent. */
static struct header header_begin(struct chain_maker *maker, enum fork fork)
{
    static const uint8_t extra[] = MAKER_NAME;
    struct header header = {
        .ommers_hash = keccak_empty_list,
        .coinbase = coinbase_address,
        .state_root = keccak_empty_trie,
        .transactions_root = keccak_empty_trie,
        .receipts_root = keccak_empty_trie,
        .withdrawals_root = keccak_empty_trie,
        .extra_data = bytes_of(extra, sizeof extra - 1),
        .field_count = (uint8_t)header_field_count(fork),
    };
    rng_fill(&maker->world.rng, header.mix_hash.bytes, sizeof header.mix_hash.bytes);
    if (fork < FORK_PARIS) rng_fill(&maker->world.rng, header.nonce, sizeof header.nonce);
    if (fork >= FORK_CANCUN) rng_fill(&maker->world.rng, header.parent_beacon_root.bytes, 32);
    return header;
}

/* Up a little on even heights, back on odd ones; the first London block's is twice as large (EIP-1559). */
static uint64_t gas_limit_next(struct chain_maker *maker, uint64_t number, bool first_london)
{
    if (first_london) maker->gas_limit *= 2;
    return number % 2 == 0 ? maker->gas_limit + maker->gas_limit / 2048 : maker->gas_limit;
}

static void header_set_difficulty(struct chain_maker *maker,
                                  struct header *header,
                                  const struct rules *rules)
{
    const struct past_block *parent = &maker->past[0];
    if (rules->fork >= FORK_PARIS) return;
    struct difficulty_input input = {
        .parent_difficulty = parent->header.difficulty,
        .parent_timestamp = parent->header.timestamp,
        .timestamp = header->timestamp,
        .number = header->number,
        .parent_has_ommers = parent->has_ommer,
    };
    header->difficulty = difficulty_after(&input, rules);
}

static struct header header_next(struct chain_maker *maker, struct rules *rules)
{
    const struct header *parent = &maker->past[0].header;
    uint64_t number = parent->number + 1;
    bool was_stake = u256_is_zero(parent->difficulty);
    uint64_t seconds =
        was_stake ? SLOT_SECONDS : 1 + rng_below(&maker->world.rng, 2 * SLOT_SECONDS);
    uint64_t timestamp = parent->timestamp + seconds;
    *rules = chain_rules(&maker->chain, number, timestamp, &maker->total_difficulty);
    struct header header = header_begin(maker, rules->fork);
    bool first_london =
        rules->fork >= FORK_LONDON && parent->field_count < header_field_count(FORK_LONDON);
    if (number - maker->chain.dao_number < DAO_EXTRA_DATA_BLOCKS) /* wraps around below it */
        header.extra_data = bytes_of(dao_extra_data, sizeof dao_extra_data - 1);
    header.parent_hash = parent->hash;
    header.number = number;
    header.timestamp = timestamp;
    header.gas_limit = gas_limit_next(maker, number, first_london);
    header_set_difficulty(maker, &header, rules);
    if (rules->fork >= FORK_LONDON) header.base_fee = base_fee_after(parent);
    if (rules->fork >= FORK_CANCUN) header.excess_blob_gas = excess_blob_gas_after(parent, rules);
    return header;
}

/* ---- bodies ------------------------------------------------------------------------------------------ */

static void world_enter(struct chain_maker *maker,
                        const struct header *header,
                        const struct rules *rules)
{
    struct chain_world *world = &maker->world;
    world->rules = *rules;
    world->number = header->number;
    world->timestamp = header->timestamp;
    world->base_fee = header->base_fee;
    world->blob_fee = rules->fork >= FORK_CANCUN
                          ? blob_base_fee(header->excess_blob_gas, rules->blob.update_fraction)
                          : U256_ZERO;
    world->gas_left = header->gas_limit;
    /* Its price would grow without end, until nobody can pay. */
    bool is_dear = u256_less(u256_from_u64(BLOB_FEE_DEAR), world->blob_fee);
    world->blobs_left = is_dear ? 0 : rules->blob.max;
}

static bool make_txs(struct chain_maker *maker, struct block *block)
{
    size_t count = maker->plan.txs;
    block->txs = arena_alloc_zeroed(&maker->arena, count, sizeof *block->txs);
    if (count > 0 && block->txs == NULL) return false;
    for (; block->tx_count < count; block->tx_count++)
        if (!recipe_next_tx(&block->txs[block->tx_count],
                            maker->plan.recipe,
                            &maker->world,
                            count - 1 - block->tx_count))
            return false;
    return true;
}

/* To people, strangers and, with nothing, to nobody (EIP-4895: that creates no account). */
static bool make_withdrawals(struct chain_maker *maker, struct block *block)
{
    struct chain_world *world = &maker->world;
    block->has_withdrawals = world->rules.fork >= FORK_SHANGHAI;
    if (!block->has_withdrawals) return true;
    size_t count = rng_below(&world->rng, WITHDRAWALS_MAX + 1);
    block->withdrawals = arena_alloc_zeroed(&maker->arena, count, sizeof *block->withdrawals);
    if (count > 0 && block->withdrawals == NULL) return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t dice = rng_below(&world->rng, 4);
        block->withdrawals[i] = (struct withdrawal){
            .index = maker->withdrawal_next++,
            .validator = rng_below(&world->rng, 1000000),
            .amount = dice == 0 ? 0 : 1 + rng_below(&world->rng, UINT64_C(32000000000)),
            .to = dice == 1 ? world_person(world)->who : world_new_address(world),
        };
    }
    block->withdrawal_count = count;
    return true;
}

/* A sibling of the parent, with another coinbase. */
static bool make_ommer(struct chain_maker *maker, struct block *block)
{
    const struct past_block *parent = &maker->past[0];
    bool wanted = maker->world.rules.fork < FORK_PARIS && block->header.number % OMMER_EVERY == 0;
    if (!wanted || parent->header.number == 0) return true;
    block->ommers = arena_alloc_zeroed(&maker->arena, 1, sizeof *block->ommers);
    if (block->ommers == NULL) return false;
    block->ommers[0] = parent->header;
    block->ommers[0].coinbase = world_new_address(&maker->world);
    block->ommer_count = 1;
    return header_hash(&block->ommers[0].hash, &block->ommers[0], &maker->arena);
}

/* ---- roots ------------------------------------------------------------------------------------------- */

static enum pevm_status transactions_root(hash32 *out,
                                          const struct block *block,
                                          struct arena *arena)
{
    struct bytes *values = arena_alloc_zeroed(arena, block->tx_count, sizeof *values);
    if (block->tx_count > 0 && values == NULL) return PEVM_NO_MEMORY;
    for (size_t i = 0; i < block->tx_count; i++)
        values[i] = block->txs[i].encoding;
    return ordered_root(out, values, block->tx_count, arena);
}

static enum pevm_status withdrawals_root(hash32 *out,
                                         const struct block *block,
                                         struct arena *arena)
{
    struct bytes *values = arena_alloc_zeroed(arena, block->withdrawal_count, sizeof *values);
    if (block->withdrawal_count > 0 && values == NULL) return PEVM_NO_MEMORY;
    for (size_t i = 0; i < block->withdrawal_count; i++)
        if (!withdrawal_encode(&values[i], &block->withdrawals[i], arena)) return PEVM_NO_MEMORY;
    return ordered_root(out, values, block->withdrawal_count, arena);
}

/* keccak256(rlp(list of headers)), for at most one. */
static enum pevm_status ommers_hash(hash32 *out, const struct block *block, struct arena *arena)
{
    struct bytes encoding = BYTES_EMPTY;
    if (block->ommer_count > 0 && !header_encode(&encoding, &block->ommers[0], arena))
        return PEVM_NO_MEMORY;
    uint8_t *list = arena_alloc(arena, rlp_size_list(encoding.size));
    if (list == NULL) return PEVM_NO_MEMORY;
    uint8_t *end = rlp_put_list_head(list, encoding.size);
    if (encoding.size > 0) memcpy(end, encoding.data, encoding.size);
    keccak256(out, list, (size_t)(end - list) + encoding.size);
    return PEVM_OK;
}

static enum pevm_status set_body_roots(struct block *block, struct arena *arena)
{
    TRY(transactions_root(&block->header.transactions_root, block, arena));
    if (block->has_withdrawals)
        TRY(withdrawals_root(&block->header.withdrawals_root, block, arena));
    return ommers_hash(&block->header.ommers_hash, block, arena);
}

static uint64_t blob_gas_of(const struct block *block)
{
    uint64_t gas = 0;
    for (size_t i = 0; i < block->tx_count; i++)
        gas += block->txs[i].blob_count * GAS_PER_BLOB;
    return gas;
}

/* ---- execution --------------------------------------------------------------------------------------- */

static enum pevm_status run(struct chain_maker *maker,
                            const struct engine_input *input,
                            struct error *error)
{
    struct engine_outcome *outcome = &maker->outcome;
    TRY(engine_execute(maker->engine, outcome, input, error));
    if (outcome->fault == BLOCK_VALID) return PEVM_OK;
    return error_set(error,
                     PEVM_INTERNAL,
                     "block %llu as made is not valid: %s: %s",
                     (unsigned long long)input->block->header.number,
                     block_fault_text(outcome->fault),
                     outcome->text);
}

/* Execute for the roots. */
static enum pevm_status seal(struct chain_maker *maker,
                             const struct view *view,
                             struct error *error)
{
    struct header *header = &maker->block.header;
    struct engine_input input = {
        .block = &maker->block,
        .parent_total_difficulty = &maker->total_difficulty,
        .pre_state = view,
        .roots = &maker->roots,
        .skip_header_compare = true,
        .skip_body_roots = true,
    };
    if (set_body_roots(&maker->block, &maker->arena) != PEVM_OK) return no_memory(error);
    header->blob_gas_used = blob_gas_of(&maker->block);
    TRY(run(maker, &input, error));
    const struct engine_outcome *outcome = &maker->outcome;
    ASSERT(outcome->has_state_root && outcome->has_receipts_root);
    header->gas_used = outcome->gas_used;
    header->bloom = outcome->bloom;
    header->receipts_root = outcome->receipts_root;
    header->state_root = outcome->state_root;
    if (outcome->has_requests_hash) header->requests_hash = outcome->requests_hash;
    return header_hash(&header->hash, header, &maker->arena) ? PEVM_OK : no_memory(error);
}

/* Once more, with all checks. */
static enum pevm_status check(struct chain_maker *maker,
                              const struct view *view,
                              struct error *error)
{
    struct engine_ancestor ancestors[ENGINE_ANCESTORS_MAX];
    for (size_t i = 0; i < maker->past_count; i++)
        ancestors[i] = (struct engine_ancestor){.header = &maker->past[i].header,
                                                .ommers = &maker->past[i].ommer,
                                                .ommer_count = maker->past[i].has_ommer};
    struct engine_input input = {
        .block = &maker->block,
        .parent = &maker->past[0].header,
        .parent_total_difficulty = &maker->total_difficulty,
        .ancestors = ancestors,
        .ancestor_count = maker->past_count,
        .pre_state = view,
        .roots = &maker->roots,
    };
    return run(maker, &input, error);
}

static size_t count_failed(const struct engine_outcome *outcome)
{
    size_t count = 0;
    for (size_t i = 0; i < outcome->receipt_count; i++)
        count += !outcome->receipts[i].has_state_root && !outcome->receipts[i].success;
    return count;
}

enum pevm_status chain_maker_next(struct chain_maker *maker,
                                  struct made_block *out,
                                  struct error *error)
{
    TRY(past_advance(maker, error));
    arena_reset(&maker->arena);
    struct rules rules;
    struct block *block = &maker->block;
    struct view view = memory_state_view(maker->state);
    *block = (struct block){.header = header_next(maker, &rules)};
    world_enter(maker, &block->header, &rules);
    if (!make_txs(maker, block) || !make_withdrawals(maker, block) || !make_ommer(maker, block))
        return no_memory(error);
    TRY(seal(maker, &view, error));
    TRY(check(maker, &view, error));
    maker->has_outcome = true;
    *out = (struct made_block){
        .block = block,
        .pre_state = maker->state,
        .note = {.network = maker->plan.network,
                 .fork = fork_name(rules.fork),
                 .chain_id = maker->chain.chain_id,
                 .source = MAKER_NAME,
                 .parent = &maker->past[0].header,
                 .ancestors = maker->hashes,
                 .ancestor_count = maker->hash_count},
        .failed_txs = count_failed(&maker->outcome),
    };
    return PEVM_OK;
}

/* ---- the beginning ----------------------------------------------------------------------------------- */

/* Deployments and hand-outs as one block that the chain does not contain. */
static enum pevm_status found(struct chain_maker *maker,
                              const struct rules *rules,
                              struct error *error)
{
    struct block *block = &maker->block;
    struct view view = memory_state_view(maker->state);
    *block = (struct block){.header = header_begin(maker, rules->fork)};
    block->header.number = 1;
    block->header.timestamp = GENESIS_TIME;
    block->header.gas_limit = FOUNDING_GAS_LIMIT;
    block->has_withdrawals = rules->fork >= FORK_SHANGHAI;
    world_enter(maker, &block->header, rules);
    if (!founding_txs(&block->txs, &block->tx_count, &maker->world)) return no_memory(error);
    struct engine_input input = {
        .block = block,
        .parent_total_difficulty = &maker->total_difficulty,
        .pre_state = &view,
        .skip_header_compare = true,
        .skip_body_roots = true,
    };
    TRY(run(maker, &input, error));
    size_t failed = count_failed(&maker->outcome);
    if (failed > 0)
        return error_set(error, PEVM_INTERNAL, "%zu founding transactions failed", failed);
    enum pevm_status status = memory_state_apply(maker->state, &maker->outcome.changes);
    return status == PEVM_OK ? PEVM_OK
                             : error_set(error, status, "the founding could not be applied");
}

static enum pevm_status make_genesis(struct chain_maker *maker,
                                     const struct rules *rules,
                                     struct error *error)
{
    struct header header = header_begin(maker, rules->fork);
    header.timestamp = GENESIS_TIME;
    header.gas_limit = maker->gas_limit;
    if (rules->fork < FORK_PARIS) header.difficulty = u256_from_u64(GENESIS_DIFFICULTY);
    if (rules->fork >= FORK_LONDON) header.base_fee = u256_from_u64(INITIAL_BASE_FEE);
    enum pevm_status status = memory_state_root(maker->state, &header.state_root, &maker->arena);
    if (status != PEVM_OK) return error_set(error, status, "the state root of the genesis block");
    if (!header_hash(&header.hash, &header, &maker->arena)) return no_memory(error);
    past_push(maker, &header, NULL);
    return PEVM_OK;
}

static size_t people_for(size_t txs)
{
    if (txs < 8) return 8;
    return txs < CHAIN_PEOPLE_MAX ? txs : CHAIN_PEOPLE_MAX;
}

static enum pevm_status begin(struct chain_maker *maker, struct error *error)
{
    TRY(chain_by_network(&maker->chain, maker->plan.network, error));
    if (!maker->chain.paris_by_number) /* a bundle does not say the total difficulty */
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "%s: a made chain does not come to Paris by difficulty",
                         maker->plan.network);
    TRY(engine_new(&maker->engine, &(struct engine_options){.chain = &maker->chain, .workers = 1}));
    maker->state = memory_state_new();
    if (maker->state == NULL) return no_memory(error);
    memory_state_set_block_hashes(maker->state, ancestor_hash, maker);
    maker->memory_roots = (struct memory_roots){.state = maker->state, .scratch = &maker->scratch};
    maker->roots = (struct root_source){memory_root, &maker->memory_roots};
    if (!chain_world_init(&maker->world, maker->plan.seed, people_for(maker->plan.txs)))
        return no_memory(error);
    maker->world.arena = &maker->arena;
    maker->gas_limit = GAS_LIMIT_BASE + maker->plan.txs * maker->plan.recipe->gas_per_tx;
    struct rules rules = chain_rules(&maker->chain, 0, GENESIS_TIME, &U256_ZERO);
    TRY(founding_allocate(maker->state, &maker->world, &maker->chain, error));
    TRY(found(maker, &rules, error));
    return make_genesis(maker, &rules, error);
}

enum pevm_status chain_maker_new(struct chain_maker **out,
                                 const struct chain_plan *plan,
                                 struct error *error)
{
    ASSERT(plan->txs <= CHAIN_TXS_MAX);
    struct chain_maker *maker = heap_alloc_zeroed(1, sizeof *maker);
    if (maker == NULL) return no_memory(error);
    maker->plan = *plan;
    arena_init(&maker->arena, ARENA_CHUNK_BYTES, 0);
    arena_init(&maker->scratch, ARENA_CHUNK_BYTES, 0);
    error_clear(error);
    enum pevm_status status = begin(maker, error);
    if (status != PEVM_OK) {
        if (error->text[0] == 0) (void)error_set(error, status, "%s", pevm_status_text(status));
        chain_maker_free(maker);
        return status;
    }
    *out = maker;
    return PEVM_OK;
}

void chain_maker_free(struct chain_maker *maker)
{
    if (maker == NULL) return;
    chain_world_fini(&maker->world);
    memory_state_free(maker->state);
    engine_free(maker->engine);
    arena_fini(&maker->arena);
    arena_fini(&maker->scratch);
    heap_free(maker);
}
