#include "base/heap.h"
#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#define OTHER_ADDRESS "0x1000000000000000000000000000000000000003 "
#define RETURN_TOP    " 0 MSTORE 32 0 RETURN"

/* ---- the outermost message ------------------------------------------------------------------------ */

TEST(an_account_without_code_takes_the_value_and_gives_all_gas_back)
{
    struct world *world = world_new(FORK_OSAKA);
    address target = world_address(CONTRACT), sender = world_address(SENDER);
    world_account(world, CONTRACT, 5, BYTES_EMPTY);
    struct outcome out = world_call_with(world, 1000, 7, BYTES_EMPTY);
    CHECK_EQ(out.halt, HALT_STOP);
    CHECK_EQ(out.gas_used, 0);
    CHECK_EQ(world_balance(world, &target).words[0], 12);
    CHECK_EQ(world_balance(world, &sender).words[0], 1000000000 - 7);
    world_free(world);
}

TEST(a_message_to_a_precompile_runs_it)
{
    struct world *world = world_new(FORK_OSAKA);
    struct message message = world_message(world, 1000);
    message.to = message.code_address = (address){{[19] = 4}};
    message.input = bytecode("#c0ffee");
    struct outcome out = world_run(world, &message);
    CHECK_EQ(out.halt, HALT_RETURN);
    CHECK_EQ(out.gas_used, 18);
    CHECK_HEX(out.output, "c0ffee");
    message.gas = 17;
    out = world_run(world, &message);
    CHECK_EQ(out.halt, HALT_PRECOMPILE);
    CHECK_EQ(out.gas_used, 17);
    CHECK_EQ(out.output.size, 0);
    message.is_delegated = true; /* EIP-7702: a delegate that is a precompile runs as empty code */
    out = world_run(world, &message);
    CHECK_EQ(out.halt, HALT_STOP);
    CHECK_EQ(out.gas_used, 0);
    world_free(world);
}

/* A transaction is checked before; a message made by hand need not be. */
TEST(a_message_whose_value_is_not_there_reverts)
{
    struct world *world = world_new(FORK_OSAKA);
    address sender = world_address(SENDER);
    world_account(world, CONTRACT, 5, bytecode("1 0 SSTORE"));
    struct outcome out = world_call_with(world, 1000, 1000000001, BYTES_EMPTY);
    CHECK_EQ(out.halt, HALT_REVERT);
    CHECK_EQ(out.gas_used, 0);
    CHECK_EQ(world_balance(world, &sender).words[0], 1000000000);
    world_free(world);
}

TEST(a_creation_where_something_is_takes_all_gas_and_changes_nothing)
{
    struct world *world = world_new(FORK_OSAKA);
    address who = world_address(NOBODY), sender = world_address(SENDER);
    world_account(world, NOBODY, 3, BYTES_EMPTY)->nonce = 1;
    struct outcome out = world_create(world, 1000, 7, bytecode("STOP"));
    CHECK_EQ(out.halt, HALT_COLLISION);
    CHECK_EQ(out.gas_used, 1000);
    CHECK_EQ(world_balance(world, &who).words[0], 3);
    CHECK_EQ(world_balance(world, &sender).words[0], 1000000000);
    world_free(world);
}

TEST(an_outermost_message_that_fails_leaves_nothing)
{
    static const char *const programs[] = {"1 0 SSTORE 0 0 LOG0 0 0 REVERT", "1 0 SSTORE INVALID"};
    struct world *world = world_new(FORK_OSAKA);
    address target = world_address(CONTRACT);
    for (size_t i = 0; i < COUNT_OF(programs); i++) {
        world_account(world, CONTRACT, 5, bytecode(programs[i]));
        struct outcome out = world_call_with(world, 100000, 7, BYTES_EMPTY);
        CHECK(!halt_is_success(out.halt));
        CHECK_EQ(out.log_count, 0);
        CHECK_EQ(out.refund, 0);
        CHECK_EQ(world_balance(world, &target).words[0], 5);
        CHECK(u256_is_zero(world_word(world, CONTRACT, 0)));
    }
    world_free(world);
}

