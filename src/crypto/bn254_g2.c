#include "crypto/bn254_curve_private.h"

/* 3 / xi, the constant of the twist, and three times that */
static const fp2 twist_b = {
    /* clang-format off */
    {{0x3bf938e377b802a8, 0x020b1b273633535d, 0x26b7edf049755260, 0x2514c6324384a86d}},
    {{0x38e7ecccd1dcff67, 0x65f0b37d93ce0d3e, 0xd749d0dd22ac00aa, 0x0141b9ce4a688d4d}},
    /* clang-format on */
};
static const fp2 twist_b_thrice = {
    /* clang-format off */
    {{0x3baa927cb62e0d6a, 0xd71e7c52d1b664fd, 0x03873e63d95d4664, 0x0e75b5b1082ab8f4}},
    {{0xaab7c6667596fe35, 0x31d21a78bb6a27ba, 0x85dd7297680401ff, 0x03c52d6adf39a7e9}},
    /* clang-format on */
};

/* psi(x, y) = (x^p * xi^((p - 1) / 3), y^p * xi^((p - 1) / 2)); the same with p^2, where the second
 * factor is -1, and with p^3. */
static const fp2 psi_x = {
    /* clang-format off */
    {{0xb5773b104563ab30, 0x347f91c8a9aa6454, 0x7a007127242e0991, 0x1956bcd8118214ec}},
    {{0x6e849f1ea0aa4757, 0xaa1c7b6d89f89141, 0xb6e713cdfae0ca3a, 0x26694fbb4e82ebc3}},
    /* clang-format on */
};
static const fp2 psi_y = {
    /* clang-format off */
    {{0xe4bbdd0c2936b629, 0xbb30f162e133bacb, 0x31a9d1b6f9645366, 0x253570bea500f8dd}},
    {{0xa1d77ce45ffe77c7, 0x07affd117826d1db, 0x6d16bd27bb7edc6b, 0x2c87200285defecc}},
    /* clang-format on */
};
static const fp psi_twice_x = {
    {0x3350c88e13e80b9c, 0x7dce557cdb5e56b9, 0x6001b4b8b615564a, 0x2682e617020217e0}
};

static bool fp2_from_bytes(fp2 *out, const uint8_t in[64])
{
    return fp_from_bytes(&out->im, in) && fp_from_bytes(&out->re, in + 32);
}

bool g2_from_bytes(struct g2 *out, const uint8_t in[128])
{
    fp2 left, right;
    if (!fp2_from_bytes(&out->x, in) || !fp2_from_bytes(&out->y, in + 64)) return false;
    out->infinite = fp2_is_zero(&out->x) && fp2_is_zero(&out->y);
    if (out->infinite) return true;
    fp2_square(&left, &out->y);
    fp2_square(&right, &out->x);
    fp2_mul(&right, &right, &out->x);
    fp2_add(&right, &right, &twist_b);
    return fp2_equal(&left, &right);
}

void g2_negate(struct g2 *out, const struct g2 *a)
{
    out->x = a->x;
    fp2_negate(&out->y, &a->y);
    out->infinite = a->infinite;
}

void g2_psi(struct g2 *out, const struct g2 *a)
{
    fp2_conjugate(&out->x, &a->x);
    fp2_mul(&out->x, &out->x, &psi_x);
    fp2_conjugate(&out->y, &a->y);
    fp2_mul(&out->y, &out->y, &psi_y);
    out->infinite = a->infinite;
}

void g2_minus_psi_twice(struct g2 *out, const struct g2 *a)
{
    fp2_mul_fp(&out->x, &a->x, &psi_twice_x);
    out->y = a->y;
    out->infinite = a->infinite;
}

/* ---- steps: Aranha and others, "Faster explicit formulas for computing pairings over ordinary curves"
 * (2011), section 4, after Costello, Lange and Naehrig (2010) ---- */

void g2_double_step(struct g2_moving *t, struct line *l)
{
    fp2 a, b, c, e, f, g, h, j;
    fp2_mul(&a, &t->x, &t->y);
    fp2_halve(&a, &a);
    fp2_square(&b, &t->y);
    fp2_square(&c, &t->z);
    fp2_add(&h, &t->y, &t->z);
    fp2_square(&h, &h);
    fp2_sub(&h, &h, &b);
    fp2_sub(&h, &h, &c); /* 2 y z */
    fp2_square(&j, &t->x);
    fp2_mul(&e, &c, &twist_b_thrice);
    fp2_double(&f, &e);
    fp2_add(&f, &f, &e);
    fp2_add(&g, &b, &f);
    fp2_halve(&g, &g);

    fp2_sub(&f, &b, &f);
    fp2_mul(&t->x, &a, &f);
    fp2_mul(&t->z, &b, &h);
    fp2_square(&g, &g);
    fp2_square(&c, &e);
    fp2_sub(&g, &g, &c);
    fp2_double(&c, &c);
    fp2_sub(&t->y, &g, &c);

    fp2_negate(&l->c[0], &h);
    fp2_double(&l->c[1], &j);
    fp2_add(&l->c[1], &l->c[1], &j);
    fp2_sub(&l->c[2], &e, &b);
}

