#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#include <stdio.h>

#define MAX "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* 3 a word, and the square of the words over 512. */
static int64_t memory_gas(int64_t words)
{
    return 3 * words + words * words / 512;
}

TEST(memory_costs_three_a_word_and_a_square)
{
    static const struct {
        const char *offset;
        int64_t words;
    } cases[] = {
        {"0",       1    },
        {"1",       2    },
        {"31",      2    },
        {"32",      2    },
        {"33",      3    },
        {"992",     32   },
        {"32736",   1024 },
        {"1048544", 32768}
    };
    struct world *world = world_new(FORK_OSAKA);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[64];
        snprintf(text, sizeof text, "7 %s MSTORE", cases[i].offset);
        struct outcome out = world_program(world, text);
        CHECK_EQ(out.halt, HALT_STOP);
        CHECK_EQ(out.gas_used, 9 + memory_gas(cases[i].words));
        int64_t gas = out.gas_used;
        CHECK_EQ(world_call(world, gas).halt, HALT_STOP);
        CHECK_EQ(world_call(world, gas - 1).halt, HALT_OUT_OF_GAS);
    }
    world_free(world);
}

TEST(far_offsets_are_out_of_gas_and_length_zero_is_free)
{
    static const struct {
        const char *program;
        bool runs;
        int64_t gas;
    } cases[] = {
        {"7 " MAX " MSTORE",               false, 0      },
        {"7 0x1000000000 MSTORE",          false, 0      },
        {"7 0xffffffffffffffff MSTORE8",   false, 0      },
        {"7 0x10000000000000000 MSTORE",   false, 0      },
        {"0x10000000000000000 MLOAD",      false, 0      },
        {MAX " " MAX " KECCAK256",         false, 0      },
        {"0 " MAX " KECCAK256",            true,  36     },
        {"0 " MAX " RETURN",               true,  6      },
        {"1 " MAX " RETURN",               false, 0      },
        {"0 " MAX " " MAX " CALLDATACOPY", true,  12     },
        {"1 0 " MAX " CALLDATACOPY",       false, 0      },
        {"0 " MAX " " MAX " MCOPY",        true,  12     },
        {"1 " MAX " 0 MCOPY",              false, 0      },
        {"0 " MAX " LOG0",                 true,  6 + 375},
        {"0 " MAX " " MAX " CODECOPY",     true,  12     },
        {"0 " MAX " 0 RETURNDATACOPY",     false, 0      },
    };
    struct world *world = world_new(FORK_OSAKA);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct outcome out = world_program(world, cases[i].program);
        if (halt_is_success(out.halt) != cases[i].runs)
            fail_msg("%s: %s", cases[i].program, halt_text(out.halt));
        if (cases[i].runs) CHECK_EQ(out.gas_used, cases[i].gas);
    }
    world_free(world);
}

TEST(what_is_stored_is_loaded_at_any_offset)
{
    struct world *world = world_new(FORK_OSAKA);
    for (unsigned offset = 0; offset < 70; offset++) {
        char text[128];
        snprintf(text,
                 sizeof text,
                 "0x0102030405060708090a0b0c0d0e0f10 %u MSTORE %u MLOAD 0 MSTORE 32 0 RETURN",
                 offset,
                 offset);
        struct outcome out = world_program(world, text);
        CHECK_HEX(out.output, "000000000000000000000000000000000102030405060708090a0b0c0d0e0f10");
    }
    struct outcome out = world_program(world, "0xabcd 5 MSTORE8 32 0 RETURN");
    CHECK_HEX(out.output, "0000000000cd0000000000000000000000000000000000000000000000000000");
    world_free(world);
}

TEST(msize_is_in_whole_words)
{
    struct world *world = world_new(FORK_OSAKA);
    struct outcome out =
        world_program(world, "0 MLOAD POP 33 MLOAD POP MSIZE 0 MSTORE 32 0 RETURN");
    CHECK_EQ(outcome_word(&out).words[0], 96);
    world_free(world);
}

