/* profile.h - looks closely at each block, or tasks, while it is switched on: notes events (metrics/event.h), clocks the reads of the
 * state before the block, and adds up both in the metrics when the block is over.
 *
 * One thread at a time. Order of calls: profile_new ( profile_begin the block runs profile_end )* profile_free.
 */
#pragma once

#include "engine/timed_view.h"
#include "metrics/event.h"
#include "metrics/metrics.h"
#include "state/mv_place.h"

/* Of each worker: enough for a full block of small transactions; a megabyte and a half. */
#define PROFILE_EVENTS ((size_t)1 << 16)

struct profile;

enum pevm_status profile_new(struct profile **out, unsigned workers) MUST_CHECK;
void profile_free(struct profile *profile); /* may be NULL */

/* A block on so many workers begins. PEVM_NO_MEMORY: there were never so many before. */
enum pevm_status profile_begin(struct profile *profile,
                               unsigned workers,
                               const struct view *state) MUST_CHECK;
/* What it shall read through, instead of `state`, which is borrowed until profile_end; and where its events go. */
const struct view *profile_view(const struct profile *profile);
struct event_log *profile_events(const struct profile *profile);

struct profile_run {
    size_t count;                         /* transactions, or tasks */
    unsigned workers;                     /* on so many */
    uint64_t execute_ns, transactions_ns; /* the latter without what comes before and after them */
    struct event_log *events;             /* its own, or somebody else's */
};

/* The block is valid, and over; or the tasks are. Gives how long the attempt that counted took, by transaction, until the next
 * call; NULL: no memory. */
const uint64_t *profile_end(struct profile *profile,
                            struct metrics *metrics,
                            const struct profile_run *run);

/* The longest chain of what was profiled last is known, too. Memory for finding it: this arena. */
struct arena *profile_arena(struct profile *profile);
void profile_chain(struct metrics *metrics, const struct mv_chain *chain);
