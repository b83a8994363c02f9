#include "crypto/digest.h"
#include "crypto/kzg.h"
#include "support/test.h"
#include "support/vectors.h"

#define ORDER "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
#define ZERO  "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE   "0000000000000000000000000000000000000000000000000000000000000001"
#define INFINITE                                                                                   \
    "c0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
    "0000"
#define GENERATOR                                                                                  \
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22" \
    "c6bb"

static bool verify(const char *commitment, const char *z, const char *y, const char *proof)
{
    return kzg_verify(
        test_hex(commitment).data, test_hex(z).data, test_hex(y).data, test_hex(proof).data);
}

TEST(constant_polynomials_have_their_value_everywhere)
{
    CHECK(verify(INFINITE, ZERO, ZERO, INFINITE));
    CHECK(verify(INFINITE, ONE, ZERO, INFINITE));
    CHECK(verify(GENERATOR, ZERO, ONE, INFINITE));
    CHECK(verify(GENERATOR, ONE, ONE, INFINITE));
    CHECK(!verify(INFINITE, ZERO, ONE, INFINITE));
    CHECK(!verify(GENERATOR, ZERO, ZERO, INFINITE));
    CHECK(!verify(GENERATOR, ZERO, ONE, GENERATOR));
}

TEST(scalars_at_or_above_the_order_are_refused)
{
    static const char *const bad[] = {
        ORDER,
        "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000002",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK(!verify(INFINITE, bad[i], ZERO, INFINITE));
        CHECK(!verify(INFINITE, ZERO, bad[i], INFINITE));
    }
    CHECK(verify(INFINITE,
                 "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000",
                 ZERO,
                 INFINITE));
}

TEST(points_that_are_none_are_refused)
{
    static const char *const bad[] = {
        /* clang-format off */
        /* not compressed; infinity with a sign; infinity with an x; x = the prime; all ones */
        "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
        "e00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        /* x = 1: no such point; x = 4: on the curve, not in the group */
        "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004",
        /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK(!verify(bad[i], ZERO, ZERO, INFINITE));
        CHECK(!verify(INFINITE, ZERO, ZERO, bad[i]));
    }
}

TEST(the_vectors_of_c_kzg_hold)
{
    struct vectors vectors;
    struct bytes commitment, z, y, proof;
    if (!vectors_open(&vectors, "kzg/verify_kzg_proof.json")) skip();
    int cases = 0, right = 0, wrong_size = 0;
    while (vectors_next(&vectors, "commitment", &commitment) && vectors_next(&vectors, "z", &z) &&
           vectors_next(&vectors, "y", &y) && vectors_next(&vectors, "proof", &proof)) {
        bool expected = vectors_next_is(&vectors, "output", "true");
        cases++;
        if (commitment.size != 48 || z.size != 32 || y.size != 32 || proof.size != 48) {
            CHECK(!expected); /* cannot be asked here */
            wrong_size++;
            continue;
        }
        if (kzg_verify(commitment.data, z.data, y.data, proof.data) != expected)
            fail_msg("case %d", cases);
        right += expected;
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 122);
    CHECK_EQ(right, 54);
    CHECK_EQ(wrong_size, 8);
}

TEST(the_vector_of_the_precompile_holds)
{
    struct vectors vectors;
    struct bytes input = BYTES_EMPTY;
    hash32 digest;
    if (!vectors_open(&vectors, "geth_precompiles/pointEvaluation.json")) skip();
    CHECK(vectors_next(&vectors, "Input", &input));
    const uint8_t *in = input.data;
    CHECK_EQ(input.size, 192);
    CHECK(kzg_verify(in + 96, in + 32, in + 64, in + 144));
    sha256(&digest, in + 96, 48);
    CHECK(memcmp(in + 1, digest.bytes + 1, 31) == 0);
    vectors_close(&vectors);
}
