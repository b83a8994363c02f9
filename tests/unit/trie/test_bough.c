/* Tries that lie by place: after any history exactly the boughs of the trie are there, and nothing else was ever asked for. */
#include "base/error.h"
#include "base/rng.h"
#include "support/test.h"
#include "trie/bough.h"
#include "unit/trie/naive_trie.h"

#define PLACES_MAX 4096

/* Boughs by path, as a store has them. */
struct place {
    uint8_t path[64]; /* a nibble each */
    unsigned count;
    struct bytes bough;
    bool was_asked;
};

struct forest {
    struct place places[PLACES_MAX];
    size_t count;
    struct arena arena;
    enum pevm_status fails; /* PEVM_OK: does not */
    unsigned asked;
};

static bool is_at(const struct place *place, struct nibbles path)
{
    if (place->count != path.count) return false;
    for (unsigned i = 0; i < path.count; i++)
        if (place->path[i] != nibbles_at(path, i)) return false;
    return true;
}

static struct place *find(struct forest *forest, struct nibbles path)
{
    for (size_t i = 0; i < forest->count; i++)
        if (is_at(&forest->places[i], path)) return &forest->places[i];
    return NULL;
}

static enum pevm_status forest_get(void *context, struct nibbles path, struct bytes *out)
{
    struct forest *forest = context;
    struct place *place = find(forest, path);
    forest->asked++;
    if (forest->fails != PEVM_OK) return forest->fails;
    if (place == NULL) return PEVM_CORRUPT;
    place->was_asked = true;
    *out = place->bough;
    return PEVM_OK;
}

static enum pevm_status forest_put(void *context, struct nibbles path, struct bytes bough)
{
    struct forest *forest = context;
    struct place *place = find(forest, path);
    if (place == NULL) {
        assert_true(forest->count < PLACES_MAX);
        place = &forest->places[forest->count++];
        place->count = path.count;
        for (unsigned i = 0; i < path.count; i++)
            place->path[i] = (uint8_t)nibbles_at(path, i);
    }
    place->was_asked = false;
    assert_true(arena_copy(&forest->arena, &place->bough, bough));
    return PEVM_OK;
}

static struct nibbles path_of(const struct place *place, uint8_t packed[32])
{
    memset(packed, 0, 32);
    for (unsigned i = 0; i < place->count; i++)
        packed[i / 2] |= (uint8_t)(place->path[i] << (i % 2 == 0 ? 4 : 0));
    return (struct nibbles){packed, 0, (uint8_t)place->count};
}

/* What was asked for and is there no more. */
static void remove_gone(struct forest *forest, const struct trie *trie)
{
    uint8_t packed[32];
    for (size_t i = 0; i < forest->count;) { /* ends: the rest gets shorter */
        struct place *place = &forest->places[i];
        if (place->was_asked && !trie_has_bough(trie, path_of(place, packed)))
            *place = forest->places[--forest->count];
        else
            i++;
    }
}

static struct forest *forest_new(void)
{
    struct forest *forest = calloc(1, sizeof *forest);
    assert_non_null(forest);
    arena_init(&forest->arena, 1 << 16, 0);
    return forest;
}

static void forest_free(struct forest *forest)
{
    arena_fini(&forest->arena);
    free(forest);
}

/* Every bough of a trie with these entries, made in one go, is there; and no other. */
static void check_all(struct forest *forest, const struct naive_trie *naive)
{
    struct arena arena;
    struct trie trie;
    hash32 root;
    struct forest *fresh = forest_new();
    arena_init(&arena, 1 << 16, 0);
    trie_open(&trie, &keccak_empty_trie, NULL, &arena);
    for (size_t i = 0; i < naive->count; i++) {
        struct bytes key = bytes_of(naive->entries[i].key, naive->entries[i].key_size);
        CHECK_EQ(trie_put(&trie, key, naive->entries[i].value, NULL), PEVM_OK);
    }
    CHECK_EQ(trie_root(&trie, &root, NULL), PEVM_OK);
    CHECK_EQ(trie_each_new_bough(&trie, forest_put, fresh, &arena), PEVM_OK);
    CHECK_EQ(forest->count, fresh->count);
    for (size_t i = 0; i < fresh->count; i++) {
        uint8_t packed[32];
        struct place *place = find(forest, path_of(&fresh->places[i], packed));
        assert_non_null(place);
        assert_true(bytes_equal(place->bough, fresh->places[i].bough));
    }
    arena_fini(&arena);
    forest_free(fresh);
}