TEST(a_machine_moves_from_fork_to_fork)
{
    struct world *world = world_new(FORK_OSAKA);
    static const struct {
        enum fork fork;
        enum halt halt;
    } cases[] = {
        {FORK_OSAKA,    HALT_STOP          },
        {FORK_FRONTIER, HALT_INVALID_OPCODE},
        {FORK_LONDON,   HALT_INVALID_OPCODE},
        {FORK_SHANGHAI, HALT_STOP          },
        {FORK_SHANGHAI, HALT_STOP          },
        {FORK_PARIS,    HALT_INVALID_OPCODE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        world->env.rules = rules_of_fork(cases[i].fork);
        CHECK_EQ(world_program(world, "PUSH0").halt, cases[i].halt);
        CHECK(machine_env(world->machine) == &world->env);
    }
    world_free(world);
}

/* ---- waiting -------------------------------------------------------------------------------------- */

/* Every kind of read, alone and in a frame below. */
TEST(a_message_that_waits_at_every_read_ends_the_same)
{
    static const char *const programs[] = {
        "0 SLOAD POP 1 1 SSTORE",
        "SELFBALANCE POP " OTHER_ADDRESS "BALANCE POP",
        OTHER_ADDRESS "EXTCODESIZE POP " OTHER_ADDRESS "EXTCODEHASH POP",
        "32 0 0 " OTHER_ADDRESS "EXTCODECOPY",
        "999 BLOCKHASH POP 998 BLOCKHASH" RETURN_TOP,
        "0 0 0 0 3 " OTHER_ADDRESS "100000 CALL" RETURN_TOP,
        "0 0 0 0 0x77 100000 DELEGATECALL" RETURN_TOP,
        "0 0 0 0 1 0x77 100000 CALL" RETURN_TOP,
        "0 0 1 CREATE" RETURN_TOP,
        "7 0 0 1 CREATE2" RETURN_TOP,
        "0x77 SELFDESTRUCT",
        OTHER_ADDRESS "SELFDESTRUCT",
        "0 0 0 0 0 " OTHER_ADDRESS "100000 CALL 0 0 0 0 0 " OTHER_ADDRESS "100000 CALLCODE",
    };
    static const enum fork forks[] = {
        FORK_FRONTIER, FORK_TANGERINE_WHISTLE, FORK_SPURIOUS_DRAGON, FORK_BERLIN, FORK_OSAKA};
    unsigned paused = 0;
    for (size_t k = 0; k < COUNT_OF(forks); k++) {
        for (size_t i = 0; i < COUNT_OF(programs); i++) {
            struct world *world = world_new(forks[k]);
            world_slot(world, CONTRACT, 0, 5);
            world_account(world, OTHER, 9, bytecode("0 SLOAD POP 3 0 SSTORE 0 0 LOG0"));
            world_account(world, CONTRACT, 50, bytecode(programs[i]))->nonce = 1;
            struct outcome first = world_call_with(world, 1000000, 4, BYTES_EMPTY);
            world->block_times = 2;
            struct outcome second = world_call_with(world, 1000000, 4, BYTES_EMPTY);
            paused += second.pauses;
            if (first.halt != second.halt || first.gas_used != second.gas_used ||
                !hash32_equal(&first.state, &second.state))
                fail_msg("%s in %s: %lld and %lld",
                         programs[i],
                         fork_name(forks[k]),
                         (long long)first.gas_used,
                         (long long)second.gas_used);
            world_free(world);
        }
    }
    CHECK(paused > COUNT_OF(programs) * COUNT_OF(forks));
}

TEST(a_read_that_fails_stops_the_message_whichever_it_is)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 9, bytecode("0 SLOAD POP 3 0 SSTORE"));
    world_account(world,
                  CONTRACT,
                  50,
                  bytecode("0 SLOAD POP " OTHER_ADDRESS "BALANCE POP 999 BLOCKHASH POP "
                           "0 0 0 0 3 " OTHER_ADDRESS "100000 CALL 0 0 1 CREATE"));
    struct outcome whole = world_call_with(world, 1000000, 4, BYTES_EMPTY);
    CHECK_EQ(whole.halt, HALT_STOP);
    unsigned reads = 0;
    for (unsigned n = 2; n < 100; n++) { /* the first is world_run's own */
        world->fail_read = n;
        struct outcome out = world_call_with(world, 1000000, 4, BYTES_EMPTY);
        if (out.ended) break;
        CHECK_EQ(out.halt, HALT_STATE_FAILED);
        reads++;
    }
    CHECK(reads >= 7);
    /* And the machine can be used again. */
    world->fail_read = 0;
    struct outcome again = world_call_with(world, 1000000, 4, BYTES_EMPTY);
    CHECK(again.ended && hash32_equal(&again.state, &whole.state));
    world_free(world);
}

/* ---- memory --------------------------------------------------------------------------------------- */

TEST(messages_like_those_before_take_nothing_from_the_heap)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 9, bytecode("0xaabb 0 MSTORE 2 30 RETURN"));
    world_account(world,
                  CONTRACT,
                  50,
                  bytecode("5000 MLOAD POP 32 0 0 0 3 " OTHER_ADDRESS "100000 CALL POP "
                           "0 0 1 CREATE POP 0 0 0 0 4 100 STATICCALL POP 0 0 LOG0"));
    for (unsigned i = 0; i < 2; i++)
        (void)world_call(world, 1000000);
    uint64_t before = heap_calls();
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ(world_call(world, 1000000).halt, HALT_STOP);
    CHECK_EQ(heap_calls(), before);
    world_free(world);
}

