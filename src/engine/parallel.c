#include "engine/parallel.h"

#include "base/heap.h"
#include "engine/publish.h"
#include "engine/tx_receipt.h"
#include "sched/sched.h"
#include "state/mv.h"

#define TXS_MIN   4  /* fewer are not worth waking anybody */
#define CLAIM_MAX 16 /* adjacent transactions for one worker at a time, when they are small */
#define CLAIM_GAS 600000
#define UNCHECKED_MAX                                                                              \
    64 /* transactions a worker has run and not yet checked; older ones the frontier checks */
#define PUSH_MAX       512 /* how far a publisher looks for readers of what it changed */
#define FRONTIER_STEPS 32  /* final transactions between two hints to the state */
#define TURNS_MAX      3 /* attempts at a stretch, while what they read changes under their hands */
#define LOG_CHUNK      ((size_t)256 << 10)

enum attempt_end { ATTEMPT_NONE, ATTEMPT_SOUND, ATTEMPT_UNSURE };

/* What the frontier must know of a transaction's last attempt. */
struct tx_done {
    uint64_t gas_used;
    enum attempt_end
        end; /* UNSURE: invalid, or the world failed. At the frontier that is for the sequential path to say */
};

struct worker {
    unsigned number;
    struct machine *machine;
    struct mv_attempt attempt;
    struct sched_claim claim;
    struct arena arena;                /* logs of the receipts made here */
    uint32_t unchecked[UNCHECKED_MAX]; /* a ring */
    uint32_t unchecked_first, unchecked_count;
    uint64_t executions;
} ALIGNED(CACHE_LINE);

struct parallel {
    struct team *team;
    struct mv *mv;
    struct sched *sched;
    struct worker *workers;
    unsigned worker_count;
    struct tx_done *done;
    size_t done_capacity;
    uint32_t claim_size;
    uint32_t stopped_at; /* inside the frontier: where it ends before the last transaction */
    struct block_run *run;
    struct parallel_counts counts;
};

/* ---- life ------------------------------------------------------------------------------------ */

static enum pevm_status parallel_init(struct parallel *parallel,
                                      const struct parallel_options *options)
{
    parallel->team = options->team;
    parallel->worker_count = team_workers(options->team);
    parallel->workers =
        heap_alloc_aligned(CACHE_LINE, parallel->worker_count * sizeof *parallel->workers);
    if (parallel->workers == NULL) return PEVM_NO_MEMORY;
    memset(parallel->workers, 0, parallel->worker_count * sizeof *parallel->workers);
    struct mv_options mv = {.workers = parallel->worker_count,
                            .memory_max_bytes = options->memory_max_bytes};
    TRY(mv_new(&parallel->mv, &mv));
    TRY(sched_new(&parallel->sched));
    for (unsigned i = 0; i < parallel->worker_count; i++) {
        struct worker *worker = &parallel->workers[i];
        worker->number = i;
        mv_attempt_init(&worker->attempt);
        arena_init(&worker->arena, LOG_CHUNK, 0);
        TRY(machine_new(&worker->machine, &(struct machine_options){.codes = options->codes}));
    }
    return PEVM_OK;
}

enum pevm_status parallel_new(struct parallel **out, const struct parallel_options *options)
{
    struct parallel *parallel = heap_alloc_zeroed(1, sizeof *parallel);
    *out = NULL;
    if (parallel == NULL) return PEVM_NO_MEMORY;
    enum pevm_status status = parallel_init(parallel, options);
    if (status != PEVM_OK) {
        parallel_free(parallel);
        return status;
    }
    *out = parallel;
    return PEVM_OK;
}

void parallel_free(struct parallel *parallel)
{
    if (parallel == NULL) return;
    for (unsigned i = 0; parallel->workers != NULL && i < parallel->worker_count; i++) {
        machine_free(parallel->workers[i].machine);
        mv_attempt_fini(&parallel->workers[i].attempt);
        arena_fini(&parallel->workers[i].arena);
    }
    heap_free(parallel->workers);
    heap_free(parallel->done);
    mv_free(parallel->mv);
    sched_free(parallel->sched);
    heap_free(parallel);
}

