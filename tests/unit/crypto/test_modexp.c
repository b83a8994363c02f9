#include "base/heap.h"
#include "base/rng.h"
#include "base/u256.h"
#include "crypto/modexp.h"
#include "support/test.h"
#include "support/vectors.h"

static const char *power(const char *base, const char *exponent, const char *modulus)
{
    static char text[129];
    uint8_t out[64];
    struct bytes m = test_hex(modulus);
    memset(out, 0xa5, sizeof out);
    if (!modexp(out, test_hex(base), test_hex(exponent), m)) fail_msg("no memory");
    hex_encode(text, bytes_of(out, m.size));
    return text;
}

TEST(small_cases_are_right)
{
    static const char *const rows[][4] = {
  /* base, exponent, modulus, power */
        {"03",     "05",     "07",       "05"    },
        {"02",     "0a",     "03e9",     "0017"  },
        {"02",     "0a",     "0400",     "0000"  }, /* even */
        {"03",     "0b",     "0100",     "00fb"  },
        {"05",     "00",     "07",       "01"    },
        {"00",     "05",     "07",       "00"    },
        {"00",     "00",     "07",       "01"    }, /* 0^0 is 1 */
        {"05",     "03",     "01",       "00"    }, /* nothing is left modulo 1 */
        {"05",     "00",     "01",       "00"    },
        {"05",     "03",     "00",       "00"    }, /* nor modulo 0 */
        {"00",     "00",     "000000",   "000000"},
        {"05",     "",       "07",       "01"    }, /* an empty number is zero */
        {"",       "03",     "07",       "00"    },
        {"",       "",       "07",       "01"    },
        {"05",     "03",     "",         ""      },
        {"000003",
         "0000000005",       "00000007",
         "00000005"                              }, /* leading zeros count for the size only */
        {"ffffff", "02",     "0100",     "0001"  }, /* a base beyond the modulus */
        {"0000",   "000003", "0007",     "0000"  },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_TEXT(power(rows[i][0], rows[i][1], rows[i][2]), rows[i][3]);
}

/* A second opinion for 256 bits: square and multiply. */
static u256 power_by_hand(u256 base, u256 exponent, u256 modulus)
{
    u256 result = u256_mod(U256_ONE, modulus);
    uint8_t bits[32];
    u256_to_be(bits, exponent);
    for (int i = 0; i < 256; i++) {
        result = u256_mulmod(result, result, modulus);
        if (bits[i / 8] >> (7 - i % 8) & 1) result = u256_mulmod(result, base, modulus);
    }
    return result;
}

TEST(random_words_agree_with_square_and_multiply)
{
    struct rng rng;
    rng_init(&rng, 12);
    for (int i = 0; i < 2000; i++) {
        uint8_t operands[3][32], out[32], expected[32];
        rng_fill(&rng, operands, sizeof operands);
        for (int k = 0; k < 3; k++) /* all sizes, by zeros in front */
            memset(operands[k], 0, rng_below(&rng, 33));
        CHECK(modexp(
            out, bytes_of(operands[0], 32), bytes_of(operands[1], 32), bytes_of(operands[2], 32)));
        u256_to_be(expected,
                   power_by_hand(u256_from_be(operands[0]),
                                 u256_from_be(operands[1]),
                                 u256_from_be(operands[2])));
        CHECK(memcmp(out, expected, 32) == 0);
    }
}

TEST(small_operands_leave_the_heap_alone)
{
    uint8_t operands[3][1024], out[1024];
    struct rng rng;
    rng_init(&rng, 3);
    rng_fill(&rng, operands, sizeof operands);
    memset(operands[1], 0, 1020);
    uint64_t before = heap_calls();
    CHECK(modexp(out,
                 bytes_of(operands[0], 1024),
                 bytes_of(operands[1], 1024),
                 bytes_of(operands[2], 1024)));
    CHECK_EQ(heap_calls(), before);
}

TEST(big_sizes_are_computed)
{
    /* base^1 mod m with a base of a megabyte, and 1^e mod m with an exponent of one. */
    size_t size = (size_t)1 << 20;
    uint8_t *big = heap_alloc(size), out[2];
    const uint8_t one = 1, modulus[2] = {0xff, 0xff};
    assert_non_null(big);
    memset(big, 0xff, size);
    CHECK(modexp(out, bytes_of(big, size), bytes_of(&one, 1), bytes_of(modulus, 2)));
    CHECK_HEX(bytes_of(out, 2), "0000"); /* 65535 divides 2^(16 n) - 1 */
    CHECK(modexp(out, bytes_of(&one, 1), bytes_of(big, size), bytes_of(modulus, 2)));
    CHECK_HEX(bytes_of(out, 2), "0001");

    uint8_t *long_out = heap_alloc(size);
    assert_non_null(long_out);
    const uint8_t two = 2, three = 3;
    CHECK(modexp(long_out, bytes_of(&two, 1), bytes_of(&three, 1), bytes_of(big, size)));
    CHECK_EQ(long_out[size - 1], 8);
    CHECK_EQ(long_out[0], 0);
    heap_free(long_out);
    heap_free(big);
}

TEST(absurd_sizes_are_memory_that_is_not_there)
{
    /* The bytes are not looked at: the first is no zero, the size decides. */
    uint8_t out[1];
    const uint8_t one = 1;
    CHECK(!modexp(out, bytes_of(&one, (size_t)1 << 40), bytes_of(&one, 1), bytes_of(&one, 1)));
    CHECK(!modexp(out, bytes_of(&one, 1), bytes_of(&one, (size_t)1 << 40), bytes_of(&one, 1)));
}

static void check_file(const char *member, int cases_expected)
{
    struct vectors vectors;
    struct bytes input, expected;
    if (!vectors_open(&vectors, member)) skip();
    int cases = 0;
    while (vectors_next(&vectors, "Input", &input) &&
           vectors_next(&vectors, "Expected", &expected)) {
        static uint8_t operands[1 << 14], out[1 << 12];
        size_t sizes[3], total = 0;
        uint8_t head[96] = {0};
        memcpy(head, input.data, input.size < 96 ? input.size : 96);
        for (int i = 0; i < 3; i++) {
            u256 size = u256_from_be(head + 32 * i);
            sizes[i] = u256_less(size, u256_from_u64(1 << 12)) ? u256_low64(size) : 0;
            total += sizes[i];
        }
        memset(operands, 0, total);
        if (input.size > 96) {
            size_t given = input.size - 96;
            memcpy(operands, input.data + 96, given < total ? given : total);
        }
        CHECK(modexp(out,
                     bytes_of(operands, sizes[0]),
                     bytes_of(operands + sizes[0], sizes[1]),
                     bytes_of(operands + sizes[0] + sizes[1], sizes[2])));
        if (!bytes_equal(bytes_of(out, sizes[2]), expected)) fail_msg("%s, case %d", member, cases);
        cases++;
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, cases_expected);
}

TEST(the_vectors_of_the_precompile_hold)
{
    check_file("geth_precompiles/modexp.json", 17);
    check_file("geth_precompiles/modexp_eip2565.json", 47);
    check_file("geth_precompiles/modexp_eip7883.json", 45);
}
