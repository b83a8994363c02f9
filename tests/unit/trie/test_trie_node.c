#include "base/rng.h"
#include "crypto/keccak.h"
#include "support/test.h"
#include "trie/trie_node_private.h"

#define HASH_A "a0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* clang-format off */
static const struct {
    const char *name, *encoding;
} good[] = {
    {"a leaf", "c3" "20" "8180"},
    {"a leaf with an odd path", "c4" "35" "827879"},
    {"an extension to a hash", "e2" "16" HASH_A},
    {"a branch of two hashes", "f851" HASH_A HASH_A "8080808080808080808080808080" "80"},
    {"a branch with a value", "f1" HASH_A "808080808080808080808080808080" "01"},
    {"a branch of short leaves", "d5" "c23001" "c23002" "8080808080808080808080808080" "80"},
};
/* clang-format on */

/* clang-format off */
static const struct {
    const char *name, *encoding, *text;
} bad[] = {
    {"nothing", "", "ends"},
    {"a string", "8180", "list"},
    {"a head that promises more", "c420", "ends"},
    {"bytes behind it", "c320818000", "follow"},
    {"an empty list", "c0", "neither"},
    {"one item", "c120", "neither"},
    {"three items", "c3200101", "neither"},
    {"sixteen items", "d0" "80808080808080808080808080808080", "neither"},
    {"eighteen items", "d2" "808080808080808080808080808080808080", "17"},
    {"a list for a path", "c2c001", "path"},
    {"an empty path", "c28001", "path"},
    {"an unknown flag", "c24001", "path"},
    {"a padding nibble", "c22101", "path"},
    {"a leaf without value", "c22080", "value"},
    {"a leaf with a list", "c220c0", "value"},
    {"an extension without path", "e200" HASH_A, "no path"},
    {"an extension to nothing", "c21680", "reference"},
    {"an extension to 31 bytes",
     "e1169faaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "reference"},
    {"an extension to a short leaf", "c416c23001", "branch"},
    {"a branch without entries", "d1" "8080808080808080808080808080808080", "fewer than two"},
    {"a branch with one child", "f1" HASH_A "80808080808080808080808080808080", "fewer than two"},
    {"a branch with a list for its value",
     "f1" HASH_A "808080808080808080808080808080" "c0", "value"},
    {"a branch with a short string for a child",
     "d5" "820102" "c23001" "808080808080808080808080808080", "reference"},
    {"a child of 32 bytes in place",
     "f1" "e0" "20" "9e000000000000000000000000000000000000000000000000000000000000" "80808080808080808080808080808080", "embedded"},
    {"a length with a longer form than needed", "f802c0c0", "shorter"},
    {"an item inside with a longer form", "c4208101", ""},
};
/* clang-format on */

static enum pevm_status decode(const char *hex,
                               struct trie_node **out,
                               struct arena *arena,
                               const char **fault)
{
    hash32 hash = {{7}};
    return node_decode(out, test_hex(hex), &hash, arena, fault);
}

TEST(well_formed_nodes_are_read_and_written_back_alike)
{
    struct arena arena;
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct trie_node *node;
        const char *fault = "";
        enum pevm_status status = decode(good[i].encoding, &node, &arena, &fault);
        if (status != PEVM_OK) fail_msg("%s: %s", good[i].name, fault);
        uint8_t encoding[600];
        size_t size = node_encoding_size(node);
        node_encode(encoding, node);
        CHECK_HEX(bytes_of(encoding, size), good[i].encoding);
        CHECK_EQ(node->reference_size, 32);
        CHECK(!node->dirty);
    }
    arena_fini(&arena);
}

TEST(malformed_nodes_are_refused_with_a_reason)
{
    struct arena arena;
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct trie_node *node;
        const char *fault = NULL;
        enum pevm_status status = decode(bad[i].encoding, &node, &arena, &fault);
        if (status != PEVM_CORRUPT) fail_msg("%s was taken", bad[i].name);
        if (fault == NULL || strstr(fault, bad[i].text) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].name, fault, bad[i].text);
    }
    arena_fini(&arena);
}

/* Lists inside lists, as deep as fewer than 32 bytes go; and a branch that is a child in place. */
TEST(nodes_in_place_nest)
{
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct trie_node *node;
    const char *fault = "";
    /* A branch with two short leaves has 22 bytes, so it stands in its parent extension: 24 bytes. */
    const char *nested = "d7"
                         "16"
                         "d5"
                         "c23001"
                         "c23002"
                         "8080808080808080808080808080"
                         "80";
    CHECK_EQ(decode(nested, &node, &arena, &fault), PEVM_OK);
    CHECK_EQ(node->kind, NODE_EXTENSION);
    struct trie_branch_node *branch = node_branch(node_extension(node)->child);
    CHECK_EQ(node_branch_entries(branch), 2);
    CHECK_EQ(branch->node.reference_size, 22);
    uint8_t encoding[64];
    node_encode(encoding, node);
    CHECK_HEX(bytes_of(encoding, node_encoding_size(node)), nested);

    uint8_t deep[40];
    memset(deep, 0xc1, sizeof deep);
    hash32 hash = {{0}};
    CHECK_EQ(node_decode(&node, bytes_of(deep, sizeof deep), &hash, &arena, &fault), PEVM_CORRUPT);
    arena_fini(&arena);
}

/* Whatever bytes come: refused, or read and written back as the same bytes. */
TEST(mutated_nodes_never_do_harm)
{
    struct arena arena;
    struct rng rng;
    arena_init(&arena, 4096, 0);
    rng_init(&rng, 41);
    unsigned taken = 0;
    for (unsigned round = 0; round < 60000; round++) {
        size_t which = rng_below(&rng, COUNT_OF(good));
        static struct bytes sources[COUNT_OF(good)];
        if (sources[which].size == 0) sources[which] = test_hex(good[which].encoding);
        uint8_t bytes[700], written[700];
        size_t size = sources[which].size;
        memcpy(bytes, sources[which].data, size);
        for (unsigned i = (unsigned)rng_below(&rng, 4); i > 0; i--)
            bytes[rng_below(&rng, size)] = (uint8_t)rng_next(&rng);
        if (rng_below(&rng, 8) == 0) size = rng_below(&rng, size + 1);

        struct trie_node *node;
        hash32 hash = {{1}};
        const char *fault = NULL;
        enum pevm_status status = node_decode(&node, bytes_of(bytes, size), &hash, &arena, &fault);
        if (status == PEVM_OK) {
            taken++;
            CHECK_EQ(node_encoding_size(node), size);
            node_encode(written, node);
            assert_memory_equal(written, bytes, size);
        } else {
            CHECK_EQ(status, PEVM_CORRUPT);
            CHECK(fault != NULL);
        }
        arena_reset(&arena);
    }
    CHECK(taken > 1000);
    arena_fini(&arena);
}

TEST(no_memory_is_said)
{
    struct arena arena;
    arena_init(&arena, 16, 64);
    struct trie_node *node;
    const char *fault;
    CHECK_EQ(decode(good[3].encoding, &node, &arena, &fault), PEVM_NO_MEMORY);
    arena_fini(&arena);
}
