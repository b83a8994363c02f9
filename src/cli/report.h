/* report.h - how one block went, transaction by transaction and worker by worker: what `pevm replay --report` and `--trace`
 * show.
 *
 * The block is executed one transaction after another, for the times to compare with and for which transactions need which; then
 * on all workers, with their events noted; the fastest of these runs is the one that is shown.
 *
 * Words
 *   attempt   an execution of a transaction, from its begin to its end; in several parts when it is blocked and goes on
 *   cause     the location because of which an attempt did not count, as far as it is known
 *   path      the longest chain of transactions that need one another: no schedule is faster (oracle_record.h, precise)
 *
 * Times are in nanoseconds since the run began.
 */
#pragma once

#include "cli/oracle_record.h"
#include "engine/engine.h"
#include "fixture/bundle.h"

#define REPORT_NOBODY UINT32_MAX

enum report_end {
    REPORT_FINAL,   /* it counted */
    REPORT_STALE,   /* it came to an end; what it had read was not true any more */
    REPORT_BLOCKED, /* it met what a lower transaction was about to change, and was begun anew */
    REPORT_UNSURE,  /* it gave no result, because of what it read */
    REPORT_PAUSED,  /* it was blocked, and went on: the next part says how it ended */
    REPORT_END_COUNT
};

/* An attempt, or a part of one. */
struct report_attempt {
    uint64_t start_ns, end_ns;
    uint64_t before_ns; /* inside the parts before it */
    uint32_t tx, worker, incarnation;
    uint32_t blocked_on; /* or REPORT_NOBODY */
    uint32_t cause;      /* index of a location, or REPORT_NOBODY */
    enum report_end end;
};

/* A check whether what `what` read holds, a worker with nothing to do, a phase of the block. */
enum report_span_kind { REPORT_CHECK, REPORT_IDLE, REPORT_PHASE, REPORT_SPAN_KINDS };
struct report_span {
    uint64_t start_ns, end_ns;
    uint32_t worker, what; /* a transaction, nothing, an enum event_phase */
    bool is_good;          /* of a check */
};

struct report_tx {
    const struct tx *tx; /* of the bundle */
    uint64_t gas_used;
    bool is_success;
    uint64_t alone_ns; /* one after another: the fastest of the runs */
    uint64_t final_ns; /* when it became final */
    uint32_t attempts, stale, blocked;
    uint32_t resumed; /* of those that were blocked: that went on */
    bool is_on_path;
};

struct report_location {
    struct mv_location at;
    uint32_t stale, blocked; /* attempts that did not count because of it */
    uint64_t lost_ns;        /* inside them */
    uint32_t place, order;   /* its number; how many were met before it */
};

struct report {
    const struct bundle *bundle; /* borrowed */
    const char *name;            /* ... the bundle's */
    unsigned workers;
    uint32_t tx_count;
    uint64_t gas_used;
    uint64_t sequential_ns, parallel_ns; /* execute_ns, each the fastest of its runs */
    uint64_t executions, stale, waits;
    uint64_t end_ns; /* of the run that is shown */
    uint64_t events_lost;
    uint32_t sequential_from; /* from here on one after another; tx_count: all on the workers */

    struct report_attempt *attempts; /* by begin */
    struct report_span *spans[REPORT_SPAN_KINDS];
    struct report_tx *txs;
    struct report_location *locations; /* the one that cost most first */
    size_t attempt_count, span_counts[REPORT_SPAN_KINDS], location_count;

    uint32_t *path;
    uint32_t path_count;
    uint64_t path_ns, alone_ns;  /* of its transactions; of all */
    uint64_t bound_ns;           /* a perfect schedule on so many workers */
    struct oracle_block oracle;  /* the graph: edges */
    struct arena arena, scratch; /* scratch: of the run that is being read */
};

struct report_plan {
    unsigned workers; /* 0: one for each online CPU, at most 16; 1: one after another */
    uint64_t runs;
};

/* PEVM_INVALID_BLOCK when it is not valid. On failure nothing is to be released. */
enum pevm_status report_make(struct report *out,
                             const char *name,
                             const struct bundle *bundle,
                             const struct report_plan *plan,
                             struct error *error) MUST_CHECK;
void report_fini(struct report *report);

const char *report_end_name(enum report_end end); /* "final" */
