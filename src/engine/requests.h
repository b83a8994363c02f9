/* requests.h - what a block asks of the consensus layer (EIP-7685): deposits out of logs (EIP-6110), and the hash over all. */
#pragma once

#include "engine/block_run.h"

/* Gather the deposits of the receipts into run->requests, or name the fault of a log that has another layout. */
enum pevm_status requests_gather_deposits(struct block_run *run) MUST_CHECK;

/* sha256(sha256(type || data) || ...) over the types that have data. False when memory runs out. */
bool requests_hash(hash32 *out,
                   const struct bytes requests[REQUEST_TYPE_COUNT],
                   struct arena *scratch) MUST_CHECK;
