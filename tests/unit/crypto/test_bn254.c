#include "base/rng.h"
#include "crypto/bn254.h"
#include "crypto/bn254_pairing_private.h"
#include "support/test.h"
#include "support/vectors.h"
#include "unit/crypto/bn254_twist.h"

#define P       "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47"
#define R       "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001"
#define R_1     "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000"
#define ALL     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ZERO    "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE     "0000000000000000000000000000000000000000000000000000000000000001"
#define TWO     "0000000000000000000000000000000000000000000000000000000000000002"
#define THREE   "0000000000000000000000000000000000000000000000000000000000000003"
#define G       ONE TWO
#define INF     ZERO ZERO
/* -G, 2 G, 3 G */
#define MINUS_G ONE "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45"
#define G2                                                                                         \
    "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"                             \
    "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"
#define G3                                                                                         \
    "0769bf9ac56bea3ff40232bcb1b6bd159315d84715b8e679f2d355961915abf0"                             \
    "2ab799bee0489429554fdb7c8d086475319e63b40b9c5b57cdf1ff3dd9fe2261"

/* Input as the machine gives it: zeros behind it up to the size. */
static void padded(uint8_t *out, size_t size, struct bytes in)
{
    size_t taken = in.size < size ? in.size : size;
    memset(out, 0, size);
    if (taken > 0) memcpy(out, in.data, taken);
}

TEST(the_vectors_of_addition_hold)
{
    struct vectors vectors;
    struct bytes input, expected;
    if (!vectors_open(&vectors, "geth_precompiles/bn256Add.json")) {
        print_message("no fixtures here\n");
        skip();
    }
    int cases = 0;
    while (vectors_next(&vectors, "Input", &input) &&
           vectors_next(&vectors, "Expected", &expected)) {
        uint8_t in[128], out[64];
        padded(in, sizeof in, input);
        CHECK(bn254_add(out, in));
        CHECK(bytes_equal(bytes_of(out, sizeof out), expected));
        cases++;
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 16);
}

TEST(the_vectors_of_multiplication_hold)
{
    struct vectors vectors;
    struct bytes input, expected;
    if (!vectors_open(&vectors, "geth_precompiles/bn256ScalarMul.json")) {
        print_message("no fixtures here\n");
        skip();
    }
    int cases = 0;
    while (vectors_next(&vectors, "Input", &input) &&
           vectors_next(&vectors, "Expected", &expected)) {
        uint8_t in[96], out[64];
        padded(in, sizeof in, input);
        CHECK(bn254_mul(out, in));
        CHECK(bytes_equal(bytes_of(out, sizeof out), expected));
        cases++;
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 19);
}

TEST(sums_of_small_multiples_are_known)
{
    static const struct {
        const char *in, *sum;
    } rows[] = {
        {INF INF,     INF    },
        {INF G,       G      },
        {G INF,       G      },
        {G G,         G2     },
        {G MINUS_G,   INF    },
        {MINUS_G G,   INF    },
        {G G2,        G3     },
        {G2 G,        G3     },
        {G3 MINUS_G,  G2     },
        {G2 MINUS_G,  G      },
        {MINUS_G INF, MINUS_G},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t out[64];
        CHECK(bn254_add(out, test_hex(rows[i].in).data));
        CHECK_HEX(bytes_of(out, sizeof out), rows[i].sum);
    }
}

TEST(products_at_the_edges_are_known)
{
    static const struct {
        const char *in, *product;
    } rows[] = {
        {G ZERO,                                                               INF    },
        {G ONE,                                                                G      },
        {G TWO,                                                                G2     },
        {G THREE,                                                              G3     },
        {G R_1,                                                                MINUS_G},
        {G R,                                                                  INF    },
        {INF ONE,                                                              INF    },
        {INF ALL,                                                              INF    },
        {INF ZERO,                                                             INF    },
        {MINUS_G R_1,                                                          G      },
        {G2 R,                                                                 INF    },
 /* 2^256 - 1 mod r, as a number below r */
        {G "0e0a77c19a07df2f666ea36f7879462e36fc76959f60cd29ac96341c4ffffffa",
         "2f588cffe99db877a4434b598ab28f81e0522910ea52b45f0adaa772b2d5d352"
         "12f42fa8fd34fb1b33d8c6a718b6590198389b26fc9d8808d971f8b009777a97"           },
        {G ALL,
         "2f588cffe99db877a4434b598ab28f81e0522910ea52b45f0adaa772b2d5d352"
         "12f42fa8fd34fb1b33d8c6a718b6590198389b26fc9d8808d971f8b009777a97"           },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t out[64];
        CHECK(bn254_mul(out, test_hex(rows[i].in).data));
        CHECK_HEX(bytes_of(out, sizeof out), rows[i].product);
    }
}

