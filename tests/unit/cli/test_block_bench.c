#include "cli/block_bench.h"
#include "support/test.h"

static const struct bench_plan plan = {
    .workers = {.counts = {1, 3}, .count = 2},
      .rounds = 3
};

static struct block_workload small_block(void)
{
    struct block_workload workload;
    struct error error;
    struct block_workload_plan small = {1, 0, 1, "/nowhere"};
    const struct block_workload_kind *kind = block_workload_find("ParallelExecution/100_txs");
    CHECK_EQ(block_workload_init(&workload, kind, &small, &error), PEVM_OK);
    return workload;
}

static void run(struct bench_result *result, const struct block_workload *workload)
{
    struct block_bench *bench;
    struct error error;
    error_clear(&error);
    CHECK_EQ(block_bench_new(&bench, &plan, &error), PEVM_OK);
    if (block_bench_run(bench, result, workload, &error) != PEVM_OK) fail_msg("%s", error.text);
    block_bench_free(bench);
}

TEST(a_row_for_each_way_to_execute)
{
    struct block_workload workload = small_block();
    struct bench_result result;
    run(&result, &workload);
    CHECK(result.ok);
    CHECK_EQ(result.row_count, 3);
    CHECK_EQ(result.tx_count, 100);
    CHECK_EQ(result.gas_used, 2100000);
    static const unsigned workers[] = {0, 1, 3};
    for (size_t i = 0; i < result.row_count; i++) {
        const struct bench_row *row = &result.rows[i];
        CHECK_EQ(row->workers, workers[i]);
        CHECK(row->ns_min > 0 && row->ns_min <= row->ns_median);
        CHECK(row->executions >= 1 && row->executions < 2);
        CHECK(row->bytes_per_tx > 0);
        CHECK(bench_speed_up(&result, row) > 0);
    }
    CHECK(bench_speed_up(&result, &result.rows[0]) == 1);
    block_workload_fini(&workload);
}

TEST(gas_that_was_not_promised_is_told)
{
    struct block_workload workload = small_block();
    struct block_workload_kind kind = *workload.kind;
    struct bench_result result;
    kind.gas_each = 21001;
    workload.kind = &kind;
    run(&result, &workload);
    CHECK(!result.ok);
    CHECK_TEXT(result.text, "transaction 0 used 21000 gas, not 21001");
    block_workload_fini(&workload);
}

TEST(success_where_failure_was_meant_is_told)
{
    struct block_workload workload = small_block();
    struct bench_result result;
    workload.failing = 1;
    run(&result, &workload);
    CHECK(!result.ok);
    CHECK_TEXT(result.text, "0 transactions failed, not 1");
    block_workload_fini(&workload);
}

TEST(a_refused_block_is_told)
{
    struct block_workload workload = small_block();
    struct bench_result result;
    workload.block.txs[5].nonce++;
    run(&result, &workload);
    CHECK(!result.ok);
    assert_non_null(strstr(result.text, "the block is refused"));
    block_workload_fini(&workload);
}
