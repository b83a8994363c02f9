/* chain_founding.h - how a made chain begins: the accounts that are simply there, and the transactions that deploy the
 * contracts and hand out tokens. Their outcome becomes the genesis allocation, so the chain itself starts with work.
 */
#pragma once

#include "base/error.h"
#include "chain/chain.h"
#include "cli/chain_world.h"
#include "state/memory_state.h"

/* Ether for founder, people and some authorities; the system contracts that a fork of the chain wants. */
enum pevm_status founding_allocate(struct memory_state *state,
                                   struct chain_world *world,
                                   const struct chain *chain,
                                   struct error *error) MUST_CHECK;

/* The founding transactions, signed, in the world's arena; sets world->contracts. False when memory runs out. */
bool founding_txs(struct tx **out, size_t *count, struct chain_world *world) MUST_CHECK;
