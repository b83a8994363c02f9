#include "cli/block_bench.h"
#include "cli/block_workload.h"
#include "engine/outcome.h"
#include "support/test.h"

#include <stdio.h>

/* A small block of each kind. */
#define SCALE 0.002

/* "$PEVM_FIXTURES/../workloads/gigagas" when it is there; NULL: skip. */
static const char *folder(void)
{
    static char path[1024];
    static bool is_known;
    if (is_known) return path[0] == 0 ? NULL : path;
    is_known = true;
    const char *file = fixtures_path("../workloads/gigagas/WETH9.hex");
    if (file == NULL) return NULL;
    snprintf(path, sizeof path, "%.*s", (int)(strrchr(file, '/') - file), file);
    return path;
}

static struct block_workload made(const char *name, double scale, double hot)
{
    struct block_workload workload;
    struct error error;
    struct block_workload_plan plan = {scale, hot, 7, folder()};
    const struct block_workload_kind *kind = block_workload_find(name);
    assert_non_null(kind);
    error_clear(&error);
    if (block_workload_init(&workload, kind, &plan, &error) != PEVM_OK) fail_msg("%s", error.text);
    return workload;
}

static void run_all(bool with_files)
{
    struct bench_plan plan = {
        .workers = {.counts = {1, 2}, .count = 2},
          .rounds = 1
    };
    struct block_bench *bench;
    struct bench_result result;
    struct error error;
    error_clear(&error);
    CHECK_EQ(block_bench_new(&bench, &plan, &error), PEVM_OK);
    for (size_t i = 0; i < block_workload_kind_count; i++) {
        const struct block_workload_kind *kind = &block_workload_kinds[i];
        if (kind->needs_files != with_files) continue;
        struct block_workload workload = made(kind->name, SCALE, 0.5);
        enum pevm_status status = block_bench_run(bench, &result, &workload, &error);
        if (status != PEVM_OK) fail_msg("%s: %s", kind->name, error.text);
        if (!result.ok) fail_msg("%s: %s", kind->name, result.text);
        CHECK(result.gas_used >= 21000 * result.tx_count);
        if (kind->is_fixed) CHECK_EQ(result.tx_count, kind->full_size);
        block_workload_fini(&workload);
    }
    block_bench_free(bench);
}

TEST(names_are_unique_and_found_with_and_without_benchmark)
{
    for (size_t i = 0; i < block_workload_kind_count; i++) {
        const struct block_workload_kind *kind = &block_workload_kinds[i];
        if (block_workload_find(kind->name) != kind) fail_msg("%s", kind->name);
        CHECK(strcmp(kind->name, kind->group) != 0);
    }
    assert_non_null(block_workload_find("BenchmarkParallelExecution/1000_txs"));
    assert_null(block_workload_find("ParallelExecution"));
    assert_null(block_workload_find("Benchmark"));
}

TEST(every_kind_gives_a_block_that_keeps_its_promises)
{
    run_all(false);
}

TEST(every_kind_of_public_bytecode_keeps_its_promises)
{
    if (folder() == NULL) skip();
    run_all(true);
}

TEST(sizes_are_the_published_ones)
{
    static const struct {
        const char *name;
        double scale;
        size_t txs;
        uint64_t gas_limit;
    } cases[] = {
        {"gigagas-raw",               1,      47620, 1000020000},
        {"gigagas-raw",               0.1,    4762,  100002000 },
        {"gigagas-raw",               0.0001, 5,     1000000   }, /* the least gas limit that a block has here */
        {"single-slot",               1,      10000, 600000000 },
        {"ParallelExecution/100_txs", 0.1,    100,   2100000   },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct block_workload workload = made(cases[i].name, cases[i].scale, 0);
        CHECK_EQ(workload.block.tx_count, cases[i].txs);
        CHECK_EQ(workload.block.header.gas_limit, cases[i].gas_limit);
        block_workload_fini(&workload);
    }
}

