/* The maker of chains: its blocks have passed the engine's checks, or chain_maker_next says so. What is looked at here is that
 * they are the blocks that were asked for. */
#include "chain/fork.h"
#include "cli/chain_maker.h"
#include "support/test.h"

static struct error error;

static struct chain_maker *maker_of(const char *network,
                                    const char *recipe,
                                    uint64_t seed,
                                    size_t txs)
{
    struct chain_maker *maker = NULL;
    struct chain_plan plan = {
        .network = network, .recipe = recipe_find(recipe), .seed = seed, .txs = txs};
    assert_non_null(plan.recipe);
    enum pevm_status status = chain_maker_new(&maker, &plan, &error);
    if (status != PEVM_OK) fail_msg("%s %s: %s", network, recipe, error.text);
    return maker;
}

static struct made_block next(struct chain_maker *maker)
{
    struct made_block made;
    if (chain_maker_next(maker, &made, &error) != PEVM_OK) fail_msg("%s", error.text);
    return made;
}

/* The hash of the last of three blocks. */
static hash32 third_hash(const char *network, const char *recipe, uint64_t seed)
{
    struct chain_maker *maker = maker_of(network, recipe, seed, 12);
    hash32 hash;
    for (int i = 0; i < 3; i++)
        hash = next(maker).block->header.hash;
    chain_maker_free(maker);
    return hash;
}

TEST(the_same_seed_gives_the_same_chain)
{
    hash32 once = third_hash("London", "mixed", 7), again = third_hash("London", "mixed", 7);
    hash32 other = third_hash("London", "mixed", 8);
    CHECK(hash32_equal(&once, &again));
    CHECK(!hash32_equal(&once, &other));
}

TEST(blocks_are_chained)
{
    struct chain_maker *maker = maker_of("Shanghai", "mixed", 1, 10);
    hash32 parent = {{0}};
    for (uint64_t i = 1; i <= 4; i++) {
        struct made_block made = next(maker);
        const struct header *header = &made.block->header;
        CHECK_EQ(header->number, i);
        CHECK_EQ(made.block->tx_count, 10);
        CHECK_EQ(made.note.ancestor_count, i);
        CHECK(hash32_equal(&header->parent_hash, &made.note.parent->hash));
        CHECK(hash32_equal(&header->parent_hash, &made.note.ancestors[0]));
        if (i > 1) CHECK(hash32_equal(&header->parent_hash, &parent));
        parent = header->hash;
    }
    chain_maker_free(maker);
}

TEST(every_fork_can_have_every_recipe)
{
    for (unsigned fork = FORK_FRONTIER; fork <= FORK_BPO2; fork++) {
        const struct recipe *recipe = &chain_recipes[fork % chain_recipe_count];
        struct chain_maker *maker = maker_of(fork_name((enum fork)fork), recipe->name, fork, 12);
        for (int i = 0; i < 2; i++)
            CHECK_EQ(next(maker).block->tx_count, 12);
        chain_maker_free(maker);
    }
    for (size_t i = 0; i < chain_recipe_count; i++) {
        struct chain_maker *maker = maker_of("Osaka", chain_recipes[i].name, 1, 12);
        CHECK(next(maker).block->header.gas_used >= 12 * TX_PLAIN_GAS);
        chain_maker_free(maker);
    }
}

TEST(the_types_of_transactions_are_those_that_the_fork_knows)
{
    static const struct {
        const char *network;
        unsigned types; /* one bit each */
    } cases[] = {
        {"Istanbul", 1 },
        {"Berlin",   3 },
        {"London",   7 },
        {"Cancun",   15},
        {"Prague",   31},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct chain_maker *maker = maker_of(cases[i].network, "types", 5, 60);
        struct made_block made = next(maker);
        unsigned seen = 0;
        for (size_t k = 0; k < made.block->tx_count; k++)
            seen |= 1U << made.block->txs[k].type;
        CHECK_EQ(seen, cases[i].types);
        chain_maker_free(maker);
    }
}

TEST(what_a_fork_adds_to_a_block_is_there)
{
    struct chain_maker *maker = maker_of("Prague", "types", 2, 60);
    size_t withdrawals = 0;
    uint64_t blob_gas = 0;
    for (int i = 0; i < 4; i++) {
        struct made_block made = next(maker);
        withdrawals += made.block->withdrawal_count;
        blob_gas += made.block->header.blob_gas_used;
        CHECK_EQ(made.block->header.field_count, 21);
        CHECK(!hash32_is_zero(&made.block->header.requests_hash));
    }
    CHECK(withdrawals > 0);
    CHECK(blob_gas > 0);
    chain_maker_free(maker);
    maker = maker_of("Byzantium", "transfers", 2, 4);
    size_t ommers = 0;
    for (int i = 0; i < 6; i++)
        ommers += next(maker).block->ommer_count;
    CHECK_EQ(ommers, 2);
    chain_maker_free(maker);
}

TEST(a_transition_comes_where_its_name_says)
{
    struct chain_maker *maker = maker_of("BerlinToLondonAt5", "mixed", 1, 8);
    for (int i = 1; i <= 6; i++)
        CHECK_EQ(next(maker).block->header.field_count, i < 5 ? 15 : 16);
    chain_maker_free(maker);
    maker = maker_of("HomesteadToDaoAt5", "mixed", 1, 8);
    for (int i = 1; i <= 6; i++) {
        struct bytes extra = next(maker).block->header.extra_data;
        CHECK_EQ(bytes_equal(extra, bytes_of("dao-hard-fork", 13)), i >= 5);
    }
    chain_maker_free(maker);
}

TEST(a_block_may_be_empty)
{
    struct chain_maker *maker = maker_of("Cancun", "mixed", 1, 0);
    CHECK_EQ(next(maker).block->header.gas_used, 0);
    CHECK_EQ(next(maker).block->tx_count, 0);
    chain_maker_free(maker);
}

TEST(networks_that_cannot_be_made_are_refused)
{
    static const char *const networks[] = {"Nonsense", "ArrowGlacierToParisAtDiffC0000", ""};
    for (size_t i = 0; i < COUNT_OF(networks); i++) {
        struct chain_maker *maker;
        struct chain_plan plan = {.network = networks[i], .recipe = recipe_find("mixed"), .txs = 1};
        CHECK_EQ(chain_maker_new(&maker, &plan, &error), PEVM_UNSUPPORTED);
        CHECK(error.text[0] != 0);
    }
}
