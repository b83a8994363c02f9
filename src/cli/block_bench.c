#include "cli/block_bench.h"

#include "base/heap.h"
#include "engine/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* One way to execute, and what its runs were like. */
struct bench_way {
    struct engine *engine;
    unsigned workers; /* 0: sequential */
    uint64_t *times;  /* of each round */
    uint64_t time_sum, cpu_sum, executions, stale, waits, heap_calls;
    size_t arena_bytes;
    unsigned most;
};

struct block_bench {
    struct bench_plan plan;
    struct bench_way ways[1 + WORKER_LIST_MAX];
    size_t way_count;
};

/* ---- life ---------------------------------------------------------------------------------------------- */

static enum pevm_status way_init(struct bench_way *way, unsigned workers, size_t rounds)
{
    struct engine_options options = {.chain = &chain_mainnet,
                                     .workers = workers == 0 ? 1 : workers};
    way->workers = workers;
    way->times = heap_alloc_zeroed(rounds, sizeof *way->times);
    return way->times == NULL ? PEVM_NO_MEMORY : engine_new(&way->engine, &options);
}

enum pevm_status block_bench_new(struct block_bench **out,
                                 const struct bench_plan *plan,
                                 struct error *error)
{
    ASSERT(plan->rounds >= 1 && plan->rounds <= BENCH_ROUNDS_MAX);
    struct block_bench *bench = heap_alloc_zeroed(1, sizeof *bench);
    if (bench == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    bench->plan = *plan;
    enum pevm_status status = PEVM_OK;
    for (size_t i = 0; i <= plan->workers.count && status == PEVM_OK; i++) {
        unsigned workers = i == 0 ? 0 : plan->workers.counts[i - 1];
        status = way_init(&bench->ways[bench->way_count++], workers, plan->rounds);
    }
    if (status != PEVM_OK) {
        block_bench_free(bench);
        return error_set(error, status, "no engine: %s", pevm_status_text(status));
    }
    *out = bench;
    return PEVM_OK;
}

void block_bench_free(struct block_bench *bench)
{
    if (bench == NULL) return;
    for (size_t i = 0; i < bench->way_count; i++) {
        engine_free(bench->ways[i].engine);
        heap_free(bench->ways[i].times);
    }
    heap_free(bench);
}

/* ---- checks -------------------------------------------------------------------------------------------- */

static void wrong(struct bench_result *result, const char *format, ...) PRINTF_LIKE(2, 3);
static void wrong(struct bench_result *result, const char *format, ...)
{
    va_list arguments;
    result->ok = false;
    va_start(arguments, format);
    vsnprintf(result->text, sizeof result->text, format, arguments);
    va_end(arguments);
}

/* What the workload says of its transactions. */
static void check_promises(struct bench_result *result,
                           const struct block_workload *workload,
                           const struct engine_outcome *outcome)
{
    size_t failing = 0;
    uint64_t gas = workload->kind->gas_each;
    if (outcome->fault != BLOCK_VALID) {
        wrong(result, "the block is refused: %.400s", outcome->text);
        return;
    }
    for (size_t i = 0; i < outcome->receipt_count && result->ok; i++) {
        const struct receipt *receipt = &outcome->receipts[i];
        failing += !receipt->success;
        if (gas != 0 && receipt->gas_used != gas)
            wrong(result,
                  "transaction %zu used %llu gas, not %llu",
                  i,
                  (unsigned long long)receipt->gas_used,
                  (unsigned long long)gas);
    }
    if (result->ok && failing != workload->failing)
        wrong(result, "%zu transactions failed, not %zu", failing, workload->failing);
}

/* ---- runs ---------------------------------------------------------------------------------------------- */

static enum pevm_status way_run(struct bench_way *way,
                                struct engine_outcome *outcome,
                                const struct block_workload *workload,
                                struct error *error)
{
    struct view view = memory_state_view(workload->pre_state);
    struct engine_input input = {.block = &workload->block,
                                 .pre_state = &view,
                                 .is_parallel = way->workers > 0,
                                 .skip_header_compare = true,
                                 .skip_body_roots = true};
    engine_set_chain(way->engine, &workload->chain);
    uint64_t heap_before = heap_calls();
    TRY(engine_execute(way->engine, outcome, &input, error));
    way->heap_calls = heap_calls() - heap_before;
    return PEVM_OK;
}

static void way_count(struct bench_way *way, size_t round, const struct engine_outcome *outcome)
{
    way->times[round] = outcome->execute_ns;
    way->time_sum += outcome->execute_ns;
    way->cpu_sum += outcome->execute_cpu_ns;
    way->executions += outcome->executions;
    way->stale += outcome->stale;
    way->waits += outcome->waits;
    if (outcome->executions_most > way->most) way->most = outcome->executions_most;
    way->arena_bytes = outcome->arena_bytes;
}

static void way_forget(struct bench_way *way)
{
    way->time_sum = way->cpu_sum = way->executions = way->stale = way->waits = 0;
    way->most = 0;
}

/* Each way once; what the sequential one gives is lent by its engine until the next round. */
static enum pevm_status round_run(struct block_bench *bench,
                                  struct bench_result *result,
                                  size_t round,
                                  const struct block_workload *workload,
                                  struct error *error)
{
    struct engine_outcome sequential, outcome;
    char text[OUTCOME_TEXT_MAX];
    TRY(way_run(&bench->ways[0], &sequential, workload, error));
    way_count(&bench->ways[0], round, &sequential);
    check_promises(result, workload, &sequential);
    for (size_t i = 1; i < bench->way_count && result->ok; i++) {
        struct bench_way *way = &bench->ways[i];
        TRY(way_run(way, &outcome, workload, error));
        way_count(way, round, &outcome);
        const char *difference = outcome_differs(text, &sequential, &outcome);
        if (difference != NULL)
            wrong(result, "%u workers give another outcome: %s", way->workers, difference);
    }
    result->gas_used = sequential.gas_used;
    return PEVM_OK;
}

/* ---- results ------------------------------------------------------------------------------------------- */

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static double ratio(double a, double b)
{
    return b == 0 ? 0 : a / b;
}

static struct bench_row row_of(struct bench_way *way, size_t rounds, size_t txs)
{
    qsort(way->times, rounds, sizeof *way->times, compare_u64);
    return (struct bench_row){
        .workers = way->workers,
        .ns_min = way->times[0],
        .ns_median = way->times[rounds / 2],
        .cpu_percent = 100 * ratio((double)way->cpu_sum, (double)way->time_sum),
        .executions = ratio((double)way->executions, (double)(rounds * txs)),
        .stale = (double)way->stale / (double)rounds,
        .waits = (double)way->waits / (double)rounds,
        .most = way->most,
        .heap_calls = way->heap_calls,
        .bytes_per_tx = ratio((double)way->arena_bytes, (double)txs),
    };
}

enum pevm_status block_bench_run(struct block_bench *bench,
                                 struct bench_result *result,
                                 const struct block_workload *workload,
                                 struct error *error)
{
    *result = (struct bench_result){
        .ok = true, .tx_count = workload->block.tx_count, .row_count = bench->way_count};
    TRY(round_run(bench, result, 0, workload, error)); /* does not count */
    for (size_t i = 0; i < bench->way_count; i++)
        way_forget(&bench->ways[i]);
    for (size_t i = 0; i < bench->plan.rounds && result->ok; i++)
        TRY(round_run(bench, result, i, workload, error));
    for (size_t i = 0; i < bench->way_count && result->ok; i++)
        result->rows[i] = row_of(&bench->ways[i], bench->plan.rounds, result->tx_count);
    return PEVM_OK;
}

double bench_speed_up(const struct bench_result *result, const struct bench_row *row)
{
    return ratio((double)result->rows[0].ns_min, (double)row->ns_min);
}
