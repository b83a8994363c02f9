#include "crypto/bn254_pairing_private.h"
#include "unit/crypto/bn254_twist.h"

#define ATE_U "4965661367192848881"

static void fp12_power(fp12 *out, const fp12 *a, const mpz_t exponent)
{
    fp12 base = *a, power = fp12_one;
    for (size_t i = mpz_sizeinbase(exponent, 2); i-- > 0;) {
        fp12_square(&power, &power);
        if (mpz_tstbit(exponent, i)) fp12_mul(&power, &power, &base);
    }
    *out = power;
}

static void check_equal(const fp12 *a, const fp12 *b)
{
    CHECK(fp12_equal(a, b));
}

static struct pair generators(void)
{
    struct pair out = {.g2 = twist_generator()};
    uint8_t bytes[64] = {[31] = 1, [63] = 2};
    CHECK(g1_from_bytes(&out.g1, bytes));
    return out;
}

/* Random multiples of the generators. */
static struct pair pair_random(struct rng *rng)
{
    struct pair out = generators();
    u256 factor;
    mpz_t number;
    mpz_init(number);
    rng_fill(rng, factor.words, sizeof factor.words);
    g1_mul(&out.g1, &out.g1, &factor);
    rng_fill(rng, factor.words, sizeof factor.words);
    mpz_import(number, 4, -1, 8, 0, 0, factor.words);
    out.g2 = twist_multiply(&out.g2, number);
    mpz_clear(number);
    CHECK(!out.g1.infinite && !out.g2.infinite);
    return out;
}

static fp12 pairing(const struct pair *pair)
{
    fp12 out;
    CHECK(miller_loop(&out, pair, 1));
    final_exponentiation(&out, &out);
    return out;
}

TEST(the_pairing_of_the_generators_has_order_r)
{
    struct pair pair = generators();
    fp12 e = pairing(&pair), power;
    mpz_t r;
    mpz_init_set_str(r, R_TEXT, 16);
    CHECK(!fp12_equal(&e, &fp12_one));
    fp12_power(&power, &e, r);
    check_equal(&power, &fp12_one);
    mpz_clear(r);
}

TEST(the_pairing_is_bilinear)
{
    struct rng rng;
    mpz_t a, b;
    rng_init(&rng, 40);
    mpz_inits(a, b, NULL);
    for (int i = 0; i < 20; i++) {
        struct pair pair = pair_random(&rng), multiple = pair;
        fp12 e = pairing(&pair), expected, actual;
        u256 factor;
        rng_fill(&rng, factor.words, sizeof factor.words);
        if (i % 4 == 0) factor = u256_from_u64((uint64_t)i / 4 + 1);
        mpz_import(a, 4, -1, 8, 0, 0, factor.words);
        g1_mul(&multiple.g1, &pair.g1, &factor);
        fp12_power(&expected, &e, a);
        actual = pairing(&multiple); /* e(a P, Q) = e(P, Q)^a */
        check_equal(&actual, &expected);

        mpz_set_ui(b, (unsigned long)rng_next(&rng));
        multiple.g2 = twist_multiply(&pair.g2, b);
        fp12_power(&expected, &expected, b);
        actual = pairing(&multiple); /* e(a P, b Q) = e(P, Q)^(a b) */
        check_equal(&actual, &expected);
    }
    mpz_clears(a, b, NULL);
}

TEST(the_pairing_is_additive_on_both_sides)
{
    struct rng rng;
    rng_init(&rng, 41);
    for (int i = 0; i < 10; i++) {
        struct pair x = pair_random(&rng), y = pair_random(&rng), sum = x, t = x;
        fp12 left, right, e;
        g1_add(&sum.g1, &x.g1, &y.g1);
        t.g1 = y.g1;
        left = pairing(&sum);
        right = pairing(&x);
        e = pairing(&t);
        fp12_mul(&right, &right, &e);
        check_equal(&left, &right);

        sum = t = x;
        sum.g2 = twist_add(&x.g2, &y.g2);
        t.g2 = y.g2;
        left = pairing(&sum);
        right = pairing(&x);
        e = pairing(&t);
        fp12_mul(&right, &right, &e);
        check_equal(&left, &right);
    }
}

TEST(the_negative_of_either_point_gives_the_inverse)
{
    struct rng rng;
    rng_init(&rng, 42);
    struct pair pair = pair_random(&rng), negated = pair;
    fp12 e = pairing(&pair), inverse;
    fp12_conjugate(&e, &e);
    g1_negate(&negated.g1, &pair.g1);
    inverse = pairing(&negated);
    check_equal(&inverse, &e);
    negated = pair;
    g2_negate(&negated.g2, &pair.g2);
    inverse = pairing(&negated);
    check_equal(&inverse, &e);
}

