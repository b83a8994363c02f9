/* leader.h - who may write: takes the lease of the store, keeps it, and stops before it ends.
 *
 * A thread of its own, because a block may take longer than a lease. The loop asks for the token before each write; the store asks
 * for it again inside of the write (store.h, R2), so that being wrong here costs a refused write and never a wrong one.
 *
 * Words
 *   token    of our leadership; 0: we do not lead
 *   margin   how long before its end a lease counts as over: a write that has begun must be there by then
 */
#pragma once

#include "service/life.h"
#include "service/service_metrics.h"
#include "store/store.h"

struct leader;

struct leader_options {
    struct store *store;
    struct board *board;
    struct life *life;
    struct metrics_writer *writer;
    uint64_t ttl_ns, renew_ns;
};

enum pevm_status leader_new(struct leader **out,
                            const struct leader_options *options,
                            struct error *error) MUST_CHECK;
/* Lets others lead at once, if we still do. May be NULL. */
void leader_free(struct leader *leader);

/* 0: not ours, or so near its end that nothing should be begun any more. Any thread. */
uint64_t leader_token(const struct leader *leader);

/* A write was refused: somebody else leads. Any thread. */
void leader_fenced(struct leader *leader);

/* How often we had to stop leading. Any thread. */
uint64_t leader_step_downs(const struct leader *leader);
