#include "unit/crypto/bn254_twist.h"

#define ATE_U "4965661367192848881"

/* Numbers of the curve. */
struct numbers {
    mpz_t p, r, u, twist_order, t;
};

static void numbers_init(struct numbers *n)
{
    mpz_inits(n->twist_order, n->t, NULL);
    mpz_init_set_str(n->p, P_TEXT, 16);
    mpz_init_set_str(n->r, R_TEXT, 16);
    mpz_init_set_str(n->u, ATE_U, 10);
    mpz_mul_2exp(n->twist_order, n->p, 1);
    mpz_sub(n->twist_order, n->twist_order, n->r);
    mpz_mul(n->twist_order, n->twist_order, n->r);
}

static void numbers_fini(struct numbers *n)
{
    mpz_clears(n->p, n->r, n->u, n->twist_order, n->t, NULL);
}

/* A point whose order divides `divisor`: a random one times the rest of the order of the twist. */
static struct g2 point_of_order(struct rng *rng, struct numbers *n, const mpz_t divisor)
{
    struct g2 a = twist_random(rng);
    CHECK(mpz_divisible_p(n->twist_order, divisor));
    mpz_divexact(n->t, n->twist_order, divisor);
    return twist_multiply(&a, n->t);
}

/* The slow way: is r a infinity? */
static bool order_divides_r(const struct g2 *a, const struct numbers *n)
{
    return twist_multiply(a, n->r).infinite;
}

TEST(the_digits_are_those_of_six_u_and_two)
{
    struct numbers n;
    numbers_init(&n);
    mpz_set_ui(n.t, 0);
    for (unsigned i = ATE_DIGITS; i-- > 0;) {
        CHECK(ate_digits[i] >= -1 && ate_digits[i] <= 1);
        mpz_mul_2exp(n.t, n.t, 1);
        if (ate_digits[i] > 0) mpz_add_ui(n.t, n.t, 1);
        if (ate_digits[i] < 0) mpz_sub_ui(n.t, n.t, 1);
    }
    CHECK_EQ(ate_digits[ATE_DIGITS - 1], 1);
    mpz_sub_ui(n.t, n.t, 2);
    CHECK(mpz_divisible_ui_p(n.t, 6));
    mpz_divexact_ui(n.t, n.t, 6);
    CHECK_EQ(mpz_cmp(n.t, n.u), 0);
    numbers_fini(&n);
}

/* What the comment in bn254_g2.c says about f = (6 u + 2) + X - X^2 + X^3 and c = X^2 - T X + p with
 * T = 6 u^2 + 1: f mod c is a + b X, and the resultant is a^2 + a b T + b^2 p. */
TEST(the_equation_of_the_subgroup_has_no_other_solutions)
{
    struct numbers n;
    mpz_t trace, a, b, s, gcd;
    numbers_init(&n);
    mpz_inits(trace, a, b, s, gcd, NULL);
    mpz_mul(trace, n.u, n.u);
    mpz_mul_ui(trace, trace, 6);
    mpz_add_ui(trace, trace, 1);
    /* the order of the curve: p + 1 - T = r */
    mpz_add_ui(s, n.p, 1);
    mpz_sub(s, s, trace);
    CHECK_EQ(mpz_cmp(s, n.r), 0);
    /* X^2 = T X - p; X^3 = (T^2 - p) X - T p */
    mpz_mul(b, trace, trace);
    mpz_sub(b, b, n.p);
    mpz_sub(b, b, trace);
    mpz_add_ui(b, b, 1);
    mpz_mul_ui(a, n.u, 6);
    mpz_add_ui(a, a, 2);
    mpz_add(a, a, n.p);
    mpz_submul(a, trace, n.p);
    mpz_mul(s, a, a);
    mpz_mul(n.t, a, b);
    mpz_addmul(s, n.t, trace);
    mpz_mul(n.t, b, b);
    mpz_addmul(s, n.t, n.p);
    mpz_gcd(gcd, s, n.twist_order);
    CHECK_EQ(mpz_cmp(gcd, n.r), 0);
    /* and p itself solves the equation mod r */
    mpz_mul(s, b, n.p);
    mpz_add(s, s, a);
    CHECK(mpz_divisible_p(s, n.r));
    mpz_clears(trace, a, b, s, gcd, NULL);
    numbers_fini(&n);
}

TEST(the_generator_and_its_multiples_are_in_the_subgroup)
{
    struct rng rng;
    struct numbers n;
    rng_init(&rng, 20);
    numbers_init(&n);
    struct g2 a = twist_generator();
    CHECK(order_divides_r(&a, &n));
    for (int i = 0; i < 40; i++) {
        CHECK(!a.infinite);
        CHECK(twist_has(&a));
        CHECK(g2_in_subgroup(&a));
        mpz_set_ui(n.t, (unsigned long)(rng_next(&rng) >> 1) + 2);
        a = twist_multiply(&a, n.t);
    }
    numbers_fini(&n);
}

TEST(random_points_of_the_twist_are_not_in_the_subgroup)
{
    struct rng rng;
    struct numbers n;
    rng_init(&rng, 21);
    numbers_init(&n);
    for (int i = 0; i < 40; i++) {
        struct g2 a = twist_random(&rng), b;
        uint8_t bytes[128];
        CHECK(twist_multiply(&a, n.twist_order).infinite);
        CHECK(!order_divides_r(&a, &n));
        CHECK(!g2_in_subgroup(&a));
        twist_to_bytes(bytes, &a);
        CHECK(g2_from_bytes(&b, bytes)); /* but on the curve */
        CHECK(twist_same(&a, &b));
        /* the part of order r is in it, whatever the point */
        a = point_of_order(&rng, &n, n.r);
        CHECK(g2_in_subgroup(&a));
    }
    numbers_fini(&n);
}

