#include "crypto/bn254_curve_private.h"
#include "crypto/bn254_wide_private.h"

/* x / z^2, y / z^3; z is zero for infinity. */
struct g1_jacobian {
    fp x, y, z;
};

static const fp three = {
    {0x7a17caa950ad28d7, 0x1f6ac17ae15521b9, 0x334bea4e696bd284, 0x2a1f6744ce179d8e}
};

bool g1_from_bytes(struct g1 *out, const uint8_t in[64])
{
    fp left, right;
    if (!fp_from_bytes(&out->x, in) || !fp_from_bytes(&out->y, in + 32)) return false;
    out->infinite = fp_is_zero(&out->x) && fp_is_zero(&out->y);
    if (out->infinite) return true;
    fp_square(&left, &out->y);
    fp_square(&right, &out->x);
    fp_mul(&right, &right, &out->x);
    fp_add(&right, &right, &three);
    return fp_equal(&left, &right);
}

void g1_to_bytes(uint8_t out[64], const struct g1 *a)
{
    fp_to_bytes(out, &a->x);
    fp_to_bytes(out + 32, &a->y);
}

void g1_negate(struct g1 *out, const struct g1 *a)
{
    out->x = a->x;
    fp_negate(&out->y, &a->y);
    out->infinite = a->infinite;
}

void g1_add(struct g1 *out, const struct g1 *a, const struct g1 *b)
{
    static const struct g1 infinity = {.infinite = true};
    fp slope, divisor, x, y;
    if (a->infinite || b->infinite) {
        *out = a->infinite ? *b : *a;
        return;
    }
    if (!fp_equal(&a->x, &b->x)) {
        fp_sub(&slope, &b->y, &a->y);
        fp_sub(&divisor, &b->x, &a->x);
    } else if (fp_equal(&a->y, &b->y)) { /* y is not zero: the order of the group is odd */
        fp_square(&x, &a->x);
        fp_double(&slope, &x);
        fp_add(&slope, &slope, &x);
        fp_double(&divisor, &a->y);
    } else {
        *out = infinity;
        return;
    }
    fp_invert(&divisor, &divisor);
    fp_mul(&slope, &slope, &divisor);
    fp_square(&x, &slope);
    fp_sub(&x, &x, &a->x);
    fp_sub(&x, &x, &b->x);
    fp_sub(&y, &a->x, &x);
    fp_mul(&y, &y, &slope);
    fp_sub(&y, &y, &a->y);
    *out = (struct g1){.x = x, .y = y};
}

/* ---- multiplication ---- */

/* With l = 3 x^2 / 2, s = x y^2: x' = l^2 - 2 s, y' = l (s - x') - y^4, z' = y z. Infinity stays. */
static void jacobian_double(struct g1_jacobian *a)
{
    fp slope, s, yy, difference;
    struct fp_wide left, right;
    fp_mul_inline(&a->z, &a->y, &a->z);
    fp_mul_inline(&yy, &a->y, &a->y);
    fp_mul_inline(&slope, &a->x, &a->x);
    fp_mul_inline(&s, &a->x, &yy);
    fp_double(&difference, &slope);
    fp_add(&slope, &slope, &difference);
    fp_halve(&slope, &slope);
    fp_mul_inline(&a->x, &slope, &slope);
    fp_sub(&a->x, &a->x, &s);
    fp_sub(&a->x, &a->x, &s);
    fp_sub(&difference, &s, &a->x);
    fp_mul_wide(&left, &slope, &difference);
    fp_mul_wide(&right, &yy, &yy);
    fp_wide_sub(&left, &left, &right);
    fp_reduce(&a->y, &left);
}

static void jacobian_from(struct g1_jacobian *out, const fp *x, const fp *y)
{
    *out = (struct g1_jacobian){*x, *y, fp_one};
}

/* a + (x, y). *ratio becomes z' / z; it has no meaning when one of the three is infinite or a doubling
 * was needed. */
