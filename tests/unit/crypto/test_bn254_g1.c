#include "base/rng.h"
#include "crypto/bn254_curve_private.h"
#include "support/test.h"

static const u256 order = {
    {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029}
};

static struct g1 generator(void)
{
    struct g1 out;
    uint8_t bytes[64] = {[31] = 1, [63] = 2};
    CHECK(g1_from_bytes(&out, bytes));
    return out;
}

static bool same(const struct g1 *a, const struct g1 *b)
{
    return a->infinite == b->infinite && fp_equal(&a->x, &b->x) && fp_equal(&a->y, &b->y);
}

/* Also that the result is on the curve, by its own encoding. */
static void check_same(const struct g1 *a, const struct g1 *b)
{
    struct g1 back;
    uint8_t bytes[64];
    CHECK(same(a, b));
    g1_to_bytes(bytes, a);
    CHECK(g1_from_bytes(&back, bytes));
    CHECK(same(a, &back));
}

static u256 random_factor(struct rng *rng)
{
    u256 out;
    rng_fill(rng, out.words, sizeof out.words);
    if (rng_below(rng, 4) == 0) out = u256_shr(u256_from_u64(rng_below(rng, 256)), out);
    return out;
}

static struct g1 random_point(struct rng *rng)
{
    struct g1 out = generator();
    u256 factor = random_factor(rng);
    g1_mul(&out, &out, &factor);
    return out;
}

/* Double and add, with additions only. */
static struct g1 product_by_additions(const struct g1 *a, u256 factor)
{
    struct g1 sum = {.infinite = true};
    for (unsigned i = u256_bit_length(factor); i-- > 0;) {
        g1_add(&sum, &sum, &sum);
        if (factor.words[i / 64] >> i % 64 & 1) g1_add(&sum, &sum, a);
    }
    return sum;
}

static void check_product(const struct g1 *a, u256 factor)
{
    struct g1 expected = product_by_additions(a, factor), out;
    g1_mul(&out, a, &factor);
    check_same(&out, &expected);
}

TEST(products_agree_with_additions)
{
    struct rng rng;
    rng_init(&rng, 1);
    for (int i = 0; i < 200; i++) {
        struct g1 a = random_point(&rng);
        check_product(&a, random_factor(&rng));
    }
}

TEST(small_factors_and_those_around_multiples_of_r_agree_with_additions)
{
    struct g1 a = generator();
    for (uint64_t i = 0; i < 300; i++) {
        u256 small = u256_from_u64(i);
        check_product(&a, small);
        check_product(&a, u256_sub(order, small));
        check_product(&a, u256_add(order, small));
    }
    for (uint64_t i = 0; i < 6; i++)
        for (uint64_t j = 0; j < 3; j++)
            check_product(&a, u256_sub(u256_mul_u64(order, i), u256_from_u64(j)));
}

/* Factors with one of the two halves zero or at its limit: multiples of the cube root, and of the
 * vectors of the lattice. */
TEST(factors_at_the_edges_of_the_lattice_agree_with_additions)
{
    static const u256 factors[] = {
        {{0xb8ca0b2d36636f23, 0xcc37a73fec2bc5e9, 0x048b6e193fd84104, 0x30644e72e131a029}},
        {{0x8b17ea66b99c90dd, 0x5bfc41088d8daaa7, 0xb3c4d79d41a91758, 0x0000000000000000}},
        {{0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc, 0, 0}},
        {{0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0}},
        {{0x89d3256894d213e3, 0, 0, 0}},
        {{0, 0, 1, 0}},
        {{0, 0, 0, 1}},
        {{0, 0, 0, UINT64_C(1) << 63}},
        {{UINT64_MAX, UINT64_MAX, 0, 0}},
        {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}},
        {{0, UINT64_MAX, UINT64_MAX, UINT64_MAX}},
    };
    struct g1 a = generator();
    for (size_t i = 0; i < COUNT_OF(factors); i++)
        for (uint64_t j = 0; j < 40; j++) {
            check_product(&a, u256_add(factors[i], u256_from_u64(j)));
            check_product(&a, u256_sub(factors[i], u256_from_u64(j)));
        }
}

TEST(addition_is_associative_and_commutative)
{
    struct rng rng;
    rng_init(&rng, 2);
    for (int i = 0; i < 100; i++) {
        struct g1 a = random_point(&rng), b = random_point(&rng), c = random_point(&rng);
        if (i % 4 == 1) c = b;
        if (i % 4 == 2) g1_negate(&c, &b);
        struct g1 left, right;
        g1_add(&left, &a, &b);
        g1_add(&right, &b, &a);
        check_same(&left, &right);
        g1_add(&left, &left, &c);
        g1_add(&right, &b, &c);
        g1_add(&right, &a, &right);
        check_same(&left, &right);
    }
}

TEST(a_point_and_its_negative_make_infinity)
{
    struct rng rng;
    rng_init(&rng, 3);
    for (int i = 0; i < 20; i++) {
        static const struct g1 infinity = {.infinite = true};
        struct g1 a = random_point(&rng), b;
        g1_negate(&b, &a);
        g1_add(&b, &a, &b);
        check_same(&b, &infinity);
        g1_add(&b, &a, &infinity);
        check_same(&b, &a);
        g1_mul(&b, &a, &order);
        check_same(&b, &infinity);
    }
}

TEST(products_distribute_over_sums)
{
    struct rng rng;
    rng_init(&rng, 4);
    for (int i = 0; i < 50; i++) {
        struct g1 a = random_point(&rng), b = random_point(&rng), left, right, t;
        u256 k = random_factor(&rng);
        g1_add(&left, &a, &b);
        g1_mul(&left, &left, &k);
        g1_mul(&right, &a, &k);
        g1_mul(&t, &b, &k);
        g1_add(&right, &right, &t);
        check_same(&left, &right);
    }
}
