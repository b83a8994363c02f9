#include "evm/tx_run.h"
#include "support/block_world.h"
#include "support/bytecode.h"
#include "support/test.h"

TEST(each_transaction_sees_what_those_before_it_did)
{
    struct block_world *world = block_world_new(FORK_CANCUN);
    address contract = block_world_address(CONTRACT);
    block_world_set(world, contract, 1, U256_ZERO, bytecode("0 SLOAD 1 ADD 0 SSTORE"));
    for (unsigned i = 0; i < 5; i++)
        block_world_tx(world, i % 2 == 0 ? ALICE : BOB)->to = contract;
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(u256_low64(block_world_slot(world, contract, 0)), 5);
    block_world_free(world);
}

TEST(money_received_can_be_spent_later_in_the_block)
{
    struct block_world *world = block_world_new(FORK_SHANGHAI);
    struct tx *first = block_world_tx(world, ALICE);
    first->to = block_world_address(NOBODY);
    first->value = u256_from_u64(500000000000000000);
    block_world_tx(world, NOBODY);
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(block_world_account(world, block_world_address(NOBODY)).nonce, 1);
    block_world_free(world);
}

TEST(gas_must_fit_into_what_is_left_of_the_block)
{
    struct block_world *world = block_world_new(FORK_SHANGHAI);
    block_world_tx(world, ALICE);
    block_world_tx(world, ALICE)->gas_limit = world->block.header.gas_limit - 21000 + 1;
    block_world_sign(world);
    CHECK_EQ(block_world_run(world), BLOCK_TRANSACTION);
    CHECK_EQ(world->outcome.tx_fault, TX_BLOCK_GAS);
    CHECK_EQ(world->outcome.tx_index, 1);
    world->txs[1].gas_limit--;
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    block_world_free(world);
}

static const hash32 blob_hashes[6] = {{{1}}, {{1, 1}}, {{1, 2}}, {{1, 3}}, {{1, 4}}, {{1, 5}}};

static struct tx *blob_tx(struct block_world *world, size_t blobs)
{
    struct tx *tx = block_world_tx(world, ALICE);
    tx->type = TX_BLOB;
    tx->blob_hashes = blob_hashes;
    tx->blob_count = blobs;
    tx->max_blob_fee = U256_ONE;
    return tx;
}

TEST(blobs_must_fit_into_what_is_left_of_the_block)
{
    struct block_world *world = block_world_new(FORK_CANCUN);
    blob_tx(world, 4);
    blob_tx(world, 3);
    block_world_sign(world);
    CHECK_EQ(block_world_run(world), BLOCK_TRANSACTION);
    CHECK_EQ(world->outcome.tx_fault, TX_BLOCK_BLOB_GAS);
    CHECK_EQ(world->outcome.tx_index, 1);
    world->txs[1].blob_count = 2;
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(world->outcome.blob_gas_used, 6 * GAS_PER_BLOB);
    block_world_free(world);
}

TEST(before_byzantium_each_receipt_has_the_root_after_its_transaction)
{
    struct block_world *world = block_world_new(FORK_HOMESTEAD);
    block_world_tx(world, ALICE);
    block_world_tx(world, BOB);
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    const struct receipt *receipts = world->outcome.receipts;
    CHECK(receipts[0].has_state_root && receipts[1].has_state_root);
    CHECK(!hash32_equal(&receipts[0].state_root, &receipts[1].state_root));
    CHECK(!hash32_equal(&receipts[1].state_root,
                        &world->outcome.state_root)); /* the reward comes after */
    block_world_free(world);
}

TEST(a_failed_transaction_pays_and_leaves_a_receipt)
{
    struct block_world *world = block_world_new(FORK_PRAGUE);
    address contract = block_world_address(CONTRACT);
    block_world_set(world, contract, 1, U256_ZERO, bytecode("1 0 SSTORE 0 0 REVERT"));
    block_world_tx(world, ALICE)->to = contract;
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK(!world->outcome.receipts[0].success);
    CHECK(world->outcome.gas_used > 21000);
    CHECK(u256_is_zero(block_world_slot(world, contract, 0)));
    CHECK_EQ(block_world_account(world, block_world_address(ALICE)).nonce, 1);
    block_world_free(world);
}

/* ---- observers ---- */

struct witness {
    size_t begun, done;
    uint64_t gas;
};

static struct view see_begin(void *context, size_t tx, const struct view *state)
{
    struct witness *witness = context;
    CHECK_EQ(tx, witness->begun);
    CHECK_EQ(tx, witness->done);
    witness->begun++;
    return *state;
}

static void see_done(void *context,
                     size_t tx,
                     const struct journal *journal,
                     const struct tx_result *result)
{
    struct witness *witness = context;
    CHECK_EQ(tx, witness->done);
    CHECK(journal->account_count > 0);
    witness->done++;
    witness->gas += (uint64_t)result->gas_used;
}

TEST(an_observer_sees_each_transaction_in_turn_in_parallel_too)
{
    struct block_world *world = block_world_new(FORK_CANCUN);
    struct witness witness = {0};
    struct tx_observer observer = {&witness, see_begin, see_done};
    for (unsigned i = 0; i < 9; i++)
        block_world_tx(world, ALICE + i % 3);
    block_world_seal(world);
    world->input.observer = &observer;
    world->input.is_parallel = true;
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(witness.done, 9);
    CHECK_EQ(witness.gas, world->outcome.gas_used);
    observer.view = NULL;
    witness.done = 0;
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(witness.done, 9);
    block_world_free(world);
}
