#include "base/rng.h"
#include "crypto/digest.h"
#include "crypto/ecdsa.h"
#include "crypto/keccak.h"
#include "support/test.h"
#include "support/vectors.h"

#define ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"

static u256 number(const char *digits)
{
    uint8_t bytes[32];
    if (!hex_decode_number(bytes, digits, strlen(digits))) fail_msg("not a number: %s", digits);
    return u256_from_be(bytes);
}

static hash32 word(const char *digits)
{
    return u256_to_hash(number(digits));
}

TEST(secret_one_has_its_known_address)
{
    hash32 secret = word("1");
    address account;
    CHECK(ecdsa_address(&account, &secret));
    CHECK_HEX(bytes_of(account.bytes, 20), "7e5f4552091a69125d5dfcb7b8c2659029395bdf");
}

TEST(zero_and_the_order_are_no_secrets)
{
    static const char *const bad[] = {"0", ORDER};
    hash32 message = word("1");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        hash32 secret = word(bad[i]);
        address account;
        u256 r, s;
        int parity;
        CHECK(!ecdsa_address(&account, &secret));
        CHECK(!ecdsa_sign(&r, &s, &parity, &message, &secret));
    }
}

TEST(whoever_signed_is_recovered)
{
    struct rng rng;
    rng_init(&rng, 31);
    for (int i = 0; i < 200; i++) {
        hash32 secret, message;
        address signer, recovered;
        u256 r, s;
        int parity;
        rng_fill(&rng, &secret, sizeof secret);
        rng_fill(&rng, &message, sizeof message);
        secret.bytes[0] &= 0x7f; /* below the order */
        CHECK(ecdsa_address(&signer, &secret));
        CHECK(ecdsa_sign(&r, &s, &parity, &message, &secret));
        CHECK(!u256_less(ecdsa_half_order, s));

        CHECK(ecdsa_recover(&recovered, &message, &r, &s, parity));
        CHECK(address_equal(&recovered, &signer));
        CHECK(!ecdsa_recover(&recovered, &message, &r, &s, 1 - parity) ||
              !address_equal(&recovered, &signer));

        /* The mirrored signature has a high s and is as good here. */
        s = u256_sub(number(ORDER), s);
        CHECK(u256_less(ecdsa_half_order, s));
        CHECK(ecdsa_recover(&recovered, &message, &r, &s, 1 - parity));
        CHECK(address_equal(&recovered, &signer));
    }
}

TEST(signing_is_deterministic)
{
    hash32 secret = word("1"), message;
    u256 r, s;
    int parity;
    /* The known signature of RFC 6979 over secp256k1 for this text. */
    sha256(&message, "Satoshi Nakamoto", 16);
    CHECK(ecdsa_sign(&r, &s, &parity, &message, &secret));
    CHECK(
        u256_equal(r, number("934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8")));
    CHECK(
        u256_equal(s, number("2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5")));
}

TEST(numbers_out_of_range_recover_nobody)
{
    hash32 message = word("1234");
    static const char *const rows[][2] = {
        {"0",                                                                "1"                                                               },
        {"1",                                                                "0"                                                               },
        {"0",                                                                "0"                                                               },
        {ORDER,                                                              "1"                                                               },
        {"1",                                                                ORDER                                                             },
        {"fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe", "1"                                                               },
        {"1",                                                                "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int parity = 0; parity < 2; parity++) {
            u256 r = number(rows[i][0]), s = number(rows[i][1]);
            address account;
            CHECK(!ecdsa_recover(&account, &message, &r, &s, parity));
        }
}

TEST(an_r_that_is_no_coordinate_recovers_nobody)
{
    hash32 message = word("1234");
    u256 r = number("5"), s = number("1"); /* no point has x = 5 */
    address account;
    CHECK(!ecdsa_recover(&account, &message, &r, &s, 0));
    CHECK(!ecdsa_recover(&account, &message, &r, &s, 1));
}

TEST(a_key_at_infinity_is_nobody)
{
    /* With r = x(G), s = 1 and message = 1 * k, s R - z G is infinity: R = G, z = s. */
    hash32 message = word("1");
    u256 r = number("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    u256 s = number("1");
    address account;
    CHECK(!ecdsa_recover(&account, &message, &r, &s, 0));
}

TEST(the_order_is_twice_its_half_and_one)
{
    u256 order = u256_add(u256_add(ecdsa_half_order, ecdsa_half_order), U256_ONE);
    CHECK(u256_equal(order, number(ORDER)));
}

TEST(the_vectors_of_the_precompile_hold)
{
    struct vectors vectors;
    struct bytes input, expected;
    if (!vectors_open(&vectors, "geth_precompiles/ecRecover.json")) skip();
    int cases = 0;
    while (vectors_next(&vectors, "Input", &input) &&
           vectors_next(&vectors, "Expected", &expected)) {
        hash32 message;
        address account;
        CHECK(input.size >= 128); /* one has more, which the precompile does not read */
        u256 v = u256_from_be(input.data + 32);
        u256 r = u256_from_be(input.data + 64), s = u256_from_be(input.data + 96);
        memcpy(message.bytes, input.data, 32);
        bool v_right = u256_equal(v, number("1b")) || u256_equal(v, number("1c"));
        bool found = v_right && ecdsa_recover(&account, &message, &r, &s, input.data[63] - 27);
        CHECK_EQ(found, expected.size != 0);
        if (found)
            CHECK(bytes_equal(bytes_of(account.bytes, 20), bytes_of(expected.data + 12, 20)));
        cases++;
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 5);
}

/* Verification by recovery: one of the two keys that fit is the signer's. */
static bool recovers_to(const hash32 *message, u256 r, u256 s, struct bytes key)
{
    hash32 hash;
    keccak256(&hash, key.data + 1, 64);
    for (int parity = 0; parity < 2; parity++) {
        address account;
        if (ecdsa_recover(&account, message, &r, &s, parity) &&
            memcmp(account.bytes, hash.bytes + 12, 20) == 0)
            return true;
    }
    return false;
}

TEST(wycheproof_signatures_recover_exactly_if_valid)
{
    struct vectors vectors;
    struct bytes key, text = BYTES_EMPTY, signature = BYTES_EMPTY;
    if (!vectors_open(&vectors, "wycheproof/ecdsa_secp256k1_sha256_p1363_test.json")) skip();
    int cases = 0, wrong_size = 0;
    while (vectors_next(&vectors, "uncompressed", &key)) {
        CHECK_EQ(key.size, 65);
        while (vectors_comes_first(&vectors, "sig", "uncompressed")) {
            hash32 message;
            CHECK(vectors_next(&vectors, "msg", &text));
            CHECK(vectors_next(&vectors, "sig", &signature));
            bool valid = vectors_next_is(&vectors, "result", "valid");
            cases++;
            if (signature.size != 64) { /* cannot be asked here */
                CHECK(!valid);
                wrong_size++;
                continue;
            }
            sha256(&message, text.data, text.size);
            u256 r = u256_from_be(signature.data), s = u256_from_be(signature.data + 32);
            /* Two have an x coordinate beyond the order: valid, but Ethereum cannot say so. */
            bool reduced = cases == 115 || cases == 247;
            if (recovers_to(&message, r, s, key) != (valid && !reduced)) fail_msg("case %d", cases);
        }
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 252);
    CHECK_EQ(wrong_size, 18);
}
