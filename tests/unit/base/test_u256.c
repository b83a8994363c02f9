#include "base/rng.h"
#include "base/u256.h"
#include "support/test.h"
#include "support/vectors.h"

#include <gmp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* A number from hex digits, right aligned. */
static u256 number(const char *digits)
{
    uint8_t bytes[32];
    if (!hex_decode_number(bytes, digits, strlen(digits))) fail_msg("not a number: %s", digits);
    return u256_from_be(bytes);
}

static void check_equal(u256 actual, u256 expected, const char *what, int line)
{
    if (u256_equal(actual, expected)) return;
    hash32 a = u256_to_hash(actual), e = u256_to_hash(expected);
    char a_text[HEX_HASH_SIZE], e_text[HEX_HASH_SIZE];
    print_message("%s is %s, not %s\n", what, hex_hash(a_text, &a), hex_hash(e_text, &e));
    _fail(__FILE__, line);
}

#define CHECK_U256(actual, expected) check_equal((actual), (expected), #actual, __LINE__)

#define TOP_BIT "8000000000000000000000000000000000000000000000000000000000000000"
#define ALL     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define P256K1  "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"

/* The upper 63 digits of a small negative number. */
#define MINUS "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

typedef u256 operation(u256 a, u256 b);

static void check_table(operation *apply, const char *const (*rows)[3], size_t count, int line)
{
    for (size_t i = 0; i < count; i++) {
        char what[32];
        snprintf(what, sizeof what, "row %zu", i);
        check_equal(apply(number(rows[i][0]), number(rows[i][1])), number(rows[i][2]), what, line);
    }
}

#define CHECK_TABLE(apply, rows) check_table((apply), (rows), COUNT_OF(rows), __LINE__)

TEST(a_zero_divisor_gives_zero)
{
    static operation *const operations[] = {u256_div, u256_mod, u256_sdiv, u256_smod};
    static const char *const dividends[] = {"0", "1", TOP_BIT, ALL};
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        for (size_t j = 0; j < COUNT_OF(dividends); j++)
            CHECK_U256(operations[i](number(dividends[j]), U256_ZERO), U256_ZERO);
    CHECK_U256(u256_addmod(U256_MAX, U256_MAX, U256_ZERO), U256_ZERO);
    CHECK_U256(u256_mulmod(U256_MAX, U256_MAX, U256_ZERO), U256_ZERO);
    u256 quotient = U256_ONE, remainder = U256_ONE;
    u256_divmod(&quotient, &remainder, U256_MAX, U256_ZERO);
    CHECK_U256(quotient, U256_ZERO);
    CHECK_U256(remainder, U256_ZERO);
}

TEST(signed_division_rounds_towards_zero)
{
    /* clang-format off */
    static const char *const rows[][3] = {
        {"7", "2", "3"},
        {ALL, "2", "0"}, /* -1 / 2 */
        {TOP_BIT, ALL, TOP_BIT}, /* the one quotient that does not fit */
        {TOP_BIT, "1", TOP_BIT},
        {"5", TOP_BIT, "0"},
        {MINUS "9", "2", MINUS "d"}, /* -7 / 2 = -3 */
        {"7", MINUS "e", MINUS "d"},
    };
    /* clang-format on */
    CHECK_TABLE(u256_sdiv, rows);
}

TEST(a_signed_remainder_has_the_sign_of_the_dividend)
{
    /* clang-format off */
    static const char *const rows[][3] = {
        {"7", "3", "1"},
        {MINUS "9", "3", ALL}, /* -7, 3: -1 */
        {"7", MINUS "d", "1"},
        {TOP_BIT, ALL, "0"},
    };
    /* clang-format on */
    CHECK_TABLE(u256_smod, rows);
}

