/* bn254_fp_private.h - numbers mod p, the field below alt_bn128.
 *
 * Words
 *   fp     a number below p in Montgomery form: x stands as x * 2^256 mod p, four words, least first
 *
 * Rules
 *   R1  Every fp is below p: equality is equality of words.
 *   R2  Outputs may be inputs.
 *   R3  Nothing here is secret; time depends on the numbers.
 */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"

typedef struct {
    uint64_t words[4];
} fp;

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

/* ---- products and bytes (bn254_fp.c) ---- */

void fp_mul(fp *out, const fp *a, const fp *b);
void fp_square(fp *out, const fp *a);

/* 1 / a; zero for zero. */
void fp_invert(fp *out, const fp *a);

/* 32 bytes, most significant first; false when they are no number below p. */
bool fp_from_bytes(fp *out, const uint8_t in[32]) MUST_CHECK;
void fp_to_bytes(uint8_t out[32], const fp *a);
