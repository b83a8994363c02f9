#include "evm/precompile.h"
#include "support/test.h"
#include "support/vectors.h"

#include <stdlib.h>

static address at(unsigned number)
{
    return (address){
        {[18] = (uint8_t)(number >> 8), [19] = (uint8_t)number}
    };
}

static struct arena arena;

static struct precompile_result run(unsigned number,
                                    enum fork fork,
                                    struct bytes input,
                                    int64_t gas)
{
    struct precompile_result result;
    address who = at(number);
    if (arena.chunk_size_min == 0) arena_init(&arena, 1 << 16, 0);
    arena_reset(&arena);
    precompile_run(&result, &who, fork, input, gas, &arena);
    CHECK(!result.no_memory);
    CHECK(result.gas_used >= 0 && result.gas_used <= gas);
    return result;
}

/* What it costs, found with more gas than anybody has. */
static int64_t price(unsigned number, enum fork fork, struct bytes input)
{
    return run(number, fork, input, INT64_MAX).gas_used;
}

static struct bytes zeros(size_t size)
{
    static const uint8_t bytes[1 << 16];
    assert_true(size <= sizeof bytes);
    return bytes_of(bytes, size);
}

/* ---- where and when --------------------------------------------------------------------------------- */

TEST(each_is_there_from_its_fork_on_and_nowhere_else)
{
    static const struct {
        unsigned first, last;
        enum fork since;
    } rows[] = {
        {0x01,  0x04,  FORK_FRONTIER },
        {0x05,  0x08,  FORK_BYZANTIUM},
        {0x09,  0x09,  FORK_ISTANBUL },
        {0x0a,  0x0a,  FORK_CANCUN   },
        {0x0b,  0x11,  FORK_PRAGUE   },
        {0x100, 0x100, FORK_OSAKA    }
    };
    for (int fork = 0; fork < FORK_COUNT; fork++) {
        for (unsigned number = 0; number < 0x10000; number++) {
            bool expected = false;
            for (size_t i = 0; i < COUNT_OF(rows); i++)
                if (number >= rows[i].first && number <= rows[i].last)
                    expected = fork >= (int)rows[i].since;
            address who = at(number);
            if (precompile_exists(&who, (enum fork)fork) != expected)
                fail_msg("0x%x in %s", number, fork_name((enum fork)fork));
        }
    }
    for (unsigned byte = 0; byte < 18; byte++) {
        address who = at(1);
        who.bytes[byte] = 1;
        CHECK(!precompile_exists(&who, FORK_OSAKA));
    }
}

/* ---- prices ----------------------------------------------------------------------------------------- */

TEST(prices_are_those_of_the_yellow_paper_and_the_eips)
{
    static const struct {
        unsigned number;
        enum fork fork;
        size_t size; /* of an input of zeros */
        int64_t gas;
    } cases[] = {
        {0x01,  FORK_OSAKA,     0,     3000                    },
        {0x01,  FORK_FRONTIER,  128,   3000                    },
        {0x02,  FORK_OSAKA,     0,     60                      },
        {0x02,  FORK_OSAKA,     1,     72                      },
        {0x02,  FORK_OSAKA,     32,    72                      },
        {0x02,  FORK_OSAKA,     33,    84                      },
        {0x03,  FORK_OSAKA,     0,     600                     },
        {0x03,  FORK_OSAKA,     65,    960                     },
        {0x04,  FORK_OSAKA,     0,     15                      },
        {0x04,  FORK_OSAKA,     1,     18                      },
        {0x06,  FORK_BYZANTIUM, 128,   500                     },
        {0x06,  FORK_ISTANBUL,  128,   150                     },
        {0x07,  FORK_BYZANTIUM, 96,    40000                   },
        {0x07,  FORK_ISTANBUL,  96,    6000                    },
        {0x08,  FORK_BYZANTIUM, 0,     100000                  },
        {0x08,  FORK_BYZANTIUM, 384,   260000                  },
        {0x08,  FORK_ISTANBUL,  0,     45000                   },
        {0x08,  FORK_ISTANBUL,  384,   113000                  },
        {0x09,  FORK_ISTANBUL,  213,   0                       },
        {0x0a,  FORK_CANCUN,    192,   50000                   },
        {0x0b,  FORK_PRAGUE,    256,   375                     },
        {0x0c,  FORK_PRAGUE,    160,   12000                   },
        {0x0c,  FORK_PRAGUE,    320,   2 * 12000 * 949 / 1000  },
        {0x0c,  FORK_PRAGUE,    20480, 128 * 12000 * 519 / 1000},
        {0x0c,  FORK_PRAGUE,    20640, 129 * 12000 * 519 / 1000},
        {0x0d,  FORK_PRAGUE,    512,   600                     },
        {0x0e,  FORK_PRAGUE,    288,   22500                   },
        {0x0e,  FORK_PRAGUE,    864,   3 * 22500 * 923 / 1000  },
        {0x0e,  FORK_PRAGUE,    37152, 129 * 22500 * 524 / 1000},
        {0x0f,  FORK_PRAGUE,    384,   70300                   },
        {0x0f,  FORK_PRAGUE,    768,   102900                  },
        {0x10,  FORK_PRAGUE,    64,    5500                    },
        {0x11,  FORK_PRAGUE,    128,   23800                   },
        {0x100, FORK_OSAKA,     0,     6900                    },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t gas = price(cases[i].number, cases[i].fork, zeros(cases[i].size));
        if (gas != cases[i].gas)
            fail_msg("0x%x, %zu bytes: %lld", cases[i].number, cases[i].size, (long long)gas);
        if (gas == 0) continue;
        struct precompile_result short_of_one =
            run(cases[i].number, cases[i].fork, zeros(cases[i].size), gas - 1);
        CHECK(!short_of_one.ok && short_of_one.gas_used == gas - 1);
        CHECK_EQ(short_of_one.output.size, 0);
    }
}