TEST(one_loop_over_many_pairs_gives_the_product_of_their_pairings)
{
    struct rng rng;
    struct pair pairs[PAIRS_MAX];
    fp12 expected = fp12_one, actual, e;
    rng_init(&rng, 43);
    for (size_t count = 1; count <= PAIRS_MAX; count++) {
        pairs[count - 1] = pair_random(&rng);
        e = pairing(&pairs[count - 1]);
        fp12_mul(&expected, &expected, &e);
        CHECK(miller_loop(&actual, pairs, count));
        final_exponentiation(&actual, &actual);
        check_equal(&actual, &expected);
    }
}

TEST(a_loop_refuses_a_point_outside_the_subgroup_at_any_place)
{
    struct rng rng;
    struct pair pairs[5];
    fp12 unused;
    rng_init(&rng, 44);
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        pairs[i] = pair_random(&rng);
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct g2 good = pairs[i].g2;
        pairs[i].g2 = twist_random(&rng);
        CHECK(!miller_loop(&unused, pairs, COUNT_OF(pairs)));
        pairs[i].g2 = good;
    }
    CHECK(miller_loop(&unused, pairs, COUNT_OF(pairs)));
}

/* (p^12 - 1) / r times 2 u (6 u^2 + 3 u + 1), which has no divisor in common with r. */
TEST(the_final_exponentiation_is_the_power_it_should_be)
{
    struct rng rng;
    mpz_t p, r, u, exponent, factor, gcd;
    rng_init(&rng, 45);
    mpz_init_set_str(p, P_TEXT, 16);
    mpz_init_set_str(r, R_TEXT, 16);
    mpz_init_set_str(u, ATE_U, 10);
    mpz_inits(exponent, factor, gcd, NULL);
    mpz_mul_ui(factor, u, 6);
    mpz_add_ui(factor, factor, 3);
    mpz_mul(factor, factor, u);
    mpz_add_ui(factor, factor, 1);
    mpz_mul(factor, factor, u);
    mpz_mul_ui(factor, factor, 2);
    mpz_gcd(gcd, factor, r);
    CHECK_EQ(mpz_cmp_ui(gcd, 1), 0);
    mpz_pow_ui(exponent, p, 12);
    mpz_sub_ui(exponent, exponent, 1);
    CHECK(mpz_divisible_p(exponent, r));
    mpz_divexact(exponent, exponent, r);
    mpz_mul(exponent, exponent, factor);
    for (int i = 0; i < 5; i++) {
        fp12 a, expected, actual;
        for (unsigned j = 0; j < 6; j++)
            a.c[j / 3].c[j % 3] = fp2_random(&rng);
        fp12_power(&expected, &a, exponent);
        final_exponentiation(&actual, &a);
        check_equal(&actual, &expected);
    }
    mpz_clears(p, r, u, exponent, factor, gcd, NULL);
}

/* The value of a line at the points it was drawn through, moved from the twist to the curve over fp12:
 * (x, y) becomes (x w^2, y w^3). */
static fp12 line_value(const struct line *l, const struct g2 *at)
{
    fp12 x = {.c[0].c[1] = at->x}, y = {.c[1].c[1] = at->y};
    fp12 c0 = {.c[0].c[0] = l->c[0]}, c1 = {.c[1].c[0] = l->c[1]}, sum = {.c[1].c[1] = l->c[2]};
    fp12_mul(&y, &y, &c0);
    fp12_mul(&x, &x, &c1);
    for (unsigned i = 0; i < 2; i++) {
        fp6_add(&sum.c[i], &sum.c[i], &x.c[i]);
        fp6_add(&sum.c[i], &sum.c[i], &y.c[i]);
    }
    return sum;
}

static void check_on_line(const struct line *l, const struct g2 *at, bool on)
{
    static const fp12 zero;
    fp12 value = line_value(l, at);
    CHECK_EQ(fp12_equal(&value, &zero), on);
}

TEST(lines_go_through_their_points)
{
    struct rng rng;
    rng_init(&rng, 46);
    for (int i = 0; i < 20; i++) {
        struct g2 a = twist_random(&rng), b = twist_random(&rng), sum;
        struct g2_moving t = {
            a.x, a.y, {fp_one, {{0}}}
        };
        struct line l;
        g2_double_step(&t, &l);
        sum = twist_add(&a, &a);
        check_on_line(&l, &a, true);
        check_on_line(&l, &sum, false);
        g2_negate(&sum, &sum);
        check_on_line(&l, &sum, true);
        check_on_line(&l, &b, false);

        t = (struct g2_moving){
            a.x, a.y, {fp_one, {{0}}}
        };
        g2_add_step(&t, &l, &b);
        sum = twist_add(&a, &b);
        g2_negate(&sum, &sum);
        check_on_line(&l, &a, true);
        check_on_line(&l, &b, true);
        check_on_line(&l, &sum, true);
    }
}
