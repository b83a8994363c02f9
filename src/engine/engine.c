#include "engine/engine.h"

#include "base/clock.h"
#include "base/heap.h"
#include "chain/header_rules.h"
#include "engine/apply.h"
#include "engine/block_roots.h"
#include "engine/block_run.h"
#include "engine/engine_metrics.h"
#include "engine/finish.h"
#include "engine/parallel.h"
#include "engine/profile.h"
#include "engine/senders.h"
#include "engine/tasks.h"
#include "engine/tx_receipt.h"
#include "sync/cpu_count.h"

#include <inttypes.h>

#define ARENA_CHUNK_BYTES   ((size_t)1 << 20)
#define SCRATCH_CHUNK_BYTES ((size_t)64 << 10) /* one transaction's signing text */

struct engine {
    const struct chain *chain;
    struct arena block_arena;
    struct code_cache *codes;
    struct machine *machine;
    struct block_state *state;
    struct budget budget;
    bool spreads_memory;
    uint64_t trimmed_ns;
    struct team *team;
    struct tuning tuning;
    struct parallel *parallel; /* made when the first block asks for it */
    struct tasks *tasks;       /* ... and these, when somebody has tasks of his own */
    struct arena *scratch;     /* one for each worker of the team */
    struct metrics *metrics;
    struct profile *profile; /* NULL: nobody looks closely */
};

/* ---- open and close --------------------------------------------------------------------------- */

static enum pevm_status engine_init(struct engine *engine, const struct engine_options *options)
{
    unsigned workers = options->workers;
    if (workers == 0) workers = cpu_count_default();
    engine->chain = options->chain;
    budget_init(&engine->budget, options->memory_max_bytes);
    engine->tuning = options->tuning;
    arena_init(&engine->block_arena, ARENA_CHUNK_BYTES, 0);
    arena_set_keeper(&engine->block_arena, &engine->budget.keeper);
    engine->codes = code_cache_new(options->code_cache_bytes == 0 ? CODE_CACHE_DEFAULT
                                                                  : options->code_cache_bytes);
    if (engine->codes == NULL) return PEVM_NO_MEMORY;
    TRY(machine_new(&engine->machine, &(struct machine_options){.codes = engine->codes}));
    TRY(block_state_new(&engine->state));
    engine->spreads_memory = options->spreads_memory;
    struct team_options team = {.pin = options->pins_workers,
                                .spin_ns = options->spins_long ? SPIN_LONG_NS : 0};
    TRY(team_new(&engine->team, workers, &team, NULL));
    TRY(engine_metrics_new(&engine->metrics));
    engine->scratch = heap_alloc_zeroed(workers, sizeof *engine->scratch);
    if (engine->scratch == NULL) return PEVM_NO_MEMORY;
    for (unsigned i = 0; i < workers; i++) {
        arena_init(&engine->scratch[i], SCRATCH_CHUNK_BYTES, 0);
        arena_set_keeper(&engine->scratch[i], &engine->budget.keeper);
    }
    struct metrics_writer *writer = metrics_writer(engine->metrics, 0);
    metric_set(writer, METRIC_THREADS, 0, workers);
    metric_set(writer, METRIC_ARENA_LIMIT, 0, options->memory_max_bytes);
    return PEVM_OK;
}

enum pevm_status engine_new(struct engine **out, const struct engine_options *options)
{
    struct engine *engine = heap_alloc_zeroed(1, sizeof *engine);
    *out = NULL;
    if (engine == NULL) return PEVM_NO_MEMORY;
    enum pevm_status status = engine_init(engine, options);
    if (status != PEVM_OK) {
        engine_free(engine);
        return status;
    }
    *out = engine;
    return PEVM_OK;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL) return;
    for (unsigned i = 0; engine->scratch != NULL && i < team_workers(engine->team); i++)
        arena_fini(&engine->scratch[i]);
    heap_free(engine->scratch);
    parallel_free(engine->parallel);
    tasks_free(engine->tasks);
    profile_free(engine->profile);
    metrics_free(engine->metrics);
    team_free(engine->team);
    block_state_free(engine->state);
    machine_free(engine->machine);
    code_cache_free(engine->codes);
    arena_fini(&engine->block_arena);
    heap_free(engine);
}

