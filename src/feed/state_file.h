/* state_file.h - a whole state as JSON lines, an account a line, as `geth dump --iterative` writes it:
 *
 *     {"root":"0x.."}                                                     may be there, first: the state root
 *     {"address":"0x..","balance":"1000","nonce":1,"code":"0x..","storage":{"0x..":"01"},"codeHash":"0x..","root":"0x..","key":"0x.."}
 *
 * Plain or compressed with gzip. What a line says twice must agree: codeHash and code, root and storage, key and address. Addresses
 * that come twice are refused. The state root is computed over all accounts, and must be the expected one when there is one.
 *
 * Resuming: whoever keeps the accounts keeps marks with them. What is in front of the mark is read again (so that duplicates are
 * seen, and the root can be computed), and not put again; that it is the same file is checked.
 */
#pragma once

#include "feed/state_sink.h"

struct state_file_plan {
    const struct state_sink *sink; /* NULL: nowhere, the file is only checked */
    struct import_mark resume;     /* zero: from the beginning */
    const hash32 *root;            /* expected; NULL: the file's own, if it says one */
    uint64_t mark_every;           /* accounts */
    /* Called now and then; false stops with PEVM_CANCELLED, after a mark. May be NULL. */
    bool (*go_on)(void *context, double fraction, uint64_t accounts);
    void *context;
};

struct state_file_sums {
    uint64_t accounts, slots, codes; /* in the file */
    uint64_t skipped;                /* accounts that were there already */
    hash32 root;
    bool root_expected; /* somebody said what it must be, and it is */
};

enum pevm_status state_file_read(const char *path,
                                 const struct state_file_plan *plan,
                                 struct state_file_sums *out,
                                 struct error *error) MUST_CHECK;
