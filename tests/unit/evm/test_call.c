#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>

#define SELF_ADDRESS   "0x1000000000000000000000000000000000000002 "
#define OTHER_ADDRESS  "0x1000000000000000000000000000000000000003 "
#define THIRD_ADDRESS  "0x1000000000000000000000000000000000000004 "
#define NOBODY_ADDRESS "0x1000000000000000000000000000000000000006 "
#define RETURN_TOP     " 0 MSTORE 32 0 RETURN"

/* The code of OTHER returns one word: address, caller, value or the word in slot 0. */
TEST(each_kind_of_call_has_its_context)
{
    static const struct {
        const char *call;
        const char *code;
        uint64_t expected_low;
    } cases[] = {
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALL",       "ADDRESS",     OTHER   },
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALL",       "CALLER",      CONTRACT},
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALL",       "CALLVALUE",   5       },
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALL",       "0 SLOAD",     33      },
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALL",       "SELFBALANCE", 15      },
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALLCODE",   "ADDRESS",     CONTRACT},
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALLCODE",   "CALLER",      CONTRACT},
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALLCODE",   "CALLVALUE",   5       },
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALLCODE",   "0 SLOAD",     22      },
        {"32 0 0 0 5 " OTHER_ADDRESS "100000 CALLCODE",
         "SELFBALANCE",                                                  109     }, /* 100 and the 9 it was called with */
        {"32 0 0 0 " OTHER_ADDRESS "100000 DELEGATECALL", "ADDRESS",     CONTRACT},
        {"32 0 0 0 " OTHER_ADDRESS "100000 DELEGATECALL", "CALLER",      SENDER  },
        {"32 0 0 0 " OTHER_ADDRESS "100000 DELEGATECALL", "CALLVALUE",   9       },
        {"32 0 0 0 " OTHER_ADDRESS "100000 DELEGATECALL", "0 SLOAD",     22      },
        {"32 0 0 0 " OTHER_ADDRESS "100000 STATICCALL",   "ADDRESS",     OTHER   },
        {"32 0 0 0 " OTHER_ADDRESS "100000 STATICCALL",   "CALLER",      CONTRACT},
        {"32 0 0 0 " OTHER_ADDRESS "100000 STATICCALL",   "CALLVALUE",   0       },
        {"32 0 0 0 " OTHER_ADDRESS "100000 STATICCALL",   "0 SLOAD",     33      },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(FORK_OSAKA);
        char text[256];
        snprintf(text, sizeof text, "%s%s", cases[i].code, RETURN_TOP);
        world_account(world, OTHER, 10, bytecode(text));
        snprintf(text, sizeof text, "%s POP 32 0 RETURN", cases[i].call);
        world_account(world, CONTRACT, 100, bytecode(text));
        world_slot(world, CONTRACT, 0, 22);
        world_slot(world, OTHER, 0, 33);
        struct outcome out = world_call_with(world, 1000000, 9, BYTES_EMPTY);
        if ((outcome_word(&out).words[0] & 0xff) != cases[i].expected_low)
            fail_msg("%s, %s: %llu",
                     cases[i].call,
                     cases[i].code,
                     (unsigned long long)outcome_word(&out).words[0]);
        world_free(world);
    }
}

TEST(input_and_output_travel)
{
    struct world *world = world_new(FORK_OSAKA);
    /* Returns its input with a byte before it. */
    world_account(
        world,
        OTHER,
        0,
        bytecode("0xee 0 MSTORE8 CALLDATASIZE 0 1 CALLDATACOPY 1 CALLDATASIZE ADD 0 RETURN"));
    struct outcome out =
        world_program(world,
                      "0xaabbccdd 0 MSTORE "
                      "3 64 4 28 " OTHER_ADDRESS "100000 STATICCALL POP " /* output: 3 of 5 bytes */
                      "RETURNDATASIZE 0 96 RETURNDATACOPY 37 64 RETURN");
    CHECK_HEX(bytes_of(out.output.data, 4), "eeaabb00");
    CHECK_HEX(bytes_of(out.output.data + 32, 5), "eeaabbccdd");
    /* Longer than the output: the rest of memory stays. */
    out = world_program(world,
                        "0xffffffffffffffff 0 MSTORE 8 24 0 0 " OTHER_ADDRESS
                        "100000 STATICCALL POP 8 24 RETURN");
    CHECK_HEX(out.output, "eeffffffffffffff");
    world_free(world);
}

