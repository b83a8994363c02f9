#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#include <stdio.h>

#define SELF_ADDRESS   "0x1000000000000000000000000000000000000002 "
#define OTHER_ADDRESS  "0x1000000000000000000000000000000000000003 "
#define NOBODY_ADDRESS "0x1000000000000000000000000000000000000006 "
#define RETURN_TOP     " 0 MSTORE 32 0 RETURN"
#define RETURN_TOP_GAS 15
#define INFINITE       10000000

/* ---- storage ------------------------------------------------------------------------------------- */

/* Rules, section 10.1 (EIP-3529's cases), and those of EIP-2200 and EIP-1283: a sequence of writes to slot 0. */
TEST(sstore_prices_and_refunds_net_metered)
{
    static const struct {
        unsigned original;
        unsigned values[3];
        unsigned count;
        int64_t gas, refund; /* London */
        int64_t istanbul_gas, istanbul_refund;
        int64_t constantinople_gas, constantinople_refund;
    } cases[] = {
        {0, {0},       1, 100,   0,     800,   0,     200,   0    },
        {0, {1},       1, 20000, 0,     20000, 0,     20000, 0    },
        {0, {0, 0},    2, 200,   0,     1600,  0,     400,   0    },
        {0, {1, 0},    2, 20100, 19900, 20800, 19200, 20200, 19800},
        {0, {1, 2},    2, 20100, 0,     20800, 0,     20200, 0    },
        {0, {1, 1},    2, 20100, 0,     20800, 0,     20200, 0    },
        {1, {1},       1, 100,   0,     800,   0,     200,   0    },
        {1, {2},       1, 2900,  0,     5000,  0,     5000,  0    },
        {1, {0},       1, 2900,  4800,  5000,  15000, 5000,  15000},
        {1, {0, 0},    2, 3000,  4800,  5800,  15000, 5200,  15000},
        {1, {0, 1},    2, 3000,  2800,  5800,  4200,  5200,  4800 },
        {1, {0, 2},    2, 3000,  0,     5800,  0,     5200,  0    },
        {1, {2, 0},    2, 3000,  4800,  5800,  15000, 5200,  15000},
        {1, {2, 3},    2, 3000,  0,     5800,  0,     5200,  0    },
        {1, {2, 1},    2, 3000,  2800,  5800,  4200,  5200,  4800 },
        {1, {2, 2},    2, 3000,  0,     5800,  0,     5200,  0    },
        {0, {1, 0, 1}, 3, 40100, 19900, 40800, 19200, 40200, 19800},
        {1, {0, 1, 0}, 3, 5900,  7600,  10800, 19200, 10200, 19800},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[128] = "";
        for (unsigned k = 0; k < cases[i].count; k++)
            snprintf(text + strlen(text),
                     sizeof text - strlen(text),
                     "%u 0 SSTORE ",
                     cases[i].values[k]);
        const struct {
            enum fork fork;
            int64_t gas, refund;
        } forks[] = {
            {FORK_LONDON,         cases[i].gas + 2100,         cases[i].refund               },
            {FORK_OSAKA,          cases[i].gas + 2100,         cases[i].refund               },
            {FORK_ISTANBUL,       cases[i].istanbul_gas,       cases[i].istanbul_refund      },
            {FORK_CONSTANTINOPLE, cases[i].constantinople_gas, cases[i].constantinople_refund},
        };
        for (size_t k = 0; k < COUNT_OF(forks); k++) {
            struct world *world = world_new(forks[k].fork);
            if (cases[i].original > 0) world_slot(world, CONTRACT, 0, cases[i].original);
            struct outcome out = world_program(world, text);
            CHECK_EQ(out.halt, HALT_STOP);
            CHECK_EQ(out.gas_used, 6 * cases[i].count + forks[k].gas);
            CHECK_EQ(out.refund, forks[k].refund);
            CHECK_EQ(world_word(world, CONTRACT, 0).words[0], cases[i].values[cases[i].count - 1]);
            world_free(world);
        }
    }
}

TEST(sstore_prices_before_net_metering)
{
    static const struct {
        unsigned original, value;
        int64_t gas, refund;
    } cases[] = {
        {0, 0, 5000,  0    },
        {0, 1, 20000, 0    },
        {1, 0, 5000,  15000},
        {1, 1, 5000,  0    },
        {1, 2, 5000,  0    }
    };
    static const enum fork forks[] = {FORK_FRONTIER, FORK_BYZANTIUM, FORK_PETERSBURG};
    for (size_t k = 0; k < COUNT_OF(forks); k++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            struct world *world = world_new(forks[k]);
            if (cases[i].original > 0) world_slot(world, CONTRACT, 0, cases[i].original);
            char text[64];
            snprintf(text, sizeof text, "%u 0 SSTORE", cases[i].value);
            struct outcome out = world_program(world, text);
            CHECK_EQ(out.gas_used, 6 + cases[i].gas);
            CHECK_EQ(out.refund, cases[i].refund);
            CHECK_EQ(world_call(world, out.gas_used).halt, HALT_STOP);
            CHECK_EQ(world_call(world, 6 + cases[i].gas - 1).halt, HALT_OUT_OF_GAS);
            world_free(world);
        }
    }
}