struct parallel_counts parallel_counts(const struct parallel *parallel)
{
    return parallel->counts;
}

/* ---- one attempt ------------------------------------------------------------------------------- */

enum step { STEP_EXECUTED, STEP_WAITS, STEP_STOPPED };

/* Gas is counted at the frontier: here the block is as good as empty. */
static struct tx_room whole_block(const struct block_run *run)
{
    return (struct tx_room){.gas = run->env.gas_limit,
                            .blob_gas = run->env.rules.blob.max * (uint64_t)GAS_PER_BLOB};
}

/* Make what the transaction did visible, and its receipt. False: no memory. */
static bool keep_result(struct parallel *parallel,
                        struct worker *worker,
                        uint32_t tx,
                        const struct tx_result *result,
                        uint32_t *readers_to)
{
    struct block_run *run = parallel->run;
    struct journal *journal = machine_journal(worker->machine);
    if (!tx_receipt_make(&run->receipts[tx], &run->input->block->txs[tx], result, &worker->arena))
        return false;
    parallel->done[tx] = (struct tx_done){(uint64_t)result->gas_used, ATTEMPT_SOUND};
    return publish_journal(&worker->attempt, journal, &run->env, readers_to);
}

/* An attempt that gave no result: what it read may explain it, or it did not get that far. */
static bool keep_failure(struct parallel *parallel,
                         struct worker *worker,
                         uint32_t tx,
                         uint32_t *readers_to)
{
    parallel->done[tx] = (struct tx_done){0, ATTEMPT_UNSURE};
    if (publish_nothing(&worker->attempt, machine_journal(worker->machine), readers_to))
        return true;
    sched_stop(
        parallel->sched); /* no memory for even that: the sequential path needs none of this */
    return false;
}

static enum step attempt_run(struct parallel *parallel,
                             struct worker *worker,
                             uint32_t tx,
                             uint32_t *readers_to)
{
    const struct block_run *run = parallel->run;
    const struct tx *what = &run->input->block->txs[tx];
    struct mv_attempt *attempt = &worker->attempt;
    mv_attempt_begin(attempt, parallel->mv, worker->number, tx);
    attempt->sender = what->sender;
    attempt->nonce = what->nonce;
    attempt->predicts_nonce = !sched_all_below_executed(parallel->sched, tx);
    struct view view = mv_attempt_view(attempt);
    struct tx_room room = whole_block(run);
    struct tx_result result;
    worker->executions++;
    enum run_answer answer = tx_run(worker->machine, &view, what, &room, &result);
    if (answer == RUN_BLOCKED) return STEP_WAITS;
    if (answer == RUN_DONE && keep_result(parallel, worker, tx, &result, readers_to))
        return STEP_EXECUTED;
    attempt->write_count = 0;
    return keep_failure(parallel, worker, tx, readers_to) ? STEP_EXECUTED : STEP_STOPPED;
}

/* ---- checks ahead of the frontier ---------------------------------------------------------------- */

/* Those who read, before, what `tx` has just written: better now than at the frontier. They are ready to run again. */
static void tell_readers(struct parallel *parallel,
                         struct worker *worker,
                         uint32_t tx,
                         uint32_t readers_to)
{
    struct sched *sched = parallel->sched;
    uint32_t to = (uint32_t)parallel->run->input->block->tx_count;
    if (readers_to < to) to = readers_to;
    if (to - tx > PUSH_MAX) to = tx + PUSH_MAX;
    for (uint32_t reader = tx + 1; reader < to; reader++) {
        if (!sched_hold(sched, reader)) continue;
        if (mv_holds(parallel->mv, worker->number, reader, false)) {
            sched_release(sched, reader);
            continue;
        }
        mv_retract(parallel->mv, reader);
        sched_reject(sched, reader);
        sched_hand_back(sched, reader);
    }
}

static void unchecked_push(struct worker *worker, uint32_t tx)
{
    if (worker->unchecked_count == UNCHECKED_MAX) { /* the oldest is left to the frontier */
        worker->unchecked_first = (worker->unchecked_first + 1) % UNCHECKED_MAX;
        worker->unchecked_count--;
    }
    worker->unchecked[(worker->unchecked_first + worker->unchecked_count++) % UNCHECKED_MAX] = tx;
}

