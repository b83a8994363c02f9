/* evm_workload.h - one message with its state, its block and what must come out: the unit of `pevm bench evm`.
 *
 * A file is a JSON object:
 *   name, rev                 the workload, the fork
 *   sender, to, value, gas, calldata
 *   code, storage, balance?   of `to`
 *   accounts?                 { address: { balance, nonce, code, storage } }, the others
 *   env                       { number, timestamp, gaslimit, coinbase, prevrandao, basefee, gasprice, chainid }
 *   expect                    { status (0 = success, 2 = revert), gas_used, gas_refund, output }
 *
 * The message runs at depth 0; sender, to, coinbase and the precompiles are warm.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "evm/machine.h"

struct workload_state; /* accounts and slots: a view */

struct evm_workload {
    const char *name;
    struct block_env env;
    struct tx_env tx;
    struct message message;

    bool expect_success;
    int64_t expect_gas_used, expect_refund;
    struct bytes expect_output;

    struct arena arena; /* owns all of it */
    struct workload_state *state;
};

/* `json` is the text of the file; it must live as long as the workload. */
enum pevm_status evm_workload_init(struct evm_workload *workload,
                                   struct bytes json,
                                   struct error *error) MUST_CHECK;
void evm_workload_fini(struct evm_workload *workload);

/* Run it once on a machine whose block is workload->env; only the message is timed, not the reset of the journal before
 * it: by the clock on the wall when it is short, by the thread's when others may have had the processor meanwhile. PEVM_INTERNAL with words when something else than expected comes out. */
enum pevm_status evm_workload_run(struct evm_workload *workload,
                                  struct machine *machine,
                                  uint64_t *ns,
                                  struct error *error) MUST_CHECK;