TEST(memory_of_a_big_message_is_zero_for_the_next)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 0, bytecode("0xff 100000 MSTORE8 200000 MLOAD POP"));
    for (unsigned i = 0; i < 3; i++) {
        struct outcome out =
            world_program(world,
                          "0xee 1500000 MSTORE8 0 0 0 0 " OTHER_ADDRESS "GAS STATICCALL POP "
                          "0 1900000 MSTORE 0 0 0 0 " OTHER_ADDRESS "GAS STATICCALL");
        CHECK_EQ(out.halt, HALT_STOP);
        out = world_program(world,
                            "0 0 0 0 " OTHER_ADDRESS "GAS STATICCALL POP "
                            "1499999 MLOAD 100000 MLOAD OR 1899999 MLOAD OR" RETURN_TOP);
        CHECK(u256_is_zero(outcome_word(&out)));
    }
    world_free(world);
}

TEST(a_machine_needs_no_more_than_its_reserve)
{
    struct code_cache *codes = code_cache_new(0);
    struct machine_options options = {.codes = codes, .memory_reserve_bytes = 1};
    struct machine *machine;
    CHECK_EQ(machine_new(&machine, &options), PEVM_OK);
    assert_non_null(machine_journal(machine));
    machine_free(machine);
    options.memory_reserve_bytes = (size_t)1 << 62; /* more address space than there is */
    CHECK_EQ(machine_new(&machine, &options), PEVM_NO_MEMORY);
    CHECK(machine == NULL);
    machine_free(NULL);
    code_cache_free(codes);
}

/* ---- before its time ----------------------------------------------------------------------------- */

struct patience {
    unsigned asked, yes_from; /* 0: never */
};

static bool is_over(void *context)
{
    struct patience *patience = context;
    patience->asked++;
    return patience->yes_from != 0 && patience->asked >= patience->yes_from;
}

/* A loop; and one that calls itself three times, without a jump. */
static const char *const endless[] = {
    "again: @again JUMP",
    "again: 1 @again JUMPI",
    "0 0 0 0 0 ADDRESS GAS CALL 0 0 0 0 0 ADDRESS GAS CALL 0 0 0 0 0 ADDRESS GAS CALL",
};

TEST(a_message_that_nobody_ends_is_asked_about_and_ends_the_same)
{
    for (size_t i = 0; i < COUNT_OF(endless); i++) {
        struct world *world = world_new(FORK_OSAKA);
        world_account(world, CONTRACT, 0, bytecode(endless[i]));
        struct outcome alone = world_call(world, 1000000);
        struct patience patience = {.yes_from = 0};
        machine_set_poll(world->machine, is_over, &patience);
        struct outcome asked = world_call(world, 1000000);
        CHECK(patience.asked >= 1000000 / POLL_GAS / 2);
        CHECK(patience.asked <= 1000000 / 100);
        CHECK_EQ(asked.halt, alone.halt);
        CHECK_EQ(asked.gas_used, alone.gas_used);
        CHECK(hash32_equal(&asked.state, &alone.state));
        world_free(world);
    }
}

TEST(a_message_ends_when_it_is_told_so_and_the_next_one_is_whole)
{
    for (size_t i = 0; i < COUNT_OF(endless); i++) {
        struct world *world = world_new(FORK_OSAKA);
        world_account(world, CONTRACT, 0, bytecode(endless[i]));
        struct outcome alone = world_call(world, 200000);
        struct patience patience = {.yes_from = 2};
        machine_set_poll(world->machine, is_over, &patience);
        struct outcome told = world_call(world, 1000000000);
        CHECK_EQ(told.ended, false);
        CHECK_EQ(told.halt, HALT_CANCELLED);
        CHECK_EQ(patience.asked, 2);
        machine_set_poll(world->machine, NULL, NULL);
        struct outcome next = world_call(world, 200000);
        CHECK_EQ(next.halt, alone.halt);
        CHECK_EQ(next.gas_used, alone.gas_used);
        CHECK(hash32_equal(&next.state, &alone.state));
        world_free(world);
    }
}

TEST(a_short_message_is_not_asked_about)
{
    struct world *world = world_new(FORK_OSAKA);
    struct patience patience = {.yes_from = 1};
    world_account(world, CONTRACT, 0, bytecode("@on JUMP on: 1 2 ADD" RETURN_TOP));
    machine_set_poll(world->machine, is_over, &patience);
    CHECK_EQ(world_call(world, POLL_GAS).halt, HALT_RETURN);
    CHECK_EQ(patience.asked, 0);
    world_free(world);
}
