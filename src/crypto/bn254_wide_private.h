/* bn254_wide_private.h - products of numbers mod p before they are reduced, so that sums of them are
 * reduced once.
 *
 * A wide number has eight words and must be below p * 2^256, which is about 5.29 p^2, to be reduced.
 * fp_add_lazy gives sums below 2 p for factors: the product of two of them, below 4 p^2, may be reduced.
 */
#pragma once

#include "crypto/bn254_fp_private.h"

struct fp_wide {
    uint64_t words[8];
};

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
