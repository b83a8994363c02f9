#include "crypto/keccak.h"
#include "evm/code.h"
#include "support/bytecode.h"
#include "support/test.h"

#include <pthread.h>

static hash32 hash_of(struct bytes bytes)
{
    hash32 hash;
    keccak256(&hash, bytes.data, bytes.size);
    return hash;
}

TEST(what_was_inserted_is_found_and_nothing_else)
{
    struct code_cache *cache = code_cache_new(1 << 20);
    struct bytes a = bytecode("1 2 ADD"), b = bytecode("3 4 MUL");
    hash32 hash_a = hash_of(a), hash_b = hash_of(b);
    CHECK(code_cache_find(cache, &hash_a) == NULL);
    const struct code *code = code_cache_insert(cache, &hash_a, a);
    assert_non_null(code);
    CHECK(code_cache_find(cache, &hash_a) == code);
    CHECK(code_cache_insert(cache, &hash_a, a) == code);
    CHECK(code_cache_find(cache, &hash_b) == NULL);
    CHECK(memcmp(code->bytes, a.data, a.size) == 0);
    code_cache_free(cache);
}

TEST(a_full_cache_takes_no_more)
{
    struct code_cache *cache = code_cache_new(4000);
    unsigned kept = 0;
    for (unsigned i = 0; i < 100; i++) {
        uint8_t bytes[200] = {(uint8_t)i, 1};
        hash32 hash = hash_of(bytes_of(bytes, sizeof bytes));
        const struct code *code = code_cache_insert(cache, &hash, bytes_of(bytes, sizeof bytes));
        CHECK((code != NULL) == (code_cache_find(cache, &hash) != NULL));
        kept += code != NULL;
    }
    CHECK(kept > 3 && kept < 20);
    code_cache_free(cache);
}

TEST(many_codes_stay_where_they_are)
{
    enum { COUNT = 5000 };
    static const struct code *codes[COUNT];
    struct code_cache *cache = code_cache_new((size_t)64 << 20);
    for (unsigned i = 0; i < COUNT; i++) {
        uint8_t bytes[] = {0x61, (uint8_t)(i >> 8), (uint8_t)i, 0x5b};
        hash32 hash = hash_of(bytes_of(bytes, sizeof bytes));
        codes[i] = code_cache_insert(cache, &hash, bytes_of(bytes, sizeof bytes));
        assert_non_null(codes[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        uint8_t bytes[] = {0x61, (uint8_t)(i >> 8), (uint8_t)i, 0x5b};
        hash32 hash = hash_of(bytes_of(bytes, sizeof bytes));
        CHECK(code_cache_find(cache, &hash) == codes[i]);
    }
    code_cache_free(cache);
}

struct racer {
    struct code_cache *cache;
    const struct code *codes[500];
};

static void *race(void *context)
{
    struct racer *racer = context;
    for (unsigned i = 0; i < COUNT_OF(racer->codes); i++) {
        uint8_t bytes[] = {0x61, (uint8_t)(i >> 8), (uint8_t)i, 0x5b};
        hash32 hash = hash_of(bytes_of(bytes, sizeof bytes));
        racer->codes[i] = code_cache_insert(racer->cache, &hash, bytes_of(bytes, sizeof bytes));
    }
    return NULL;
}

TEST(threads_that_insert_the_same_code_get_the_same_object)
{
    enum { THREADS = 4 };
    static struct racer racers[THREADS];
    pthread_t threads[THREADS];
    struct code_cache *cache = code_cache_new((size_t)16 << 20);
    for (int i = 0; i < THREADS; i++) {
        racers[i].cache = cache;
        CHECK_EQ(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    for (unsigned k = 0; k < COUNT_OF(racers[0].codes); k++) {
        assert_non_null(racers[0].codes[k]);
        for (int i = 1; i < THREADS; i++)
            CHECK(racers[i].codes[k] == racers[0].codes[k]);
    }
    code_cache_free(cache);
}
