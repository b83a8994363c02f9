#include "crypto/bn254_tower_private.h"
#include "crypto/bn254_wide_private.h"

const fp12 fp12_one = {.c[0].c[0].re = {{FP_ONE0, FP_ONE1, FP_ONE2, FP_ONE3}}};

/* ---- fp2 ---- */

/* Three products and two reductions (Karatsuba; reductions put off as in Aranha and others,
 * "Faster explicit formulas for computing pairings over ordinary curves", 2011). */
void fp2_mul(fp2 *out, const fp2 *a, const fp2 *b)
{
    struct fp_wide re, im, both;
    fp a_sum, b_sum;
    fp_add_lazy(&a_sum, &a->re, &a->im);
    fp_add_lazy(&b_sum, &b->re, &b->im);
    fp_mul_wide(&both, &a_sum, &b_sum);
    fp_mul_wide(&re, &a->re, &b->re);
    fp_mul_wide(&im, &a->im, &b->im);
    fp_wide_take(&both, &both, &re);
    fp_wide_take(&both, &both, &im);
    fp_wide_sub(&re, &re, &im);
    fp_reduce(&out->re, &re);
    fp_reduce(&out->im, &both);
}

void fp2_square(fp2 *out, const fp2 *a)
{
    fp sum, difference, twice;
    fp_add_lazy(&sum, &a->re, &a->im);
    fp_sub(&difference, &a->re, &a->im);
    fp_add_lazy(&twice, &a->re, &a->re);
    fp_mul_inline(&out->im, &twice, &a->im);
    fp_mul_inline(&out->re, &sum, &difference);
}

void fp2_mul_fp(fp2 *out, const fp2 *a, const fp *b)
{
    fp factor = *b;
    fp_mul_inline(&out->re, &a->re, &factor);
    fp_mul_inline(&out->im, &a->im, &factor);
}

/* (9 re - im) + (9 im + re) i */
void fp2_mul_xi(fp2 *out, const fp2 *a)
{
    static const fp p = {
        {FP_P0, FP_P1, FP_P2, FP_P3}
    };
    fp minus;
    bool below = false;
    for (unsigned i = 0; i < 4; i++)
        minus.words[i] = word_sub(p.words[i], a->im.words[i], &below);
    fp re;
    fp_nine_times_plus(&re, &a->re, &minus);
    fp_nine_times_plus(&out->im, &a->im, &a->re);
    out->re = re;
}

void fp2_invert(fp2 *out, const fp2 *a)
{
    fp norm, t;
    fp_square(&norm, &a->re);
    fp_square(&t, &a->im);
    fp_add(&norm, &norm, &t);
    fp_invert(&norm, &norm);
    fp_mul(&out->re, &a->re, &norm);
    fp_negate(&norm, &norm);
    fp_mul(&out->im, &a->im, &norm);
}

/* ---- fp6 ---- */

void fp6_add(fp6 *out, const fp6 *a, const fp6 *b)
{
    for (unsigned i = 0; i < 3; i++)
        fp2_add(&out->c[i], &a->c[i], &b->c[i]);
}

void fp6_sub(fp6 *out, const fp6 *a, const fp6 *b)
{
    for (unsigned i = 0; i < 3; i++)
        fp2_sub(&out->c[i], &a->c[i], &b->c[i]);
}

/* (a1 + a2) (b1 + b2) - p1 - p2: the mixed products, where p1 and p2 are the pure ones. */
static void mixed(fp2 *out, const fp2 a[2], const fp2 b[2], const fp2 *p1, const fp2 *p2)
{
    fp2 s, t;
    fp2_add(&s, &a[0], &a[1]);
    fp2_add(&t, &b[0], &b[1]);
    fp2_mul(&s, &s, &t);
    fp2_sub(&s, &s, p1);
    fp2_sub(out, &s, p2);
}

void fp6_mul(fp6 *out, const fp6 *a, const fp6 *b)
{
    fp2 p0, p1, p2, m01, m12, m02;
    fp2 a02[2] = {a->c[0], a->c[2]}, b02[2] = {b->c[0], b->c[2]};
    fp2_mul(&p0, &a->c[0], &b->c[0]);
    fp2_mul(&p1, &a->c[1], &b->c[1]);
    fp2_mul(&p2, &a->c[2], &b->c[2]);
    mixed(&m01, a->c, b->c, &p0, &p1);
    mixed(&m12, a->c + 1, b->c + 1, &p1, &p2);
    mixed(&m02, a02, b02, &p0, &p2);
    fp2_mul_xi(&m12, &m12);
    fp2_mul_xi(&p2, &p2);
    fp2_add(&out->c[0], &p0, &m12);
    fp2_add(&out->c[1], &m01, &p2);
    fp2_add(&out->c[2], &m02, &p1);
}

