/* bn254_fp_private.h - the field of p elements below alt_bn128, and its quadratic extension.
 *
 * Words
 *   fp     a number below p in Montgomery form: x stands as x * 2^256 mod p, four words, least first
 *   wide   a product of two numbers before it is reduced: eight words
 *   fp2    re + im * i with i * i = -1
 *
 * Rules
 *   R1  Every fp is below p: equality is equality of words.
 *   R2  A wide is reduced only below p * 2^256; p * 2^256 is about 5.29 p^2. `fp_add_lazy` gives sums
 *       below 2 p for factors, so a product of two of them (below 4 p^2) may be reduced.
 *   R3  Outputs may be inputs.
 *   R4  Nothing here is secret; time depends on the numbers.
 */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"

typedef struct {
    uint64_t words[4];
} fp;

typedef struct {
    fp re, im;
} fp2;

struct fp_wide {
    uint64_t words[8];
};

#define FP_P0 0x3c208c16d87cfd47u
#define FP_P1 0x97816a916871ca8du
#define FP_P2 0xb85045b68181585du
#define FP_P3 0x30644e72e131a029u

/* -1 / p mod 2^64 */
#define FP_REDUCER 0x87d20782e4866389u

/* 2^256 mod p: the number one */
#define FP_ONE0 0xd35d438dc58f0d9du
#define FP_ONE1 0x0a78eb28f5c70b3du
#define FP_ONE2 0x666ea36f7879462cu
#define FP_ONE3 0x0e0a77c19a07df2fu

extern const fp fp_one;

/* ---- numbers below p ---- */

ALWAYS_INLINE bool fp_equal(const fp *a, const fp *b)
{
    return ((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) |
            (a->words[2] ^ b->words[2]) | (a->words[3] ^ b->words[3])) == 0;
}

ALWAYS_INLINE bool fp_is_zero(const fp *a)
{
    return (a->words[0] | a->words[1] | a->words[2] | a->words[3]) == 0;
}

/* t, which is below 2 p, less p when it is not below p. */
ALWAYS_INLINE void fp_fit(fp *out, uint64_t t0, uint64_t t1, uint64_t t2, uint64_t t3)
{
    bool below = false;
    uint64_t s0 = word_sub(t0, FP_P0, &below);
    uint64_t s1 = word_sub(t1, FP_P1, &below);
    uint64_t s2 = word_sub(t2, FP_P2, &below);
    uint64_t s3 = word_sub(t3, FP_P3, &below);
    out->words[0] = below ? t0 : s0;
    out->words[1] = below ? t1 : s1;
    out->words[2] = below ? t2 : s2;
    out->words[3] = below ? t3 : s3;
}

/* a + b, not reduced: only a factor of a product. */
ALWAYS_INLINE void fp_add_lazy(fp *out, const fp *a, const fp *b)
{
    bool carry = false;
    out->words[0] = word_add(a->words[0], b->words[0], &carry);
    out->words[1] = word_add(a->words[1], b->words[1], &carry);
    out->words[2] = word_add(a->words[2], b->words[2], &carry);
    out->words[3] = word_add(a->words[3], b->words[3], &carry);
}

ALWAYS_INLINE void fp_add(fp *out, const fp *a, const fp *b)
{
    fp sum;
    fp_add_lazy(&sum, a, b);
    fp_fit(out, sum.words[0], sum.words[1], sum.words[2], sum.words[3]);
}

ALWAYS_INLINE void fp_double(fp *out, const fp *a)
{
    fp_add(out, a, a);
}

ALWAYS_INLINE void fp_sub(fp *out, const fp *a, const fp *b)
{
    bool below = false, carry = false;
    uint64_t d0 = word_sub(a->words[0], b->words[0], &below);
    uint64_t d1 = word_sub(a->words[1], b->words[1], &below);
    uint64_t d2 = word_sub(a->words[2], b->words[2], &below);
    uint64_t d3 = word_sub(a->words[3], b->words[3], &below);
    uint64_t mask = -(uint64_t)below;
    out->words[0] = word_add(d0, FP_P0 & mask, &carry);
    out->words[1] = word_add(d1, FP_P1 & mask, &carry);
    out->words[2] = word_add(d2, FP_P2 & mask, &carry);
    out->words[3] = word_add(d3, FP_P3 & mask, &carry);
}

ALWAYS_INLINE void fp_negate(fp *out, const fp *a)
{
    static const fp zero;
    fp_sub(out, &zero, a);
}

/* a / 2: an odd number becomes even with p. */
ALWAYS_INLINE void fp_halve(fp *out, const fp *a)
{
    uint64_t mask = -(a->words[0] & 1);
    bool carry = false;
    uint64_t s0 = word_add(a->words[0], FP_P0 & mask, &carry);
    uint64_t s1 = word_add(a->words[1], FP_P1 & mask, &carry);
    uint64_t s2 = word_add(a->words[2], FP_P2 & mask, &carry);
    uint64_t s3 = word_add(a->words[3], FP_P3 & mask, &carry);
    out->words[0] = s0 >> 1 | s1 << 63;
    out->words[1] = s1 >> 1 | s2 << 63;
    out->words[2] = s2 >> 1 | s3 << 63;
    out->words[3] = s3 >> 1;
}

extern const uint64_t fp_multiples[10][4];

/* 9 a + b with b at most p, so that the sum t is below 10 p. With k = t / 2^253, 169 k / 256 is the
 * quotient t / p or one less, for all k from 0 to 15 that can be. */
