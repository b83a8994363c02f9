#include "cli/simulation.h"

#include "cli/oracle_record.h"
#include "engine/outcome.h"
#include "sync/cpu_count.h"

#include <stdarg.h>
#include <stdio.h>

/* The real engines, and what they gave. */
struct real {
    struct engine *sequential, *pair; /* pair: two workers; NULL: there is one processor */
    struct engine_outcome expected;   /* of the sequential one, lent until its next block */
    uint64_t sequential_ns, pair_ns, pair_executions;
    unsigned rounds; /* that count */
};

static void least(uint64_t *ns, uint64_t new_ns)
{
    if (*ns == 0 || new_ns < *ns) *ns = new_ns;
}

static double ratio(double a, double b)
{
    return b == 0 ? 0 : a / b;
}

/* ---- for real ---------------------------------------------------------------------------------- */

static enum pevm_status real_open(struct real *real, const struct chain *chain, struct error *error)
{
    struct engine_options options = {.chain = chain, .workers = 1};
    enum pevm_status status = engine_new(&real->sequential, &options);
    options.workers = 2;
    if (status == PEVM_OK && cpu_count_available() >= 2) status = engine_new(&real->pair, &options);
    return status == PEVM_OK ? PEVM_OK
                             : error_set(error, status, "no engine: %s", pevm_status_text(status));
}

static void real_close(struct real *real)
{
    engine_free(real->sequential);
    engine_free(real->pair);
}

static enum pevm_status run_pair(struct real *real,
                                 struct simulation_result *out,
                                 const struct engine_input *input,
                                 struct error *error)
{
    struct engine_outcome outcome;
    char text[OUTCOME_TEXT_MAX];
    struct engine_input own = *input;
    if (real->pair == NULL) return PEVM_OK;
    own.is_parallel = own.even_if_small = true; /* as the simulation does, worth it or not */
    TRY(engine_execute(real->pair, &outcome, &own, error));
    least(&real->pair_ns, outcome.execute_ns);
    real->pair_executions += outcome.executions;
    real->rounds++;
    const char *difference = outcome_differs(text, &real->expected, &outcome);
    if (difference == NULL) return PEVM_OK;
    out->ok = false;
    snprintf(out->text, sizeof out->text, "2 workers give another outcome: %s", difference);
    return PEVM_OK;
}

/* In turns, so that whatever else the machine does hits both; the first turn does not count. */
static enum pevm_status run_real(struct real *real,
                                 struct simulation_result *out,
                                 const struct engine_input *input,
                                 unsigned rounds,
                                 struct error *error)
{
    for (unsigned i = 0; i <= rounds && out->ok; i++) {
        if (i == 1) real->sequential_ns = real->pair_ns = real->pair_executions = real->rounds = 0;
        TRY(engine_execute(real->sequential, &real->expected, input, error));
        if (real->expected.fault != BLOCK_VALID)
            return error_set(error, PEVM_INVALID_BLOCK, "%.400s", real->expected.text);
        least(&real->sequential_ns, real->expected.execute_cpu_ns);
        TRY(run_pair(real, out, input, error));
    }
    return PEVM_OK;
}

/* ---- simulated --------------------------------------------------------------------------------- */

static enum pevm_status run_row(struct simulation_result *out,
                                struct simulation_row *row,
                                struct sim *sim,
                                const struct simulation_plan *plan,
                                const struct oracle_graph *graph,
                                struct error *error)
{
    struct sim_alone alone = sim_alone(sim);
    uint64_t perfect_ns, all_ns = 0;
    TRY(sim_run(sim, row->workers, &plan->prices, &row->simulated, error));
    if (!oracle_graph_schedule(graph, alone.tx_ns, row->workers, &perfect_ns))
        return error_set(error, PEVM_NO_MEMORY, "out of memory");
    for (uint32_t i = 0; i < graph->tx_count; i++)
        all_ns += alone.tx_ns[i];
    row->speed_up = ratio((double)out->sequential_ns, (double)row->simulated.block_ns);
    row->bound = ratio((double)all_ns, (double)perfect_ns);
    row->efficiency = ratio((double)perfect_ns, (double)row->simulated.team_ns);
    if (row->simulated.ok) return PEVM_OK;
    out->ok = false;
    snprintf(out->text,
             sizeof out->text,
             "%u simulated workers give another outcome: %.200s",
             row->workers,
             row->simulated.text);
    return PEVM_OK;
}

static enum pevm_status run_rows(struct simulation_result *out,
                                 const struct simulation_plan *plan,
                                 const struct real *real,
                                 struct sim *sim,
                                 const struct oracle_graph *graph,
                                 struct error *error)
{
    struct sim_alone alone = sim_alone(sim);
    out->alone_ns = alone.team_ns + alone.rest_ns;
    out->alone_team_ns = alone.team_ns;
    for (size_t i = 0; i < plan->workers.count && out->ok; i++) {
        struct simulation_row *row = &out->rows[out->row_count++];
        *row = (struct simulation_row){.workers = plan->workers.counts[i]};
        if (row->workers == 1) row->real_ns = out->alone_ns;
        if (row->workers == 2) row->real_ns = real->pair_ns;
        if (row->workers == 2)
            row->real_runs =
                ratio((double)real->pair_executions, (double)real->rounds * (double)out->tx_count);
        TRY(run_row(out, row, sim, plan, graph, error));
    }
    return PEVM_OK;
}

static enum pevm_status run_simulated(struct simulation_result *out,
                                      const struct simulation_plan *plan,
                                      const struct real *real,
                                      const struct sim_load *load,
                                      const struct oracle_graph *graph,
                                      struct error *error)
{
    struct sim *sim;
    if (!out->ok) return PEVM_OK;
    TRY(sim_open(&sim, load, error));
    enum pevm_status status = run_rows(out, plan, real, sim, graph, error);
    sim_close(sim);
    return status;
}

static enum pevm_status run_all(struct simulation_result *out,
                                const struct simulation_plan *plan,
                                struct real *real,
                                const struct chain *chain,
                                const struct engine_input *input,
                                struct error *error)
{
    struct oracle_block oracle;
    struct sim_load load = {
        .chain = chain, .input = input, .expected = &real->expected, .rounds = plan->rounds};
    TRY(real_open(real, chain, error));
    TRY(oracle_record(&oracle, real->sequential, input, 1, error));
    enum pevm_status status = run_real(real, out, input, plan->rounds, error);
    out->sequential_ns = real->sequential_ns;
    out->gas_used = real->expected.gas_used;
    if (status == PEVM_OK)
        status = run_simulated(out, plan, real, &load, &oracle.graphs[ORACLE_PRECISE], error);
    oracle_block_fini(&oracle);
    return status;
}

enum pevm_status simulation_run(struct simulation_result *out,
                                const struct simulation_plan *plan,
                                const struct chain *chain,
                                const struct engine_input *input,
                                struct error *error)
{
    struct real real = {.sequential = NULL};
    *out = (struct simulation_result){.ok = true, .tx_count = input->block->tx_count};
    enum pevm_status status = run_all(out, plan, &real, chain, input, error);
    real_close(&real);
    return status;
}
