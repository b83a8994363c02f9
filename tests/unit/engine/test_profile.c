/* What the engine counts and notes while it executes: the sums fit what it did, whoever does it. */
#include "engine/engine_metrics.h"
#include "engine/profile.h"
#include "metrics/prometheus.h"
#include "support/block_world.h"
#include "support/bytecode.h"
#include "support/exposition.h"
#include "support/test.h"

#define TXS 24

static struct block_world *world;
static struct event_log *events;

/* Everybody pays BOB, so nobody waits for anybody. */
static void begin(void)
{
    world = block_world_new(FORK_OSAKA);
    for (unsigned i = 0; i < TXS; i++)
        (void)block_world_tx(world, ALICE + i % 3);
    block_world_seal(world);
    CHECK_EQ(event_log_new(&events, 16, 1024), PEVM_OK);
}

static void end(void)
{
    event_log_free(events);
    block_world_free(world);
}

static uint64_t value(enum engine_metric metric, unsigned series)
{
    return metrics_value(engine_metrics(world->engine), metric, series);
}

static size_t noted(enum event_kind kind)
{
    size_t count = 0;
    for (unsigned i = 0; i < event_log_workers(events); i++)
        for (size_t k = 0; k < event_count(event_ring(events, i)); k++)
            count += event_at(event_ring(events, i), k)->kind == (uint32_t)kind;
    return count;
}

TEST(each_block_is_counted_with_its_transactions_and_gas)
{
    begin();
    uint64_t blocks = value(METRIC_BLOCKS, RESULT_VALID), tasks = value(METRIC_TASKS, 0);
    uint64_t gas = value(METRIC_GAS, 0), attempts = value(METRIC_INCARNATIONS, 0);
    for (unsigned i = 0; i < 4; i++) {
        world->input.is_parallel = i % 2 == 1;
        CHECK_EQ(block_world_run(world), BLOCK_VALID);
    }
    CHECK_EQ(value(METRIC_BLOCKS, RESULT_VALID) - blocks, 4);
    CHECK_EQ(value(METRIC_TASKS, 0) - tasks, 4 * TXS);
    CHECK_EQ(value(METRIC_GAS, 0) - gas, 4 * world->outcome.gas_used);
    CHECK(value(METRIC_INCARNATIONS, 0) - attempts >= 4 * TXS);
    CHECK_EQ(value(METRIC_BLOCK_TASKS, BLOCK_TASKS_ALL), 0);
    CHECK_EQ(value(METRIC_ACTIVE_WORKERS, 0), 0);
    CHECK(value(METRIC_THREADS, 0) > 0);
    CHECK(value(METRIC_MGAS, 0) > 0);
    CHECK(value(METRIC_ARENA_BYTES, 0) > 0);
    CHECK_EQ(metrics_histogram(engine_metrics(world->engine), METRIC_TASK_DURATION, 0).count, 0);
    end();
}

TEST(a_block_that_is_invalid_or_fails_is_counted_as_such)
{
    begin();
    world->block.txs = NULL; /* of the sealed block nothing fits any more */
    world->block.tx_count = 0;
    CHECK(block_world_run(world) != BLOCK_VALID);
    CHECK_EQ(value(METRIC_BLOCKS, RESULT_INVALID), 1);
    CHECK_EQ(value(METRIC_BLOCKS, RESULT_FAILED), 0);
    end();
    begin();
    world->fail_read = 1;
    CHECK_EQ(block_world_try(world), PEVM_STATE_UNREADABLE);
    CHECK_EQ(value(METRIC_BLOCKS, RESULT_FAILED), 1);
    CHECK_EQ(value(METRIC_TASK_FAILURES, FAILURE_UNREADABLE), 1);
    end();
}

TEST(every_transaction_is_noted_with_its_end_and_as_final)
{
    begin();
    world->input.events = events;
    for (unsigned i = 0; i < 2; i++) {
        world->input.is_parallel = i == 1;
        CHECK_EQ(block_world_run(world), BLOCK_VALID);
        CHECK_EQ(noted(EVENT_FINAL), TXS);
        CHECK_EQ(noted(EVENT_RUN) + noted(EVENT_RESUME),
                 noted(EVENT_EXECUTED) + noted(EVENT_BLOCKED) + noted(EVENT_UNSURE));
        CHECK_EQ(noted(EVENT_RUN), world->outcome.executions);
        CHECK_EQ(noted(EVENT_CHECK), noted(EVENT_HOLDS) + noted(EVENT_STALE));
        CHECK_EQ(noted(EVENT_IDLE), noted(EVENT_BUSY));
        CHECK_EQ(noted(EVENT_ENTER), noted(EVENT_LEAVE));
        CHECK(noted(EVENT_ENTER) >= 5);
        if (i == 0) CHECK_EQ(noted(EVENT_SEQUENTIAL), 1);
    }
    end();
}