TEST(sstore_needs_more_than_the_stipend)
{
    struct world *world = world_new(FORK_OSAKA);
    world_slot(world, CONTRACT, 0, 1);
    world_account(
        world, CONTRACT, 0, bytecode("0 SLOAD 0 SSTORE")); /* warm, and no change: 100 gas */
    CHECK_EQ(world_call(world, 3 + 2100 + 3 + 2300).halt, HALT_OUT_OF_GAS);
    struct outcome out = world_call(world, 3 + 2100 + 3 + 2301);
    CHECK_EQ(out.halt, HALT_STOP);
    CHECK_EQ(out.gas_used, 3 + 2100 + 3 + 100);
    world_free(world);
}

TEST(sload_is_cold_once)
{
    static const struct {
        enum fork fork;
        int64_t first, second;
    } cases[] = {
        {FORK_FRONTIER,          50,   50 },
        {FORK_TANGERINE_WHISTLE, 200,  200},
        {FORK_ISTANBUL,          800,  800},
        {FORK_BERLIN,            2100, 100},
        {FORK_OSAKA,             2100, 100}
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        world_slot(world, CONTRACT, 7, 42);
        struct outcome out = world_program(world, "7 SLOAD POP 7 SLOAD" RETURN_TOP);
        CHECK_EQ(outcome_word(&out).words[0], 42);
        CHECK_EQ(out.gas_used, 6 + 2 + cases[i].first + cases[i].second + RETURN_TOP_GAS);
        CHECK_EQ(world_call(world, out.gas_used).halt, HALT_RETURN);
        CHECK_EQ(world_call(world, 3 + cases[i].first - 1).halt, HALT_OUT_OF_GAS);
        world_free(world);
    }
}

TEST(what_a_reverted_frame_warmed_is_cold_again)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 0, bytecode("1 SLOAD 0 0 REVERT"));
    struct outcome out =
        world_program(world,
                      "0 0 0 0 " OTHER_ADDRESS "100000 STATICCALL POP " /* cold account */
                      "0 0 0 0 " OTHER_ADDRESS "100000 STATICCALL");
    int64_t child = 3 + 2100 + 6;
    CHECK_EQ(out.gas_used, 6 * 3 * 2 + 2 + 2600 + 100 + 2 * child);
    world_free(world);
}

TEST(transient_storage_lasts_for_the_transaction_and_is_undone)
{
    struct world *world = world_new(FORK_CANCUN);
    /* Called with data: writes and reverts. */
    world_account(world, OTHER, 0, bytecode("9 0 TSTORE 0 0 REVERT"));
    struct outcome out = world_program(
        world, "5 0 TSTORE 0 0 0 0 " OTHER_ADDRESS "100000 DELEGATECALL POP 0 TLOAD" RETURN_TOP);
    CHECK_EQ(outcome_word(&out).words[0], 5);
    out = world_program(world, "0 TLOAD" RETURN_TOP);
    CHECK_EQ(outcome_word(&out).words[0], 0);
    world_free(world);
}

/* ---- other accounts ------------------------------------------------------------------------------ */

