#include "cli/chain_founding.h"

#include "cli/contract_code.h"
#include "cli/known_address.h"
#include "crypto/keccak.h"
#include "types/contract_address.h"

#define ETHER          UINT64_C(1000000000000000000)
#define DEPLOY_GAS     3000000
#define CALL_GAS       300000
#define FOUNDER_TXS    16 /* deployments and the first liquidity, at most */
#define TXS_PER_PERSON 5
#define TOKENS_EACH    UINT64_C(1000000000000)
#define LIQUIDITY      UINT64_C(4000000000000)

/* ---- what is simply there ------------------------------------------------------------------------------ */

static enum pevm_status allocate_person(struct memory_state *state,
                                        const struct person *person,
                                        uint64_t ether)
{
    u256 balance = u256_mul_u64(u256_from_u64(ether), ETHER);
    return memory_state_set_account(state, &person->who, 0, &balance, &keccak_empty);
}

struct system_contract {
    const address *where;
    const char *name;
    enum fork since;
};

static const struct system_contract system_contracts[] = {
    {&beacon_roots_address,           "BeaconRoots",           FORK_CANCUN},
    {&block_hashes_address,           "BlockHashes",           FORK_PRAGUE},
    {&withdrawal_requests_address,    "WithdrawalRequests",    FORK_PRAGUE},
    {&consolidation_requests_address, "ConsolidationRequests", FORK_PRAGUE},
    {&deposits_address,               "Deposits",              FORK_PRAGUE},
};

static bool fork_comes(const struct chain *chain, enum fork fork)
{
    return chain->starts[fork].number != FORK_NEVER || chain->starts[fork].time != FORK_NEVER;
}

static enum pevm_status allocate_system(struct memory_state *state,
                                        struct chain_world *world,
                                        const struct chain *chain)
{
    for (size_t i = 0; i < COUNT_OF(system_contracts); i++) {
        const struct system_contract *contract = &system_contracts[i];
        struct bytes code;
        hash32 hash;
        if (!fork_comes(chain, contract->since)) continue;
        if (!contract_code(&code, contract->name, CODE_RUNTIME, contract->since, world->arena))
            return PEVM_NO_MEMORY;
        TRY(memory_state_add_code(state, code, &hash));
        TRY(memory_state_set_account(state, contract->where, 1, &U256_ZERO, &hash));
    }
    return PEVM_OK;
}

static enum pevm_status allocate_all(struct memory_state *state,
                                     struct chain_world *world,
                                     const struct chain *chain)
{
    TRY(allocate_person(state, &world->founder, 1000000));
    for (size_t i = 0; i < world->people_count; i++)
        TRY(allocate_person(state, &world->people[i], 100000));
    for (size_t i = 0; i < AUTHORITY_COUNT / 2;
         i++) /* the others do not exist until somebody sets their code */
        TRY(allocate_person(state, &world->authorities[i], 1));
    return allocate_system(state, world, chain);
}

enum pevm_status founding_allocate(struct memory_state *state,
                                   struct chain_world *world,
                                   const struct chain *chain,
                                   struct error *error)
{
    enum pevm_status status = allocate_all(state, world, chain);
    return status == PEVM_OK
               ? PEVM_OK
               : error_set(error, status, "genesis allocation: %s", pevm_status_text(status));
}

/* ---- what the founder does ----------------------------------------------------------------------------- */

struct founding {
    struct chain_world *world;
    struct tx *txs;
    size_t count, capacity;
    bool failed;
};

static void add_tx(struct founding *founding, struct person *from, struct tx *tx)
{
    ASSERT(founding->count < founding->capacity);
    if (founding->failed) return;
    founding->failed =
        !world_dress(founding->world, tx, TX_LEGACY) || !world_sign(founding->world, from, tx);
    founding->txs[founding->count++] = *tx;
}

static address deploy(struct founding *founding, const char *name, const u256 *words, size_t count)
{
    struct chain_world *world = founding->world;
    struct tx tx = {.is_creation = true, .gas_limit = DEPLOY_GAS};
    address created;
    struct bytes code;
    create_address(&created, &world->founder.who, world->founder.nonce);
    if (!contract_code(&code, name, CODE_CREATION, world->rules.fork, world->arena))
        founding->failed = true;
    else
        tx.data = creation_data(world, code, words, count);
    founding->failed = founding->failed || tx.data.size == 0;
    add_tx(founding, &world->founder, &tx);
    return created;
}

static void call_two(struct founding *founding,
                     struct person *from,
                     const address *to,
                     const char *signature,
                     const u256 words[2])
{
    struct tx tx = {.to = *to, .gas_limit = CALL_GAS};
    tx.data = call_data(founding->world, signature, words, 2);
    founding->failed = founding->failed || tx.data.size == 0;
    add_tx(founding, from, &tx);
}

static void approve(struct founding *founding,
                    struct person *owner,
                    const address *token,
                    const address *spender)
{
    u256 words[] = {u256_from_address(spender), U256_MAX};
    call_two(founding, owner, token, "approve(address,uint256)", words);
}

static void deploy_contracts(struct founding *founding)
{
    struct chain_world *world = founding->world;
    struct chain_contracts *contracts = &world->contracts;
    u256 supply = u256_from_u64(LIQUIDITY + TOKENS_EACH * (world->people_count + 1)), tokens[2];
    for (size_t i = 0; i < 2; i++) {
        contracts->tokens[i] = deploy(founding, "Token", &supply, 1);
        tokens[i] = u256_from_address(&contracts->tokens[i]);
    }
    contracts->pair = deploy(founding, "Pair", tokens, 2);
    contracts->nft = deploy(founding, "Nft", NULL, 0);
    contracts->nursery = deploy(founding, "Nursery", NULL, 0);
    contracts->churn = deploy(founding, "Churn", NULL, 0);
    if (world->rules.fork >= FORK_CANCUN) contracts->garden = deploy(founding, "Garden", NULL, 0);
    approve(founding, &world->founder, &contracts->tokens[0], &contracts->pair);
    approve(founding, &world->founder, &contracts->tokens[1], &contracts->pair);
    u256 liquidity[] = {u256_from_u64(LIQUIDITY), u256_from_u64(LIQUIDITY)};
    call_two(founding, &world->founder, &contracts->pair, "add(uint256,uint256)", liquidity);
}

static void welcome(struct founding *founding, size_t index)
{
    struct chain_world *world = founding->world;
    struct chain_contracts *contracts = &world->contracts;
    struct person *person = &world->people[index],
                  *next = &world->people[(index + 1) % world->people_count];
    u256 words[] = {u256_from_address(&person->who), u256_from_u64(TOKENS_EACH)};
    for (size_t i = 0; i < 2; i++) {
        call_two(
            founding, &world->founder, &contracts->tokens[i], "transfer(address,uint256)", words);
        approve(founding, person, &contracts->tokens[i], &contracts->pair);
    }
    approve(founding, person, &contracts->tokens[0], &next->who);
}

bool founding_txs(struct tx **out, size_t *count, struct chain_world *world)
{
    struct founding founding = {.world = world,
                                .capacity = FOUNDER_TXS + TXS_PER_PERSON * world->people_count};
    founding.txs = arena_alloc_zeroed(world->arena, founding.capacity, sizeof *founding.txs);
    if (founding.txs == NULL) return false;
    deploy_contracts(&founding);
    for (size_t i = 0; i < world->people_count; i++)
        welcome(&founding, i);
    *out = founding.txs;
    *count = founding.count;
    return !founding.failed;
}
