#include "crypto/bn254_lanes_private.h"
#include "unit/crypto/bn254_twist.h"

#if defined(__x86_64__)

static void need_lanes(void)
{
    if (lanes_work()) return;
    print_message("this processor has no AVX-512 IFMA\n");
    skip();
}

/* Random multiples of the generators. */
static struct pair pair_random(struct rng *rng)
{
    struct pair out = {.g2 = twist_generator()};
    uint8_t bytes[64] = {[31] = 1, [63] = 2};
    u256 factor;
    mpz_t number;
    CHECK(g1_from_bytes(&out.g1, bytes));
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

static void check_product(const struct pair *pairs, size_t count)
{
    fp12 expected, actual;
    CHECK(miller_loop(&expected, pairs, count));
    final_exponentiation(&expected, &expected);
    CHECK(miller_loop_lanes(&actual, pairs, count));
    final_exponentiation_lanes(&actual, &actual);
    CHECK(fp12_equal(&actual, &expected));
}

TEST(products_of_pairings_agree_with_those_of_words)
{
    struct rng rng;
    struct pair pairs[PAIRS_MAX];
    need_lanes();
    rng_init(&rng, 70);
    for (int turn = 0; turn < 10; turn++)
        for (size_t count = 1; count <= PAIRS_MAX; count++) {
            pairs[count - 1] = pair_random(&rng);
            check_product(pairs, count);
        }
}

TEST(the_generators_agree_too)
{
    need_lanes();
    struct pair pair = {.g2 = twist_generator()};
    uint8_t bytes[64] = {[31] = 1, [63] = 2};
    CHECK(g1_from_bytes(&pair.g1, bytes));
    check_product(&pair, 1);
    g1_negate(&pair.g1, &pair.g1);
    check_product(&pair, 1);
    g2_negate(&pair.g2, &pair.g2);
    check_product(&pair, 1);
}

TEST(an_empty_loop_gives_one)
{
    fp12 out;
    need_lanes();
    CHECK(miller_loop_lanes(&out, NULL, 0));
    CHECK(fp12_equal(&out, &fp12_one));
}

TEST(final_exponentiations_agree_with_those_of_words)
{
    struct rng rng;
    need_lanes();
    rng_init(&rng, 71);
    for (int i = 0; i < 100; i++) {
        fp12 a, expected, actual;
        for (unsigned j = 0; j < 6; j++)
            a.c[j / 3].c[j % 3] = fp2_random(&rng);
        if (i < 6) { /* a number of a smaller field becomes one */
            memset(&a, 0, sizeof a);
            a.c[0].c[i / 2] = fp2_random(&rng);
        }
        final_exponentiation(&expected, &a);
        final_exponentiation_lanes(&actual, &a);
        CHECK(fp12_equal(&actual, &expected));
        if (i < 6) CHECK(fp12_equal(&actual, &fp12_one));
    }
}

static struct g2 point_of_order(struct rng *rng, unsigned long order)
{
    struct g2 out = twist_random(rng);
    mpz_t p, r;
    mpz_init_set_str(p, P_TEXT, 16);
    mpz_init_set_str(r, R_TEXT, 16);
    mpz_mul_2exp(p, p, 1);
    mpz_sub(p, p, r);
    CHECK(mpz_divisible_ui_p(p, order));
    mpz_divexact_ui(p, p, order);
    mpz_mul(p, p, r);
    out = twist_multiply(&out, p);
    mpz_clears(p, r, NULL);
    return out;
}

/* Random ones, and those of small order, whose steps meet infinity. */
TEST(points_outside_the_subgroup_are_refused_at_any_place)
{
    static const unsigned long orders[] = {REST_FACTOR_1, REST_FACTOR_2};
    struct rng rng;
    struct pair pairs[6];
    fp12 unused;
    need_lanes();
    rng_init(&rng, 72);
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        pairs[i] = pair_random(&rng);
    for (size_t count = 1; count <= COUNT_OF(pairs); count++)
        for (size_t i = 0; i < count; i++) {
            struct g2 good = pairs[i].g2;
            pairs[i].g2 = twist_random(&rng);
            CHECK(!miller_loop_lanes(&unused, pairs, count));
            for (size_t j = 0; j < COUNT_OF(orders); j++) {
                pairs[i].g2 = point_of_order(&rng, orders[j]);
                if (pairs[i].g2.infinite) continue;
                CHECK(!miller_loop_lanes(&unused, pairs, count));
            }
            pairs[i].g2 = good;
            CHECK(miller_loop_lanes(&unused, pairs, count));
        }
}

TEST(all_multiples_of_a_point_of_order_10069_are_refused)
{
    struct rng rng;
    fp12 unused;
    need_lanes();
    rng_init(&rng, 73);
    struct pair pairs[PAIRS_MAX];
    struct g2 first = {.infinite = true}, a;
    while (first.infinite)
        first = point_of_order(&rng, REST_FACTOR_1);
    a = first;
    pairs[0] = pair_random(&rng);
    for (int i = 1; i < REST_FACTOR_1; i++) {
        CHECK(!a.infinite);
        pairs[0].g2 = a;
        CHECK(!miller_loop_lanes(&unused, pairs, 1));
        a = twist_add(&a, &first);
    }
}

#else

TEST(other_processors_have_no_lanes)
{
    CHECK(!lanes_work());
}

#endif
