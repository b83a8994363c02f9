#include "engine/finish.h"
#include "support/block_world.h"
#include "support/bytecode.h"
#include "support/test.h"

#define ETHER 1000000000000000000u

static void run(struct block_world *world)
{
    block_world_seal(world);
    if (block_world_run(world) != BLOCK_VALID) fail_msg("%s", world->outcome.text);
}

static u256 balance_of(const struct block_world *world, unsigned who)
{
    return block_world_account(world, block_world_address(who)).balance;
}

TEST(withdrawals_are_paid_in_gwei)
{
    struct block_world *world = block_world_new(FORK_SHANGHAI);
    block_world_withdraw(world, NOBODY, 5);
    block_world_withdraw(world, NOBODY, 7);
    block_world_withdraw(world, MINER, 1);
    run(world);
    CHECK_EQ(u256_low64(balance_of(world, NOBODY)), 12000000000);
    CHECK_EQ(u256_low64(balance_of(world, MINER)), 1000000000);
    block_world_free(world);
}

TEST(the_largest_withdrawal_does_not_overflow)
{
    struct block_world *world = block_world_new(FORK_SHANGHAI);
    char decimal[U256_DECIMAL_SIZE];
    block_world_withdraw(world, NOBODY, UINT64_MAX);
    run(world);
    CHECK_TEXT(u256_to_decimal(decimal, balance_of(world, NOBODY)),
               "18446744073709551615000000000");
    block_world_free(world);
}

TEST(a_withdrawal_of_nothing_makes_no_account)
{
    struct block_world *world = block_world_new(FORK_SHANGHAI);
    block_world_withdraw(world, NOBODY, 0);
    block_world_withdraw(world, ALICE, 0);
    run(world);
    CHECK(!block_world_account(world, block_world_address(NOBODY)).exists);
    CHECK_EQ(world->outcome.changes.account_count, 0);
    block_world_free(world);
}

TEST(a_withdrawal_of_nothing_removes_an_empty_account)
{
    struct block_world *world = block_world_new(FORK_SHANGHAI);
    block_world_set(world, block_world_address(NOBODY), 0, U256_ZERO, BYTES_EMPTY);
    block_world_withdraw(world, NOBODY, 0);
    run(world);
    CHECK(!block_world_account(world, block_world_address(NOBODY)).exists);
    CHECK_EQ(world->outcome.changes.account_count, 1);
    block_world_free(world);
}

TEST(withdrawn_money_cannot_be_spent_in_the_block)
{
    struct block_world *world = block_world_new(FORK_SHANGHAI);
    block_world_withdraw(world, NOBODY, 1000000000);
    block_world_tx(world, NOBODY);
    block_world_sign(world);
    CHECK_EQ(block_world_run(world), BLOCK_TRANSACTION);
    CHECK_EQ(world->outcome.tx_fault, TX_FUNDS);
    block_world_free(world);
}

TEST(miners_are_rewarded_until_paris)
{
    static const struct {
        enum fork fork;
        uint64_t ether;
    } cases[] = {
        {FORK_FRONTIER,        5},
        {FORK_SPURIOUS_DRAGON, 5},
        {FORK_BYZANTIUM,       3},
        {FORK_PETERSBURG,      2},
        {FORK_GRAY_GLACIER,    2},
        {FORK_PARIS,           0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct block_world *world = block_world_new(cases[i].fork);
        run(world);
        CHECK_EQ(u256_low64(balance_of(world, MINER)), cases[i].ether * ETHER);
        CHECK_EQ(block_world_account(world, block_world_address(MINER)).exists, cases[i].ether > 0);
        block_world_free(world);
    }
}

TEST(ommers_are_rewarded_by_their_age_and_so_is_who_includes_them)
{
    struct block_world *world = block_world_new(FORK_PETERSBURG);
    block_world_ommer(world, 1);
    block_world_ommer(world, 6)->coinbase = block_world_address(NOBODY);
    world->ommers[1].extra_data = bytes_of("x", 1);
    assert_true(header_hash(&world->ommers[1].hash, &world->ommers[1], &world->arena));
    run(world);
    CHECK_EQ(u256_low64(balance_of(world, OMMER_MINER)), 2 * ETHER / 8 * 7);
    CHECK_EQ(u256_low64(balance_of(world, NOBODY)), 2 * ETHER / 8 * 2);
    CHECK_EQ(u256_low64(balance_of(world, MINER)), 2 * ETHER + 2 * (2 * ETHER / 32));
    block_world_free(world);
}

TEST(receipts_count_the_gas_up_to_themselves)
{
    struct block_world *world = block_world_new(FORK_BERLIN);
    for (unsigned i = 0; i < 3; i++)
        block_world_tx(world, ALICE);
    run(world);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(world->outcome.receipts[i].gas_used, 21000);
        CHECK_EQ(world->outcome.receipts[i].cumulative_gas_used, 21000 * (i + 1));
    }
    CHECK_EQ(world->outcome.gas_used, 63000);
    block_world_free(world);
}

TEST(the_bloom_of_the_block_joins_those_of_its_receipts)
{
    struct block_world *world = block_world_new(FORK_BERLIN);
    bloom both = {{0}};
    block_world_set(world, block_world_address(CONTRACT), 1, U256_ZERO, bytecode("5 0 0 LOG1"));
    block_world_set(world, block_world_address(OTHER), 1, U256_ZERO, bytecode("6 0 0 LOG1"));
    block_world_tx(world, ALICE)->to = block_world_address(CONTRACT);
    block_world_tx(world, ALICE)->to = block_world_address(OTHER);
    run(world);
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ(world->outcome.receipts[i].log_count, 1);
        bloom_or(&both, &world->outcome.receipts[i].bloom);
    }
    assert_memory_equal(&both, &world->outcome.bloom, sizeof both);
    block_world_free(world);
}
