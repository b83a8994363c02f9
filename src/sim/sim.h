/* sim.h - how fast a block would be on so many processors, told by the engine itself: its scheduler, its versions and its team run
 * as they are, the machine executes every instruction, only time is of our making (cores.h).
 *
 * What is measured once, with one worker on the parallel path: how long the machine works between two reads of a transaction, how
 * long each read and each publishing takes. That is what these take on every simulated core; what is between them (handing out,
 * checks, the frontier) costs by its accesses to shared memory, scaled so that one simulated worker takes as long as the one that
 * was measured. Lines that move between caches, waiting and waking are added at the prices in sim_prices.
 *
 * What it does not know: caches and memory that real cores share otherwise, plain data that moves with the atomics, and other
 * processes. What it says of 2 workers stands beside what 2 real ones do.
 *
 * Every simulated outcome is held against the sequential one, bit for bit.
 *
 * Order of calls: sim_open ( sim_run )* sim_close. One at a time in a process.
 */
#pragma once

#include "engine/engine.h"

#define SIM_WORKERS_MAX 64

/* Of this machine (sync/handoff.h), or as one likes. */
struct sim_prices {
    uint64_t transfer_ns; /* a cache line comes from another core */
    uint64_t sleep_ns;    /* for who falls asleep, and for who wakes somebody */
    uint64_t rise_ns;     /* from the wake until the woken runs */
};

/* What workers do with their time. */
enum sim_use {
    SIM_WORK,  /* first attempts */
    SIM_AGAIN, /* later ones, of a transaction that was stale or had to wait */
    SIM_LOOP,  /* handing out, checking, the frontier */
    SIM_MOVE,  /* waiting for cache lines */
    SIM_IDLE,
    SIM_USE_COUNT
};

struct sim;

struct sim_load {
    const struct chain *chain;
    const struct engine_input *input; /* borrowed until sim_close */
    const struct engine_outcome
        *expected;   /* what one transaction after the other gave; borrowed as well */
    unsigned rounds; /* of measuring */
};

/* What was measured, in processor time: what other processes do hardly shows. */
struct sim_alone {
    uint64_t team_ns; /* one worker on the parallel path: what workers share; ... */
    uint64_t rest_ns; /* ... and what they do not. The shortest of the rounds, each */
    const uint64_t
        *tx_ns; /* by transaction: its attempt, with reads and publishing; until sim_close */
};

/* PEVM_UNSUPPORTED: the block is executed by one worker whatever the number (too small; an observer; an invalid transaction). */
enum pevm_status sim_open(struct sim **out,
                          const struct sim_load *load,
                          struct error *error) MUST_CHECK;
void sim_close(struct sim *sim); /* may be NULL */
struct sim_alone sim_alone(const struct sim *sim);

/* A place in the program where workers waited for lines: for addr2line -f -i -e pevm. */
struct sim_site {
    uint64_t offset; /* from the beginning of the program */
    uint64_t moves;
};
#define SIM_SITES 12

struct sim_result {
    uint64_t block_ns, team_ns; /* simulated: all of it; the transactions */
    uint64_t executions, stale, waits;
    unsigned most;   /* executions of one transaction */
    uint64_t locked; /* atomic read-modify-writes and sequentially consistent stores */
    uint64_t moves;  /* accesses that waited for a line of another core */
    uint64_t sleeps;
    double shares[SIM_USE_COUNT]; /* of the workers' time, all together 1 */
    struct sim_site sites[SIM_SITES];
    bool ok;
    char text[ERROR_TEXT_MAX]; /* how the outcome differs from the expected one, when not ok */
};

/* The block on `workers` simulated processors, 1 to SIM_WORKERS_MAX. */
enum pevm_status sim_run(struct sim *sim,
                         unsigned workers,
                         const struct sim_prices *prices,
                         struct sim_result *out,
                         struct error *error) MUST_CHECK;
