/* sim_probe.h - what a parallel run is asked on its way: how long each piece took, when it runs alone on a real clock; or, on the
 * cores of cores.h, how long it shall have taken.
 *
 * The engine's sources are compiled once more for the simulator (CMakeLists.txt); there, these functions stand in the place of
 * those whose names they bear behind probe_, which they call.
 *
 * Words
 *   trace     of a block: for each transaction the times of its attempt, alone: machine, read, machine, read, ... machine, publish
 *   piece     one of these times
 */
#pragma once

#include "base/arena.h"
#include "engine/publish.h"
#include "sched/sched.h"
#include "sync/cores.h"
#include "sync/team.h"

struct trace {
    uint64_t *pieces; /* picoseconds */
    uint32_t *firsts; /* by transaction: index of its first piece; one more at the end */
    uint64_t *gaps;   /* by transaction: what lies between its attempt and that of the one before */
    uint32_t tx_count;
    size_t piece_capacity, tx_capacity;
};

void trace_fini(struct trace *trace);

/* Into the first one the median of each of its times among all: in most of them the machine did nothing else. Those of another
 * form than the first are left out. */
void trace_take_medians(struct trace *traces, size_t count);
uint64_t trace_gaps_ps(const struct trace *trace);

/* What the next block is for. Off: nothing is asked but probe_team_ps. Record: a trace is written. Replay: one is read, while the
 * clock runs. The trace is borrowed. False: no memory. */
void probe_off(void);
bool probe_record(struct trace *trace, uint32_t tx_count) MUST_CHECK;
bool probe_replay(const struct trace *trace) MUST_CHECK;

/* After the block. False: there was no memory for the trace, or not every transaction has its pieces. */
bool probe_record_end(void) MUST_CHECK;

/* How long all workers' part of the last block was: on the cores' clock, or processor time of who was alone. */
uint64_t probe_team_ps(void);

/* The same of what they share after it. How long that takes alone is kept, the least of all blocks since probe_forget. */
uint64_t probe_shares_ps(void);
void probe_forget(void);

/* What the workers did in it, when it was replayed. */
struct cores_counts probe_counts(void);
const struct cores_site *probe_sites(void); /* CORES_SITES of them */

struct view probe_attempt_view(struct mv_attempt *attempt);
bool probe_publish_journal(struct mv_attempt *attempt,
                           struct journal *journal,
                           const struct block_env *env,
                           uint32_t *readers_to) MUST_CHECK;
bool probe_publish_nothing(struct mv_attempt *attempt,
                           const struct journal *journal,
                           uint32_t *readers_to) MUST_CHECK;
void probe_team_assist(struct team *team,
                       unsigned workers,
                       void (*job)(unsigned worker, void *context),
                       void *context);
void probe_team_share(struct team *team,
                      unsigned workers,
                      unsigned count,
                      void (*body)(unsigned item, void *context),
                      void *context);
void probe_sched_idle(struct sched *sched, uint32_t wanted);
