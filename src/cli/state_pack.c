#include "cli/state_pack.h"

#include "base/rng.h"
#include "crypto/keccak.h"
#include "fixture/alloc.h"
#include "fixture/machinetest.h"
#include "types/tx_sender.h"

#define NEIGHBOURS_MAX 3
#define OWN_MAX        20 /* cases of the test in one block */
#define GUESTS_MAX     3  /* transactions of its neighbours */
#define AGAIN_MAX      4  /* ... and some that are in the block already */
#define TXS_MAX        (OWN_MAX + GUESTS_MAX + AGAIN_MAX)
#define REFUSALS_MAX   8 /* then the block is left as it is */
#define GAS_LIMIT_TOP  ((uint64_t)1 << 62)

struct pack {
    struct both_paths *paths;
    const struct state_test *test, *neighbours[NEIGHBOURS_MAX];
    size_t neighbour_count;
    enum fork fork;
    const char *fork_name;
    struct arena *arena;
    struct rng rng;
    struct chain chain;
    struct memory_state *state;
    struct tx txs[TXS_MAX];
    size_t tx_count;
    struct state_pack_counts *counts;
    struct error *error;
};

static enum pevm_status no_memory(struct pack *pack)
{
    return error_set(pack->error, PEVM_NO_MEMORY, "out of memory");
}

/* ---- the pre-state ----------------------------------------------------------------------------- */

/* The contracts that each block asks for requests from Prague on. */
static const address queues[] = {
    {{0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80,
      0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}}, /* withdrawals */
    {{0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb,
      0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}}, /* consolidations */
};

static enum view_answer any_hash(void *context, uint64_t number, hash32 *out)
{
    (void)context;
    keccak256(out, &number, sizeof number);
    return VIEW_OK;
}

static enum pevm_status account_of(struct pack *pack, const address *who, struct view_account *out)
{
    struct view view = memory_state_view(pack->state);
    if (view.ops->account(view.context, who, VIEW_ALL_PARTS, out) == VIEW_OK) return PEVM_OK;
    return error_set(pack->error, PEVM_INTERNAL, "a whole state could not be read");
}

static enum pevm_status add_queue(struct pack *pack, const address *who)
{
    static const uint8_t stop[] = {0x00};
    hash32 hash;
    struct view_account account;
    TRY(account_of(pack, who, &account));
    if (account.exists && !hash32_equal(&account.code_hash, &keccak_empty)) return PEVM_OK;
    if (memory_state_add_code(pack->state, bytes_of(stop, sizeof stop), &hash) != PEVM_OK ||
        memory_state_set_account(pack->state, who, 1, &U256_ZERO, &hash) != PEVM_OK)
        return no_memory(pack);
    return PEVM_OK;
}

/* The accounts of all, the test's own last. */
static enum pevm_status make_state(struct pack *pack)
{
    pack->state = memory_state_new();
    if (pack->state == NULL) return no_memory(pack);
    memory_state_set_block_hashes(pack->state, any_hash, NULL);
    for (size_t i = 0; i < pack->neighbour_count; i++)
        TRY(alloc_read(pack->state, pack->neighbours[i]->pre, NULL, pack->arena, pack->error));
    TRY(alloc_read(pack->state, pack->test->pre, NULL, pack->arena, pack->error));
    for (size_t i = 0; i < COUNT_OF(queues) && pack->fork >= FORK_PRAGUE; i++)
        TRY(add_queue(pack, &queues[i]));
    return PEVM_OK;
}

/* Whoever sends has enough for all that he sends. */
static enum pevm_status enrich(struct pack *pack, const address *who)
{
    struct view_account account;
    u256 much = {
        {0, 0, 1, 0}
    };
    TRY(account_of(pack, who, &account));
    if (!u256_less(account.balance, much)) return PEVM_OK;
    return memory_state_set_account(pack->state, who, account.nonce, &much, &account.code_hash) ==
                   PEVM_OK
               ? PEVM_OK
               : no_memory(pack);
}

/* ---- transactions -------------------------------------------------------------------------------- */

/* The transaction of a case, its sender known. *is_one is false when there is none: that is judged elsewhere. */
static enum pevm_status read_tx(struct pack *pack,
                                const struct state_test *test,
                                const struct state_case *picked,
                                struct tx *out,
                                bool *is_one)
{
    struct error ignored;
    enum signature_range range = pack->fork >= FORK_HOMESTEAD ? SIGNATURE_LOW_S : SIGNATURE_ANY_S;
    enum pevm_status status = state_test_tx(out, test, picked, pack->arena, &ignored);
    enum tx_fault fault = TX_VALID;
    if (status == PEVM_NO_MEMORY) return no_memory(pack);
    *is_one = status == PEVM_OK && (out->sender_known || picked->has_tx_bytes);
    if (*is_one && !out->sender_known) fault = tx_decode(out, picked->tx_bytes, pack->arena);
    if (*is_one && fault == TX_VALID) fault = tx_recover_sender(out, range, pack->arena);
    if (fault == TX_NO_MEMORY) return no_memory(pack);
    *is_one = *is_one && fault == TX_VALID;
    return PEVM_OK;
}

