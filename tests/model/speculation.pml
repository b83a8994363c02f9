/* speculation.pml - the workers of one block, as sched/sched.c, engine/speculation.c and state/mv.c have them, for Spin.
 *
 * Each access to a word that threads share is a step of its own; everything is seq_cst here (orders of memory are the
 * business of weave and ThreadSanitizer). Three transactions read and write two locations; what each does is a row of the
 * table of programs below. All interleavings of the workers are looked at:
 *
 *   serial equivalence   what becomes final is what comes of one after another             (assert in finalize)
 *   one at a time        nobody runs or checks a transaction that another holds            (held)
 *   no double run        no incarnation is published twice                                 (published)
 *   block order          transactions become final in their order, none is forgotten       (finalize, the end)
 *   no lost wake-up      nobody sleeps for good: a state in which all sleep is an invalid end state
 *   termination          run termination: nobody turns in circles for ever without running anything (weakly fair)
 *
 * The parker is what its header promises, at its worst: a notify wakes just so many of those who have prepared, any of them, and
 * sleep never returns for nothing. A claim is one transaction, and the window is open, or closed (-DWINDOW=1) all the time; ways
 * of a transaction to fail are in tests/weave/engine.
 *
 * -DWORKERS=2|3  -DPROGRAM=0..6  -DMUTANT=1..6: with a mistake that must be found. How it is run: run, beside this file.
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef PROGRAM
#define PROGRAM 0
#endif
#ifndef MUTANT
#define MUTANT 0
#endif

/* With -DCOARSE a call of one of the functions below is one step, as far as it needs no luck to be one; without, each access. */
#ifdef COARSE
#define CALL(...) atomic { __VA_ARGS__ }
#else
#define CALL(...) __VA_ARGS__
#endif

#define TXS    3
#ifndef WINDOW
#define WINDOW TXS
#endif
#define PLACES 2
#define NOBODY 7

/* ---- programs: bits of places that are read and written; odd results of a fickle one write nothing ---------------- */

#define A 1
#define B 2

#if PROGRAM == 0 /* a chain */
#define READS(t)  A
#define WRITES(t) A
#elif PROGRAM == 1 /* two places crossed */
#define READS(t)  (t == 0 -> A : (t == 1 -> B : A + B))
#define WRITES(t) (t == 0 -> B : A)
#elif PROGRAM == 2 /* writes that come and go */
#define READS(t)  (t == 0 -> 0 : A)
#define WRITES(t) (t == 2 -> B : A)
#define IS_FICKLE(t) (t == 1)
#elif PROGRAM == 3 /* the last one asks for something that is known only when all below are final */
#define READS(t)  A
#define WRITES(t) (t == 2 -> B : A)
#define WANTS_FINAL(t) (t == 2)
#elif PROGRAM == 4 /* independent ones */
#define READS(t)  0
#define WRITES(t) (t == 0 -> A : (t == 1 -> B : 0))
#elif PROGRAM == 5 /* one writes everything, one hands on, one reads everything */
#define READS(t)  (t == 0 -> 0 : (t == 1 -> A : A + B))
#define WRITES(t) (t == 0 -> A + B : (t == 1 -> B : A))
#elif PROGRAM == 6 /* two that do not meet, and one that needs both */
#define READS(t)  (t == 2 -> A + B : 0)
#define WRITES(t) (t == 0 -> A : (t == 1 -> B : 0))
#endif
#ifndef IS_FICKLE
#define IS_FICKLE(t) false
#endif
#ifndef WANTS_FINAL
#define WANTS_FINAL(t) false
#endif

#define MIXED(result, seen)   ((result * 3 + seen + 1) % 4)
#define WRITTEN(t, result)    (IS_FICKLE(t) && result % 2 == 1 -> 0 : WRITES(t))

/* ---- what is shared --------------------------------------------------------------------------- */

/* sched.c */
#define READY     0
#define RUNNING   1
#define WAITING   2
#define EXECUTED  3
#define CHECKING  4
#define FINAL     5

