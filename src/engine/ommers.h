/* ommers.h - which side blocks may be rewarded (rules, section 5). */
#pragma once

#include "engine/block_run.h"

/* Judge the ommers of the block, or name the fault. How many and how old always; the rest when ancestors are known. */
enum pevm_status ommers_check(struct block_run *run) MUST_CHECK;
