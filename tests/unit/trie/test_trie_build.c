#include "base/rng.h"
#include "support/test.h"
#include "trie/trie_build.h"
#include "unit/trie/naive_trie.h"

static void build(struct trie *trie, const struct naive_trie *naive, struct arena *arena)
{
    struct trie_build build;
    trie_build_begin(&build, trie, arena);
    for (size_t i = 0; i < naive->count; i++) {
        const struct naive_entry *entry = &naive->entries[i];
        CHECK_EQ(trie_build_add(&build, bytes_of(entry->key, entry->key_size), entry->value),
                 PEVM_OK);
    }
    CHECK_EQ(trie_build_end(&build), PEVM_OK);
}

TEST(nothing_builds_the_empty_trie)
{
    struct arena arena;
    struct trie trie;
    struct trie_build build;
    hash32 root;
    arena_init(&arena, 4096, 0);
    trie_build_begin(&build, &trie, &arena);
    CHECK_EQ(trie_build_end(&build), PEVM_OK);
    CHECK_EQ(trie_root(&trie, &root, NULL), PEVM_OK);
    check_hash(root, keccak_empty_trie);
    arena_fini(&arena);
}

/* A built trie is a trie like any other: it answers, and goes on to change. */
TEST(a_built_trie_can_be_read_and_changed)
{
    struct rng rng;
    struct arena arena;
    struct naive_trie *naive = naive_new();
    rng_init(&rng, 51);
    arena_init(&arena, 1 << 14, 0);
    for (unsigned round = 0; round < 200; round++) {
        struct trie trie;
        hash32 root;
        naive->count = 0;
        for (unsigned i = (unsigned)rng_below(&rng, 60); i > 0; i--) {
            uint8_t key[4] = {(uint8_t)rng_below(&rng, 3), 0, (uint8_t)rng_below(&rng, 256), 5};
            naive_put(naive, bytes_of(key, 4), bytes_of("some value", 1 + rng_below(&rng, 10)));
        }
        hash32 expected = naive_root(naive); /* sorts */
        build(&trie, naive, &arena);
        CHECK_EQ(trie_root(&trie, &root, NULL), PEVM_OK);
        check_hash(root, expected);
        for (unsigned i = 0; i < 20; i++) {
            uint8_t key[4] = {(uint8_t)rng_below(&rng, 3), 0, (uint8_t)rng_below(&rng, 256), 5};
            struct bytes value;
            CHECK_EQ(trie_get(&trie, &value, bytes_of(key, 4), NULL), PEVM_OK);
            CHECK(bytes_equal(value, naive_get(naive, bytes_of(key, 4))));
            value = bytes_of("changed", rng_below(&rng, 7));
            CHECK_EQ(trie_put(&trie, bytes_of(key, 4), value, NULL), PEVM_OK);
            naive_put(naive, bytes_of(key, 4), value);
        }
        CHECK_EQ(trie_root(&trie, &root, NULL), PEVM_OK);
        check_hash(root, naive_root(naive));
        arena_reset(&arena);
    }
    arena_fini(&arena);
    naive_free(naive);
}

TEST(no_memory_is_said)
{
    struct arena arena;
    struct trie trie;
    struct trie_build build;
    arena_init(&arena, 64, 200);
    trie_build_begin(&build, &trie, &arena);
    CHECK_EQ(trie_build_add(&build, bytes_of("a", 1), bytes_of("x", 1)), PEVM_OK);
    CHECK_EQ(trie_build_add(&build, bytes_of("b", 1), bytes_of("x", 1)), PEVM_NO_MEMORY);
    arena_fini(&arena);
}
