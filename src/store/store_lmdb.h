/* store_lmdb.h - the store on this machine's disk, in a folder of its own (LMDB): what is used when nothing else is said.
 *
 * Batches are applied whole or not at all, in one transaction that is on the disk before the call returns. Several processes
 * of one machine may open the folder (a standby, pevm inspect); one process opens it once. Not on network file systems. The
 * file grows by doubling. Values do not expire here: what goes out of the window is deleted by whoever commits.
 */
#pragma once

#include "store/store.h"

struct lmdb_options {
    const char *path;      /* the folder; made when it is not there (its parent must be) */
    uint64_t map_size_min; /* bytes of address space at the start */
    bool never_sync;       /* faster; the last blocks, or all, may be lost with the power */
};

/* PEVM_NOT_FOUND, PEVM_IO: the folder; PEVM_CORRUPT: the file; PEVM_LIMIT: it is open in this process. */
enum pevm_status store_lmdb_open(struct store **out,
                                 const struct lmdb_options *options,
                                 struct error *error) MUST_CHECK;
