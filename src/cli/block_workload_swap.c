/* Swaps on the public Uniswap V3 markets, each with tokens, factory, router and front of its own, and the hybrid load.
 *
 * Storage of the contracts, as Solidity laid it out:
 *   WETH9        0 name, 1 symbol, 2 decimals
 *   factory      3 owner, 4 tick spacing by fee, 5 pool by token, token, fee
 *   pool         0 price, tick, observation indices, unlocked; 4 liquidity; 5 ticks; 6 bitmap of ticks; 7 positions;
 *                8 observations
 *   router       0 amount in cache, all ones when there is none
 *   single swap  0 token 0; 1 token 1 and, from bit 160 on, the fee
 */
#include "base/hex.h"
#include "cli/block_workload_token.h"
#include "cli/gigagas_code.h"
#include "crypto/keccak.h"

#define SWAP_GAS_LIMIT    200000
#define SWAP_GAS          155934 /* what the simplest uses; for the shares of the hybrid load */
#define TOKEN_GAS         29738
#define PAYMENT_GAS       21000
#define POOL_FEE          3000
#define TICK_SPACING      60
#define TICK_END          600000
#define PEOPLE_PER_MARKET 20
#define SWAPS_PER_PERSON  20
#define MARKETS_HYBRID    2
#define TOKENS_HYBRID     3
#define AMOUNT_SOLD       2000
#define AMOUNT_BOUGHT     1000

#define SELECTOR_SELL_0 0xc92b0891
#define SELECTOR_SELL_1 0x6b055260
#define SELECTOR_BUY_0  0x8dc33f82
#define SELECTOR_BUY_1  0xb2db18a2

/* ---- codes and their holes ----------------------------------------------------------------------------- */

enum hole {
    HOLE_FACTORY_SELF,
    HOLE_POOL_TOKEN_0,
    HOLE_POOL_TOKEN_1,
    HOLE_POOL_FACTORY,
    HOLE_POOL_SELF,
    HOLE_ROUTER_WETH,
    HOLE_ROUTER_FACTORY,
    HOLE_ROUTER_INIT_HASH,
    HOLE_SWAP_ROUTER,
    HOLE_COUNT
};

struct hole_place {
    enum gigagas_contract contract;
    const char *hex; /* what lies there in the published code */
};

static const struct hole_place hole_places[HOLE_COUNT] = {
    [HOLE_FACTORY_SELF] = {GIGAGAS_FACTORY,     "0b748751e6f8b1a38c9386a19d9f8966b3593a9e"   },
    [HOLE_POOL_TOKEN_0] = {GIGAGAS_POOL,        "261d8c5e9742e6f7f1076fa1f560894524e19cad"   },
    [HOLE_POOL_TOKEN_1] = {GIGAGAS_POOL,        "ce3478a9e0167a6bc5716dc39dbbbfac38f27623"   },
    [HOLE_POOL_FACTORY] = {GIGAGAS_POOL,        "cba6b9a951749b8735c603e7ffc5151849248772"   },
    [HOLE_POOL_SELF] = {GIGAGAS_POOL,        "d495d5e5cab2567777fff988c4fcd71328b17c9d"   },
    [HOLE_ROUTER_WETH] = {GIGAGAS_ROUTER,      "6509f2a854ba7441039fce3b959d5badd2ffcfcd"   },
    [HOLE_ROUTER_FACTORY] = {GIGAGAS_ROUTER,      "d787a42ee3ac477c46dd6c912e7af795d44453d5"   },
    [HOLE_ROUTER_INIT_HASH] = {GIGAGAS_ROUTER,
                           "636fcf59d7fdf3a03833dba1c6d936c9d7c6730057c8c4c8e5059feaeab60e04"},
    [HOLE_SWAP_ROUTER] = {GIGAGAS_SINGLE_SWAP, "e7cfcccb38ce07ba9d8d13431afe8cf6172de031"   },
};

struct market_kit {
    struct gigagas_code codes[GIGAGAS_COUNT];
    struct gigagas_hole holes[HOLE_COUNT];
};

