/* era1_root.h - the accumulator of an era1 file: hash_tree_root of List[HeaderRecord, 8192], where a record is a block's hash and the
 * total difficulty with it (SSZ). */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"

#define ERA1_BLOCKS_MAX 8192

/* The leaf of one block. */
hash32 era1_leaf(const hash32 *block_hash, const u256 *total_difficulty);

/* The root over `count` leaves, at most ERA1_BLOCKS_MAX. Writes over them. */
hash32 era1_root(hash32 *leaves, size_t count);
