#include "base/heap.h"
#include "base/rng.h"
#include "crypto/bls12_381.h"
#include "support/test.h"
#include "support/vectors.h"

#include <stdio.h>

/* Every operation with the sizes of its precompile, so that tables can name it. */

static bool g1_add(uint8_t *out, struct bytes in)
{
    return in.size == 256 && bls12_g1_add(out, in.data);
}

static bool g2_add(uint8_t *out, struct bytes in)
{
    return in.size == 512 && bls12_g2_add(out, in.data);
}

static bool g1_msm(uint8_t *out, struct bytes in)
{
    return in.size > 0 && in.size % 160 == 0 && bls12_g1_msm(out, in);
}

static bool g2_msm(uint8_t *out, struct bytes in)
{
    return in.size > 0 && in.size % 288 == 0 && bls12_g2_msm(out, in);
}

static bool pairing(uint8_t *out, struct bytes in)
{
    bool is_one = false;
    if (in.size == 0 || in.size % 384 != 0 || !bls12_pairing(&is_one, in)) return false;
    memset(out, 0, 31);
    out[31] = is_one;
    return true;
}

static bool map_fp(uint8_t *out, struct bytes in)
{
    return in.size == 64 && bls12_map_fp(out, in.data);
}

static bool map_fp2(uint8_t *out, struct bytes in)
{
    return in.size == 128 && bls12_map_fp2(out, in.data);
}

struct operation {
    bool (*apply)(uint8_t *out, struct bytes in);
    size_t out_size;
};

static const struct operation add_1 = {g1_add, 128}, add_2 = {g2_add, 256};
static const struct operation msm_1 = {g1_msm, 128}, msm_2 = {g2_msm, 256};
static const struct operation map_1 = {map_fp, 128}, map_2 = {map_fp2, 256};
static const struct operation pair = {pairing, 32};

struct vector_file {
    const char *member;
    const struct operation *operation;
    int cases;
};

static const struct vector_file good_files[] = {
    {"geth_precompiles/blsG1Add.json",      &add_1, 112},
    {"geth_precompiles/blsG2Add.json",      &add_2, 112},
    {"geth_precompiles/blsG1Mul.json",      &msm_1, 11 },
    {"geth_precompiles/blsG2Mul.json",      &msm_2, 11 },
    {"geth_precompiles/blsG1MultiExp.json", &msm_1, 154},
    {"geth_precompiles/blsG2MultiExp.json", &msm_2, 153},
    {"geth_precompiles/blsPairing.json",    &pair,  106},
    {"geth_precompiles/blsMapG1.json",      &map_1, 105},
    {"geth_precompiles/blsMapG2.json",      &map_2, 105},
    {"eip2537/add_G1_bls.json",             &add_1, 9  },
    {"eip2537/add_G2_bls.json",             &add_2, 9  },
    {"eip2537/mul_G1_bls.json",             &msm_1, 11 },
    {"eip2537/mul_G2_bls.json",             &msm_2, 11 },
    {"eip2537/msm_G1_bls.json",             &msm_1, 163},
    {"eip2537/pairing_check_bls.json",      &pair,  15 },
    {"eip2537/map_fp_to_G1_bls.json",       &map_1, 5  },
    {"eip2537/map_fp2_to_G2_bls.json",      &map_2, 5  },
};

static const struct vector_file bad_files[] = {
    {"geth_precompiles/fail-blsG1Add.json",      &add_1, 6 },
    {"geth_precompiles/fail-blsG2Add.json",      &add_2, 6 },
    {"geth_precompiles/fail-blsG1Mul.json",      &msm_1, 7 },
    {"geth_precompiles/fail-blsG2Mul.json",      &msm_2, 7 },
    {"geth_precompiles/fail-blsG1MultiExp.json", &msm_1, 7 },
    {"geth_precompiles/fail-blsG2MultiExp.json", &msm_2, 7 },
    {"geth_precompiles/fail-blsPairing.json",    &pair,  9 },
    {"geth_precompiles/fail-blsMapG1.json",      &map_1, 5 },
    {"geth_precompiles/fail-blsMapG2.json",      &map_2, 5 },
    {"eip2537/fail-add_G1_bls.json",             &add_1, 7 },
    {"eip2537/fail-add_G2_bls.json",             &add_2, 7 },
    {"eip2537/fail-mul_G1_bls.json",             &msm_1, 8 },
    {"eip2537/fail-mul_G2_bls.json",             &msm_2, 8 },
    {"eip2537/fail-msm_G1_bls.json",             &msm_1, 8 },
    {"eip2537/fail-msm_G2_bls.json",             &msm_2, 8 },
    {"eip2537/fail-pairing_check_bls.json",      &pair,  25},
    {"eip2537/fail-map_fp_to_G1_bls.json",       &map_1, 5 },
    {"eip2537/fail-map_fp2_to_G2_bls.json",      &map_2, 5 },
};

