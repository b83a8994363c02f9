/* Transfers of the public ERC-20 token. Its storage: 0 balances, 1 allowances, 2 supply, 3 name, 4 symbol, 5 decimals. */
#include "cli/block_workload_token.h"

#include "cli/gigagas_code.h"

#define ETHER             UINT64_C(1000000000000000000)
#define SELECTOR_TRANSFER 0xa9059cbb
#define DECIMALS          18
#define AMOUNT            900
#define CLUSTERS          10
#define FAMILY            15
#define TRANSFERS         15 /* of each person of a family */

u256 person_ether(void)
{
    return u256_mul_u64(u256_from_u64(4567), ETHER);
}

u256 token_unit(void)
{
    return u256_from_u64(ETHER);
}

u256 market_tokens(void)
{
    return u256_mul_u64(u256_from_u64(111111), ETHER);
}

/* ---- the contract -------------------------------------------------------------------------------------- */

struct bytes token_code(struct workload_maker *maker)
{
    struct gigagas_code code = {NULL, 0};
    if (!maker_ok(maker)) return BYTES_EMPTY;
    maker->status = gigagas_code_read(
        &code, maker->plan->folder, GIGAGAS_TOKEN, &maker->out->arena, maker->error);
    return bytes_of(code.data, code.size);
}

/* A string of at most 31 bytes, as Solidity stores it. */
static u256 short_string(const char *text)
{
    uint8_t bytes[32] = {0};
    size_t size = strlen(text);
    ASSERT(size < 32);
    memcpy(bytes, text, size);
    bytes[31] = (uint8_t)(2 * size);
    return u256_from_be(bytes);
}

struct workload_token token_make(struct workload_maker *maker,
                                 struct bytes code,
                                 const char *name,
                                 const char *symbol,
                                 const address *who)
{
    struct workload_token token = {who == NULL ? maker_new_address(maker) : *who};
    u256 market = market_tokens();
    maker_set_contract(maker, &token.who, code);
    maker_set_slot(maker, &token.who, u256_from_u64(2), u256_add(market, market));
    maker_set_slot(maker, &token.who, u256_from_u64(3), short_string(name));
    maker_set_slot(maker, &token.who, u256_from_u64(4), short_string(symbol));
    maker_set_slot(maker, &token.who, u256_from_u64(5), u256_from_u64(DECIMALS));
    return token;
}

void token_set_balance(struct workload_maker *maker,
                       const struct workload_token *token,
                       const address *holder,
                       const u256 *amount)
{
    maker_set_slot(maker, &token->who, mapping_slot(u256_from_address(holder), U256_ZERO), *amount);
}

void token_set_allowance(struct workload_maker *maker,
                         const struct workload_token *token,
                         const address *holder,
                         const address *spender,
                         const u256 *amount)
{
    u256 of_holder = mapping_slot(u256_from_address(holder), U256_ONE);
    u256 slot = mapping_slot(u256_from_address(spender), of_holder);
    maker_set_slot(maker, &token->who, slot, *amount);
}

void token_give_all(struct workload_maker *maker,
                    const struct workload_token *token,
                    const struct workload_sender *people,
                    size_t count)
{
    u256 unit = token_unit();
    for (size_t i = 0; i < count && maker_ok(maker); i++)
        token_set_balance(maker, token, &people[i].who, &unit);
}

/* ---- transactions -------------------------------------------------------------------------------------- */

void token_send(struct workload_maker *maker,
                const struct workload_token *token,
                struct workload_sender *from,
                const address *to,
                uint64_t amount)
{
    u256 words[] = {u256_from_address(to), u256_from_u64(amount)};
    struct workload_input input = call_input(SELECTOR_TRANSFER, words, 2);
    struct workload_call call = {
        .to = token->who, .gas_limit = TOKEN_GAS_LIMIT, .data = bytes_of(input.bytes, input.size)};
    maker_add_tx(maker, from, &call);
}

void token_add_transfers(struct workload_maker *maker,
                         const struct workload_token *token,
                         struct workload_sender *people,
                         size_t people_count,
                         enum workload_shape shape,
                         size_t txs)
{
    for (size_t i = 0; i < txs && maker_ok(maker); i++) {
        struct workload_pair pair = maker_pair(maker, shape, i, txs, people_count);
        uint64_t amount = shape == SHAPE_APART ? rng_below(&maker->rng, 256) : AMOUNT;
        token_send(maker, token, &people[pair.from], &people[pair.to].who, amount);
    }
}

/* Everybody of the families of one token sends to somebody of his family, again and again. */
static void add_cluster(struct workload_maker *maker, struct bytes code, size_t families)
{
    struct workload_token token = token_make(maker, code, "Gold Token", "GLD", NULL);
    u256 ether = person_ether();
    size_t count = families * FAMILY;
    struct workload_sender *people = maker_people(maker, count, 0, 0, &ether);
    token_give_all(maker, &token, people, count);
    for (size_t i = 0; i < count * TRANSFERS && maker_ok(maker); i++) {
        size_t from = i % count, family = from / FAMILY * FAMILY;
        size_t to = family + rng_below(&maker->rng, FAMILY);
        token_send(maker, &token, &people[from], &people[to].who, rng_below(&maker->rng, 256));
    }
}

/* As many whole families as come nearest, in ten clusters when there are so many. */
static void make_clusters(struct workload_maker *maker, struct bytes code, size_t txs)
{
    size_t families = (txs + FAMILY * TRANSFERS / 2) / (FAMILY * TRANSFERS);
    if (families == 0) families = 1;
    size_t clusters = families < CLUSTERS ? families : CLUSTERS;
    maker_expect(maker, families * FAMILY * TRANSFERS);
    for (size_t i = 0; i < clusters; i++)
        add_cluster(maker, code, families * (i + 1) / clusters - families * i / clusters);
}

void make_tokens(struct workload_maker *maker, size_t txs)
{
    enum workload_shape shape = (enum workload_shape)maker->kind->what;
    struct bytes code = token_code(maker);
    if (shape == SHAPE_CLUSTERED) {
        make_clusters(maker, code, txs);
        return;
    }
    u256 ether = person_ether();
    size_t count = maker_people_count(maker, shape, txs);
    struct workload_token token = token_make(maker, code, "Gold Token", "GLD", NULL);
    struct workload_sender *people = maker_people(maker, count, 0, 0, &ether);
    token_give_all(maker, &token, people, count);
    maker_expect(maker, txs);
    token_add_transfers(maker, &token, people, count, shape, txs);
}
