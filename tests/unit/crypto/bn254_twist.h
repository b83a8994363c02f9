/* bn254_twist.h - points of the twist for tests: slow and plain arithmetic, roots, known orders. */
#pragma once

#include "base/rng.h"
#include "crypto/bn254_curve_private.h"
#include "support/test.h"

#include <gmp.h>

#define P_TEXT        "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47"
#define R_TEXT        "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001"
/* 2 p - r, the rest of the order of the twist, is 10069 * 5864401 * a prime */
#define REST_FACTOR_1 10069
#define REST_FACTOR_2 5864401

#define G2_TEXT                                                                                    \
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"                             \
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"                             \
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"                             \
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"

static inline fp fp_of(unsigned number)
{
    fp out;
    uint8_t bytes[32] = {0};
    for (unsigned i = 0; i < 4; i++)
        bytes[31 - i] = (uint8_t)(number >> 8 * i);
    CHECK(fp_from_bytes(&out, bytes));
    return out;
}

static inline fp fp_random(struct rng *rng)
{
    fp out;
    rng_fill(rng, out.words, sizeof out.words);
    out.words[3] &= UINT64_MAX >> 4; /* below 2^252, so below p */
    return out;
}

static inline fp2 fp2_random(struct rng *rng)
{
    return (fp2){fp_random(rng), fp_random(rng)};
}

static inline void fp_power(fp *out, const fp *a, const mpz_t exponent)
{
    fp base = *a, power = fp_one;
    for (size_t i = mpz_sizeinbase(exponent, 2); i-- > 0;) {
        fp_square(&power, &power);
        if (mpz_tstbit(exponent, i)) fp_mul(&power, &power, &base);
    }
    *out = power;
}

/* p is 3 mod 4: the root of a square is its power (p + 1) / 4. False: a is none. */
static inline bool fp_root(fp *out, const fp *a)
{
    mpz_t exponent;
    fp root, square;
    mpz_init_set_str(exponent, P_TEXT, 16);
    mpz_add_ui(exponent, exponent, 1);
    mpz_fdiv_q_2exp(exponent, exponent, 2);
    fp_power(&root, a, exponent);
    mpz_clear(exponent);
    fp_square(&square, &root);
    if (!fp_equal(&square, a)) return false;
    *out = root;
    return true;
}

/* With (x + y i)^2 = a: x^2 = (a.re + |a|) / 2 for one root |a| of the norm, and y = a.im / (2 x). */
static inline bool fp2_root(fp2 *out, const fp2 *a)
{
    fp norm, t, x;
    fp_square(&norm, &a->re);
    fp_square(&t, &a->im);
    fp_add(&norm, &norm, &t);
    if (!fp_root(&norm, &norm)) return false;
    for (int i = 0; i < 2; i++) {
        fp_add(&t, &a->re, &norm);
        fp_halve(&t, &t);
        if (fp_root(&x, &t) && !fp_is_zero(&x)) {
            fp2 root = {x, {{0}}}, square;
            fp_double(&t, &x);
            fp_invert(&t, &t);
            fp_mul(&root.im, &a->im, &t);
            fp2_square(&square, &root);
            CHECK(fp2_equal(&square, a));
            *out = root;
            return true;
        }
        fp_negate(&norm, &norm);
    }
    return false;
}

static inline fp2 twist_constant(void)
{
    fp2 out = {fp_of(9), fp_of(1)};
    fp three = fp_of(3);
    fp2_invert(&out, &out);
    fp2_mul_fp(&out, &out, &three);
    return out;
}

static inline bool twist_has(const struct g2 *a)
{
    fp2 left, right, b = twist_constant();
    if (a->infinite) return true;
    fp2_square(&left, &a->y);
    fp2_square(&right, &a->x);
    fp2_mul(&right, &right, &a->x);
    fp2_add(&right, &right, &b);
    return fp2_equal(&left, &right);
}

/* A random point of the twist; hardly ever one of G2. */
static inline struct g2 twist_random(struct rng *rng)
{
    fp2 b = twist_constant();
    for (;;) { /* ends: half of all x have a y */
        struct g2 out = {.x = fp2_random(rng)};
        fp2_square(&out.y, &out.x);
        fp2_mul(&out.y, &out.y, &out.x);
        fp2_add(&out.y, &out.y, &b);
        if (fp2_root(&out.y, &out.y)) return out;
    }
}

static inline struct g2 twist_generator(void)
{
    struct g2 out;
    CHECK(g2_from_bytes(&out, test_hex(G2_TEXT).data));
    return out;
}

static inline bool twist_same(const struct g2 *a, const struct g2 *b)
{
    if (a->infinite || b->infinite) return a->infinite && b->infinite;
    return fp2_equal(&a->x, &b->x) && fp2_equal(&a->y, &b->y);
}

static inline struct g2 twist_add(const struct g2 *a, const struct g2 *b)
{
    fp2 slope, divisor;
    struct g2 out = {.infinite = false};
    if (a->infinite) return *b;
    if (b->infinite) return *a;
    if (!fp2_equal(&a->x, &b->x)) {
        fp2_sub(&slope, &b->y, &a->y);
        fp2_sub(&divisor, &b->x, &a->x);
    } else if (fp2_equal(&a->y, &b->y)) {
        fp2_square(&divisor, &a->x);
        fp2_double(&slope, &divisor);
        fp2_add(&slope, &slope, &divisor);
        fp2_double(&divisor, &a->y);
    } else {
        return (struct g2){.infinite = true};
    }
    fp2_invert(&divisor, &divisor);
    fp2_mul(&slope, &slope, &divisor);
    fp2_square(&out.x, &slope);
    fp2_sub(&out.x, &out.x, &a->x);
    fp2_sub(&out.x, &out.x, &b->x);
    fp2_sub(&out.y, &a->x, &out.x);
    fp2_mul(&out.y, &out.y, &slope);
    fp2_sub(&out.y, &out.y, &a->y);
    return out;
}

static inline struct g2 twist_multiply(const struct g2 *a, const mpz_t factor)
{
    struct g2 sum = {.infinite = true};
    for (size_t i = mpz_sizeinbase(factor, 2); i-- > 0;) {
        sum = twist_add(&sum, &sum);
        if (mpz_tstbit(factor, i)) sum = twist_add(&sum, a);
    }
    return sum;
}

static inline void twist_to_bytes(uint8_t out[128], const struct g2 *a)
{
    memset(out, 0, 128);
    if (a->infinite) return;
    fp_to_bytes(out, &a->x.im);
    fp_to_bytes(out + 32, &a->x.re);
    fp_to_bytes(out + 64, &a->y.im);
    fp_to_bytes(out + 96, &a->y.re);
}