TEST(the_vectors_hold)
{
    for (size_t i = 0; i < COUNT_OF(good_files); i++) {
        const struct operation *operation = good_files[i].operation;
        struct vectors vectors;
        struct bytes input, expected;
        uint8_t out[256];
        int cases = 0;
        if (!vectors_open(&vectors, good_files[i].member)) skip();
        while (vectors_next(&vectors, "Input", &input) &&
               vectors_next(&vectors, "Expected", &expected)) {
            if (!operation->apply(out, input) ||
                !bytes_equal(bytes_of(out, operation->out_size), expected))
                fail_msg("%s, case %d", good_files[i].member, cases);
            cases++;
        }
        vectors_close(&vectors);
        CHECK_EQ(cases, good_files[i].cases);
    }
}

TEST(the_vectors_that_must_fail_fail)
{
    for (size_t i = 0; i < COUNT_OF(bad_files); i++) {
        struct vectors vectors;
        struct bytes input;
        uint8_t out[256];
        int cases = 0;
        if (!vectors_open(&vectors, bad_files[i].member)) skip();
        while (vectors_next(&vectors, "Input", &input)) {
            if (bad_files[i].operation->apply(out, input))
                fail_msg("%s, case %d", bad_files[i].member, cases);
            cases++;
        }
        vectors_close(&vectors);
        CHECK_EQ(cases, bad_files[i].cases);
    }
}

/* ---- without any vectors ---- */

#define PAD "00000000000000000000000000000000"
#define G1_X                                                                                       \
    PAD "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00a" \
        "db22c6bb"
#define G1_Y                                                                                       \
    PAD "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa2329" \
        "46c5e7e1"
#define G2                                                                                         \
    PAD "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8" \
        "c121bdb8" PAD "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf1121" \
        "3945d57e5ac7d055d042b7e" PAD                                                              \
        "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e1935486" \
        "08b82801" PAD "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275" \
        "cec1da1aaa9075ff05f79be"
/* The prime minus G1_Y: the other point with the same x. */
#define G1_Y_MINUS                                                                                 \
    PAD "114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6" \
        "b939c2ca"
#define G1 G1_X G1_Y
/* x = 4, y = sqrt(68): on the curve, outside the subgroup. */
#define STRAY_X                                                                                    \
    PAD "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
        "00000004"
#define STRAY_Y                                                                                    \
    PAD "0a989badd40d6212b33cffc3f3763e9bc760f988c9926b26da9dd85e928483446346b8ed00e1de5d5ea93e35" \
        "4abe706c"
#define ORDER "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
#define ONE   "0000000000000000000000000000000000000000000000000000000000000001"

static struct bytes zeros(size_t size)
{
    static const uint8_t memory[512];
    return bytes_of(memory, size);
}

TEST(infinity_is_the_zero_of_the_groups)
{
    uint8_t in[512], out[256];
    struct bytes g1 = test_hex(G1), g2 = test_hex(G2);
    memset(in, 0, sizeof in);
    CHECK(bls12_g1_add(out, in));
    CHECK(bytes_equal(bytes_of(out, 128), zeros(128)));
    CHECK(bls12_g2_add(out, in));
    CHECK(bytes_equal(bytes_of(out, 256), zeros(256)));
    for (int place = 0; place < 2; place++) {
        memset(in, 0, sizeof in);
        memcpy(in + 128 * place, g1.data, 128);
        CHECK(bls12_g1_add(out, in));
        CHECK(bytes_equal(bytes_of(out, 128), g1));
        memset(in, 0, sizeof in);
        memcpy(in + 256 * place, g2.data, 256);
        CHECK(bls12_g2_add(out, in));
        CHECK(bytes_equal(bytes_of(out, 256), g2));
    }
    CHECK(bls12_g1_add(out, test_hex(G1_X G1_Y G1_X G1_Y_MINUS).data));
    CHECK(bytes_equal(bytes_of(out, 128), zeros(128)));
}

TEST(only_additions_take_points_outside_the_subgroup)
{
    uint8_t out[256];
    bool is_one;
    CHECK(bls12_g1_add(out, test_hex(STRAY_X STRAY_Y G1).data));
    CHECK(!bls12_g1_msm(out, test_hex(STRAY_X STRAY_Y ONE)));
    CHECK(!bls12_g1_msm(out, test_hex(G1 ONE STRAY_X STRAY_Y ONE)));
    CHECK(!bls12_pairing(&is_one, test_hex(STRAY_X STRAY_Y G2)));

    uint8_t stray_pair[384] = {0}; /* infinity beside it does not help */
    memcpy(stray_pair, test_hex(STRAY_X STRAY_Y).data, 128);
    CHECK(!bls12_pairing(&is_one, bytes_of(stray_pair, 384)));
    CHECK(!bls12_g1_msm(out, bytes_of(stray_pair, 160))); /* nor does the scalar 0 */
}

