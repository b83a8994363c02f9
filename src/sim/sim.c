#include "sim/sim.h"

#include "base/heap.h"
#include "engine/outcome.h"
#include "engine/worth.h"
#include "sim/sim_probe.h"
#include "sync/cores.h"

#include <stdio.h>
#include <string.h>

STATIC_ASSERT((int)SIM_SITES == (int)CORES_SITES, "the same list");
STATIC_ASSERT((int)SIM_USE_COUNT == (int)CORES_USE_COUNT, "the same list");

#define SIM_TRACES 15 /* enough for medians */
#define SCALE_ONE  1024
#define SCALE_MAX  (64 * SCALE_ONE)
#define PAUSE_NS   20 /* of a processor's pause instruction, some 40 to 140 cycles */
#define ALONE_TEAM                                                                                 \
    2 /* a team of two of whom one never comes: a team of one would not take the parallel path */

struct sim {
    struct sim_load load;
    struct trace traces[SIM_TRACES]; /* of the last rounds; then the first one holds the medians */
    struct sim_alone alone;
    uint64_t *tx_ns;
    uint64_t scale; /* in 1/SCALE_ONE; 0: not known yet */
};

/* ---- an engine for one purpose ----------------------------------------------------------------- */

static enum pevm_status open_engine(struct engine **out,
                                    const struct sim *sim,
                                    unsigned workers,
                                    struct error *error)
{
    struct engine_options options = {.chain = sim->load.chain, .workers = workers};
    enum pevm_status status = engine_new(out, &options);
    return status == PEVM_OK ? PEVM_OK
                             : error_set(error, status, "no engine: %s", pevm_status_text(status));
}

