/* speculation.h - the workers of one block: transactions run ahead of one another, are checked, and become final in block
 * order.
 *
 * It knows who runs next (sched/sched.h) and what they read and wrote (state/mv.h). What a transaction is it does not know:
 * to run one is a function of its owner (engine/parallel.c; little scripts in tests/weave/engine). So the loop that ships is
 * the one whose interleavings are explored.
 *
 * A transaction counts only at the frontier: when all below it are final and what it read is still true. What does not hold
 * there is run again on the spot. Everything else - checks ahead of time, telling readers that something changed - only decides
 * how soon.
 *
 * Words
 *   sound    the attempt came to an end and is right if what it read is true
 *   unsure   it gave no result: perhaps because of what it read. When nothing is left that could be untrue, that ends the block here
 *   seat     what an attempt needs to run: its logs here, a machine of its owner's. An attempt that is blocked keeps its seat, if
 *            its worker has another one, and goes on from there when what it waits for has come; any worker may take it up (sched/seats.h)
 *
 * Order of calls
 *   speculation_new ( speculation_begin  speculation_work by up to `workers` threads  speculation_end )* speculation_free
 */
#pragma once

#include "engine/hints.h"
#include "engine/tuning.h"
#include "metrics/event.h"
#include "metrics/metrics.h"
#include "state/mv.h"

struct speculation;

enum attempt_end {
    ATTEMPT_SOUND,   /* published */
    ATTEMPT_UNSURE,  /* published: what it read, no writes */
    ATTEMPT_BLOCKED, /* attempt->blocked_on has to go first; nothing was published */
    ATTEMPT_LOST,    /* no memory for anything, or no time: the block stops */
};

struct speculation_ops {
    /* Run attempt->tx on the view of `attempt`, which has begun, and publish it. On any worker; attempt->worker says which. A
     * sender and nonce have to be filled in where attempt->predicts_nonce is set. */
    enum attempt_end (*run)(void *context,
                            struct mv_attempt *attempt,
                            unsigned seat,
                            uint32_t *readers_to);

    /* Go on with what was ATTEMPT_BLOCKED in this seat: ask again. NULL: nothing can go on, blocked attempts start again, and
     * the only seat of a worker has its number. */
    enum attempt_end (*resume)(void *context,
                               struct mv_attempt *attempt,
                               unsigned seat,
                               uint32_t *readers_to);

    /* In block order, one at a time: the last attempt of `tx` is right, and sound. False: it can't be in the block, which ends
     * before it. */
    bool (*accept)(void *context, uint32_t tx);

    /* Asked between transactions, by whoever moves the frontier: one worker at a time. */
    bool (*is_cancelled)(void *context);
};

struct speculation_block {
    const struct speculation_ops *ops; /* borrowed until speculation_end */
    void *context;
    struct mv *mv; /* borrowed; the block has begun there */
    uint32_t tx_count;
    uint32_t claim_size;      /* adjacent transactions for one worker at a time */
    struct event_log *events; /* may be NULL; a ring for each worker */
    struct metrics *metrics;  /* may be NULL; a writer for each worker: how it stands just now */
    struct tuning tuning;
    bool gives_up; /* it may stop when running ahead never gains anything (sched/sched.h) */
    const struct hint *hints; /* may be NULL; by tx: borrowed until speculation_end */
    uint32_t *
        met; /* may be NULL; by tx: whom it met last (predictor.h), filled in where it met somebody */
};

enum pevm_status speculation_new(struct speculation **out, unsigned workers) MUST_CHECK;
void speculation_free(struct speculation *speculation); /* may be NULL */
enum pevm_status speculation_begin(struct speculation *speculation,
                                   const struct speculation_block *block) MUST_CHECK;

/* What each worker does, numbers below `workers`: until all are final, or the block stops. Worker 0 alone is enough. */
void speculation_work(unsigned worker, void *speculation);

/* What it and the scheduler keep of each transaction. */
size_t speculation_tx_bytes(void);

struct speculation_end {
    uint32_t final; /* transactions below it are final; the block's count when nothing stopped it */
    unsigned most;  /* executions of one transaction, with those after `final` executed once more */
    uint64_t attempts, resumed, stale, waits, sleeps, steals;
    uint64_t worker_ns, idle_ns; /* of all workers in all: inside, and with nothing to do */
    uint64_t cpu_ns;             /* processor time of all, while they had something to do */
    uint64_t busiest_ns;         /* inside and not idle: the most of any */
};

/* When all workers have come back. */
struct speculation_end speculation_end(const struct speculation *speculation);
