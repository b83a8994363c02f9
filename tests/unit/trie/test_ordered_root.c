#include "base/rng.h"
#include "crypto/keccak.h"
#include "rlp/rlp_write.h"
#include "support/test.h"
#include "trie/ordered_root.h"
#include "unit/trie/naive_trie.h"

TEST(an_empty_list_has_the_empty_root)
{
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    hash32 root;
    CHECK_EQ(ordered_root(&root, NULL, 0, &scratch), PEVM_OK);
    check_hash(root, keccak_empty_trie);
    arena_fini(&scratch);
}

/* Each count up to where the keys grow to three bytes, and a large one; values around the sizes that matter. */
TEST(lists_of_any_length_have_the_root_of_the_yellow_paper)
{
    static const size_t counts[] = {
        1, 2, 3, 15, 16, 17, 126, 127, 128, 129, 130, 200, 255, 256, 257, 300, 1000};
    static const size_t sizes[] = {
        1, 2, 20, 30, 31, 32, 33, 54, 55, 56, 57, 135, 136, 255, 256, 700};
    struct naive_trie *naive = naive_new();
    struct arena scratch;
    struct rng rng;
    arena_init(&scratch, 4096, 0);
    rng_init(&rng, 11);
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        static struct bytes values[1000];
        static uint8_t memory[1000][700];
        naive->count = 0;
        for (size_t i = 0; i < counts[c]; i++) {
            size_t size = sizes[rng_below(&rng, c % 2 == 0 ? COUNT_OF(sizes) : 3)];
            rng_fill(&rng, memory[i], size);
            values[i] = bytes_of(memory[i], size);
            uint8_t key[9];
            naive_put(naive, bytes_of(key, (size_t)(rlp_put_u64(key, i) - key)), values[i]);
        }
        hash32 root;
        CHECK_EQ(ordered_root(&root, values, counts[c], &scratch), PEVM_OK);
        check_hash(root, naive_root(naive));
    }
    CHECK_EQ(arena_used(&scratch), 0);
    arena_fini(&scratch);
    naive_free(naive);
}

TEST(no_memory_is_said)
{
    struct arena scratch;
    arena_init(&scratch, 64, 1024);
    struct bytes values[100];
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = bytes_of("0123456789012345678901234567890123456789", 40);
    hash32 root;
    CHECK_EQ(ordered_root(&root, values, COUNT_OF(values), &scratch), PEVM_NO_MEMORY);
    arena_fini(&scratch);
}