TEST(every_padding_byte_must_be_zero)
{
    static const struct {
        const struct operation *operation;
        const char *input;
    } rows[] = {
        {&add_1, G1 G1    },
        {&add_2, G2 G2    },
        {&msm_1, G1 ONE   },
        {&msm_2, G2 ONE   },
        {&pair,  G1 G2    },
        {&map_1, G1_X     },
        {&map_2, G1_X G1_Y},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t in[512], out[256];
        struct bytes input = test_hex(rows[i].input);
        memcpy(in, input.data, input.size);
        CHECK(rows[i].operation->apply(out, bytes_of(in, input.size)));
        for (size_t element = 0; element + 64 <= input.size; element += 64)
            for (size_t byte = 0; byte < 16; byte++) {
                in[element + byte] = 1;
                CHECK(!rows[i].operation->apply(out, bytes_of(in, input.size)));
                in[element + byte] = 0;
            }
    }
}

TEST(elements_at_or_above_the_prime_are_refused)
{
    static const char *const bad[] = {
        /* clang-format off */
        PAD "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
        PAD "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaac",
        PAD "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        /* clang-format on */
    };
    uint8_t out[256], in[256];
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK(!bls12_map_fp(out, test_hex(bad[i]).data));
        for (size_t element = 0; element < 4; element++) {
            memset(in, 0, sizeof in); /* the prime is no zero */
            memcpy(in + 64 * element, test_hex(bad[i]).data, 64);
            CHECK(!bls12_g1_add(out, in));
            CHECK(element >= 2 || !bls12_map_fp2(out, in));
        }
    }
    CHECK(bls12_map_fp(out,
                       test_hex(PAD "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6"
                                    "241eabfffeb153ffffb9feffffffffaaaa")
                           .data));
}

TEST(scalars_count_modulo_the_order)
{
    uint8_t out[256];
    CHECK(bls12_g1_msm(out, test_hex(G1 ORDER)));
    CHECK(bytes_equal(bytes_of(out, 128), zeros(128)));
    CHECK(bls12_g1_msm(
        out, test_hex(G1 "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000002")));
    CHECK(bytes_equal(bytes_of(out, 128), test_hex(G1)));
    CHECK(bls12_g2_msm(
        out, test_hex(G2 "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000002")));
    CHECK(bytes_equal(bytes_of(out, 256), test_hex(G2)));
}

/* Sums of many points must not depend on where a batch ends: compare with adding one product after
 * the other. Points repeat, negate and vanish on purpose. */
static void check_msm(const struct operation *msm, const struct operation *add, const char *point)
{
    enum { COUNT = 1100 }; /* two batches and some */
    struct rng rng;
    size_t point_size = msm->out_size, pair_size = point_size + 32;
    uint8_t *pairs = heap_alloc_zeroed(COUNT, pair_size), sum[512] = {0}, product[256];
    assert_non_null(pairs);
    rng_init(&rng, 77);
    memcpy(product, test_hex(point).data, point_size);
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t *pair_at = pairs + i * pair_size;
        if (rng_below(&rng, 10) != 0) memcpy(pair_at, product, point_size);
        if (rng_below(&rng, 10) != 0) rng_fill(&rng, pair_at + point_size, 32);
        if (rng_below(&rng, 4) != 0) continue;
        rng_fill(&rng, pair_at + point_size, 32); /* another point: a multiple of this one */
        if (!msm->apply(product, bytes_of(pair_at, pair_size))) fail();
        if (bytes_equal(bytes_of(product, point_size), zeros(point_size)))
            memcpy(product, test_hex(point).data, point_size);
    }
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t out[256];
        CHECK(msm->apply(product, bytes_of(pairs + i * pair_size, pair_size)));
        memcpy(sum + point_size, product, point_size);
        CHECK(add->apply(out, bytes_of(sum, 2 * point_size)));
        memcpy(sum, out, point_size);
        if (i > 2 && i % 512 > 2 && i % 512 < 509 && i != COUNT - 1) continue;
        CHECK(msm->apply(out, bytes_of(pairs, (i + 1) * pair_size)));
        CHECK(bytes_equal(bytes_of(out, point_size), bytes_of(sum, point_size)));
    }
    heap_free(pairs);
}

TEST(a_long_sum_is_the_sum_of_its_products)
{
    check_msm(&msm_1, &add_1, G1);
    check_msm(&msm_2, &add_2, G2);
}

TEST(a_product_of_pairings_may_have_any_length)
{
    /* e(G1, G2) e(-G1, G2) = 1; infinities in between change nothing. */
    enum { COUNT = 40 };
    static uint8_t in[COUNT * 384];
    struct bytes plus = test_hex(G1 G2), minus = test_hex(G1_X G1_Y_MINUS G2);
    bool is_one;
    for (size_t count = 1; count <= COUNT; count++) {
        int balance = 0;
        for (size_t i = 0; i < count; i++) {
            const struct bytes *next = i % 5 == 2 ? NULL : balance == 0 ? &plus : &minus;
            memset(in + i * 384, 0, 384);
            if (next != NULL) memcpy(in + i * 384, next->data, 384);
            balance += next == &plus ? 1 : next == &minus ? -1 : 0;
        }
        CHECK(bls12_pairing(&is_one, bytes_of(in, count * 384)));
        CHECK_EQ(is_one, balance == 0);
    }
}