TEST(what_is_no_point_is_refused)
{
    static const char *const points[] = {
        ZERO ONE, /* not on the curve */
        ONE ZERO,
        ONE ONE,
        TWO ONE,
        P ZERO, /* zero, but not below p */
        ZERO P,
        P P,
        "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd48" TWO, /* (p + 1, 2) */
        ONE "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd49", /* (1, p + 2) */
        ALL ALL,
        ALL TWO,
        ONE ALL,
    };
    for (size_t i = 0; i < COUNT_OF(points); i++) {
        uint8_t in[128] = {0}, out[64];
        memcpy(in, test_hex(points[i]).data, 64);
        CHECK(!bn254_add(out, in));
        CHECK(!bn254_mul(out, in)); /* even zero times */
        in[95] = 1;
        CHECK(!bn254_mul(out, in));
        memset(in, 0, sizeof in);
        memcpy(in + 64, test_hex(points[i]).data, 64);
        CHECK(!bn254_add(out, in));
    }
}

TEST(the_output_may_be_the_input)
{
    uint8_t in[128];
    memcpy(in, test_hex(G G2).data, sizeof in);
    CHECK(bn254_add(in, in));
    CHECK_HEX(bytes_of(in, 64), G3);
}

#define PAIR_SIZE 192

/* In each of the ways that there are here. */
static bool pairing_of(struct bytes in)
{
    bool is_one, again;
    CHECK(bn254_pairing(&is_one, in));
    CHECK(pairing_check(&again, in, false));
    CHECK_EQ(is_one, again);
    return is_one;
}

static void check_refused(struct bytes in)
{
    bool is_one;
    CHECK(!bn254_pairing(&is_one, in));
    CHECK(!pairing_check(&is_one, in, false));
}

TEST(the_vectors_of_pairings_hold)
{
    struct vectors vectors;
    struct bytes input, expected;
    if (!vectors_open(&vectors, "geth_precompiles/bn256Pairing.json")) {
        print_message("no fixtures here\n");
        skip();
    }
    int cases = 0;
    while (vectors_next(&vectors, "Input", &input) &&
           vectors_next(&vectors, "Expected", &expected)) {
        CHECK_EQ(pairing_of(input), expected.data[31]);
        cases++;
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 14);
}

TEST(the_pairing_of_nothing_is_one)
{
    CHECK(pairing_of(BYTES_EMPTY));
}

TEST(pairs_with_infinity_count_as_one)
{
    CHECK(pairing_of(test_hex(INF INF INF)));
    CHECK(pairing_of(test_hex(G INF INF)));
    CHECK(pairing_of(test_hex(INF G2_TEXT)));
    CHECK(pairing_of(test_hex(INF G2_TEXT G INF INF INF INF INF)));
    CHECK(!pairing_of(test_hex(G G2_TEXT)));
    CHECK(!pairing_of(test_hex(INF G2_TEXT G G2_TEXT G INF INF)));
    CHECK(pairing_of(test_hex(G G2_TEXT INF G2_TEXT MINUS_G G2_TEXT)));
}

TEST(a_pair_and_its_opposite_make_one)
{
    CHECK(pairing_of(test_hex(G G2_TEXT MINUS_G G2_TEXT)));
    CHECK(!pairing_of(test_hex(G G2_TEXT G G2_TEXT)));
    CHECK(pairing_of(test_hex(G2 G2_TEXT MINUS_G G2_TEXT MINUS_G G2_TEXT)));
    CHECK(!pairing_of(test_hex(G3 G2_TEXT MINUS_G G2_TEXT MINUS_G G2_TEXT)));
}

