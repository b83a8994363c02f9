#include "base/rng.h"
#include "support/test.h"
#include "trie/sorted_root.h"
#include "unit/trie/naive_trie.h"

#include <stdlib.h>

TEST(no_leaf_has_the_empty_root)
{
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    hash32 root;
    CHECK_EQ(sorted_root(&root, NULL, 0, &scratch), PEVM_OK);
    check_hash(root, keccak_empty_trie);
    arena_fini(&scratch);
}

/* Random keys whose first bytes are few, so that they share long beginnings; short values make embedded nodes. */
static void check_random_leaves(struct rng *rng, struct naive_trie *naive, size_t count)
{
    static struct trie_leaf leaves[600];
    naive->count = 0;
    size_t fixed = rng_below(rng, 32), spread = 1 + rng_below(rng, 4);
    for (size_t i = 0; i < count; i++) {
        uint8_t key[32], value[120];
        rng_fill(rng, key, sizeof key);
        for (size_t b = 0; b < fixed; b++)
            key[b] = (uint8_t)(rng_below(rng, 20) == 0 ? rng_below(rng, spread) : 7);
        size_t size = 1 + rng_below(rng, rng_below(rng, 2) == 0 ? 4 : sizeof value);
        rng_fill(rng, value, sizeof value);
        naive_put(naive, bytes_of(key, sizeof key), bytes_of(value, size));
    }
    hash32 expected = naive_root(naive); /* sorts */
    for (size_t i = 0; i < naive->count; i++) {
        memcpy(leaves[i].key.bytes, naive->entries[i].key, 32);
        leaves[i].value = naive->entries[i].value;
    }
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    hash32 root;
    CHECK_EQ(sorted_root(&root, leaves, naive->count, &scratch), PEVM_OK);
    check_hash(root, expected);
    CHECK_EQ(arena_used(&scratch), 0);
    arena_fini(&scratch);
}

TEST(random_leaves_have_the_root_of_the_yellow_paper)
{
    struct rng rng;
    rng_init(&rng, 12);
    struct naive_trie *naive = naive_new();
    for (unsigned round = 0; round < 1500; round++)
        check_random_leaves(&rng, naive, 1 + rng_below(&rng, 12));
    for (unsigned round = 0; round < 30; round++)
        check_random_leaves(&rng, naive, 100 + rng_below(&rng, 500));
    naive_free(naive);
}

/* Keys that differ in one nibble only, at each depth: 64 branches on top of one another. */
TEST(the_deepest_trie_has_the_root_of_the_yellow_paper)
{
    struct naive_trie *naive = naive_new();
    static struct trie_leaf leaves[65];
    for (unsigned i = 0; i <= 64; i++) {
        uint8_t key[32] = {0};
        if (i < 64) key[i / 2] = i % 2 == 0 ? 0x10 : 0x01;
        naive_put(naive, bytes_of(key, 32), bytes_of("v", 1));
    }
    hash32 expected = naive_root(naive), root;
    for (size_t i = 0; i < naive->count; i++) {
        memcpy(leaves[i].key.bytes, naive->entries[i].key, 32);
        leaves[i].value = naive->entries[i].value;
    }
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    CHECK_EQ(sorted_root(&root, leaves, naive->count, &scratch), PEVM_OK);
    check_hash(root, expected);
    arena_fini(&scratch);
    naive_free(naive);
}