TEST(reading_accounts_costs_what_the_fork_says)
{
    static const struct {
        const char *program;
        enum fork fork;
        int64_t gas;
        uint64_t value;
    } cases[] = {
        {OTHER_ADDRESS "BALANCE",                                                      FORK_FRONTIER,          20,   55  },
        {OTHER_ADDRESS "BALANCE",                                                      FORK_TANGERINE_WHISTLE, 400,  55  },
        {OTHER_ADDRESS "BALANCE",                                                      FORK_ISTANBUL,          700,  55  },
        {OTHER_ADDRESS "BALANCE",                                                      FORK_BERLIN,            2600, 55  },
        {SELF_ADDRESS "BALANCE",                                                       FORK_BERLIN,            100,  1000},
        {NOBODY_ADDRESS "BALANCE",                                                     FORK_BERLIN,            2600, 0   },
        {"1 BALANCE",                                                                  FORK_BERLIN,            100,  0   },
        {OTHER_ADDRESS "EXTCODESIZE",                                                  FORK_FRONTIER,          20,   3   },
        {OTHER_ADDRESS "EXTCODESIZE",                                                  FORK_TANGERINE_WHISTLE, 700,  3   },
        {OTHER_ADDRESS "EXTCODESIZE",                                                  FORK_OSAKA,             2600, 3   },
        {NOBODY_ADDRESS "EXTCODESIZE",                                                 FORK_OSAKA,             2600, 0   },
        {NOBODY_ADDRESS "EXTCODEHASH",                                                 FORK_CONSTANTINOPLE,    400,  0   },
        {NOBODY_ADDRESS "EXTCODEHASH",                                                 FORK_ISTANBUL,          700,  0   },
        {"0xffffffffffffffffffffffff1000000000000000000000000000000000000003 BALANCE",
         FORK_BERLIN,                                                                                          2600,
         55                                                                                                              },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        world_account(world, OTHER, 55, bytecode("1 POP"));
        char text[256];
        snprintf(text, sizeof text, "%s%s", cases[i].program, RETURN_TOP);
        struct outcome out = world_program(world, text);
        if (out.gas_used != 3 + cases[i].gas + RETURN_TOP_GAS)
            fail_msg("%s: %lld", text, (long long)out.gas_used);
        CHECK_EQ(outcome_word(&out).words[0], cases[i].value);
        CHECK_EQ(world_call(world, 3 + cases[i].gas - 1).halt, HALT_OUT_OF_GAS);
        world_free(world);
    }
}

TEST(code_hash_is_zero_only_for_what_is_empty)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 1, BYTES_EMPTY); /* no code, but not empty */
    struct outcome out = world_program(world, OTHER_ADDRESS "EXTCODEHASH" RETURN_TOP);
    CHECK_HEX(out.output, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    out = world_program(world, SELF_ADDRESS "EXTCODEHASH" RETURN_TOP);
    CHECK(!u256_is_zero(outcome_word(&out)));
    world_account(world, OTHER, 0, BYTES_EMPTY); /* exists, empty */
    out = world_program(world, OTHER_ADDRESS "EXTCODEHASH" RETURN_TOP);
    CHECK(u256_is_zero(outcome_word(&out)));
    world_free(world);
}

TEST(foreign_code_is_copied_with_zeros_behind_it)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 0, test_hex("0102030405"));
    struct outcome out = world_program(world, "8 2 1 " OTHER_ADDRESS "EXTCODECOPY 12 0 RETURN");
    CHECK_HEX(out.output, "000304050000000000000000");
    CHECK_EQ(out.gas_used, 12 + 2600 + 3 + 3 + 6);
    world_free(world);
}

TEST(only_the_parts_that_matter_are_read)
{
    static const struct {
        const char *program;
        unsigned parts;
    } cases[] = {
        {OTHER_ADDRESS "BALANCE",                      VIEW_BALANCE  },
        {OTHER_ADDRESS "EXTCODESIZE",                  VIEW_CODE_HASH},
        {OTHER_ADDRESS "EXTCODEHASH",                  VIEW_CODE_HASH},
        {"0 0 0 0 0 " OTHER_ADDRESS "1000 CALL",       VIEW_CODE_HASH},
        {"0 0 0 0 " OTHER_ADDRESS "1000 DELEGATECALL", VIEW_CODE_HASH},
        {"0 0 0 0 " OTHER_ADDRESS "1000 STATICCALL",   VIEW_CODE_HASH},
        {"0 0 0 0 1 " OTHER_ADDRESS "1000 CALLCODE",   VIEW_CODE_HASH},
        {OTHER_ADDRESS "SLOAD",                        0             },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(FORK_OSAKA);
        world_account(world, OTHER, 55, bytecode("1 POP"));
        CHECK_EQ(world_program(world, cases[i].program).halt, HALT_STOP);
        CHECK_EQ(world->parts_read[OTHER], cases[i].parts);
        world_free(world);
    }
}

TEST(logs_are_kept_in_order_and_cost_their_bytes)
{
    struct world *world = world_new(FORK_OSAKA);
    struct outcome out = world_program(world, "0xabcd 0 MSTORE 2 30 LOG0 9 8 7 6 5 0 LOG4 STOP");
    CHECK_EQ(out.log_count, 2);
    CHECK_EQ(out.gas_used, 6 + 6 + 6 + 375 + 16 + 18 + 5 * 375 + 40);
    const struct log *logs = machine_journal(world->machine)->logs;
    CHECK_EQ(logs[0].topic_count, 0);
    CHECK_HEX(logs[0].data, "abcd");
    CHECK_EQ(logs[1].topic_count, 4);
    CHECK_EQ(logs[1].topics[0].bytes[31], 6);
    CHECK_EQ(logs[1].topics[3].bytes[31], 9);
    CHECK_EQ(logs[1].data.size, 5);
    address self = world_address(CONTRACT);
    CHECK(address_equal(&logs[1].account, &self));
    world_free(world);
}

