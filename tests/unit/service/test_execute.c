/* One block judged: valid ones, bad ones, and a parallel run that comes out wrong. */
#include "service/execute.h"
#include "support/block_world.h"
#include "support/test.h"

#include <string.h>

static struct block_world *world;
static struct executor executor;
static struct execution execution;
static struct error error;
static unsigned runs;

static void begin(void)
{
    world = block_world_new(FORK_SHANGHAI);
    for (unsigned i = 0; i < 4; i++)
        block_world_tx(world, ALICE + i % 3);
    block_world_seal(world);
    executor = (struct executor){.engine = world->engine,
                                 .chain = &world->chain,
                                 .state = world->pre_state,
                                 .folder = "/tmp",
                                 .tuning = {.policy = SCHED_WORK_STEALING}};
    execution = (struct execution){
        .parent = &world->parent, .ancestors = world->ancestors, .ancestor_count = 0};
    runs = 0;
}

static enum block_fault judge(void)
{
    error_clear(&error);
    if (execute_block(&executor, &execution, &world->block, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    return execution.outcome.fault;
}

TEST(a_valid_block_is_valid)
{
    begin();
    CHECK_EQ(judge(), BLOCK_VALID);
    CHECK_EQ(execution.outcome.receipt_count, 4);
    CHECK(!execution.diverged);
    CHECK_TEXT(execution.bundle, "");
    block_world_free(world);
}

static void more_gas(struct header *header)
{
    header->gas_used++;
}

static void less_gas(struct header *header)
{
    header->gas_used--;
}

static void other_receipts(struct header *header)
{
    header->receipts_root.bytes[7] ^= 1;
}

static void other_bloom(struct header *header)
{
    header->bloom.bytes[100] ^= 0x10;
}

static const struct {
    void (*change)(struct header *header);
    enum block_fault fault;
} cases[] = {
    {more_gas,       BLOCK_GAS_USED     },
    {less_gas,       BLOCK_GAS_USED     },
    {other_receipts, BLOCK_RECEIPTS_ROOT},
    {other_bloom,    BLOCK_BLOOM        },
};

TEST(a_header_that_says_something_else_is_refused_for_that)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin();
        cases[i].change(&world->block.header);
        CHECK_EQ(judge(), cases[i].fault);
        CHECK(execution.outcome.text[0] != 0);
        CHECK(!execution.diverged);
        execute_explain(&executor, &execution, &world->block);
        block_world_free(world);
    }
}

/* Fails twice in ways that may be ours: the sequential run is asked. */
static enum pevm_status fail_inside(struct engine *engine,
                                    struct engine_outcome *outcome,
                                    const struct engine_input *input,
                                    struct error *fault)
{
    (void)engine;
    (void)outcome;
    (void)input;
    runs++;
    return error_set(fault, PEVM_INTERNAL, "a worker lost its way");
}

static enum pevm_status fail_memory(struct engine *engine,
                                    struct engine_outcome *outcome,
                                    const struct engine_input *input,
                                    struct error *fault)
{
    (void)engine;
    (void)outcome;
    (void)input;
    runs++;
    return error_set(fault, PEVM_NO_MEMORY, "no memory for so many");
}

TEST(what_fails_in_parallel_is_tried_one_after_another)
{
    begin();
    executor.run = fail_inside;
    CHECK_EQ(judge(), BLOCK_VALID);
    executor.run = fail_memory;
    CHECK_EQ(judge(), BLOCK_VALID);
    CHECK_EQ(runs, 2);
    CHECK_EQ(execution.outcome.receipt_count, 4);
    block_world_free(world);
}

TEST(with_the_sequential_policy_nothing_is_tried_twice)
{
    begin();
    executor.tuning.policy = SCHED_SEQUENTIAL;
    executor.run = fail_inside;
    CHECK_EQ(execute_block(&executor, &execution, &world->block, &error), PEVM_INTERNAL);
    CHECK_EQ(runs, 1);
    block_world_free(world);
}
