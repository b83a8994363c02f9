#include "cli/chain_founding.h"
#include "cli/known_address.h"
#include "support/test.h"

static struct chain_world world;
static struct memory_state *allocated;
static struct arena arena;
static struct error error;

static void found(const char *network, enum fork fork)
{
    struct chain chain;
    arena_init(&arena, 1 << 16, 0);
    CHECK_EQ(chain_by_network(&chain, network, &error), PEVM_OK);
    CHECK(chain_world_init(&world, 3, 8));
    world.arena = &arena;
    world.rules = rules_of_fork(fork);
    allocated = memory_state_new();
    assert_non_null(allocated);
    CHECK_EQ(founding_allocate(allocated, &world, &chain, &error), PEVM_OK);
}

static void end(void)
{
    memory_state_free(allocated);
    chain_world_fini(&world);
    arena_fini(&arena);
}

static bool exists(const address *who)
{
    struct view view = memory_state_view(allocated);
    struct view_account account;
    CHECK_EQ(view.ops->account(view.context, who, VIEW_ALL_PARTS, &account), VIEW_OK);
    return account.exists;
}

TEST(system_contracts_are_there_when_a_fork_wants_them)
{
    found("Shanghai", FORK_SHANGHAI);
    CHECK(exists(&world.founder.who));
    CHECK(exists(&world.people[7].who));
    CHECK(!exists(&beacon_roots_address));
    end();
    found("Cancun", FORK_CANCUN);
    CHECK(exists(&beacon_roots_address));
    CHECK(!exists(&block_hashes_address));
    end();
    found("CancunToPragueAtTime15k", FORK_CANCUN);
    CHECK(exists(&block_hashes_address));
    CHECK(exists(&withdrawal_requests_address));
    CHECK(exists(&consolidation_requests_address));
    CHECK(exists(&deposits_address));
    end();
}

TEST(founding_transactions_are_signed_and_name_the_contracts)
{
    struct tx *txs;
    size_t count;
    found("Cancun", FORK_CANCUN);
    CHECK(founding_txs(&txs, &count, &world));
    CHECK_EQ(count, 10 + 5 * world.people_count);
    for (size_t i = 0; i < count; i++)
        CHECK(txs[i].sender_known);
    CHECK(!address_is_zero(&world.contracts.pair));
    CHECK(!address_is_zero(&world.contracts.garden));
    CHECK_EQ(world.people[0].nonce, 3);
    end();
    found("London", FORK_LONDON);
    CHECK(founding_txs(&txs, &count, &world));
    CHECK(address_is_zero(&world.contracts.garden));
    end();
}