byte state[TXS];
bool is_later[TXS];                  /* the incarnation is not the first: more than that nobody asks */
byte waiters[TXS], next_waiter[TXS]; /* tx + 1; 0 = nobody */
byte stamp[TXS];                     /* changes + 1; 0 = none */
byte again;                          /* a bit for each that is ready again */
short again_count;
byte next, frontier, executed_to, changes;
#define CLAIMABLE_TO (frontier + WINDOW < TXS -> frontier + WINDOW : TXS)
bool frontier_busy, is_done;

/* parker.h: by worker */
#define AWAKE    0
#define PREPARED 1
#define CALLED   2
byte parked[WORKERS];

/* mv.c: a version is 0, or its value with marks */
#define DATA     4
#define ESTIMATE 8
#define UNSEEN   15
#define VERSION(t, place) version[(t) * PLACES + (place)]
#define SEEN(t, place)    seen[(t) * PLACES + (place)]
byte version[TXS * PLACES];
byte seen[TXS * PLACES]; /* by the published attempt; of whoever holds the transaction */
byte result[TXS];
byte mv_frontier;

/* Only the judge's. */
bool held[TXS], published[TXS];
byte expected[TXS], started;

/* ---- parker ----------------------------------------------------------------------------------- */

inline notify(count)
{
    atomic {
        calls = count;
        do
        :: calls > 0 && parked[0] == PREPARED -> parked[0] = CALLED; calls--
        :: calls > 0 && parked[1] == PREPARED -> parked[1] = CALLED; calls--
#if WORKERS > 2
        :: calls > 0 && parked[2] == PREPARED -> parked[2] = CALLED; calls--
#endif
        :: else -> break
        od;
        calls = 0
    }
}

/* ---- sched.c: ready again, waiting -------------------------------------------------------------- */

/* `w`, `k`, `woken` are the caller's to lend. */
inline wake_waiters(t)
{
    if
    :: waiters[t] == 0
    :: else ->
        atomic { w = waiters[t]; waiters[t] = 0; woken = 0 }
        do
        :: w == 0 -> break
        :: else ->
            atomic { k = w - 1; w = next_waiter[k]; next_waiter[k] = 0; state[k] = READY }
            CALL(again = again | (1 << k); again_count++);
            woken++
        od;
        if
        :: woken > 1 -> notify(woken - 1)
        :: else
        fi;
        k = 0; woken = 0
    fi
}

inline executed_as(t, how)
{
    if
    :: is_later[t] -> changes++
    :: else
    fi;
    atomic { state[t] = how; if :: how == EXECUTED -> held[t] = false :: else fi }
    if
    :: MUTANT == 1 /* those who wait are forgotten: here, and when it is final */
    :: else -> wake_waiters(t)
    fi
}

inline wait_until(t, lower, how)
{
    CALL(
        atomic { state[t] = WAITING; held[t] = false }
        atomic { next_waiter[t] = waiters[lower]; waiters[lower] = t + 1 }
    );
    CALL(
        if
        :: MUTANT == 2 /* the other may have been executed a moment ago */
        :: else ->
            if
            :: state[lower] >= how -> wake_waiters(lower)
            :: else
            fi
        fi
    )
}

inline hand_back(t)
{
    atomic { state[t] = READY; held[t] = false }
    CALL(again = again | (1 << t); again_count++);
    notify(1)
}

/* ---- sched.c: handing out ------------------------------------------------------------------------ */

inline hold_for_run(t)
{
    assert(!held[t] && state[t] == READY);
    held[t] = true;
    state[t] = RUNNING
}

/* tx: what to run, or NOBODY. */
inline take()
{
    tx = NOBODY;
    if
    :: again_count == 0
    :: else ->
        do /* a failure means that somebody took a bit */
        :: atomic { again == 0 -> break }
        :: atomic { again != 0 -> k = (again & 1 -> 0 : (again & 2 -> 1 : 2)) }
            if
            :: atomic { again & (1 << k) -> again = again - (1 << k); tx = k; hold_for_run(tx) }
                again_count--;
                break
            :: else
            fi
        od;
        k = 0
    fi;
    if
    :: tx != NOBODY
    :: else ->
        if
        :: atomic { next < CLAIMABLE_TO -> tx = next; next++; hold_for_run(tx) }
        :: else
        fi
    fi
}

