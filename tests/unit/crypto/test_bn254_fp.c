#include "base/rng.h"
#include "crypto/bn254_wide_private.h"
#include "support/test.h"

#include <gmp.h>

#define P_TEXT "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47"

#define RANDOM_CASES 20000

/* What GMP knows: the modulus, operands, a result. */
struct oracle {
    mpz_t p, a, b, out;
};

static void oracle_init(struct oracle *o)
{
    mpz_inits(o->p, o->a, o->b, o->out, NULL);
    mpz_set_str(o->p, P_TEXT, 16);
}

static void oracle_fini(struct oracle *o)
{
    mpz_clears(o->p, o->a, o->b, o->out, NULL);
}

static void number_export(uint8_t out[32], const mpz_t number)
{
    size_t count;
    memset(out, 0, 32);
    mpz_export(out + 32 - (mpz_sizeinbase(number, 2) + 7) / 8 * (mpz_sgn(number) != 0),
               &count,
               1,
               1,
               0,
               0,
               number);
}

static void number_get(mpz_t out, const fp *a)
{
    uint8_t bytes[32];
    fp_to_bytes(bytes, a);
    mpz_import(out, 32, 1, 1, 0, 0, bytes);
}

static fp number_of(const mpz_t a)
{
    uint8_t bytes[32];
    fp out;
    number_export(bytes, a);
    CHECK(fp_from_bytes(&out, bytes));
    return out;
}

/* `actual` is o->out mod p, and below p as it stands. */
static void check_number(struct oracle *o, const fp *actual)
{
    uint8_t expected[32], bytes[32];
    bool below = false;
    mpz_mod(o->out, o->out, o->p);
    number_export(expected, o->out);
    fp_to_bytes(bytes, actual);
    assert_memory_equal(bytes, expected, 32);
    (void)word_sub(actual->words[0], FP_P0, &below);
    (void)word_sub(actual->words[1], FP_P1, &below);
    (void)word_sub(actual->words[2], FP_P2, &below);
    (void)word_sub(actual->words[3], FP_P3, &below);
    CHECK(below);
}

static void check_sums(struct oracle *o, const fp *a, const fp *b)
{
    fp out;
    fp_add(&out, a, b);
    mpz_add(o->out, o->a, o->b);
    check_number(o, &out);
    fp_sub(&out, a, b);
    mpz_sub(o->out, o->a, o->b);
    check_number(o, &out);
    fp_double(&out, a);
    mpz_mul_2exp(o->out, o->a, 1);
    check_number(o, &out);
    fp_negate(&out, a);
    mpz_neg(o->out, o->a);
    check_number(o, &out);
    fp_halve(&out, a);
    fp_double(&out, &out);
    mpz_set(o->out, o->a);
    check_number(o, &out);
    fp_nine_times_plus(&out, a, b);
    mpz_mul_ui(o->out, o->a, 9);
    mpz_add(o->out, o->out, o->b);
    check_number(o, &out);
}

static void check_products(struct oracle *o, const fp *a, const fp *b)
{
    fp out, sum;
    struct fp_wide left, right;
    fp_mul(&out, a, b);
    mpz_mul(o->out, o->a, o->b);
    check_number(o, &out);
    fp_square(&out, a);
    mpz_mul(o->out, o->a, o->a);
    check_number(o, &out);

    fp_add_lazy(&sum, a, b); /* (a + b)^2 - a^2 - b^2 */
    fp_mul_wide(&left, &sum, &sum);
    fp_mul_wide(&right, a, a);
    fp_wide_take(&left, &left, &right);
    fp_mul_wide(&right, b, b);
    fp_wide_take(&left, &left, &right);
    fp_reduce(&out, &left);
    mpz_mul(o->out, o->a, o->b);
    mpz_mul_2exp(o->out, o->out, 1);
    check_number(o, &out);

    fp_mul_wide(&left, a, a); /* a^2 - b^2, and a^2 + b^2 */
    fp_wide_sub(&left, &left, &right);
    fp_reduce(&out, &left);
    mpz_mul(o->out, o->a, o->a);
    mpz_submul(o->out, o->b, o->b);
    check_number(o, &out);
    fp_mul_wide(&left, a, a);
    fp_wide_add(&left, &left, &right);
    fp_reduce(&out, &left);
    mpz_mul(o->out, o->a, o->a);
    mpz_addmul(o->out, o->b, o->b);
    check_number(o, &out);
}

static void check_inverse(struct oracle *o, const fp *a)
{
    fp out;
    fp_invert(&out, a);
    if (mpz_invert(o->out, o->a, o->p) == 0) mpz_set_ui(o->out, 0);
    check_number(o, &out);
}

static void check_all(struct oracle *o, const fp *a, const fp *b)
{
    number_get(o->a, a);
    number_get(o->b, b);
    check_sums(o, a, b);
    check_products(o, a, b);
    check_inverse(o, a);
}

/* A random number; often with few bits set or close to p in one of its two forms. */
static fp random_number(struct rng *rng, const struct oracle *o)
{
    mpz_t number;
    uint64_t words[4];
    mpz_init(number);
    rng_fill(rng, words, sizeof words);
    mpz_import(number, 4, -1, 8, 0, 0, words);
    mpz_fdiv_q_2exp(number, number, rng_below(rng, 4) == 0 ? rng_below(rng, 256) : 0);
    if (rng_below(rng, 4) == 0) mpz_neg(number, number);
    mpz_mod(number, number, o->p);
    fp out = number_of(number);
    if (rng_below(rng, 4) == 0) { /* the number's digits as its Montgomery form */
        size_t count;
        memset(&out, 0, sizeof out);
        mpz_export(out.words, &count, -1, 8, 0, 0, number);
    }
    mpz_clear(number);
    return out;
}

