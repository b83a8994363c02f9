/* apply.h - what a transaction wrote, from its journal into the block's state. */
#pragma once

#include "engine/block_run.h"
#include "evm/journal.h"

/* Apply everything the journal changed. `who` was running, for the error text. */
enum pevm_status apply_journal(struct block_run *run,
                               struct journal *journal,
                               const char *who) MUST_CHECK;
