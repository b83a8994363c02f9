#include "crypto/bn254_lanes_private.h"
#include "unit/crypto/bn254_twist.h"

static void need_lanes(void)
{
    if (lanes_work()) return;
    print_message("this processor has no AVX-512 IFMA\n");
    skip();
}

#if defined(__x86_64__)

static fp12 fp12_random(struct rng *rng)
{
    fp12 out;
    for (unsigned i = 0; i < 6; i++)
        out.c[i / 3].c[i % 3] = fp2_random(rng);
    return out;
}

/* Coefficients at their limits, or with long runs of equal bits. */
static fp12 fp12_extreme(struct rng *rng)
{
    static const fp edges[] = {
        /* clang-format off */
        {{0, 0, 0, 0}}, {{1, 0, 0, 0}}, {{UINT64_MAX, UINT64_MAX, UINT64_MAX, FP_P3 - 1}},
        {{FP_P0 - 2, FP_P1, FP_P2, FP_P3}}, {{FP_P0 - 1, FP_P1, FP_P2, FP_P3}}, {{0, 0, 0, FP_P3}},
        {{FP_ONE0, FP_ONE1, FP_ONE2, FP_ONE3}}, {{0xfffffffffffff, 0, 0, 0}},
        {{UINT64_C(0xfff) << 52, 0xffffffffff, 0, 0}},
        /* clang-format on */
    };
    fp12 out;
    for (unsigned i = 0; i < 12; i++) {
        fp2 *x = &out.c[i / 6].c[i / 2 % 3];
        *(i % 2 == 0 ? &x->re : &x->im) = edges[rng_below(rng, COUNT_OF(edges))];
    }
    return out;
}

/* Neat, and at most 2 p, in the twelve lanes that count. */
static void check_loose(const fp12_lanes *a)
{
    for (unsigned lane = 0; lane < 12; lane++) {
        bool below = false;
        int64_t difference = 0; /* 2 p - a, limb by limb */
        for (unsigned i = 0; i < LIMBS; i++) {
            int64_t limb = a->c.limbs[i][lane];
            CHECK(limb >= 0 && limb <= (int64_t)LIMB_MASK);
            difference = 2 * lanes_p[i] - limb + (difference >> LIMB_BITS);
            below = difference >= 0;
        }
        CHECK(below);
    }
}

static void check_is(const fp12_lanes *a, const fp12 *expected)
{
    fp12 actual;
    check_loose(a);
    fp12_lanes_to(&actual, a);
    CHECK(fp12_equal(&actual, expected));
}

static void check_all(const fp12 *a, const fp12 *b)
{
    fp12 expected;
    fp12_lanes x, y, out;
    fp12_lanes_from(&x, a);
    fp12_lanes_from(&y, b);
    check_is(&x, a);
    fp12_mul(&expected, a, b);
    fp12_lanes_mul(&out, &x, &y);
    check_is(&out, &expected);
    fp12_square(&expected, a);
    fp12_lanes_mul(&out, &x, &x);
    check_is(&out, &expected);
    /* the formula needs no cyclotomic number to give the same */
    fp12_square_cyclotomic(&expected, a);
    fp12_lanes_square_cyclotomic(&out, &x);
    check_is(&out, &expected);
    fp12_conjugate(&expected, a);
    fp12_lanes_conjugate(&out, &x);
    check_is(&out, &expected);
}

TEST(products_agree_with_those_of_words)
{
    struct rng rng;
    need_lanes();
    rng_init(&rng, 60);
    for (int i = 0; i < 2000; i++) {
        fp12 a = fp12_random(&rng), b = fp12_random(&rng);
        check_all(&a, &b);
        a = fp12_extreme(&rng), b = fp12_extreme(&rng);
        check_all(&a, &b);
    }
}

/* Numbers stay loose from one operation to the next, whatever the chain. */
TEST(long_chains_agree_with_those_of_words)
{
    struct rng rng;
    need_lanes();
    rng_init(&rng, 61);
    fp12 a = fp12_random(&rng), b = fp12_extreme(&rng);
    fp12_lanes x, y;
    fp12_lanes_from(&x, &a);
    fp12_lanes_from(&y, &b);
    for (int i = 0; i < 20000; i++) {
        switch (rng_below(&rng, 4)) {
        case 0:
            fp12_mul(&a, &a, &b);
            fp12_lanes_mul(&x, &x, &y);
            break;
        case 1:
            fp12_square_cyclotomic(&a, &a);
            fp12_lanes_square_cyclotomic(&x, &x);
            break;
        case 2:
            fp12_conjugate(&b, &b);
            fp12_lanes_conjugate(&y, &y);
            break;
        case 3:
            fp12_mul(&b, &b, &a);
            fp12_lanes_mul(&y, &y, &x);
            break;
        }
        check_loose(&x);
        check_loose(&y);
        if (i % 100 == 0) {
            check_is(&x, &a);
            check_is(&y, &b);
        }
    }
    check_is(&x, &a);
    check_is(&y, &b);
}

