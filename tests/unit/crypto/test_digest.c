#include "base/hex.h"
#include "crypto/digest.h"
#include "support/test.h"
#include "support/vectors.h"

#include <pthread.h>

TEST(known_messages_have_their_known_digests)
{
    static const struct {
        const char *text, *sha256, *ripemd160;
    } rows[] = {
        {"",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "9c1185a5c5e9fc54612808977ee8f548b2258d31"},
        {"abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", "12a053384a9c0c88e405a06c27dcf49ada62eb2b"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        hash32 long_digest;
        uint8_t short_digest[20];
        sha256(&long_digest, rows[i].text, strlen(rows[i].text));
        CHECK_HEX(bytes_of(long_digest.bytes, 32), rows[i].sha256);
        ripemd160(short_digest, rows[i].text, strlen(rows[i].text));
        CHECK_HEX(bytes_of(short_digest, 20), rows[i].ripemd160);
    }
}

TEST(no_data_at_all_is_the_empty_message)
{
    hash32 with, without;
    uint8_t short_with[20], short_without[20];
    sha256(&with, "", 0);
    sha256(&without, NULL, 0);
    CHECK(hash32_equal(&with, &without));
    ripemd160(short_with, "", 0);
    ripemd160(short_without, NULL, 0);
    CHECK(memcmp(short_with, short_without, 20) == 0);
}

TEST(the_vectors_hold)
{
    struct vectors vectors;
    struct bytes input, expected_long, expected_short;
    if (!vectors_open(&vectors, "hashes_generated/keccak_sha256_ripemd160.json")) skip();
    int cases = 0;
    while (vectors_next(&vectors, "Input", &input) &&
           vectors_next(&vectors, "sha256", &expected_long) &&
           vectors_next(&vectors, "ripemd160", &expected_short)) {
        hash32 long_digest;
        uint8_t short_digest[20];
        sha256(&long_digest, input.data, input.size);
        ripemd160(short_digest, input.data, input.size);
        CHECK(bytes_equal(bytes_of(long_digest.bytes, 32), expected_long));
        CHECK(bytes_equal(bytes_of(short_digest, 20), expected_short));
        cases++;
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 158);
}

static void *digest_often(void *result)
{
    hash32 digest = {{0}};
    for (int i = 0; i < 1000; i++)
        sha256(&digest, digest.bytes, sizeof digest.bytes);
    *(hash32 *)result = digest;
    return NULL;
}

TEST(threads_do_not_disturb_one_another)
{
    pthread_t threads[4];
    hash32 alone, results[COUNT_OF(threads)];
    digest_often(&alone);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, digest_often, &results[i]), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK(hash32_equal(&results[i], &alone));
    }
}