inline all_below_executed(t, answer)
{
    CALL(
        if
        :: executed_to >= t -> answer = true
        :: else -> if :: frontier >= t -> answer = true :: else -> answer = false fi
        fi
    )
}

/* EXECUTED -> CHECKING; sets is_held. */
inline hold(t)
{
    if
    :: atomic { MUTANT != 6 && state[t] == EXECUTED -> assert(!held[t]); held[t] = true; state[t] = CHECKING; is_held = true }
    :: atomic { MUTANT != 6 && state[t] != EXECUTED -> is_held = false }
    :: MUTANT == 6 -> /* looked first, and taken then */
        if
        :: state[t] == EXECUTED -> atomic { assert(!held[t]); held[t] = true; state[t] = CHECKING; is_held = true }
        :: else -> is_held = false
        fi
    fi
}

inline next_incarnation(t)
{
    atomic { stamp[t] = 0; published[t] = false; is_later[t] = true; state[t] = RUNNING }
}

/* ---- mv.c ------------------------------------------------------------------------------------------ */

/* One location as `t` sees it: a value, or 4 + the tx of an estimate. Looks at one version in a step. */
inline look(t, place, out)
{
    CALL(
        i = t; out = 0;
        do
        :: i == 0 -> break
        :: else ->
            atomic {
                i--;
                v = VERSION(i, place);
                if
                :: v & ESTIMATE -> out = 4 + i; i = 0
                :: v != 0 && !(v & ESTIMATE) -> out = v % 4; i = 0
                :: else
                fi;
                v = 0
            }
        od
    )
}

inline retract(t)
{
    CALL(
        atomic { if :: VERSION(t, 0) != 0 -> VERSION(t, 0) = VERSION(t, 0) | ESTIMATE :: else fi }
        atomic { if :: VERSION(t, 1) != 0 -> VERSION(t, 1) = VERSION(t, 1) | ESTIMATE :: else fi }
    )
}

/* Sets `ok`. */
inline holds(t)
{
    CALL(
        ok = true; p = 0;
        do
        :: p == PLACES || !ok -> break
        :: else ->
            if
            :: SEEN(t, p) != UNSEEN -> look(t, p, out); atomic { ok = (out == SEEN(t, p)); out = 0; p++ }
            :: else -> p++
            fi
        od;
        p = 0
    )
}

inline publish(t)
{
    CALL(
        atomic {
            assert(!published[t] && held[t]);
            published[t] = true;
            SEEN(t, 0) = s0; SEEN(t, 1) = s1;
            result[t] = res;
            VERSION(t, 0) = (WRITTEN(t, res) & A -> res + DATA : 0)
        }
        atomic { VERSION(t, 1) = (WRITTEN(t, res) & B -> res + DATA : 0); s0 = 0; s1 = 0; res = 0 }
    )
}

/* ---- speculation.c: one attempt --------------------------------------------------------------------- */

#define SOUND         0
#define BLOCKED       1
#define BLOCKED_FINAL 2

/* Sets `end`, and `lower` when it is blocked. */
inline attempt(t)
{
    end = SOUND; res = t; s0 = UNSEEN; s1 = UNSEEN;
    if
    :: WANTS_FINAL(t) ->
        if
        :: mv_frontier < t -> end = BLOCKED_FINAL; lower = t - 1
        :: else
        fi
    :: else
    fi;
    if
    :: end == SOUND && (READS(t) & A) ->
        look(t, 0, out);
        if
        :: out >= 4 -> end = BLOCKED; lower = out - 4
        :: else -> s0 = out; res = MIXED(res, out)
        fi;
        out = 0
    :: else
    fi;
    if
    :: end == SOUND && (READS(t) & B) ->
        look(t, 1, out);
        if
        :: out >= 4 -> end = BLOCKED; lower = out - 4
        :: else -> s1 = out; res = MIXED(res, out)
        fi;
        out = 0
    :: else
    fi;
    if
    :: end == SOUND -> publish(t)
    :: else -> s0 = 0; s1 = 0; res = 0
    fi
}