static void execute(struct engine *engine,
                    struct engine_outcome *outcome,
                    const struct block_workload *workload)
{
    struct error error;
    struct view view = memory_state_view(workload->pre_state);
    struct engine_input input = {.block = &workload->block,
                                 .pre_state = &view,
                                 .skip_header_compare = true,
                                 .skip_body_roots = true};
    engine_set_chain(engine, &workload->chain);
    CHECK_EQ(engine_execute(engine, outcome, &input, &error), PEVM_OK);
    CHECK_EQ(outcome->fault, BLOCK_VALID);
}

/* One person's four ways to swap, one after another on a fresh market. */
TEST(swaps_cost_what_others_have_measured)
{
    static const uint64_t gas[] = {155934, 149600, 145327, 144080};
    if (folder() == NULL) skip();
    struct engine *engine;
    struct engine_outcome outcome;
    struct engine_options options = {.chain = &chain_mainnet, .workers = 1};
    struct block_workload workload = made("clustered-uniswap", SCALE, 0);
    CHECK_EQ(engine_new(&engine, &options), PEVM_OK);
    CHECK_EQ(workload.block.tx_count, 400);
    for (size_t i = 0; i < COUNT_OF(gas); i++)
        workload.block.txs[i] = workload.block.txs[20 * i]; /* of twenty people in turns */
    workload.block.tx_count = COUNT_OF(gas);
    execute(engine, &outcome, &workload);
    for (size_t i = 0; i < COUNT_OF(gas); i++)
        CHECK_EQ(outcome.receipts[i].gas_used, gas[i]);
    engine_free(engine);
    block_workload_fini(&workload);
}

TEST(the_same_plan_makes_the_same_block)
{
    static const char *const names[] = {
        "contended-raw", "ConflictDetection/low_conflict", "own-mixed", "distance-raw"};
    struct engine *engines[2];
    struct engine_outcome outcomes[2];
    struct engine_options options = {.chain = &chain_mainnet, .workers = 1};
    char text[OUTCOME_TEXT_MAX];
    for (size_t k = 0; k < 2; k++)
        CHECK_EQ(engine_new(&engines[k], &options), PEVM_OK);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct block_workload workloads[2];
        for (size_t k = 0; k < 2; k++) {
            workloads[k] = made(names[i], SCALE, 0.3);
            execute(engines[k], &outcomes[k], &workloads[k]);
        }
        const char *difference = outcome_differs(text, &outcomes[0], &outcomes[1]);
        if (difference != NULL) fail_msg("%s: %s", names[i], difference);
        for (size_t k = 0; k < 2; k++)
            block_workload_fini(&workloads[k]);
    }
    for (size_t k = 0; k < 2; k++)
        engine_free(engines[k]);
}

TEST(hot_accounts_are_chosen_as_often_as_the_plan_says)
{
    struct block_workload workload = made("contended-raw", 0.1, 0.9);
    address first_hot;
    size_t hot = 0, accounts = 10000;
    u256 number = u256_from_u64(1000 + accounts - accounts / 10);
    first_hot = u256_to_address(number);
    for (size_t i = 0; i < workload.block.tx_count; i++)
        hot += memcmp(&workload.block.txs[i].to, &first_hot, sizeof first_hot) >= 0;
    CHECK(hot > workload.block.tx_count * 87 / 100 && hot < workload.block.tx_count * 93 / 100);
    block_workload_fini(&workload);
}

TEST(public_bytecode_that_is_not_there_is_told)
{
    struct block_workload workload;
    struct error error;
    struct block_workload_plan plan = {SCALE, 0, 1, "/nowhere/at/all"};
    static const char *const names[] = {
        "gigagas-erc20", "gigagas-uniswap", "clustered-erc20", "worst-uniswap", "contended-hybrid"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        error_clear(&error);
        CHECK_EQ(block_workload_init(&workload, block_workload_find(names[i]), &plan, &error),
                 PEVM_IO);
        assert_non_null(strstr(error.text, "/nowhere/at/all"));
        assert_non_null(strstr(error.text, names[i]));
    }
}