static void kit_read(struct workload_maker *maker, struct market_kit *kit)
{
    *kit = (struct market_kit){.holes = {{.count = 0}}};
    for (size_t i = 0; i < GIGAGAS_COUNT && maker_ok(maker); i++)
        maker->status = gigagas_code_read(&kit->codes[i],
                                          maker->plan->folder,
                                          (enum gigagas_contract)i,
                                          &maker->out->arena,
                                          maker->error);
    for (size_t i = 0; i < HOLE_COUNT && maker_ok(maker); i++)
        maker->status = gigagas_hole_find(
            &kit->holes[i], &kit->codes[hole_places[i].contract], hole_places[i].hex, maker->error);
}

static struct bytes kit_code(const struct market_kit *kit, enum gigagas_contract contract)
{
    return bytes_of(kit->codes[contract].data, kit->codes[contract].size);
}

/* ---- one market ---------------------------------------------------------------------------------------- */

struct market {
    address weth, factory, pool, router, single_swap, owner, position_manager;
    struct workload_token tokens[2]; /* the lesser address first */
    hash32 init_hash;
};

/* CREATE2 by the factory: keccak(0xff, factory, keccak(token 0, token 1, fee), hash of the init code). */
static address pool_address(const struct market *market)
{
    uint8_t salt[96], bytes[85];
    hash32 hash;
    address pool;
    u256_to_be(salt, u256_from_address(&market->tokens[0].who));
    u256_to_be(salt + 32, u256_from_address(&market->tokens[1].who));
    u256_to_be(salt + 64, u256_from_u64(POOL_FEE));
    bytes[0] = 0xff;
    memcpy(bytes + 1, market->factory.bytes, 20);
    keccak256(&hash, salt, sizeof salt);
    memcpy(bytes + 21, hash.bytes, 32);
    memcpy(bytes + 53, market->init_hash.bytes, 32);
    keccak256(&hash, bytes, sizeof bytes);
    memcpy(pool.bytes, hash.bytes + 12, 20);
    return pool;
}

static void market_name(struct workload_maker *maker, struct market *market)
{
    address *const names[] = {&market->weth,
                              &market->factory,
                              &market->router,
                              &market->single_swap,
                              &market->owner,
                              &market->position_manager,
                              &market->tokens[0].who,
                              &market->tokens[1].who};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        *names[i] = maker_new_address(maker);
    rng_fill(&maker->rng, market->init_hash.bytes, sizeof market->init_hash.bytes);
    if (memcmp(&market->tokens[0], &market->tokens[1], sizeof market->tokens[0]) > 0) {
        struct workload_token greater = market->tokens[0];
        market->tokens[0] = market->tokens[1];
        market->tokens[1] = greater;
    }
    market->pool = pool_address(market);
}

static void kit_fill(struct market_kit *kit, const struct market *market)
{
    const uint8_t *const values[HOLE_COUNT] = {
        [HOLE_FACTORY_SELF] = market->factory.bytes,
        [HOLE_POOL_TOKEN_0] = market->tokens[0].who.bytes,
        [HOLE_POOL_TOKEN_1] = market->tokens[1].who.bytes,
        [HOLE_POOL_FACTORY] = market->factory.bytes,
        [HOLE_POOL_SELF] = market->pool.bytes,
        [HOLE_ROUTER_WETH] = market->weth.bytes,
        [HOLE_ROUTER_FACTORY] = market->factory.bytes,
        [HOLE_ROUTER_INIT_HASH] = market->init_hash.bytes,
        [HOLE_SWAP_ROUTER] = market->router.bytes,
    };
    for (size_t i = 0; i < HOLE_COUNT; i++)
        gigagas_hole_fill(&kit->codes[hole_places[i].contract], &kit->holes[i], values[i]);
}

/* The word of so many hex digits. */
static u256 word(const char *hex)
{
    uint8_t bytes[32];
    ASSERT(hex_decode_number(bytes, hex, strlen(hex)));
    return u256_from_be(bytes);
}

