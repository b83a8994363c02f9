/* pevm/metrics.h - what an engine has done and how it went: numbers, what stands in the way of more speed, and a page for
 * Prometheus.
 *
 *     struct pevm_metrics metrics;
 *     struct pevm_analysis analysis;
 *     pevm_metrics_init(&metrics);
 *     pevm_metrics_read(engine, &metrics);
 *     pevm_analysis_init(&analysis);
 *     pevm_metrics_analyze(&metrics, &analysis);
 *     if (analysis.bottleneck != PEVM_BOTTLENECK_NONE) puts(analysis.recommendation);
 *
 * Counting takes no lock and is always on. Times of single transactions, of checks and of reads are known only while profiling
 * is on, which costs a few percent.
 */
#ifndef PEVM_METRICS_H
#define PEVM_METRICS_H

#include "pevm/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Since the engine was opened, or between two readings (pevm_metrics_since). "Last" is of the last valid block, and "just now"
 * as it is at this moment. Transactions and tasks (pevm/task.h) are both called tasks. */
struct pevm_metrics {
    size_t struct_size; /* pevm_metrics_init */

    /* What was done. */
    uint64_t uptime_ns;                             /* since the engine was opened */
    uint64_t blocks, blocks_invalid, blocks_failed; /* valid; the protocol, the world said no */
    uint64_t tasks;                                 /* that became final */
    uint64_t
        tasks_sequential; /* ... of them one after another: the mode, or the workers had stopped */
    uint64_t tasks_reverted;     /* with a receipt that says so, or a result that is not 0 */
    uint64_t failures_no_memory; /* blocks and calls for tasks that found none */
    uint64_t gas;

    /* Conflicts. */
    uint64_t incarnations; /* attempts in all */
    uint64_t aborts;       /* attempts that did not count, and were begun anew */
    uint64_t violations;   /* attempts that came to an end, and what they had read did not hold */
    uint64_t waits;        /* how often one met what a lower task was about to change */
    uint64_t resumed;      /* ... and went on where it was when that had changed */
    uint64_t steals;       /* how often a worker took tasks out of what another had claimed */

    /* Times of blocks, by phase. */
    uint64_t senders_ns, before_ns,
        transactions_ns; /* recovery; the protocol's own; on all workers */
    uint64_t commit_ns;  /* changes, receipts, roots: what comes after the last transaction */

    /* Workers. */
    uint64_t workers;    /* the caller included */
    uint64_t work_ns;    /* by the clock: transactions of blocks, or tasks, ran */
    uint64_t busy_ns;    /* of all workers that were called, inside them */
    uint64_t idle_ns;    /* ... the rest of their time: nothing to do, or not awake yet */
    uint64_t busiest_ns; /* of the busiest worker of each block */
    uint64_t worker_sleeps;

    /* Just now: from another thread, while a block runs. */
    uint64_t running_tasks, running_final; /* of the block; 0: none runs */
    uint64_t active_workers;
    uint64_t queue_new, queue_again; /* never taken; to be run again */

    /* Memory. */
    uint64_t keys, versions;                 /* last: of the multi-version state */
    uint64_t arena_bytes, arena_limit_bytes; /* last; 0: no limit */

    /* While profiling: all 0 otherwise. */
    uint64_t profiled_blocks;          /* and calls for tasks */
    uint64_t profiled_ns;              /* of execution, of these blocks */
    uint64_t task_ns, task_again_ns;   /* inside attempts that counted, and that did not */
    uint64_t validation_ns;            /* inside checks of what was read */
    uint64_t base_reads, base_read_ns; /* of the state before the block, by all workers */
    uint64_t chain_ns,
        chain_tasks;      /* of each block's longest chain of transactions that need one another */
    uint64_t events_lost; /* more happened than was written down: the times above are too small */

    /* The library has no store behind it; a service fills this in: the slowest of a hundred round trips. */
    uint64_t store_p99_ns;
};

/* All zero but struct_size. */
#define pevm_metrics_init(metrics) pevm_metrics_init_sized(metrics, sizeof *(metrics))
void pevm_metrics_init_sized(struct pevm_metrics *metrics, size_t struct_size);

/* As it is now. Any thread, also while the engine executes; not during pevm_engine_close. Fields that belong together may be a
 * block apart then. */
void pevm_metrics_read(const pevm_engine *engine, struct pevm_metrics *out);

/* *metrics, read after *before, becomes what happened between the two; "last" and "just now" stay. */
void pevm_metrics_since(struct pevm_metrics *metrics, const struct pevm_metrics *before);

