/* rlp_file.h - a chain file as nodes export it: the blocks as RLP, one behind the other, plain or compressed with gzip. Offsets are
 * those of the plain bytes. */
#pragma once

#include "feed/block_source.h"

/* PEVM_NOT_FOUND, PEVM_IO: the file cannot be opened. */
enum pevm_status rlp_file_open(struct block_source **out,
                               const char *path,
                               struct error *error) MUST_CHECK;