/* Check what this worker ran, as far as everything below has been executed: it is still in this processor's cache, and need
 * not be checked at the frontier. */
static void check_own(struct parallel *parallel, struct worker *worker)
{
    struct sched *sched = parallel->sched;
    while (worker->unchecked_count > 0) { /* ends: one less each time */
        uint32_t tx = worker->unchecked[worker->unchecked_first];
        uint32_t changes = sched_changes(sched);
        if (!sched_all_below_executed(sched, tx)) return;
        worker->unchecked_first = (worker->unchecked_first + 1) % UNCHECKED_MAX;
        worker->unchecked_count--;
        if (!sched_hold(sched, tx)) continue;
        if (mv_holds(parallel->mv, worker->number, tx, true)) {
            sched_stamp(sched, tx, changes);
            sched_release(sched, tx);
            continue;
        }
        mv_retract(parallel->mv, tx);
        sched_reject(sched, tx);
        sched_hand_back(sched, tx);
    }
}

/* The transaction was just published: does it still hold, with all that happened meanwhile? */
static bool holds_already(struct parallel *parallel,
                          struct worker *worker,
                          uint32_t tx,
                          uint32_t changes,
                          bool began_sound)
{
    struct sched *sched = parallel->sched;
    if (began_sound) { /* nothing below could change but by running again, which would show in `changes` */
        sched_stamp(sched, tx, changes);
        return true;
    }
    uint32_t changes_now = sched_changes(sched);
    bool all_below = sched_all_below_executed(sched, tx);
    if (!mv_holds(parallel->mv, worker->number, tx, all_below)) return false;
    if (all_below)
        sched_stamp(sched, tx, changes_now);
    else
        unchecked_push(worker, tx);
    return true;
}

/* ---- running ----------------------------------------------------------------------------------- */

static void wait_for(struct parallel *parallel, const struct mv_attempt *attempt)
{
    if (attempt->needs_final)
        sched_wait_for_final(parallel->sched, attempt->tx, attempt->blocked_on);
    else
        sched_wait_for(parallel->sched, attempt->tx, attempt->blocked_on);
}

/* Run a held transaction until it is executed, or waits for another. */
static void tx_run_held(struct parallel *parallel, struct worker *worker, uint32_t tx)
{
    struct sched *sched = parallel->sched;
    for (unsigned turn = 1;; turn++) { /* ends: TURNS_MAX */
        uint32_t readers_to = 0, changes = sched_changes(sched);
        bool began_sound = sched_all_below_executed(sched, tx);
        enum step step = attempt_run(parallel, worker, tx, &readers_to);
        if (step == STEP_STOPPED) return;
        if (step == STEP_WAITS) {
            wait_for(parallel, &worker->attempt);
            return;
        }
        if (holds_already(parallel, worker, tx, changes, began_sound) || turn == TURNS_MAX) {
            sched_executed(sched, tx);
            tell_readers(parallel, worker, tx, readers_to);
            return;
        }
        mv_retract(parallel->mv, tx);
        sched_rerun(sched, tx);
    }
}

/* ---- the frontier ------------------------------------------------------------------------------ */

/* Is there room left in the block for the transaction's whole gas limit and its blobs? */
static bool has_room(const struct block_run *run, const struct tx *tx)
{
    uint64_t blob_gas = tx->blob_count * (uint64_t)GAS_PER_BLOB;
    uint64_t blob_gas_max = run->env.rules.blob.max * (uint64_t)GAS_PER_BLOB;
    return tx->gas_limit <= run->env.gas_limit - run->gas_used &&
           blob_gas <= blob_gas_max - run->blob_gas_used;
}

