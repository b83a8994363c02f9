/* replay.h - executes the block of a bundle and holds what comes out against everything the bundle says.
 *
 * The first run is judged: senders, gas used, receipts root, bloom, every receipt, the changes after the last transaction and,
 * where a witness or the whole pre-state is at hand, the state root. Further runs are for the clock: the engine judges gas and bloom
 * again, and nothing is taken from the heap. In mode both every parallel run is compared with a sequential one.
 *
 * Order of calls: replayer_new replay_bundle* replayer_free. One thread.
 */
#pragma once

#include "engine/engine.h"
#include "fixture/bundle.h"

#define REPLAY_FAULTS_MAX 8
#define REPLAY_RUNS_MAX   100000

enum replay_mode {
    REPLAY_PARALLEL,
    REPLAY_SEQUENTIAL,
    REPLAY_BOTH, /* one after the other, run by run, and compared bit for bit */
};

struct replay_plan {
    enum replay_mode mode;
    unsigned workers; /* 0: one for each online CPU, at most 16 */
    uint64_t runs;

    /* May be NULL. Told before each run how many of them are done. */
    void (*on_run)(void *context, uint64_t done);
    void *context;
};

struct replay_times {
    uint64_t recover_ns, execute_ns_min, execute_ns_median, root_ns;
    uint64_t sequential_ns_min,
        sequential_ns_median; /* mode both: execute_ns is then the parallel runs' */
};

struct replay_result {
    bool ok;
    size_t fault_count; /* of those told */
    char faults[REPLAY_FAULTS_MAX][ERROR_TEXT_MAX];

    uint64_t gas_used;
    hash32 receipts_root, state_root;
    bool has_receipts_root;      /* false: before Byzantium and no roots */
    bool has_state_root;         /* false: partial pre-state and no witness */
    uint64_t executions, aborts; /* attempts in all; those whose reads turned out stale */
    unsigned executions_most;    /* of one transaction */
    size_t arena_bytes;
    uint64_t heap_calls; /* of the last run, if it was not the first */
    struct replay_times times;
};

struct replayer;

enum pevm_status replayer_new(struct replayer **out,
                              const struct replay_plan *plan,
                              struct error *error) MUST_CHECK;
void replayer_free(struct replayer *replayer); /* may be NULL */

/* PEVM_OK: the result says whether all is as it should be. Anything else: the world failed. */
enum pevm_status replay_bundle(struct replayer *replayer,
                               struct replay_result *result,
                               struct bundle *bundle,
                               struct error *error) MUST_CHECK;
