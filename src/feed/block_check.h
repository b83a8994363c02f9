/* block_check.h - is this body the one that the header commits to, and does a block follow another? What can be said of a block
 * without rules and state. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "types/block.h"

/* Transactions, ommers, withdrawals against their roots. PEVM_BAD_INPUT: "transactionsRoot: expected 0x.., got 0x..".
 * `scratch` is released again. */
enum pevm_status block_check_body(const struct block *block,
                                  struct arena *scratch,
                                  struct error *error) MUST_CHECK;

/* `header` is the child of block `number` with that hash. */
enum pevm_status block_check_link(const struct header *header,
                                  uint64_t number,
                                  const hash32 *hash,
                                  struct error *error) MUST_CHECK;