TEST(a_reverting_child_gives_data_and_gas_back)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 0, bytecode("5 0 SSTORE 7 0 MSTORE 32 0 REVERT"));
    struct outcome out =
        world_program(world,
                      "0 0 0 0 0 " OTHER_ADDRESS "100000 CALL 0 MSTORE "
                      "RETURNDATASIZE 32 MSTORE 32 0 64 RETURNDATACOPY 96 0 RETURN");
    CHECK_EQ(out.output.data[31], 0);
    CHECK_EQ(out.output.data[63], 32);
    CHECK_EQ(out.output.data[95], 7);
    CHECK_EQ(out.gas_used, 21 + 2600 + (6 + 22100 + 6 + 6 + 6) + 9 + 2 + 9 + 18 + 6);
    CHECK(u256_is_zero(world_word(world, OTHER, 0)));
    world_free(world);
}

TEST(a_failing_child_takes_its_gas_and_leaves_no_data)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 0, bytecode("7 0 MSTORE INVALID"));
    struct outcome out = world_program(
        world, "0 0 0 0 0 " OTHER_ADDRESS "100000 CALL RETURNDATASIZE ADD" RETURN_TOP);
    CHECK(u256_is_zero(outcome_word(&out)));
    CHECK_EQ(out.gas_used, 21 + 2600 + 100000 + 2 + 3 + 15);
    world_free(world);
}

TEST(return_data_out_of_bounds_halts)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 0, bytecode("32 0 RETURN"));
    static const struct {
        const char *copy;
        enum halt halt;
    } cases[] = {
        {"32 0 0 RETURNDATACOPY",                                                                 HALT_STOP       },
        {"0 32 0 RETURNDATACOPY",                                                                 HALT_STOP       },
        {"1 32 0 RETURNDATACOPY",                                                                 HALT_RETURN_DATA},
        {"0 33 0 RETURNDATACOPY",                                                                 HALT_RETURN_DATA},
        {"33 0 0 RETURNDATACOPY",                                                                 HALT_RETURN_DATA},
        {"1 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff 0 RETURNDATACOPY",
         HALT_RETURN_DATA                                                                                         },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[256];
        snprintf(
            text, sizeof text, "0 0 0 0 " OTHER_ADDRESS "100000 STATICCALL POP %s", cases[i].copy);
        CHECK_EQ(world_program(world, text).halt, cases[i].halt);
    }
    world_free(world);
}

