/* exception.h - is this the reason for which the official tests wanted a refusal?
 *
 * The tests join the names of reasons with '|', any of them is right; ours (tx_fault_official, block_fault_official) join all
 * names under which the tests know a reason. "TransactionException." and "BlockException." before a name are passed over.
 */
#pragma once

#include <stdbool.h>

/* True when the two lists have a name in common. An empty `expected` means: any reason. */
bool exception_matches(const char *expected, const char *official);