void engine_set_chain(struct engine *engine, const struct chain *chain)
{
    engine->chain = chain;
}

struct arena_keeper *engine_keeper(struct engine *engine)
{
    return &engine->budget.keeper;
}

void engine_tune(struct engine *engine, const struct tuning *tuning)
{
    engine->tuning = *tuning;
}

/* ---- looking on ------------------------------------------------------------------------------- */

struct metrics *engine_metrics(const struct engine *engine)
{
    return engine->metrics;
}

enum pevm_status engine_set_profiling(struct engine *engine, bool is_on)
{
    if (is_on == (engine->profile != NULL)) return PEVM_OK;
    if (is_on) return profile_new(&engine->profile, team_workers(engine->team));
    profile_free(engine->profile);
    engine->profile = NULL;
    return PEVM_OK;
}

struct engine_footprint engine_footprint(const struct engine *engine)
{
    if (engine->parallel == NULL) return (struct engine_footprint){.locations = 0};
    return parallel_footprint(engine->parallel);
}

struct mv_location engine_location(const struct engine *engine, uint32_t place)
{
    if (engine->parallel == NULL) return (struct mv_location){.kind = MV_AT_NOWHERE};
    return parallel_location(engine->parallel, place);
}

/* ---- one block --------------------------------------------------------------------------------- */

static struct block_env env_of(const struct header *header, const struct rules *rules)
{
    struct block_env env = {
        .rules = *rules,
        .number = header->number,
        .timestamp = header->timestamp,
        .gas_limit = header->gas_limit,
        .coinbase = header->coinbase,
        .prev_randao =
            rules->fork >= FORK_PARIS ? header->mix_hash : u256_to_hash(header->difficulty),
    };
    if (rules->fork >= FORK_LONDON) env.base_fee = header->base_fee;
    if (rules->fork >= FORK_CANCUN)
        env.blob_base_fee = blob_base_fee(header->excess_blob_gas, rules->blob.update_fraction);
    return env;
}

/* Is more kept from the blocks before than the configuration allows, or for longer? */
static bool is_time_to_trim(const struct engine *engine)
{
    const struct tuning *tuning = &engine->tuning;
    uint64_t held = budget_held(&engine->budget), max = engine->budget.max;
    if (tuning->keep_max_bytes != 0 && held > tuning->keep_max_bytes) return true;
    if (max != 0 && tuning->pressure_percent != 0 &&
        held / 100 > max / 10000 * tuning->pressure_percent)
        return true;
    return tuning->trim_interval_ns != 0 &&
           clock_now_ns() - engine->trimmed_ns >= tuning->trim_interval_ns;
}

static void trim(struct engine *engine)
{
    engine->trimmed_ns = clock_now_ns();
    arena_fini(&engine->block_arena);
    for (unsigned i = 0; i < team_workers(engine->team); i++)
        arena_fini(&engine->scratch[i]);
    if (engine->parallel != NULL) parallel_trim(engine->parallel);
}

/* Everything of the block before is forgotten here, the outcome's receipts too. */
static enum pevm_status run_begin(struct block_run *run,
                                  struct engine *engine,
                                  const struct view *pre_state,
                                  size_t tx_count)
{
    *run->outcome = (struct engine_outcome){.fault = BLOCK_VALID};
    arena_reset(&engine->block_arena);
    if (is_time_to_trim(engine)) trim(engine);
    (void)budget_refused(&engine->budget); /* of another block */
    run->chain = engine->chain;
    run->arena = &engine->block_arena;
    run->machine = engine->machine;
    run->state = engine->state;
    run_watch_machine(run, run->machine, &run->watch_machine);
    state_watch_init(&run->watch, pre_state);
    struct view view = state_watch_view(&run->watch);
    block_state_begin(run->state, &view);
    run->receipts = arena_alloc_zeroed(run->arena, tx_count, sizeof *run->receipts);
    return run->receipts == NULL ? run_no_memory(run) : PEVM_OK;
}

