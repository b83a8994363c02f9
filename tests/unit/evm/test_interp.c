#include "base/hex.h"
#include "evm/opcodes.h"
#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#include <stdio.h>

#define MAX            "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define MIN            "0x8000000000000000000000000000000000000000000000000000000000000000"
#define RETURN_TOP     " 0 MSTORE 32 0 RETURN"
#define RETURN_TOP_GAS (3 + 6 + 3 + 3) /* with the first word of memory */

struct value_case {
    const char *program;  /* leaves one word */
    const char *expected; /* as a program: one push */
    int64_t gas;          /* of the program */
};

static u256 value_of(const char *word)
{
    uint8_t be[32];
    u256 value = U256_ZERO;
    if (word[1] == 'x') {
        CHECK(hex_decode_number(be, word + 2, strlen(word + 2)));
        return u256_from_be(be);
    }
    CHECK(u256_from_decimal(&value, word, strlen(word)));
    return value;
}

/* The value, the gas to the unit, and that one unit less is not enough. */
static void check_values(enum fork fork, const struct value_case *cases, size_t count)
{
    struct world *world = world_new(fork);
    for (size_t i = 0; i < count; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s", cases[i].program, RETURN_TOP);
        struct outcome out = world_program(world, text);
        if (out.halt != HALT_RETURN || !u256_equal(outcome_word(&out), value_of(cases[i].expected)))
            fail_msg("%s: %s", cases[i].program, halt_text(out.halt));
        if (out.gas_used != cases[i].gas + RETURN_TOP_GAS)
            fail_msg("%s: gas %lld", cases[i].program, (long long)(out.gas_used - RETURN_TOP_GAS));
        int64_t gas = out.gas_used;
        out = world_call(world, gas);
        CHECK_EQ(out.halt, HALT_RETURN);
        CHECK_EQ(out.gas_used, gas);
        out = world_call(world, gas - 1);
        if (out.halt != HALT_OUT_OF_GAS) fail_msg("%s: ran with too little gas", cases[i].program);
        CHECK_EQ(out.gas_used, gas - 1);
    }
    world_free(world);
}

