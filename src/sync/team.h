/* team.h - workers that are kept between jobs: nothing is started, and nothing allocated, per
 * block.
 *
 *     struct team *team;
 *     TRY(team_new(&team, 4, NULL, error));
 *     team_for(team, count, 16, recover_senders, block);
 *     team_free(team);
 *
 * Words
 *   worker   one thread of the team, by its number; worker 0 is whoever calls team_run and its
 *            sisters
 *   job      a function that every worker, or as many as come in time, calls once
 *
 * A worker (what its word `call` says)
 *
 *      NONE ──caller──▶ MADE ──worker──▶ TAKEN ──worker, job done──▶ NONE
 *        ▲               │
 *        └──caller: no longer needed (team_assist)
 *
 * A worker without a job spins for a moment (spin_ns), then sleeps. Sleepers are woken as a tree:
 * the caller wakes two, each of them two more, so the caller pays for two wakes whatever the size
 * of the team.
 *
 * Order of calls    team_new  ( team_run | team_assist | team_for | team_resize )*  team_free
 * Who may call      one thread at a time, never from inside a job; it need not always be the same
 *                   thread.
 *
 * Invariants
 *   I1  a worker calls the job of one call at most once
 *   I2  when team_run, team_assist or team_for return, no worker is inside the job or will enter it
 *
 * Order pairs
 *   [A] the caller publishes the job, then MADE          <-> the worker takes the call
 *   [B] a worker has finished: it counts itself out of `pending`  <-> the caller sees pending == 0
 *   [C] MADE, then look for sleepers  <-> prepare to sleep, then look for MADE (parker.h)
 *
 * Cost      see README.md: about a microsecond to hand a job to spinning workers, no heap.
 * Tested    tests/unit/sync/test_team.c, tests/weave/sync, tests/stress/sync
 */
#pragma once

#include "base/error.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEAM_WORKERS_MAX 128  /* more threads than this do not help one block */
#define TEAM_SPIN_NS     2000 /* falling asleep and being woken costs more than this */

struct team;

struct team_options {
    const char *name; /* threads are called NAME-1, NAME-2 ...; NULL: "pevm" */
    bool pin;         /* one processor for each worker but the caller, in the order of topology.h */
    bool never_spin;  /* sleep at once */
    uint64_t spin_ns; /* before falling asleep; 0: TEAM_SPIN_NS */
    size_t stack_bytes; /* of each thread; 0: as the system has it */
};

/* A team of `workers` (1 to TEAM_WORKERS_MAX), the caller included: workers - 1 threads are
 * started. `options` may be NULL: all zero. PEVM_BAD_INPUT for a size out of range, PEVM_LIMIT when
 * the system starts no more threads (then none is left behind), PEVM_UNSUPPORTED when it does not
 * let pin. */
MUST_CHECK enum pevm_status team_new(struct team **out,
                                     unsigned workers,
                                     const struct team_options *options,
                                     struct error *error);

/* `team` may be NULL. */
void team_free(struct team *team);

/* How many workers there are, the caller included. */
unsigned team_workers(const struct team *team);

/* Another size from the next job on. On failure the team has the size it could reach: at least the
 * old one. */
MUST_CHECK enum pevm_status team_resize(struct team *team, unsigned workers, struct error *error);

/* Every worker calls job(worker, context) once. Returns when all have. */
void team_run(struct team *team, void (*job)(unsigned worker, void *context), void *context);

/* The caller, and up to workers - 1 others, call job(worker, context) once. When the caller's own
 * call has returned, those who have not begun are no longer needed; returns when those who have
 * begun are done. For jobs that ask "what is left to do?" until nothing is. `workers` may be more
 * than the team has. */
void team_assist(struct team *team,
                 unsigned workers,
                 void (*job)(unsigned worker, void *context),
                 void *context);

/* body(begin, end, worker, context) for ranges that cover 0 .. count - 1 once. A worker takes
 * `grain` items at a time (0: chosen so that each worker comes about eight times). Ranges of one
 * worker ascend. With one worker, or no more than one grain, the caller does all in one call. */
void team_for(struct team *team,
              size_t count,
              size_t grain,
              void (*body)(size_t begin, size_t end, unsigned worker, void *context),
              void *context);

/* body(item, context) for the items 0 .. count - 1, once each, on up to `workers`, the caller among them. A worker begins with
 * those that are its own - worker w of W has count / W from w * count / W on - and goes on with what others have not begun: items
 * whose memory lies near a worker are best done by it. At most TEAM_ITEMS_MAX. */
#define TEAM_ITEMS_MAX 256
void team_share(struct team *team,
                unsigned workers,
                unsigned count,
                void (*body)(unsigned item, void *context),
                void *context);