/* Few different nibbles: keys share long beginnings, and deletions collapse branches. Short values: branches in their parents. */
static void random_entry(struct rng *rng, uint8_t key[32], size_t key_size, struct bytes *value)
{
    static uint8_t text[64];
    for (size_t i = 0; i < key_size; i++)
        key[i] = (uint8_t)(rng_below(rng, 2) * 0x10 + rng_below(rng, 3));
    for (size_t i = 4; key_size == 32 && i < 31; i++)
        key[i] = (uint8_t)(key[0] * 5 + i); /* part late as well */
    rng_fill(rng, text, sizeof text);
    *value = bytes_of(text, rng_below(rng, 3) == 0 ? 0 : 1 + rng_below(rng, 2) * 40);
}

static void history(uint64_t seed, size_t key_size, unsigned rounds)
{
    struct rng rng;
    struct arena arena;
    struct forest *forest = forest_new();
    struct naive_trie *naive = naive_new();
    struct node_source source = {.bough = forest_get, .context = forest};
    hash32 root = keccak_empty_trie;
    rng_init(&rng, seed);
    arena_init(&arena, 1 << 16, 0);
    for (unsigned round = 0; round < rounds; round++) {
        struct trie trie;
        struct error error = {PEVM_OK, ""};
        trie_open(&trie, &root, &source, &arena);
        for (uint64_t i = rng_below(&rng, 12); i > 0; i--) {
            uint8_t key[32];
            struct bytes value;
            random_entry(&rng, key, key_size, &value);
            if (trie_put(&trie, bytes_of(key, key_size), value, &error) != PEVM_OK)
                fail_msg("%s", error.text);
            naive_put(naive, bytes_of(key, key_size), value);
        }
        CHECK_EQ(trie_root(&trie, &root, &error), PEVM_OK);
        check_hash(root, naive_root(naive));
        CHECK_EQ(trie_each_new_bough(&trie, forest_put, forest, &arena), PEVM_OK);
        remove_gone(forest, &trie);
        check_all(forest, naive);
        for (size_t i = 0; i < forest->count; i++)
            forest->places[i].was_asked = false;
        arena_reset(&arena);
    }
    arena_fini(&arena);
    naive_free(naive);
    forest_free(forest);
}

TEST(after_any_history_exactly_the_boughs_of_the_trie_are_there)
{
    static const size_t key_sizes[] = {2, 3, 5, 32};
    for (uint64_t seed = 0; seed < 40; seed++)
        history(seed, key_sizes[seed % COUNT_OF(key_sizes)], 60);
}

/* Keys of 32 bytes from 0 on, all alike but for the first and last byte. */
static void fill(struct forest *forest, hash32 *root, unsigned count)
{
    struct arena arena;
    struct trie trie;
    arena_init(&arena, 1 << 16, 0);
    trie_open(&trie, &keccak_empty_trie, NULL, &arena);
    for (unsigned i = 0; i < count; i++) {
        uint8_t key[32] = {(uint8_t)(i * 37)}, value[40] = {1, (uint8_t)i};
        key[31] = (uint8_t)i;
        CHECK_EQ(trie_put(&trie, bytes_of(key, 32), bytes_of(value, 40), NULL), PEVM_OK);
    }
    CHECK_EQ(trie_root(&trie, root, NULL), PEVM_OK);
    CHECK_EQ(trie_each_new_bough(&trie, forest_put, forest, &arena), PEVM_OK);
    arena_fini(&arena);
}

TEST(the_way_through_boughs_is_known_without_opening_them)
{
    hash32 root;
    struct forest *forest = forest_new();
    struct node_source source = {.bough = forest_get, .context = forest};
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    fill(forest, &root, 200);
    for (unsigned i = 0; i < 256; i++) {
        uint8_t key[32] = {(uint8_t)(i * 37)};
        struct trie trie;
        struct bytes value;
        unsigned depth = 0, seen = 0;
        key[31] = (uint8_t)i;
        struct nibbles path = nibbles_of_key(bytes_of(key, 32));
        bool goes_on = true;
        while (goes_on) { /* ends: a way has at most 64 boughs */
            struct place *place = find(forest, nibbles_first(path, depth));
            assert_non_null(place);
            seen++;
            goes_on = bough_next(place->bough, path, depth, &depth);
        }
        forest->asked = 0;
        trie_open(&trie, &root, &source, &arena);
        CHECK_EQ(trie_get(&trie, &value, bytes_of(key, 32), NULL), PEVM_OK);
        CHECK_EQ(value.size, i < 200 ? 40 : 0);
        CHECK_EQ(forest->asked, seen);
    }
    unsigned next;
    uint8_t key[32] = {0};
    CHECK(!bough_next(BYTES_EMPTY, nibbles_of_key(bytes_of(key, 32)), 0, &next));
    CHECK(!bough_next(bytes_of("\xc1", 1), nibbles_of_key(bytes_of(key, 32)), 0, &next));
    arena_fini(&arena);
    forest_free(forest);
}