ALWAYS_INLINE void fp_nine_times_plus(fp *out, const fp *a, const fp *b)
{
    const uint64_t *w = a->words;
    bool carry = false;
    uint64_t t0 = word_add(w[0] << 3, w[0], &carry);
    uint64_t t1 = word_add(w[1] << 3 | w[0] >> 61, w[1], &carry);
    uint64_t t2 = word_add(w[2] << 3 | w[1] >> 61, w[2], &carry);
    uint64_t t3 = word_add(w[3] << 3 | w[2] >> 61, w[3], &carry);
    uint64_t t4 = (w[3] >> 61) + carry;
    carry = false;
    t0 = word_add(t0, b->words[0], &carry);
    t1 = word_add(t1, b->words[1], &carry);
    t2 = word_add(t2, b->words[2], &carry);
    t3 = word_add(t3, b->words[3], &carry);
    t4 += carry;

    const uint64_t *multiple = fp_multiples[(t4 << 3 | t3 >> 61) * 169 >> 8];
    bool below = false;
    t0 = word_sub(t0, multiple[0], &below);
    t1 = word_sub(t1, multiple[1], &below);
    t2 = word_sub(t2, multiple[2], &below);
    t3 = word_sub(t3, multiple[3], &below);
    fp_fit(out, t0, t1, t2, t3);
}

/* ---- products ---- */

/* out[0..4] = a * b for one word b. All products first, then one chain of carries: compilers make
 * better code of it than of a carry that goes through the products. */
ALWAYS_INLINE void fp_row(uint64_t out[5], const uint64_t a[4], uint64_t b)
{
    uint128 p0 = (uint128)a[0] * b, p1 = (uint128)a[1] * b;
    uint128 p2 = (uint128)a[2] * b, p3 = (uint128)a[3] * b;
    bool carry = false;
    out[0] = (uint64_t)p0;
    out[1] = word_add((uint64_t)(p0 >> 64), (uint64_t)p1, &carry);
    out[2] = word_add((uint64_t)(p1 >> 64), (uint64_t)p2, &carry);
    out[3] = word_add((uint64_t)(p2 >> 64), (uint64_t)p3, &carry);
    out[4] = (uint64_t)(p3 >> 64) + carry;
}

/* t[0..4] += row, where t[4] has no value yet. */
ALWAYS_INLINE void fp_row_add(uint64_t t[5], const uint64_t row[5])
{
    bool carry = false;
    t[0] = word_add(t[0], row[0], &carry);
    t[1] = word_add(t[1], row[1], &carry);
    t[2] = word_add(t[2], row[2], &carry);
    t[3] = word_add(t[3], row[3], &carry);
    t[4] = row[4] + carry;
}

ALWAYS_INLINE void fp_mul_wide(struct fp_wide *out, const fp *a, const fp *b)
{
    uint64_t t[8], row[5];
    fp_row(t, a->words, b->words[0]);
#pragma GCC unroll 3
    for (unsigned i = 1; i < 4; i++) {
        fp_row(row, a->words, b->words[i]);
        fp_row_add(t + i, row);
    }
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        out->words[i] = t[i];
}

/* t / 2^256 mod p (Montgomery 1985); t is below p * 2^256. */
ALWAYS_INLINE void fp_reduce(fp *out, const struct fp_wide *t)
{
    static const uint64_t p[4] = {FP_P0, FP_P1, FP_P2, FP_P3};
    uint64_t u0 = t->words[0], u1 = t->words[1], u2 = t->words[2], u3 = t->words[3], row[5];
    bool carry;
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; i++) {
        fp_row(row, p, u0 * FP_REDUCER);
        carry = false;
        (void)word_add(u0, row[0], &carry); /* zero: that is what the factor was for */
        u0 = word_add(u1, row[1], &carry);
        u1 = word_add(u2, row[2], &carry);
        u2 = word_add(u3, row[3], &carry);
        u3 = row[4] + carry;
    }
    carry = false;
    u0 = word_add(u0, t->words[4], &carry);
    u1 = word_add(u1, t->words[5], &carry);
    u2 = word_add(u2, t->words[6], &carry);
    u3 = word_add(u3, t->words[7], &carry);
    fp_fit(out, u0, u1, u2, u3);
}

ALWAYS_INLINE void fp_mul_inline(fp *out, const fp *a, const fp *b)
{
    struct fp_wide t;
    fp_mul_wide(&t, a, b);
    fp_reduce(out, &t);
}

/* a + b, where the sum is below 2^512. */
ALWAYS_INLINE void fp_wide_add(struct fp_wide *out,
                               const struct fp_wide *a,
                               const struct fp_wide *b)
{
    bool carry = false;
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        out->words[i] = word_add(a->words[i], b->words[i], &carry);
}

/* a - b, where a is not below b. */
ALWAYS_INLINE void fp_wide_take(struct fp_wide *out,
                                const struct fp_wide *a,
                                const struct fp_wide *b)
{
    bool below = false;
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        out->words[i] = word_sub(a->words[i], b->words[i], &below);
}

/* a - b, plus p * 2^256 when a is below b; both are below p * 2^256. */
ALWAYS_INLINE void fp_wide_sub(struct fp_wide *out,
                               const struct fp_wide *a,
                               const struct fp_wide *b)
{
    static const uint64_t p[4] = {FP_P0, FP_P1, FP_P2, FP_P3};
    bool below = false, carry = false;
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        out->words[i] = word_sub(a->words[i], b->words[i], &below);
    uint64_t mask = -(uint64_t)below;
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; i++)
        out->words[4 + i] = word_add(out->words[4 + i], p[i] & mask, &carry);
}

void fp_mul(fp *out, const fp *a, const fp *b);
void fp_square(fp *out, const fp *a);

/* 1 / a; zero for zero. */
void fp_invert(fp *out, const fp *a);

/* 32 bytes, most significant first; false when they are no number below p. */
bool fp_from_bytes(fp *out, const uint8_t in[32]) MUST_CHECK;
void fp_to_bytes(uint8_t out[32], const fp *a);