TEST(arithmetic_agrees_with_gmp)
{
    struct rng rng;
    struct oracle oracle;
    rng_init(&rng, 254);
    oracle_init(&oracle);
    for (int i = 0; i < RANDOM_CASES; i++) {
        fp a = random_number(&rng, &oracle), b = random_number(&rng, &oracle);
        check_all(&oracle, &a, &b);
    }
    oracle_fini(&oracle);
}

/* The words themselves: 0, 1, 2, 2^64, 2^128, 2^192, (p - 1) / 2, (p + 1) / 2, p - 2, p - 1. */
static const fp edges[] = {
    /* clang-format off */
    {{0, 0, 0, 0}}, {{1, 0, 0, 0}}, {{2, 0, 0, 0}}, {{0, 1, 0, 0}}, {{0, 0, 1, 0}}, {{0, 0, 0, 1}},
    {{UINT64_MAX, 0, 0, 0}}, {{UINT64_MAX, UINT64_MAX, 0, 0}}, {{UINT64_MAX, UINT64_MAX, UINT64_MAX, 0}},
    {{0x9e10460b6c3e7ea3, 0xcbc0b548b438e546, 0xdc2822db40c0ac2e, 0x183227397098d014}},
    {{0x9e10460b6c3e7ea4, 0xcbc0b548b438e546, 0xdc2822db40c0ac2e, 0x183227397098d014}},
    {{FP_P0 - 2, FP_P1, FP_P2, FP_P3}}, {{FP_P0 - 1, FP_P1, FP_P2, FP_P3}},
    {{0, 0, 0, FP_P3}}, {{UINT64_MAX, UINT64_MAX, UINT64_MAX, FP_P3 - 1}},
    {{FP_ONE0, FP_ONE1, FP_ONE2, FP_ONE3}},
    /* clang-format on */
};

TEST(all_pairs_of_edges_agree_with_gmp)
{
    struct oracle oracle;
    oracle_init(&oracle);
    for (size_t i = 0; i < COUNT_OF(edges); i++)
        for (size_t j = 0; j < COUNT_OF(edges); j++)
            check_all(&oracle, &edges[i], &edges[j]);
    oracle_fini(&oracle);
}

/* Numbers with short and with long quotients in Euclid's algorithm. */
TEST(inverses_of_numbers_near_fractions_of_p_agree_with_gmp)
{
    struct oracle oracle;
    oracle_init(&oracle);
    for (unsigned divisor = 1; divisor < 500; divisor++)
        for (int offset = -2; offset <= 2; offset++) {
            fp a = {{0}};
            size_t count;
            mpz_fdiv_q_ui(oracle.a, oracle.p, divisor);
            mpz_set_si(oracle.b, offset);
            mpz_add(oracle.a, oracle.a, oracle.b);
            mpz_mod(oracle.a, oracle.a, oracle.p);
            mpz_export(a.words, &count, -1, 8, 0, 0, oracle.a);
            number_get(oracle.a, &a);
            check_inverse(&oracle, &a);
        }
    for (unsigned shift = 0; shift < 254; shift++) {
        fp a = {{0}};
        a.words[shift / 64] = UINT64_C(1) << shift % 64;
        number_get(oracle.a, &a);
        check_inverse(&oracle, &a);
    }
    oracle_fini(&oracle);
}

TEST(outputs_may_be_inputs)
{
    fp a =
           {
               {1, 2, 3, 4}
    },
       b = {{5, 6, 7, 8}}, expected, out;
    fp_mul(&expected, &a, &b);
    out = a;
    fp_mul(&out, &out, &b);
    CHECK(fp_equal(&out, &expected));
    out = b;
    fp_mul(&out, &a, &out);
    CHECK(fp_equal(&out, &expected));
    fp_square(&expected, &a);
    out = a;
    fp_square(&out, &out);
    CHECK(fp_equal(&out, &expected));
    fp_invert(&expected, &a);
    out = a;
    fp_invert(&out, &out);
    CHECK(fp_equal(&out, &expected));
    fp_nine_times_plus(&expected, &a, &b);
    out = a;
    fp_nine_times_plus(&out, &out, &b);
    CHECK(fp_equal(&out, &expected));
    out = b;
    fp_nine_times_plus(&out, &a, &out);
    CHECK(fp_equal(&out, &expected));
}

TEST(bytes_that_are_not_below_p_are_refused)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd46", true },
        {"30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47", false},
        {"30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd48", false},
        {"30644e72e131a029b85045b68181585d97816a916871ca8e0000000000000000", false},
        {"30644e72e131a029b85045b68181585e00000000000000000000000000000000", false},
        {"30644e72e131a02a000000000000000000000000000000000000000000000000", false},
        {"30644e72e131a028ffffffffffffffffffffffffffffffffffffffffffffffff", true },
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
        {"0000000000000000000000000000000000000000000000000000000000000000", true },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fp a;
        CHECK_EQ(fp_from_bytes(&a, test_hex(rows[i].text).data), rows[i].ok);
        if (rows[i].ok) {
            uint8_t out[32];
            fp_to_bytes(out, &a);
            CHECK_HEX(bytes_of(out, sizeof out), rows[i].text);
        }
    }
}