void g2_add_step(struct g2_moving *t, struct line *l, const struct g2 *a)
{
    fp2 dx, dy, c, d, e, f, g, h;
    fp2_mul(&dy, &a->y, &t->z);
    fp2_sub(&dy, &t->y, &dy);
    fp2_mul(&dx, &a->x, &t->z);
    fp2_sub(&dx, &t->x, &dx);
    fp2_square(&c, &dy);
    fp2_square(&d, &dx);
    fp2_mul(&e, &d, &dx);
    fp2_mul(&f, &t->z, &c);
    fp2_mul(&g, &t->x, &d);
    fp2_add(&h, &e, &f);
    fp2_sub(&h, &h, &g);
    fp2_sub(&h, &h, &g);

    fp2_mul(&t->x, &dx, &h);
    fp2_mul(&t->z, &t->z, &e);
    fp2_mul(&e, &e, &t->y);
    fp2_sub(&g, &g, &h);
    fp2_mul(&g, &g, &dy);
    fp2_sub(&t->y, &g, &e);

    l->c[0] = dx;
    fp2_negate(&l->c[1], &dy);
    fp2_mul(&e, &dy, &a->x);
    fp2_mul(&f, &dx, &a->y);
    fp2_sub(&l->c[2], &e, &f);
}

/* ---- the test of G2 ----
 *
 * On G2, psi is multiplication by p, and 6 u + 2 + p - p^2 + p^3 = 0 mod r: so f(psi)(a) is infinity
 * with f(X) = (6 u + 2) + X - X^2 + X^3. That this is so for no other point of the twist: psi also obeys
 * X^2 - (6 u^2 + 1) X + p. The resultant of the two polynomials is a combination of them, so it takes
 * a point with f(psi)(a) = 0 to infinity; so does the order of the twist, (2 p - r) r. Their greatest
 * common divisor is r (test_bn254_g2.c computes it), so r a = 0.
 *
 * The steps are not complete formulas, but they say so: if t comes to a or -a at an addition, or to
 * infinity, z is zero from there on. For a in G2 this cannot be, for the factors on the way are all
 * different from 0, +-1 mod r, and from +-p and +-p^2 at the end. There is no point of order 2. */

/* clang-format off */
const int8_t ate_digits[ATE_DIGITS] = {
    0,  0,  0,  1,  0, 1, 0, -1, 0,  0, -1, 0,  0, 0,  1, 0, 0, -1, 0, -1, 0,  0,
    0,  1,  0, -1,  0, 0, 0, 0, -1,  0,  0, 1,  0, -1, 0, 0, 1,  0, 0,  0, 0,
    0, -1,  0,  0, -1, 0, 1, 0, -1,  0,  0, 0, -1, 0, -1, 0, 0,  0, 1,  0, 1,  1,
};
/* clang-format on */

bool g2_closes(const struct g2_moving *t, const struct g2 *a)
{
    struct g2 last;
    fp2 x, y;
    if (fp2_is_zero(&t->z)) return false;
    g2_psi(&last, a);
    g2_minus_psi_twice(&last, &last);
    fp2_mul(&x, &last.x, &t->z);
    fp2_mul(&y, &last.y, &t->z);
    return fp2_equal(&x, &t->x) && fp2_equal(&y, &t->y);
}

bool g2_in_subgroup(const struct g2 *a)
{
    struct g2 minus, end;
    struct line unused;
    if (a->infinite) return true;
    struct g2_moving t = {
        a->x, a->y, {fp_one, {{0}}}
    };
    g2_negate(&minus, a);
    for (unsigned i = ATE_DIGITS - 1; i-- > 0;) {
        g2_double_step(&t, &unused);
        if (ate_digits[i] != 0) g2_add_step(&t, &unused, ate_digits[i] > 0 ? a : &minus);
    }
    g2_psi(&end, a);
    g2_add_step(&t, &unused, &end);
    g2_minus_psi_twice(&end, a);
    g2_add_step(&t, &unused, &end);
    return g2_closes(&t, a);
}
