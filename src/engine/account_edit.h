/* account_edit.h - changes to accounts that no transaction makes: rewards, withdrawals, the DAO fork. */
#pragma once

#include "engine/block_run.h"

/* Add `amount` to the balance; the account exists afterwards, unless it is empty and the fork deletes such. `why` is for
 * the error text: "withdrawal 3". */
enum pevm_status account_add_balance(struct block_run *run,
                                     const address *who,
                                     const u256 *amount,
                                     const char *why) MUST_CHECK;

/* Move the whole balance of `from`, if it exists, to `to`. */
enum pevm_status account_drain(struct block_run *run,
                               const address *from,
                               const address *to,
                               const char *why) MUST_CHECK;
