/* `pevm run` as a whole: what it refuses, what it does until there is no more to do. */
#include "service/service.h"
#include "support/service_world.h"
#include "support/test.h"

#include <string.h>

#define BLOCKS 12

static struct service_world world;
static struct service_summary summary;
static struct error error;

static void begin(void)
{
    service_world_make(&world, &(struct service_plan){.count = BLOCKS, .txs = 5});
    struct store *store = service_world_open(&world);
    service_world_found(&world, store);
    service_world_feed(&world, store, BLOCKS);
    store_close(store);
}

static enum pevm_status run(const char *setting)
{
    const char *settings[] = {setting, NULL};
    return service_world_run(&world, settings, &summary, &error);
}

TEST(all_that_was_fed_is_executed_once)
{
    begin();
    CHECK_EQ(run(NULL), PEVM_OK);
    CHECK_EQ(summary.first, 1);
    CHECK_EQ(summary.last, BLOCKS);
    CHECK_EQ(summary.blocks, BLOCKS);
    CHECK_EQ(summary.txs, 5 * BLOCKS);
    CHECK_EQ(summary.divergences, 0);
    struct service_state state = service_world_state(&world);
    CHECK_EQ(state.number, BLOCKS);
    CHECK(hash32_equal(&state.hash, &world.hashes[BLOCKS]));
    CHECK_EQ(run(NULL), PEVM_OK);
    CHECK_EQ(summary.blocks, 0);
    struct service_state again = service_world_state(&world);
    CHECK(hash32_equal(&state.digest, &again.digest));
    service_world_free(&world);
}

TEST(what_is_wrong_with_the_configuration_is_told)
{
    begin();
    CHECK_EQ(run("chain.name=foo"), PEVM_BAD_INPUT);
    CHECK(strstr(error.text, "chain.name") != NULL);
    CHECK_EQ(run("chain.network_id=77"), PEVM_BAD_INPUT);
    CHECK(strstr(error.text, "chain.network_id") != NULL);
    CHECK_EQ(run("execution.batch_size=0"), PEVM_BAD_INPUT);
    CHECK(strstr(error.text, "execution.batch_size") != NULL);
    service_world_free(&world);
}