/* A negative number as the machine has it. */
static u256 signed_word(int64_t number)
{
    u256 magnitude = u256_from_u64((uint64_t)(number < 0 ? -number : number));
    return number < 0 ? u256_sub(U256_ZERO, magnitude) : magnitude;
}

static void set_tick(struct workload_maker *maker,
                     const address *pool,
                     int64_t tick,
                     const char *liquidity,
                     const char *flags)
{
    int64_t index = tick / TICK_SPACING, bit = index & 255;
    u256 slot = mapping_slot(signed_word(tick), u256_from_u64(5));
    u256 bitmap = mapping_slot(signed_word((index - bit) / 256), u256_from_u64(6));
    maker_set_slot(maker, pool, slot, word(liquidity));
    maker_set_slot(maker, pool, u256_add(slot, u256_from_u64(3)), word(flags));
    maker_set_slot(maker, pool, bitmap, u256_shl_bits(U256_ONE, (unsigned)bit));
}

static void set_position(struct workload_maker *maker, const struct market *market)
{
    uint8_t bytes[26], tick[32];
    hash32 key;
    memcpy(bytes, market->position_manager.bytes, 20);
    u256_to_be(tick, signed_word(-TICK_END));
    memcpy(bytes + 20, tick + 29, 3);
    u256_to_be(tick, signed_word(TICK_END));
    memcpy(bytes + 23, tick + 29, 3);
    keccak256(&key, bytes, sizeof bytes);
    maker_set_slot(maker,
                   &market->pool,
                   mapping_slot(u256_from_hash(&key), u256_from_u64(7)),
                   word("178756e190b388651605"));
}

static void set_pool(struct workload_maker *maker, const struct market *market)
{
    const address *pool = &market->pool;
    maker_set_slot(maker,
                   pool,
                   U256_ZERO,
                   word("0001000001000100000000000000000000000001000000000000000000000000"));
    maker_set_slot(maker, pool, u256_from_u64(4), word("178756e190b388651605"));
    maker_set_slot(maker,
                   pool,
                   u256_from_u64(8),
                   word("0100000000000000000000000000000000000000000000000000000000000001"));
    set_tick(maker,
             pool,
             -TICK_END,
             "000000000000178756e190b388651605000000000000178756e190b388651605",
             "0100000001000000000000000000000000000000000000000000000000000000");
    set_tick(maker,
             pool,
             TICK_END,
             "ffffffffffffe878a91e6f4c779ae9fb000000000000178756e190b388651605",
             "0100000000000000000000000000000000000000000000000000000000000000");
    set_position(maker, market);
}

static void set_factory(struct workload_maker *maker, const struct market *market)
{
    static const uint64_t spacings[][2] = {
        {500,   10 },
        {3000,  60 },
        {10000, 200}
    };
    const address *factory = &market->factory;
    for (size_t i = 0; i < COUNT_OF(spacings); i++)
        maker_set_slot(maker,
                       factory,
                       mapping_slot(u256_from_u64(spacings[i][0]), u256_from_u64(4)),
                       u256_from_u64(spacings[i][1]));
    maker_set_slot(maker, factory, u256_from_u64(3), u256_from_address(&market->owner));
    for (size_t i = 0; i < 2; i++) {
        u256 slot = mapping_slot(u256_from_address(&market->tokens[i].who), u256_from_u64(5));
        slot = mapping_slot(u256_from_address(&market->tokens[1 - i].who), slot);
        slot = mapping_slot(u256_from_u64(POOL_FEE), slot);
        maker_set_slot(maker, factory, slot, u256_from_address(&market->pool));
    }
}

static void set_front(struct workload_maker *maker, const struct market *market)
{
    u256 fee = u256_shl_bits(u256_from_u64(POOL_FEE), 160);
    maker_set_slot(
        maker, &market->single_swap, U256_ZERO, u256_from_address(&market->tokens[0].who));
    maker_set_slot(maker,
                   &market->single_swap,
                   U256_ONE,
                   u256_add(fee, u256_from_address(&market->tokens[1].who)));
    maker_set_slot(maker, &market->router, U256_ZERO, U256_MAX);
}

