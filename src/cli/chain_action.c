#include "cli/chain_action.h"

#include "cli/contract_code.h"
#include "cli/known_address.h"

#define FILL_CELLS    12
#define CELL_SPACE    400 /* so few that cells are met again */
#define HASH_ROUNDS   60
#define PUBKEY_SIZE   48
#define TOKENS_A_TIME UINT64_C(1000000)

/* ---- words ------------------------------------------------------------------------------------------- */

static u256 word(uint64_t number)
{
    return u256_from_u64(number);
}

/* From 1 to most. */
static u256 some(struct chain_world *world, uint64_t most)
{
    return word(1 + rng_below(&world->rng, most));
}

static bool one_in(struct chain_world *world, uint64_t count)
{
    return rng_below(&world->rng, count) == 0;
}

static bool call_words(struct chain_world *world,
                       struct tx *tx,
                       const address *to,
                       const char *signature,
                       const u256 *words,
                       size_t count)
{
    tx->to = *to;
    tx->data = call_data(world, signature, words, count);
    return tx->data.size > 0;
}

/* The one after this one, in a circle: whom allowances are given to. */
static struct person *neighbour(struct chain_world *world, const struct person *person)
{
    size_t index = (size_t)(person - world->people);
    return &world->people[(index + 1) % world->people_count];
}

static const address *some_token(struct chain_world *world)
{
    return &world->contracts.tokens[rng_below(&world->rng, 2)];
}

/* ---- ether ------------------------------------------------------------------------------------------- */

static bool action_pay(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    tx->to = world_person(world)->who; /* perhaps oneself */
    tx->value = some(world, UINT64_C(1000000000000000000));
    return true;
}

static bool action_pay_new(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    tx->to = world_new_address(world);
    tx->value = some(world, UINT64_C(1000000000000000000));
    return true;
}

static bool action_pay_coinbase(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    tx->to = coinbase_address;
    tx->value = some(world, UINT64_C(1000000000));
    return true;
}

static bool action_touch(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    tx->to = world_new_address(world);
    return true;
}

/* ---- tokens ------------------------------------------------------------------------------------------ */

static bool action_token_send(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    address to = one_in(world, 4) ? world_new_address(world) : world_person(world)->who;
    u256 words[] = {u256_from_address(&to), some(world, TOKENS_A_TIME)};
    return call_words(world, tx, some_token(world), "transfer(address,uint256)", words, 2);
}

static bool action_token_approve(struct chain_world *world, struct person **from, struct tx *tx)
{
    u256 words[] = {u256_from_address(&neighbour(world, *from)->who),
                    some(world, UINT64_C(1) << 62)};
    return call_words(world, tx, some_token(world), "approve(address,uint256)", words, 2);
}

static bool action_token_pull(struct chain_world *world, struct person **from, struct tx *tx)
{
    address owner = (*from)->who;
    *from = neighbour(world, *from);
    u256 words[] = {u256_from_address(&owner),
                    u256_from_address(&world_person(world)->who),
                    some(world, TOKENS_A_TIME)};
    return call_words(
        world, tx, &world->contracts.tokens[0], "transferFrom(address,address,uint256)", words, 3);
}

/* ---- the market -------------------------------------------------------------------------------------- */

static bool action_swap(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 least = one_in(world, 16) ? word(UINT64_MAX) : U256_ZERO; /* nobody gives that much */
    u256 words[] = {word(rng_below(&world->rng, 2)), some(world, TOKENS_A_TIME), least};
    return call_words(world, tx, &world->contracts.pair, "swap(bool,uint256,uint256)", words, 3);
}

static bool action_add_liquidity(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 words[] = {some(world, TOKENS_A_TIME), some(world, TOKENS_A_TIME)};
    return call_words(world, tx, &world->contracts.pair, "add(uint256,uint256)", words, 2);
}

/* ---- numbered things --------------------------------------------------------------------------------- */