TEST(arithmetic_is_modulo_two_to_the_256)
{
    static const struct value_case cases[] = {
        {"1 2 ADD",                                                                   "3",                                                                  9           },
        {"1 " MAX " ADD",                                                             "0",                                                                  9           },
        {"3 2 MUL",                                                                   "6",                                                                  11          },
        {MAX " " MAX " MUL",                                                          "1",                                                                  11          },
        {"1 3 SUB",                                                                   "2",                                                                  9           },
        {"1 0 SUB",                                                                   MAX,                                                                  9           },
        {"3 10 DIV",                                                                  "3",                                                                  11          },
        {"0 10 DIV",                                                                  "0",                                                                  11          },
        {"2 " MAX " DIV",                                                             "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 11          },
        {MAX " 10 DIV",                                                               "0",                                                                  11          },
        {MAX " " MAX " DIV",                                                          "1",                                                                  11          },
        {"0x10000000000000000 0x20000000000000005 DIV",                               "2",                                                                  11          },
        {MAX " " MIN " SDIV",                                                         MIN,                                                                  11          },
        {"2 " MAX " SDIV",                                                            "0",                                                                  11          },
        {MAX " 5 SDIV",                                                               "0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffb", 11          },
        {"0 5 SDIV",                                                                  "0",                                                                  11          },
        {"3 10 MOD",                                                                  "1",                                                                  11          },
        {"0 10 MOD",                                                                  "0",                                                                  11          },
        {"0x10000000000000000 0x20000000000000005 MOD",                               "5",                                                                  11          },
        {"3 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8 SMOD",
         "0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe",                                                                              11          },
        {"0 7 SMOD",                                                                  "0",                                                                  11          },
        {"7 " MAX " " MAX " ADDMOD",                                                  "2",                                                                  17          },
        {"0 1 2 ADDMOD",                                                              "0",                                                                  17          },
        {"12 " MAX " " MAX " MULMOD",                                                 "9",                                                                  17          },
        {"0 5 5 MULMOD",                                                              "0",                                                                  17          },
        {"2 3 EXP",                                                                   "9",                                                                  6 + 10 + 50 },
        {"0 0 EXP",                                                                   "1",                                                                  6 + 10      },
        {"256 2 EXP",                                                                 "0",                                                                  6 + 10 + 100},
        {"0xff 255 SIGNEXTEND",                                                       "0xff",                                                               11          },
        {"0xff 0 SIGNEXTEND",                                                         MAX,                                                                  11          },
        {"0x7f 0 SIGNEXTEND",                                                         "0x7f",                                                               11          },
        {"0x8000 1 SIGNEXTEND",
         "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8000",                                                                              11          },
        {"0xff 31 SIGNEXTEND",                                                        "0xff",                                                               11          },
        {"0xff " MAX " SIGNEXTEND",                                                   "0xff",                                                               11          },
    };
    check_values(FORK_OSAKA, cases, COUNT_OF(cases));
}

TEST(comparisons_and_bits)
{
    static const struct value_case cases[] = {
        {"2 1 LT",              "1",     9},
        {"1 1 LT",              "0",     9},
        {MAX " 1 LT",           "1",     9},
        {"1 2 GT",              "1",     9},
        {"2 1 GT",              "0",     9},
        {"1 " MAX " SLT",       "1",     9},
        {MAX " 1 SLT",          "0",     9},
        {MAX " 1 SGT",          "1",     9},
        {"1 " MIN " SGT",       "0",     9},
        {"5 5 EQ",              "1",     9},
        {"5 " MAX " EQ",        "0",     9},
        {"0 ISZERO",            "1",     6},
        {MIN " ISZERO",         "0",     6},
        {"0x0f 0x3c AND",       "0x0c",  9},
        {"0x0f 0x30 OR",        "0x3f",  9},
        {"0x0f 0x3c XOR",       "0x33",  9},
        {"0 NOT",               MAX,     6},
        {"0x0102 31 BYTE",      "2",     9},
        {"0x0102 30 BYTE",      "1",     9},
        {"0x0102 32 BYTE",      "0",     9},
        {"0x0102 " MAX " BYTE", "0",     9},
        {"1 255 SHL",           MIN,     9},
        {"1 256 SHL",           "0",     9},
        {"0xff 4 SHL",          "0xff0", 9},
        {MIN " 255 SHR",        "1",     9},
        {MIN " 256 SHR",        "0",     9},
        {MIN " " MAX " SHR",    "0",     9},
        {MIN " 255 SAR",        MAX,     9},
        {MIN " 256 SAR",        MAX,     9},
        {"0x40 3 SAR",          "8",     9},
        {"0x40 300 SAR",        "0",     9},
        {"0 CLZ",               "256",   8},
        {"1 CLZ",               "255",   8},
        {MAX " CLZ",            "0",     8},
    };
    check_values(FORK_OSAKA, cases, COUNT_OF(cases));
}

TEST(the_frame_and_the_block_can_be_read)
{
    static const struct value_case cases[] = {
        {"ADDRESS",             "0x1000000000000000000000000000000000000002",                         2  },
        {"ORIGIN",              "0x1000000000000000000000000000000000000001",                         2  },
        {"CALLER",              "0x1000000000000000000000000000000000000001",                         2  },
        {"CALLVALUE",           "0",                                                                  2  },
        {"CALLDATASIZE",        "0",                                                                  2  },
        {"GASPRICE",            "10",                                                                 2  },
        {"COINBASE",            "0x1000000000000000000000000000000000000005",                         2  },
        {"TIMESTAMP",           "1700000000",                                                         2  },
        {"NUMBER",              "1000",                                                               2  },
        {"PREVRANDAO",          "0x7777777777777777777777777777777777777777777777777777777777777777", 2  },
        {"GASLIMIT",            "30000000",                                                           2  },
        {"CHAINID",             "1",                                                                  2  },
        {"SELFBALANCE",         "1000",                                                               5  },
        {"BASEFEE",             "7",                                                                  2  },
        {"BLOBBASEFEE",         "3",                                                                  2  },
        {"0 BLOBHASH",          "0",                                                                  6  },
        {"1 2 PC",              "4",                                                                  8  },
        {"CODESIZE",            "9",                                                                  2  },
        {"RETURNDATASIZE",      "0",                                                                  2  },
        {"PUSH0",               "0",                                                                  2  },
        {"JUMPDEST JUMPDEST 7", "7",                                                                  5  },
        {"7 8 POP",             "7",                                                                  8  },
        {"MSIZE",               "0",                                                                  2  },
        {"999 BLOCKHASH",       "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7", 23 },
        {"744 BLOCKHASH",       "0xe8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8", 23 },
        {"743 BLOCKHASH",       "0",                                                                  23 },
        {"1000 BLOCKHASH",      "0",                                                                  23 },
        {MAX " BLOCKHASH",      "0",                                                                  23 },
        {"0 TLOAD",             "0",                                                                  103},
        {"9 0 TSTORE 0 TLOAD",  "9",                                                                  209},
    };
    check_values(FORK_OSAKA, cases, COUNT_OF(cases));
}

TEST(gas_is_what_is_left_after_asking)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, CONTRACT, 0, bytecode("GAS" RETURN_TOP));
    struct outcome out = world_call(world, 1000);
    CHECK_EQ(outcome_word(&out).words[0], 998);
    world_free(world);
}

