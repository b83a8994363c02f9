/* sched.h - which transaction should this worker touch next?
 *
 * The bookkeeper of one block that runs on several workers. It deals in numbers only: tx indices. It never sees an
 * account, a slot or a byte of code. What it is told decides when work is handed out, never what the work gives: that a
 * transaction is right is known only at the frontier, in block order (engine/parallel.c).
 *
 * Words
 *   incarnation   the n-th attempt to execute a transaction, from 0
 *   to hold       to be the only one who may run or check a transaction (RUNNING, CHECKING)
 *   frontier      the first transaction that is not final
 *   stale         run more than once: what it read first was not true any more
 *   window        how far beyond the frontier new transactions are handed out. At first, and after it was closed, a few for
 *                 each worker, one by one: on trial. Open when that has proved right. Running ahead gains nothing when most
 *                 transactions turn out stale, or wait for their neighbours: then the window closes, for longer each time
 *                 that opening it was in vain
 *   claim         adjacent transactions that nobody has had yet, taken by a worker in one go; others may steal from its end
 *
 * States of a transaction
 *
 *              take                 executed                 hold              finalize
 *      READY ────────▶ RUNNING ─────────────────▶ EXECUTED ◀──────▶ CHECKING ───────────▶ FINAL
 *        ▲  ▲           │  ▲ │                         release        │
 *        │  └ hand_back ┘  │ │ wait_for(lower)                        │ reject: incarnation + 1
 *        │                 └─┼────────────────────────────────────────┘
 *        └──── lower executed ── WAITING
 *
 * Order of calls
 *   sched_begin  ( sched_take  sched_executed | sched_wait_for | sched_hand_back
 *                | sched_hold  sched_release | sched_reject
 *                | sched_frontier_enter  sched_finalize*  sched_frontier_leave
 *                | sched_idle )*   until sched_is_done
 *
 * Invariants
 *   I1  at most one worker holds a transaction
 *   I2  the incarnation of a transaction only grows
 *   I3  transactions become final in block order, each while held by whoever is inside the frontier
 *   I4  a WAITING transaction is in the list of exactly one lower transaction, and is taken from it exactly once
 *   I5  `changes` grows after the writes of a later incarnation became visible, before it is EXECUTED
 *   I6  a transaction that was never begun lies in exactly one claim, or beyond all of them
 *
 * Order pairs (all seq_cst: the few words here are not what costs)
 *   [A] executed: state, then the list is emptied  <->  wait_for: into the list, then the state is looked at
 *   [B] executed: state, then frontier_enter fails <->  frontier_leave, then the state is looked at again
 *   [C] ready again, or a step of the frontier, then notify  <->  prepare to sleep, then look (sync/parker.h)
 *
 * Who may call what at the same time: everything but new, begin, free. What needs a held transaction says so.
 * Progress: lock-free, but for the frontier, which one worker at a time moves while the others go on.
 * Tested by tests/unit/sched, tests/weave/sched, tests/weave/engine.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sched;

/* In what order work is handed out; README.md says what each is good for. */
enum sched_policy {
    SCHED_WORK_STEALING, /* claims; who has nothing left takes half of another's */
    SCHED_LOAD_BALANCED, /* one at a time, to whoever is free */
    SCHED_ADAPTIVE,      /* as work stealing, and the window narrows before it closes */
    SCHED_SEQUENTIAL,    /* one after another: no scheduler is asked */
    SCHED_POLICY_COUNT
};

struct sched_options {
    uint32_t tx_count;
    unsigned workers;
    enum sched_policy policy;
    bool is_rigid; /* the window stays open whatever happens */
    bool
        gives_up; /* stop when guessing never gains anything: the caller does the rest one after another */
};

enum pevm_status sched_new(struct sched **out) MUST_CHECK;
void sched_free(struct sched *sched); /* may be NULL */
enum pevm_status sched_begin(struct sched *sched, const struct sched_options *options) MUST_CHECK;

