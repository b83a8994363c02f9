#include "base/error.h"
#include "base/hex.h"
#include "base/rng.h"
#include "fixture/input.h"
#include "fixture/json.h"
#include "support/test.h"
#include "trie/trie.h"
#include "unit/trie/naive_trie.h"

/* A trie, its oracle, and the nodes that a witness of it would hold. */
struct trie_world {
    struct trie trie;
    struct naive_trie *naive;
    struct node_store *store;
    struct node_source source;
    struct arena arena;
    struct rng rng;
    size_t key_size; /* 0: any, so that one key may begin another */
};

static struct trie_world *world_new(uint64_t seed, size_t key_size)
{
    struct trie_world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->naive = naive_new();
    world->store = node_store_new();
    world->source = (struct node_source){.node = node_store_get, .context = world->store};
    world->key_size = key_size;
    arena_init(&world->arena, 1 << 14, 0);
    rng_init(&world->rng, seed);
    trie_open(&world->trie, &keccak_empty_trie, NULL, &world->arena);
    return world;
}

static void world_free(struct trie_world *world)
{
    naive_free(world->naive);
    node_store_free(world->store);
    arena_fini(&world->arena);
    free(world);
}

struct key {
    uint8_t bytes[32];
    size_t size;
};

static struct bytes key_bytes(const struct key *key)
{
    return bytes_of(key->bytes, key->size);
}

/* Few different nibbles, so that keys share long beginnings and deletions collapse branches. */
static struct key random_key(struct trie_world *world)
{
    struct key key = {.size = world->key_size};
    if (key.size == 0) key.size = rng_below(&world->rng, 6);
    for (size_t i = 0; i < key.size; i++)
        key.bytes[i] = (uint8_t)(rng_below(&world->rng, 2) * 0x10 + rng_below(&world->rng, 3));
    return key;
}

static struct key known_key(struct trie_world *world)
{
    struct key key;
    const struct naive_entry *entry =
        &world->naive->entries[rng_below(&world->rng, world->naive->count)];
    memcpy(key.bytes, entry->key, sizeof key.bytes);
    key.size = entry->key_size;
    return key;
}

