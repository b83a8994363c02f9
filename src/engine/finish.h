/* finish.h - the parts of finish_run (block_run.h) that the path without a block needs, too. */
#pragma once

#include "engine/block_run.h"

/* Receipts in the order of the transactions get their cumulative gas; gas and bloom of all go into the outcome. */
void finish_receipts(struct block_run *run, size_t count);

/* What the block changed, into the outcome. */
enum pevm_status finish_changes(struct block_run *run) MUST_CHECK;

/* The state root so far into *out; needs input->roots. */
enum pevm_status run_state_root(struct block_run *run, hash32 *out) MUST_CHECK;