/* Those above that read what `t` has written. */
inline tell_readers(t)
{
    r = t + 1;
    do
    :: r >= TXS -> break
    :: else ->
        CALL(
            hold(r);
            if
            :: is_held ->
                if
                :: (READS(r) & WRITES(t)) == 0 -> ok = true
                :: else -> holds(r)
                fi;
                if
                :: ok -> atomic { state[r] = EXECUTED; held[r] = false }
                :: else -> retract(r); next_incarnation(r); hand_back(r)
                fi
            :: else
            fi;
            r++
        )
    od;
    r = 0; ok = false; is_held = false
}

/* ---- speculation.c: running --------------------------------------------------------------------------- */

#define TURNS_MAX 3

inline run_held(t)
{
    turn = 1;
    do
    :: CALL(seen_changes = changes; all_below_executed(t, began_sound));
        attempt(t);
        if
        :: end == BLOCKED -> wait_until(t, lower, EXECUTED); break
        :: end == BLOCKED_FINAL -> wait_until(t, lower, FINAL); break
        :: else
        fi;
        if
        :: began_sound -> atomic { stamp[t] = seen_changes + 1; ok = true }
        :: else ->
            CALL(seen_changes = changes; all_below_executed(t, all_below));
            holds(t);
            if
            :: ok && all_below -> stamp[t] = seen_changes + 1
            :: ok && !all_below -> unchecked!t
            :: else
            fi
        fi;
        if
        :: ok || turn == TURNS_MAX -> CALL(executed_as(t, EXECUTED)); tell_readers(t); break
        :: else -> CALL(retract(t); next_incarnation(t)); turn++
        fi
    od;
    turn = 0; seen_changes = 0; began_sound = false; all_below = false; end = 0; lower = 0; ok = false
}

/* Check what this worker ran, as far as everything below has been executed. */
inline check_own()
{
    do
    :: empty(unchecked) -> break
    :: nempty(unchecked) ->
        CALL(
            unchecked?<c>; seen_changes = changes; all_below_executed(c, all_below);
            if
            :: !all_below -> break
            :: else
            fi;
            unchecked?c; hold(c);
            if
            :: is_held ->
                holds(c);
                if
                :: ok -> atomic { stamp[c] = seen_changes + 1; state[c] = EXECUTED; held[c] = false }
                :: else -> retract(c); next_incarnation(c); hand_back(c)
                fi
            :: else
            fi
        )
    od;
    c = 0; seen_changes = 0; all_below = false; is_held = false; ok = false
}

/* ---- speculation.c: the frontier ------------------------------------------------------------------------ */

/* The transaction at the frontier, held: run it again when it does not hold. */
inline settle(t)
{
    if
    :: stamp[t] == changes + 1 || (MUTANT == 5 && stamp[t] != 0) -> ok = true /* 5: once good is always good */
    :: else -> holds(t)
    fi;
    if
    :: ok
    :: else ->
        CALL(mv_frontier = t; retract(t); next_incarnation(t));
        attempt(t);
        assert(end == SOUND); /* nothing is in the way here */
        CALL(executed_as(t, CHECKING));
        tell_readers(t)
    fi;
    end = 0; ok = false
}

inline finalize(t)
{
    atomic {
        assert(t == frontier && held[t] && result[t] == expected[t]);
        state[t] = FINAL; held[t] = false;
        /* Nobody looks at these again. */
        is_later[t] = false; published[t] = false; stamp[t] = 0; result[t] = 0; SEEN(t, 0) = 0; SEEN(t, 1) = 0
    }
    frontier = t + 1;
    if
    :: MUTANT == 1
    :: else -> wake_waiters(t)
    fi;
    if
    :: t + 1 == TXS -> is_done = true; notify(WORKERS)
    :: else
    fi
}

inline hold_at_frontier()
{
    if
    :: f < TXS -> hold(f)
    :: else -> is_held = false
    fi
}

inline frontier_move()
{
    do
    :: !is_held -> break
    :: else -> settle(f); CALL(finalize(f); f++; hold_at_frontier())
    od;
    atomic { mv_frontier = f; f = 0 }
}

