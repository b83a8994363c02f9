/* The loop over a store: whatever happens to the blocks in it, what is committed is their chain. */
#include "store/keyspace.h"
#include "support/service_world.h"
#include "support/test.h"

#include <string.h>

#define BLOCKS 80

static struct service_world world;
static struct service_summary summary;
static struct error error;

static void begin(void)
{
    service_world_make(&world, &(struct service_plan){.count = BLOCKS, .txs = 3});
    struct store *store = service_world_open(&world);
    service_world_found(&world, store);
    store_close(store);
}

static void feed(struct service_world *chain, uint64_t last)
{
    struct store *store = service_world_open(chain);
    service_world_feed(chain, store, last);
    store_close(store);
}

static struct service_state run(const char *setting)
{
    const char *settings[] = {setting, NULL};
    if (service_world_run(&world, settings, &summary, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    return service_world_state(&world);
}

/* What one transaction after another leaves, in a store that never saw another chain. */
static struct service_state reference(struct service_world *chain, uint64_t last)
{
    static const char *const settings[] = {"scheduler.policy=sequential", NULL};
    struct service_world other;
    service_world_make(&other, &(struct service_plan){.count = 1, .txs = 3});
    struct store *store = service_world_open(&other);
    service_world_found(&world, store);
    service_world_feed(chain, store, last);
    store_close(store);
    if (service_world_run(&other, settings, &summary, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    struct service_state state = service_world_state(&other);
    service_world_free(&other);
    return state;
}

static void check_same(struct service_state state, struct service_state expected)
{
    CHECK_EQ(state.number, expected.number);
    CHECK(hash32_equal(&state.hash, &expected.hash));
    CHECK(hash32_equal(&state.digest, &expected.digest));
}

TEST(another_chain_is_followed_however_deep_it_branches_off)
{
    static const uint64_t depths[] = {1, 7, 64};
    for (size_t i = 0; i < COUNT_OF(depths); i++) {
        struct service_world branch;
        begin();
        feed(&world, BLOCKS);
        (void)run(NULL);
        service_world_branch(&branch, &world, BLOCKS - depths[i], 0xaa);
        feed(&branch, BLOCKS);
        struct service_state state = run(NULL);
        CHECK_EQ(summary.reorgs, 1);
        CHECK_EQ(summary.blocks, depths[i]);
        check_same(state, reference(&branch, BLOCKS));
        service_world_free(&branch);
        service_world_free(&world);
    }
}

/* ---- bad blocks ---- */

static void other_base_fee(struct header *header)
{
    header->base_fee = u256_add(header->base_fee, U256_ONE);
}

/* Whoever starts has ancestors that are still being decoded when the next block is there: big ones take long. */
TEST(the_first_block_after_a_start_is_held_against_its_parent)
{
    service_world_make(&world,
                       &(struct service_plan){.count = 12, .txs = 400, .recipe = "transfers"});
    struct store *store = service_world_open(&world);
    service_world_found(&world, store);
    store_close(store);
    feed(&world, 11);
    (void)run(NULL);
    service_world_spoil(&world, 12, other_base_fee);
    feed(&world, 12);
    CHECK_EQ(service_world_run(&world, NULL, &summary, &error), PEVM_INVALID_BLOCK);
    CHECK(strstr(error.text, "base_fee") != NULL || strstr(error.text, "base fee") != NULL);
    service_world_free(&world);
}
