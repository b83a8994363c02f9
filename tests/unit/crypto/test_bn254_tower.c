#include "unit/crypto/bn254_twist.h"

#define CASES 100

static fp6 fp6_random(struct rng *rng)
{
    return (fp6){
        {fp2_random(rng), fp2_random(rng), fp2_random(rng)}
    };
}

static fp12 fp12_random(struct rng *rng)
{
    return (fp12){
        {fp6_random(rng), fp6_random(rng)}
    };
}

static void fp12_add(fp12 *out, const fp12 *a, const fp12 *b)
{
    fp6_add(&out->c[0], &a->c[0], &b->c[0]);
    fp6_add(&out->c[1], &a->c[1], &b->c[1]);
}

static void fp12_power(fp12 *out, const fp12 *a, const mpz_t exponent)
{
    fp12 base = *a, power = fp12_one;
    for (size_t i = mpz_sizeinbase(exponent, 2); i-- > 0;) {
        fp12_square(&power, &power);
        if (mpz_tstbit(exponent, i)) fp12_mul(&power, &power, &base);
    }
    *out = power;
}

/* w^power; w^6 is 9 + i. */
static fp12 w_to_the(unsigned power)
{
    fp12 out = {.c[0].c[0].re = {{0}}};
    out.c[power % 2].c[power / 2] = (fp2){fp_one, {{0}}};
    return out;
}

static fp2 xi(void)
{
    return (fp2){fp_of(9), fp_of(1)};
}

/* ---- fp2 ---- */

static void fp2_plain_mul(fp2 *out, const fp2 *a, const fp2 *b)
{
    fp rr, ii, ri, ir;
    fp_mul(&rr, &a->re, &b->re);
    fp_mul(&ii, &a->im, &b->im);
    fp_mul(&ri, &a->re, &b->im);
    fp_mul(&ir, &a->im, &b->re);
    fp_sub(&out->re, &rr, &ii);
    fp_add(&out->im, &ri, &ir);
}

static const fp edges[] = {
    /* clang-format off */
    {{0, 0, 0, 0}}, {{1, 0, 0, 0}}, {{UINT64_MAX, UINT64_MAX, UINT64_MAX, FP_P3 - 1}},
    {{FP_P0 - 2, FP_P1, FP_P2, FP_P3}}, {{FP_P0 - 1, FP_P1, FP_P2, FP_P3}}, {{0, 0, 0, FP_P3}},
    {{FP_ONE0, FP_ONE1, FP_ONE2, FP_ONE3}},
    /* clang-format on */
};

static void check_fp2(const fp2 *a, const fp2 *b)
{
    fp2 out, expected, x = xi();
    fp2_plain_mul(&expected, a, b);
    fp2_mul(&out, a, b);
    CHECK(fp2_equal(&out, &expected));
    fp2_plain_mul(&expected, a, a);
    fp2_square(&out, a);
    CHECK(fp2_equal(&out, &expected));
    fp2_plain_mul(&expected, a, &x);
    fp2_mul_xi(&out, a);
    CHECK(fp2_equal(&out, &expected));
    fp2 real = {b->re, {{0}}};
    fp2_plain_mul(&expected, a, &real);
    fp2_mul_fp(&out, a, &b->re);
    CHECK(fp2_equal(&out, &expected));
    fp2_invert(&out, a);
    fp2_mul(&out, &out, a);
    CHECK(fp2_is_zero(a) ? fp2_is_zero(&out) : fp_equal(&out.re, &fp_one) && fp_is_zero(&out.im));
}

TEST(fp2_agrees_with_schoolbook_products)
{
    struct rng rng;
    rng_init(&rng, 30);
    for (int i = 0; i < 2000; i++) {
        fp2 a = fp2_random(&rng), b = fp2_random(&rng);
        check_fp2(&a, &b);
    }
    size_t n = COUNT_OF(edges);
    for (size_t i = 0; i < n * n * n * n; i++) {
        fp2 a = {edges[i % n], edges[i / n % n]}, b = {edges[i / n / n % n], edges[i / n / n / n]};
        check_fp2(&a, &b);
    }
}

/* ---- fp6 and fp12 ---- */

