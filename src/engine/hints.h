/* hints.h - who is likely to need whom: for each transaction a few lower ones that it waits for before it is run for the first
 * time. What is wrong with a hint, nobody will see in the outcome: waiting is for lower transactions only, so there is no
 * circle, and for HINTS_PER_TX of them at most, so nobody waits longer than he would have to one after another.
 *
 * Where they come from: the caller (dependencies), the transactions (slots that their access lists have in common), and what was
 * learnt of calls like these in the blocks before (predictor.h).
 *
 * One thread.
 */
#pragma once

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define HINTS_PER_TX 2
#define HINT_NONE    UINT32_MAX

/* The highest come first. */
struct hint {
    uint32_t before[HINTS_PER_TX];
};

struct hints {
    struct hint *by_tx;
    uint32_t tx_count, tx_capacity;
    uint32_t used; /* how many are kept */
};

void hints_init(struct hints *hints);
void hints_fini(struct hints *hints);

/* The next block: none yet. PEVM_NO_MEMORY: there will be none. */
enum pevm_status hints_begin(struct hints *hints, uint32_t tx_count) MUST_CHECK;

/* `later` is likely to need `earlier`. Ignored where that is not lower, or not in the block, or already known; of many, the
 * highest are kept. */
void hints_add(struct hints *hints, uint32_t later, uint32_t earlier);
