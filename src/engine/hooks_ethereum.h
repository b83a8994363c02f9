/* hooks_ethereum.h - what the protocol itself does before and after a block's transactions (rules, sections 3 and 17).
 * hooks_before is a phase (block_run.h); this is called by finish_run. */
#pragma once

#include "engine/block_run.h"

/* EIP-6110, 7002, 7251: fill run->requests, or name the fault. Nothing before Prague. */
enum pevm_status hooks_after(struct block_run *run) MUST_CHECK;
