#include "engine/hooks_ethereum.h"
#include "support/block_world.h"
#include "support/bytecode.h"
#include "support/test.h"

/* clang-format off */
static const address beacon_roots = {{0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31, 0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}};
static const address history      = {{0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb, 0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35}};
static const address withdrawals  = {{0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}};
static const address consolidations = {{0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb, 0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}};
static const address dao_refund = {{0xbf, 0x4e, 0xd7, 0xb2, 0x7f, 0x1d, 0x66, 0x65, 0x46, 0xe3, 0x0d, 0x74, 0xd5, 0x0d, 0x17, 0x3d, 0x20, 0xbc, 0xa7, 0x54}};
static const address dao_first = {{0xd4, 0xfe, 0x7b, 0xc3, 0x1c, 0xed, 0xb7, 0xbf, 0xb8, 0xa3, 0x45, 0xf3, 0x1e, 0x66, 0x80, 0x33, 0x05, 0x6b, 0x27, 0x28}};
static const address dao_last = {{0x80, 0x76, 0x40, 0xa1, 0x34, 0x83, 0xf8, 0xac, 0x78, 0x3c, 0x55, 0x7f, 0xcd, 0xf2, 0x7b, 0xe1, 0x1e, 0xa4, 0xac, 0x7a}};
/* clang-format on */

/* The deployed code of EIP-4788 and EIP-2935. */
static const char beacon_roots_code[] =
    "3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001f"
    "ff810690815414603c57"
    "5f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500";
static const char history_code[] = "3373fffffffffffffffffffffffffffffffffffffffe1460465760203603604"
                                   "2575f35600143038111604257611fff81430311604257611fff"
                                   "9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

static void run(struct block_world *world)
{
    block_world_seal(world);
    if (block_world_run(world) != BLOCK_VALID) fail_msg("%s", world->outcome.text);
}

TEST(the_dao_fork_moves_the_ether_of_its_accounts)
{
    struct block_world *world = block_world_new(FORK_HOMESTEAD);
    world->chain.dao_number = BLOCK_WORLD_NUMBER;
    world->block.header.extra_data = bytes_of("dao-hard-fork", 13);
    block_world_set(world, dao_first, 0, u256_from_u64(1000), BYTES_EMPTY);
    block_world_set(world, dao_last, 3, u256_from_u64(234), BYTES_EMPTY);
    block_world_set(world, dao_refund, 1, u256_from_u64(1), BYTES_EMPTY);
    run(world);
    CHECK_EQ(u256_low64(block_world_account(world, dao_refund).balance), 1235);
    CHECK(u256_is_zero(block_world_account(world, dao_first).balance));
    CHECK(block_world_account(world, dao_first).exists);
    CHECK_EQ(block_world_account(world, dao_last).nonce, 3);
    block_world_free(world);
}

TEST(at_other_heights_the_dao_keeps_its_ether)
{
    struct block_world *world = block_world_new(FORK_HOMESTEAD);
    world->chain.dao_number = BLOCK_WORLD_NUMBER - 1;
    world->block.header.extra_data = bytes_of("dao-hard-fork", 13);
    block_world_set(world, dao_first, 0, u256_from_u64(1000), BYTES_EMPTY);
    run(world);
    CHECK_EQ(u256_low64(block_world_account(world, dao_first).balance), 1000);
    block_world_free(world);
}

TEST(beacon_root_and_parent_hash_are_stored_before_the_transactions)
{
    struct block_world *world = block_world_new(FORK_PRAGUE);
    uint64_t time = world->block.header.timestamp;
    block_world_set(world, beacon_roots, 1, U256_ZERO, test_hex(beacon_roots_code));
    block_world_set(world, history, 1, U256_ZERO, test_hex(history_code));
    run(world);
    CHECK_EQ(u256_low64(block_world_slot(world, beacon_roots, time % 8191)), time);
    CHECK(u256_equal(block_world_slot(world, beacon_roots, time % 8191 + 8191),
                     u256_from_hash(&world->block.header.parent_beacon_root)));
    CHECK(u256_equal(block_world_slot(world, history, BLOCK_WORLD_NUMBER - 1),
                     u256_from_hash(&world->parent.hash)));
    CHECK_EQ(world->outcome.gas_used, 0);
    block_world_free(world);
}

TEST(contracts_that_are_not_there_or_fail_do_no_harm_before)
{
    struct block_world *world = block_world_new(FORK_PRAGUE);
    block_world_set(world, beacon_roots, 1, U256_ZERO, bytecode("1 1 SSTORE INVALID"));
    run(world);
    CHECK_EQ(world->outcome.changes.account_count, 0);
    block_world_free(world);
}

TEST(cancun_knows_no_history_contract)
{
    struct block_world *world = block_world_new(FORK_CANCUN);
    block_world_set(world, history, 1, U256_ZERO, test_hex(history_code));
    run(world);
    CHECK_EQ(world->outcome.changes.account_count, 0);
    block_world_free(world);
}

TEST(queues_give_up_their_requests_after_the_transactions)
{
    struct block_world *world = block_world_new(FORK_PRAGUE);
    /* returns the byte 0x07, counts its calls */
    block_world_set(world,
                    withdrawals,
                    1,
                    U256_ZERO,
                    bytecode("0 SLOAD 1 ADD 0 SSTORE 7 0 MSTORE8 1 0 RETURN"));
    run(world);
    CHECK_EQ(u256_low64(block_world_slot(world, withdrawals, 0)), 1);
    /* sha256(sha256(0x0107)) */
    CHECK(world->outcome.has_requests_hash);
    CHECK_HEX(bytes_of(world->outcome.requests_hash.bytes, 32),
              "10be521c2a496fb72fcd0eecfbfbcc7adf064ec516b664babdb0385d7080c32e");
    block_world_free(world);
}

TEST(a_queue_without_code_makes_the_block_invalid)
{
    struct block_world *world = block_world_new(FORK_PRAGUE);
    block_world_set(world, consolidations, 1, U256_ZERO, BYTES_EMPTY);
    block_world_sign(world);
    CHECK_EQ(block_world_run(world), BLOCK_SYSTEM_EMPTY);
    CHECK_TEXT(
        world->outcome.text,
        "consolidation requests call: no code at 0x0000bbddc7ce488642fb579f8b00f3a590007251");
    block_world_free(world);
}

TEST(a_queue_that_fails_makes_the_block_invalid)
{
    static const char *const programs[] = {"0 0 REVERT", "INVALID", "loop: @loop JUMP"};
    for (size_t i = 0; i < COUNT_OF(programs); i++) {
        struct block_world *world = block_world_new(FORK_PRAGUE);
        block_world_set(world, withdrawals, 1, U256_ZERO, bytecode(programs[i]));
        block_world_sign(world);
        CHECK_EQ(block_world_run(world), BLOCK_SYSTEM_FAILED);
        CHECK_TEXT(world->outcome.text,
                   "withdrawal requests call: the call to "
                   "0x00000961ef480eb55e80d19ad83579a64c007002 failed");
        block_world_free(world);
    }
}