static enum pevm_status add_tx(struct pack *pack,
                               const struct state_test *test,
                               const struct state_case *picked)
{
    bool is_one;
    struct tx *tx = &pack->txs[pack->tx_count];
    TRY(read_tx(pack, test, picked, tx, &is_one));
    bool may_be_heavy = test != pack->test && tx->gas_limit > STATE_PACK_GAS_MAX;
    pack->tx_count += is_one && !may_be_heavy;
    return PEVM_OK;
}

static enum pevm_status add_guest(struct pack *pack)
{
    if (pack->neighbour_count == 0) return PEVM_OK;
    const struct state_test *test = pack->neighbours[rng_below(&pack->rng, pack->neighbour_count)];
    return add_tx(pack, test, &test->cases[rng_below(&pack->rng, test->case_count)]);
}

static void shuffle(struct pack *pack)
{
    for (size_t i = pack->tx_count; i > 1; i--) {
        size_t other = rng_below(&pack->rng, i);
        struct tx kept = pack->txs[i - 1];
        pack->txs[i - 1] = pack->txs[other];
        pack->txs[other] = kept;
    }
}

/* Each sender's transactions follow one another, whatever nonces they had. */
static enum pevm_status number_txs(struct pack *pack)
{
    for (size_t i = 0; i < pack->tx_count; i++) {
        struct tx *tx = &pack->txs[i];
        struct view_account account;
        TRY(enrich(pack, &tx->sender));
        TRY(account_of(pack, &tx->sender, &account));
        tx->nonce = account.nonce;
        for (size_t k = 0; k < i; k++)
            tx->nonce += address_equal(&pack->txs[k].sender, &tx->sender);
    }
    return PEVM_OK;
}

/* ---- a block ------------------------------------------------------------------------------------- */

static uint64_t gas_limit_of(const struct pack *pack)
{
    uint64_t limit = pack->test->env.gas_limit;
    for (size_t i = 0; i < pack->tx_count && limit < GAS_LIMIT_TOP; i++) {
        uint64_t gas = pack->txs[i].gas_limit;
        limit += gas < GAS_LIMIT_TOP ? gas : GAS_LIMIT_TOP;
    }
    return limit < GAS_LIMIT_TOP ? limit : GAS_LIMIT_TOP;
}

static struct header header_of(const struct pack *pack)
{
    const struct state_env *env = &pack->test->env;
    enum fork fork = pack->fork;
    return (struct header){
        .number = env->number,
        .timestamp = env->timestamp,
        .coinbase = env->coinbase,
        .gas_limit = gas_limit_of(pack),
        .difficulty = fork < FORK_PARIS ? env->difficulty : U256_ZERO,
        .mix_hash = env->random,
        .base_fee = fork >= FORK_LONDON ? env->base_fee : U256_ZERO,
        .excess_blob_gas = fork >= FORK_CANCUN ? env->excess_blob_gas : 0,
        .ommers_hash = keccak_empty_list,
        .field_count = fork >= FORK_PRAGUE     ? 21
                       : fork >= FORK_CANCUN   ? 20
                       : fork >= FORK_SHANGHAI ? 17
                       : fork >= FORK_LONDON   ? 16
                                               : 15,
    };
}

static enum pevm_status execute(struct pack *pack, struct engine_outcome *outcome)
{
    struct view view = memory_state_view(pack->state);
    struct block block = {.header = header_of(pack),
                          .txs = pack->txs,
                          .tx_count = pack->tx_count,
                          .has_withdrawals = pack->fork >= FORK_SHANGHAI};
    struct engine_input input = {.block = &block,
                                 .parent_total_difficulty = &U256_ZERO,
                                 .pre_state = &view,
                                 .skip_header_compare = true,
                                 .skip_body_roots = true};
    TRY(both_paths_execute(pack->paths, outcome, &input, pack->error));
    pack->counts->blocks++;
    if (outcome->fault != BLOCK_VALID) return PEVM_OK;
    pack->counts->accepted++;
    pack->counts->txs += block.tx_count;
    return PEVM_OK;
}