#define SCHED_NOTHING UINT32_MAX

/* The lowest of those that are ready again and of the worker's claim; when there are none, the first of a new claim of at
 * most `claim_size`, or of what is stolen. RUNNING, and held by the caller. SCHED_NOTHING: nothing to run now. A worker
 * number belongs to one thread. */
uint32_t sched_take(struct sched *sched, unsigned worker, uint32_t claim_size);
bool sched_claim_is_done(const struct sched *sched, unsigned worker); /* nothing is left in it */

uint32_t sched_incarnation(const struct sched *sched, uint32_t tx);

/* The held RUNNING transaction has published what it wrote. Those who wait for it become ready. */
void sched_executed(struct sched *sched, uint32_t tx);

/* The same, but it stays held: CHECKING. */
void sched_executed_held(struct sched *sched, uint32_t tx);

/* Was it executed, and does not run again? A hint: the next moment it may. */
bool sched_is_executed(const struct sched *sched, uint32_t tx);

/* The held RUNNING transaction starts again, as its next incarnation, still held. */
void sched_rerun(struct sched *sched, uint32_t tx);

/* The held RUNNING transaction can't go on before `lower` is executed. From here on it is not the caller's any more. */
void sched_wait_for(struct sched *sched, uint32_t tx, uint32_t lower);

/* ... or not before it is final, which is asked for rarely; it may be woken a few times too often. */
void sched_wait_for_final(struct sched *sched, uint32_t tx, uint32_t lower);

/* The held RUNNING transaction shall be run by whoever comes first. */
void sched_hand_back(struct sched *sched, uint32_t tx);

/* EXECUTED -> CHECKING, held; false when it is in another state. */
bool sched_hold(struct sched *sched, uint32_t tx) MUST_CHECK;
void sched_release(struct sched *sched, uint32_t tx);
/* What it read is not true any more: CHECKING -> RUNNING, the next incarnation, still held. */
void sched_reject(struct sched *sched, uint32_t tx);

/* Checks are good until something changes: a check that began after all lower transactions were executed once, and after
 * which no later incarnation of anything was executed, need not be made again. */
uint32_t sched_changes(const struct sched *sched);
bool sched_all_below_executed(const struct sched *sched, uint32_t tx);
void sched_stamp(struct sched *sched,
                 uint32_t tx,
                 uint32_t changes); /* held: it was checked when `changes` was so */
bool sched_is_fresh(const struct sched *sched, uint32_t tx); /* held: and the stamp is still good */

/* One worker at a time moves the frontier. False: somebody else does, and will see what the caller has done. */
bool sched_frontier_enter(struct sched *sched) MUST_CHECK;
/* What is final for certain; inside the frontier it may be some steps farther. */
uint32_t sched_frontier(const struct sched *sched);
/* Inside, holding the transaction at the frontier: it is final. */
void sched_finalize(struct sched *sched, uint32_t tx);
/* Inside: say at once how far it is. Before a transaction is run there, so that nothing is predicted any more. */
void sched_frontier_tell(struct sched *sched);
/* True when there is something new at the frontier: the caller should enter again. */
bool sched_frontier_leave(struct sched *sched);

/* Nobody needs to go on: all are final, or something stopped the block. */
void sched_stop(struct sched *sched);
bool sched_is_done(const struct sched *sched);

/* Nothing to run: spin a little, then sleep until there may be something. While it spins, also until all below `wanted` have been
 * executed, if that is not SCHED_NOTHING. */
void sched_idle(struct sched *sched, uint32_t wanted);

/* How much there is to run just now, roughly. */
struct sched_queue {
    uint32_t never_taken, ready_again;
};
struct sched_queue sched_queue(const struct sched *sched);

/* What it keeps of each transaction. */
size_t sched_tx_bytes(void);

struct sched_counts {
    uint64_t rejections, waits, sleeps, steals;
};
struct sched_counts sched_counts(const struct sched *sched);