TEST(pushes_of_every_size_give_their_bytes)
{
    struct world *world = world_new(FORK_OSAKA);
    for (unsigned n = 1; n <= 32; n++) {
        uint8_t program[64] = {(uint8_t)(OP_PUSH0 + n)}, expected[32] = {0};
        for (unsigned i = 0; i < n; i++)
            program[1 + i] = expected[32 - n + i] = (uint8_t)(0xa0 + i);
        struct bytes code = bytecode_join(bytes_of(program, n + 1), bytecode(RETURN_TOP));
        world_account(world, CONTRACT, 0, code);
        struct outcome out = world_call(world, 1000);
        CHECK_EQ(out.halt, HALT_RETURN);
        CHECK(memcmp(out.output.data, expected, 32) == 0);
        CHECK_EQ(out.gas_used, 3 + RETURN_TOP_GAS);
    }
    world_free(world);
}

TEST(a_push_at_the_end_reads_zeros_and_then_it_stops)
{
    struct world *world = world_new(FORK_OSAKA);
    for (unsigned n = 1; n <= 32; n++) {
        uint8_t program[] = {(uint8_t)(OP_PUSH0 + n)};
        world_account(world, CONTRACT, 0, bytes_of(program, 1));
        struct outcome out = world_call(world, 1000);
        CHECK_EQ(out.halt, HALT_STOP);
        CHECK_EQ(out.gas_used, 3);
        CHECK_EQ(out.output.size, 0);
    }
    world_free(world);
}

/* "1 2 ... 17" and then the instruction: what is on top. */
TEST(dup_and_swap_reach_their_words)
{
    struct world *world = world_new(FORK_OSAKA);
    const char *words = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 ";
    for (unsigned n = 1; n <= 16; n++) {
        char text[160];
        snprintf(text, sizeof text, "%sDUP%u%s", words, n, RETURN_TOP);
        struct outcome out = world_program(world, text);
        CHECK_EQ(outcome_word(&out).words[0], 18 - n);
        snprintf(text, sizeof text, "%sSWAP%u%s", words, n, RETURN_TOP);
        out = world_program(world, text);
        CHECK_EQ(outcome_word(&out).words[0], 17 - n);
        /* What was on top lies where the other came from. */
        snprintf(
            text, sizeof text, "%sSWAP%u DUP%u%s", words, n, n + 1 > 16 ? 16 : n + 1, RETURN_TOP);
        out = world_program(world, text);
        CHECK_EQ(outcome_word(&out).words[0], n + 1 > 16 ? 2 : 17);
    }
    world_free(world);
}

/* For every instruction: one word fewer than it takes is an underflow, as many are none. */
TEST(every_instruction_checks_the_height_of_the_stack)
{
    static const struct {
        uint8_t code;
        int in, out;
    } rows[] = {
#define OP(code, name, in, out, gas, since) {code, in, out},
#include "evm/opcodes.def"
#undef OP
    };
    struct world *world = world_new(FORK_OSAKA);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes op = bytes_of(&rows[i].code, 1);
        if (rows[i].in > 0) {
            struct bytes few = bytecode_repeat("PUSH0", (unsigned)rows[i].in - 1);
            world_account(world, CONTRACT, 0, bytecode_join(few, op));
            CHECK_EQ(world_call(world, 1000000).halt, HALT_UNDERFLOW);
        }
        struct bytes enough = bytecode_repeat("PUSH0", (unsigned)rows[i].in);
        world_account(world, CONTRACT, 0, bytecode_join(enough, op));
        CHECK(world_call(world, 1000000).halt != HALT_UNDERFLOW);

        struct bytes full = bytecode_repeat("PUSH0", 1024);
        world_account(world, CONTRACT, 0, bytecode_join(full, op));
        CHECK_EQ(world_call(world, 1000000).halt == HALT_OVERFLOW, rows[i].out > rows[i].in);
    }
    world_free(world);
}

