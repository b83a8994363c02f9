/* bn254_tower_private.h - the extensions of the field that the pairing lives in: 2, 6 and 12 wide.
 *
 * Words
 *   fp2    re + im i with i^2 = -1
 *   xi     9 + i: neither a square nor a cube in fp2, so the tower can stand on it
 *   fp6    c[0] + c[1] v + c[2] v^2 with v^3 = xi
 *   fp12   c[0] + c[1] w with w^2 = v; so w^6 = xi, and the coefficient of w^(2 i + j) is c[j].c[i]
 *   line   c[0] + (c[1] + c[2] v) w: what the Miller loop multiplies by
 *   cyclotomic   of those fp12 whose inverse is their conjugate (order divides p^4 - p^2 + 1): what the
 *          easy part of the final exponentiation leaves
 *
 * Outputs may be inputs everywhere.
 */
#pragma once

#include "crypto/bn254_fp_private.h"

typedef struct {
    fp re, im;
} fp2;

typedef struct {
    fp2 c[3];
} fp6;

typedef struct {
    fp6 c[2];
} fp12;

struct line {
    fp2 c[3];
};

/* ---- fp2 ---- */

ALWAYS_INLINE bool fp2_equal(const fp2 *a, const fp2 *b)
{
    return fp_equal(&a->re, &b->re) && fp_equal(&a->im, &b->im);
}

ALWAYS_INLINE bool fp2_is_zero(const fp2 *a)
{
    return fp_is_zero(&a->re) && fp_is_zero(&a->im);
}

ALWAYS_INLINE void fp2_add(fp2 *out, const fp2 *a, const fp2 *b)
{
    fp_add(&out->re, &a->re, &b->re);
    fp_add(&out->im, &a->im, &b->im);
}

ALWAYS_INLINE void fp2_double(fp2 *out, const fp2 *a)
{
    fp2_add(out, a, a);
}

ALWAYS_INLINE void fp2_sub(fp2 *out, const fp2 *a, const fp2 *b)
{
    fp_sub(&out->re, &a->re, &b->re);
    fp_sub(&out->im, &a->im, &b->im);
}

ALWAYS_INLINE void fp2_negate(fp2 *out, const fp2 *a)
{
    fp_negate(&out->re, &a->re);
    fp_negate(&out->im, &a->im);
}

ALWAYS_INLINE void fp2_conjugate(fp2 *out, const fp2 *a)
{
    out->re = a->re;
    fp_negate(&out->im, &a->im);
}

ALWAYS_INLINE void fp2_halve(fp2 *out, const fp2 *a)
{
    fp_halve(&out->re, &a->re);
    fp_halve(&out->im, &a->im);
}

void fp2_mul(fp2 *out, const fp2 *a, const fp2 *b);
void fp2_square(fp2 *out, const fp2 *a);
void fp2_mul_fp(fp2 *out, const fp2 *a, const fp *b);
void fp2_mul_xi(fp2 *out, const fp2 *a);
void fp2_invert(fp2 *out, const fp2 *a); /* zero for zero */

/* ---- fp6 ---- */

void fp6_add(fp6 *out, const fp6 *a, const fp6 *b);
void fp6_sub(fp6 *out, const fp6 *a, const fp6 *b);
void fp6_mul(fp6 *out, const fp6 *a, const fp6 *b);
void fp6_mul_v(fp6 *out, const fp6 *a);
void fp6_invert(fp6 *out, const fp6 *a);

/* ---- fp12 ---- */

extern const fp12 fp12_one;

bool fp12_equal(const fp12 *a, const fp12 *b);
void fp12_mul(fp12 *out, const fp12 *a, const fp12 *b);
void fp12_square(fp12 *out, const fp12 *a);
void fp12_invert(fp12 *out, const fp12 *a);
void fp12_conjugate(fp12 *out, const fp12 *a); /* a^(p^6) */

/* a^(p^power), power 1 or 2. */
void fp12_frobenius(fp12 *out, const fp12 *a);
void fp12_frobenius_twice(fp12 *out, const fp12 *a);

/* a^2 for a cyclotomic a (Granger and Scott 2010). */
void fp12_square_cyclotomic(fp12 *out, const fp12 *a);

/* a times one line, and a times two. */
void fp12_mul_line(fp12 *out, const fp12 *a, const struct line *l);
void fp12_mul_lines(fp12 *out, const fp12 *a, const struct line *l, const struct line *k);
