/* machine.h - runs messages: owns the stack, the memory and the frames of one worker. No C recursion: a CALL makes a
 * frame, the driver runs it; 1,024 deep costs no C stack. When a state read is blocked the driver returns with
 * everything kept; machine_resume asks again at the same instruction.
 *
 * One thread at a time. No heap calls in steady state.
 */
#pragma once

#include "base/status.h"
#include "evm/block_env.h"
#include "evm/halt.h"
#include "evm/journal.h"
#include "evm/tracer.h"

enum message_kind {
    MESSAGE_CALL,
    MESSAGE_CALLCODE,
    MESSAGE_DELEGATECALL,
    MESSAGE_STATICCALL,
    MESSAGE_CREATE,
    MESSAGE_CREATE2
};

/* What the transaction gives to every frame. */
struct tx_env {
    address origin;
    u256 gas_price; /* effective */
    const hash32 *blob_hashes;
    size_t blob_count;
};

/* The outermost message of a transaction or a system call (depth 0). */
struct message {
    enum message_kind kind; /* MESSAGE_CALL or MESSAGE_CREATE */
    int64_t gas;
    address caller, to; /* to: recipient, or the address of the new contract */
    u256 value;
    struct bytes input; /* call data, or init code */
    const struct code
        *code; /* MESSAGE_CALL: what runs (a delegation already resolved); may be code_empty */
    address
        code_address; /* MESSAGE_CALL: whose code that is, for precompiles; `to` unless delegated */
    bool is_delegated; /* code_address is a delegate: a precompile there runs as empty code */
};

struct message_result {
    enum halt halt;
    int64_t gas_left;    /* 0 after an exceptional halt */
    struct bytes output; /* return or revert data; lent until the machine runs again */
};

struct machine;
struct tx_run_state;

struct machine_options {
    struct code_cache *codes;    /* borrowed; outlives the machine */
    size_t memory_reserve_bytes; /* address space for EVM memory; 0 = default (4 GiB) */
};

enum pevm_status machine_new(struct machine **out,
                             const struct machine_options *options) MUST_CHECK;
void machine_free(struct machine *machine); /* may be NULL */

/* The journal, for whoever prepares and finishes the transaction (tx_run.c). Lives as long as the machine. */
struct journal *machine_journal(struct machine *machine);

/* Say in which block we are and who traces (tracer may be NULL: then the untraced loop runs). */
void machine_set_block(struct machine *machine,
                       const struct block_env *env,
                       const struct tracer *tracer);

/* Who may end a message before its time (HALT_CANCELLED): asked each time that a loop has spent POLL_GAS, and every
 * POLL_TURNS calls and returns, so after some tens of microseconds, but for a single instruction or precompile that takes
 * longer. NULL: nobody, as at first. The interpreter pays one instruction per jump for it. */
void machine_set_poll(struct machine *machine, bool (*is_over)(void *context), void *context);

#define POLL_GAS   20000
#define POLL_TURNS 32

/* Run a message to its end: value transfer, collision check, code deposit and all. The journal is changed or reverted
 * according to result->halt. Returns false when it paused (result->halt says why: HALT_BLOCKED, HALT_STATE_FAILED,
 * HALT_NO_MEMORY, HALT_CANCELLED); after HALT_BLOCKED machine_resume goes on. */
bool machine_run(struct machine *machine,
                 const struct tx_env *tx,
                 const struct message *message,
                 struct message_result *result) MUST_CHECK;
bool machine_resume(struct machine *machine, struct message_result *result) MUST_CHECK;

/* The block given to machine_set_block. */
const struct block_env *machine_env(const struct machine *machine);

/* Room for what tx_run keeps while a transaction is suspended (tx_run.c alone looks inside). */
struct tx_run_state *machine_run_state(struct machine *machine);
