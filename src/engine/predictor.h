/* predictor.h - which calls met which in the blocks before, by contract and selector: swaps of one pool need one another, transfers
 * of one token hardly ever do.
 *
 * Words
 *   class    transactions to the same address with the same first four bytes of data; all creations are one. Known by a number: a
 *            place in a table that forgets who was not seen for long
 *   to meet  to have run with what a lower transaction was about to change, or to have been stopped at it
 *
 * It learns after each block and only says who is likely to wait for whom (hints.h): right or wrong, the outcome is the same.
 * One thread.
 */
#pragma once

#include "engine/hints.h"
#include "types/tx.h"

#define PREDICTOR_MET_NOBODY UINT32_MAX

struct predictor;

enum pevm_status predictor_new(struct predictor **out) MUST_CHECK;
void predictor_free(struct predictor *predictor); /* may be NULL */

/* Hints for the transactions of a block. With `by_slots`, also where access lists name the same slot and the class has met
 * anybody before. `txs` is borrowed until predictor_learn. */
void predictor_hint(struct predictor *predictor,
                    struct hints *hints,
                    const struct tx *txs,
                    uint32_t count,
                    bool by_slots);

/* What came of the same block: whom each of the first `count` transactions met last, or PREDICTOR_MET_NOBODY. */
void predictor_learn(struct predictor *predictor, const uint32_t *met, uint32_t count);