/* Products of all pairs of coefficients, in powers of w. */
static void fp12_plain_mul(fp12 *out, const fp12 *a, const fp12 *b)
{
    fp12 sum = {.c[0].c[0].re = {{0}}};
    fp2 x = xi();
    for (unsigned i = 0; i < 6; i++)
        for (unsigned j = 0; j < 6; j++) {
            fp2 t;
            fp2_plain_mul(&t, &a->c[i % 2].c[i / 2], &b->c[j % 2].c[j / 2]);
            if (i + j >= 6) fp2_plain_mul(&t, &t, &x);
            fp2 *to = &sum.c[(i + j) % 2].c[(i + j) % 6 / 2];
            fp2_add(to, to, &t);
        }
    *out = sum;
}

static void check_equal(const fp12 *a, const fp12 *b)
{
    CHECK(fp12_equal(a, b));
}

static fp12 fp12_of(const fp6 *a)
{
    fp12 out = {{*a}};
    return out;
}

TEST(fp6_agrees_with_schoolbook_products)
{
    struct rng rng;
    rng_init(&rng, 31);
    for (int i = 0; i < CASES; i++) {
        fp6 a = fp6_random(&rng), b = fp6_random(&rng), out;
        fp12 wide_a = fp12_of(&a), wide_b = fp12_of(&b), expected, actual;
        fp12 v = w_to_the(2);
        fp12_plain_mul(&expected, &wide_a, &wide_b);
        fp6_mul(&out, &a, &b);
        actual = fp12_of(&out);
        check_equal(&actual, &expected);
        fp12_plain_mul(&expected, &wide_a, &v);
        fp6_mul_v(&out, &a);
        actual = fp12_of(&out);
        check_equal(&actual, &expected);
        fp6_invert(&out, &a);
        fp6_mul(&out, &out, &a);
        actual = fp12_of(&out);
        check_equal(&actual, &fp12_one);
    }
}

/* All coefficients at their limits at once: where sums that are not reduced would overflow. */
TEST(products_of_the_biggest_coefficients_agree_with_schoolbook_products)
{
    struct rng rng;
    rng_init(&rng, 32);
    for (int i = 0; i < 3000; i++) {
        fp12 a, b, out, expected;
        for (unsigned j = 0; j < 12; j++) {
            fp2 *x = &a.c[j / 6].c[j / 2 % 3], *y = &b.c[j / 6].c[j / 2 % 3];
            *(j % 2 == 0 ? &x->re : &x->im) = edges[rng_below(&rng, COUNT_OF(edges))];
            *(j % 2 == 0 ? &y->re : &y->im) = edges[rng_below(&rng, COUNT_OF(edges))];
        }
        fp12_plain_mul(&expected, &a, &b);
        fp12_mul(&out, &a, &b);
        check_equal(&out, &expected);
        fp12_plain_mul(&expected, &a, &a);
        fp12_square(&out, &a);
        check_equal(&out, &expected);
    }
}

TEST(fp12_agrees_with_schoolbook_products)
{
    struct rng rng;
    rng_init(&rng, 33);
    for (int i = 0; i < CASES; i++) {
        fp12 a = fp12_random(&rng), b = fp12_random(&rng), expected, out;
        fp12_plain_mul(&expected, &a, &b);
        fp12_mul(&out, &a, &b);
        check_equal(&out, &expected);
        fp12_plain_mul(&expected, &a, &a);
        fp12_square(&out, &a);
        check_equal(&out, &expected);
        fp12_invert(&out, &a);
        fp12_mul(&out, &out, &a);
        check_equal(&out, &fp12_one);
    }
}

TEST(fp12_obeys_the_laws_of_a_field)
{
    struct rng rng;
    rng_init(&rng, 34);
    for (int i = 0; i < CASES; i++) {
        fp12 a = fp12_random(&rng), b = fp12_random(&rng), c = fp12_random(&rng), left, right, t;
        fp12_mul(&left, &a, &b);
        fp12_mul(&right, &b, &a);
        check_equal(&left, &right);
        fp12_mul(&left, &left, &c);
        fp12_mul(&right, &b, &c);
        fp12_mul(&right, &a, &right);
        check_equal(&left, &right);
        fp12_add(&left, &b, &c);
        fp12_mul(&left, &a, &left);
        fp12_mul(&right, &a, &b);
        fp12_mul(&t, &a, &c);
        fp12_add(&right, &right, &t);
        check_equal(&left, &right);
        fp12_mul(&t, &a, &fp12_one);
        check_equal(&t, &a);
    }
}