/* e(a G, b H) e(-a b G, H) = 1, many times over: more pairs than one loop takes. */
TEST(any_number_of_pairs_is_taken)
{
    enum { COUNT_MAX = 50 };
    static uint8_t in[COUNT_MAX * PAIR_SIZE];
    struct rng rng;
    mpz_t b;
    rng_init(&rng, 50);
    mpz_init(b);
    for (size_t i = 0; i < COUNT_MAX; i += 2) {
        uint8_t *at = in + i * PAIR_SIZE;
        uint64_t factor = rng_below(&rng, UINT64_C(1) << 40) + 1;
        struct g2 h = twist_generator(), multiple;
        uint8_t product[96] = {0};
        mpz_set_ui(b, (unsigned long)factor);
        multiple = twist_multiply(&h, b);
        memcpy(product, test_hex(G).data, 64);
        rng_fill(&rng, product + 80, 16);
        CHECK(bn254_mul(at, product)); /* a G */
        twist_to_bytes(at + 64, &multiple);

        memcpy(product, at, 64);
        memset(product + 64, 0, 32);
        store_be64(product + 88, factor);
        CHECK(bn254_mul(at + PAIR_SIZE, product)); /* b (a G), to be negated */
        struct g1 negated;
        CHECK(g1_from_bytes(&negated, at + PAIR_SIZE));
        g1_negate(&negated, &negated);
        g1_to_bytes(at + PAIR_SIZE, &negated);
        twist_to_bytes(at + PAIR_SIZE + 64, &h);
    }
    mpz_clear(b);
    for (size_t count = 0; count <= COUNT_MAX; count++)
        CHECK_EQ(pairing_of(bytes_of(in, count * PAIR_SIZE)), count % 2 == 0);

    /* A bad point is seen wherever it is; infinity anywhere leaves one half of a product. */
    for (size_t i = 0; i < COUNT_MAX; i++) {
        uint8_t kept[PAIR_SIZE], *at = in + i * PAIR_SIZE;
        memcpy(kept, at, sizeof kept);
        at[63] ^= 1;
        check_refused(bytes_of(in, sizeof in));
        memset(at, 0, 64);
        CHECK(!pairing_of(bytes_of(in, sizeof in)));
        at[191] ^= 1;
        check_refused(bytes_of(in, sizeof in));
        memcpy(at, kept, sizeof kept);
    }
    CHECK(pairing_of(bytes_of(in, sizeof in)));
}

/* The real part first, as other libraries write it. */
#define G2_TEXT_REAL_FIRST                                                                         \
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"                             \
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"                             \
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"                             \
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"

TEST(pairs_with_a_bad_point_are_refused)
{
    static const char *const pairs[] = {
        ONE ONE G2_TEXT,
        ONE ONE INF INF,
        P ZERO G2_TEXT,
        ZERO P INF INF,
        G G2_TEXT_REAL_FIRST,
        INF G2_TEXT_REAL_FIRST,
        G ONE TWO THREE ONE,
        G P ZERO ZERO ZERO,
        G ZERO P ZERO ZERO,
        G ZERO ZERO P ZERO,
        G ZERO ZERO ZERO P,
        G ALL ALL ALL ALL,
        INF ZERO ZERO ZERO ONE,
        INF INF ZERO P,
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct bytes pair = test_hex(pairs[i]);
        uint8_t twice[2 * PAIR_SIZE] = {0};
        CHECK_EQ(pair.size, PAIR_SIZE);
        check_refused(pair);
        memcpy(twice + PAIR_SIZE, pair.data, PAIR_SIZE);
        check_refused(bytes_of(twice, sizeof twice));
        memcpy(twice, test_hex(G G2_TEXT).data, PAIR_SIZE);
        check_refused(bytes_of(twice, sizeof twice));
    }
}

TEST(points_of_the_twist_outside_the_subgroup_are_refused)
{
    struct rng rng;
    rng_init(&rng, 51);
    for (int i = 0; i < 10; i++) {
        struct g2 a = twist_random(&rng);
        uint8_t in[2 * PAIR_SIZE] = {0};
        twist_to_bytes(in + 64, &a);
        check_refused(bytes_of(in, PAIR_SIZE)); /* beside infinity */
        check_refused(bytes_of(in, 2 * PAIR_SIZE));
        memcpy(in, test_hex(G).data, 64);
        check_refused(bytes_of(in, PAIR_SIZE));
        memcpy(in + PAIR_SIZE, test_hex(G G2_TEXT).data, PAIR_SIZE);
        check_refused(bytes_of(in, 2 * PAIR_SIZE));
    }
}
