#include "types/contract_address.h"
#include "unit/evm/tx_stage.h"

#define OTHER_ADDRESS "0x1000000000000000000000000000000000000003 "
#define RETURN_TOP    " 0 MSTORE 32 0 RETURN"

/* ---- fees ----------------------------------------------------------------------------------------------- */

TEST(fees_go_from_the_sender_to_the_coinbase_and_the_base_fee_to_nobody)
{
    static const struct {
        enum fork fork;
        unsigned max_fee, tip;
        uint64_t paid, earned; /* for each unit of gas */
    } cases[] = {
        {FORK_FRONTIER, 10, 10, 10, 10},
        {FORK_BERLIN,   10, 10, 10, 10},
        {FORK_LONDON,   10, 10, 10, 3 },
        {FORK_LONDON,   10, 2,  9,  2 },
        {FORK_OSAKA,    7,  0,  7,  0 },
        {FORK_OSAKA,    20, 20, 20, 13}
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage = stage_new(cases[i].fork);
        stage.tx.max_fee = u256_from_u64(cases[i].max_fee);
        stage.tx.max_priority_fee = u256_from_u64(cases[i].tip);
        stage.tx.value = u256_from_u64(5);
        world_account(stage.world, CONTRACT, 0, bytecode("GASPRICE 0 MSTORE 32 0 RETURN"))->nonce =
            1;
        CHECK_EQ(fault_of(&stage), TX_VALID);
        CHECK(stage.result.success);
        CHECK_EQ(u256_from_be(stage.result.output.data).words[0], cases[i].paid);
        uint64_t used = (uint64_t)stage.result.gas_used;
        CHECK_EQ(used, 21000 + 2 + 3 + 6 + 3 + 3);
        CHECK_EQ(balance_of(&stage, SENDER), SENDER_BALANCE - 5 - used * cases[i].paid);
        CHECK_EQ(balance_of(&stage, COINBASE), used * cases[i].earned);
        CHECK_EQ(balance_of(&stage, CONTRACT), 5);
        CHECK_EQ(entry_of(&stage, SENDER)->nonce, 2);
        world_free(stage.world);
    }
}

TEST(blob_gas_is_burned)
{
    struct stage stage = stage_new(FORK_CANCUN);
    blob(&stage);
    stage.tx.blob_count = 2;
    stage.tx.max_blob_fee = u256_from_u64(100);
    world_account(stage.world, CONTRACT, 0, bytecode("INVALID"))->nonce = 1;
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK(!stage.result.success);
    CHECK_EQ(balance_of(&stage, SENDER), SENDER_BALANCE - 100000 * 10 - 2 * 131072 * 3);
    CHECK_EQ(balance_of(&stage, COINBASE), 100000 * 3);
    world_free(stage.world);
}

TEST(a_sender_who_is_coinbase_gets_the_tip_back)
{
    struct stage stage = stage_new(FORK_LONDON);
    stage.world->env.coinbase = stage.tx.sender;
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK_EQ(balance_of(&stage, SENDER), SENDER_BALANCE - 21000 * 7);
    world_free(stage.world);
}

TEST(refunds_are_a_half_or_a_fifth_of_what_was_used)
{
    static const struct {
        enum fork fork;
        int64_t used_before, refunded;
    } cases[] = {
        {FORK_BYZANTIUM, 21000 + 3 * 5006, 18009    }, /* 45,000 due, a half at most */
        {FORK_BERLIN,    21000 + 3 * 5006, 18009    }, /* reset 2,900 and 2,100 cold */
        {FORK_LONDON,    21000 + 3 * 5006, 36018 / 5}, /* 14,400 due, a fifth at most */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage = stage_new(cases[i].fork);
        for (unsigned key = 0; key < 3; key++)
            world_slot(stage.world, CONTRACT, key, 9);
        world_account(stage.world, CONTRACT, 0, bytecode("0 0 SSTORE 0 1 SSTORE 0 2 SSTORE"))
            ->nonce = 1;
        CHECK_EQ(fault_of(&stage), TX_VALID);
        CHECK_EQ(stage.result.gas_refunded, cases[i].refunded);
        CHECK_EQ(stage.result.gas_used, cases[i].used_before - cases[i].refunded);
        world_free(stage.world);
    }
}