/* The transaction at the frontier, held: is it as the sequential path would have it? All below are final. */
static bool settle(struct parallel *parallel, struct worker *worker, uint32_t tx)
{
    struct sched *sched = parallel->sched;
    struct tx_done *done = &parallel->done[tx];
    if (done->end == ATTEMPT_SOUND &&
        (sched_is_fresh(sched, tx) || mv_holds(parallel->mv, worker->number, tx, true)))
        return true;
    mv_frontier_set(parallel->mv, tx);
    mv_retract(parallel->mv, tx);
    sched_reject(sched, tx);
    uint32_t readers_to = 0;
    enum step step = attempt_run(parallel, worker, tx, &readers_to);
    if (step != STEP_EXECUTED)
        return false; /* only for want of memory: nothing is in the way here */
    sched_executed_held(sched, tx);
    tell_readers(parallel, worker, tx, readers_to);
    return done->end == ATTEMPT_SOUND;
}

/* Final transactions in a row. False: the workers must stop. */
static bool frontier_move(struct parallel *parallel, struct worker *worker)
{
    struct sched *sched = parallel->sched;
    struct block_run *run = parallel->run;
    uint32_t count = (uint32_t)run->input->block->tx_count, steps = 0;
    for (uint32_t tx = sched_frontier(sched); tx < count && sched_hold(sched, tx); tx++) {
        if (!settle(parallel, worker, tx) || !has_room(run, &run->input->block->txs[tx]))
            return false;
        run->gas_used += parallel->done[tx].gas_used;
        run->blob_gas_used += run->input->block->txs[tx].blob_count * (uint64_t)GAS_PER_BLOB;
        parallel->stopped_at = tx + 1;
        sched_finalize(sched, tx);
        if (++steps % FRONTIER_STEPS == 0) mv_frontier_set(parallel->mv, tx + 1);
    }
    mv_frontier_set(parallel->mv, parallel->stopped_at);
    return true;
}

static void frontier_advance(struct parallel *parallel, struct worker *worker)
{
    struct sched *sched = parallel->sched;
    do { /* ends: each turn but the last found something new */
        if (!sched_frontier_enter(sched)) return;
        if (!sched_is_done(sched) && !frontier_move(parallel, worker)) sched_stop(sched);
    } while (sched_frontier_leave(sched));
}

/* ---- the workers ------------------------------------------------------------------------------- */

static bool is_cancelled(const struct block_run *run)
{
    const struct cancel_source *cancel = run->input->cancel;
    return cancel != NULL && cancel->is_cancelled(cancel->context);
}

static void work(unsigned number, void *context)
{
    struct parallel *parallel = context;
    struct worker *worker = &parallel->workers[number];
    struct sched *sched = parallel->sched;
    while (!sched_is_done(sched)) {
        uint32_t tx = sched_take(sched, &worker->claim, parallel->claim_size);
        if (tx != SCHED_NOTHING) tx_run_held(parallel, worker, tx);
        bool is_claim_done = worker->claim.next == worker->claim.end;
        if (is_claim_done || tx == sched_frontier(sched)) frontier_advance(parallel, worker);
        check_own(parallel, worker);
        if (number == 0 && is_claim_done && is_cancelled(parallel->run))
            sched_stop(sched); /* the sequential path says it */
        if (tx == SCHED_NOTHING && !sched_is_done(sched)) {
            frontier_advance(parallel, worker);
            if (!sched_is_done(sched)) sched_idle(sched);
        }
    }
}

/* Small transactions are claimed several at a time, so that the workers meet less often. */
static uint32_t claim_size(const struct parallel *parallel, const struct block *block)
{
    uint64_t gas = 0;
    for (size_t i = 0; i < block->tx_count; i++)
        gas += block->txs[i].gas_limit < CLAIM_GAS ? block->txs[i].gas_limit : CLAIM_GAS;
    uint64_t size = gas == 0 ? 1 : CLAIM_GAS * (uint64_t)block->tx_count / gas;
    uint64_t fair = block->tx_count / (parallel->worker_count * 8) + 1;
    if (size > fair) size = fair;
    return size > CLAIM_MAX ? CLAIM_MAX : size == 0 ? 1 : (uint32_t)size;
}