static void jacobian_add(struct g1_jacobian *a, const fp *x, const fp *y, fp *ratio)
{
    fp h, r, hh, hhh, v;
    struct fp_wide left, right;
    if (fp_is_zero(&a->z)) {
        jacobian_from(a, x, y);
        return;
    }
    fp_mul_inline(&hh, &a->z, &a->z);
    fp_mul_inline(&h, x, &hh);
    fp_mul_inline(&hh, &a->z, &hh);
    fp_mul_inline(&r, y, &hh);
    fp_sub(&h, &h, &a->x);
    fp_sub(&r, &r, &a->y);
    if (unlikely(fp_is_zero(&h))) {
        if (fp_is_zero(&r))
            jacobian_double(a);
        else
            a->z = (fp){{0}};
        return;
    }
    *ratio = h;
    fp_mul_inline(&a->z, &a->z, &h);
    fp_mul_inline(&hh, &h, &h);
    fp_mul_inline(&hhh, &hh, &h);
    fp_mul_inline(&v, &a->x, &hh);
    fp_mul_inline(&a->x, &r, &r);
    fp_sub(&a->x, &a->x, &hhh);
    fp_sub(&a->x, &a->x, &v);
    fp_sub(&a->x, &a->x, &v);
    fp_sub(&v, &v, &a->x);
    fp_mul_wide(&left, &r, &v);
    fp_mul_wide(&right, &a->y, &hhh);
    fp_wide_sub(&left, &left, &right);
    fp_reduce(&a->y, &left);
}

/* The point (x, y) seen on the curve where it is (x s^2, y s^3). */
static void scale(fp *x, fp *y, const fp *s)
{
    fp t;
    fp_square(&t, s);
    fp_mul(x, x, &t);
    fp_mul(&t, &t, s);
    fp_mul(y, y, &t);
}

#define WINDOW     5
#define TABLE_SIZE 8 /* 1, 3, .. 15 times the point */

/* The table, as affine points of the curve that has z = *z there. This needs no inverse: the formulas
 * do not know the constant of the curve, so 2 a is made affine by moving to another curve, and so is
 * the table when it stands. */
static void table_make(fp x[TABLE_SIZE], fp y[TABLE_SIZE], fp *z, const struct g1 *a)
{
    struct g1_jacobian twice, t;
    fp ratios[TABLE_SIZE];
    jacobian_from(&twice, &a->x, &a->y);
    jacobian_double(&twice);
    x[0] = a->x;
    y[0] = a->y;
    scale(&x[0], &y[0], &twice.z);
    jacobian_from(&t, &x[0], &y[0]);
    for (unsigned i = 1; i < TABLE_SIZE; i++) {
        jacobian_add(&t, &twice.x, &twice.y, &ratios[i]);
        x[i] = t.x;
        y[i] = t.y;
    }
    fp_mul(z, &twice.z, &t.z);
    fp ratio = ratios[TABLE_SIZE - 1];
    for (unsigned i = TABLE_SIZE - 1; i-- > 0;) {
        scale(&x[i], &y[i], &ratio);
        if (i > 0) fp_mul(&ratio, &ratio, &ratios[i]);
    }
}

/* ---- the endomorphism (x, y) -> (cube_root x, y), which multiplies by a cube root of 1 mod r: a factor
 * becomes two of half the length (Gallant, Lambert and Vanstone 2001). With a = 6 u^2 + 2 u,
 * b = 2 u + 1 and c = 6 u^2 + 4 u + 1, (a, -b) and (b, c) are zero, and a c + b b = r. ---- */

static const fp cube_root = {
    {0x3350c88e13e80b9c, 0x7dce557cdb5e56b9, 0x6001b4b8b615564a, 0x2682e617020217e0}
};
static const u256 endo_a = {
    {0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc, 0, 0}
};
static const u256 endo_b = {
    {0x89d3256894d213e3, 0, 0, 0}
};
static const u256 endo_c = {
    {0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0}
};
/* 2^256 c / r and 2^256 b / r, rounded down */
static const fp c_over_r = {
    {0x5398fd0300ff6565, 0x4ccef014a773d2d2, 0x0000000000000002, 0}
};
static const fp b_over_r = {
    {0xd91d232ec7e0b3d7, 0x0000000000000002, 0, 0}
};