/* On points of small order the steps meet infinity and the point itself. */
TEST(points_of_small_order_are_not_in_the_subgroup)
{
    static const unsigned long orders[] = {
        REST_FACTOR_1, REST_FACTOR_2, (unsigned long)REST_FACTOR_1 * REST_FACTOR_2};
    struct rng rng;
    struct numbers n;
    mpz_t order, with_r;
    rng_init(&rng, 22);
    numbers_init(&n);
    mpz_inits(order, with_r, NULL);
    for (size_t i = 0; i < COUNT_OF(orders); i++)
        for (int j = 0; j < 30; j++) {
            mpz_set_ui(order, orders[i]);
            struct g2 a = point_of_order(&rng, &n, order);
            if (a.infinite) continue;
            CHECK(!g2_in_subgroup(&a));
            mpz_mul(with_r, order, n.r);
            a = point_of_order(&rng, &n, with_r);
            CHECK_EQ(g2_in_subgroup(&a), order_divides_r(&a, &n));
        }
    mpz_clears(order, with_r, NULL);
    numbers_fini(&n);
}

TEST(all_multiples_of_a_point_of_order_10069_are_refused)
{
    struct rng rng;
    struct numbers n;
    mpz_t order;
    rng_init(&rng, 23);
    numbers_init(&n);
    mpz_init_set_ui(order, REST_FACTOR_1);
    struct g2 first = {.infinite = true}, a;
    while (first.infinite)
        first = point_of_order(&rng, &n, order);
    a = first;
    for (int i = 1; i < REST_FACTOR_1; i++) {
        CHECK(!a.infinite && !g2_in_subgroup(&a));
        a = twist_add(&a, &first);
    }
    CHECK(a.infinite);
    mpz_clear(order);
    numbers_fini(&n);
}

TEST(infinity_is_in_the_subgroup)
{
    struct g2 a;
    uint8_t zeros[128] = {0};
    CHECK(g2_from_bytes(&a, zeros));
    CHECK(a.infinite);
    CHECK(g2_in_subgroup(&a));
}

TEST(psi_multiplies_the_subgroup_by_p)
{
    struct numbers n;
    numbers_init(&n);
    struct g2 a = twist_generator(), by_p = twist_multiply(&a, n.p), out, again;
    g2_psi(&out, &a);
    CHECK(twist_same(&out, &by_p));
    by_p = twist_multiply(&by_p, n.p);
    g2_psi(&out, &out);
    CHECK(twist_same(&out, &by_p));
    g2_minus_psi_twice(&again, &a);
    g2_negate(&again, &again);
    CHECK(twist_same(&again, &by_p));
    numbers_fini(&n);
}

/* psi^2 - T psi + p = 0 on the whole twist. */
TEST(psi_obeys_its_equation)
{
    struct rng rng;
    struct numbers n;
    rng_init(&rng, 24);
    numbers_init(&n);
    for (int i = 0; i < 10; i++) {
        struct g2 a = twist_random(&rng), once, twice, sum, t;
        g2_psi(&once, &a);
        g2_psi(&twice, &once);
        sum = twist_multiply(&a, n.p);
        sum = twist_add(&sum, &twice);
        mpz_add_ui(n.t, n.p, 1);
        mpz_sub(n.t, n.t, n.r);
        t = twist_multiply(&once, n.t);
        CHECK(twist_same(&sum, &t));
    }
    numbers_fini(&n);
}

static struct g2 moving_place(const struct g2_moving *t)
{
    struct g2 out = {.infinite = fp2_is_zero(&t->z)};
    fp2 inverse;
    fp2_invert(&inverse, &t->z);
    fp2_mul(&out.x, &t->x, &inverse);
    fp2_mul(&out.y, &t->y, &inverse);
    return out;
}

TEST(steps_agree_with_plain_additions)
{
    struct rng rng;
    struct line unused;
    rng_init(&rng, 25);
    for (int i = 0; i < 50; i++) {
        struct g2 a = twist_random(&rng), b = twist_random(&rng), place, expected;
        fp2 z = fp2_random(&rng);
        struct g2_moving t = {a.x, a.y, z};
        fp2_mul(&t.x, &t.x, &z);
        fp2_mul(&t.y, &t.y, &z);
        g2_double_step(&t, &unused);
        place = moving_place(&t);
        expected = twist_add(&a, &a);
        CHECK(twist_same(&place, &expected));
        g2_add_step(&t, &unused, &b);
        place = moving_place(&t);
        expected = twist_add(&expected, &b);
        CHECK(twist_same(&place, &expected));
    }
}

TEST(bytes_that_are_no_point_of_the_twist_are_refused)
{
    for (unsigned i = 0; i < 128; i++) { /* any bit of a good point turned */
        struct g2 out;
        uint8_t bytes[128];
        memcpy(bytes, test_hex(G2_TEXT).data, sizeof bytes);
        CHECK(g2_from_bytes(&out, bytes));
        bytes[i] ^= (uint8_t)(1 << i % 8);
        CHECK(!g2_from_bytes(&out, bytes));
    }
    for (unsigned i = 0; i < 4; i++) { /* zero written as p, for each coordinate */
        struct g2 out;
        uint8_t bytes[128] = {0};
        memcpy(bytes + 32 * i, test_hex(P_TEXT).data, 32);
        CHECK(!g2_from_bytes(&out, bytes));
    }
}