TEST(w_to_the_sixth_is_xi)
{
    fp12 w = w_to_the(1), power = fp12_one, expected = {.c[0].c[0] = xi()};
    for (unsigned i = 0; i < 6; i++) {
        fp12 known = w_to_the(i);
        check_equal(&power, &known);
        fp12_mul(&power, &power, &w);
    }
    check_equal(&power, &expected);
}

TEST(frobenius_is_the_power_p)
{
    struct rng rng;
    mpz_t p;
    rng_init(&rng, 35);
    mpz_init_set_str(p, P_TEXT, 16);
    for (int i = 0; i < 10; i++) {
        fp12 a = fp12_random(&rng), power, out;
        fp12_power(&power, &a, p);
        fp12_frobenius(&out, &a);
        check_equal(&out, &power);
        fp12_power(&power, &power, p);
        fp12_frobenius_twice(&out, &a);
        check_equal(&out, &power);
        for (int j = 2; j < 6; j += 2)
            fp12_frobenius_twice(&out, &out);
        fp12_conjugate(&power, &a);
        check_equal(&out, &power);
    }
    mpz_clear(p);
}

/* A random cyclotomic number: a^((p^6 - 1) (p^2 + 1)). */
static fp12 cyclotomic_random(struct rng *rng)
{
    fp12 a = fp12_random(rng), t;
    fp12_invert(&t, &a);
    fp12_conjugate(&a, &a);
    fp12_mul(&a, &a, &t);
    fp12_frobenius_twice(&t, &a);
    fp12_mul(&a, &a, &t);
    return a;
}

TEST(cyclotomic_numbers_have_their_squares_and_inverses)
{
    struct rng rng;
    rng_init(&rng, 36);
    for (int i = 0; i < CASES; i++) {
        fp12 a = cyclotomic_random(&rng), out, expected;
        fp12_square(&expected, &a);
        fp12_square_cyclotomic(&out, &a);
        check_equal(&out, &expected);
        fp12_conjugate(&out, &a);
        fp12_mul(&out, &out, &a);
        check_equal(&out, &fp12_one);
    }
}

static struct line line_random(struct rng *rng)
{
    return (struct line){
        {fp2_random(rng), fp2_random(rng), fp2_random(rng)}
    };
}

static fp12 line_as_fp12(const struct line *l)
{
    return (fp12){.c[0].c[0] = l->c[0], .c[1].c[0] = l->c[1], .c[1].c[1] = l->c[2]};
}

TEST(products_with_lines_agree_with_general_ones)
{
    struct rng rng;
    rng_init(&rng, 37);
    for (int i = 0; i < CASES; i++) {
        struct line l = line_random(&rng), k = line_random(&rng);
        fp12 a = fp12_random(&rng), wide_l = line_as_fp12(&l), wide_k = line_as_fp12(&k);
        fp12 out, expected;
        fp12_mul(&expected, &a, &wide_l);
        fp12_mul_line(&out, &a, &l);
        check_equal(&out, &expected);
        fp12_mul(&expected, &expected, &wide_k);
        fp12_mul_lines(&out, &a, &l, &k);
        check_equal(&out, &expected);
    }
}

typedef void unary(fp12 *, const fp12 *);

TEST(outputs_may_be_inputs)
{
    static unary *const unaries[] = {fp12_square,
                                     fp12_invert,
                                     fp12_conjugate,
                                     fp12_frobenius,
                                     fp12_frobenius_twice,
                                     fp12_square_cyclotomic};
    struct rng rng;
    rng_init(&rng, 38);
    fp12 a = fp12_random(&rng), b = fp12_random(&rng), expected, out;
    struct line l = line_random(&rng), k = line_random(&rng);
    for (size_t i = 0; i < COUNT_OF(unaries); i++) {
        unaries[i](&expected, &a);
        out = a;
        unaries[i](&out, &out);
        check_equal(&out, &expected);
    }
    fp12_mul(&expected, &a, &b);
    out = a;
    fp12_mul(&out, &out, &b);
    check_equal(&out, &expected);
    out = b;
    fp12_mul(&out, &a, &out);
    check_equal(&out, &expected);
    fp12_mul_line(&expected, &a, &l);
    out = a;
    fp12_mul_line(&out, &out, &l);
    check_equal(&out, &expected);
    fp12_mul_lines(&expected, &a, &l, &k);
    out = a;
    fp12_mul_lines(&out, &out, &l, &k);
    check_equal(&out, &expected);
}