/* a (b[0] + b[1] v) */
static void fp6_mul_two(fp6 *out, const fp6 *a, const fp2 b[2])
{
    fp2 p0, p1, m01, t, s;
    fp2_mul(&p0, &a->c[0], &b[0]);
    fp2_mul(&p1, &a->c[1], &b[1]);
    mixed(&m01, a->c, b, &p0, &p1);
    fp2_mul(&t, &a->c[2], &b[1]);
    fp2_mul(&s, &a->c[2], &b[0]);
    fp2_mul_xi(&t, &t);
    fp2_add(&out->c[0], &p0, &t);
    fp2_add(&out->c[2], &p1, &s);
    out->c[1] = m01;
}

void fp6_mul_v(fp6 *out, const fp6 *a)
{
    fp2 t;
    fp2_mul_xi(&t, &a->c[2]);
    out->c[2] = a->c[1];
    out->c[1] = a->c[0];
    out->c[0] = t;
}

void fp6_invert(fp6 *out, const fp6 *a)
{
    fp2 x, y, z, t, norm;
    /* x = a0^2 - xi a1 a2, y = xi a2^2 - a0 a1, z = a1^2 - a0 a2 */
    fp2_mul(&t, &a->c[1], &a->c[2]);
    fp2_mul_xi(&t, &t);
    fp2_square(&x, &a->c[0]);
    fp2_sub(&x, &x, &t);
    fp2_square(&y, &a->c[2]);
    fp2_mul_xi(&y, &y);
    fp2_mul(&t, &a->c[0], &a->c[1]);
    fp2_sub(&y, &y, &t);
    fp2_square(&z, &a->c[1]);
    fp2_mul(&t, &a->c[0], &a->c[2]);
    fp2_sub(&z, &z, &t);
    /* a (x + y v + z v^2) = a0 x + xi (a1 z + a2 y) */
    fp2_mul(&norm, &a->c[1], &z);
    fp2_mul(&t, &a->c[2], &y);
    fp2_add(&norm, &norm, &t);
    fp2_mul_xi(&norm, &norm);
    fp2_mul(&t, &a->c[0], &x);
    fp2_add(&norm, &norm, &t);
    fp2_invert(&norm, &norm);
    fp2_mul(&out->c[0], &x, &norm);
    fp2_mul(&out->c[1], &y, &norm);
    fp2_mul(&out->c[2], &z, &norm);
}

/* ---- fp12 ---- */

bool fp12_equal(const fp12 *a, const fp12 *b)
{
    bool equal = true;
    for (unsigned i = 0; i < 6; i++)
        equal = equal && fp2_equal(&a->c[i / 3].c[i % 3], &b->c[i / 3].c[i % 3]);
    return equal;
}

/* What Karatsuba leaves to do: c0 = p0 + v p1, c1 = both - p0 - p1. */
static void fp12_combine(fp12 *out, const fp6 *p0, const fp6 *p1, const fp6 *both)
{
    fp6 t;
    fp6_sub(&out->c[1], both, p0);
    fp6_sub(&out->c[1], &out->c[1], p1);
    fp6_mul_v(&t, p1);
    fp6_add(&out->c[0], p0, &t);
}

void fp12_mul(fp12 *out, const fp12 *a, const fp12 *b)
{
    fp6 p0, p1, s, t;
    fp6_mul(&p0, &a->c[0], &b->c[0]);
    fp6_mul(&p1, &a->c[1], &b->c[1]);
    fp6_add(&s, &a->c[0], &a->c[1]);
    fp6_add(&t, &b->c[0], &b->c[1]);
    fp6_mul(&s, &s, &t);
    fp12_combine(out, &p0, &p1, &s);
}