/* Three lengths, then base, exponent, modulus. */
static struct bytes modexp_input(const char *base, const char *exponent, const char *modulus)
{
    static uint8_t room[8192];
    const char *const parts[] = {base, exponent, modulus};
    size_t size = 96;
    memset(room, 0, 96);
    for (size_t i = 0; i < 3; i++) {
        struct bytes part = test_hex(parts[i]);
        room[32 * i + 30] = (uint8_t)(part.size >> 8);
        room[32 * i + 31] = (uint8_t)part.size;
        if (part.size > 0) memcpy(room + size, part.data, part.size);
        size += part.size;
    }
    return bytes_of(room, size);
}

TEST(modexp_costs_what_the_fork_says)
{
    static const char long_base[] =
        "01010101010101010101010101010101010101010101010101010101010101010101";
    const struct {
        const char *base, *exponent, *modulus;
        int64_t byzantium, berlin, osaka;
    } cases[] = {
        {"03",      "02",               "05", 0,                200, 500    },
        {"03",      "ffff",             "05", 0,                200, 500    },
        {"03",      "ffffffffffffffff", "05", 63 / 20,          200, 16 * 63},
        {long_base, "ff",               "05", 34 * 34 * 7 / 20, 200, 500    },
        {"",        "",                 "",   0,                200, 500    },
        {"",        "ff",               "",   0,                200, 500    },
        {"03",      "",                 "05", 0,                200, 500    },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes input = modexp_input(cases[i].base, cases[i].exponent, cases[i].modulus);
        CHECK_EQ(price(0x05, FORK_BYZANTIUM, input), cases[i].byzantium);
        CHECK_EQ(price(0x05, FORK_BERLIN, input), cases[i].berlin);
        CHECK_EQ(price(0x05, FORK_OSAKA, input), cases[i].osaka);
    }
}

/* Lengths are words: what cannot be paid is too much, whatever it would be. */
TEST(modexp_with_absurd_lengths)
{
    uint8_t input[96];
    static const enum fork forks[] = {FORK_BYZANTIUM, FORK_BERLIN, FORK_OSAKA};
    for (size_t k = 0; k < COUNT_OF(forks); k++) {
        for (unsigned which = 0; which < 3; which++) {
            for (unsigned byte = 0; byte < 29; byte++) { /* 2^24 bytes and more */
                memset(input, 0, sizeof input);
                input[31] = input[95] = 1;
                input[32 * which + byte] = 1;
                struct precompile_result result =
                    run(0x05, forks[k], bytes_of(input, sizeof input), 30000000);
                /* An exponent of 2^24 bytes is within a block's gas where one byte costs 8/20. */
                bool is_cheap = which == 1 && byte == 28 && forks[k] == FORK_BYZANTIUM;
                CHECK_EQ(result.ok, is_cheap);
                if (!is_cheap) CHECK_EQ(result.gas_used, 30000000);
            }
        }
    }
    /* Base and modulus of length 0 make even the longest exponent cheap, before Osaka. */
    memset(input, 0, sizeof input);
    memset(input + 32, 0xff, 32);
    struct precompile_result result = run(0x05, FORK_BERLIN, bytes_of(input, sizeof input), 200);
    CHECK(result.ok && result.gas_used == 200 && result.output.size == 0);
    CHECK(!run(0x05, FORK_OSAKA, bytes_of(input, sizeof input), 30000000).ok);
}

