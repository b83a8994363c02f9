#include "base/hex.h"
#include "base/rng.h"
#include "state/block_state.h"
#include "state/memory_state.h"
#include "state/state_root.h"
#include "support/test.h"
#include "unit/state/state_model.h"

/* A block on a random state, and the nodes of that state. */
struct root_world {
    struct model before, after;
    bool cleared[MODEL_ACCOUNTS];
    struct changeset changes;
    struct node_store *store;
    struct node_source source;
    struct witness_roots roots;
    struct arena arena, scratch;
    struct rng rng;
};

static struct root_world *world_new(uint64_t seed, unsigned slots_used, unsigned steps)
{
    struct root_world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    rng_init(&world->rng, seed);
    arena_init(&world->arena, 1 << 16, 0);
    arena_init(&world->scratch, 4096, 0);
    world->store = node_store_new();
    world->source = (struct node_source){.node = node_store_get, .context = world->store};
    model_init(&world->before, slots_used);
    for (unsigned step = 0; step < 250; step++)
        model_step(&world->before, &world->rng);
    world->after = world->before;
    for (unsigned step = 0; step < steps; step++)
        model_step(&world->after, &world->rng);
    for (unsigned a = 0; a < MODEL_ACCOUNTS; a++)
        world->cleared[a] = rng_below(&world->rng, 6) == 0;
    world->changes = model_changes(&world->before, &world->after, world->cleared, &world->arena);
    naive_record = world->store;
    world->roots.parent_root = model_root(&world->before);
    naive_record = NULL;
    world->roots.nodes = &world->source;
    world->roots.scratch = &world->scratch;
    return world;
}

static void world_free(struct root_world *world)
{
    node_store_free(world->store);
    arena_fini(&world->arena);
    arena_fini(&world->scratch);
    free(world);
}