static enum pevm_status begin(struct parallel *parallel,
                              struct block_run *run,
                              const struct view *base)
{
    const struct block *block = run->input->block;
    if (block->tx_count > parallel->done_capacity) {
        heap_free(parallel->done);
        parallel->done_capacity = block->tx_count + block->tx_count / 4 + 64;
        parallel->done = heap_alloc(parallel->done_capacity * sizeof *parallel->done);
        if (parallel->done == NULL) parallel->done_capacity = 0;
        if (parallel->done == NULL) return PEVM_NO_MEMORY;
    }
    parallel->run = run;
    parallel->stopped_at = 0;
    parallel->claim_size = claim_size(parallel, block);
    uint64_t most = block->header.gas_limit / 1000 + block->tx_count * 3;
    struct mv_block mv = {
        .base = base,
        .tx_count = (uint32_t)block->tx_count,
        .locations_expected = most > 4000000 ? 4000000 : (uint32_t)most,
        .coinbase = run->env.coinbase,
        .keeps_empty = run->env.rules.fork < FORK_SPURIOUS_DRAGON,
    };
    TRY(mv_begin(parallel->mv, &mv));
    TRY(sched_begin(parallel->sched,
                    &(struct sched_options){(uint32_t)block->tx_count, parallel->worker_count}));
    for (unsigned i = 0; i < parallel->worker_count; i++) {
        struct worker *worker = &parallel->workers[i];
        arena_reset(&worker->arena);
        worker->claim = (struct sched_claim){0, 0};
        worker->unchecked_first = worker->unchecked_count = 0;
        worker->executions = 0;
        machine_set_block(worker->machine, &run->env, NULL);
    }
    return PEVM_OK;
}

/* ---- what came of it ------------------------------------------------------------------------- */

static bool take_account(void *context, const struct mv_account_change *change)
{
    struct block_state *state = context;
    struct account_value value = {.balance = change->balance,
                                  .code_hash = change->code_hash,
                                  .nonce = change->nonce,
                                  .exists = change->exists};
    if (change->storage_reset && !block_state_clear_storage(state, &change->who)) return false;
    if (!block_state_set_account(state, &change->who, &value)) return false;
    bool has_code = change->code != NULL && change->code->size > 0;
    return !has_code || block_state_add_code(state, &change->code_hash, *change->code);
}

static bool take_slot(void *context, const address *who, const struct mv_slot_change *change)
{
    return block_state_set_slot(context, who, &change->slot, &change->value);
}

static enum pevm_status flush(struct parallel *parallel, struct block_run *run, uint32_t tx)
{
    enum pevm_status status = mv_each_account(parallel->mv, tx, take_account, run->state);
    if (status == PEVM_OK) status = mv_each_slot(parallel->mv, tx, take_slot, run->state);
    if (status == PEVM_OK) return PEVM_OK;
    return status == PEVM_NO_MEMORY ? run_no_memory(run)
                                    : run_view_failed(run, "changes of the transactions");
}

static void count_all(struct parallel *parallel)
{
    struct sched_counts sched = sched_counts(parallel->sched);
    parallel->counts = (struct parallel_counts){
        .stale = sched.rejections,
        .waits = sched.waits,
        .stopped_at = parallel->stopped_at,
        .bytes = mv_counts(parallel->mv).bytes,
    };
    for (unsigned i = 0; i < parallel->worker_count; i++)
        parallel->counts.executions += parallel->workers[i].executions;
}

/* Tracers want one thing after another; receipts before Byzantium the root after each transaction. */
static bool is_for_one(const struct block_run *run)
{
    return run->input->tracer != NULL || run->input->block->tx_count < TXS_MIN ||
           (run->env.rules.fork < FORK_BYZANTIUM && run->input->roots != NULL);
}

enum pevm_status parallel_run(struct parallel *parallel, struct block_run *run)
{
    size_t count = run->input->block->tx_count;
    parallel->counts = (struct parallel_counts){.executions = count, .stopped_at = 0};
    struct block_state_peek peek;
    struct view base = block_state_peek_view(&peek, run->state, run->input->pre_state);
    if (is_for_one(run) || begin(parallel, run, &base) != PEVM_OK)
        return sequential_run_from(run, 0);
    team_assist(parallel->team, parallel->worker_count, work, parallel);
    count_all(parallel);
    if (parallel->stopped_at > 0) TRY(flush(parallel, run, parallel->stopped_at));
    parallel->counts.executions += count - parallel->stopped_at;
    return sequential_run_from(run, parallel->stopped_at);
}