TEST(powers_wrap_and_zero_to_the_zero_is_one)
{
    /* clang-format off */
    static const char *const rows[][3] = {
        {"0", "0", "1"},
        {"0", "1", "0"},
        {"0", ALL, "0"},
        {"1", ALL, "1"},
        {"2", "ff", TOP_BIT},
        {"2", "100", "0"},
        {"2", "10000000000000000", "0"},
        {"100000000000000000000000000000000", "1", "100000000000000000000000000000000"},
        {"100000000000000000000000000000000", "2", "0"},
        {TOP_BIT, "1", TOP_BIT},
        {TOP_BIT, "2", "0"},
        {"6", "ff", TOP_BIT}, /* 3^255 is odd */
        {"6", "100", "0"},
        {"a", "4d", "dd15fe86affad91249ef0eb713f39ebeaa987b6e6fd2a0000000000000000000"},
        {ALL, ALL, ALL}, /* (-1) to an odd power */
        {ALL, "2", "1"},
        {"3", "8000000000000000000000000000000000000000000000000000000000000000", "1"},
    };
    /* clang-format on */
    CHECK_TABLE(u256_exp, rows);
}

TEST(shifts_of_256_and_more_leave_nothing_but_the_sign)
{
    static const char *const counts[] = {"100", "101", "1ff", "10000000000000000", TOP_BIT, ALL};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        CHECK_U256(u256_shl(number(counts[i]), U256_MAX), U256_ZERO);
        CHECK_U256(u256_shr(number(counts[i]), U256_MAX), U256_ZERO);
        CHECK_U256(u256_sar(number(counts[i]), U256_MAX), U256_MAX);
        CHECK_U256(u256_sar(number(counts[i]), u256_shr(U256_ONE, U256_MAX)), U256_ZERO);
    }
    CHECK_U256(u256_shl(u256_from_u64(255), U256_ONE), number(TOP_BIT));
    CHECK_U256(u256_shr(u256_from_u64(255), number(TOP_BIT)), U256_ONE);
    CHECK_U256(u256_sar(u256_from_u64(255), number(TOP_BIT)), U256_MAX);
    CHECK_U256(u256_sar(U256_ZERO, number(TOP_BIT)), number(TOP_BIT));
}

TEST(bytes_are_counted_from_the_top_and_signs_from_the_bottom)
{
    u256 value = number("80f1f2f3f4f5f6f7f8f9fafbfcfdfeff808182838485868788898a8b8c8d8e7f");
    CHECK_U256(u256_byte(U256_ZERO, value), u256_from_u64(0x80));
    CHECK_U256(u256_byte(u256_from_u64(16), value), u256_from_u64(0x80));
    CHECK_U256(u256_byte(u256_from_u64(31), value), u256_from_u64(0x7f));
    CHECK_U256(u256_byte(u256_from_u64(32), value), U256_ZERO);
    CHECK_U256(u256_byte(number("10000000000000000"), value), U256_ZERO);

    CHECK_U256(u256_signextend(U256_ZERO, value), u256_from_u64(0x7f));
    CHECK_U256(u256_signextend(U256_ONE, value),
               number("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8e7f"));
    CHECK_U256(u256_signextend(u256_from_u64(15), value),
               number("ffffffffffffffffffffffffffffffff808182838485868788898a8b8c8d8e7f"));
    CHECK_U256(u256_signextend(u256_from_u64(31), value), value);
    CHECK_U256(u256_signextend(number("10000000000000001"), value), value);
    CHECK_U256(u256_signextend(U256_MAX, value), value);
}

TEST(lengths_and_zero_bits)
{
    static const struct {
        const char *number;
        unsigned bits, bytes;
    } rows[] = {
        {"0",                                 0,   0 },
        {"1",                                 1,   1 },
        {"ff",                                8,   1 },
        {"100",                               9,   2 },
        {TOP_BIT,                             256, 32},
        {"ffffffffffffffff",                  64,  8 },
        {"10000000000000000",                 65,  9 },
        {"100000000000000000000000000000000", 129, 17},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        u256 a = number(rows[i].number);
        CHECK_EQ(u256_bit_length(a), rows[i].bits);
        CHECK_EQ(u256_clz(a), 256 - rows[i].bits);
        CHECK_EQ(u256_byte_length(a), rows[i].bytes);
        CHECK_EQ(u256_fits_u64(a), rows[i].bits <= 64);
        CHECK_EQ(u256_is_zero(a), rows[i].bits == 0);
    }
    CHECK(u256_low64(number("1000000000000000000000007")) == 7);
}

