/* bundle_chain.h - the blocks of bundles as a source: a set that pevm make-chain wrote, or any PATHs whose bundles follow one
 * another. Only the blocks are used, not the states. */
#pragma once

#include "feed/block_source.h"

#include <stddef.h>

/* PATHs as in fixture/bundle_source.h. */
enum pevm_status bundle_chain_open(struct block_source **out,
                                   const char *const *paths,
                                   size_t count,
                                   struct error *error) MUST_CHECK;