TEST(copies_are_padded_with_zeros)
{
    struct world *world = world_new(FORK_OSAKA);
    struct bytes input = test_hex("0102030405");
    static const struct {
        const char *program, *expected;
    } cases[] = {
        {"8 2 1 CALLDATACOPY 12 0 RETURN",                    "000304050000000000000000"        },
        {MAX " 0 MSTORE 4 5 1 CALLDATACOPY 8 0 RETURN",       "ff00000000ffffff"                },
        {MAX " 0 MSTORE 4 " MAX " 1 CALLDATACOPY 8 0 RETURN", "ff00000000ffffff"                },
        {"2 CALLDATALOAD 0 MSTORE 32 0 RETURN",
         "0304050000000000000000000000000000000000000000000000000000000000"                     },
        {"5 CALLDATALOAD 0 MSTORE 32 0 RETURN",
         "0000000000000000000000000000000000000000000000000000000000000000"                     },
        {MAX " CALLDATALOAD 0 MSTORE 32 0 RETURN",
         "0000000000000000000000000000000000000000000000000000000000000000"                     },
        {"16 0 0 CODECOPY 16 0 RETURN",                       "6010600060003960106000f300000000"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        world_account(world, CONTRACT, 0, bytecode(cases[i].program));
        struct outcome out = world_call_with(world, 1000000, 0, input);
        CHECK_EQ(out.halt, HALT_RETURN);
        CHECK_HEX(out.output, cases[i].expected);
    }
    world_free(world);
}

TEST(mcopy_may_overlap)
{
    struct world *world = world_new(FORK_OSAKA);
    const char *fill =
        "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 0 MSTORE ";
    static const struct {
        const char *program, *expected;
    } cases[] = {
        {"8 0 4 MCOPY", "0001020300010203040506070c0d0e0f10111213"},
        {"8 4 0 MCOPY", "0405060708090a0b08090a0b0c0d0e0f10111213"},
        {"0 4 0 MCOPY", "000102030405060708090a0b0c0d0e0f10111213"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[256];
        snprintf(text, sizeof text, "%s %s 20 0 RETURN", fill, cases[i].program);
        struct outcome out = world_program(world, text);
        CHECK_HEX(out.output, cases[i].expected);
    }
    /* 3 words copied, memory grows from 1 to 5 words. */
    struct outcome out = world_program(world, "0 0 MSTORE 96 0 64 MCOPY");
    CHECK_EQ(out.gas_used, 6 + 6 + 9 + 3 + 9 + memory_gas(5) - memory_gas(1));
    world_free(world);
}

TEST(keccak_costs_six_a_word)
{
    struct world *world = world_new(FORK_OSAKA);
    struct outcome out = world_program(world, "0 0 KECCAK256 0 MSTORE 32 0 RETURN");
    CHECK_HEX(out.output, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    CHECK_EQ(out.gas_used, 6 + 30 + 6 + 6 + 3);
    out = world_program(world, "33 0 KECCAK256 STOP");
    CHECK_EQ(out.gas_used, 6 + 30 + 12 + memory_gas(2));
    world_free(world);
}

TEST(memory_beyond_the_reserve_is_no_fault_of_the_program)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, CONTRACT, 0, bytecode("7 0x10000000 MSTORE"));
    struct outcome out = world_call(world, INT64_MAX);
    CHECK(!out.ended);
    CHECK_EQ(out.halt, HALT_NO_MEMORY);
    /* The machine is good for the next message. */
    CHECK_EQ(world_program(world, "7 0 MSTORE").halt, HALT_STOP);
    world_free(world);
}

/* OTHER fills its memory and leaves 64 bytes of it as output; CONTRACT grows over that place before it reads it. */
TEST(return_data_survives_growing_over_it)
{
    struct world *world = world_new(FORK_OSAKA);
    world_account(world, OTHER, 0, bytecode(MAX " 0 MSTORE " MAX " 32 MSTORE 64 0 RETURN"));
    struct outcome out =
        world_program(world,
                      "0 0 0 0 0x1000000000000000000000000000000000000003 100000 STATICCALL POP "
                      "1 4096 MSTORE "           /* grows over the child's memory: zeros there */
                      "64 0 256 RETURNDATACOPY " /* the output is still whole */
                      "128 224 RETURN");
    CHECK_EQ(out.output.size, 128);
    CHECK_HEX(bytes_of(out.output.data, 32),
              "0000000000000000000000000000000000000000000000000000000000000000");
    CHECK_HEX(bytes_of(out.output.data + 32, 64),
              "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
              "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    CHECK_HEX(bytes_of(out.output.data + 96, 32),
              "0000000000000000000000000000000000000000000000000000000000000000");
    world_free(world);
}
