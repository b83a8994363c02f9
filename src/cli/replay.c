#include "cli/replay.h"

#include "base/heap.h"
#include "cli/bundle_roots.h"
#include "cli/replay_check.h"
#include "crypto/keccak.h"

#include <stdlib.h>

#define SCRATCH_CHUNK_BYTES ((size_t)1 << 20)

struct replayer {
    struct engine *engine;
    struct arena scratch;
    uint64_t *execute_ns; /* of each run */
    uint64_t runs;
};

enum pevm_status replayer_new(struct replayer **out,
                              unsigned workers,
                              uint64_t runs,
                              struct error *error)
{
    ASSERT(runs >= 1 && runs <= REPLAY_RUNS_MAX);
    struct replayer *replayer = heap_alloc_zeroed(1, sizeof *replayer);
    if (replayer == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    struct engine_options options = {.chain = &chain_mainnet, .workers = workers};
    arena_init(&replayer->scratch, SCRATCH_CHUNK_BYTES, 0);
    replayer->runs = runs;
    replayer->execute_ns = heap_alloc_zeroed(runs, sizeof *replayer->execute_ns);
    enum pevm_status status =
        replayer->execute_ns == NULL ? PEVM_NO_MEMORY : engine_new(&replayer->engine, &options);
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
    engine_free(replayer->engine);
    heap_free(replayer->execute_ns);
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
    result->executions = outcome->receipt_count;
    result->arena_bytes = outcome->arena_bytes;
    result->times.recover_ns = outcome->recover_ns;
    result->times.root_ns = outcome->root_ns;
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
        uint64_t heap_before = heap_calls();
        TRY(engine_execute(replayer->engine, &outcome, &plain, error));
        result->heap_calls = heap_calls() - heap_before;
        replayer->execute_ns[i] = outcome.execute_ns;
        if (outcome.fault != BLOCK_VALID)
            replay_fault(result, "run %llu: %.400s", (unsigned long long)i + 1, outcome.text);
    }
    return PEVM_OK;
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
    engine_set_chain(replayer->engine, &bundle->chain);
    TRY(engine_execute(replayer->engine, &outcome, &input, error));
    if (outcome.fault != BLOCK_VALID) {
        replay_fault(result, "%s: %.400s", block_fault_text(outcome.fault), outcome.text);
        input.skip_header_compare =
            true; /* an invalid block leaves nothing behind: once more, to see what came */
        TRY(engine_execute(replayer->engine, &outcome, &input, error));
    }
    take_outcome(result, &outcome);
    replayer->execute_ns[0] = outcome.execute_ns;
    TRY(replay_check(result, bundle, &outcome, &replayer->scratch, error));
    if (result->ok) TRY(run_again(replayer, result, &input, error));
    uint64_t runs = result->ok ? replayer->runs : 1;
    qsort(replayer->execute_ns, runs, sizeof *replayer->execute_ns, compare_u64);
    result->times.execute_ns_min = replayer->execute_ns[0];
    result->times.execute_ns_median = replayer->execute_ns[runs / 2];
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
