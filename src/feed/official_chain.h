/* official_chain.h - the blocks of one official blockchain test as a source: those that must be accepted. Tests with side chains are
 * no chain, and end with an error at the first block that does not follow. */
#pragma once

#include "feed/block_source.h"

/* `path` is a test file in JSON; `name` is the test's, or NULL when there is only one in the file. PEVM_NOT_FOUND names what is
 * not there. */
enum pevm_status official_chain_open(struct block_source **out,
                                     const char *path,
                                     const char *name,
                                     struct error *error) MUST_CHECK;
