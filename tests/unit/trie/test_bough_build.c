/* Against tries of which all is in memory: the same root, the same boughs, each told once and after all those below it. */
#include "base/heap.h"
#include "base/rng.h"
#include "crypto/keccak.h"
#include "support/test.h"
#include "trie/bough_build.h"

#include <stdlib.h>

#define ENTRIES_MAX 5000
#define BOUGHS_MAX  5000

struct entry {
    hash32 key;
    uint8_t value[BOUGH_VALUE_MAX];
    size_t size;
};

struct told {
    uint8_t path[32];
    unsigned count;
    hash32 hash; /* of the bough */
};

struct boughs {
    struct told all[BOUGHS_MAX];
    size_t count;
    size_t fails_after; /* so many; 0: never */
};

static struct entry entries[ENTRIES_MAX];
static struct boughs built, grown;

static enum pevm_status note(void *context, struct nibbles path, struct bytes bough)
{
    struct boughs *boughs = context;
    if (boughs->fails_after > 0 && boughs->count == boughs->fails_after) return PEVM_UNAVAILABLE;
    assert_true(boughs->count < BOUGHS_MAX);
    struct told *told = &boughs->all[boughs->count++];
    *told = (struct told){.count = path.count};
    for (unsigned i = 0; i < path.count; i++)
        told->path[i / 2] |= (uint8_t)(nibbles_at(path, i) << (i % 2 == 0 ? 4 : 0));
    keccak256(&told->hash, bough.data, bough.size);
    return PEVM_OK;
}

static int compare_entries(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(hash32));
}

static int compare_told(const void *a, const void *b)
{
    const struct told *one = a, *other = b;
    int order = memcmp(one->path, other->path, sizeof one->path);
    return order != 0 ? order : (int)one->count - (int)other->count;
}

/* Ascending, each key once. `alike`: bytes in front that have few values, so that keys part late. */
static size_t make_entries(struct rng *rng, size_t count, size_t alike)
{
    for (size_t i = 0; i < count; i++) {
        rng_fill(rng, &entries[i], sizeof entries[i]);
        for (size_t j = 0; j < alike; j++)
            entries[i].key.bytes[j] = (uint8_t)(rng_below(rng, 8) == 0);
        entries[i].size = alike > 28 ? 1 : 1 + rng_below(rng, BOUGH_VALUE_MAX);
    }
    qsort(entries, count, sizeof entries[0], compare_entries);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_entries(&entries[kept - 1], &entries[i]) != 0)
            entries[kept++] = entries[i];
    return kept;
}

static enum pevm_status build(size_t count, hash32 *root, struct arena *arena)
{
    struct bough_build it;
    struct bough_sink sink = {note, &built};
    built.count = 0;
    bough_build_begin(&it, &sink, arena);
    for (size_t i = 0; i < count; i++)
        TRY(bough_build_add(&it, &entries[i].key, bytes_of(entries[i].value, entries[i].size)));
    return bough_build_end(&it, root);
}

static hash32 grow(size_t count)
{
    struct trie trie;
    struct arena arena;
    hash32 root;
    arena_init(&arena, 1 << 16, 0);
    grown.count = 0;
    trie_open(&trie, &keccak_empty_trie, NULL, &arena);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ(trie_put(&trie,
                          bytes_of(entries[i].key.bytes, 32),
                          bytes_of(entries[i].value, entries[i].size),
                          NULL),
                 PEVM_OK);
    CHECK_EQ(trie_root(&trie, &root, NULL), PEVM_OK);
    CHECK_EQ(trie_each_new_bough(&trie, note, &grown, &arena), PEVM_OK);
    arena_fini(&arena);
    return root;
}

/* No bough comes after one that is above it. */
static void check_order(void)
{
    for (size_t i = 1; i < built.count; i++) {
        const struct told *one = &built.all[i - 1], *next = &built.all[i];
        struct nibbles a = {one->path, 0, (uint8_t)one->count};
        struct nibbles b = {next->path, 0, (uint8_t)next->count};
        CHECK(nibbles_common(a, b) < one->count);
    }
}

static void check(struct rng *rng, size_t count, size_t alike)
{
    struct arena arena;
    hash32 root;
    count = make_entries(rng, count, alike);
    arena_init(&arena, 1 << 12, 0);
    CHECK_EQ(build(count, &root, &arena), PEVM_OK);
    hash32 expected = grow(count);
    assert_memory_equal(root.bytes, expected.bytes, 32);
    CHECK_EQ(built.count, grown.count);
    check_order();
    qsort(built.all, built.count, sizeof built.all[0], compare_told);
    qsort(grown.all, grown.count, sizeof grown.all[0], compare_told);
    if (built.count > 0)
        assert_memory_equal(built.all, grown.all, built.count * sizeof built.all[0]);
    arena_fini(&arena);
}

TEST(what_is_built_is_what_grows)
{
    static const size_t likes[] = {0, 1, 4, 20, 29, 30, 31, 32};
    struct rng rng;
    rng_init(&rng, 1);
    for (size_t i = 0; i < COUNT_OF(likes); i++)
        for (size_t count = 0; count < 2000; count += 1 + count / 3)
            check(&rng, count, likes[i]);
}

TEST(memory_is_that_of_the_depth)
{
    struct rng rng;
    struct arena arena;
    hash32 root;
    rng_init(&rng, 2);
    size_t count = make_entries(&rng, ENTRIES_MAX, 0);
    arena_init(&arena, 1 << 12, 0);
    CHECK_EQ(build(count, &root, &arena), PEVM_OK);
    CHECK(arena.bytes_held < 100000);
    arena_fini(&arena);
}

TEST(a_sink_that_fails_ends_it)
{
    struct rng rng;
    struct arena arena;
    hash32 root;
    rng_init(&rng, 3);
    size_t count = make_entries(&rng, 300, 0);
    arena_init(&arena, 1 << 12, 0);
    for (built.fails_after = 1; build(count, &root, &arena) != PEVM_OK; built.fails_after++) {
        CHECK_EQ(built.count, built.fails_after);
        arena_reset(&arena);
    }
    CHECK(built.fails_after > 50);
    built.fails_after = 0;
    arena_fini(&arena);
}

TEST(without_memory_it_says_so)
{
    struct rng rng;
    hash32 root;
    rng_init(&rng, 4);
    size_t count = make_entries(&rng, 200, 0);
    uint64_t after = 0;
    for (enum pevm_status status = PEVM_NO_MEMORY; status != PEVM_OK; after++) {
        struct arena arena;
        arena_init(&arena, 1 << 10, 0);
        heap_fail(after, 1000000);
        status = build(count, &root, &arena);
        heap_fail(0, 0);
        arena_fini(&arena);
        CHECK(status == PEVM_OK || status == PEVM_NO_MEMORY);
    }
    CHECK(after > 3);
}