/* Look closely at each block, or call for tasks, from the next one on, or no longer; off at first. PEVM_NO_MEMORY: it is off. The thread that
 * uses the engine. */
enum pevm_status pevm_engine_set_profiling(pevm_engine *engine, int is_on);

/* ---- what stands in the way -------------------------------------------------------------------- */

/*  kind, name, what to do about it */
#define PEVM_BOTTLENECK_LIST(X)                                                                    \
    X(PEVM_BOTTLENECK_NONE, "none", "nothing stands out")                                          \
    X(PEVM_BOTTLENECK_MEMORY_PRESSURE,                                                             \
      "memory_pressure",                                                                           \
      "blocks take nearly all the memory they may: raise memory_max_bytes, or use fewer workers")  \
    X(PEVM_BOTTLENECK_STORE_LATENCY,                                                               \
      "store_latency",                                                                             \
      "the store answers slowly: bring it nearer, or ask it for more at a time")                   \
    X(PEVM_BOTTLENECK_STORAGE_READS,                                                               \
      "storage_reads",                                                                             \
      "workers wait for the state before the block: use a bigger cache, or read ahead")            \
    X(PEVM_BOTTLENECK_COMMIT,                                                                      \
      "commit",                                                                                    \
      "changes, receipts and roots take longer than the transactions: let roots be computed by "   \
      "another thread, or less often")                                                             \
    X(PEVM_BOTTLENECK_VALIDATION,                                                                  \
      "validation",                                                                                \
      "checking what was read takes long: validate in batches, or compare versions only")          \
    X(PEVM_BOTTLENECK_CRITICAL_PATH,                                                               \
      "critical_path",                                                                             \
      "blocks are inherently serial: transactions need one another; more workers do not help")     \
    X(PEVM_BOTTLENECK_CONFLICTS,                                                                   \
      "conflicts",                                                                                 \
      "many attempts are thrown away: reduce workers, or supply access lists")                     \
    X(PEVM_BOTTLENECK_STARVATION,                                                                  \
      "starvation",                                                                                \
      "there is too little to do: execute bigger blocks, or use fewer workers")                    \
    X(PEVM_BOTTLENECK_IMBALANCE,                                                                   \
      "imbalance",                                                                                 \
      "one worker did most of the work: single transactions are long, or others came too late "    \
      "(small blocks, a busy machine)")

enum pevm_bottleneck {
#define X(kind, name, recommendation) kind,
    PEVM_BOTTLENECK_LIST(X)
#undef X
};

struct pevm_analysis {
    size_t struct_size;  /* pevm_analysis_init */
    uint32_t bottleneck; /* enum pevm_bottleneck: the first of the list that is met */
    uint8_t
        is_detailed; /* 0: nothing was profiled, so storage_reads, validation and critical_path can't be seen */
    uint8_t padding[3];
    double measure, limit; /* what was looked at, and beyond which it is met; both 0 for none */
    const char *name;      /* "critical_path"; static */
    const char *recommendation; /* one sentence; static */
};

/* All zero but struct_size. */
#define pevm_analysis_init(analysis) pevm_analysis_init_sized(analysis, sizeof *(analysis))
void pevm_analysis_init_sized(struct pevm_analysis *analysis, size_t struct_size);

/* The rules, in the order of the list:
 *   memory_pressure  the last block took more than 80 % of what it may, or some found none
 *   store_latency    store_p99_ns over 5 ms
 *   storage_reads    over 40 % of the time inside attempts and checks, in reads of the state before the block
 *   commit           more time in commit than in transactions
 *   validation       over 25 % of the time inside attempts and checks, in checks
 *   critical_path    the longest chains, of more than one transaction, take over 60 % of the time of execution
 *   conflicts        over 0.3 aborts per task
 *   starvation       workers over 50 % idle
 *   imbalance        the busiest workers over 1.5 times as busy as all on average
 * The last four only with more than one worker. Any thread. */
void pevm_metrics_analyze(const struct pevm_metrics *metrics, struct pevm_analysis *out);

/* ---- for Prometheus ------------------------------------------------------------------------------ */

#define PEVM_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* All metrics in Prometheus' text format, as snprintf does: at most `size` bytes with the 0 at the end. Returns how long
 * the whole text is without it; `out` may be NULL when size is 0. 64 KiB are plenty. Any thread, as pevm_metrics_read. */
size_t pevm_metrics_write_prometheus(const pevm_engine *engine, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