static void put(struct trie_world *world, const struct key *key, struct bytes value)
{
    struct error error;
    error_clear(&error);
    if (trie_put(&world->trie, key_bytes(key), value, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    naive_put(world->naive, key_bytes(key), value);
}

static void put_random(struct trie_world *world, bool may_delete)
{
    uint8_t value[60];
    struct key key = random_key(world);
    rng_fill(&world->rng, value, sizeof value);
    size_t size = 1 + rng_below(&world->rng, rng_below(&world->rng, 2) == 0 ? 3 : sizeof value);
    if (may_delete && rng_below(&world->rng, 2) == 0) {
        size = 0;
        if (world->naive->count > 0 && rng_below(&world->rng, 4) != 0) key = known_key(world);
    }
    put(world, &key, bytes_of(value, size));
}

static void check_root(struct trie_world *world)
{
    hash32 root;
    CHECK_EQ(trie_root(&world->trie, &root, NULL), PEVM_OK);
    check_hash(root, naive_root(world->naive));
}

static void check_entries(struct trie_world *world)
{
    for (unsigned i = 0; i < 30; i++) {
        struct bytes value;
        struct key key = random_key(world);
        CHECK_EQ(trie_get(&world->trie, &value, key_bytes(&key), NULL), PEVM_OK);
        CHECK(bytes_equal(value, naive_get(world->naive, key_bytes(&key))));
    }
}

/* Open the same trie anew, from nodes alone. */
static void reopen(struct trie_world *world)
{
    world->store->count = 0;
    arena_reset(&world->store->arena);
    arena_reset(&world->arena);
    naive_record = world->store;
    hash32 root = naive_root(world->naive);
    naive_record = NULL;
    trie_open(&world->trie, &root, &world->source, &world->arena);
}

TEST(the_empty_trie_holds_nothing)
{
    struct trie_world *world = world_new(1, 0);
    struct key key = {
        {1, 2},
        2
    };
    put(world, &key, BYTES_EMPTY);
    check_entries(world);
    check_root(world);
    world_free(world);
}

TEST(random_puts_and_deletes_give_the_root_of_the_yellow_paper)
{
    static const size_t key_sizes[] = {0, 1, 2, 3, 5, 32};
    for (size_t k = 0; k < COUNT_OF(key_sizes); k++) {
        struct trie_world *world = world_new(100 + k, key_sizes[k]);
        for (unsigned round = 0; round < 1500; round++) {
            put_random(world, true);
            if (round % 7 == 0) check_root(world);
            if (round % 50 == 0) check_entries(world);
        }
        check_root(world);
        while (world->naive->count > 0) {
            struct key key = known_key(world);
            put(world, &key, BYTES_EMPTY);
            if (world->naive->count % 5 == 0) check_root(world);
        }
        check_root(world);
        world_free(world);
    }
}

TEST(a_trie_known_by_its_root_fetches_what_it_needs)
{
    for (unsigned round = 0; round < 300; round++) {
        struct trie_world *world = world_new(200 + round, round % 3 == 0 ? 0 : 4 + round % 28);
        for (uint64_t i = 1 + rng_below(&world->rng, 60); i > 0; i--)
            put_random(world, false);
        reopen(world);
        if (round % 2 == 0) check_entries(world);
        for (unsigned i = 0; i < 12; i++)
            put_random(world, true);
        check_root(world);
        check_entries(world);
        world_free(world);
    }
}

TEST(only_the_nodes_of_the_path_are_asked_for)
{
    struct trie_world *world = world_new(7, 32);
    uint8_t keys[200][32];
    for (unsigned i = 0; i < 200; i++) {
        struct key key = {.size = 32};
        rng_fill(&world->rng, key.bytes, 32);
        memcpy(keys[i], key.bytes, 32);
        put(world, &key, bytes_of("0123456789012345678901234567890123456789", 40));
    }
    reopen(world);
    struct bytes value;
    CHECK_EQ(trie_get(&world->trie, &value, bytes_of(keys[17], 32), NULL), PEVM_OK);
    CHECK_EQ(value.size, 40);
    size_t asked = 0;
    for (size_t i = 0; i < world->store->count; i++)
        asked += world->store->nodes[i].asked;
    CHECK(asked >= 2);
    CHECK(asked <= 5);
    world_free(world);
}

/* Take a node away: each call either does its work, or says which node is missing and has changed nothing. */
TEST(a_missing_node_is_named_and_nothing_changes)
{
    unsigned failures = 0;
    for (unsigned round = 0; round < 400; round++) {
        struct trie_world *world = world_new(1000 + round, 6);
        for (unsigned i = 0; i < 40; i++)
            put_random(world, false);
        reopen(world);
        size_t missing = rng_below(&world->rng, world->store->count);
        world->store->nodes[missing].is_missing = true;
        for (unsigned i = 0; i < 15; i++) {
            struct error error;
            struct key key = i % 2 == 0 ? random_key(world) : known_key(world);
            struct bytes value =
                bytes_of("new value of some length", rng_below(&world->rng, 3) * 12);
            enum pevm_status status = trie_put(&world->trie, key_bytes(&key), value, &error);
            if (status == PEVM_OK) {
                naive_put(world->naive, key_bytes(&key), value);
                if (world->naive->count == 0) break;
                continue;
            }
            failures++;
            CHECK_EQ(status, PEVM_STATE_UNREADABLE);
            char text[HEX_HASH_SIZE];
            CHECK(strstr(error.text, hex_hash(text, &world->store->nodes[missing].hash)) != NULL);
        }
        check_root(world);
        world->store->nodes[missing].is_missing = false;
        check_entries(world);
        check_root(world);
        world_free(world);
    }
    CHECK(failures > 300);
}

/* Keys 00.., 10.. and 11..: a branch with a leaf and a branch. Without 00.. only an extension to that branch is left. */
static struct trie_world *world_with_a_gap(struct key *leaf)
{
    struct trie_world *world = world_new(8, 32);
    struct key keys[3] = {
        {.size = 32      },
        { .size = 32, .bytes = {0x10}},
        { .size = 32, .bytes = {0x11}}
    };
    for (unsigned i = 0; i < 3; i++)
        put(world, &keys[i], bytes_of("0123456789012345678901234567890123456789", 40));
    reopen(world);
    for (size_t i = 0; i < world->store->count; i++) {
        struct naive_node *node = &world->store->nodes[i];
        bool is_root = hash32_equal(&node->hash, &world->trie.root_hash);
        if (node->encoding.size > 80 && !is_root) node->is_missing = true; /* the inner branch */
    }
    *leaf = keys[0];
    return world;
}

TEST(a_missing_sibling_stops_a_deletion)
{
    struct key leaf;
    struct error error;
    struct trie_world *world = world_with_a_gap(&leaf);
    CHECK_EQ(trie_put(&world->trie, key_bytes(&leaf), BYTES_EMPTY, &error), PEVM_STATE_UNREADABLE);
    CHECK(strstr(error.text, "deletion") != NULL);
    check_root(world);
    world_free(world);
}

TEST(a_missing_sibling_may_be_taken_for_a_branch)
{
    struct key leaf;
    struct trie_world *world = world_with_a_gap(&leaf);
    world->trie.missing_sibling_is_branch = true;
    put(world, &leaf, BYTES_EMPTY);
    check_root(world);
    world_free(world);
}

static struct bytes hostile_node;

static enum pevm_status hostile_get(void *context, const hash32 *hash, struct bytes *out)
{
    (void)hash;
    *out = hostile_node;
    return *(enum pevm_status *)context;
}

TEST(a_malformed_node_is_corrupt_and_named)
{
    enum pevm_status status = PEVM_OK;
    struct node_source source = {.node = hostile_get, .context = &status};
    struct arena arena;
    arena_init(&arena, 4096, 0);
    hash32 root = {{0xab}};
    uint8_t key[32] = {0x12};
    static const char *const nodes[] = {
        "0xc22080",
        "0x",
        "0xc0",
        "0xf90210",
        /* an extension whose child is an extension: the same node again, whatever the hash */
        "0xe211a0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        struct trie trie;
        struct bytes value;
        struct error error;
        hostile_node = test_hex(nodes[i]);
        trie_open(&trie, &root, &source, &arena);
        CHECK_EQ(trie_get(&trie, &value, bytes_of(key, 32), &error), PEVM_CORRUPT);
        CHECK(strstr(error.text, i == 4 ? "0xaaaa" : "0xab00") != NULL);
        CHECK_EQ(trie_put(&trie, bytes_of(key, 32), bytes_of("x", 1), &error), PEVM_CORRUPT);
    }
    arena_fini(&arena);
}

TEST(what_the_source_says_is_passed_on)
{
    enum pevm_status status = PEVM_IO;
    struct node_source source = {.node = hostile_get, .context = &status};
    struct arena arena;
    struct trie trie;
    struct bytes value;
    struct error error;
    hash32 root = {{0xab}};
    uint8_t key[32] = {0};
    arena_init(&arena, 4096, 0);
    trie_open(&trie, &root, &source, &arena);
    CHECK_EQ(trie_get(&trie, &value, bytes_of(key, 32), &error), PEVM_IO);
    trie_open(&trie, &root, NULL, &arena);
    CHECK_EQ(trie_get(&trie, &value, bytes_of(key, 32), &error), PEVM_STATE_UNREADABLE);
    arena_fini(&arena);
}

/* Any bytes for any hash: a branch that leads to itself, leaves that are too long, and so on. No crash, no hang. */
TEST(a_hostile_source_does_no_harm)
{
    enum pevm_status status = PEVM_OK;
    struct node_source source = {.node = hostile_get, .context = &status};
    struct trie_world *world = world_new(9, 32);
    for (unsigned i = 0; i < 60; i++)
        put_random(world, false);
    reopen(world);
    for (unsigned round = 0; round < 3000; round++) {
        struct arena arena;
        struct trie trie;
        hash32 root = {{1}};
        arena_init(&arena, 4096, 0);
        struct bytes node =
            world->store->nodes[rng_below(&world->rng, world->store->count)].encoding;
        uint8_t bytes[1000];
        memcpy(bytes, node.data, node.size);
        for (uint64_t i = rng_below(&world->rng, 3); i > 0; i--)
            bytes[rng_below(&world->rng, node.size)] = (uint8_t)rng_next(&world->rng);
        hostile_node = bytes_of(bytes, node.size);
        trie_open(&trie, &root, &source, &arena);
        for (unsigned i = 0; i < 10; i++) {
            struct key key = random_key(world);
            if (i % 3 == 0) rng_fill(&world->rng, key.bytes, key.size);
            enum pevm_status put_status = trie_put(
                &trie, key_bytes(&key), bytes_of("value", rng_below(&world->rng, 2) * 5), NULL);
            (void)put_status;
        }
        CHECK_EQ(trie_root(&trie, &root, NULL), PEVM_OK);
        arena_fini(&arena);
    }
    world_free(world);
}

TEST(a_fork_changes_and_its_base_does_not)
{
    struct trie_world *world = world_new(10, 5);
    struct arena fork_arena;
    arena_init(&fork_arena, 1 << 14, 0);
    for (unsigned i = 0; i < 80; i++)
        put_random(world, false);
    for (unsigned round = 0; round < 300; round++) {
        hash32 base_root = naive_root(world->naive), root;
        if (round % 2 == 0) check_root(world); /* hashed before, or by the fork */
        struct trie base = world->trie;
        static struct naive_trie copy;
        copy.count = world->naive->count;
        memcpy(copy.entries, world->naive->entries, sizeof copy.entries);

        trie_fork(&world->trie, &base, &fork_arena);
        for (unsigned i = 0; i < 15; i++)
            put_random(world, true);
        check_root(world);
        check_entries(world);

        world->trie = base;
        world->naive->count = copy.count;
        memcpy(world->naive->entries, copy.entries, sizeof copy.entries);
        CHECK_EQ(trie_root(&world->trie, &root, NULL), PEVM_OK);
        check_hash(root, base_root);
        check_entries(world);
        arena_reset(&fork_arena);
        put_random(world, true);
        if (world->naive->count == 0) put_random(world, false);
    }
    arena_fini(&fork_arena);
    world_free(world);
}

/* Whatever allocation fails: it is said, and the entries are those of the calls that succeeded. */
TEST(no_memory_is_said_and_nothing_changes)
{
    for (size_t limit = 0; limit < 6000; limit += 40) {
        struct trie_world *world = world_new(11, 4);
        struct arena tight;
        arena_init(&tight, 16, limit == 0 ? 1 : limit);
        world->trie.arena = &tight;
        for (unsigned i = 0; i < 30; i++) {
            struct key key = random_key(world);
            struct bytes value = bytes_of("0123456789012345678901234567890123456789",
                                          10 * rng_below(&world->rng, 5));
            enum pevm_status status = trie_put(&world->trie, key_bytes(&key), value, NULL);
            if (status == PEVM_OK)
                naive_put(world->naive, key_bytes(&key), value);
            else
                CHECK_EQ(status, PEVM_NO_MEMORY);
        }
        check_entries(world);
        struct trie *one = &world->trie;
        CHECK_EQ(trie_root_many(&one, 1, &world->arena), PEVM_OK);
        check_hash(world->trie.root_hash, naive_root(world->naive));
        arena_fini(&tight);
        world_free(world);
    }
}

/* ---- the official tests ---- */

static struct bytes official_bytes(struct bytes text)
{
    char copy[256];
    if (text.size < 2 || memcmp(text.data, "0x", 2) != 0) return text;
    assert_true(text.size < sizeof copy);
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    return test_hex(copy);
}

static void official_put(struct trie *trie, bool secure, struct bytes key, struct bytes value)
{
    hash32 hash;
    keccak256(&hash, key.data, key.size);
    if (secure) key = bytes_of(hash.bytes, sizeof hash.bytes);
    CHECK_EQ(trie_put(trie, key, value, NULL), PEVM_OK);
}

static void official_case(const struct json *test, bool secure)
{
    struct arena arena;
    struct trie trie;
    hash32 root;
    arena_init(&arena, 1 << 14, 0);
    trie_open(&trie, &keccak_empty_trie, NULL, &arena);
    const struct json *in = json_get(test, "in");
    for (const struct json *item = in->first; item != NULL; item = item->next) {
        bool is_pair = in->kind == JSON_ARRAY;
        struct bytes key = official_bytes(is_pair ? item->first->text : item->key);
        const struct json *value = is_pair ? item->last : item;
        bool is_deletion = value->kind == JSON_NULL;
        official_put(&trie, secure, key, is_deletion ? BYTES_EMPTY : official_bytes(value->text));
    }
    CHECK_EQ(trie_root(&trie, &root, NULL), PEVM_OK);
    struct bytes expected = official_bytes(json_get(test, "root")->text);
    if (memcmp(root.bytes, expected.data, sizeof root.bytes) != 0)
        fail_msg("%.*s", (int)test->key.size, (const char *)test->key.data);
    arena_fini(&arena);
}

static unsigned official_file(const struct input_file *file)
{
    struct arena arena;
    const struct json *tests;
    struct error error;
    unsigned count = 0;
    arena_init(&arena, 1 << 16, 0);
    if (json_parse(&tests, bytes_of(file->data, file->size), &arena, &error) != PEVM_OK)
        fail_msg("%s: %s", file->name, error.text);
    bool secure = strstr(file->name, "secure") != NULL;
    for (const struct json *test = tests->first; test != NULL; test = test->next) {
        official_case(test, secure);
        count++;
    }
    arena_fini(&arena);
    return count;
}

TEST(the_official_trie_tests_pass)
{
    const char *path = fixtures_path("tests_misc.tar.zst");
    if (path == NULL) {
        print_message("tests_misc.tar.zst is not here: skipped\n");
        skip();
    }
    struct input *input;
    struct input_file file;
    struct error error;
    unsigned count = 0;
    bool found = true;
    CHECK_EQ(input_open(&input, &path, 1, ".json", &error), PEVM_OK);
    while (count < 25) { /* ends: when all were seen, or the archive is at its end */
        if (input_next(input, &file, &found, &error) != PEVM_OK) fail_msg("%s", error.text);
        if (!found) break;
        bool is_trie_test = strstr(file.name, "/TrieTests/") != NULL;
        if (is_trie_test && strstr(file.name, "nextprev") == NULL) count += official_file(&file);
        input_file_fini(&file);
    }
    input_close(input);
    CHECK_EQ(count, 25);
}
