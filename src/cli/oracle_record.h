/* oracle_record.h - a block executed one transaction after another and watched: what each costs, and which earlier ones it
 * needs, in two models of conflict.
 *
 *   precise   ours (state/mv.h, engine/publish.h): balance, nonce, code, existence and each slot are locations of their own.
 *             Payments are sums: only who must know the very balance waits for those who change it; who must know that it
 *             suffices, or whether there is an account, waits for whoever changed the answer last. The nonce of a sender is
 *             known ahead.
 *   coarse    that of risechain/pevm: an account's nonce and balance are one location, read whenever the account is met. Plain
 *             payments between accounts without code read nothing, and are sums; so are the coinbase's fees.
 *
 * In both an edge leads to a reader from the last writer of what it read (several, where payments add up), whatever the
 * value; writes of the same value count as none.
 */
#pragma once

#include "cli/oracle_graph.h"
#include "engine/engine.h"

enum oracle_model { ORACLE_COARSE, ORACLE_PRECISE, ORACLE_MODEL_COUNT };
enum oracle_cost { ORACLE_GAS, ORACLE_OPS, ORACLE_NS, ORACLE_COST_COUNT };

/* By ops, a transaction costs its instructions and so much besides: with it the published figures come out. */
#define ORACLE_TX_OPS 200

struct oracle_block {
    uint32_t tx_count;
    uint64_t *costs
        [ORACLE_COST_COUNT]; /* by transaction; ns: the fastest of the runs, without applying the changes */
    struct oracle_graph graphs[ORACLE_MODEL_COUNT];
};

/* Execute the block `runs` times for its times and once for the rest. PEVM_INVALID_BLOCK when it is not valid. On failure
 * nothing is to be released. */
enum pevm_status oracle_record(struct oracle_block *out,
                               struct engine *engine,
                               const struct engine_input *input,
                               unsigned runs,
                               struct error *error) MUST_CHECK;
void oracle_block_fini(struct oracle_block *block);
