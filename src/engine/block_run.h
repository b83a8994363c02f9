/* block_run.h - a block on its way through the phases: what each phase needs, and leaves for the next.
 *
 * The phases, in order (each in its own file; the parallel path replaces the third):
 *   validate_before    the header alone and against its parent; the body against the header; ommers
 *   hooks_before       what the protocol does before the first transaction
 *   sequential_run     the transactions
 *   finish_run         withdrawals, rewards, requests; receipts numbered, bloom, changeset, roots
 *   validate_after     what came out against the header
 *
 * A phase returns a status: PEVM_OK unless the world failed. When the protocol says no, it names the fault in the
 * outcome (run_refuse) and returns PEVM_OK; no later phase runs then.
 */
#pragma once

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/state_watch.h"
#include "evm/tx_run.h"
#include "metrics/metrics.h"
#include "state/block_state.h"
#include "sync/budget.h"
#include "sync/stop.h"

struct parallel;
struct hand_over;

/* EIP-7685: what a block asks of the consensus layer, by type. Data without the type byte. */
enum request_type {
    REQUEST_DEPOSIT,
    REQUEST_WITHDRAWAL,
    REQUEST_CONSOLIDATION,
    REQUEST_TYPE_COUNT
};

/* What a machine is told, so that it does not go on for ever. */
struct tx_watch {
    struct stop *stop;
    uint64_t since_ns; /* when it was first asked about the transaction; 0: not yet */
};

struct block_run {
    const struct engine_input *input;
    const struct chain *chain;
    struct block_env env; /* rules in force included */
    struct arena *arena;  /* the block arena: what the outcome lends */
    struct machine *machine;
    struct stop stop;                 /* shall the block go on? asked by all workers */
    struct tx_watch watch_machine;    /* of `machine` */
    struct parallel *parallel;        /* NULL: the transactions run one after another */
    struct hand_over *hand_over;      /* NULL: `state` knows all that was done (hand_over.h) */
    struct block_state *state;        /* what the block has changed so far */
    struct state_watch watch;         /* the pre-state, remembering a read that failed */
    struct receipt *receipts;         /* one per transaction */
    uint64_t gas_used, blob_gas_used; /* of the transactions so far */
    struct bytes requests[REQUEST_TYPE_COUNT];
    struct event_log *events; /* may be NULL: nobody wants to know */
    struct metrics *metrics;
    struct budget *budget; /* of all that grows with the block; may be NULL */
    struct engine_outcome *outcome;
    struct error *error;
};

static inline bool run_is_refused(const struct block_run *run)
{
    return run->outcome->fault != BLOCK_VALID;
}

/* A phase begins: when. And ends: how long it took goes into the outcome. */
static inline uint64_t run_enter(const struct block_run *run, enum event_phase phase)
{
    event_note(event_ring(run->events, 0),
               (struct event){.kind = EVENT_ENTER, .tx = (uint32_t)phase});
    return clock_now_ns();
}
static inline void run_leave(struct block_run *run, enum event_phase phase, uint64_t start_ns)
{
    run->outcome->phase_ns[phase] += clock_now_ns() - start_ns;
    event_note(event_ring(run->events, 0),
               (struct event){.kind = EVENT_LEAVE, .tx = (uint32_t)phase});
}

/* The block is invalid: name the fault, and say what was expected and what came. Returns PEVM_OK. */
enum pevm_status run_refuse(struct block_run *run, enum block_fault fault, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* ... because of a transaction. */
enum pevm_status run_refuse_tx(struct block_run *run, size_t tx_index, enum tx_fault fault);

/* The world failed: the status, and words in run->error. `who` says who was running: "transaction 7". A view answers
 * "failed" without having asked the pre-state only when it found no memory. */
enum pevm_status run_failed(struct block_run *run,
                            enum run_answer answer,
                            const char *who) MUST_CHECK;
enum pevm_status run_view_failed(struct block_run *run, const char *who) MUST_CHECK;
enum pevm_status run_no_memory(struct block_run *run) MUST_CHECK;

/* From now on it may be stopped: by input->cancel, or when the time of `tuning` is over. */
void run_limit(struct block_run *run, const struct tuning *tuning);
/* The machine's messages, too. `watch` lives as long as the block. */
void run_watch_machine(struct block_run *run, struct machine *machine, struct tx_watch *watch);
/* PEVM_CANCELLED or PEVM_TIMEOUT when the block shall stop. */
enum pevm_status run_check_stop(struct block_run *run) MUST_CHECK;

/* The phases. */
enum pevm_status validate_before(struct block_run *run) MUST_CHECK;
enum pevm_status hooks_before(struct block_run *run) MUST_CHECK;
enum pevm_status sequential_run(struct block_run *run) MUST_CHECK;
/* The transactions from `first` on; the effects of those before it are in run->state, gas_used and receipts. */
enum pevm_status sequential_run_from(struct block_run *run, size_t first) MUST_CHECK;
enum pevm_status finish_run(struct block_run *run) MUST_CHECK;
enum pevm_status validate_after(struct block_run *run) MUST_CHECK;
