/* block_bench.h - a block workload executed one transaction after another and in parallel, in turns, and the times of it.
 *
 * A round is one run of each way: sequential, then each number of workers; so whatever else the machine does hits all of
 * them. Before the first round is one that does not count. Every run is checked: the sequential one for what the workload
 * promises, the parallel ones against it, bit for bit.
 */
#pragma once

#include "cli/block_workload.h"
#include "cli/worker_list.h"

#define BENCH_ROUNDS_MAX 1000

struct bench_plan {
    struct worker_list workers;
    size_t rounds; /* 1 to BENCH_ROUNDS_MAX */
};

/* One way to execute. */
struct bench_row {
    unsigned workers; /* 0: sequential */
    uint64_t ns_min, ns_median;
    double cpu_percent; /* processor time by wall time, over all rounds */
    double executions;  /* by transaction; mean of the rounds, as the next two */
    double stale, waits;
    unsigned most;       /* executions of one transaction, in any round */
    uint64_t heap_calls; /* in the last round */
    double bytes_per_tx;
};

struct bench_result {
    struct bench_row rows[1 + WORKER_LIST_MAX]; /* the sequential one first */
    size_t row_count;
    size_t tx_count;
    uint64_t gas_used;
    bool ok;
    char text[ERROR_TEXT_MAX]; /* what is wrong, when not ok */
};

/* How many times as fast as the sequential way `row` is; by the fastest runs. */
double bench_speed_up(const struct bench_result *result, const struct bench_row *row);

struct block_bench;

enum pevm_status block_bench_new(struct block_bench **out,
                                 const struct bench_plan *plan,
                                 struct error *error) MUST_CHECK;
void block_bench_free(struct block_bench *bench); /* may be NULL */

/* PEVM_OK with result->ok = false: a result was wrong. */
enum pevm_status block_bench_run(struct block_bench *bench,
                                 struct bench_result *result,
                                 const struct block_workload *workload,
                                 struct error *error) MUST_CHECK;