TEST(data_has_a_floor_from_prague_on)
{
    struct stage stage = stage_new(FORK_CANCUN);
    stage.tx.data = ones(1000);
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK_EQ(stage.result.gas_used, 21000 + 16000);
    world_free(stage.world);
    stage = stage_new(FORK_PRAGUE);
    stage.tx.data = ones(1000);
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK_EQ(stage.result.gas_used, 21000 + 40000);
    CHECK_EQ(balance_of(&stage, SENDER), SENDER_BALANCE - 61000 * 10);
    world_free(stage.world);
}

/* ---- what runs ------------------------------------------------------------------------------------------ */

TEST(a_creation_goes_to_the_address_of_the_nonce_before)
{
    struct stage stage = stage_new(FORK_OSAKA);
    address expected;
    create_address(&expected, &stage.tx.sender, 1);
    stage.tx.is_creation = true;
    stage.tx.data = bytecode_deploy(bytecode("1 2 ADD"));
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK(stage.result.has_created && stage.result.success);
    CHECK(address_equal(&stage.result.created, &expected));
    CHECK_EQ(world_entry(stage.world, &expected)->nonce, 1);
    stage.tx.data = bytecode("INVALID");
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK(!stage.result.has_created && !stage.result.success);
    CHECK_EQ(stage.result.gas_used, 100000);
    CHECK_EQ(entry_of(&stage, SENDER)->nonce, 2);
    world_free(stage.world);
}

TEST(logs_are_there_when_it_succeeds)
{
    struct stage stage = stage_new(FORK_OSAKA);
    world_account(stage.world, CONTRACT, 0, bytecode("0 0 LOG0 7 0 0 LOG1"))->nonce = 1;
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK_EQ(stage.result.log_count, 2);
    CHECK_EQ(stage.result.logs[1].topics[0].bytes[31], 7);
    world_account(stage.world, CONTRACT, 0, bytecode("0 0 LOG0 0 0 REVERT"))->nonce = 1;
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK_EQ(stage.result.log_count, 0);
    CHECK_EQ(stage.result.halt, HALT_REVERT);
    world_free(stage.world);
}

TEST(accounts_are_warm_by_fork_and_list)
{
    static const hash32 slots[] = {{{[31] = 5}}};
    const struct access_entry list = {world_address(OTHER), slots, 1};
    static const struct {
        enum fork fork;
        bool listed;
        const char *program;
        int64_t gas; /* of the program */
    } cases[] = {
        {FORK_BERLIN,   false, "ORIGIN BALANCE",        102 },
        {FORK_BERLIN,   false, "ADDRESS BALANCE",       102 },
        {FORK_BERLIN,   false, "COINBASE BALANCE",      2602},
        {FORK_SHANGHAI, false, "COINBASE BALANCE",      102 },
        {FORK_BERLIN,   false, OTHER_ADDRESS "BALANCE", 2603},
        {FORK_BERLIN,   true,  OTHER_ADDRESS "BALANCE", 103 },
        {FORK_BERLIN,   true,  "5 SLOAD",               2103}, /* listed for another account */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage = stage_new(cases[i].fork);
        stage_type(&stage, TX_ACCESS_LIST);
        stage.tx.access_list = &list;
        stage.tx.access_count = cases[i].listed ? 1 : 0;
        world_account(stage.world, CONTRACT, 0, bytecode(cases[i].program))->nonce = 1;
        CHECK_EQ(fault_of(&stage), TX_VALID);
        CHECK_EQ(stage.result.gas_used, 21000 + (cases[i].listed ? 4300 : 0) + cases[i].gas);
        if (cases[i].listed) {
            u256 five = u256_from_u64(5);
            struct slot_entry *slot =
                journal_slot(machine_journal(stage.world->machine), entry_of(&stage, OTHER), &five);
            CHECK(slot->warm && !slot->loaded);
        }
        world_free(stage.world);
    }
}