/* c0 = (a0 + a1) (a0 + v a1) - a0 a1 - v a0 a1, c1 = 2 a0 a1 */
void fp12_square(fp12 *out, const fp12 *a)
{
    fp6 product, s, t;
    fp6_mul(&product, &a->c[0], &a->c[1]);
    fp6_add(&s, &a->c[0], &a->c[1]);
    fp6_mul_v(&t, &a->c[1]);
    fp6_add(&t, &t, &a->c[0]);
    fp6_mul(&s, &s, &t);
    fp6_sub(&s, &s, &product);
    fp6_mul_v(&t, &product);
    fp6_sub(&out->c[0], &s, &t);
    fp6_add(&out->c[1], &product, &product);
}

void fp12_conjugate(fp12 *out, const fp12 *a)
{
    out->c[0] = a->c[0];
    for (unsigned i = 0; i < 3; i++)
        fp2_negate(&out->c[1].c[i], &a->c[1].c[i]);
}

/* (a0 - a1 w) / (a0^2 - v a1^2) */
void fp12_invert(fp12 *out, const fp12 *a)
{
    fp6 norm, t;
    fp6_mul(&norm, &a->c[0], &a->c[0]);
    fp6_mul(&t, &a->c[1], &a->c[1]);
    fp6_mul_v(&t, &t);
    fp6_sub(&norm, &norm, &t);
    fp6_invert(&norm, &norm);
    fp12_conjugate(out, a);
    fp6_mul(&out->c[0], &out->c[0], &norm);
    fp6_mul(&out->c[1], &out->c[1], &norm);
}

/* w^p = w xi^((p - 1) / 6): row j - 1 is that power to the j. */
static const fp2 frobenius[5] = {
  /* clang-format off */
    {{{0xaf9ba69633144907, 0xca6b1d7387afb78a, 0x11bded5ef08a2087, 0x02f34d751a1f3a7c}},
     {{0xa222ae234c492d72, 0xd00f02a4565de15b, 0xdc2ff3a253dfc926, 0x10a75716b3899551}}},
    {{{0xb5773b104563ab30, 0x347f91c8a9aa6454, 0x7a007127242e0991, 0x1956bcd8118214ec}},
     {{0x6e849f1ea0aa4757, 0xaa1c7b6d89f89141, 0xb6e713cdfae0ca3a, 0x26694fbb4e82ebc3}}},
    {{{0xe4bbdd0c2936b629, 0xbb30f162e133bacb, 0x31a9d1b6f9645366, 0x253570bea500f8dd}},
     {{0xa1d77ce45ffe77c7, 0x07affd117826d1db, 0x6d16bd27bb7edc6b, 0x2c87200285defecc}}},
    {{{0x7361d77f843abe92, 0xa5bb2bd3273411fb, 0x9c941f314b3e2399, 0x15df9cddbb9fd3ec}},
     {{0x5dddfd154bd8c949, 0x62cb29a5a4445b60, 0x37bc870a0c7dd2b9, 0x24830a9d3171f0fd}}},
    {{{0xc970692f41690fe7, 0xe240342127694b0b, 0x32bee66b83c459e8, 0x12aabced0ab08841}},
     {{0x0d485d2340aebfa9, 0x05193418ab2fcc57, 0xd3b0a40b8a4910f5, 0x2f21ebb535d2925a}}},
  /* clang-format on */
};

/* The same for p^2, where the powers are in fp. */
static const fp frobenius_twice[5] = {
    /* clang-format off */
    {{0xca8d800500fa1bf2, 0xf0c5d61468b39769, 0x0e201271ad0d4418, 0x04290f65bad856e6}},
    {{0x3350c88e13e80b9c, 0x7dce557cdb5e56b9, 0x6001b4b8b615564a, 0x2682e617020217e0}},
    {{0x68c3488912edefaa, 0x8d087f6872aabf4f, 0x51e1a24709081231, 0x2259d6b14729c0fa}},
    {{0x71930c11d782e155, 0xa6bb947cffbe3323, 0xaa303344d4741444, 0x2c3b3f0d26594943}},
    {{0x08cfc388c494f1ab, 0x19b315148d1373d4, 0x584e90fdcb6c0213, 0x09e1685bdf2f8849}},
    /* clang-format on */
};

void fp12_frobenius(fp12 *out, const fp12 *a)
{
    for (unsigned j = 0; j < 6; j++) {
        fp2 *to = &out->c[j % 2].c[j / 2];
        fp2_conjugate(to, &a->c[j % 2].c[j / 2]);
        if (j > 0) fp2_mul(to, to, &frobenius[j - 1]);
    }
}

