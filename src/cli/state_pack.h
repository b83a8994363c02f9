/* state_pack.h - official state tests packed in random blocks: the transactions of a test and some of its neighbours in the
 * file, in random order, many of them twice, their nonces put in line, on the pre-states of all of them. Nobody has said what
 * comes of such a block; both paths must say the same.
 *
 * A transaction that is refused ends its block; the block is tried again without it. Random from the test's name: the same
 * blocks each time.
 */
#pragma once

#include "cli/both_paths.h"
#include "fixture/statetest.h"

#define STATE_PACK_GAS_MAX 50000000 /* whoever uses more is not worth running ten times */

struct state_pack_counts {
    uint64_t blocks;   /* executed, with those that were refused */
    uint64_t accepted; /* valid to their end */
    uint64_t txs;      /* in these */
};

/* Pack all cases of `test`, which are of one fork; `member` is where the test was read, with its neighbours behind it.
 * paths->difference says what came out differently, and `counts` how far it got. */
enum pevm_status state_pack_run(struct both_paths *paths,
                                const struct state_test *test,
                                const struct json *member,
                                struct state_pack_counts *counts,
                                struct arena *arena,
                                struct error *error) MUST_CHECK;