static enum pevm_status recover_senders(struct block_run *run, struct engine *engine)
{
    const struct block *block = run->input->block;
    uint64_t start_ns = run_enter(run, PHASE_SENDERS);
    enum pevm_status status = senders_recover(engine->team,
                                              engine->scratch,
                                              block->txs,
                                              block->tx_count,
                                              run->env.rules.fork,
                                              &run->stop);
    run_leave(run, PHASE_SENDERS, start_ns);
    run->outcome->recover_ns = run->outcome->phase_ns[PHASE_SENDERS];
    return status == PEVM_OK ? run_check_stop(run) : run_no_memory(run);
}

/* The transactions, on all workers or one after another. */
static enum pevm_status transactions_run(struct block_run *run)
{
    struct engine_outcome *outcome = run->outcome;
    outcome->executions = run->input->block->tx_count;
    outcome->executions_most = outcome->executions > 0;
    if (run->parallel == NULL) return sequential_run(run);
    TRY(parallel_run(run->parallel, run));
    struct parallel_counts counts = parallel_counts(run->parallel);
    outcome->executions = counts.executions;
    outcome->executions_most = counts.most;
    outcome->stale = counts.stale;
    outcome->waits = counts.waits;
    outcome->arena_bytes = counts.bytes;
    return PEVM_OK;
}

static enum pevm_status phase_run(struct block_run *run,
                                  enum event_phase phase,
                                  enum pevm_status (*does)(struct block_run *))
{
    uint64_t start_ns = run_enter(run, phase);
    TRY(does(run));
    run_leave(run, phase, start_ns);
    return PEVM_OK;
}

/* From "senders known" to "receipts and changeset final". */
static enum pevm_status execute(struct block_run *run)
{
    static const struct {
        enum event_phase name;
        enum pevm_status (*run)(struct block_run *);
    } phases[] = {
        {PHASE_BEFORE,       hooks_before    },
        {PHASE_TRANSACTIONS, transactions_run},
        {PHASE_FINISH,       finish_run      }
    };
    uint64_t start_cpu_ns = clock_process_ns(), start_ns = clock_now_ns();
    for (size_t i = 0; i < COUNT_OF(phases) && !run_is_refused(run); i++)
        TRY(phase_run(run, phases[i].name, phases[i].run));
    run->outcome->execute_ns = clock_now_ns() - start_ns;
    run->outcome->phase_ns[PHASE_TRANSACTIONS] -= run->outcome->phase_ns[PHASE_HAND_OVER];
    run->outcome->execute_cpu_ns = clock_process_ns() - start_cpu_ns;
    return PEVM_OK;
}

/* What the parallel path keeps between blocks: made once, when it is first asked for. */
static enum pevm_status parallel_get(struct engine *engine, struct block_run *run)
{
    struct parallel_options options = {.team = engine->team,
                                       .codes = engine->codes,
                                       .budget = &engine->budget,
                                       .spreads_memory = engine->spreads_memory};
    if (!run->input->is_parallel || engine->tuning.policy == SCHED_SEQUENTIAL) return PEVM_OK;
    if (engine->parallel == NULL && parallel_new(&engine->parallel, &options) != PEVM_OK)
        return run_no_memory(run);
    parallel_tune(engine->parallel, &engine->tuning);
    run->parallel = engine->parallel;
    return PEVM_OK;
}

static enum pevm_status compute_roots(struct block_run *run)
{
    struct engine_outcome *outcome = run->outcome;
    const struct root_source *roots = run->input->roots;
    uint64_t start_ns = run_enter(run, PHASE_ROOTS);
    outcome->has_receipts_root = run->env.rules.fork >= FORK_BYZANTIUM || roots != NULL;
    if (outcome->has_receipts_root &&
        !receipts_root(
            &outcome->receipts_root, outcome->receipts, outcome->receipt_count, run->arena))
        return run_no_memory(run);
    if (roots != NULL) {
        outcome->has_state_root = true;
        TRY(roots->root(roots->context, &outcome->changes, &outcome->state_root, run->error));
    }
    run_leave(run, PHASE_ROOTS, start_ns);
    outcome->root_ns = outcome->phase_ns[PHASE_ROOTS];
    return PEVM_OK;
}

