/* engine.h - a block in, an outcome out.
 *
 * engine_execute runs one block on a pre-state: senders, system calls, transactions, withdrawals, rewards, requests; then
 * compares with the header. It never touches the pre-state: the changes are in the outcome, and applying them is the
 * caller's business. The sequential path (sequential.c) is the specification of every other.
 *
 * Order of calls: engine_new ( engine_set_chain? engine_execute | engine_execute_tx )* engine_free. One thread at a time per engine.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "chain/block_fault.h"
#include "chain/chain.h"
#include "engine/tuning.h"
#include "evm/block_env.h"
#include "evm/tracer.h"
#include "metrics/event.h"
#include "metrics/metrics.h"
#include "state/changeset.h"
#include "state/mv_place.h"
#include "state/view.h"
#include "types/block.h"
#include "types/receipt.h"

struct engine;

#define CODE_CACHE_DEFAULT ((size_t)256 << 20) /* what mainnet runs in a day */

#define SPIN_LONG_NS 100000 /* a wake from sleep may cost as much */

struct engine_options {
    const struct chain *chain; /* borrowed; engine_set_chain changes it between blocks */
    unsigned workers; /* for sender recovery (and the parallel path); 0 = online CPUs, at most 16 */
    size_t
        memory_max_bytes; /* for all that grows with a block, and what an outcome lends; 0 = no limit */
    size_t code_cache_bytes; /* 0 = CODE_CACHE_DEFAULT */
    bool spins_long;      /* workers without a job wait for the next one awake, for SPIN_LONG_NS */
    bool pins_workers;    /* to a processor each; the caller's thread stays where it is */
    bool spreads_memory;  /* what all workers use lies across all nodes of memory */
    struct tuning tuning; /* engine_tune changes it between blocks */
};

/* Roots that only the owner of the whole state can give. */
struct root_source {
    /* The state root after `changes` on the pre-state of the block. */
    enum pevm_status (*root)(void *context,
                             const struct changeset *changes,
                             hash32 *out,
                             struct error *error);
    void *context;
};

/* A block before the one to be executed, for the rules about ommers (rules, section 5). */
struct engine_ancestor {
    const struct header *header; /* with its hash */
    const struct header *ommers; /* the ommers in its body, with their hashes */
    size_t ommer_count;
};

#define ENGINE_ANCESTORS_MAX 7 /* an ommer is at most 6 generations old, so its parent 7 */

/* Asked between transactions; true stops the block with PEVM_CANCELLED. */
struct cancel_source {
    bool (*is_cancelled)(void *context);
    void *context;
};

struct journal;
struct tx_result;

/* Watches the transactions one after another; there is no parallel path then. */
struct tx_observer {
    void *context;
    /* What transaction `tx` shall read through, instead of `state`; may be NULL. The answers must be those of `state`. */
    struct view (*view)(void *context, size_t tx, const struct view *state);
    /* It has run, and could be in the block. Its changes are in the journal, and not applied yet. */
    void (*done)(void *context,
                 size_t tx,
                 const struct journal *journal,
                 const struct tx_result *result);
};

/* Transaction `later` is likely to need what `earlier` changes. */
struct engine_dependency {
    uint32_t later, earlier;
};

struct engine_input {
    const struct block *block;
    const struct header *parent; /* may be NULL: header checks against the parent are skipped */
    const u256 *
        parent_total_difficulty; /* may be NULL; decides Paris where the chain does not know its height */
    const struct engine_ancestor
        *ancestors;        /* the parent first, then its parent, ...: 7 of them, or all there are */
    size_t ancestor_count; /* 0 = not known: then ommers are judged by their count and hash only */
    const struct view *pre_state;
    const struct root_source
        *roots; /* may be NULL: state root (and pre-Byzantium receipts roots) are not computed */
    const struct tracer *tracer;        /* may be NULL */
    const struct tx_observer *observer; /* may be NULL */
    const struct cancel_source *cancel; /* may be NULL */

    /* Hints: right, wrong or absurd, the outcome is the same. */
    const struct engine_dependency *dependencies;
    size_t dependency_count;
    const uint64_t *gas_estimates; /* of the first so many transactions */
    size_t gas_estimate_count;