/* Gas used by CONTRACT around a child that uses nothing. */
TEST(calls_cost_what_the_fork_says)
{
    static const struct {
        enum fork fork;
        const char *program;
        int64_t gas;
    } cases[] = {
        {FORK_FRONTIER,          "0 0 0 0 0 " OTHER_ADDRESS "0 CALL",        21 + 40                        },
        {FORK_FRONTIER,          "0 0 0 0 0 " NOBODY_ADDRESS "0 CALL",       21 + 40 + 25000                },
        {FORK_FRONTIER,          "0 0 0 0 1 " OTHER_ADDRESS "0 CALL",        21 + 40 + 9000 - 2300          },
        {FORK_FRONTIER,          "0 0 0 0 0 " NOBODY_ADDRESS "0 CALLCODE",   21 + 40                        },
        {FORK_TANGERINE_WHISTLE, "0 0 0 0 0 " OTHER_ADDRESS "0 CALL",        21 + 700                       },
        {FORK_TANGERINE_WHISTLE, "0 0 0 0 0 " NOBODY_ADDRESS "0 CALL",       21 + 700 + 25000               },
        {FORK_SPURIOUS_DRAGON,   "0 0 0 0 0 " NOBODY_ADDRESS "0 CALL",       21 + 700                       },
        {FORK_SPURIOUS_DRAGON,
         "0 0 0 0 1 " NOBODY_ADDRESS "0 CALL",
         21 + 700 + 25000 + 9000 - 2300                                                                     },
        {FORK_BERLIN,            "0 0 0 0 0 " OTHER_ADDRESS "0 CALL",        21 + 2600                      },
        {FORK_BERLIN,            "0 0 0 0 0 " SELF_ADDRESS "0 CALL",         21 + 100                       },
        {FORK_BERLIN,            "0 0 0 0 1 " NOBODY_ADDRESS "0 CALL",       21 + 2600 + 25000 + 9000 - 2300},
        {FORK_BERLIN,            "0 0 0 0 1 " NOBODY_ADDRESS "0 CALLCODE",   21 + 2600 + 9000 - 2300        },
        {FORK_BERLIN,            "0 0 0 0 " OTHER_ADDRESS "0 DELEGATECALL",  18 + 2600                      },
        {FORK_BERLIN,            "0 0 0 0 " OTHER_ADDRESS "0 STATICCALL",    18 + 2600                      },
        {FORK_BERLIN,            "32 64 32 0 " OTHER_ADDRESS "0 STATICCALL", 18 + 2600 + 9                  },
        {FORK_BERLIN,            "32 0 32 64 " OTHER_ADDRESS "0 STATICCALL", 18 + 2600 + 9                  },
        {FORK_BERLIN,            "0 0 0 0 0 2 0 CALL",                       21 + 100                       }, /* sha256 without gas fails and takes none */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        world_account(world, OTHER, 0, bytecode("STOP"))->nonce = 1;
        struct outcome out = world_program(world, "STOP");
        world_account(world, CONTRACT, 1000, bytecode(cases[i].program))->nonce = 1;
        if (strstr(cases[i].program, SELF_ADDRESS) !=
            NULL) /* calls itself without gas: fails at once */
            out = world_call(world, 100000);
        else
            out = world_call(world, 100000);
        CHECK_EQ(out.halt, HALT_STOP);
        if (out.gas_used != cases[i].gas)
            fail_msg("%s: %lld", cases[i].program, (long long)out.gas_used);
        world_free(world);
    }
}

/* What the child has is what GAS says there, and 2 for GAS itself. */
static uint64_t gas_of_child(enum fork fork, const char *call, int64_t gas, enum halt *halt)
{
    struct world *world = world_new(fork);
    world_account(world, OTHER, 0, bytecode("GAS" RETURN_TOP))->nonce = 1;
    char text[256];
    snprintf(text, sizeof text, "%s POP 32 0 RETURN", call);
    world_account(world, CONTRACT, 1000, bytecode(text));
    struct outcome out = world_call(world, gas);
    *halt = out.halt;
    uint64_t seen = out.halt == HALT_RETURN ? outcome_word(&out).words[0] + 2 : 0;
    world_free(world);
    return seen;
}

TEST(the_child_gets_all_but_a_64th)
{
    enum halt halt;
    const char *all = "32 0 0 0 0 " OTHER_ADDRESS "0xffffffffffffffffffff CALL";
    int64_t left = 100000 - 21 - 2600 - 3;
    CHECK_EQ(gas_of_child(FORK_BERLIN, all, 100000, &halt), left - left / 64);
    left = 100000 - 21 - 700 - 3;
    CHECK_EQ(gas_of_child(FORK_TANGERINE_WHISTLE, all, 100000, &halt), left - left / 64);
    (void)gas_of_child(FORK_HOMESTEAD, all, 100000, &halt);
    CHECK_EQ(halt, HALT_OUT_OF_GAS);

    const char *some = "32 0 0 0 0 " OTHER_ADDRESS "5000 CALL";
    CHECK_EQ(gas_of_child(FORK_BERLIN, some, 100000, &halt), 5000);
    CHECK_EQ(gas_of_child(FORK_FRONTIER, some, 100000, &halt), 5000);

    const char *value = "32 0 0 0 1 " OTHER_ADDRESS "0 CALL";
    CHECK_EQ(gas_of_child(FORK_BERLIN, value, 100000, &halt), 2300);
    CHECK_EQ(gas_of_child(FORK_FRONTIER, value, 100000, &halt), 2300);
    const char *exact = "32 0 0 0 0 " OTHER_ADDRESS "50000 CALL";
    CHECK_EQ(gas_of_child(FORK_FRONTIER, exact, 21 + 40 + 3 + 50000, &halt), 50000);
    (void)gas_of_child(FORK_FRONTIER, exact, 21 + 40 + 3 + 49999, &halt);
    CHECK_EQ(halt, HALT_OUT_OF_GAS);
}