/* Of an invalid block only the reason is kept. */
static void outcome_keep_reason(struct engine_outcome *outcome)
{
    struct engine_outcome kept = {
        .fault = outcome->fault, .tx_fault = outcome->tx_fault, .tx_index = outcome->tx_index};
    memcpy(kept.text, outcome->text, sizeof kept.text);
    *outcome = kept;
}

static enum pevm_status block_execute(struct block_run *run, struct engine *engine)
{
    const struct block *block = run->input->block;
    TRY(run_begin(run, engine, run->input->pre_state, block->tx_count));
    TRY(validate_before(run));
    if (run_is_refused(run)) return PEVM_OK;
    TRY(recover_senders(run, engine));
    TRY(parallel_get(engine, run));
    TRY(execute(run));
    if (run_is_refused(run)) return PEVM_OK;
    TRY(compute_roots(run));
    return validate_after(run);
}

/* There was not enough memory for several workers. All of it for one. */
static enum pevm_status block_execute_alone(struct block_run *run,
                                            struct engine *engine,
                                            struct engine_input *input)
{
    trim(engine);
    input->is_parallel = false;
    run->input = input;
    run->parallel = NULL;
    run->hand_over = NULL;
    run->gas_used = run->blob_gas_used = 0;
    memset(run->requests, 0, sizeof run->requests);
    return block_execute(run, engine);
}

/* Metrics first: of an invalid block nothing is left then but the reason. */
static void look_back(struct block_run *run, struct engine *engine, enum pevm_status status)
{
    struct profile *profile = engine->profile;
    struct mv_chain chain;
    engine_metrics_block(engine->metrics, run, status);
    if (status != PEVM_OK || run_is_refused(run) || profile == NULL) return;
    struct profile_run over = {
        .count = run->input->block->tx_count,
        .workers = run->parallel == NULL ? 1 : team_workers(engine->team),
        .execute_ns = run->outcome->execute_ns,
        .transactions_ns = run->outcome->phase_ns[PHASE_TRANSACTIONS],
        .events = run->events,
    };
    const uint64_t *costs = profile_end(profile, engine->metrics, &over);
    bool is_known = costs != NULL && run->parallel != NULL &&
                    parallel_chain(run->parallel, costs, profile_arena(profile), &chain);
    if (is_known) profile_chain(engine->metrics, &chain);
}

/* Whoever looks on gets ready. */
static enum pevm_status look_ahead(struct block_run *run,
                                   struct engine *engine,
                                   struct engine_input *input)
{
    struct profile *profile = engine->profile;
    unsigned workers = team_workers(engine->team);
    run->metrics = engine->metrics;
    run->events = input->events;
    engine_metrics_begin(engine->metrics, input->block->tx_count);
    if (profile != NULL) {
        if (profile_begin(profile, workers, input->pre_state) != PEVM_OK)
            return error_set(run->error, PEVM_NO_MEMORY, "no memory to profile the block");
        input->pre_state = profile_view(profile);
        if (run->events == NULL) run->events = profile_events(profile);
    }
    if (run->events == NULL) return PEVM_OK;
    ASSERT(event_log_workers(run->events) >= workers);
    event_log_begin(run->events);
    return PEVM_OK;
}

enum pevm_status engine_execute(struct engine *engine,
                                struct engine_outcome *outcome,
                                const struct engine_input *input,
                                struct error *error)
{
    const struct header *header = &input->block->header;
    struct engine_input own = *input;
    struct rules rules = chain_rules(
        engine->chain, header->number, header->timestamp, input->parent_total_difficulty);
    struct block_run run = {
        .input = &own, .env = env_of(header, &rules), .outcome = outcome, .error = error};
    run.budget = &engine->budget;
    TRY(look_ahead(&run, engine, &own));
    run_limit(&run, &engine->tuning);
    enum pevm_status status = block_execute(&run, engine);
    if (status == PEVM_NO_MEMORY && run.parallel != NULL)
        status = block_execute_alone(&run, engine, &own);
    look_back(&run, engine, status);
    TRY(status);
    if (outcome->fault != BLOCK_VALID) outcome_keep_reason(outcome);
    outcome->arena_bytes += arena_used(&engine->block_arena);
    return PEVM_OK;
}

