#include "crypto/keccak.h"
#include "engine/apply.h"
#include "support/block_world.h"
#include "support/bytecode.h"
#include "support/test.h"
#include "types/contract_address.h"

/* A block of one transaction to CONTRACT with that code. */
static struct block_world *world_of(enum fork fork, const char *code)
{
    struct block_world *world = block_world_new(fork);
    block_world_set(world, block_world_address(CONTRACT), 1, u256_from_u64(1000), bytecode(code));
    block_world_set_slot(world, block_world_address(CONTRACT), 1, 11);
    struct tx *tx = block_world_tx(world, ALICE);
    tx->to = block_world_address(CONTRACT);
    tx->value = U256_ZERO;
    tx->gas_limit = 1000000;
    return world;
}

static void run(struct block_world *world)
{
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
}

static struct account_change contract_after(struct block_world *world)
{
    return block_world_account(world, block_world_address(CONTRACT));
}

TEST(slots_that_changed_are_written_and_others_not)
{
    struct block_world *world =
        world_of(FORK_CANCUN, "22 1 SSTORE 5 2 SSTORE 0 2 SSTORE 7 3 SSTORE");
    run(world);
    struct account_change change = contract_after(world);
    CHECK_EQ(change.slot_count, 2);
    CHECK_EQ(u256_low64(block_world_slot(world, change.account, 1)), 22);
    CHECK_EQ(u256_low64(block_world_slot(world, change.account, 2)), 0);
    CHECK_EQ(u256_low64(block_world_slot(world, change.account, 3)), 7);
    CHECK(!change.storage_cleared);
    block_world_free(world);
}

TEST(an_account_that_was_only_read_is_no_change)
{
    struct block_world *world = world_of(FORK_CANCUN, "1 SLOAD POP");
    run(world);
    for (size_t i = 0; i < world->outcome.changes.account_count; i++) {
        address contract = block_world_address(CONTRACT);
        CHECK(!address_equal(&world->outcome.changes.accounts[i].account, &contract));
    }
    block_world_free(world);
}

TEST(a_destroyed_account_is_gone_with_its_storage)
{
    struct block_world *world = world_of(FORK_LONDON, "3 1 SSTORE 0x1234 SELFDESTRUCT");
    run(world);
    struct account_change change = contract_after(world);
    CHECK(!change.exists);
    CHECK(change.storage_cleared);
    CHECK_EQ(change.slot_count, 0);
    block_world_free(world);
}

TEST(from_cancun_on_only_the_balance_goes)
{
    struct block_world *world = world_of(FORK_CANCUN, "3 1 SSTORE 0x1234 SELFDESTRUCT");
    run(world);
    struct account_change change = contract_after(world);
    CHECK(change.exists);
    CHECK(u256_is_zero(change.balance));
    CHECK_EQ(u256_low64(block_world_slot(world, change.account, 1)), 3);
    block_world_free(world);
}

TEST(a_new_contract_has_code_nonce_and_storage)
{
    struct block_world *world = block_world_new(FORK_CANCUN);
    struct bytes runtime = bytecode("STOP STOP");
    struct tx *tx = block_world_tx(world, ALICE);
    tx->is_creation = true;
    tx->gas_limit = 1000000;
    tx->data = bytecode("9 4 SSTORE 0 0 MSTORE 2 0 RETURN"); /* two zero bytes of code */
    run(world);
    address sender = block_world_address(ALICE), created;
    hash32 code_hash;
    create_address(&created, &sender, 0);
    keccak256(&code_hash, runtime.data, runtime.size);
    CHECK(world->outcome.receipts[0].has_created);
    CHECK(address_equal(&world->outcome.receipts[0].created, &created));
    struct account_change change = block_world_account(world, created);
    CHECK(change.exists && change.code_changed);
    CHECK_EQ(change.nonce, 1);
    CHECK_EQ(u256_low64(change.balance), 1);
    CHECK(hash32_equal(&change.code_hash, &code_hash));
    CHECK_EQ(u256_low64(block_world_slot(world, created, 4)), 9);
    CHECK_EQ(world->outcome.changes.code_count, 1);
    CHECK(hash32_equal(&world->outcome.changes.codes[0].hash, &code_hash));
    CHECK_EQ(world->outcome.changes.codes[0].code.size, 2);
    block_world_free(world);
}

TEST(touched_empty_accounts_are_deleted_from_spurious_dragon_on)
{
    static const struct {
        enum fork fork;
        bool exists;
    } cases[] = {
        {FORK_TANGERINE_WHISTLE, true },
        {FORK_SPURIOUS_DRAGON,   false},
        {FORK_LONDON,            false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct block_world *world = block_world_new(cases[i].fork);
        address who = block_world_address(NOBODY);
        block_world_set(world, who, 0, U256_ZERO, BYTES_EMPTY);
        struct tx *tx = block_world_tx(world, ALICE);
        tx->to = who;
        tx->value = U256_ZERO;
        run(world);
        CHECK_EQ(block_world_account(world, who).exists, cases[i].exists);
        block_world_free(world);
    }
}

TEST(code_set_in_a_block_runs_in_the_same_block)
{
    struct block_world *world = block_world_new(FORK_CANCUN);
    address sender = block_world_address(ALICE), created;
    create_address(&created, &sender, 0);
    struct tx *tx = block_world_tx(world, ALICE);
    tx->is_creation = true;
    tx->gas_limit = 1000000;
    tx->data = bytecode_deploy(bytecode("6 4 SSTORE"));
    tx = block_world_tx(world, BOB);
    tx->to = created;
    run(world);
    CHECK_EQ(u256_low64(block_world_slot(world, created, 4)), 6);
    block_world_free(world);
}
