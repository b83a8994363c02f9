#include "engine/speculation.h"

#include "base/heap.h"
#include "engine/engine_metrics.h"
#include "engine/note.h"
#include "sched/sched.h"
#include "sched/seats.h"

#include <string.h>

#define UNCHECKED_MAX  512 /* run by a worker and not yet checked; older ones the frontier checks */
#define PUSH_MAX       512 /* how far a publisher looks for readers of what it changed */
#define FRONTIER_STEPS 32  /* final transactions between two hints to the state */
#define TURNS_MAX      3 /* attempts at a stretch, while what they read changes under their hands */

struct seat {
    struct mv_attempt attempt;
} ALIGNED(CACHE_LINE);

/* Of a transaction, written by whoever holds it. */
struct tx_course {
    uint8_t end;      /* enum attempt_end, of the last attempt */
    uint8_t attempts; /* begun; no more are counted than fit */
    uint16_t sits_in; /* its seat + 1 while it is blocked there, or 0 */
};

struct worker {
    unsigned number;
    unsigned seat;                     /* where it runs what it begins */
    uint32_t unchecked[UNCHECKED_MAX]; /* a ring */
    uint32_t unchecked_first, unchecked_count;
    uint64_t attempts, resumed, inside_ns, idle_ns, cpu_ns;
    struct event_ring *ring;       /* NULL: nobody wants to know */
    struct metrics_writer *writer; /* may be NULL */
} ALIGNED(CACHE_LINE);

struct speculation {
    struct sched *sched;
    struct worker *workers;
    struct seat *seats;    /* by number */
    struct seats *sitting; /* who sits where */
    unsigned worker_count;
    struct speculation_block block;
    uint32_t batch_size, attempts_max;
    struct tx_course *courses; /* by tx */
    size_t tx_capacity;
    uint32_t final;         /* inside the frontier: transactions below it are final */
    unsigned most_attempts; /* ... and of these, the most attempts of one */
};

/* ---- life ------------------------------------------------------------------------------------ */

static enum pevm_status speculation_init(struct speculation *speculation, unsigned workers)
{
    size_t bytes = workers * sizeof *speculation->workers;
    size_t seat_bytes = workers * SEATS_PER_WORKER * sizeof *speculation->seats;
    speculation->worker_count = workers;
    speculation->workers = heap_alloc_aligned(CACHE_LINE, bytes);
    speculation->seats = heap_alloc_aligned(CACHE_LINE, seat_bytes);
    if (speculation->seats != NULL) memset(speculation->seats, 0, seat_bytes);
    if (speculation->workers == NULL || speculation->seats == NULL) return PEVM_NO_MEMORY;
    memset(speculation->workers, 0, bytes);
    for (unsigned i = 0; i < workers; i++)
        speculation->workers[i].number = i;
    for (unsigned i = 0; i < workers * SEATS_PER_WORKER; i++) {
        mv_attempt_init(&speculation->seats[i].attempt);
        if (!mv_attempt_reserve(&speculation->seats[i].attempt)) return PEVM_NO_MEMORY;
    }
    TRY(seats_new(&speculation->sitting, workers));
    return sched_new(&speculation->sched);
}

enum pevm_status speculation_new(struct speculation **out, unsigned workers)
{
    struct speculation *speculation = heap_alloc_zeroed(1, sizeof *speculation);
    *out = NULL;
    if (speculation == NULL) return PEVM_NO_MEMORY;
    enum pevm_status status = speculation_init(speculation, workers);
    if (status != PEVM_OK) {
        speculation_free(speculation);
        return status;
    }
    *out = speculation;
    return PEVM_OK;
}

void speculation_free(struct speculation *speculation)
{
    if (speculation == NULL) return;
    unsigned seats = speculation->seats == NULL ? 0 : speculation->worker_count * SEATS_PER_WORKER;
    for (unsigned i = 0; i < seats; i++)
        mv_attempt_fini(&speculation->seats[i].attempt);
    heap_free(speculation->seats);
    heap_free(speculation->workers);
    heap_free(speculation->courses);
    seats_free(speculation->sitting);
    sched_free(speculation->sched);
    heap_free(speculation);
}

