#include "support/block_world.h"
#include "support/test.h"

/* A valid block of `fork` with a transaction and (where there are such) a withdrawal, then one thing spoilt. */
static void expect(enum fork fork,
                   void (*spoil)(struct block_world *world),
                   enum block_fault expected,
                   const char *said)
{
    struct block_world *world = block_world_new(fork);
    block_world_tx(world, ALICE);
    if (fork >= FORK_SHANGHAI) block_world_withdraw(world, CAROL, 3);
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_TEXT(world->outcome.text, "");
    spoil(world);
    enum block_fault fault = block_world_run(world);
    if (fault != expected) fail_msg("%s (%s)", block_fault_name(fault), world->outcome.text);
    if (strstr(world->outcome.text, said) == NULL) fail_msg("\"%s\"", world->outcome.text);
    CHECK_EQ(world->outcome.receipt_count, 0);
    block_world_free(world);
}

/* clang-format off */
static void number(struct block_world *world) { world->block.header.number++; }
static void parent(struct block_world *world) { world->block.header.parent_hash.bytes[0] ^= 1; }
static void fields(struct block_world *world) { world->block.header.field_count--; }
static void transactions_root_of(struct block_world *world) { world->block.header.transactions_root.bytes[0] ^= 1; }
static void ommers_hash_of(struct block_world *world) { world->block.header.ommers_hash.bytes[0] ^= 1; }
static void withdrawals_root_of(struct block_world *world) { world->block.header.withdrawals_root.bytes[0] ^= 1; }
static void no_withdrawals(struct block_world *world) { world->block.has_withdrawals = false; }
static void early_withdrawals(struct block_world *world) { world->block.has_withdrawals = true; }
static void too_long(struct block_world *world) { world->block.encoding_size = 8388609; }
static void pos_ommer(struct block_world *world) { world->block.ommer_count = 1; }
static void gas_used(struct block_world *world) { world->block.header.gas_used++; }
static void blob_gas_used(struct block_world *world) { world->block.header.blob_gas_used = 131072; }
static void receipts_root_of(struct block_world *world) { world->block.header.receipts_root.bytes[0] ^= 1; }
static void bloom_of(struct block_world *world) { world->block.header.bloom.bytes[5] = 0x40; }
static void requests_of(struct block_world *world) { world->block.header.requests_hash.bytes[0] ^= 1; }
static void state_root_of(struct block_world *world) { world->block.header.state_root.bytes[0] ^= 1; }
static void tx_of(struct block_world *world) { world->txs[0].nonce = 3; }
static void dao(struct block_world *world) { world->chain.dao_number = BLOCK_WORLD_NUMBER; }
/* clang-format on */

TEST(each_mismatch_has_its_fault_and_says_what_came)
{
    expect(FORK_BERLIN, number, BLOCK_NUMBER, "number: expected 100, got 101");
    expect(FORK_BERLIN, parent, BLOCK_PARENT_UNKNOWN, "parent hash: expected 0x");
    expect(FORK_LONDON, fields, BLOCK_FIELDS, "header: expected 16 fields in London, got 15");
    expect(FORK_BERLIN, dao, BLOCK_EXTRA_DATA_DAO, "dao-hard-fork");
    expect(FORK_BERLIN,
           transactions_root_of,
           BLOCK_TRANSACTIONS_ROOT,
           "transactions root: the header has 0x");
    expect(FORK_BERLIN, ommers_hash_of, BLOCK_OMMERS_HASH, "ommers hash: the header has 0x");
    expect(FORK_CANCUN,
           withdrawals_root_of,
           BLOCK_WITHDRAWALS_ROOT,
           "withdrawals root: the header has 0x");
    expect(FORK_CANCUN,
           no_withdrawals,
           BLOCK_FIELDS,
           "body: expected a list of withdrawals in Cancun");
    expect(FORK_PARIS,
           early_withdrawals,
           BLOCK_FIELDS,
           "body: expected no list of withdrawals in Paris");
    expect(FORK_OSAKA, too_long, BLOCK_TOO_LONG, "expected at most 8388608 bytes, got 8388609");
    expect(FORK_PARIS, pos_ommer, BLOCK_POS_OMMERS, "ommers: expected none after the merge, got 1");
    expect(FORK_BERLIN,
           gas_used,
           BLOCK_GAS_USED,
           "gas used: the header has 21001, the block gives 21000");
    expect(FORK_CANCUN,
           blob_gas_used,
           BLOCK_BLOB_GAS_USED,
           "blob gas used: the header has 131072, the block gives 0");
    expect(FORK_BERLIN, receipts_root_of, BLOCK_RECEIPTS_ROOT, "receipts root: the header has 0x");
    expect(
        FORK_HOMESTEAD, receipts_root_of, BLOCK_RECEIPTS_ROOT, "receipts root: the header has 0x");
    expect(FORK_BERLIN,
           bloom_of,
           BLOCK_BLOOM,
           "logs bloom: byte 5: the header has 0x40, the block gives 0x00");
    expect(FORK_PRAGUE, requests_of, BLOCK_REQUESTS, "requests hash: the header has 0x");
    expect(FORK_BERLIN, state_root_of, BLOCK_STATE_ROOT, "state root: the header has 0x");
    expect(FORK_BERLIN, tx_of, BLOCK_TRANSACTION, "transaction 0: nonce above the sender's");
}

TEST(a_block_before_osaka_may_be_long)
{
    struct block_world *world = block_world_new(FORK_PRAGUE);
    block_world_seal(world);
    world->block.encoding_size = 8388609;
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    block_world_free(world);
}

TEST(body_roots_and_the_comparison_can_be_skipped)
{
    struct block_world *world = block_world_new(FORK_BERLIN);
    block_world_tx(world, ALICE);
    block_world_seal(world);
    world->block.header.transactions_root.bytes[0] ^= 1;
    world->block.header.gas_used++;
    world->input.skip_body_roots = true;
    CHECK_EQ(block_world_run(world), BLOCK_GAS_USED);
    world->input.skip_header_compare = true;
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(world->outcome.gas_used, 21000);
    block_world_free(world);
}