/* ---- EIP-161, at the end -------------------------------------------------------------------------------- */

TEST(touched_and_empty_accounts_go)
{
    static const struct {
        enum fork fork;
        const char *program;
        uint64_t balance; /* of OTHER */
        bool goes;
    } cases[] = {
        {FORK_TANGERINE_WHISTLE, "0 0 0 0 0 " OTHER_ADDRESS "0 CALL",         0, false},
        {FORK_SPURIOUS_DRAGON,   "0 0 0 0 0 " OTHER_ADDRESS "0 CALL",         0, true },
        {FORK_SPURIOUS_DRAGON,   "0 0 0 0 0 " OTHER_ADDRESS "0 CALL",         1, false},
        {FORK_SPURIOUS_DRAGON,   OTHER_ADDRESS "SELFDESTRUCT",                0, true },
        {FORK_SPURIOUS_DRAGON,   OTHER_ADDRESS "BALANCE",                     0, false},
        {FORK_SPURIOUS_DRAGON,   "0 0 0 0 0 " OTHER_ADDRESS "0 CALL INVALID", 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage = stage_new(cases[i].fork);
        world_account(stage.world, OTHER, cases[i].balance, BYTES_EMPTY);
        world_account(stage.world, CONTRACT, 0, bytecode(cases[i].program))->nonce = 1;
        CHECK_EQ(fault_of(&stage), TX_VALID);
        if (entry_of(&stage, OTHER)->destroyed != cases[i].goes) fail_msg("case %zu", i);
        world_free(stage.world);
    }
}

TEST(a_coinbase_that_earned_nothing_and_is_empty_goes)
{
    struct stage stage = stage_new(FORK_BYZANTIUM);
    stage.tx.max_fee = stage.tx.max_priority_fee = U256_ZERO;
    world_account(stage.world, COINBASE, 0, BYTES_EMPTY);
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK(entry_of(&stage, COINBASE)->destroyed);
    stage.tx.max_fee = stage.tx.max_priority_fee = U256_ONE;
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK(!entry_of(&stage, COINBASE)->destroyed);
    world_free(stage.world);
}

/* ---- EIP-7702 ------------------------------------------------------------------------------------------- */

static struct authorization tuple_of(unsigned authority, uint64_t nonce)
{
    return (struct authorization){
        .chain_id = U256_ONE,
        .delegate = world_address(CONTRACT),
        .nonce = nonce,
        .authority = world_address(authority),
        .authority_valid = true,
    };
}

TEST(an_authorization_holds_or_is_skipped)
{
    enum what {
        GOOD,
        ANY_CHAIN,
        WRONG_CHAIN,
        WRONG_NONCE,
        MAX_NONCE,
        BAD_SIGNATURE,
        HAS_CODE,
        AGAIN
    };
    static const bool holds[] = {true, true, false, false, false, false, false, true};
    for (unsigned i = 0; i < COUNT_OF(holds); i++) {
        struct stage stage = stage_new(FORK_PRAGUE);
        struct authorization tuple = tuple_of(OTHER, 0);
        struct bytes code = i == HAS_CODE ? bytecode("STOP") : BYTES_EMPTY;
        if (i == AGAIN) code = bytecode("#ef01001000000000000000000000000000000000000004");
        world_account(stage.world, OTHER, 9, code);
        if (i == ANY_CHAIN) tuple.chain_id = U256_ZERO;
        if (i == WRONG_CHAIN) tuple.chain_id = u256_from_u64(2);
        if (i == WRONG_NONCE) tuple.nonce = 1;
        if (i == MAX_NONCE) tuple.nonce = UINT64_MAX;
        if (i == BAD_SIGNATURE) tuple.authority_valid = false;
        set_code(&stage);
        stage.tx.authorizations = &tuple;
        CHECK_EQ(fault_of(&stage), TX_VALID);
        struct account_entry *authority = entry_of(&stage, OTHER);
        CHECK_EQ(authority->code_changed, holds[i]);
        CHECK_EQ(stage.result.gas_refunded, holds[i] ? (46000 / 5 < 12500 ? 9200 : 12500) : 0);
        if (holds[i]) {
            CHECK_EQ(authority->nonce, 1);
            CHECK(authority->code->is_delegation && authority->warm);
        }
        world_free(stage.world);
    }
}

TEST(authorizations_outlive_a_transaction_that_fails)
{
    struct stage stage = stage_new(FORK_PRAGUE);
    struct authorization tuples[2] = {tuple_of(OTHER, 0), tuple_of(OTHER, 1)};
    tuples[1].delegate = (address){{0}}; /* takes the first one back */
    world_account(stage.world, CONTRACT, 0, bytecode("INVALID"))->nonce = 1;
    set_code(&stage);
    stage.tx.authorizations = tuples;
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK(!stage.result.success);
    CHECK_EQ(entry_of(&stage, OTHER)->nonce, 1);
    CHECK(entry_of(&stage, OTHER)->code->is_delegation);
    stage.tx.authorization_count = 2;
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK_EQ(entry_of(&stage, OTHER)->nonce, 2);
    CHECK_EQ(entry_of(&stage, OTHER)->code->size, 0);
    world_free(stage.world);
}

TEST(a_new_authority_brings_no_refund)
{
    struct stage stage = stage_new(FORK_PRAGUE);
    struct authorization tuple = tuple_of(NOBODY, 0);
    set_code(&stage);
    stage.tx.authorizations = &tuple;
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK_EQ(stage.result.gas_refunded, 0);
    CHECK(entry_of(&stage, NOBODY)->exists);
    world_free(stage.world);
}

TEST(a_delegated_account_may_send_and_be_sent_to)
{
    struct bytes designator = bytecode("#ef01001000000000000000000000000000000000000003");
    struct stage stage = stage_new(FORK_PRAGUE);
    world_account(stage.world, SENDER, SENDER_BALANCE, designator)->nonce = 1;
    world_account(stage.world, CONTRACT, 0, designator)->nonce = 1;
    world_account(stage.world, OTHER, 0, bytecode("ADDRESS" RETURN_TOP))->nonce = 1;
    CHECK_EQ(fault_of(&stage), TX_VALID);
    CHECK(stage.result.success);
    CHECK_EQ(stage.result.output.data[31], CONTRACT);
    CHECK(entry_of(&stage, OTHER)->warm); /* for free */
    CHECK_EQ(stage.result.gas_used, 21000 + 2 + 15);
    world_free(stage.world);
}

/* ---- waiting -------------------------------------------------------------------------------------------- */

TEST(a_transaction_that_waits_at_every_read_ends_the_same)
{
    static const enum fork forks[] = {FORK_FRONTIER, FORK_SPURIOUS_DRAGON, FORK_LONDON, FORK_OSAKA};
    for (size_t i = 0; i < COUNT_OF(forks); i++) {
        struct stage stage = stage_new(forks[i]);
        struct authorization tuples[2] = {tuple_of(OTHER, 0), tuple_of(THIRD, 0)};
        world_account(stage.world, OTHER, 0, BYTES_EMPTY);
        world_account(stage.world, COINBASE, 0, BYTES_EMPTY);
        world_account(stage.world,
                      CONTRACT,
                      0,
                      bytecode("0 SLOAD POP 0 0 0 0 0 " OTHER_ADDRESS "1000 CALL 1 0 SSTORE"))
            ->nonce = 1;
        stage.tx.value = u256_from_u64(3);
        if (forks[i] >= FORK_PRAGUE) {
            stage_type(&stage, TX_SET_CODE);
            stage.tx.gas_limit = 200000;
            stage.tx.authorizations = tuples;
            stage.tx.authorization_count = 2;
        }
        CHECK_EQ(fault_of(&stage), TX_VALID);
        struct tx_result first = stage.result;
        uint64_t balances[] = {balance_of(&stage, SENDER), balance_of(&stage, COINBASE)};
        stage.world->block_times = 3;
        CHECK_EQ(fault_of(&stage), TX_VALID);
        CHECK(stage.pauses >= 9);
        CHECK_EQ(stage.result.gas_used, first.gas_used);
        CHECK_EQ(stage.result.gas_refunded, first.gas_refunded);
        CHECK_EQ(stage.result.halt, first.halt);
        stage.world->block_times = 0;
        CHECK_EQ(balance_of(&stage, SENDER), balances[0]);
        CHECK_EQ(balance_of(&stage, COINBASE), balances[1]);
        world_free(stage.world);
    }
}

TEST(a_read_that_fails_stops_the_transaction)
{
    struct stage stage = stage_new(FORK_SPURIOUS_DRAGON);
    world_account(stage.world, CONTRACT, 0, bytecode("0 SLOAD 0 0 0 0 0 " OTHER_ADDRESS "100 CALL"))
        ->nonce = 1;
    unsigned failed = 0;
    for (unsigned n = 1; n < 100; n++) {
        stage.world->fail_read = n;
        enum run_answer answer = run(&stage);
        if (answer == RUN_DONE) break;
        CHECK_EQ(answer, RUN_STATE_FAILED);
        failed++;
    }
    CHECK(failed >= 5);
    stage.world->fail_read = 0;
    CHECK_EQ(run(&stage), RUN_DONE);
    world_free(stage.world);
}

/* ---- system calls --------------------------------------------------------------------------------------- */

static enum run_answer call_system(struct world *world,
                                   struct message_result *result,
                                   bool *had_code)
{
    struct view view = world_view(world);
    address to = world_address(CONTRACT);
    machine_set_block(world->machine, &world->env, NULL);
    return system_call(world->machine, &view, &to, bytecode("#c0ffee"), result, had_code);
}

TEST(a_system_call_is_by_nobody_and_costs_nobody)
{
    struct world *world = world_new(FORK_OSAKA);
    struct message_result result;
    bool had_code;
    world_account(world,
                  CONTRACT,
                  0,
                  bytecode("CALLER ORIGIN EQ 0 MSTORE CALLER 32 MSTORE GAS 64 MSTORE "
                           "GASPRICE 96 MSTORE CALLDATASIZE 128 MSTORE 160 0 RETURN"));
    CHECK_EQ(call_system(world, &result, &had_code), RUN_DONE);
    CHECK(had_code);
    CHECK_EQ(result.halt, HALT_RETURN);
    CHECK_EQ(result.output.data[31], 1);
    CHECK_HEX(bytes_of(result.output.data + 44, 20), "fffffffffffffffffffffffffffffffffffffffe");
    CHECK_EQ(u256_from_be(result.output.data + 64).words[0], 30000000 - 29);
    CHECK_EQ(u256_from_be(result.output.data + 96).words[0], 0);
    CHECK_EQ(u256_from_be(result.output.data + 128).words[0], 3);
    address caller = {{0}};
    memcpy(caller.bytes, result.output.data + 44, 20);
    CHECK(!world_entry(world, &caller)->exists);
    world_free(world);
}

TEST(a_system_call_to_nobody_says_so)
{
    struct world *world = world_new(FORK_OSAKA);
    struct message_result result;
    bool had_code = true;
    CHECK_EQ(call_system(world, &result, &had_code), RUN_DONE);
    CHECK(!had_code);
    world->fail_read = 1;
    CHECK_EQ(call_system(world, &result, &had_code), RUN_STATE_FAILED);
    world_account(world, CONTRACT, 0, bytecode("0 SLOAD"));
    world->fail_read = 3;
    CHECK_EQ(call_system(world, &result, &had_code), RUN_STATE_FAILED);
    world_free(world);
}
