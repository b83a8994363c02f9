/* tx_receipt.h - the receipt of one transaction from what running it gave. Numbers that depend on the transactions before
 * it (cumulative gas) come later, in finish.c. */
#pragma once

#include "evm/tx_run.h"

/* Logs and their data are copied from the journal into `arena`. False when memory runs out. */
bool tx_receipt_make(struct receipt *out,
                     const struct tx *tx,
                     const struct tx_result *result,
                     struct arena *arena) MUST_CHECK;
