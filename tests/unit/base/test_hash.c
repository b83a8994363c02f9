#include "base/hash.h"
#include "base/rng.h"
#include "support/test.h"

#define KEY_COUNT    4096
#define BUCKET_COUNT 1024

/* With 4 keys to a bucket on average, 24 in one would be a matter of once in 10^8 tables for a good mix. */
#define BUCKET_FULL 24

static void check_spread(const uint64_t hashes[KEY_COUNT])
{
    static int low[BUCKET_COUNT], high[BUCKET_COUNT];
    memset(low, 0, sizeof low);
    memset(high, 0, sizeof high);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        CHECK(++low[hashes[i] % BUCKET_COUNT] < BUCKET_FULL);
        CHECK(++high[hashes[i] >> 54] < BUCKET_FULL);
    }
}

#define SEED UINT64_C(0x1234567890abcdef)

TEST(the_seed_is_drawn_once)
{
    CHECK(hash_seed() != 0);
    CHECK(hash_seed() == hash_seed());
}

/* Storage slots are mostly small numbers, or small numbers times a power of two. */
TEST(counting_words_spread_in_every_position)
{
    static uint64_t hashes[KEY_COUNT];
    for (int word = 0; word < 4; word++)
        for (int shift = 0; shift <= 48; shift += 16) {
            for (size_t i = 0; i < KEY_COUNT; i++) {
                u256 key = {{0}};
                key.words[word] = (uint64_t)i << shift;
                hashes[i] = hash_u256(&key, SEED);
            }
            check_spread(hashes);
        }
}

TEST(addresses_that_differ_in_one_place_spread)
{
    static uint64_t hashes[KEY_COUNT];
    for (size_t place = 0; place < 19; place++) {
        for (size_t i = 0; i < KEY_COUNT; i++) {
            address key = {{0}};
            key.bytes[place] = (uint8_t)i;
            key.bytes[place + 1] = (uint8_t)(i >> 8);
            hashes[i] = hash_address(&key, SEED);
        }
        check_spread(hashes);
    }
}

TEST(digests_spread)
{
    static uint64_t hashes[KEY_COUNT];
    struct rng rng;
    rng_init(&rng, 3);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        hash32 key;
        rng_fill(&rng, &key, sizeof key);
        hashes[i] = hash_hash32(&key, SEED);
    }
    check_spread(hashes);
}

TEST(another_seed_gives_another_hash)
{
    u256 key = {
        {1, 2, 3, 4}
    };
    address account = {
        {1, 2, 3}
    };
    hash32 digest = {
        {1, 2, 3}
    };
    CHECK(hash_u256(&key, 1) != hash_u256(&key, 2));
    CHECK(hash_address(&account, 1) != hash_address(&account, 2));
    CHECK(hash_hash32(&digest, 1) != hash_hash32(&digest, 2));
}