TEST(numbers_become_bytes_hashes_and_addresses_and_come_back)
{
    struct bytes bytes =
        test_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    u256 a = u256_from_be(bytes.data);
    CHECK_EQ(a.words[0], 0x18191a1b1c1d1e1f);
    CHECK_EQ(a.words[3], 0x0001020304050607);
    hash32 hash = u256_to_hash(a);
    CHECK_HEX(bytes_of(hash.bytes, 32),
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    CHECK_U256(u256_from_hash(&hash), a);
    address low = u256_to_address(a);
    CHECK_HEX(bytes_of(low.bytes, 20), "0c0d0e0f101112131415161718191a1b1c1d1e1f");
    CHECK_U256(u256_from_address(&low), number("0c0d0e0f101112131415161718191a1b1c1d1e1f"));

    for (size_t size = 0; size <= 32; size++) {
        uint8_t padded[32] = {0};
        memcpy(padded + 32 - size, bytes.data + 32 - size, size);
        CHECK_U256(u256_from_be_bytes(bytes_of(bytes.data + 32 - size, size)),
                   u256_from_be(padded));
    }
    CHECK_U256(u256_from_be_bytes(BYTES_EMPTY), U256_ZERO);
}

TEST(decimal_text_is_read_strictly)
{
    static const char *const bad[] = {
        "",
        " 1",
        "1 ",
        "-1",
        "+1",
        "0x1",
        "1e3",
        /* 2^256, and 2^256 in the last digit only */
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        "1157920892373161954235709850086879078532699846656405640394575840079131296399350",
    };
    u256 a;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(!u256_from_decimal(&a, bad[i], strlen(bad[i])));

    static const char *const good[] = {
        "0",
        "7",
        "10000000000000000000",
        "18446744073709551616",
        "115792089237316195423570985008687907853269984665640564039457584007913129639935",
    };
    char text[U256_DECIMAL_SIZE];
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        CHECK(u256_from_decimal(&a, good[i], strlen(good[i])));
        CHECK_TEXT(u256_to_decimal(text, a), good[i]);
    }
    CHECK(u256_from_decimal(&a, "0012", 4));
    CHECK_U256(a, u256_from_u64(12));
}

TEST(an_output_may_be_an_operand)
{
    u256 a = number(P256K1), b = number("123456789abcdef0123456789abcdef0123"),
         m = number("fffffffffffffff1");
    u256 out = b;
    u256_div_into(&out, &a, &out);
    CHECK_U256(out, u256_div(a, b));
    out = b;
    u256_smod_into(&out, &a, &out);
    CHECK_U256(out, u256_smod(a, b));
    out = m;
    u256_mulmod_into(&out, &a, &b, &out);
    CHECK_U256(out, u256_mulmod(a, b, m));
    out = m;
    u256_addmod_into(&out, &a, &b, &out);
    CHECK_U256(out, u256_addmod(a, b, m));
    out = b;
    u256_exp_into(&out, &a, &out);
    CHECK_U256(out, u256_exp(a, b));
}

/* ---- the same as GMP, at random and at the edges ---- */

#define RANDOM_CASES 250000
#define SEED         20240613

/* Words that carry, borrow and make trial digits miss. */
static uint64_t random_word(struct rng *rng)
{
    switch (rng_below(rng, 8)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return rng_below(rng, 3);
    case 3: return UINT64_C(1) << 63;
    case 4: return UINT64_MAX - rng_below(rng, 3);
    case 5: return rng_next(rng) >> rng_below(rng, 64);
    }
    return rng_next(rng);
}

static const char *const edges[] = {
    "0",
    "1",
    "2",
    ALL,
    MINUS "e",
    TOP_BIT,
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffff",
    "10000000000000000",
    "10000000000000001",
    "ffffffffffffffffffffffffffffffff",
    "100000000000000000000000000000000",
    "100000000000000000000000000000001",
    "ffffffffffffffffffffffffffffffffffffffffffffffff",
    "1000000000000000000000000000000000000000000000000",
    "1000000000000000000000000000000000000000000000001",
    P256K1,
};