static bool action_nft_mint(struct chain_world *world, struct person **from, struct tx *tx)
{
    world->nft_owner[world->nft_next++ % NFT_REMEMBERED] = (size_t)(*from - world->people);
    u256 to = u256_from_address(&(*from)->who);
    return call_words(world, tx, &world->contracts.nft, "mint(address)", &to, 1);
}

static bool action_nft_give(struct chain_world *world, struct person **from, struct tx *tx)
{
    if (world->nft_next == 1) return action_nft_mint(world, from, tx);
    uint64_t remembered =
        world->nft_next - 1 < NFT_REMEMBERED ? world->nft_next - 1 : NFT_REMEMBERED;
    uint64_t id = world->nft_next - 1 - rng_below(&world->rng, remembered);
    size_t *owner = &world->nft_owner[id % NFT_REMEMBERED];
    struct person *to = world_person(world);
    *from = &world->people[*owner];
    *owner = (size_t)(to - world->people);
    u256 words[] = {u256_from_address(&(*from)->who), u256_from_address(&to->who), word(id)};
    return call_words(
        world, tx, &world->contracts.nft, "transferFrom(address,address,uint256)", words, 3);
}

/* ---- creations and ends ------------------------------------------------------------------------------ */

static bool action_deploy(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    struct bytes code;
    u256 supply = some(world, TOKENS_A_TIME);
    tx->is_creation = true;
    if (!contract_code(&code, "Token", CODE_CREATION, world->rules.fork, world->arena))
        return false;
    tx->data = creation_data(world, code, &supply, 1);
    return tx->data.size > 0;
}

/* Init code that ends in an undefined instruction, or gives code that starts with 0xef (EIP-3541). */
static bool action_deploy_broken(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    static const uint8_t undefined[] = {0x60, 0x01, 0x60, 0x00, 0x55, 0xfe};
    static const uint8_t gives_ef[] = {0x60, 0xef, 0x60, 0x00, 0x53, 0x60, 0x01, 0x60, 0x00, 0xf3};
    bool which = one_in(world, 2);
    tx->is_creation = true;
    tx->value = some(world, 1000);
    tx->data = which ? bytes_of(undefined, sizeof undefined) : bytes_of(gives_ef, sizeof gives_ef);
    return true;
}

static bool action_child_make(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 value = some(world, 100);
    tx->value = word(rng_below(&world->rng, 3));
    return call_words(world, tx, &world->contracts.nursery, "make(uint256)", &value, 1);
}

static bool action_child_end(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    return call_words(world, tx, &world->contracts.nursery, "endOldest()", NULL, 0);
}

static bool action_child_flash(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 value = some(world, 100);
    tx->value = word(rng_below(&world->rng, 3));
    return call_words(world, tx, &world->contracts.nursery, "flash(uint256)", &value, 1);
}

static bool action_plant(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 salt = some(world, 2048); /* now and then an address that is taken */
    tx->value = word(rng_below(&world->rng, 3));
    return call_words(world, tx, &world->contracts.garden, "plant(bytes32)", &salt, 1);
}

static bool action_plant_twice(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 salt = word(1000 + rng_below(&world->rng, 64));
    tx->value = word(2 * rng_below(&world->rng, 3));
    return call_words(world, tx, &world->contracts.garden, "twice(bytes32)", &salt, 1);
}

static bool action_come_again(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 words[] = {word(32), word(40), word(7), U256_MAX}; /* 40 bytes of noise */
    return call_words(world, tx, &world->contracts.garden, "again(bytes)", words, 4);
}

/* ---- storage and work -------------------------------------------------------------------------------- */

static bool action_fill(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 words[] = {word(rng_below(&world->rng, CELL_SPACE)), some(world, FILL_CELLS)};
    return call_words(world, tx, &world->contracts.churn, "fill(uint256,uint256)", words, 2);
}

