#include "cli/chain_store.h"
#include "support/test.h"

/* A tree of blocks that are named by one byte of their hash. */
struct tree {
    struct chain_store store;
    struct chain_node nodes[16];
    struct block blocks[16];
};

static struct tree *tree_new(void)
{
    static struct tree tree;
    memset(&tree, 0, sizeof tree);
    chain_store_init(&tree.store, tree.nodes);
    return &tree;
}

/* `parent` 0: the genesis. */
static struct chain_node *grow(
    struct tree *tree, uint8_t name, uint8_t parent, uint64_t difficulty, size_t awaited)
{
    hash32 parent_hash = {{parent}};
    struct block *block = &tree->blocks[name];
    struct chain_node *below = parent == 0 ? NULL : chain_store_find(&tree->store, &parent_hash);
    uint64_t number = below == NULL ? 0 : below->block->header.number + 1;
    *block = (struct block){
        .header = {.hash = {{name}},
                   .parent_hash = parent_hash,
                   .number = number,
                   .difficulty = u256_from_u64(difficulty)}
    };
    return chain_store_add(&tree->store, below, block, memory_state_new(), awaited);
}

static uint8_t head_of(const struct tree *tree)
{
    return tree->store.head->block->header.hash.bytes[0];
}

TEST(the_heaviest_chain_wins_and_the_first_of_equals)
{
    struct tree *tree = tree_new();
    grow(tree, 1, 0, 10, 2);
    CHECK_EQ(head_of(tree), 1);
    grow(tree, 2, 1, 10, 1);
    CHECK_EQ(head_of(tree), 2);
    grow(tree, 3, 1, 10, 1);
    CHECK_EQ(head_of(tree), 2);
    grow(tree, 4, 3, 1, 0);
    CHECK_EQ(head_of(tree), 4);
    grow(tree, 5, 2, 2, 0);
    CHECK_EQ(head_of(tree), 5);
    CHECK_EQ(tree->store.head->total_difficulty.words[0], 22);
    chain_store_fini(&tree->store);
}

TEST(after_the_merge_the_last_block_wins)
{
    struct tree *tree = tree_new();
    grow(tree, 1, 0, 10, 3);
    grow(tree, 2, 1, 0, 0);
    CHECK_EQ(head_of(tree), 2);
    grow(tree, 3, 1, 0, 0);
    CHECK_EQ(head_of(tree), 3);
    grow(tree, 4, 1, 99, 0); /* work no longer counts */
    CHECK_EQ(head_of(tree), 3);
    chain_store_fini(&tree->store);
}

TEST(a_state_is_given_up_when_nobody_needs_it)
{
    struct tree *tree = tree_new();
    struct chain_node *genesis = grow(tree, 1, 0, 10, 2);
    struct chain_node *two = grow(tree, 2, 1, 10, 0);
    CHECK(genesis->state != NULL);
    chain_store_release(&tree->store, genesis);
    CHECK(genesis->state != NULL);
    struct chain_node *three = grow(tree, 3, 1, 5, 0); /* a side chain that ends here */
    CHECK(three->state == NULL);
    chain_store_release(&tree->store, genesis);
    CHECK(genesis->state == NULL);
    CHECK(two->state != NULL); /* the head's state is the result */
    chain_store_fini(&tree->store);
}

TEST(a_head_that_is_passed_over_keeps_its_state_while_it_is_awaited)
{
    struct tree *tree = tree_new();
    grow(tree, 1, 0, 10, 2);
    struct chain_node *two = grow(tree, 2, 1, 10, 1);
    grow(tree, 3, 1, 11, 0);
    CHECK_EQ(head_of(tree), 3);
    CHECK(two->state != NULL);
    chain_store_release(&tree->store, two);
    CHECK(two->state == NULL);
    chain_store_fini(&tree->store);
}

TEST(ancestors_and_hashes_follow_the_branch)
{
    struct engine_ancestor ancestors[ENGINE_ANCESTORS_MAX];
    struct tree *tree = tree_new();
    grow(tree, 1, 0, 1, 9);
    grow(tree, 2, 1, 1, 9);
    struct chain_node *three = grow(tree, 3, 2, 1, 9);
    struct chain_node *side = grow(tree, 4, 1, 1, 9);
    CHECK_EQ(chain_store_ancestors(three, ancestors), 3);
    CHECK_EQ(ancestors[0].header->hash.bytes[0], 3);
    CHECK_EQ(ancestors[2].header->hash.bytes[0], 1);
    CHECK_EQ(chain_store_ancestors(side, ancestors), 2);
    hash32 hash;
    CHECK(chain_store_hash_at(three, 1, &hash));
    CHECK_EQ(hash.bytes[0], 2);
    CHECK(chain_store_hash_at(side, 1, &hash));
    CHECK_EQ(hash.bytes[0], 4);
    CHECK(chain_store_hash_at(side, 0, &hash));
    CHECK(!chain_store_hash_at(side, 2, &hash));
    for (uint8_t name = 5; name < 12; name++)
        three = grow(tree, name, name == 5 ? 3 : (uint8_t)(name - 1), 1, 9);
    CHECK_EQ(chain_store_ancestors(three, ancestors), ENGINE_ANCESTORS_MAX);
    chain_store_fini(&tree->store);
}