static enum pevm_status execute(struct engine *engine,
                                const struct sim *sim,
                                struct engine_outcome *outcome,
                                struct error *error)
{
    struct engine_input input = *sim->load.input;
    struct worth_block most = {.txs = input.block->tx_count,
                               .gas = sim->load.expected->gas_used,
                               .workers = SIM_WORKERS_MAX};
    input.is_parallel = true;
    if (worth_is_likely(&most))
        input.even_if_small = true; /* few simulated workers do it as well */
    return engine_execute(engine, outcome, &input, error);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static void least(uint64_t *ns, uint64_t new_ns)
{
    if (*ns == 0 || new_ns < *ns) *ns = new_ns;
}

static void take_times(struct sim *sim, const struct engine_outcome *outcome)
{
    uint64_t team_ns = (probe_team_ps() + probe_shares_ps()) / CORES_PS_PER_NS;
    least(&sim->alone.team_ns, team_ns);
    least(&sim->alone.rest_ns,
          outcome->execute_cpu_ns > team_ns ? outcome->execute_cpu_ns - team_ns : 1);
}

/* One block without looking at the clock in between, one with; each alone on the parallel path. */
static enum pevm_status measure_once(struct sim *sim,
                                     struct trace *trace,
                                     struct engine *engine,
                                     struct error *error)
{
    struct engine_outcome outcome;
    uint32_t count = (uint32_t)sim->load.input->block->tx_count;
    probe_off();
    TRY(execute(engine, sim, &outcome, error));
    take_times(sim, &outcome);
    if (!probe_record(trace, count)) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    TRY(execute(engine, sim, &outcome, error));
    if (!probe_record_end())
        return error_set(
            error, PEVM_UNSUPPORTED, "the block does not run in parallel from end to end");
    return PEVM_OK;
}

static enum pevm_status measure(struct sim *sim, struct error *error)
{
    struct engine *engine = NULL;
    struct engine_outcome outcome;
    if (!cores_open(&(struct cores_costs){.scale = SCALE_ONE}))
        return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = open_engine(&engine, sim, ALONE_TEAM, error);
    probe_forget();
    if (status == PEVM_OK) status = execute(engine, sim, &outcome, error); /* does not count */
    for (unsigned i = 0; i < sim->load.rounds && status == PEVM_OK; i++)
        status = measure_once(sim, &sim->traces[i % SIM_TRACES], engine, error);
    engine_free(engine);
    cores_close();
    return status;
}

static bool sum_pieces(struct sim *sim)
{
    struct trace *trace = &sim->traces[0];
    size_t count = sim->load.rounds < SIM_TRACES ? sim->load.rounds : SIM_TRACES;
    trace_take_medians(sim->traces, count);
    sim->tx_ns = heap_alloc_zeroed(trace->tx_count, sizeof *sim->tx_ns);
    if (sim->tx_ns == NULL) return false;
    for (uint32_t tx = 0; tx < trace->tx_count; tx++) {
        uint64_t ps = 0;
        for (uint32_t i = trace->firsts[tx]; i < trace->firsts[tx + 1]; i++)
            ps += trace->pieces[i];
        sim->tx_ns[tx] = ps / CORES_PS_PER_NS;
    }
    sim->alone.tx_ns = sim->tx_ns;
    return true;
}

/* ---- simulating ------------------------------------------------------------------------------ */

struct simulation {
    struct sim *sim;
    struct engine *engine;
    struct engine_outcome outcome;
    enum pevm_status status;
    struct error *error;
};

static void simulate(void *context)
{
    struct simulation *simulation = context;
    simulation->status =
        execute(simulation->engine, simulation->sim, &simulation->outcome, simulation->error);
}

/* The block once alone, so that the engine has its memory, then on the clock. */
static enum pevm_status run_on_clock(struct simulation *simulation)
{
    struct sim *sim = simulation->sim;
    probe_off();
    TRY(execute(simulation->engine, sim, &simulation->outcome, simulation->error));
    if (!probe_replay(&sim->traces[0]))
        return error_set(simulation->error, PEVM_NO_MEMORY, "out of memory");
    cores_run();
    probe_off();
    return simulation->status;
}

static double part(uint64_t ps, uint64_t all_ps)
{
    return all_ps == 0 ? 0 : (double)ps / (double)all_ps;
}

/* A program that is loaded anywhere has its beginning there. */
static struct sim_site site_of(const struct cores_site *site)
{
    extern const char __executable_start[];
    uintptr_t start = (uintptr_t)__executable_start;
    return (struct sim_site){.offset = site->address > start ? site->address - 1 - start : 0,
                             .moves = site->moves};
}

static void take_result(struct sim_result *out,
                        const struct simulation *simulation,
                        unsigned workers)
{
    const struct engine_outcome *outcome = &simulation->outcome;
    const struct sim *sim = simulation->sim;
    struct cores_counts counts = probe_counts();
    char text[OUTCOME_TEXT_MAX];
    const char *difference = outcome_differs(text, sim->load.expected, outcome);
    uint64_t all_ps = probe_team_ps() * workers, busy_ps = 0;
    *out = (struct sim_result){.executions = outcome->executions,
                               .most = outcome->executions_most,
                               .stale = outcome->stale,
                               .waits = outcome->waits,
                               .locked = counts.writes,
                               .moves = counts.moves,
                               .sleeps = counts.sleeps,
                               .ok = difference == NULL};
    out->team_ns = probe_team_ps() / CORES_PS_PER_NS;
    out->block_ns = out->team_ns + probe_shares_ps() / CORES_PS_PER_NS + sim->alone.rest_ns;
    for (size_t i = 0; i < CORES_IDLE; i++) {
        out->shares[i] = part(counts.ps[i], all_ps);
        busy_ps += counts.ps[i];
    }
    out->shares[CORES_IDLE] = part(all_ps > busy_ps ? all_ps - busy_ps : 0, all_ps);
    for (size_t i = 0; i < SIM_SITES; i++)
        out->sites[i] = site_of(&probe_sites()[i]);
    if (difference != NULL) snprintf(out->text, sizeof out->text, "%s", difference);
}

static enum pevm_status run_scaled(struct sim *sim,
                                   unsigned workers,
                                   const struct sim_prices *prices,
                                   uint64_t *bare_ps,
                                   struct sim_result *out,
                                   struct error *error)
{
    struct cores_costs costs = {.cores = workers,
                                .transfer_ns = prices->transfer_ns,
                                .pause_ns = PAUSE_NS,
                                .sleep_ns = prices->sleep_ns,
                                .rise_ns = prices->rise_ns,
                                .scale = sim->scale == 0 ? SCALE_ONE : sim->scale};
    struct simulation simulation = {.sim = sim, .error = error};
    *bare_ps = 0;
    if (!cores_open(&costs)) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = PEVM_OK;
    if (!cores_add(simulate, &simulation))
        status = error_set(error, PEVM_NO_MEMORY, "no memory for a core");
    if (status == PEVM_OK)
        status = open_engine(
            &simulation.engine, sim, workers < ALONE_TEAM ? ALONE_TEAM : workers, error);
    if (status == PEVM_OK) status = run_on_clock(&simulation);
    if (status == PEVM_OK) take_result(out, &simulation, workers);
    *bare_ps = probe_counts().bare_ps;
    engine_free(simulation.engine);
    cores_close();
    return status;
}

/* ---- the calls ------------------------------------------------------------------------------- */

/* What stands between the recorded pieces costs by its accesses; so many times that, for one core to take as long as was measured. */
static enum pevm_status find_scale(struct sim *sim, struct error *error)
{
    struct sim_result result;
    uint64_t bare_ps;
    TRY(run_scaled(sim, 1, &(struct sim_prices){0}, &bare_ps, &result, error));
    sim->scale = bare_ps == 0 ? SCALE_ONE : trace_gaps_ps(&sim->traces[0]) * SCALE_ONE / bare_ps;
    if (sim->scale > SCALE_MAX) sim->scale = SCALE_MAX;
    if (sim->scale == 0) sim->scale = 1;
    return PEVM_OK;
}

enum pevm_status sim_open(struct sim **out, const struct sim_load *load, struct error *error)
{
    ASSERT(load->rounds >= 1);
    *out = NULL;
    struct sim *sim = heap_alloc_zeroed(1, sizeof *sim);
    if (sim == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    sim->load = *load;
    enum pevm_status status = measure(sim, error);
    if (status == PEVM_OK && !sum_pieces(sim))
        status = error_set(error, PEVM_NO_MEMORY, "out of memory");
    if (status == PEVM_OK) status = find_scale(sim, error);
    if (status != PEVM_OK) {
        sim_close(sim);
        return status;
    }
    *out = sim;
    return PEVM_OK;
}

void sim_close(struct sim *sim)
{
    if (sim == NULL) return;
    for (size_t i = 0; i < SIM_TRACES; i++)
        trace_fini(&sim->traces[i]);
    heap_free(sim->tx_ns);
    heap_free(sim);
}

struct sim_alone sim_alone(const struct sim *sim)
{
    return sim->alone;
}

enum pevm_status sim_run(struct sim *sim,
                         unsigned workers,
                         const struct sim_prices *prices,
                         struct sim_result *out,
                         struct error *error)
{
    uint64_t bare_ps;
    ASSERT(workers >= 1 && workers <= SIM_WORKERS_MAX);
    return run_scaled(sim, workers, prices, &bare_ps, out, error);
}
