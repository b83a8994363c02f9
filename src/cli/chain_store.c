#include "cli/chain_store.h"

void chain_store_init(struct chain_store *store, struct chain_node *nodes)
{
    *store = (struct chain_store){.nodes = nodes};
}

void chain_store_fini(struct chain_store *store)
{
    for (size_t i = 0; i < store->count; i++)
        memory_state_free(store->nodes[i].state);
    *store = (struct chain_store){0};
}

struct chain_node *chain_store_find(const struct chain_store *store, const hash32 *hash)
{
    for (size_t i = store->count; i-- > 0;)
        if (hash32_equal(&store->nodes[i].block->header.hash, hash)) return &store->nodes[i];
    return NULL;
}

/* Nobody will build on it, and it is not the result either. */
static void give_up_state(struct chain_store *store, struct chain_node *node)
{
    if (node->awaited > 0 || node == store->head) return;
    memory_state_free(node->state);
    node->state = NULL;
}

static bool is_proof_of_stake(const struct chain_node *node)
{
    return u256_is_zero(node->block->header.difficulty);
}

static bool becomes_head(const struct chain_node *node, const struct chain_node *head)
{
    if (is_proof_of_stake(node)) return true;
    return !is_proof_of_stake(head) && u256_less(head->total_difficulty, node->total_difficulty);
}

struct chain_node *chain_store_add(struct chain_store *store,
                                   struct chain_node *parent,
                                   const struct block *block,
                                   struct memory_state *state,
                                   size_t awaited)
{
    struct chain_node *node = &store->nodes[store->count++], *loser = node;
    u256 before = parent == NULL ? U256_ZERO : parent->total_difficulty;
    *node = (struct chain_node){
        .parent = parent,
        .block = block,
        .total_difficulty = u256_add(before, block->header.difficulty),
        .state = state,
        .awaited = awaited,
    };
    if (store->head == NULL || becomes_head(node, store->head)) {
        loser = store->head;
        store->head = node;
    }
    if (loser != NULL) give_up_state(store, loser);
    return node;
}

void chain_store_release(struct chain_store *store, struct chain_node *node)
{
    ASSERT(node->awaited > 0);
    node->awaited--;
    give_up_state(store, node);
}

size_t chain_store_ancestors(const struct chain_node *node,
                             struct engine_ancestor out[ENGINE_ANCESTORS_MAX])
{
    size_t count = 0;
    for (; node != NULL && count < ENGINE_ANCESTORS_MAX; node = node->parent)
        out[count++] = (struct engine_ancestor){.header = &node->block->header,
                                                .ommers = node->block->ommers,
                                                .ommer_count = node->block->ommer_count};
    return count;
}

bool chain_store_hash_at(const struct chain_node *node, uint64_t number, hash32 *out)
{
    while (node != NULL && node->block->header.number > number) /* ends: at the genesis */
        node = node->parent;
    if (node == NULL || node->block->header.number != number) return false;
    *out = node->block->header.hash;
    return true;
}