static struct market market_make(struct workload_maker *maker, struct market_kit *kit)
{
    struct market market = {.init_hash = {{0}}};
    u256 tokens = market_tokens();
    if (!maker_ok(maker)) return market;
    market_name(maker, &market);
    kit_fill(kit, &market);
    maker_set_contract(maker, &market.weth, kit_code(kit, GIGAGAS_WETH));
    maker_set_contract(maker, &market.factory, kit_code(kit, GIGAGAS_FACTORY));
    maker_set_contract(maker, &market.pool, kit_code(kit, GIGAGAS_POOL));
    maker_set_contract(maker, &market.router, kit_code(kit, GIGAGAS_ROUTER));
    maker_set_contract(maker, &market.single_swap, kit_code(kit, GIGAGAS_SINGLE_SWAP));
    maker_set_slot(maker, &market.weth, u256_from_u64(2), u256_from_u64(18));
    set_factory(maker, &market);
    set_pool(maker, &market);
    set_front(maker, &market);
    for (size_t i = 0; i < 2; i++) {
        const char *name = i == 0 ? "DAI" : "USDC";
        market.tokens[i] =
            token_make(maker, kit_code(kit, GIGAGAS_TOKEN), name, name, &market.tokens[i].who);
        token_set_balance(maker, &market.tokens[i], &market.pool, &tokens);
    }
    return market;
}

/* Both tokens, and the leave to swap them. */
static void market_welcome(struct workload_maker *maker,
                           const struct market *market,
                           const struct workload_sender *people,
                           size_t count)
{
    u256 unit = token_unit();
    for (size_t i = 0; i < count && maker_ok(maker); i++)
        for (size_t token = 0; token < 2; token++) {
            token_set_balance(maker, &market->tokens[token], &people[i].who, &unit);
            token_set_allowance(
                maker, &market->tokens[token], &people[i].who, &market->single_swap, &unit);
        }
}

/* ---- transactions -------------------------------------------------------------------------------------- */

enum swap { SWAP_SELL_0, SWAP_SELL_1, SWAP_BUY_0, SWAP_BUY_1, SWAP_COUNT };

static void add_swap(struct workload_maker *maker,
                     const struct market *market,
                     struct workload_sender *from,
                     enum swap swap)
{
    static const uint32_t selectors[SWAP_COUNT] = {
        SELECTOR_SELL_0, SELECTOR_SELL_1, SELECTOR_BUY_0, SELECTOR_BUY_1};
    bool is_sale = swap < SWAP_BUY_0;
    u256 words[] = {u256_from_u64(is_sale ? AMOUNT_SOLD : AMOUNT_BOUGHT),
                    u256_from_u64(AMOUNT_SOLD)};
    struct workload_input input = call_input(selectors[swap], words, is_sale ? 1 : 2);
    struct workload_call call = {.to = market->single_swap,
                                 .gas_limit = SWAP_GAS_LIMIT,
                                 .data = bytes_of(input.bytes, input.size)};
    maker_add_tx(maker, from, &call);
}

/* Each person on a market of his own. */
static void add_apart(struct workload_maker *maker, struct market_kit *kit, size_t txs)
{
    u256 ether = person_ether();
    for (size_t i = 0; i < txs && maker_ok(maker); i++) {
        struct market market = market_make(maker, kit);
        struct workload_sender *person = maker_people(maker, 1, 0, 0, &ether);
        market_welcome(maker, &market, person, 1);
        add_swap(maker, &market, person, SWAP_SELL_0);
    }
}

/* Everybody on one market: sales of either token, by chance. */
static void add_together(struct workload_maker *maker, struct market_kit *kit, size_t txs)
{
    u256 ether = person_ether();
    struct market market = market_make(maker, kit);
    struct workload_sender *people = maker_people(maker, txs, 0, 0, &ether);
    market_welcome(maker, &market, people, txs);
    for (size_t i = 0; i < txs && maker_ok(maker); i++)
        add_swap(maker, &market, &people[i], (enum swap)rng_below(&maker->rng, 2));
}