static enum pevm_status txs_reserve(struct speculation *speculation, size_t count)
{
    if (count <= speculation->tx_capacity) return PEVM_OK;
    heap_free(speculation->courses);
    size_t capacity = count + count / 4 + 64;
    speculation->courses = heap_alloc(capacity * sizeof *speculation->courses);
    speculation->tx_capacity = speculation->courses == NULL ? 0 : capacity;
    return speculation->courses == NULL ? PEVM_NO_MEMORY : PEVM_OK;
}

enum pevm_status speculation_begin(struct speculation *speculation,
                                   const struct speculation_block *block)
{
    TRY(txs_reserve(speculation, block->tx_count));
    if (block->tx_count > 0)
        memset(speculation->courses, 0, block->tx_count * sizeof *speculation->courses);
    speculation->block = *block;
    seats_begin(speculation->sitting, block->ops->resume == NULL);
    speculation->final = 0;
    speculation->most_attempts = 0;
    for (unsigned i = 0; i < speculation->worker_count; i++) {
        struct worker *worker = &speculation->workers[i];
        worker->unchecked_first = worker->unchecked_count = 0;
        worker->attempts = worker->resumed = worker->inside_ns = worker->idle_ns = 0;
        worker->cpu_ns = 0;
        worker->seat = i;
        worker->ring = event_ring(block->events, i);
        worker->writer = block->metrics == NULL ? NULL : metrics_writer(block->metrics, i);
    }
    const struct tuning *tuning = &block->tuning;
    speculation->batch_size = tuning->batch_size == 0 ? BATCH_SIZE_DEFAULT : tuning->batch_size;
    if (speculation->batch_size > UNCHECKED_MAX) speculation->batch_size = UNCHECKED_MAX;
    speculation->attempts_max = tuning->attempts_max == 0 ? ATTEMPTS_DEFAULT : tuning->attempts_max;
    struct sched_options options = {.tx_count = block->tx_count,
                                    .workers = speculation->worker_count,
                                    .policy = tuning->policy,
                                    .is_rigid = tuning->is_rigid,
                                    .gives_up = block->gives_up};
    return sched_begin(speculation->sched, &options);
}

size_t speculation_tx_bytes(void)
{
    return sched_tx_bytes() + sizeof(struct tx_course);
}

/* The most executions of one transaction, when those that are not final are executed once more. */
static unsigned most_executions(const struct speculation *speculation)
{
    unsigned most = speculation->most_attempts;
    for (uint32_t tx = speculation->final; tx < speculation->block.tx_count; tx++)
        if (speculation->courses[tx].attempts + 1u > most)
            most = speculation->courses[tx].attempts + 1u;
    return most;
}

struct speculation_end speculation_end(const struct speculation *speculation)
{
    struct sched_counts counts = sched_counts(speculation->sched);
    struct speculation_end end = {
        .final = speculation->final,
        .stale = counts.rejections,
        .waits = counts.waits,
        .sleeps = counts.sleeps,
        .steals = counts.steals,
        .most = most_executions(speculation),
    };
    for (unsigned i = 0; i < speculation->worker_count; i++) {
        const struct worker *worker = &speculation->workers[i];
        uint64_t busy_ns = worker->inside_ns - worker->idle_ns;
        end.attempts += worker->attempts;
        end.resumed += worker->resumed;
        end.worker_ns += worker->inside_ns;
        end.idle_ns += worker->idle_ns;
        end.cpu_ns += worker->cpu_ns < busy_ns ? worker->cpu_ns : busy_ns;
        if (busy_ns > end.busiest_ns) end.busiest_ns = busy_ns;
    }
    return end;
}

