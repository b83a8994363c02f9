#include "base/rng.h"
#include "support/test.h"
#include "trie/trie.h"
#include "unit/trie/naive_trie.h"

#define TRIES 150 /* more than a batch of hashes */

static void put_random(struct rng *rng, struct trie *trie, struct naive_trie *naive)
{
    uint8_t key[32];
    rng_fill(rng, key, sizeof key);
    struct bytes value = bytes_of("a value that is long enough for no embedding", 40);
    CHECK_EQ(trie_put(trie, bytes_of(key, sizeof key), value, NULL), PEVM_OK);
    naive_put(naive, bytes_of(key, sizeof key), value);
}

TEST(many_roots_at_once_are_the_roots_of_each)
{
    struct rng rng;
    struct arena arena, scratch;
    static struct trie tries[TRIES];
    static struct trie *pointers[TRIES];
    static hash32 expected[TRIES];
    struct naive_trie *naive = naive_new();
    rng_init(&rng, 61);
    arena_init(&arena, 1 << 14, 0);
    arena_init(&scratch, 4096, 0);
    for (size_t i = 0; i < TRIES; i++) {
        naive->count = 0;
        trie_open(&tries[i], &keccak_empty_trie, NULL, &arena);
        pointers[i] = &tries[i];
        for (uint64_t n = rng_below(&rng, i % 10 == 0 ? 200 : 3); n > 0; n--)
            put_random(&rng, &tries[i], naive);
        expected[i] = naive_root(naive);
    }
    CHECK_EQ(trie_root_many(pointers, TRIES, &scratch), PEVM_OK);
    for (size_t i = 0; i < TRIES; i++)
        check_hash(tries[i].root_hash, expected[i]);
    CHECK_EQ(arena_used(&scratch), 0);
    CHECK_EQ(trie_root_many(NULL, 0, &scratch), PEVM_OK);
    arena_fini(&scratch);
    arena_fini(&arena);
    naive_free(naive);
}

TEST(a_root_that_nobody_has_read_is_what_it_was)
{
    struct arena arena;
    struct trie trie, *one = &trie;
    hash32 root = {{9}};
    arena_init(&arena, 4096, 0);
    trie_open(&trie, &root, NULL, &arena);
    CHECK_EQ(trie_root_many(&one, 1, &arena), PEVM_OK);
    check_hash(trie.root_hash, root);
    CHECK_EQ(arena_used(&arena), 0);
    arena_fini(&arena);
}

/* After a failure for memory the same call works with more of it. */
TEST(no_memory_is_said_and_can_be_tried_again)
{
    struct rng rng;
    struct arena arena, small, scratch;
    struct trie trie, *one = &trie;
    struct naive_trie *naive = naive_new();
    rng_init(&rng, 62);
    arena_init(&arena, 1 << 14, 0);
    arena_init(&small, 64, 2000);
    arena_init(&scratch, 4096, 0);
    trie_open(&trie, &keccak_empty_trie, NULL, &arena);
    for (unsigned i = 0; i < 200; i++)
        put_random(&rng, &trie, naive);
    CHECK_EQ(trie_root_many(&one, 1, &small), PEVM_NO_MEMORY);
    CHECK_EQ(trie_root_many(&one, 1, &scratch), PEVM_OK);
    check_hash(trie.root_hash, naive_root(naive));
    arena_fini(&scratch);
    arena_fini(&small);
    arena_fini(&arena);
    naive_free(naive);
}
