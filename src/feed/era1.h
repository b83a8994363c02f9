/* era1.h - era1 archives: 8192 blocks a file, with receipts, total difficulty and an accumulator over all of them.
 *
 *     Version  ( CompressedHeader CompressedBody CompressedReceipts TotalDifficulty )*  others*  Accumulator  BlockIndex
 *
 * Everything that a file says is checked: receipts against the header's root, total difficulty against the sum, the accumulator
 * against all blocks, the index against the places where they lie.
 */
#pragma once

#include "feed/block_source.h"

/* `path` is a file, or a directory of *.era1, whose names are in the order of their blocks. */
enum pevm_status era1_open(struct block_source **out,
                           const char *path,
                           struct error *error) MUST_CHECK;