TEST(a_call_that_cannot_pay_its_value_returns_the_gas)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 0, bytecode("INVALID"))->nonce = 1;
    world_account(
        world, CONTRACT, 10, bytecode("0 0 0 0 11 " OTHER_ADDRESS "50000 CALL" RETURN_TOP));
    struct outcome out = world_call(world, 200000);
    CHECK(u256_is_zero(outcome_word(&out)));
    CHECK_EQ(out.gas_used, 21 + 2600 + 9000 - 2300 + 15);
    world_account(
        world, CONTRACT, 10, bytecode("0 0 0 0 10 " OTHER_ADDRESS "50000 CALL" RETURN_TOP));
    out = world_call(world, 200000);
    CHECK(u256_is_zero(outcome_word(&out)));
    CHECK_EQ(out.gas_used, 21 + 2600 + 9000 + 50000 + 15); /* INVALID takes the stipend, too */
    world_free(world);
}

TEST(value_moves_and_moves_back)
{
    struct world *world = world_new(FORK_OSAKA);
    address self = world_address(CONTRACT), other = world_address(OTHER);
    world_account(world, OTHER, 5, bytecode("STOP"));
    (void)world_program(world, "0 0 0 0 300 " OTHER_ADDRESS "50000 CALL");
    CHECK_EQ(world_balance(world, &self).words[0], 700);
    CHECK_EQ(world_balance(world, &other).words[0], 305);
    world_account(world, OTHER, 5, bytecode("0 0 REVERT"));
    (void)world_program(world, "0 0 0 0 300 " OTHER_ADDRESS "50000 CALL");
    CHECK_EQ(world_balance(world, &self).words[0], 1000);
    CHECK_EQ(world_balance(world, &other).words[0], 5);
    /* To itself: nothing changes, but it must be there. */
    (void)world_program(world, "0 0 0 0 300 " SELF_ADDRESS "0 CALL");
    CHECK_EQ(world_balance(world, &self).words[0], 1000);
    world_free(world);
}

/* Calls itself until it is too deep; the deepest frame that got through counts in slot 0. */
#define DEEPER "0 0 0 0 0 ADDRESS GAS CALL POP 0 SLOAD 1 ADD 0 SSTORE"

static void *call_deep(void *context)
{
    struct world *world = context;
    struct outcome out = world_call(world, INT64_C(1000000000000));
    CHECK_EQ(out.halt, HALT_STOP);
    return NULL;
}

TEST(a_thousand_frames_need_little_of_our_own_stack)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, CONTRACT, 0, bytecode(DEEPER));
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK_EQ(pthread_attr_init(&attributes), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attributes, 64 * 1024), 0);
    CHECK_EQ(pthread_create(&thread, &attributes, call_deep, world), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(world_word(world, CONTRACT, 0).words[0], 1025); /* depth 0 to 1024 */
    pthread_attr_destroy(&attributes);
    world_free(world);
}

