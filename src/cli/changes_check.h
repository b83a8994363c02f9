/* changes_check.h - what a bundle says was changed (post.json, post_block.json) against the changeset that came out.
 *
 * post.json stops after the last transaction, a changeset after the block: withdrawals and proof-of-work rewards come between.
 * They are pure additions to balances, so they are added to what is expected. The queues of system contracts, which the calls at
 * the end of the block drain, are left out of that comparison.
 */
#pragma once

#include "fixture/bundle.h"
#include "state/changeset.h"

/* Does `got` do to the pre-state exactly what `expected` says? False: *text (room: ERROR_TEXT_MAX) names the first account or
 * slot that differs. `after_txs`: `expected` is from after the last transaction. PEVM_OK unless memory runs out or the
 * pre-state cannot be read. */
enum pevm_status changes_check(bool *equal,
                               char *text,
                               const struct bundle *bundle,
                               const struct bundle_changes *expected,
                               const struct changeset *got,
                               bool after_txs) MUST_CHECK;