/* ---- SELFDESTRUCT -------------------------------------------------------------------------------- */

TEST(selfdestruct_costs_and_moves_by_fork)
{
    static const struct {
        enum fork fork;
        const char *program;
        uint64_t balance;
        int64_t gas, refund;
        bool destroyed;
        uint64_t balance_after;
    } cases[] = {
        {FORK_FRONTIER,          NOBODY_ADDRESS "SELFDESTRUCT", 10, 0,     24000, true,  0 },
        {FORK_TANGERINE_WHISTLE, NOBODY_ADDRESS "SELFDESTRUCT", 0,  30000, 24000, true,  0 },
        {FORK_TANGERINE_WHISTLE, OTHER_ADDRESS "SELFDESTRUCT",  10, 5000,  24000, true,  0 },
        {FORK_SPURIOUS_DRAGON,   NOBODY_ADDRESS "SELFDESTRUCT", 0,  5000,  24000, true,  0 },
        {FORK_SPURIOUS_DRAGON,   NOBODY_ADDRESS "SELFDESTRUCT", 10, 30000, 24000, true,  0 },
        {FORK_BERLIN,            NOBODY_ADDRESS "SELFDESTRUCT", 10, 32600, 24000, true,  0 },
        {FORK_BERLIN,            OTHER_ADDRESS "SELFDESTRUCT",  10, 7600,  24000, true,  0 },
        {FORK_BERLIN,            SELF_ADDRESS "SELFDESTRUCT",   10, 5000,  24000, true,  0 },
        {FORK_LONDON,            OTHER_ADDRESS "SELFDESTRUCT",  10, 7600,  0,     true,  0 },
        {FORK_CANCUN,            OTHER_ADDRESS "SELFDESTRUCT",  10, 7600,  0,     false, 0 },
        {FORK_CANCUN,            SELF_ADDRESS "SELFDESTRUCT",   10, 5000,  0,     false, 10},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        world_account(world, OTHER, 55, BYTES_EMPTY);
        world_account(world, CONTRACT, cases[i].balance, bytecode(cases[i].program));
        struct outcome out = world_call(world, INFINITE);
        CHECK_EQ(out.halt, HALT_SELFDESTRUCT);
        CHECK_EQ(out.gas_used, 3 + cases[i].gas);
        CHECK_EQ(out.refund, cases[i].refund);
        address self = world_address(CONTRACT);
        CHECK_EQ(world_entry(world, &self)->destroyed, cases[i].destroyed);
        CHECK_EQ(world_balance(world, &self).words[0], cases[i].balance_after);
        if (cases[i].gas > 0)
            CHECK_EQ(world_call(world, 3 + cases[i].gas - 1).halt, HALT_OUT_OF_GAS);
        world_free(world);
    }
}

TEST(the_heir_gets_the_balance)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 55, BYTES_EMPTY);
    (void)world_program(world, OTHER_ADDRESS "SELFDESTRUCT"); /* has 1000 */
    address other = world_address(OTHER);
    CHECK_EQ(world_balance(world, &other).words[0], 1055);
    world_free(world);
}

/* ---- static frames ------------------------------------------------------------------------------- */

TEST(a_static_frame_changes_nothing)
{
    static const char *const programs[] = {
        "1 0 SSTORE",
        "1 0 TSTORE",
        "0 0 LOG0",
        "0 0 0 LOG1",
        "0 0 0 0 0 0 LOG4",
        "0 0 0 CREATE",
        "0 0 0 0 CREATE2",
        "0 SELFDESTRUCT",
        "0 0 0 0 1 0 0 CALL",
    };
    struct world *world = world_new(FORK_OSAKA);
    for (size_t i = 0; i < COUNT_OF(programs); i++) {
        world_account(world, OTHER, 55, bytecode(programs[i]));
        struct outcome out =
            world_program(world, "0 0 0 0 " OTHER_ADDRESS "100000 STATICCALL" RETURN_TOP);
        CHECK_EQ(outcome_word(&out).words[0], 0);
        out = world_program(world, "0 0 0 0 0 " OTHER_ADDRESS "100000 CALL" RETURN_TOP);
        CHECK_EQ(outcome_word(&out).words[0], 1);
    }
    /* A call without value is allowed, and what it calls is static, too. */
    world_account(world, THIRD, 0, bytecode("1 0 SSTORE"));
    world_account(
        world,
        OTHER,
        0,
        bytecode("0 0 0 0 0 0x1000000000000000000000000000000000000004 50000 CALL" RETURN_TOP));
    struct outcome out =
        world_program(world, "32 0 0 0 " OTHER_ADDRESS "100000 STATICCALL 32 0 RETURN");
    CHECK_EQ(outcome_word(&out).words[0], 0);
    world_free(world);
}
