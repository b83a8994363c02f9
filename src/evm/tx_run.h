/* tx_run.h - one transaction from its checks to its receipt data (rules, section 7), and system calls (section 17). */
#pragma once

#include "evm/machine.h"
#include "types/tx.h"

/* How far we came. */
enum run_answer {
    RUN_DONE,    /* the result is there; the journal holds the changes */
    RUN_INVALID, /* result->fault says why the transaction cannot be in this block; nothing changed */
    RUN_BLOCKED,      /* a state read is blocked; tx_run_resume goes on */
    RUN_STATE_FAILED, /* the view failed: the block stops */
    RUN_NO_MEMORY,
    RUN_CANCELLED,
};

struct tx_result {
    enum tx_fault fault;
    bool success;
    enum halt halt;   /* of the outermost frame */
    int64_t gas_used; /* what the sender pays for, after refunds and floor */
    int64_t gas_refunded;
    const struct log *logs; /* in the journal, until the next transaction begins */
    size_t log_count;
    struct bytes output; /* lent until the machine runs again */
    address created;
    bool has_created; /* creation transaction that succeeded */
};

/* Gas and blob gas still free in the block: (rules 7.3, checks 5 and 6). */
struct tx_room {
    uint64_t gas, blob_gas;
};

/* Intrinsic gas and floor of a transaction (rules 7.2). Static checks that need no state come first. */
int64_t tx_intrinsic_gas(const struct tx *tx, const struct rules *rules);
int64_t tx_floor_gas(const struct tx *tx, const struct rules *rules);

/* Everything that can be said of a transaction without state (rules 7.3, not 5, 6, 13 to 15; the sender must be known).
 * TX_VALID or the first fault. */
enum tx_fault tx_check_static(const struct tx *tx, const struct block_env *env);

/* Run `tx` on what `view` shows. Afterwards the journal (machine_journal) holds the write set: fees paid, destroyed and
 * touched-empty accounts marked (account_entry.destroyed). */
enum run_answer tx_run(struct machine *machine,
                       const struct view *view,
                       const struct tx *tx,
                       const struct tx_room *room,
                       struct tx_result *result) MUST_CHECK;
/* After RUN_BLOCKED: ask again. `result` is the one that tx_run was given. */
enum run_answer tx_run_resume(struct machine *machine, struct tx_result *result) MUST_CHECK;

/* A system call (rules, section 17): 30,000,000 gas, no fee, no nonce, no receipt. When the account has no code nothing
 * happens and *had_code is false. Changes stay in the journal if it succeeded. */
enum run_answer system_call(struct machine *machine,
                            const struct view *view,
                            const address *to,
                            struct bytes input,
                            struct message_result *result,
                            bool *had_code) MUST_CHECK;
