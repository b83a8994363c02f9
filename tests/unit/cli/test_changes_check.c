#include "cli/changes_check.h"
#include "crypto/keccak.h"
#include "support/test.h"

static const address alice = {{0xa1}}, bob = {{0xb0}}, keeper = {{0xee}};
static struct bundle bundle;
static char text[ERROR_TEXT_MAX];

/* alice has 100 wei, nonce 5 and slot 1 = 11; the coinbase, keeper, gets two ether in block 1 of a Petersburg chain. */
static void world_begin(void)
{
    u256 hundred = u256_from_u64(100), one = U256_ONE, eleven = u256_from_u64(11);
    struct error error;
    memset(&bundle, 0, sizeof bundle);
    CHECK_EQ(chain_by_network(&bundle.chain, "ConstantinopleFix", &error), PEVM_OK);
    bundle.block.header.number = 1;
    bundle.block.header.coinbase = keeper;
    bundle.pre_state = memory_state_new();
    CHECK_EQ(memory_state_set_account(bundle.pre_state, &alice, 5, &hundred, &keccak_empty),
             PEVM_OK);
    CHECK_EQ(memory_state_set_slot(bundle.pre_state, &alice, &one, &eleven), PEVM_OK);
}

static void world_end(void)
{
    memory_state_free(bundle.pre_state);
}

static struct account_change reward_of_keeper(void)
{
    return (struct account_change){
        .account = keeper,
        .exists = true,
        .balance = u256_from_u64(UINT64_C(2000000000000000000)),
        .code_hash = keccak_empty,
    };
}

/* alice: nonce 6, `balance`, slot 1 = `slot` */
static bool check(uint64_t balance, uint64_t slot, bool with_reward)
{
    struct bundle_slot expected_slot = {U256_ONE, u256_from_u64(12)};
    struct bundle_change expected = {
        .who = alice,
        .has_balance = true,
        .balance = u256_from_u64(90),
        .has_nonce = true,
        .nonce = 6,
        .slots = &expected_slot,
        .slot_count = 1,
    };
    struct slot_change got_slot = {U256_ONE, u256_from_u64(slot)};
    struct account_change got[2] = {
        {.account = alice,
         .exists = true,
         .nonce = 6,
         .balance = u256_from_u64(balance),
         .code_hash = keccak_empty,
         .slots = &got_slot,
         .slot_count = 1}
    };
    got[1] = reward_of_keeper();
    struct bundle_changes changes = {.given = true, .accounts = &expected, .account_count = 1};
    struct changeset set = {.accounts = got, .account_count = with_reward ? 2 : 1};
    bool equal;
    text[0] = 0;
    CHECK_EQ(changes_check(&equal, text, &bundle, &changes, &set, true), PEVM_OK);
    return equal;
}

TEST(equal_changes_are_equal_and_rewards_are_added)
{
    world_begin();
    CHECK(check(90, 12, true));
    world_end();
}

TEST(a_balance_that_differs_is_told)
{
    world_begin();
    CHECK(!check(91, 12, true));
    CHECK(strstr(text, "0xa100000000000000000000000000000000000000: balance: expected 0x") == text);
    world_end();
}

TEST(a_slot_that_differs_is_told)
{
    world_begin();
    CHECK(!check(90, 13, true));
    CHECK(strstr(text, "slot 0x") != NULL);
    world_end();
}

TEST(a_reward_that_was_not_paid_is_told)
{
    world_begin();
    CHECK(!check(90, 12, false));
    CHECK(strstr(text, "reward") != NULL);
    world_end();
}

TEST(a_change_that_nobody_expects_is_told)
{
    struct account_change got = {
        .account = bob, .exists = true, .balance = U256_ONE, .code_hash = keccak_empty};
    struct bundle_changes nothing = {.given = true};
    struct changeset set = {.accounts = &got, .account_count = 1};
    bool equal;
    world_begin();
    CHECK_EQ(changes_check(&equal, text, &bundle, &nothing, &set, false), PEVM_OK);
    CHECK(!equal);
    CHECK(strstr(text, "existence: expected no, got yes") != NULL);
    world_end();
}

TEST(a_deletion_must_happen)
{
    struct bundle_change expected = {.who = alice, .deleted = true};
    struct bundle_changes changes = {.given = true, .accounts = &expected, .account_count = 1};
    struct account_change got = {.account = alice, .exists = false};
    struct changeset with = {.accounts = &got, .account_count = 1}, without = {0};
    bool equal;
    world_begin();
    CHECK_EQ(changes_check(&equal, text, &bundle, &changes, &with, false), PEVM_OK);
    CHECK(equal);
    CHECK_EQ(changes_check(&equal, text, &bundle, &changes, &without, false), PEVM_OK);
    CHECK(!equal);
    world_end();
}

TEST(withdrawals_are_added)
{
    struct withdrawal withdrawal = {.amount = 3, .to = bob};
    struct bundle_changes nothing = {.given = true};
    struct account_change got = {.account = bob,
                                 .exists = true,
                                 .balance = u256_from_u64(3000000000),
                                 .code_hash = keccak_empty};
    struct changeset set = {.accounts = &got, .account_count = 1}, without = {0};
    struct error error;
    bool equal;
    world_begin();
    CHECK_EQ(chain_by_network(&bundle.chain, "Shanghai", &error), PEVM_OK);
    bundle.block.withdrawals = &withdrawal;
    bundle.block.withdrawal_count = 1;
    CHECK_EQ(changes_check(&equal, text, &bundle, &nothing, &set, true), PEVM_OK);
    CHECK(equal);
    CHECK_EQ(changes_check(&equal, text, &bundle, &nothing, &without, true), PEVM_OK);
    CHECK(!equal);
    world_end();
}