static u256 random_number(struct rng *rng)
{
    if (rng_below(rng, 8) == 0) return number(edges[rng_below(rng, COUNT_OF(edges))]);
    u256 a = U256_ZERO;
    uint64_t words = 1 + rng_below(rng, 4);
    for (uint64_t i = 0; i < words; i++)
        a.words[i] = random_word(rng);
    return a;
}

/* The oracle's variables. */
struct oracle {
    mpz_t a, b, m, out, rest, wrap;
};

static void oracle_init(struct oracle *oracle)
{
    mpz_inits(oracle->a, oracle->b, oracle->m, oracle->out, oracle->rest, oracle->wrap, NULL);
    mpz_setbit(oracle->wrap, 256);
}

static void oracle_fini(struct oracle *oracle)
{
    mpz_clears(oracle->a, oracle->b, oracle->m, oracle->out, oracle->rest, oracle->wrap, NULL);
}

static void oracle_set(mpz_t to, u256 from)
{
    mpz_import(to, 4, -1, 8, 0, 0, from.words);
}

/* As a two's complement number. */
static void oracle_set_signed(struct oracle *oracle, mpz_t to, u256 from)
{
    oracle_set(to, from);
    if (from.words[3] >> 63 != 0) mpz_sub(to, to, oracle->wrap);
}

/* Modulo 2^256. */
static u256 oracle_get(struct oracle *oracle, mpz_t from)
{
    u256 a = U256_ZERO;
    mpz_t low;
    mpz_init(low);
    mpz_fdiv_r(low, from, oracle->wrap);
    mpz_export(a.words, NULL, -1, 8, 0, 0, low);
    mpz_clear(low);
    return a;
}

static void check_sums_and_products(struct oracle *o, u256 a, u256 b)
{
    u256 out;
    oracle_set(o->a, a);
    oracle_set(o->b, b);
    mpz_add(o->out, o->a, o->b);
    CHECK_U256(u256_add(a, b), oracle_get(o, o->out));
    CHECK_EQ(u256_add_overflow(&out, a, b), mpz_cmp(o->out, o->wrap) >= 0);
    mpz_sub(o->out, o->a, o->b);
    CHECK_U256(u256_sub(a, b), oracle_get(o, o->out));
    CHECK_EQ(u256_sub_borrow(&out, a, b), mpz_sgn(o->out) < 0);
    CHECK_EQ(u256_less(a, b), mpz_sgn(o->out) < 0);
    CHECK_EQ(u256_compare(a, b), mpz_sgn(o->out));
    CHECK_EQ(u256_equal(a, b), mpz_sgn(o->out) == 0);
    mpz_mul(o->out, o->a, o->b);
    CHECK_U256(u256_mul(a, b), oracle_get(o, o->out));
    CHECK_EQ(u256_mul_overflow(&out, a, b), mpz_cmp(o->out, o->wrap) >= 0);
    CHECK_U256(out, oracle_get(o, o->out));
    mpz_mul_ui(o->out, o->a, b.words[0]);
    CHECK_EQ(u256_mul_u64_overflow(&out, a, b.words[0]), mpz_cmp(o->out, o->wrap) >= 0);
    CHECK_U256(out, oracle_get(o, o->out));
    CHECK_U256(u256_mul_u64(a, b.words[0]), out);
}

static void check_divisions(struct oracle *o, u256 a, u256 b)
{
    if (u256_is_zero(b)) return; /* a test of its own */
    u256 quotient, remainder;
    oracle_set(o->a, a);
    oracle_set(o->b, b);
    mpz_tdiv_qr(o->out, o->rest, o->a, o->b);
    u256_divmod(&quotient, &remainder, a, b);
    CHECK_U256(quotient, oracle_get(o, o->out));
    CHECK_U256(remainder, oracle_get(o, o->rest));
    CHECK_U256(u256_div(a, b), quotient);
    CHECK_U256(u256_mod(a, b), remainder);

    oracle_set_signed(o, o->a, a);
    oracle_set_signed(o, o->b, b);
    mpz_tdiv_qr(o->out, o->rest, o->a, o->b);
    CHECK_U256(u256_sdiv(a, b), oracle_get(o, o->out));
    CHECK_U256(u256_smod(a, b), oracle_get(o, o->rest));
    CHECK_EQ(u256_less_signed(a, b), mpz_cmp(o->a, o->b) < 0);
}

