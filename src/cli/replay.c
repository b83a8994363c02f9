#include "cli/replay.h"

#include "base/heap.h"
#include "cli/bundle_roots.h"
#include "cli/replay_check.h"
#include "crypto/keccak.h"
#include "engine/outcome.h"

#include <stdlib.h>

#define SCRATCH_CHUNK_BYTES ((size_t)1 << 20)

/* One way to execute, and how long it took each time. */
struct runner {
    struct engine *engine;
    uint64_t *execute_ns; /* of each run */
    bool is_parallel;
};

struct replayer {
    struct runner first, second; /* the second in mode both: the parallel one */
    struct arena scratch;
    uint64_t runs;
    bool is_both;
    void (*on_run)(void *context, uint64_t done); /* may be NULL */
    void *context;
};

static enum pevm_status runner_init(struct runner *runner,
                                    const struct replay_plan *plan,
                                    bool is_parallel)
{
    struct engine_options options = {.chain = &chain_mainnet, .workers = plan->workers};
    runner->is_parallel = is_parallel;
    runner->execute_ns = heap_alloc_zeroed(plan->runs, sizeof *runner->execute_ns);
    return runner->execute_ns == NULL ? PEVM_NO_MEMORY : engine_new(&runner->engine, &options);
}

static void runner_fini(struct runner *runner)
{
    engine_free(runner->engine);
    heap_free(runner->execute_ns);
}