TEST(a_profile_clocks_attempts_checks_and_reads)
{
    begin();
    struct metrics *metrics = engine_metrics(world->engine);
    CHECK_EQ(engine_set_profiling(world->engine, true), PEVM_OK);
    CHECK_EQ(engine_set_profiling(world->engine, true), PEVM_OK);
    for (unsigned i = 0; i < 2; i++) {
        world->input.is_parallel = i == 1;
        world->input.events = i == 1 ? events : NULL; /* somebody else's do as well */
        CHECK_EQ(block_world_run(world), BLOCK_VALID);
        CHECK_EQ(value(METRIC_PROFILED_BLOCKS, 0), i + 1);
        CHECK(metrics_histogram(metrics, METRIC_TASK_DURATION, 0).count >= (i + 1) * TXS);
    }
    CHECK_EQ(value(METRIC_TASK_TIME, ATTEMPT_FINAL) + value(METRIC_TASK_TIME, ATTEMPT_AGAIN),
             metrics_histogram(metrics, METRIC_TASK_DURATION, 0).sum);
    CHECK(value(METRIC_TASK_TIME, ATTEMPT_FINAL) > 0);
    CHECK(value(METRIC_BASE_READS, 0) > 0);
    CHECK(value(METRIC_BASE_READ_TIME, 0) > 0);
    CHECK(value(METRIC_PARALLELISM, 0) > 0);
    CHECK_EQ(value(METRIC_EVENTS_LOST, 0), 0);
    CHECK_EQ(engine_set_profiling(world->engine, false), PEVM_OK);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(value(METRIC_PROFILED_BLOCKS, 0), 2);
    end();
}

TEST(the_longest_chain_is_that_of_the_transactions_which_need_one_another)
{
    world = block_world_new(FORK_OSAKA);
    address counter = block_world_address(CONTRACT);
    block_world_set(world, counter, 1, U256_ZERO, bytecode("0 SLOAD 1 ADD 0 SSTORE"));
    block_world_set_slot(world, counter, 0, 41);
    for (unsigned i = 0; i < TXS; i++) {
        struct tx *tx = block_world_tx(world, ALICE + i % 3);
        if (i % 2 == 0) tx->to = counter;
    }
    block_world_seal(world);
    CHECK_EQ(event_log_new(&events, 16, 1024), PEVM_OK);
    CHECK_EQ(engine_set_profiling(world->engine, true), PEVM_OK);
    world->input.is_parallel = true;
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    bool has_workers = value(METRIC_THREADS, 0) > 1;
    CHECK_EQ(value(METRIC_CHAIN_TASKS, 0), has_workers ? TXS / 2 : 0);
    CHECK(value(METRIC_CHAIN_TIME, 0) <= value(METRIC_TASK_TIME, ATTEMPT_FINAL));
    end();
}

TEST(every_name_that_was_promised_is_there)
{
    static char text[1 << 16];
    static const char *const promised[] = {
        "pevm_tasks_executed_total",
        "pevm_gas_executed_total",
        "pevm_mgas_per_second",
        "pevm_task_duration_seconds_count",
        "pevm_block_duration_seconds_count{phase=\"transactions\"}",
        "pevm_task_failures_total{class=\"reverted\"}",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "pevm_threads",
        "pevm_arena_bytes",
        "pevm_queue_depth{queue=\"new\"}",
        "pevm_steals_total",
        "pevm_dependency_violations_total",
        "pevm_estimate_waits_total",
        "pevm_versions",
        "pevm_keys",
        "pevm_aborts_total",
        "pevm_incarnations_total",
        "pevm_conflict_ratio",
        "pevm_validation_duration_seconds_count",
        "pevm_active_workers",
        "pevm_parallel_efficiency",
    };
    begin();
    CHECK(prometheus_write(text, sizeof text, engine_metrics(world->engine)) < sizeof text);
    for (size_t i = 0; i < COUNT_OF(promised); i++) {
        double number;
        if (!exposition_value(text, promised[i], &number)) fail_msg("no %s", promised[i]);
    }
    end();
}

TEST(all_metrics_are_there_from_the_start_and_read_well)
{
    static char text[1 << 16];
    begin();
    struct metrics *metrics = engine_metrics(world->engine);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(prometheus_write(text, sizeof text, metrics) < sizeof text);
        const char *fault = exposition_fault(text);
        if (fault != NULL) fail_msg("%s", fault);
        double number;
        CHECK(
            exposition_value(text, "pevm_block_duration_seconds_count{phase=\"roots\"}", &number));
        CHECK(exposition_value(text, "pevm_queue_depth{queue=\"again\"}", &number));
        CHECK(exposition_value(text, "process_cpu_seconds_total", &number) && number > 0);
        CHECK(exposition_value(text, "process_resident_memory_bytes", &number) && number > 0);
        CHECK_EQ(block_world_run(world), BLOCK_VALID);
    }
    end();
}