TEST(modexp_takes_at_most_1024_bytes_from_osaka_on)
{
    static uint8_t input[96 + 3 * 1025];
    for (unsigned which = 0; which < 3; which++) {
        for (unsigned extra = 0; extra < 2; extra++) {
            memset(input, 0, sizeof input);
            input[31] = input[63] = input[95] = 1;
            input[32 * which + 30] = 0x04;
            input[32 * which + 31] = (uint8_t)extra;
            struct bytes all = bytes_of(input, sizeof input);
            CHECK_EQ(run(0x05, FORK_OSAKA, all, INT64_MAX).ok, extra == 0);
            CHECK(run(0x05, FORK_PRAGUE, all, INT64_MAX).ok);
        }
    }
}

TEST(modexp_gives_as_many_bytes_as_the_modulus_has)
{
    CHECK_HEX(run(0x05, FORK_OSAKA, modexp_input("03", "02", "000005"), 500).output, "000004");
    CHECK_HEX(run(0x05, FORK_OSAKA, modexp_input("03", "", "000005"), 500).output, "000001");
    CHECK_HEX(run(0x05, FORK_OSAKA, modexp_input("03", "02", "0000"), 500).output, "0000");
    CHECK_HEX(run(0x05, FORK_OSAKA, modexp_input("03", "02", ""), 500).output, "");
    /* What is missing is zero. */
    struct bytes cut = modexp_input("03", "02", "05");
    CHECK_HEX(run(0x05, FORK_OSAKA, bytes_of(cut.data, cut.size - 1), 500).output, "00");
    CHECK_HEX(run(0x05, FORK_OSAKA, BYTES_EMPTY, 500).output, "");
}

/* ---- inputs that are refused, or not ------------------------------------------------------------------ */

TEST(ecrecover_never_fails)
{
    /* Of the official vectors: an input that gives a signer. */
    struct bytes good =
        test_hex("18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
                 "000000000000000000000000000000000000000000000000000000000000001c"
                 "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
                 "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549");
    uint8_t input[128];
    CHECK_HEX(run(0x01, FORK_OSAKA, good, 3000).output,
              "000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b");
    static const struct {
        unsigned place;
        uint8_t value;
    } changes[] = {
        {63, 27 - 1},
        {63, 29    },
        {63, 0     },
        {62, 1     },
        {32, 1     },
    };
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        memcpy(input, good.data, sizeof input);
        input[changes[i].place] = changes[i].value;
        struct precompile_result result =
            run(0x01, FORK_OSAKA, bytes_of(input, sizeof input), 3000);
        CHECK(result.ok && result.output.size == 0);
    }
    CHECK(run(0x01, FORK_OSAKA, BYTES_EMPTY, 3000).ok);
    memset(input + 64, 0xff, 64); /* r and s beyond the order */
    CHECK(run(0x01, FORK_OSAKA, bytes_of(input, sizeof input), 3000).output.size == 0);
}

TEST(inputs_of_a_wrong_length_fail_where_a_length_is_demanded)
{
    static const struct {
        unsigned number;
        size_t size;
        bool ok;
    } cases[] = {
        {0x06,  0,   true },
        {0x06,  500, true },
        {0x07,  0,   true },
        {0x08,  0,   true },
        {0x08,  191, false},
        {0x08,  192, true },
        {0x09,  212, false},
        {0x09,  213, true },
        {0x09,  214, false},
        {0x0a,  191, false},
        {0x0a,  193, false},
        {0x0b,  255, false},
        {0x0b,  256, true },
        {0x0c,  0,   false},
        {0x0c,  159, false},
        {0x0c,  160, true },
        {0x0d,  511, false},
        {0x0d,  512, true },
        {0x0e,  0,   false},
        {0x0e,  288, true },
        {0x0f,  0,   false},
        {0x0f,  383, false},
        {0x0f,  384, true },
        {0x10,  63,  false},
        {0x10,  64,  true },
        {0x11,  127, false},
        {0x11,  128, true },
        {0x100, 0,   true }, /* not a signature, and no failure */
        {0x100, 161, true },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct precompile_result result =
            run(cases[i].number, FORK_OSAKA, zeros(cases[i].size), 1000000);
        if (result.ok != cases[i].ok) fail_msg("0x%x, %zu bytes", cases[i].number, cases[i].size);
        if (!result.ok) CHECK_EQ(result.output.size, 0);
    }
}

TEST(blake2f_costs_its_rounds_and_knows_two_flags)
{
    uint8_t input[213] = {[0] = 0, [2] = 0x10};
    struct bytes all = bytes_of(input, sizeof input);
    CHECK_EQ(price(0x09, FORK_OSAKA, all), 4096);
    input[212] = 1;
    CHECK(run(0x09, FORK_OSAKA, all, 4096).ok);
    input[212] = 2;
    CHECK(!run(0x09, FORK_OSAKA, all, 4096).ok);
    input[212] = 0;
    input[0] = 0xff; /* 4 * 10^9 rounds: out of gas, not out of time */
    CHECK(!run(0x09, FORK_OSAKA, all, 30000000).ok);
}