/* ---- one attempt ------------------------------------------------------------------------------- */

static enum attempt_end attempt_ended(struct speculation *speculation,
                                      struct worker *worker,
                                      const struct mv_attempt *attempt,
                                      enum attempt_end end)
{
    note_end(worker->ring, attempt, end);
    if (end == ATTEMPT_LOST) sched_stop(speculation->sched);
    if (end == ATTEMPT_SOUND || end == ATTEMPT_UNSURE)
        speculation->courses[attempt->tx].end = (uint8_t)end;
    return end;
}

static enum attempt_end attempt_run(struct speculation *speculation,
                                    struct worker *worker,
                                    unsigned seat,
                                    uint32_t tx,
                                    uint32_t *readers_to)
{
    const struct speculation_block *block = &speculation->block;
    struct mv_attempt *attempt = &speculation->seats[seat].attempt;
    mv_attempt_begin(attempt, block->mv, worker->number, tx);
    attempt->predicts_nonce = !sched_all_below_executed(speculation->sched, tx);
    worker->attempts++;
    if (speculation->courses[tx].attempts < UINT8_MAX) speculation->courses[tx].attempts++;
    note_run(worker->ring, tx, sched_incarnation(speculation->sched, tx));
    enum attempt_end end = block->ops->run(block->context, attempt, seat, readers_to);
    return attempt_ended(speculation, worker, attempt, end);
}

/* Go on where the transaction was blocked, if what it has read until there is still true: otherwise it begins anew. */
static enum attempt_end attempt_resume(struct speculation *speculation,
                                       struct worker *worker,
                                       unsigned seat,
                                       uint32_t tx,
                                       uint32_t *readers_to)
{
    const struct speculation_block *block = &speculation->block;
    struct mv_attempt *attempt = &speculation->seats[seat].attempt;
    mv_attempt_resume(attempt, worker->number);
    if (!mv_attempt_holds(attempt)) return attempt_run(speculation, worker, seat, tx, readers_to);
    worker->resumed++;
    note_resume(worker->ring, tx, sched_incarnation(speculation->sched, tx));
    enum attempt_end end = block->ops->resume(block->context, attempt, seat, readers_to);
    return attempt_ended(speculation, worker, attempt, end);
}

/* Is what the held transaction read still true? */
static bool holds(const struct speculation *speculation,
                  struct worker *worker,
                  uint32_t tx,
                  bool with_predictions)
{
    struct mv *mv = speculation->block.mv;
    note(worker->ring, EVENT_CHECK, tx);
    bool is_true = mv_holds(mv, worker->number, tx, with_predictions);
    note_verdict(worker->ring, mv, worker->number, tx, is_true);
    return is_true;
}

/* For those who guess whom a transaction will meet next time. It is held. */
static void remember(const struct speculation *speculation, uint32_t tx, uint32_t other)
{
    if (speculation->block.met != NULL) speculation->block.met[tx] = other;
}

/* What the held transaction read is not true: because of whom? */
static void remember_writer(const struct speculation *speculation,
                            struct worker *worker,
                            uint32_t tx)
{
    struct mv *mv = speculation->block.mv;
    if (speculation->block.met == NULL) return;
    uint32_t place = mv_untrue(mv, worker->number, tx, true);
    if (place != MV_NOBODY) remember(speculation, tx, mv_writer(mv, place, tx));
}

/* ---- checks ahead of the frontier ---------------------------------------------------------------- */

