/* node_state.h - the state before a block, as far as the block needs it, out of a node that keeps old states.
 *
 * The node traces the block (debug_traceBlockByNumber, prestateTracer): that says which accounts and slots it touches. Their values
 * are asked for at the block before, one by one, many in a request: a trace has values of the middle of the block, too. Who is
 * touched beside transactions is added: coinbase, ommers, withdrawals, the contracts that are called before and after the
 * transactions, with the queues that they read.
 *
 * An account without balance, nonce, code and slots is taken as absent: before Spurious Dragon it may have been an empty one.
 */
#pragma once

#include "feed/rpc.h"
#include "state/memory_state.h"
#include "types/block.h"

/* Into `out`, which is empty. `block` is not the genesis. PEVM_UNSUPPORTED: the node does not trace. */
enum pevm_status node_state_read(struct rpc *rpc,
                                 const struct block *block,
                                 struct memory_state *out,
                                 struct error *error) MUST_CHECK;

/* ---- a part of it ---- */

/* Accounts and slots of a trace as a state whose values say nothing. */
enum pevm_status node_trace_read(struct memory_state *touched,
                                 const struct json *trace,
                                 struct error *error) MUST_CHECK;
