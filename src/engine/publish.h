/* publish.h - what a transaction did, from its journal into the multi-version state: what it read and depends on, what it
 * wrote. The twin of apply.h, which takes a journal into the sequential path's state. */
#pragma once

#include "evm/block_env.h"
#include "evm/journal.h"
#include "state/mv.h"

/* The attempt's view was the journal's. False: no memory, or somebody who was paid can't be read; nothing is visible. */
bool publish_journal(struct mv_attempt *attempt,
                     struct journal *journal,
                     const struct block_env *env,
                     uint32_t *readers_to) MUST_CHECK;

/* Of a transaction that can't be in the block: what it read, no writes. */
bool publish_nothing(struct mv_attempt *attempt,
                     const struct journal *journal,
                     uint32_t *readers_to) MUST_CHECK;