void fp12_frobenius_twice(fp12 *out, const fp12 *a)
{
    out->c[0].c[0] = a->c[0].c[0];
    for (unsigned j = 1; j < 6; j++)
        fp2_mul_fp(&out->c[j % 2].c[j / 2], &a->c[j % 2].c[j / 2], &frobenius_twice[j - 1]);
}

/* (a + b s)^2 with s^2 = xi */
static void fp4_square(fp2 *out_a, fp2 *out_b, const fp2 *a, const fp2 *b)
{
    fp2 aa, bb, sum;
    fp2_square(&aa, a);
    fp2_square(&bb, b);
    fp2_add(&sum, a, b);
    fp2_square(&sum, &sum);
    fp2_sub(&sum, &sum, &aa);
    fp2_sub(out_b, &sum, &bb);
    fp2_mul_xi(&bb, &bb);
    fp2_add(out_a, &aa, &bb);
}

/* 3 t - 2 a, and 3 t + 2 a */
static void thrice_less_twice(fp2 *out, const fp2 *t, const fp2 *a)
{
    fp2 d;
    fp2_sub(&d, t, a);
    fp2_double(&d, &d);
    fp2_add(out, &d, t);
}

static void thrice_and_twice(fp2 *out, const fp2 *t, const fp2 *a)
{
    fp2 s;
    fp2_add(&s, t, a);
    fp2_double(&s, &s);
    fp2_add(out, &s, t);
}

void fp12_square_cyclotomic(fp12 *out, const fp12 *a)
{
    const fp2 *x = a->c[0].c, *y = a->c[1].c;
    fp2 x0, x1, x2, y0, y1, y2;
    fp4_square(&x0, &y1, &x[0], &y[1]);
    fp4_square(&x1, &y2, &y[0], &x[2]);
    fp4_square(&x2, &y0, &x[1], &y[2]);
    fp2_mul_xi(&y0, &y0);
    thrice_less_twice(&out->c[0].c[0], &x0, &x[0]);
    thrice_less_twice(&out->c[0].c[1], &x1, &x[1]);
    thrice_less_twice(&out->c[0].c[2], &x2, &x[2]);
    thrice_and_twice(&out->c[1].c[0], &y0, &y[0]);
    thrice_and_twice(&out->c[1].c[1], &y1, &y[1]);
    thrice_and_twice(&out->c[1].c[2], &y2, &y[2]);
}

void fp12_mul_line(fp12 *out, const fp12 *a, const struct line *l)
{
    fp6 p0, p1, s;
    fp2 both[2];
    for (unsigned i = 0; i < 3; i++)
        fp2_mul(&p0.c[i], &a->c[0].c[i], &l->c[0]);
    fp6_mul_two(&p1, &a->c[1], &l->c[1]);
    fp2_add(&both[0], &l->c[0], &l->c[1]);
    both[1] = l->c[2];
    fp6_add(&s, &a->c[0], &a->c[1]);
    fp6_mul_two(&s, &s, both);
    fp12_combine(out, &p0, &p1, &s);
}

/* The lines first: six products give an element with five coefficients. */
void fp12_mul_lines(fp12 *out, const fp12 *a, const struct line *l, const struct line *k)
{
    fp2 l02[2] = {l->c[0], l->c[2]}, k02[2] = {k->c[0], k->c[2]};
    fp2 p[3], high[2];
    fp6 low, p0, p1, s;
    for (unsigned i = 0; i < 3; i++)
        fp2_mul(&p[i], &l->c[i], &k->c[i]);
    mixed(&high[0], &l->c[0], &k->c[0], &p[0], &p[1]);
    mixed(&high[1], l02, k02, &p[0], &p[2]);
    mixed(&low.c[2], &l->c[1], &k->c[1], &p[1], &p[2]);
    low.c[1] = p[1];
    fp2_mul_xi(&p[2], &p[2]);
    fp2_add(&low.c[0], &p[0], &p[2]);

    fp6_mul(&p0, &a->c[0], &low);
    fp6_mul_two(&p1, &a->c[1], high);
    fp2_add(&low.c[0], &low.c[0], &high[0]);
    fp2_add(&low.c[1], &low.c[1], &high[1]);
    fp6_add(&s, &a->c[0], &a->c[1]);
    fp6_mul(&s, &s, &low);
    fp12_combine(out, &p0, &p1, &s);
}