/* The biggest limbs that loose numbers can have: 2 p itself, which is zero. */
TEST(numbers_of_twice_p_are_zero)
{
    struct rng rng;
    need_lanes();
    rng_init(&rng, 62);
    fp12 a = fp12_random(&rng), zero = {.c[0].c[0].re = {{0}}};
    fp12_lanes x, y = {.c.limbs = {{0}}}, out;
    fp12_lanes_from(&x, &a);
    for (unsigned lane = 0; lane < 12; lane++) {
        int64_t carry = 0;
        for (unsigned i = 0; i < LIMBS; i++) {
            int64_t limb = 2 * lanes_p[i] + carry;
            y.c.limbs[i][lane] = limb & LIMB_MASK;
            carry = limb >> LIMB_BITS;
        }
    }
    check_is(&y, &zero);
    fp12_lanes_mul(&out, &x, &y);
    check_is(&out, &zero);
    fp12_lanes_mul(&out, &y, &x);
    check_is(&out, &zero);
    fp12_lanes_mul(&out, &y, &y);
    check_is(&out, &zero);
    fp12_lanes_square_cyclotomic(&out, &y);
    check_is(&out, &zero);
    fp12_lanes_conjugate(&out, &y);
    check_is(&out, &zero);
}

TEST(terms_agree_with_whole_numbers)
{
    struct rng rng;
    need_lanes();
    rng_init(&rng, 63);
    for (unsigned set = 0; set < 64; set++) { /* any set of powers */
        fp12 a = fp12_extreme(&rng), b = {.c[0].c[0].re = {{0}}}, expected;
        fp12_lanes x, y, turned, out;
        struct term terms[6];
        unsigned count = 0;
        for (unsigned k = 0; k < 6; k++)
            if (set >> k & 1) b.c[k % 2].c[k / 2] = fp2_random(&rng);
        fp12_lanes_from(&x, &a);
        fp12_lanes_from(&y, &b);
        for (unsigned k = 0; k < 6; k++) {
            fp2 *from = &b.c[k % 2].c[k / 2], with_minus;
            fp_negate(&with_minus.re, &from->im);
            with_minus.im = from->im;
            *from = with_minus;
        }
        fp12_lanes_from(&turned, &b);
        fp12_lanes_to(&b, &y);
        for (unsigned k = 0; k < 6; k++)
            if (set >> k & 1)
                terms[count++] = (struct term){&y.c.limbs[0][2 * k], &turned.c.limbs[0][2 * k], k};
        fp12_lanes_mul_terms(&out, &x, terms, count);
        fp12_mul(&expected, &a, &b);
        check_is(&out, &expected);
    }
}

TEST(outputs_may_be_inputs)
{
    struct rng rng;
    need_lanes();
    rng_init(&rng, 64);
    fp12 a = fp12_random(&rng), b = fp12_random(&rng), expected;
    fp12_lanes x, y, out;
    fp12_lanes_from(&x, &a);
    fp12_lanes_from(&y, &b);
    fp12_mul(&expected, &a, &b);
    out = x;
    fp12_lanes_mul(&out, &out, &y);
    check_is(&out, &expected);
    out = y;
    fp12_lanes_mul(&out, &x, &out);
    check_is(&out, &expected);
    fp12_square(&expected, &a);
    out = x;
    fp12_lanes_mul(&out, &out, &out);
    check_is(&out, &expected);
    fp12_square_cyclotomic(&expected, &a);
    out = x;
    fp12_lanes_square_cyclotomic(&out, &out);
    check_is(&out, &expected);
    fp12_conjugate(&expected, &a);
    fp12_lanes_conjugate(&x, &x);
    check_is(&x, &expected);
}

#else

TEST(other_processors_have_no_lanes)
{
    CHECK(!lanes_work());
    need_lanes();
}

#endif
