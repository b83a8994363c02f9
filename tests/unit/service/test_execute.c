/* One block judged: valid ones, bad ones, and a parallel run that comes out wrong. */
#include "cli/replay.h"
#include "fixture/bundle_source.h"
#include "service/execute.h"
#include "support/block_world.h"
#include "support/bytecode.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
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

TEST(without_recovery_what_fails_in_parallel_is_told)
{
    begin();
    executor.gives_up = true;
    executor.run = fail_inside;
    CHECK_EQ(execute_block(&executor, &execution, &world->block, &error), PEVM_INTERNAL);
    CHECK_EQ(runs, 1);
    executor.gives_up = false;
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

/* ---- a parallel run that comes out wrong ---- */

/* Reads a slot, a code, a block's hash; writes a slot; logs; makes a contract. */
static void begin_rich(void)
{
    address contract = block_world_address(CONTRACT), other = block_world_address(OTHER);
    world = block_world_new(FORK_SHANGHAI);
    block_world_set(world, other, 1, U256_ZERO, bytecode("1 2 ADD POP STOP"));
    block_world_set(
        world,
        contract,
        1,
        u256_from_u64(5),
        bytecode("1 SLOAD 98 BLOCKHASH ADD 2 SSTORE 32 0 LOG0 0 CALLDATALOAD EXTCODESIZE "
                 "3 SSTORE 7 0 0 0 CREATE2 4 SSTORE STOP"));
    block_world_set_slot(world, contract, 1, 77);
    block_world_set_slot(world, contract, 3, 9);
    for (unsigned i = 0; i < 3; i++) {
        struct tx *tx = block_world_tx(world, ALICE + i);
        uint8_t *data = arena_alloc_zeroed(&world->arena, 32, 1);
        memcpy(data + 12, other.bytes, sizeof other.bytes);
        tx->to = contract;
        tx->gas_limit = 400000;
        tx->data = bytes_of(data, 32);
    }
    block_world_seal(world);
    executor = (struct executor){.engine = world->engine,
                                 .chain = &world->chain,
                                 .state = world->pre_state,
                                 .tuning = {.policy = SCHED_WORK_STEALING}};
    execution = (struct execution){.parent = &world->parent};
}

/* The right outcome, spoiled. */
static enum pevm_status come_out_wrong(struct engine *engine,
                                       struct engine_outcome *outcome,
                                       const struct engine_input *input,
                                       struct error *fault)
{
    enum pevm_status status = engine_execute(engine, outcome, input, fault);
    outcome->fault = BLOCK_RECEIPTS_ROOT;
    outcome->receipt_count = 1;
    snprintf(outcome->text, sizeof outcome->text, "receipts root: expected that, got this");
    return status;
}

static void replay_bundle_in(const char *folder)
{
    struct bundle_source *source;
    struct bundle bundle = {0};
    struct replayer *replayer;
    static struct replay_result result;
    struct replay_plan plan = {.mode = REPLAY_BOTH, .workers = 2, .runs = 1};
    if (bundle_source_open(&source, &folder, 1, &error) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_EQ(bundle_source_count(source), 1);
    if (bundle_source_read(source, 0, &bundle, &error) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_EQ(replayer_new(&replayer, &plan, &error), PEVM_OK);
    if (replay_bundle(replayer, &result, &bundle, &error) != PEVM_OK) fail_msg("%s", error.text);
    if (!result.ok) fail_msg("%s", result.faults[0]);
    CHECK_EQ(result.gas_used, world->block.header.gas_used);
    replayer_free(replayer);
    bundle_fini(&bundle);
    bundle_source_close(source);
}

TEST(the_sequential_run_wins_and_leaves_a_bundle_that_replays)
{
    char folder[] = "/tmp/pevm-execute-XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    begin_rich();
    executor.folder = folder;
    executor.run = come_out_wrong;
    CHECK_EQ(judge(), BLOCK_VALID);
    CHECK(execution.diverged);
    CHECK_EQ(execution.outcome.receipt_count, 3);
    CHECK(strstr(execution.bundle, "/divergence-100") != NULL);
    replay_bundle_in(execution.bundle);

    /* The next block is judged in parallel again. */
    executor.run = NULL;
    CHECK_EQ(judge(), BLOCK_VALID);
    CHECK(!execution.diverged);
    CHECK_TEXT(execution.bundle, "");
    block_world_free(world);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK_EQ(system(command), 0);
}

TEST(a_bundle_that_cannot_be_written_keeps_no_block_back)
{
    begin_rich();
    executor.folder = "/proc/no-such-folder";
    executor.run = come_out_wrong;
    CHECK_EQ(judge(), BLOCK_VALID);
    CHECK(execution.diverged);
    CHECK_TEXT(execution.bundle, "");
    block_world_free(world);
}

TEST(a_bad_block_is_no_divergence_however_the_parallel_run_came_out)
{
    begin_rich();
    executor.folder = "/proc/no-such-folder";
    executor.run = come_out_wrong;
    world->block.header.gas_used--;
    CHECK_EQ(judge(), BLOCK_GAS_USED);
    CHECK(!execution.diverged);
    block_world_free(world);
}

/* ---- what no path is asked twice about ---- */

static void spoil_nonce(struct tx *tx)
{
    tx->nonce += 2;
}

static void spoil_value(struct tx *tx)
{
    tx->value = u256_from_u64(UINT64_MAX);
}

static void spoil_gas(struct tx *tx)
{
    tx->gas_limit = 20999;
}

static void spoil_fee(struct tx *tx)
{
    tx->max_fee = tx->max_priority_fee = U256_ONE;
}

static void spoil_chain(struct tx *tx)
{
    tx->is_protected = true;
    tx->chain_id = 999;
}

/* AC-18 */
TEST(an_invalid_transaction_makes_the_block_bad_and_has_no_receipt)
{
    static void (*const spoils[])(struct tx *) = {
        spoil_nonce, spoil_value, spoil_gas, spoil_fee, spoil_chain};
    for (size_t i = 0; i < COUNT_OF(spoils); i++) {
        begin();
        spoils[i](&world->txs[2]);
        block_world_sign(world);
        CHECK_EQ(judge(), BLOCK_TRANSACTION);
        CHECK_EQ(execution.outcome.tx_index, 2);
        CHECK(execution.outcome.tx_fault != TX_VALID);
        CHECK(execution.outcome.text[0] != 0);
        execute_explain(&executor, &execution, &world->block);
        block_world_free(world);
    }
}

TEST(the_engine_is_tuned_as_before_after_a_sequential_run)
{
    begin();
    executor.run = fail_inside;
    CHECK_EQ(judge(), BLOCK_VALID);
    executor.run = NULL;
    CHECK_EQ(judge(), BLOCK_VALID);
    CHECK_EQ(executor.tuning.policy, SCHED_WORK_STEALING);
    block_world_free(world);
}

/* Half of the grace is over: the block is given up, in parallel or not, and nobody tries again. */
TEST(a_stop_that_is_urgent_ends_the_block)
{
    static struct board board;
    static struct life life;
    board_init(&board);
    life.board = &board;
    counter_set(&life.grace_ns, 1000);
    begin();
    executor.life = &life;
    CHECK_EQ(judge(), BLOCK_VALID);
    counter_set(&life.stop_at_ns, 1);
    counter_set(&life.stop_signal, 15);
    CHECK_EQ(execute_block(&executor, &execution, &world->block, &error), PEVM_CANCELLED);
    executor.run = fail_inside;
    CHECK_EQ(execute_block(&executor, &execution, &world->block, &error), PEVM_CANCELLED);
    CHECK(board_silence(&board) < UINT64_C(10000000000));
    block_world_free(world);
    board_fini(&board);
}

/* The world fails while the block is judged again. */
TEST(a_state_that_cannot_be_read_is_no_verdict)
{
    for (unsigned read = 1; read < 40; read++) {
        begin_rich();
        executor.folder = "/proc/no-such-folder";
        executor.run = come_out_wrong;
        (void)block_world_run(world);
        unsigned all = world->reads;
        world->reads = 0;
        world->fail_read = all + read;
        enum pevm_status status = execute_block(&executor, &execution, &world->block, &error);
        if (world->reads >= world->fail_read)
            CHECK(status == PEVM_STATE_UNREADABLE ||
                  (status == PEVM_OK && execution.outcome.fault == BLOCK_VALID));
        else
            CHECK_EQ(status, PEVM_OK);
        block_world_free(world);
    }
}
