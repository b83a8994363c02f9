/* ordered_root.h - the root of a list: transactions, receipts, withdrawals (Yellow Paper, equations 31 to 33). Keys are
 * rlp(index), values the encodings.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"

/* No value is empty. Everything in `scratch` is released again. PEVM_NO_MEMORY, nothing else. */
enum pevm_status ordered_root(hash32 *out,
                              const struct bytes *values,
                              size_t count,
                              struct arena *scratch) MUST_CHECK;