    struct event_log
        *events; /* may be NULL: what the workers do is noted there, in as many rings */
    bool skip_header_compare; /* execute only: gas used, roots and bloom are reported, not judged */
    bool
        is_parallel; /* on all workers, unless the policy is SCHED_SEQUENTIAL; the same, bit for bit */
    bool even_if_small;   /* with is_parallel: though it is not worth waking anybody (for tests) */
    bool skip_body_roots; /* do not compare transactions root, withdrawals root, ommers hash */
};

struct engine_outcome {
    enum block_fault fault;
    enum tx_fault tx_fault; /* when fault is BLOCK_TRANSACTION */
    size_t tx_index;
    char text[ERROR_TEXT_MAX]; /* what was expected, what came; "" when valid */

    const struct receipt *receipts; /* in the engine's block arena until its next call */
    size_t receipt_count;
    struct changeset changes;
    uint64_t gas_used, blob_gas_used;
    bloom bloom;
    hash32 receipts_root;
    bool has_receipts_root; /* false before Byzantium without roots */
    hash32 state_root;
    bool has_state_root;
    hash32 requests_hash;
    bool has_requests_hash;

    uint64_t recover_ns, execute_ns, root_ns;
    uint64_t phase_ns[PHASE_COUNT]; /* by enum event_phase */
    uint64_t execute_cpu_ns;        /* processor time of the whole process during execute_ns */
    uint64_t executions, stale,
        waits; /* attempts in all; those whose reads did not hold; those that met an estimate */
    unsigned executions_most; /* of one transaction */
    size_t arena_bytes;
};

enum pevm_status engine_new(struct engine **out, const struct engine_options *options) MUST_CHECK;
void engine_free(struct engine *engine); /* may be NULL */

/* Another chain from the next block on (borrowed): test runners meet a new one with every test. */
void engine_set_chain(struct engine *engine, const struct chain *chain);

/* Who counts the engine's memory: what an outcome in others' words lends is to be asked of it, too. */
struct arena_keeper *engine_keeper(struct engine *engine);

/* Another way of doing the same, from the next block on. */
void engine_tune(struct engine *engine, const struct tuning *tuning);

/* Metrics of all that this engine has done and does (engine_metrics.h). They live as long as it does; any thread reads them. */
struct metrics *engine_metrics(const struct engine *engine);

/* Look closely at each block from the next one on (profile.h), or no longer. PEVM_NO_MEMORY: it is off. */
enum pevm_status engine_set_profiling(struct engine *engine, bool is_on) MUST_CHECK;

/* What the last block that ran in parallel took in the tables of the multi-version state. Values and logs are beside them, in
 * outcome->arena_bytes. */
struct engine_footprint {
    uint64_t locations, versions, reads; /* how many; reads: logged, of all attempts */
    double location_bytes;            /* each, on the average: with its key and base value; ... */
    double index_bytes;               /* ... and its share of the hash tables */
    size_t version_bytes, read_bytes; /* each */
    size_t tx_bytes;                  /* each: scheduler, attempt, tips */
};
/* All zero before there was such a block. */
struct engine_footprint engine_footprint(const struct engine *engine);

/* A location in the events of the last block. */
struct mv_location engine_location(const struct engine *engine, uint32_t place);

/* Fills in the senders of the transactions that are not known. PEVM_OK: outcome->fault says whether the block is valid. Any other status: the world failed (state unreadable, no memory,
 * cancelled), the text says what, and nothing of the outcome is valid. */
enum pevm_status engine_execute(struct engine *engine,
                                struct engine_outcome *outcome,
                                const struct engine_input *input,
                                struct error *error) MUST_CHECK;

/* A state test: one transaction in an environment, no block around it (no system calls, no rewards). The sender is known or is
 * recovered. PEVM_OK with outcome->fault = BLOCK_TRANSACTION and outcome->tx_fault set when it is invalid. */
enum pevm_status engine_execute_tx(struct engine *engine,
                                   struct engine_outcome *outcome,
                                   const struct block_env *env,
                                   const struct tx *tx,
                                   const struct view *pre_state,
                                   const struct tracer *tracer,
                                   struct error *error) MUST_CHECK;