static void check_modular(struct oracle *o, u256 a, u256 b, u256 m)
{
    if (u256_is_zero(m)) return;
    oracle_set(o->a, a);
    oracle_set(o->b, b);
    oracle_set(o->m, m);
    mpz_add(o->out, o->a, o->b);
    mpz_mod(o->out, o->out, o->m);
    CHECK_U256(u256_addmod(a, b, m), oracle_get(o, o->out));
    mpz_mul(o->out, o->a, o->b);
    mpz_mod(o->out, o->out, o->m);
    CHECK_U256(u256_mulmod(a, b, m), oracle_get(o, o->out));
}

static void check_shifts(struct oracle *o, u256 a, unsigned count)
{
    oracle_set(o->a, a);
    mpz_mul_2exp(o->out, o->a, count);
    CHECK_U256(u256_shl(u256_from_u64(count), a), oracle_get(o, o->out));
    mpz_fdiv_q_2exp(o->out, o->a, count);
    CHECK_U256(u256_shr(u256_from_u64(count), a), oracle_get(o, o->out));
    oracle_set_signed(o, o->a, a);
    mpz_fdiv_q_2exp(o->out, o->a, count);
    CHECK_U256(u256_sar(u256_from_u64(count), a), oracle_get(o, o->out));
}

TEST(arithmetic_agrees_with_gmp)
{
    struct rng rng;
    struct oracle oracle;
    rng_init(&rng, SEED);
    oracle_init(&oracle);
    print_message("seed %d\n", SEED);
    for (int i = 0; i < RANDOM_CASES; i++) {
        u256 a = random_number(&rng), b = random_number(&rng);
        check_sums_and_products(&oracle, a, b);
        check_divisions(&oracle, a, b);
        check_modular(&oracle, a, b, random_number(&rng));
        check_shifts(&oracle, a, (unsigned)rng_below(&rng, 260));
    }
    oracle_fini(&oracle);
}

TEST(all_pairs_and_triples_of_edges_agree_with_gmp)
{
    struct oracle oracle;
    oracle_init(&oracle);
    for (size_t i = 0; i < COUNT_OF(edges); i++)
        for (size_t j = 0; j < COUNT_OF(edges); j++) {
            check_sums_and_products(&oracle, number(edges[i]), number(edges[j]));
            check_divisions(&oracle, number(edges[i]), number(edges[j]));
            for (size_t k = 0; k < COUNT_OF(edges); k++)
                check_modular(&oracle, number(edges[i]), number(edges[j]), number(edges[k]));
        }
    oracle_fini(&oracle);
}

/* Moduli that come back go over the reciprocal; three take turns, so that two must give way. */
TEST(mulmod_agrees_with_gmp_for_moduli_that_come_back)
{
    struct rng rng;
    struct oracle oracle;
    rng_init(&rng, SEED + 1);
    oracle_init(&oracle);
    for (int i = 0; i < 2000; i++) {
        u256 moduli[3];
        for (int j = 0; j < 3; j++) {
            moduli[j] = random_number(&rng);
            if (moduli[j].words[3] == 0) moduli[j].words[3] = random_word(&rng) | 1;
        }
        if (i % 2 == 0) moduli[0] = number(P256K1);
        if (i % 16 == 0)
            moduli[1] = (u256){
                {0, 0, 0, UINT64_C(1) << i / 16 % 64}
            };
        for (int j = 0; j < 40; j++)
            check_modular(&oracle,
                          random_number(&rng),
                          random_number(&rng),
                          moduli[j < 30 ? j % 2 : (int)rng_below(&rng, 3)]);
    }
    oracle_fini(&oracle);
}