struct half {
    uint128 size;
    bool negative;
};

static u256 upper_product(const u256 *a, const fp *b)
{
    struct fp_wide product;
    fp factor;
    u256 upper;
    memcpy(factor.words, a->words, sizeof factor.words);
    fp_mul_wide(&product, &factor, b);
    memcpy(upper.words, product.words + 4, sizeof upper.words);
    return upper;
}

static struct half half_of(u256 number)
{
    bool negative = u256_is_negative(number);
    if (negative) number = u256_negate(number);
    VERIFY((number.words[2] | number.words[3]) == 0);
    return (struct half){(uint128)number.words[1] << 64 | number.words[0], negative};
}

/* factor = first + second * (the cube root), any factor. m and n below are at most 2 too small, so
 * first is below 2 (a + b) and second between -2 b and 2 c: both are below 2^128 - 16. */
static void factor_split(struct half halves[2], const u256 *factor)
{
    u256 m = upper_product(factor, &c_over_r), n = upper_product(factor, &b_over_r);
    u256 first = u256_sub(u256_sub(*factor, u256_mul(m, endo_a)), u256_mul(n, endo_b));
    u256 second = u256_sub(u256_mul(m, endo_b), u256_mul(n, endo_c));
    halves[0] = half_of(first);
    halves[1] = half_of(second);
}

#define DIGITS_MAX 130

/* Digits in base 2, least first, that are zero or odd, and zero WINDOW - 1 times after one that is not;
 * how many there are. `digits` comes zeroed. */
static unsigned digits_make(int8_t digits[DIGITS_MAX], struct half half)
{
    unsigned place = 0;
    uint128 left = half.size;
    while (left != 0) { /* ends: shifted by a bit at least */
        if ((left & 1) == 0) {
            uint64_t low = (uint64_t)left;
            unsigned zeros = low != 0 ? (unsigned)__builtin_ctzll(low) : 63;
            left >>= zeros;
            place += zeros;
            continue;
        }
        int digit = (int)(left & ((1 << WINDOW) - 1));
        if (digit >= 1 << (WINDOW - 1)) digit -= 1 << WINDOW;
        left = digit < 0 ? left + (unsigned)-digit : left - (unsigned)digit;
        digits[place] = (int8_t)(half.negative ? -digit : digit);
        left >>= WINDOW;
        place += WINDOW;
    }
    return place < DIGITS_MAX ? place : DIGITS_MAX;
}

static void add_digit(struct g1_jacobian *sum, int digit, const fp *x, const fp *y)
{
    fp unused, minus_y;
    if (digit == 0) return;
    unsigned row = (unsigned)(digit < 0 ? -digit : digit) / 2;
    if (digit < 0) fp_negate(&minus_y, &y[row]);
    jacobian_add(sum, &x[row], digit < 0 ? &minus_y : &y[row], &unused);
}

void g1_mul(struct g1 *out, const struct g1 *a, const u256 *factor)
{
    struct half halves[2];
    int8_t digits[2][DIGITS_MAX] = {{0}};
    fp x[2][TABLE_SIZE], y[TABLE_SIZE], z;
    struct g1_jacobian sum = {.z = {{0}}};
    if (a->infinite) {
        *out = *a;
        return;
    }
    factor_split(halves, factor);
    unsigned first = digits_make(digits[0], halves[0]);
    unsigned second = digits_make(digits[1], halves[1]);
    table_make(x[0], y, &z, a);
    for (unsigned i = 0; i < TABLE_SIZE; i++)
        fp_mul(&x[1][i], &x[0][i], &cube_root);

    for (unsigned i = first > second ? first : second; i-- > 0;) {
        if (!fp_is_zero(&sum.z)) jacobian_double(&sum);
        add_digit(&sum, digits[0][i], x[0], y);
        add_digit(&sum, digits[1][i], x[1], y);
    }
    fp_mul(&z, &z, &sum.z);
    *out = (struct g1){.x = sum.x, .y = sum.y, .infinite = fp_is_zero(&z)};
    fp_invert(&z, &z); /* zero for infinity, which makes (0, 0) */
    scale(&out->x, &out->y, &z);
}