TEST(a_byte_is_an_instruction_from_its_fork_on)
{
    static const struct {
        int since;
        bool defined;
    } rows[256] = {
#define OP(code, name, in, out, gas, since) [code] = {FORK_##since, true},
#include "evm/opcodes.def"
#undef OP
    };
    struct bytes zeros = bytecode_repeat("0", 17);
    for (int fork = 0; fork <= FORK_OSAKA; fork++) {
        struct world *world = world_new((enum fork)fork);
        for (unsigned code = 0; code < 256; code++) {
            uint8_t op = (uint8_t)code;
            world_account(world, CONTRACT, 0, bytecode_join(zeros, bytes_of(&op, 1)));
            bool expected = rows[code].defined && fork >= rows[code].since && code != OP_INVALID;
            if ((world_call(world, 1000000).halt != HALT_INVALID_OPCODE) != expected)
                fail_msg("opcode %02x in %s", code, fork_name((enum fork)fork));
        }
        world_free(world);
    }
}

TEST(jumps_go_to_jumpdests_only)
{
    static const struct {
        const char *program;
        enum halt halt;
        int64_t gas;
    } cases[] = {
        {"@end JUMP INVALID end:",                              HALT_STOP,         3 + 8 + 1              },
        {"1 @end JUMPI INVALID end:",                           HALT_STOP,         6 + 10 + 1             },
        {"0 @end JUMPI STOP end: INVALID",                      HALT_STOP,         6 + 10                 },
        {"0 9999 JUMPI",                                        HALT_STOP,         6 + 10                 },
        {"1 9999 JUMPI",                                        HALT_INVALID_JUMP, 0                      },
        {"4 JUMP #605b",                                        HALT_INVALID_JUMP, 0                      },
        {"0 JUMP",                                              HALT_INVALID_JUMP, 0                      },
        {MAX " JUMP",                                           HALT_INVALID_JUMP, 0                      },
        {"0x10000000000000003 JUMP JUMPDEST",                   HALT_INVALID_JUMP, 0                      },
        {"1 1 @end JUMPI INVALID end: @two JUMPI INVALID two:", HALT_STOP,         9 + 10 + 1 + 3 + 10 + 1},
    };
    struct world *world = world_new(FORK_OSAKA);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct outcome out = world_program(world, cases[i].program);
        if (out.halt != cases[i].halt) fail_msg("%s: %s", cases[i].program, halt_text(out.halt));
        if (cases[i].gas == 0) continue;
        CHECK_EQ(out.gas_used, cases[i].gas);
        CHECK_EQ(world_call(world, cases[i].gas).halt, HALT_STOP);
        CHECK_EQ(world_call(world, cases[i].gas - 1).halt, HALT_OUT_OF_GAS);
    }
    world_free(world);
}

TEST(a_loop_counts_down)
{
    struct world *world = world_new(FORK_OSAKA);
    struct outcome out = world_program(world, "1000 again: 1 SWAP1 SUB DUP1 @again JUMPI STOP");
    CHECK_EQ(out.halt, HALT_STOP);
    CHECK_EQ(out.gas_used, 3 + 1000 * (1 + 3 * 5 + 10));
    world_free(world);
}

TEST(revert_keeps_gas_and_output_but_no_state)
{
    struct world *world = world_new(FORK_OSAKA);
    struct outcome out = world_program(world, "5 1 SSTORE 7 0 MSTORE 32 0 REVERT");
    CHECK_EQ(out.halt, HALT_REVERT);
    CHECK_EQ(outcome_word(&out).words[0], 7);
    CHECK_EQ(out.gas_used, 6 + 22100 + 6 + 6 + 6);
    CHECK(u256_is_zero(world_word(world, CONTRACT, 1)));
    out = world_program(world, "5 1 SSTORE INVALID");
    CHECK_EQ(out.gas_used, 10000000);
    CHECK_EQ(out.output.size, 0);
    CHECK(u256_is_zero(world_word(world, CONTRACT, 1)));
    world_free(world);
}

TEST(exp_costs_less_before_spurious_dragon)
{
    static const struct value_case before[] = {
        {"256 2 EXP", "0", 6 + 10 + 20}
    };
    static const struct value_case after[] = {
        {"256 2 EXP", "0", 6 + 10 + 100}
    };
    check_values(FORK_TANGERINE_WHISTLE, before, 1);
    check_values(FORK_SPURIOUS_DRAGON, after, 1);
}
