/* simulation.h - a block executed for real, one transaction after another and on two workers, and simulated on any number
 * (sim/sim.h), with the bounds of a perfect schedule (oracle_graph.h) beside it.
 */
#pragma once

#include "cli/worker_list.h"
#include "sim/sim.h"

/* One number of workers. */
struct simulation_row {
    unsigned workers;
    struct sim_result simulated;
    double speed_up; /* against one transaction after another, for real */
    double bound; /* what a perfect schedule of the attempts would reach; the workers' part alone */
    double efficiency; /* how much of that the simulated workers' part reaches */
    uint64_t real_ns;  /* for 1 and 2 workers; 0: not known */
    double real_runs;  /* attempts for a transaction, for 2 real workers; 0: not known */
};

struct simulation_result {
    size_t tx_count;
    uint64_t gas_used;
    uint64_t
        sequential_ns; /* real, as the next two: processor time, which other processes do not make longer; the least */
    uint64_t alone_ns;      /* one worker on the parallel path; of it ... */
    uint64_t alone_team_ns; /* ... what workers can share */
    struct simulation_row rows[WORKER_LIST_MAX];
    size_t row_count;
    bool ok;
    char text[ERROR_TEXT_MAX]; /* what is wrong, when not ok */
};

struct simulation_plan {
    struct worker_list workers;
    struct sim_prices prices;
    unsigned rounds; /* of each real way to execute */
};

/* PEVM_UNSUPPORTED: one worker executes the block, whatever the number (sim_open). */
enum pevm_status simulation_run(struct simulation_result *out,
                                const struct simulation_plan *plan,
                                const struct chain *chain,
                                const struct engine_input *input,
                                struct error *error) MUST_CHECK;