static void add_clusters(struct workload_maker *maker, struct market_kit *kit, size_t markets)
{
    u256 ether = person_ether();
    for (size_t i = 0; i < markets && maker_ok(maker); i++) {
        struct market market = market_make(maker, kit);
        struct workload_sender *people = maker_people(maker, PEOPLE_PER_MARKET, 0, 0, &ether);
        market_welcome(maker, &market, people, PEOPLE_PER_MARKET);
        for (size_t k = 0; k < PEOPLE_PER_MARKET * SWAPS_PER_PERSON && maker_ok(maker); k++)
            add_swap(maker,
                     &market,
                     &people[k % PEOPLE_PER_MARKET],
                     (enum swap)(k / PEOPLE_PER_MARKET % SWAP_COUNT));
    }
}

void make_swaps(struct workload_maker *maker, size_t txs)
{
    enum workload_shape shape = (enum workload_shape)maker->kind->what;
    struct market_kit kit;
    size_t cluster = PEOPLE_PER_MARKET * SWAPS_PER_PERSON;
    size_t markets = txs < cluster ? 1 : (txs + cluster / 2) / cluster;
    size_t together = shape == SHAPE_CHAIN ? txs : shape == SHAPE_HALF_CHAIN ? txs / 2 : 0;
    kit_read(maker, &kit);
    maker_expect(maker, shape == SHAPE_CLUSTERED ? markets * cluster : txs);
    if (shape == SHAPE_CLUSTERED) {
        add_clusters(maker, &kit, markets);
        return;
    }
    if (together > 0) add_together(maker, &kit, together);
    add_apart(maker, &kit, txs - together);
}

/* ---- the hybrid load ----------------------------------------------------------------------------------- */

static void add_hybrid_swaps(struct workload_maker *maker,
                             struct market_kit *kit,
                             struct workload_sender *people,
                             size_t count,
                             size_t txs)
{
    struct market markets[MARKETS_HYBRID];
    for (size_t i = 0; i < MARKETS_HYBRID; i++) {
        markets[i] = market_make(maker, kit);
        market_welcome(maker, &markets[i], people, count);
    }
    for (size_t i = 0; i < txs && maker_ok(maker); i++) {
        struct workload_pair pair = maker_pair(maker, SHAPE_CONTENDED, i, txs, count);
        size_t market = rng_below(&maker->rng, MARKETS_HYBRID);
        add_swap(maker, &markets[market], &people[pair.from], (enum swap)rng_below(&maker->rng, 2));
    }
}

/* Of the gas 60 % payments, then 20 % tokens, then 20 % swaps. */
void make_hybrid(struct workload_maker *maker, size_t txs)
{
    struct market_kit kit;
    double per_gas = 0.6 / PAYMENT_GAS + 0.2 / TOKEN_GAS + 0.2 / SWAP_GAS;
    double gas = (double)txs / per_gas;
    size_t swaps = (size_t)(0.2 * gas / SWAP_GAS), transfers = (size_t)(0.2 * gas / TOKEN_GAS);
    size_t count = maker_people_count(maker, SHAPE_CONTENDED, txs);
    u256 ether = person_ether();
    kit_read(maker, &kit);
    struct workload_sender *people = maker_people(maker, count, 0, 0, &ether);
    maker_expect(maker, txs);
    maker_add_payments(maker, people, count, SHAPE_CONTENDED, txs - swaps - transfers);
    for (size_t i = 0; i < TOKENS_HYBRID; i++) {
        struct workload_token token =
            token_make(maker, kit_code(&kit, GIGAGAS_TOKEN), "Gold Token", "GLD", NULL);
        size_t share = transfers * (i + 1) / TOKENS_HYBRID - transfers * i / TOKENS_HYBRID;
        token_give_all(maker, &token, people, count);
        token_add_transfers(maker, &token, people, count, SHAPE_CONTENDED, share);
    }
    add_hybrid_swaps(maker, &kit, people, count, swaps);
}