TEST(powers_agree_with_gmp)
{
    struct rng rng;
    struct oracle oracle;
    rng_init(&rng, SEED + 2);
    oracle_init(&oracle);
    for (int i = 0; i < 20000; i++) {
        u256 base = random_number(&rng), exponent = random_number(&rng);
        if (i % 2 == 0) exponent = u256_shr(u256_from_u64(rng_below(&rng, 256)), exponent);
        oracle_set(oracle.a, base);
        oracle_set(oracle.b, exponent);
        mpz_powm(oracle.out, oracle.a, oracle.b, oracle.wrap);
        CHECK_U256(u256_exp(base, exponent), oracle_get(&oracle, oracle.out));
    }
    oracle_fini(&oracle);
}

TEST(decimal_text_agrees_with_gmp)
{
    struct rng rng;
    struct oracle oracle;
    rng_init(&rng, SEED + 3);
    oracle_init(&oracle);
    for (int i = 0; i < 20000; i++) {
        u256 a = random_number(&rng), back;
        char text[U256_DECIMAL_SIZE], expected[U256_DECIMAL_SIZE + 1];
        oracle_set(oracle.a, a);
        CHECK_TEXT(u256_to_decimal(text, a), mpz_get_str(expected, 10, oracle.a));
        CHECK(u256_from_decimal(&back, text, strlen(text)));
        CHECK_U256(back, a);
    }
    oracle_fini(&oracle);
}

static void *multiply_elsewhere(void *context)
{
    u256 *sum = context;
    u256 m = number(P256K1);
    for (uint64_t i = 0; i < 1000; i++)
        *sum = u256_addmod(*sum, u256_mulmod(U256_MAX, u256_from_u64(i << 40 | 1), m), m);
    return NULL;
}

TEST(each_thread_has_its_own_reciprocals)
{
    u256 here = U256_ZERO, there = U256_ZERO;
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, multiply_elsewhere, &there), 0);
    multiply_elsewhere(&here);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_U256(here, there);
}

/* ---- the vectors of go-ethereum ---- */

static u256 equal_number(u256 a, u256 b)
{
    return u256_from_u64(u256_equal(a, b));
}

static u256 less_number(u256 a, u256 b)
{
    return u256_from_u64(u256_less(a, b));
}

static u256 greater_number(u256 a, u256 b)
{
    return u256_from_u64(u256_less(b, a));
}

static u256 less_signed_number(u256 a, u256 b)
{
    return u256_from_u64(u256_less_signed(a, b));
}

static u256 greater_signed_number(u256 a, u256 b)
{
    return u256_from_u64(u256_less_signed(b, a));
}

TEST(the_vectors_of_the_machines_operations_hold)
{
    static const struct {
        const char *name;
        operation *apply;
    } files[] = {
        {"add",     u256_add             },
        {"sub",     u256_sub             },
        {"mul",     u256_mul             },
        {"div",     u256_div             },
        {"sdiv",    u256_sdiv            },
        {"mod",     u256_mod             },
        {"smod",    u256_smod            },
        {"exp",     u256_exp             },
        {"signext", u256_signextend      },
        {"byte",    u256_byte            },
        {"shl",     u256_shl             },
        {"shr",     u256_shr             },
        {"sar",     u256_sar             },
        {"and",     u256_and             },
        {"or",      u256_or              },
        {"xor",     u256_xor             },
        {"eq",      equal_number         },
        {"lt",      less_number          },
        {"gt",      greater_number       },
        {"slt",     less_signed_number   },
        {"sgt",     greater_signed_number},
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char member[64];
        snprintf(member, sizeof member, "geth_uint256_ops/testcases_%s.json", files[i].name);
        struct vectors vectors;
        if (!vectors_open(&vectors, member)) skip();
        struct bytes x, y, expected;
        int cases = 0;
        while (vectors_next(&vectors, "X", &x) && vectors_next(&vectors, "Y", &y) &&
               vectors_next(&vectors, "Expected", &expected)) {
            u256 top = u256_from_be_bytes(y), below = u256_from_be_bytes(x);
            check_equal(files[i].apply(top, below), u256_from_be_bytes(expected), member, __LINE__);
            cases++;
        }
        vectors_close(&vectors);
        CHECK_EQ(cases, 81);
    }
}