/* The block, and again without whatever transaction it is refused for. */
static enum pevm_status run_block(struct pack *pack)
{
    struct engine_outcome outcome;
    shuffle(pack);
    for (unsigned refusals = 0; refusals < REFUSALS_MAX && pack->tx_count > 0; refusals++) {
        TRY(number_txs(pack));
        TRY(execute(pack, &outcome));
        bool is_refused = outcome.fault == BLOCK_TRANSACTION;
        if (pack->paths->difference[0] != 0 || !is_refused) return PEVM_OK;
        pack->txs[outcome.tx_index] = pack->txs[--pack->tx_count];
    }
    return PEVM_OK;
}

/* A block of the cases from `first` on, `count` of them, and company. */
static enum pevm_status run_cases(struct pack *pack, size_t first, size_t count)
{
    pack->tx_count = 0;
    for (size_t i = first; i < first + count; i++)
        TRY(add_tx(pack, pack->test, &pack->test->cases[i]));
    for (unsigned i = 0; i < GUESTS_MAX; i++)
        TRY(add_guest(pack));
    for (unsigned i = 0; i < AGAIN_MAX && pack->tx_count > 0; i++) {
        pack->txs[pack->tx_count] = pack->txs[rng_below(&pack->rng, pack->tx_count)];
        pack->tx_count++;
    }
    TRY(make_state(pack));
    enum pevm_status status = run_block(pack);
    memory_state_free(pack->state);
    pack->state = NULL;
    return status;
}

/* ---- a test and its neighbours ------------------------------------------------------------------- */

/* The results of the fork; NULL: the test has none, or is malformed, which is told when it is its turn. */
static const struct json *results_of_fork(const struct json *member, const char *fork_name)
{
    if (member->kind != JSON_OBJECT || machine_test_is(member)) return NULL;
    const struct json *post = json_get(member, "post");
    return post == NULL || post->kind != JSON_OBJECT ? NULL : json_get(post, fork_name);
}

static enum pevm_status find_neighbours(struct pack *pack, const struct json *member)
{
    for (const struct json *next = member->next;
         next != NULL && pack->neighbour_count < NEIGHBOURS_MAX;
         next = next->next) {
        struct error ignored;
        const struct json *results = results_of_fork(next, pack->fork_name);
        if (results == NULL) continue;
        struct state_test *test = arena_alloc_zeroed(pack->arena, 1, sizeof *test);
        if (test == NULL) return no_memory(pack);
        enum pevm_status status = state_test_read(test, next, results, pack->arena, &ignored);
        if (status == PEVM_NO_MEMORY) return no_memory(pack);
        if (status != PEVM_OK || test->case_count == 0) continue;
        pack->neighbours[pack->neighbour_count++] = test;
    }
    return PEVM_OK;
}

static enum pevm_status make_chain(struct pack *pack)
{
    TRY(chain_by_network(&pack->chain, fork_name(pack->fork), pack->error));
    pack->chain.chain_id = pack->test->chain_id;
    return blob_schedule_read(
        &pack->chain.blobs[pack->fork], pack->test->blob_schedule, pack->fork_name, pack->error);
}

static uint64_t seed_of(const char *name)
{
    uint64_t seed = 14695981039346656037u; /* FNV-1a */
    for (; *name != 0; name++)
        seed = (seed ^ (uint8_t)*name) * 1099511628211u;
    return seed;
}

enum pevm_status state_pack_run(struct both_paths *paths,
                                const struct state_test *test,
                                const struct json *member,
                                struct state_pack_counts *counts,
                                struct arena *arena,
                                struct error *error)
{
    struct pack *pack = arena_alloc_zeroed(arena, 1, sizeof *pack);
    paths->difference[0] = 0;
    if (pack == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    if (test->case_count == 0 || !test->cases[0].fork_known) return PEVM_OK;
    *pack = (struct pack){.paths = paths,
                          .test = test,
                          .fork = test->cases[0].fork,
                          .fork_name = test->cases[0].fork_name,
                          .arena = arena,
                          .counts = counts,
                          .error = error};
    rng_init(&pack->rng, seed_of(test->name));
    TRY(make_chain(pack));
    TRY(find_neighbours(pack, member));
    both_paths_set_chain(paths, &pack->chain);
    enum pevm_status status = PEVM_OK;
    for (size_t first = 0; first < test->case_count && status == PEVM_OK; first += OWN_MAX) {
        size_t left = test->case_count - first;
        status = run_cases(pack, first, left < OWN_MAX ? left : OWN_MAX);
        if (paths->difference[0] != 0) break;
    }
    both_paths_set_chain(paths, &chain_mainnet); /* the pack's goes away */
    memory_state_free(pack->state);
    return status;
}