static void check_witness_root(struct root_world *world)
{
    hash32 root;
    struct error error;
    error_clear(&error);
    if (witness_root(&world->roots, &world->changes, &root, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    check_hash(root, model_root(&world->after));
    CHECK_EQ(arena_used(&world->scratch), 0);
}

TEST(no_change_is_the_parent_root)
{
    struct root_world *world = world_new(1, 20, 0);
    struct changeset nothing = {0};
    hash32 root;
    for (size_t i = 0; i < world->store->count; i++)
        world->store->nodes[i].is_missing = true; /* and needs no node */
    CHECK_EQ(witness_root(&world->roots, &nothing, &root, NULL), PEVM_OK);
    check_hash(root, world->roots.parent_root);
    world_free(world);
}

/* With all nodes; then with those alone that the first time asked for, as a witness is made. */
TEST(random_changes_give_the_root_of_the_model)
{
    for (unsigned round = 0; round < 150; round++) {
        struct root_world *world = world_new(100 + round, round % 3 == 0 ? 90 : 6, 1 + round % 40);
        check_witness_root(world);
        for (size_t i = 0; i < world->store->count; i++)
            world->store->nodes[i].is_missing = world->store->nodes[i].asked == 0;
        check_witness_root(world);
        world_free(world);
    }
}

/* The whole way of a block: layer, changeset, and the root from a state in memory and from nodes. */
TEST(a_block_has_the_same_root_from_memory_and_from_nodes)
{
    for (unsigned round = 0; round < 60; round++) {
        struct root_world *world = world_new(500 + round, round % 3 == 0 ? 90 : 6, 25);
        static struct model nothing;
        bool none[MODEL_ACCOUNTS] = {false};
        struct memory_state *state = memory_state_new();
        model_init(&nothing, world->before.slots_used);
        struct changeset all = model_changes(&nothing, &world->before, none, &world->arena);
        CHECK_EQ(memory_state_apply(state, &all), PEVM_OK);

        struct memory_roots memory = {state, &world->scratch};
        hash32 from_memory, from_nodes;
        CHECK_EQ(memory_root(&memory, &world->changes, &from_memory, NULL), PEVM_OK);
        CHECK_EQ(witness_root(&world->roots, &world->changes, &from_nodes, NULL), PEVM_OK);
        check_hash(from_memory, from_nodes);

        struct block_state *block;
        struct changeset told;
        struct view view = memory_state_view(state);
        CHECK_EQ(block_state_new(&block), PEVM_OK);
        block_state_begin(block, &view);
        for (size_t i = 0; i < world->changes.account_count; i++) {
            const struct account_change *change = &world->changes.accounts[i];
            struct account_value value = {
                change->balance, change->code_hash, change->nonce, change->exists};
            if (change->storage_cleared) CHECK(block_state_clear_storage(block, &change->account));
            CHECK(block_state_set_account(block, &change->account, &value));
            for (size_t s = 0; s < change->slot_count; s++)
                CHECK(block_state_set_slot(
                    block, &change->account, &change->slots[s].slot, &change->slots[s].value));
        }
        CHECK_EQ(block_state_changes(block, &told, &world->arena), PEVM_OK);
        CHECK_EQ(memory_root(&memory, &told, &from_memory, NULL), PEVM_OK);
        check_hash(from_memory, from_nodes);
        CHECK_EQ(memory_state_apply(state, &told), PEVM_OK);
        CHECK_EQ(memory_state_root(state, &from_memory, &world->scratch), PEVM_OK);
        check_hash(from_memory, from_nodes);
        block_state_free(block);
        memory_state_free(state);
        world_free(world);
    }
}

/* Every node of the witness in turn is missing: the root is right, or the text names an account and that node. */
TEST(a_missing_node_is_named_with_its_account)
{
    unsigned faults = 0, slots = 0;
    for (unsigned round = 0; round < 6; round++) {
        struct root_world *world = world_new(900 + round, 30, 10);
        for (size_t i = 0; i < world->store->count; i++) {
            char text[HEX_HASH_SIZE];
            struct error error;
            hash32 root;
            world->store->nodes[i].is_missing = true;
            enum pevm_status status = witness_root(&world->roots, &world->changes, &root, &error);
            CHECK_EQ(arena_used(&world->scratch), 0);
            world->store->nodes[i].is_missing = false;
            if (status == PEVM_OK) {
                check_hash(root, model_root(&world->after));
                continue;
            }
            faults++;
            CHECK_EQ(status, PEVM_STATE_UNREADABLE);
            CHECK(strstr(error.text, "account 0x") == error.text);
            CHECK(strstr(error.text, hex_hash(text, &world->store->nodes[i].hash)) != NULL);
            slots += strstr(error.text, "slot 0x") != NULL;
        }
        world_free(world);
    }
    CHECK(faults > 60);
    CHECK(slots > 10);
}

/* Bytes of nodes are changed at random: a fault with a text, or some root, never a crash. */
TEST(damaged_nodes_do_no_harm)
{
    struct root_world *world = world_new(40, 30, 12);
    unsigned corrupt = 0;
    for (unsigned round = 0; round < 1500; round++) {
        struct naive_node *node = &world->store->nodes[rng_below(&world->rng, world->store->count)];
        if (node->asked == 0 && round > 0) continue;
        struct bytes intact = node->encoding;
        uint8_t bytes[1000];
        memcpy(bytes, intact.data, intact.size);
        for (unsigned i = 0; i < 2; i++)
            bytes[rng_below(&world->rng, intact.size)] ^=
                (uint8_t)(1u << rng_below(&world->rng, 8));
        node->encoding.data = bytes;
        struct error error;
        hash32 root;
        error_clear(&error);
        enum pevm_status status = witness_root(&world->roots, &world->changes, &root, &error);
        if (status != PEVM_OK) {
            CHECK(status == PEVM_CORRUPT || status == PEVM_STATE_UNREADABLE);
            CHECK(strstr(error.text, "account 0x") == error.text);
            corrupt += status == PEVM_CORRUPT;
        }
        node->encoding = intact;
    }
    CHECK(corrupt > 50);
    check_witness_root(world);
    world_free(world);
}

TEST(an_account_in_the_trie_that_is_none_is_corrupt)
{
    struct root_world *world = world_new(50, 5, 0);
    struct naive_trie *naive = naive_new();
    struct account_change change = {.account = model_address(1), .exists = true, .nonce = 1};
    struct changeset changes = {.accounts = &change, .account_count = 1};
    hash32 key, root;
    struct error error;
    keccak256(&key, change.account.bytes, sizeof change.account.bytes);
    naive_put(naive, bytes_of(key.bytes, sizeof key.bytes), bytes_of("not an account at all", 21));
    naive_record = world->store;
    world->roots.parent_root = naive_root(naive);
    naive_record = NULL;
    CHECK_EQ(witness_root(&world->roots, &changes, &root, &error), PEVM_CORRUPT);
    CHECK(strstr(error.text, "account in the trie: list") != NULL);
    naive_free(naive);
    world_free(world);
}

static unsigned first_nibble(unsigned slot)
{
    hash32 bytes = u256_to_hash(model_slot(slot)), key;
    keccak256(&key, bytes.bytes, sizeof bytes.bytes);
    return key.bytes[0] >> 4;
}

/* A storage of three slots, two of whose paths begin alike: when the third goes, the branch of the two is what is left,
 * and the witness does not have it. */
TEST(a_gap_in_a_witness_is_bridged_when_the_caller_says_so)
{
    struct root_world *world = world_new(70, 90, 0);
    struct model_account *account = &world->before.accounts[3];
    unsigned twin = 1, lone = 1;
    while (first_nibble(twin) != first_nibble(0))
        twin++;
    while (first_nibble(lone) == first_nibble(0))
        lone++;
    *account = (struct model_account){.exists = true, .nonce = 1};
    account->slots[0] = account->slots[twin] = account->slots[lone] = 1;
    world->after = world->before;
    world->after.accounts[3].slots[lone] = 0;
    bool none[MODEL_ACCOUNTS] = {false};
    world->changes = model_changes(&world->before, &world->after, none, &world->arena);
    naive_record = world->store;
    world->roots.parent_root = model_root(&world->before);
    naive_record = NULL;

    check_witness_root(world);
    unsigned bridged = 0;
    for (size_t i = 0; i < world->store->count; i++) {
        struct error error;
        hash32 root;
        if (world->store->nodes[i].asked == 0) continue;
        world->store->nodes[i].is_missing = true;
        CHECK_EQ(witness_root(&world->roots, &world->changes, &root, &error),
                 PEVM_STATE_UNREADABLE);
        world->roots.missing_sibling_is_branch = true;
        if (strstr(error.text, "deletion") != NULL) {
            check_witness_root(world);
            bridged++;
        } else {
            CHECK_EQ(witness_root(&world->roots, &world->changes, &root, &error),
                     PEVM_STATE_UNREADABLE);
        }
        world->roots.missing_sibling_is_branch = false;
        world->store->nodes[i].is_missing = false;
    }
    CHECK_EQ(bridged, 1);
    world_free(world);
}

TEST(no_memory_is_said)
{
    struct root_world *world = world_new(60, 30, 40);
    struct arena tight;
    arena_init(&tight, 64, 2000);
    world->roots.scratch = &tight;
    struct error error;
    hash32 root;
    CHECK_EQ(witness_root(&world->roots, &world->changes, &root, &error), PEVM_NO_MEMORY);
    arena_fini(&tight);
    world_free(world);
}