/* Each byte of each bough in turn. */
TEST(no_damage_is_taken_for_a_node)
{
    hash32 root;
    struct forest *forest = forest_new();
    struct node_source source = {.bough = forest_get, .context = forest};
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    fill(forest, &root, 20);
    for (size_t i = 0; i < forest->count; i++) {
        struct bytes whole = forest->places[i].bough;
        uint8_t damaged[2048], packed[32];
        struct nibbles path = path_of(&forest->places[i], packed);
        assert_true(whole.size < sizeof damaged);
        for (size_t at = 0; at <= whole.size; at++) {
            struct trie trie;
            struct bytes value;
            struct error error = {PEVM_OK, ""};
            memcpy(damaged, whole.data, whole.size);
            if (at < whole.size) damaged[at] ^= 0x41;
            forest->places[i].bough = bytes_of(damaged, at < whole.size ? whole.size : at - 1);
            trie_open(&trie, &root, &source, &arena);
            CHECK_EQ(trie_get(&trie, &value, bytes_of(path.data, 32), &error), PEVM_CORRUPT);
            CHECK(strstr(error.text, "trie node 0x") == error.text);
            arena_reset(&arena);
        }
        forest->places[i].bough = whole;
    }
    arena_fini(&arena);
    forest_free(forest);
}

TEST(a_read_that_fails_is_told_as_what_it_is)
{
    static const enum pevm_status faults[] = {PEVM_UNAVAILABLE, PEVM_CORRUPT, PEVM_NO_MEMORY};
    hash32 root;
    struct forest *forest = forest_new();
    struct node_source source = {.bough = forest_get, .context = forest};
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    fill(forest, &root, 20);
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct trie trie;
        struct bytes value;
        uint8_t key[32] = {0};
        forest->fails = faults[i];
        trie_open(&trie, &root, &source, &arena);
        CHECK_EQ(trie_get(&trie, &value, bytes_of(key, 32), NULL), faults[i]);
        forest->fails = PEVM_OK;
        CHECK_EQ(trie_get(&trie, &value, bytes_of(key, 32), NULL), PEVM_OK);
        CHECK_EQ(value.size, 40);
    }
    arena_fini(&arena);
    forest_free(forest);
}

/* ---- what is below ---- */

struct below {
    struct forest *forest;
    size_t seen;
};

static bool on_below(void *context, struct nibbles path)
{
    struct below *below = context;
    struct place *place = find(below->forest, path);
    assert_non_null(place);
    CHECK(!place->was_asked);
    place->was_asked = true;
    below->seen++;
    return true;
}

TEST(each_bough_is_named_by_one_other)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rng rng;
        struct arena arena;
        struct trie trie;
        hash32 root;
        struct forest *forest = forest_new();
        struct below below = {forest, 0};
        uint8_t packed[32];
        rng_init(&rng, seed);
        arena_init(&arena, 1 << 16, 0);
        trie_open(&trie, &keccak_empty_trie, NULL, &arena);
        for (uint64_t i = 0; i < seed * 5; i++) {
            uint8_t key[32];
            struct bytes value;
            random_entry(&rng, key, seed % 2 == 0 ? 32 : 3, &value);
            CHECK_EQ(trie_put(&trie, bytes_of(key, seed % 2 == 0 ? 32 : 3), value, NULL), PEVM_OK);
        }
        CHECK_EQ(trie_root(&trie, &root, NULL), PEVM_OK);
        CHECK_EQ(trie_each_new_bough(&trie, forest_put, forest, &arena), PEVM_OK);
        for (size_t i = 0; i < forest->count; i++) {
            struct nibbles path = path_of(&forest->places[i], packed);
            CHECK(bough_each_below(forest->places[i].bough, path, on_below, &below));
        }
        CHECK_EQ(below.seen + (forest->count > 0), forest->count);
        arena_fini(&arena);
        forest_free(forest);
    }
}

static bool never(void *context, struct nibbles path)
{
    (void)context;
    (void)path;
    return false;
}

TEST(what_is_no_bough_has_nothing_below)
{
    uint8_t zeros[32] = {0}, branch[1 + 33 + 16] = {0xc0 + 49, 0xa0};
    memset(branch + 34, 0x80, 16);
    struct nibbles path = {zeros, 0, 3};
    CHECK(!bough_each_below(BYTES_EMPTY, path, never, NULL));
    CHECK(!bough_each_below(bytes_of("\xc1", 1), path, never, NULL));
    CHECK(!bough_each_below(bytes_of("\xc3\x80\x80\x80", 4), path, never, NULL));
    CHECK(!bough_each_below(bytes_of("\xc2\x80\x80", 3), path, never, NULL)); /* no path */
    CHECK(bough_each_below(bytes_of("\xc2\x20\x01", 3), path, never, NULL));  /* a leaf */
    CHECK(!bough_each_below(bytes_of(branch, sizeof branch), path, never, NULL));
    path.count = 64; /* nothing fits below that */
    CHECK(!bough_each_below(bytes_of(branch, sizeof branch), path, on_below, NULL));
}
