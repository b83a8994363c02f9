/* parallel.h - a block's transactions on several workers, with the result of sequential.c.
 *
 * What runs ahead, is checked and becomes final is in speculation.h; here is what a transaction is: the machine that runs it,
 * its receipt, its gas.
 *
 * What cannot be settled by running again (an invalid transaction, no gas left in the block, a state that cannot be read, no
 * memory) stops the workers at the frontier. What is final is handed to the block's state, and the sequential path goes on
 * from there: faults and errors are its own, word for word.
 */
#pragma once

#include "engine/block_run.h"
#include "engine/tuning.h"
#include "state/mv_place.h"
#include "sync/team.h"

struct parallel;

struct parallel_options {
    struct team *team;        /* borrowed; its size is the number of workers */
    struct code_cache *codes; /* borrowed */
    bool spreads_memory;      /* as in struct engine_options */
    struct budget *budget;    /* borrowed; for versions and logs. May be NULL */
};

struct parallel_counts {
    uint64_t executions; /* attempts that came to an end or were given up */
    unsigned most;       /* executions of one transaction */
    uint64_t stale;      /* attempts whose reads did not hold */
    uint64_t waits;      /* attempts that met an estimate */
    uint32_t
        stopped_at; /* the transaction at which the sequential path took over; the number of them when it did not */
    size_t bytes;            /* of versions, values and logs */
    bool is_whole;           /* the workers came to the end of the block */
    uint64_t keys, versions; /* locations' owners and versions in the multi-version state */
    unsigned called;         /* workers, the caller included */
    uint64_t resumed;        /* waits after which the attempt went on */
    uint64_t sleeps, steals;
    uint64_t worker_ns, idle_ns, busiest_ns; /* as in struct speculation_end */
};

enum pevm_status parallel_new(struct parallel **out,
                              const struct parallel_options *options) MUST_CHECK;
void parallel_free(struct parallel *parallel); /* may be NULL */

/* Give back what is kept from block to block, also what the last outcome lends. */
void parallel_trim(struct parallel *parallel);

/* From the next block on; until then all is zero. Not for SCHED_SEQUENTIAL: then nobody comes here. */
void parallel_tune(struct parallel *parallel, const struct tuning *tuning);

/* The third phase of a block (block_run.h), in place of sequential_run. */
enum pevm_status parallel_run(struct parallel *parallel, struct block_run *run) MUST_CHECK;

unsigned parallel_workers(const struct parallel *parallel);
struct engine_footprint parallel_footprint(const struct parallel *parallel);
struct parallel_counts parallel_counts(const struct parallel *parallel);

/* ---- of the block that was executed last, for whoever wants to see how it went ---- */

/* Location number `place` of its events. */
struct mv_location parallel_location(const struct parallel *parallel, uint32_t place);

/* The longest chain of transactions that needed one another; before the call that executed it returns. False: it was not executed by the workers to its end, or there is
 * no memory. */
bool parallel_chain(const struct parallel *parallel,
                    const uint64_t *costs,
                    struct arena *arena,
                    struct mv_chain *out) MUST_CHECK;