/* ---- one transaction --------------------------------------------------------------------------- */

static enum pevm_status tx_execute(struct block_run *run,
                                   struct engine *engine,
                                   const struct tx *given)
{
    struct tx tx = *given;
    struct view view = block_state_view(run->state);
    struct tx_room room = {
        .gas = run->env.gas_limit < GAS_LIMIT_MAX ? run->env.gas_limit : GAS_LIMIT_MAX,
        .blob_gas = run->env.rules.blob.max * (uint64_t)GAS_PER_BLOB,
    };
    struct tx_result result;
    if (senders_recover(engine->team, engine->scratch, &tx, 1, run->env.rules.fork, NULL) !=
        PEVM_OK)
        return run_no_memory(run);
    machine_set_block(run->machine, &run->env, run->input->tracer);
    enum run_answer answer = tx_run(run->machine, &view, &tx, &room, &result);
    if (answer == RUN_INVALID) return run_refuse_tx(run, 0, result.fault);
    if (answer != RUN_DONE) return run_failed(run, answer, "transaction");
    TRY(apply_journal(run, machine_journal(run->machine), "transaction"));
    if (!tx_receipt_make(&run->receipts[0], &tx, &result, run->arena)) return run_no_memory(run);
    run->gas_used = (uint64_t)result.gas_used;
    run->blob_gas_used = tx.blob_count * (uint64_t)GAS_PER_BLOB;
    finish_receipts(run, 1);
    return finish_changes(run);
}

enum pevm_status engine_execute_tx(struct engine *engine,
                                   struct engine_outcome *outcome,
                                   const struct block_env *env,
                                   const struct tx *tx,
                                   const struct view *pre_state,
                                   const struct tracer *tracer,
                                   struct error *error)
{
    struct engine_input input = {.pre_state = pre_state, .tracer = tracer};
    struct block_run run = {.input = &input, .env = *env, .outcome = outcome, .error = error};
    TRY(run_begin(&run, engine, pre_state, 1));
    TRY(tx_execute(&run, engine, tx));
    outcome->arena_bytes = arena_used(&engine->block_arena);
    return PEVM_OK;
}

/* ---- tasks of somebody else's ------------------------------------------------------------------- */

static void tasks_look_back(struct engine *engine,
                            const struct tasks_outcome *outcome,
                            const struct tasks_input *input)
{
    struct mv_chain chain;
    struct profile_run over = {.count = input->count,
                               .workers = outcome->workers,
                               .execute_ns = outcome->execute_ns,
                               .transactions_ns = outcome->execute_ns,
                               .events = input->events};
    const uint64_t *costs = profile_end(engine->profile, engine->metrics, &over);
    struct arena *arena = profile_arena(engine->profile);
    if (costs != NULL && tasks_chain(engine->tasks, costs, arena, &chain))
        profile_chain(engine->metrics, &chain);
}

enum pevm_status engine_run_tasks(struct engine *engine,
                                  struct tasks_outcome *outcome,
                                  const struct tasks_input *input,
                                  struct error *error)
{
    if (engine->tasks == NULL &&
        tasks_new(&engine->tasks, engine->team, &engine->budget) != PEVM_OK)
        return error_set(error, PEVM_NO_MEMORY, "no memory for tasks");
    struct tasks_input own = *input;
    own.metrics = engine->metrics;
    engine_metrics_begin(engine->metrics, input->count);
    if (engine->profile != NULL) {
        if (profile_begin(engine->profile, team_workers(engine->team), input->base) != PEVM_OK)
            return error_set(error, PEVM_NO_MEMORY, "no memory to profile the tasks");
        own.base = profile_view(engine->profile);
        own.events = profile_events(engine->profile);
        event_log_begin(own.events);
    }
    enum pevm_status status = tasks_run(engine->tasks, outcome, &own, error);
    engine_metrics_tasks(engine->metrics, outcome, status, input->count);
    if (status == PEVM_OK && engine->profile != NULL) tasks_look_back(engine, outcome, &own);
    return status;
}