/* `ripe`: there is something at the frontier that whoever enters could do. */
inline look_at_frontier()
{
    CALL(
        f = frontier;
        if
        :: f == TXS -> ripe = false
        :: else -> ripe = (state[f] == EXECUTED)
        fi;
        f = 0
    )
}

inline executed_to_move()
{
    CALL(
        f = executed_to;
        do
        :: f == TXS -> break
        :: else -> if :: state[f] >= EXECUTED -> f++ :: else -> break fi
        od;
        executed_to = f;
        f = 0
    )
}

inline frontier_advance()
{
    do
    :: atomic { frontier_busy -> break }
    :: CALL(
            atomic { !frontier_busy -> frontier_busy = true }
            executed_to_move();
            if
            :: is_done
            :: else -> f = frontier; hold_at_frontier()
            fi
        );
        if
        :: is_held -> frontier_move()
        :: else -> f = 0
        fi;
        CALL(
            frontier_busy = false;
            if
            :: next + 1 < CLAIMABLE_TO -> notify(1)
            :: else
            fi
        );
        CALL(
            look_at_frontier();
            if
            :: !ripe || MUTANT == 3 -> break /* 3: whoever came meanwhile was sent away ... */
            :: else -> ripe = false; if :: is_done -> break :: else fi
            fi
        )
    od;
    ripe = false
}

/* ---- speculation.c: the workers ----------------------------------------------------------------------------- */

inline may_have_work(answer)
{
    answer = false;
    if
    :: is_done -> answer = true
    :: else
    fi;
    if
    :: answer
    :: else -> if :: again_count != 0 -> answer = true :: else fi
    fi;
    if
    :: answer
    :: else -> if :: next < CLAIMABLE_TO -> answer = true :: else fi
    fi;
    if
    :: answer
    :: else ->
        look_at_frontier();
        if
        :: ripe && MUTANT != 3 -> if /* ... and nobody looks before he sleeps */ :: !frontier_busy -> answer = true :: else fi
        :: else
        fi;
        ripe = false
    fi
}

inline idle()
{
    parked[me] = PREPARED;
    if
    :: MUTANT == 4 /* what came between the last look and the sleep goes unseen */
    :: else -> CALL(may_have_work(ok))
    fi;
    if
    :: ok -> parked[me] = AWAKE
    :: else -> atomic { parked[me] == CALLED -> parked[me] = AWAKE }
    fi;
    ok = false
}

proctype worker(byte me)
{
    chan unchecked = [4] of { byte };
    byte tx, turn, seen_changes, end, lower, res, s0, s1, out, i, v, p, r, w, k, woken, c, f, calls;
    bool began_sound, all_below, ok, is_held, ripe;
    atomic { started == me -> started++ } /* they are all alike: let the first be called 0 */
    do
    :: is_done -> break
    :: CALL(!is_done -> take());
        if
        :: tx != NOBODY ->
progress:   run_held(tx); tx = 0
        :: else
        fi;
        frontier_advance();
        check_own();
        if
        :: tx != NOBODY
        :: else ->
            if
            :: is_done
            :: else -> frontier_advance(); if :: is_done :: else -> idle() fi
            fi
        fi
    od
}

/* One after another, and then all together. */
init {
    atomic {
        byte t, x, y, out_;
        t = 0; x = 0; y = 0;
        do
        :: t == TXS -> break
        :: else ->
            out_ = t;
            if :: READS(t) & A -> out_ = MIXED(out_, x) :: else fi;
            if :: READS(t) & B -> out_ = MIXED(out_, y) :: else fi;
            expected[t] = out_;
            if :: WRITTEN(t, out_) & A -> x = out_ :: else fi;
            if :: WRITTEN(t, out_) & B -> y = out_ :: else fi;
            t++
        od;
        t = 0; x = 0; y = 0; out_ = 0;
        run worker(0);
        run worker(1);
#if WORKERS > 2
        run worker(2)
#endif
    }
    atomic { _nr_pr == 1 -> assert(is_done && frontier == TXS) }
}