/* ---- official vectors ----------------------------------------------------------------------------------- */

/* "Input", "Expected" and "Gas" of every case; with exactly that gas it runs, with less it does not. */
static size_t check_file(const char *file, unsigned number, enum fork fork)
{
    struct vectors vectors;
    struct bytes input, expected = BYTES_EMPTY;
    size_t count = 0;
    if (!vectors_open(&vectors, file)) return 0;
    while (vectors_next(&vectors, "Input", &input)) {
        size_t size;
        CHECK(vectors_next(&vectors, "Expected", &expected));
        const char *gas_text = vectors_find(&vectors, "Gas", &size);
        assert_non_null(gas_text);
        int64_t gas = strtoll(gas_text, NULL, 10);
        struct precompile_result result = run(number, fork, input, gas);
        if (!result.ok || result.gas_used != gas || !bytes_equal(result.output, expected))
            fail_msg("%s, case %zu: gas %lld", file, count, (long long)result.gas_used);
        if (gas > 0) CHECK(!run(number, fork, input, gas - 1).ok);
        count++;
    }
    vectors_close(&vectors);
    return count;
}

TEST(the_official_vectors_give_what_they_say)
{
    static const struct {
        const char *file;
        unsigned number;
        enum fork fork;
        size_t count;
    } files[] = {
        {"ecRecover",       0x01,  FORK_OSAKA,     5  },
        {"modexp",          0x05,  FORK_BYZANTIUM, 17 },
        {"modexp_eip2565",  0x05,  FORK_BERLIN,    47 },
        {"modexp_eip7883",  0x05,  FORK_OSAKA,     45 },
        {"bn256Add",        0x06,  FORK_ISTANBUL,  16 },
        {"bn256ScalarMul",  0x07,  FORK_ISTANBUL,  19 },
        {"bn256Pairing",    0x08,  FORK_ISTANBUL,  14 },
        {"blake2F",         0x09,  FORK_ISTANBUL,  5  },
        {"pointEvaluation", 0x0a,  FORK_CANCUN,    1  },
        {"blsG1Add",        0x0b,  FORK_PRAGUE,    112},
        {"blsG1Mul",        0x0c,  FORK_PRAGUE,    11 },
        {"blsG1MultiExp",   0x0c,  FORK_PRAGUE,    154},
        {"blsG2Add",        0x0d,  FORK_PRAGUE,    112},
        {"blsG2Mul",        0x0e,  FORK_PRAGUE,    11 },
        {"blsG2MultiExp",   0x0e,  FORK_PRAGUE,    153},
        {"blsPairing",      0x0f,  FORK_PRAGUE,    106},
        {"blsMapG1",        0x10,  FORK_PRAGUE,    105},
        {"blsMapG2",        0x11,  FORK_PRAGUE,    105},
        {"p256Verify",      0x100, FORK_OSAKA,     782},
    };
    if (fixtures_path("vectors.tar.zst") == NULL) skip();
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char name[100];
        snprintf(name, sizeof name, "geth_precompiles/%s.json", files[i].file);
        CHECK_EQ(check_file(name, files[i].number, files[i].fork), files[i].count);
    }
}

TEST(the_official_vectors_of_failures_fail)
{
    static const struct {
        const char *file;
        unsigned number;
    } files[] = {
        {"fail-blake2f",       0x09},
        {"fail-blsG1Add",      0x0b},
        {"fail-blsG1Mul",      0x0c},
        {"fail-blsG1MultiExp", 0x0c},
        {"fail-blsG2Add",      0x0d},
        {"fail-blsG2Mul",      0x0e},
        {"fail-blsG2MultiExp", 0x0e},
        {"fail-blsPairing",    0x0f},
        {"fail-blsMapG1",      0x10},
        {"fail-blsMapG2",      0x11},
    };
    if (fixtures_path("vectors.tar.zst") == NULL) skip();
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct vectors vectors;
        struct bytes input;
        char name[100];
        snprintf(name, sizeof name, "geth_precompiles/%s.json", files[i].file);
        CHECK(vectors_open(&vectors, name));
        size_t count = 0;
        for (; vectors_next(&vectors, "Input", &input); count++) {
            struct precompile_result result = run(files[i].number, FORK_OSAKA, input, 100000000);
            if (result.ok) fail_msg("%s, case %zu", name, count);
            CHECK_EQ(result.output.size, 0);
        }
        CHECK(count >= 4);
        vectors_close(&vectors);
    }
}