static bool action_clear(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 words[] = {word(rng_below(&world->rng, CELL_SPACE)), some(world, FILL_CELLS)};
    return call_words(world, tx, &world->contracts.churn, "clear(uint256,uint256)", words, 2);
}

static bool action_tick(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    return call_words(world, tx, &world->contracts.churn, "count()", NULL, 0);
}

static bool action_hash(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 rounds = some(world, HASH_ROUNDS);
    return call_words(world, tx, &world->contracts.churn, "hash(uint256)", &rounds, 1);
}

static bool action_recover(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 words[] = {some(world, UINT64_MAX),
                    word(27 + rng_below(&world->rng, 3)),
                    some(world, UINT64_MAX),
                    some(world, UINT64_MAX)};
    return call_words(
        world, tx, &world->contracts.churn, "recover(bytes32,uint8,bytes32,bytes32)", words, 4);
}

static bool action_refuse(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 limit = U256_MAX;
    return call_words(world, tx, &world->contracts.churn, "refuse(uint256)", &limit, 1);
}

static bool action_try_refuse(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    return call_words(world, tx, &world->contracts.churn, "tryRefuse()", NULL, 0);
}

static bool action_too_little(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 words[] = {word(CELL_SPACE), word(FILL_CELLS)};
    return call_words(world, tx, &world->contracts.churn, "fill(uint256,uint256)", words, 2);
}

/* ---- Cancun, Prague ---------------------------------------------------------------------------------- */

static bool action_call_authority(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    address to = world->authorities[rng_below(&world->rng, AUTHORITY_COUNT)].who;
    tx->value = word(rng_below(&world->rng, 2));
    if (!u256_is_zero(tx->value)) { /* plain ether: its receive() */
        tx->to = to;
        return true;
    }
    return call_words(world, tx, &to, "count()", NULL, 0);
}

/* deposit(pubkey, credentials, signature), ABI: three offsets, then length and bytes of each */
static bool action_deposit(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    u256 words[12] = {word(96), word(192), word(256), word(PUBKEY_SIZE)};
    words[4] = some(world, UINT64_MAX);
    words[6] = word(32);
    words[7] = some(world, UINT64_MAX);
    words[8] = word(96);
    words[9] = some(world, UINT64_MAX);
    tx->value = u256_mul_u64(some(world, 32), UINT64_C(1000000000000000000));
    return call_words(
        world, tx, &deposits_address, "deposit(bytes,bytes,bytes)", words, COUNT_OF(words));
}

/* Anything of `size` bytes, with the fee, to a queue. */
static bool enqueue(struct chain_world *world, struct tx *tx, const address *to, size_t size)
{
    uint8_t *data = arena_alloc(world->arena, size);
    if (data == NULL) return false;
    rng_fill(&world->rng, data, size);
    tx->to = *to;
    tx->value = U256_ONE;
    tx->data = bytes_of(data, size);
    return true;
}

static bool action_withdraw(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    return enqueue(world, tx, &withdrawal_requests_address, PUBKEY_SIZE + 8);
}

static bool action_consolidate(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    return enqueue(world, tx, &consolidation_requests_address, 2 * PUBKEY_SIZE);
}

static bool action_ask_history(struct chain_world *world, struct person **from, struct tx *tx)
{
    (void)from;
    bool hashes = world->rules.fork >= FORK_PRAGUE && one_in(world, 2);
    u256 wanted = word(hashes ? world->number - 1 : world->timestamp);
    uint8_t *data = arena_alloc(world->arena, 32);
    if (data == NULL) return false;
    u256_to_be(data, wanted);
    tx->to = hashes ? block_hashes_address : beacon_roots_address;
    tx->data = bytes_of(data, 32);
    return true;
}

const struct chain_action chain_actions[ACTION_COUNT] = {
#define ACTION(code, function, since, gas) {since, gas, action_##function},
#include "cli/chain_action.def"
#undef ACTION
};