enum pevm_status replayer_new(struct replayer **out,
                              const struct replay_plan *plan,
                              struct error *error)
{
    ASSERT(plan->runs >= 1 && plan->runs <= REPLAY_RUNS_MAX);
    struct replayer *replayer = heap_alloc_zeroed(1, sizeof *replayer);
    if (replayer == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    arena_init(&replayer->scratch, SCRATCH_CHUNK_BYTES, 0);
    replayer->runs = plan->runs;
    replayer->on_run = plan->on_run;
    replayer->context = plan->context;
    replayer->is_both = plan->mode == REPLAY_BOTH;
    enum pevm_status status = runner_init(&replayer->first, plan, plan->mode == REPLAY_PARALLEL);
    if (status == PEVM_OK && replayer->is_both) status = runner_init(&replayer->second, plan, true);
    if (status != PEVM_OK) {
        replayer_free(replayer);
        return error_set(error, status, "no engine: %s", pevm_status_text(status));
    }
    *out = replayer;
    return PEVM_OK;
}

void replayer_free(struct replayer *replayer)
{
    if (replayer == NULL) return;
    runner_fini(&replayer->first);
    runner_fini(&replayer->second);
    arena_fini(&replayer->scratch);
    heap_free(replayer);
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void take_outcome(struct replay_result *result, const struct engine_outcome *outcome)
{
    result->gas_used = outcome->gas_used;
    result->receipts_root = outcome->receipts_root;
    result->has_receipts_root = outcome->has_receipts_root;
    result->state_root = outcome->state_root;
    result->has_state_root = outcome->has_state_root;
    result->executions = outcome->executions;
    result->executions_most = outcome->executions_most;
    result->aborts = outcome->stale;
    result->arena_bytes = outcome->arena_bytes;
    result->times.recover_ns = outcome->recover_ns;
    result->times.root_ns = outcome->root_ns;
}

/* Run number `run`, from 0, of one way to execute. */
static enum pevm_status run_one(struct runner *runner,
                                uint64_t run,
                                struct engine_outcome *outcome,
                                const struct engine_input *input,
                                struct error *error)
{
    struct engine_input own = *input;
    own.is_parallel = runner->is_parallel;
    TRY(engine_execute(runner->engine, outcome, &own, error));
    runner->execute_ns[run] = outcome->execute_ns;
    return PEVM_OK;
}

/* The same run by the second way, held against the first. */
static enum pevm_status run_twin(struct replayer *replayer,
                                 struct replay_result *result,
                                 uint64_t run,
                                 const struct engine_outcome *expected,
                                 const struct engine_input *input,
                                 struct error *error)
{
    struct engine_outcome outcome;
    char text[OUTCOME_TEXT_MAX];
    if (!replayer->is_both) return PEVM_OK;
    TRY(run_one(&replayer->second, run, &outcome, input, error));
    const char *difference = outcome_differs(text, expected, &outcome);
    if (difference != NULL)
        replay_fault(result,
                     "run %llu: sequential and parallel differ: %s",
                     (unsigned long long)run + 1,
                     difference);
    result->executions = outcome.executions;
    if (outcome.executions_most > result->executions_most)
        result->executions_most = outcome.executions_most;
    result->aborts = outcome.stale;
    result->arena_bytes = outcome.arena_bytes;
    return PEVM_OK;
}

/* The runs after the first: nobody asks for roots, so what is measured is execution alone. */
static enum pevm_status run_again(struct replayer *replayer,
                                  struct replay_result *result,
                                  const struct engine_input *input,
                                  struct error *error)
{
    struct engine_input plain = *input;
    plain.roots = NULL;
    for (uint64_t i = 1; i < replayer->runs; i++) {
        struct engine_outcome outcome;
        if (replayer->on_run != NULL) replayer->on_run(replayer->context, i);
        uint64_t heap_before = heap_calls();
        TRY(run_one(&replayer->first, i, &outcome, &plain, error));
        if (outcome.fault != BLOCK_VALID)
            replay_fault(result, "run %llu: %.400s", (unsigned long long)i + 1, outcome.text);
        TRY(run_twin(replayer, result, i, &outcome, &plain, error));
        result->heap_calls = heap_calls() - heap_before;
    }
    return PEVM_OK;
}

static void sort_times(struct runner *runner, uint64_t runs, uint64_t *min, uint64_t *median)
{
    qsort(runner->execute_ns, runs, sizeof *runner->execute_ns, compare_u64);
    *min = runner->execute_ns[0];
    *median = runner->execute_ns[runs / 2];
}

static void take_times(struct replayer *replayer, struct replay_result *result)
{
    struct replay_times *times = &result->times;
    uint64_t runs = result->ok ? replayer->runs : 1;
    sort_times(&replayer->first, runs, &times->execute_ns_min, &times->execute_ns_median);
    if (!replayer->is_both) return;
    times->sequential_ns_min = times->execute_ns_min;
    times->sequential_ns_median = times->execute_ns_median;
    sort_times(&replayer->second, runs, &times->execute_ns_min, &times->execute_ns_median);
}

static enum pevm_status run_all(struct replayer *replayer,
                                struct replay_result *result,
                                const struct bundle *bundle,
                                const struct root_source *roots,
                                struct error *error)
{
    struct view view = memory_state_view(bundle->pre_state);
    struct engine_input input = {
        .block = &bundle->block,
        .parent = bundle->has_parent ? &bundle->parent : NULL,
        .pre_state = &view,
        .roots = roots,
        .skip_body_roots = !bundle->ommers_known,
    };
    struct engine_outcome outcome;
    engine_set_chain(replayer->first.engine, &bundle->chain);
    if (replayer->is_both) engine_set_chain(replayer->second.engine, &bundle->chain);
    TRY(run_one(&replayer->first, 0, &outcome, &input, error));
    if (outcome.fault != BLOCK_VALID) {
        replay_fault(result, "%s: %.400s", block_fault_text(outcome.fault), outcome.text);
        input.skip_header_compare =
            true; /* an invalid block leaves nothing behind: once more, to see what came */
        TRY(run_one(&replayer->first, 0, &outcome, &input, error));
    }
    take_outcome(result, &outcome);
    TRY(replay_check(result, bundle, &outcome, &replayer->scratch, error));
    TRY(run_twin(replayer, result, 0, &outcome, &input, error));
    if (result->ok) TRY(run_again(replayer, result, &input, error));
    take_times(replayer, result);
    return PEVM_OK;
}

/* A whole pre-state must be the one that the parent's header names. */
static enum pevm_status check_pre_state(struct replayer *replayer,
                                        struct replay_result *result,
                                        const struct bundle *bundle,
                                        struct error *error)
{
    hash32 root;
    if (!bundle->pre_state_full || !bundle->has_parent_state_root) return PEVM_OK;
    enum pevm_status status = memory_state_root(bundle->pre_state, &root, &replayer->scratch);
    if (status != PEVM_OK)
        return error_set(error, status, "root of the pre-state: %s", pevm_status_text(status));
    if (!hash32_equal(&root, &bundle->parent_state_root))
        replay_fault(result, "the root of the pre-state is not the parent's state root");
    if (bundle->has_parent && !hash32_equal(&bundle->parent.state_root, &bundle->parent_state_root))
        replay_fault(result, "parentStateRoot is not that of the parent's header");
    return PEVM_OK;
}

enum pevm_status replay_bundle(struct replayer *replayer,
                               struct replay_result *result,
                               struct bundle *bundle,
                               struct error *error)
{
    struct bundle_roots roots;
    *result = (struct replay_result){.ok = true};
    arena_reset(&replayer->scratch);
    TRY(check_pre_state(replayer, result, bundle, error));
    bundle_roots_init(&roots, bundle, &replayer->scratch);
    return run_all(replayer, result, bundle, roots.source, error);
}
