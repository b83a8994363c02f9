#include "base/u256.h"
#include "crypto/digest.h"
#include "crypto/ecdsa.h"
#include "support/test.h"
#include "support/vectors.h"

#include <pthread.h>

#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define ZERO  "0000000000000000000000000000000000000000000000000000000000000000"

/* RFC 6979, A.2.5, the text "sample" with SHA-256. */
#define HASH "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf"
#define R    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define S    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
#define X    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define Y    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

static bool verify(const char *hash, const char *r, const char *s, const char *x, const char *y)
{
    return p256_verify(test_hex(hash).data,
                       test_hex(r).data,
                       test_hex(s).data,
                       test_hex(x).data,
                       test_hex(y).data);
}

TEST(the_signature_of_the_rfc_is_valid)
{
    CHECK(verify(HASH, R, S, X, Y));
}

TEST(what_is_out_of_range_or_off_the_curve_is_refused)
{
    static const struct {
        const char *r, *s, *x, *y;
    } rows[] = {
        {ZERO,  S,     X,     Y    },
        {R,     ZERO,  X,     Y    },
        {ORDER, S,     X,     Y    },
        {R,     ORDER, X,     Y    },
        {PRIME, S,     X,     Y    },
        {R,     S,     PRIME, Y    },
        {R,     S,     X,     PRIME},
        {R,     S,     ZERO,  ZERO },
        {R,     S,     Y,     X    },
        {R,     S,     X,     X    },
        {S,     R,     X,     Y    },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK(!verify(HASH, rows[i].r, rows[i].s, rows[i].x, rows[i].y));
}

TEST(any_changed_bit_is_noticed)
{
    uint8_t input[5][32];
    const char *const good[5] = {HASH, R, S, X, Y};
    for (size_t i = 0; i < 5; i++)
        memcpy(input[i], test_hex(good[i]).data, 32);
    for (size_t i = 0; i < 5; i++)
        for (size_t bit = 0; bit < 256; bit++) {
            input[i][bit / 8] ^= (uint8_t)(1U << bit % 8);
            CHECK(!p256_verify(input[0], input[1], input[2], input[3], input[4]));
            input[i][bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    CHECK(p256_verify(input[0], input[1], input[2], input[3], input[4]));
}

TEST(the_vectors_of_the_precompile_hold)
{
    struct vectors vectors;
    struct bytes input, expected;
    if (!vectors_open(&vectors, "geth_precompiles/p256Verify.json")) skip();
    int cases = 0, valid = 0;
    while (vectors_next(&vectors, "Input", &input) &&
           vectors_next(&vectors, "Expected", &expected)) {
        const uint8_t *in = input.data;
        bool answer = input.size == 160 && p256_verify(in, in + 32, in + 64, in + 96, in + 128);
        if (answer != (expected.size == 32)) fail_msg("case %d", cases);
        cases++;
        valid += answer;
    }
    vectors_close(&vectors);
    print_message("%d of %d are valid\n", valid, cases);
    CHECK_EQ(cases, 782);
}

TEST(the_vectors_of_wycheproof_hold)
{
    struct vectors vectors;
    struct bytes key, text = BYTES_EMPTY, signature = BYTES_EMPTY;
    if (!vectors_open(&vectors, "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json")) skip();
    int cases = 0, wrong_size = 0;
    while (vectors_next(&vectors, "uncompressed", &key)) {
        CHECK_EQ(key.size, 65);
        while (vectors_comes_first(&vectors, "sig", "uncompressed")) {
            hash32 hash;
            CHECK(vectors_next(&vectors, "msg", &text));
            CHECK(vectors_next(&vectors, "sig", &signature));
            bool valid = vectors_next_is(&vectors, "result", "valid");
            cases++;
            if (signature.size != 64) { /* cannot be asked here */
                CHECK(!valid);
                wrong_size++;
                continue;
            }
            const uint8_t *in = signature.data;
            sha256(&hash, text.data, text.size);
            if (p256_verify(hash.bytes, in, in + 32, key.data + 1, key.data + 33) != valid)
                fail_msg("case %d", cases);
        }
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 262);
    CHECK_EQ(wrong_size, 21);
}

static void *verify_often(void *input)
{
    const uint8_t(*in)[32] = input;
    for (int i = 0; i < 50; i++)
        if (!p256_verify(in[0], in[1], in[2], in[3], in[4])) return input;
    return NULL;
}

TEST(threads_come_and_go)
{
    uint8_t input[5][32];
    const char *const good[5] = {HASH, R, S, X, Y};
    for (size_t i = 0; i < 5; i++)
        memcpy(input[i], test_hex(good[i]).data, 32);
    for (int round = 0; round < 3; round++) {
        pthread_t threads[4];
        void *failed;
        for (size_t i = 0; i < COUNT_OF(threads); i++)
            CHECK_EQ(pthread_create(&threads[i], NULL, verify_often, input), 0);
        for (size_t i = 0; i < COUNT_OF(threads); i++) {
            CHECK_EQ(pthread_join(threads[i], &failed), 0);
            CHECK(failed == NULL);
        }
    }
}