/* Those who read, before, what the attempt has just published: better now than at the frontier. They are ready to run again. */
static void tell_readers(struct speculation *speculation,
                         struct worker *worker,
                         const struct mv_attempt *attempt,
                         uint32_t readers_to)
{
    struct sched *sched = speculation->sched;
    uint32_t tx = attempt->tx, to = speculation->block.tx_count;
    if (speculation->block.tuning.validation != VALIDATE_EARLY) return;
    if (readers_to < to) to = readers_to;
    if (to - tx > PUSH_MAX) to = tx + PUSH_MAX;
    for (uint32_t reader = tx + 1; reader < to; reader++) {
        if (!sched_hold(sched, reader)) continue;
        if (!mv_concerns(attempt, reader) || holds(speculation, worker, reader, false)) {
            sched_release(sched, reader);
            continue;
        }
        remember(speculation, reader, tx);
        mv_retract(speculation->block.mv, reader);
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
static void check_own(struct speculation *speculation, struct worker *worker, bool has_work)
{
    struct sched *sched = speculation->sched;
    bool is_batch = speculation->block.tuning.validation == VALIDATE_BATCH;
    if (is_batch && has_work && worker->unchecked_count < speculation->batch_size) return;
    while (worker->unchecked_count > 0) { /* ends: one less each time */
        uint32_t tx = worker->unchecked[worker->unchecked_first];
        uint32_t changes = sched_changes(sched);
        if (!sched_all_below_executed(sched, tx)) return;
        worker->unchecked_first = (worker->unchecked_first + 1) % UNCHECKED_MAX;
        worker->unchecked_count--;
        if (!sched_hold(sched, tx)) continue;
        if (holds(speculation, worker, tx, true)) {
            sched_stamp(sched, tx, changes);
            sched_release(sched, tx);
            continue;
        }
        remember_writer(speculation, worker, tx);
        mv_retract(speculation->block.mv, tx);
        sched_reject(sched, tx);
        sched_hand_back(sched, tx);
    }
}

/* The transaction was just published: does it still hold, with all that happened meanwhile? */
static bool holds_already(struct speculation *speculation,
                          struct worker *worker,
                          uint32_t tx,
                          uint32_t changes,
                          bool began_sound)
{
    struct sched *sched = speculation->sched;
    if (began_sound) { /* nothing below could change but by running again, which would show in `changes` */
        sched_stamp(sched, tx, changes);
        return true;
    }
    uint32_t changes_now = sched_changes(sched);
    bool all_below = sched_all_below_executed(sched, tx);
    if (speculation->block.tuning.validation == VALIDATE_LAZY) return true;
    if (speculation->block.tuning.validation == VALIDATE_BATCH) {
        unchecked_push(worker, tx);
        return true;
    }
    if (!holds(speculation, worker, tx, all_below)) return false;
    if (all_below)
        sched_stamp(sched, tx, changes_now);
    else
        unchecked_push(worker, tx);
    return true;
}

/* ---- running ----------------------------------------------------------------------------------- */

/* The transaction can't go on: it keeps its seat if this worker has another, and is not held any more. */
static void leave_blocked(struct speculation *speculation,
                          struct worker *worker,
                          uint32_t tx,
                          unsigned seat)
{
    struct sched *sched = speculation->sched;
    const struct mv_attempt *attempt = &speculation->seats[seat].attempt;
    uint32_t lower = attempt->blocked_on;
    bool needs_final = attempt->needs_final;
    unsigned next =
        seat != worker->seat ? worker->seat : seats_take(speculation->sitting, worker->number);
    if (next != SEAT_NONE) {
        speculation->courses[tx].sits_in = (uint16_t)(seat + 1);
        worker->seat = next;
    }
    if (needs_final)
        sched_wait_for_final(sched, tx, lower);
    else
        sched_wait_for(sched, tx, lower);
}

static void leave_seat(struct speculation *speculation, const struct worker *worker, unsigned seat)
{
    if (seat != worker->seat) seats_give(speculation->sitting, seat);
}

/* The held transaction has tried often enough: once more, when all below it are final. */
static bool must_be_next(const struct speculation *speculation, uint32_t tx)
{
    return sched_incarnation(speculation->sched, tx) >= speculation->attempts_max &&
           sched_frontier(speculation->sched) < tx;
}

/* Before its first attempt: is there somebody whom it is likely to need? Then it waits for him, and is not the caller's any
 * more. */
static bool waits_first(struct speculation *speculation, uint32_t tx)
{
    struct sched *sched = speculation->sched;
    if (speculation->block.hints == NULL || sched_incarnation(sched, tx) > 0) return false;
    const struct hint *hint = &speculation->block.hints[tx];
    for (unsigned i = 0; i < HINTS_PER_TX && hint->before[i] != HINT_NONE; i++) {
        if (sched_is_executed(sched, hint->before[i])) continue;
        sched_wait_for(sched, tx, hint->before[i]);
        return true;
    }
    return false;
}

/* Run a held transaction until it is executed, or waits for another. */
static void tx_run_held(struct speculation *speculation, struct worker *worker, uint32_t tx)
{
    struct sched *sched = speculation->sched;
    uint16_t *sits_in = &speculation->courses[tx].sits_in;
    bool is_blocked = *sits_in != 0;
    if (!is_blocked && waits_first(speculation, tx)) return;
    unsigned seat = is_blocked ? *sits_in - 1u : worker->seat;
    *sits_in = 0;
    for (unsigned turn = 1;; turn++) { /* ends: TURNS_MAX */
        if (must_be_next(speculation, tx)) {
            leave_seat(speculation, worker, seat);
            sched_wait_for_final(sched, tx, tx - 1);
            return;
        }
        uint32_t readers_to = 0, changes = sched_changes(sched);
        bool began_sound = !is_blocked && sched_all_below_executed(sched, tx);
        enum attempt_end end = is_blocked
                                   ? attempt_resume(speculation, worker, seat, tx, &readers_to)
                                   : attempt_run(speculation, worker, seat, tx, &readers_to);
        if (end == ATTEMPT_LOST) return;
        if (end == ATTEMPT_BLOCKED) {
            remember(speculation, tx, speculation->seats[seat].attempt.blocked_on);
            leave_blocked(speculation, worker, tx, seat);
            return;
        }
        if (holds_already(speculation, worker, tx, changes, began_sound) || turn == TURNS_MAX) {
            sched_executed(sched, tx);
            tell_readers(speculation, worker, &speculation->seats[seat].attempt, readers_to);
            leave_seat(speculation, worker, seat);
            return;
        }
        is_blocked = false;
        remember_writer(speculation, worker, tx);
        mv_retract(speculation->block.mv, tx);
        sched_rerun(sched, tx);
    }
}

/* ---- the frontier ------------------------------------------------------------------------------ */

/* The transaction at the frontier, held: is it as the sequential path would have it? All below are final. */
static bool settle(struct speculation *speculation, struct worker *worker, uint32_t tx)
{
    struct sched *sched = speculation->sched;
    if (speculation->courses[tx].end == ATTEMPT_SOUND &&
        (sched_is_fresh(sched, tx) || holds(speculation, worker, tx, true)))
        return true;
    remember_writer(speculation, worker, tx);
    mv_frontier_set(speculation->block.mv, tx);
    sched_frontier_tell(sched);
    mv_retract(speculation->block.mv, tx);
    sched_reject(sched, tx);
    uint32_t readers_to = 0;
    enum attempt_end end = attempt_run(speculation, worker, worker->seat, tx, &readers_to);
    if (end != ATTEMPT_SOUND && end != ATTEMPT_UNSURE)
        return false; /* only for want of memory: nothing is in the way here */
    sched_executed_held(sched, tx);
    tell_readers(speculation, worker, &speculation->seats[worker->seat].attempt, readers_to);
    return end == ATTEMPT_SOUND;
}

/* Final transactions in a row. False: the workers must stop. */
static bool frontier_move(struct speculation *speculation, struct worker *worker)
{
    struct sched *sched = speculation->sched;
    const struct speculation_block *block = &speculation->block;
    uint32_t count = block->tx_count, steps = 0;
    for (uint32_t tx = sched_frontier(sched); tx < count && sched_hold(sched, tx); tx++) {
        if (!settle(speculation, worker, tx) || !block->ops->accept(block->context, tx))
            return false;
        speculation->final = tx + 1;
        if (speculation->courses[tx].attempts > speculation->most_attempts)
            speculation->most_attempts = speculation->courses[tx].attempts;
        note(worker->ring, EVENT_FINAL, tx);
        sched_finalize(sched, tx);
        if (++steps % FRONTIER_STEPS == 0) mv_frontier_set(speculation->block.mv, tx + 1);
    }
    mv_frontier_set(speculation->block.mv, speculation->final);
    return true;
}

static void frontier_advance(struct speculation *speculation, struct worker *worker)
{
    struct sched *sched = speculation->sched;
    const struct speculation_block *block = &speculation->block;
    do { /* ends: each turn but the last found something new */
        if (!sched_frontier_enter(sched)) return;
        bool is_over = block->ops->is_cancelled(block->context); /* the sequential path says it */
        if (is_over || (!sched_is_done(sched) && !frontier_move(speculation, worker)))
            sched_stop(sched);
    } while (sched_frontier_leave(sched));
}

/* ---- the workers ------------------------------------------------------------------------------- */

/* For whoever looks on from another thread. */
static void tell_queue(const struct speculation *speculation, const struct worker *worker)
{
    struct sched_queue queue = sched_queue(speculation->sched);
    if (worker->writer == NULL) return;
    metric_set(
        worker->writer, METRIC_BLOCK_TASKS, BLOCK_TASKS_FINAL, sched_frontier(speculation->sched));
    metric_set(worker->writer, METRIC_QUEUE_DEPTH, QUEUE_NEW, queue.never_taken);
    metric_set(worker->writer, METRIC_QUEUE_DEPTH, QUEUE_AGAIN, queue.ready_again);
}

static void tell_active(const struct worker *worker, bool is_active)
{
    if (worker->writer != NULL) metric_set(worker->writer, METRIC_ACTIVE_WORKERS, 0, is_active);
}

static void idle(struct speculation *speculation, struct worker *worker)
{
    uint64_t start_ns = clock_now_ns();
    tell_active(worker, false);
    note(worker->ring, EVENT_IDLE, EVENT_NOBODY);
    uint32_t wanted =
        worker->unchecked_count > 0 ? worker->unchecked[worker->unchecked_first] : SCHED_NOTHING;
    sched_idle(speculation->sched, wanted);
    note(worker->ring, EVENT_BUSY, EVENT_NOBODY);
    tell_active(worker, true);
    worker->idle_ns += clock_now_ns() - start_ns;
}

void speculation_work(unsigned number, void *context)
{
    struct speculation *speculation = context;
    const struct speculation_block *block = &speculation->block;
    struct worker *worker = &speculation->workers[number];
    struct sched *sched = speculation->sched;
    uint64_t start_ns = clock_now_ns(), start_cpu_ns = clock_thread_ns();
    tell_active(worker, true);
    while (!sched_is_done(sched)) {
        uint32_t tx = sched_take(sched, number, block->claim_size);
        if (tx != SCHED_NOTHING) tx_run_held(speculation, worker, tx);
        bool is_claim_done = sched_claim_is_done(sched, number);
        if (is_claim_done || tx == sched_frontier(sched)) frontier_advance(speculation, worker);
        check_own(speculation, worker, tx != SCHED_NOTHING);
        if (number == 0 && is_claim_done) tell_queue(speculation, worker);
        if (tx == SCHED_NOTHING && !sched_is_done(sched)) {
            frontier_advance(speculation, worker);
            if (!sched_is_done(sched)) idle(speculation, worker);
        }
    }
    worker->inside_ns = clock_now_ns() - start_ns;
    worker->cpu_ns = clock_thread_ns() - start_cpu_ns;
    tell_active(worker, false);
}
