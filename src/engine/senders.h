/* senders.h - who signed the transactions of a block, on all workers: its own phase, before the first transaction. */
#pragma once

#include "base/arena.h"
#include "chain/fork.h"
#include "sync/stop.h"
#include "sync/team.h"
#include "types/tx.h"

/* `scratch` has an arena for each worker of the team. A transaction of which no sender can be recovered keeps
 * sender_known = false: running it says why it is invalid. `stop` may be NULL; when it is due, the rest keep theirs unknown.
 * PEVM_NO_MEMORY, nothing else. */
enum pevm_status senders_recover(struct team *team,
                                 struct arena *scratch,
                                 struct tx *txs,
                                 size_t count,
                                 enum fork fork,
                                 struct stop *stop) MUST_CHECK;