TEST(precompiles_run_in_place_of_a_frame)
{
    struct world *world = world_new(FORK_OSAKA);
    /* Identity (0x04): 15 gas and 3 a word. */
    struct outcome out = world_program(
        world, "0xabcdef 0 MSTORE 32 64 32 0 4 1000 STATICCALL 96 MSTORE 64 64 RETURN");
    CHECK_EQ(out.output.data[31], 0xef);
    CHECK_EQ(out.output.data[63], 1);
    CHECK_EQ(out.gas_used, 6 + 3 + 3 + 18 + 100 + 6 + 18 + 3 + 3 + 3 + 6);
    out = world_program(
        world,
        "0xabcdef 0 MSTORE 32 64 32 0 4 17 STATICCALL RETURNDATASIZE ADD 0 MSTORE 32 0 RETURN");
    CHECK(u256_is_zero(outcome_word(&out))); /* one gas short */
    CHECK_EQ(out.gas_used, 6 + 3 + 3 + 18 + 100 + 6 + 17 + 2 + 3 + 3 + 3 + 6);
    out = world_program(world,
                        "0xabcdef 0 MSTORE 0 0 32 0 4 1000 STATICCALL POP RETURNDATASIZE 0 0 "
                        "RETURNDATACOPY 32 0 RETURN");
    CHECK_EQ(out.output.data[31], 0xef);
    world_free(world);
}

/* EIP-7702: OTHER's code points to THIRD. */
TEST(a_delegated_account_runs_its_delegates_code)
{
    struct bytes designator = bytecode("#ef01001000000000000000000000000000000000000004");
    struct world *world = world_new(FORK_PRAGUE);
    world_account(world, OTHER, 10, designator);
    world_account(world, THIRD, 0, bytecode("ADDRESS" RETURN_TOP));
    struct outcome out =
        world_program(world, "32 0 0 0 0 " OTHER_ADDRESS "100000 CALL POP 32 0 RETURN");
    CHECK_EQ(outcome_word(&out).words[0] & 0xff, OTHER);
    CHECK_EQ(out.gas_used, 21 + 3 + 2600 + 2600 + 2 + 15 + 2 + 6);
    out = world_program(world, OTHER_ADDRESS "EXTCODESIZE" RETURN_TOP);
    CHECK_EQ(outcome_word(&out).words[0], 23);

    /* One level only: a designator found behind a designator is run as code, and 0xef is none. */
    world_account(world, THIRD, 0, designator);
    out = world_program(world, "0 0 0 0 0 " OTHER_ADDRESS "100000 CALL" RETURN_TOP);
    CHECK(u256_is_zero(outcome_word(&out)));

    /* To a precompile: runs as empty code. */
    world_account(world, OTHER, 10, bytecode("#ef01000000000000000000000000000000000000000004"));
    out = world_program(world,
                        "0 0 0 0 0 " OTHER_ADDRESS "100000 CALL RETURNDATASIZE ADD" RETURN_TOP);
    CHECK_EQ(outcome_word(&out).words[0], 1);
    world_free(world);

    /* Before Prague it is just bad code. */
    world = world_new(FORK_CANCUN);
    world_account(world, OTHER, 10, designator);
    out = world_program(world, "0 0 0 0 0 " OTHER_ADDRESS "1000 CALL" RETURN_TOP);
    CHECK(u256_is_zero(outcome_word(&out)));
    world_free(world);
}

TEST(an_account_that_delegates_to_itself_is_reached_once)
{
    struct world *world = world_new(FORK_PRAGUE);
    world_account(world, OTHER, 10, bytecode("#ef01001000000000000000000000000000000000000003"));
    struct outcome out = world_program(world, "0 0 0 0 0 " OTHER_ADDRESS "0 CALL");
    CHECK_EQ(out.gas_used, 21 + 2600 + 100);
    world_free(world);
}

TEST(touching_by_a_call_without_value_counts_before_paris)
{
    address nobody = world_address(NOBODY);
    struct world *world = world_new(FORK_SPURIOUS_DRAGON);
    (void)world_program(world, "0 0 0 0 0 " NOBODY_ADDRESS "0 CALL");
    CHECK(world_entry(world, &nobody)->touched);
    (void)world_program(world, "0 0 0 0 " NOBODY_ADDRESS "0 DELEGATECALL");
    CHECK(!world_entry(world, &nobody)->touched);
    (void)world_program(world, "0 0 0 0 0 " NOBODY_ADDRESS "0 CALL 0 0 REVERT");
    CHECK(!world_entry(world, &nobody)->touched);
    world_free(world);
}
