/* receipts_value.h - the receipts of a block as the store keeps them: an RLP list of consensus receipts.
 *
 * A legacy receipt is a list [status or root, cumulative gas, bloom, logs]; a typed one is a string of its type and that list
 * (EIP-2718). Gas used of each, creations, places of logs are not kept: they follow from what is.
 */
#pragma once

#include "base/error.h"
#include "types/receipt.h"

/* False when memory runs out. */
bool receipts_write(struct bytes *out,
                    const struct receipt *receipts,
                    size_t count,
                    struct arena *arena) MUST_CHECK;

struct receipt_list {
    struct receipt
        *receipts; /* `gas_used` is filled in, `created` is not; borrow from the encoding */
    size_t count;
};

/* Strict: what is read would be written as the same bytes. PEVM_CORRUPT names receipt and field. Memory is in proportion to
 * the bytes given. */
enum pevm_status receipts_read(struct receipt_list *out,
                               struct bytes encoding,
                               struct arena *arena,
                               struct error *error) MUST_CHECK;
