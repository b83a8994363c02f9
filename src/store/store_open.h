/* store_open.h - the store that a configuration names, and what else there is to set about it. */
#pragma once

#include "config/config.h"
#include "store/commit.h"
#include "store/store_view.h"

/* storage.kind: LMDB, a server, or memory, which is gone with the process. The faults of the three. */
enum pevm_status store_open(struct store **out,
                            const struct config *config,
                            struct error *error) MUST_CHECK;

/* How blocks are committed: the window, the case of addresses, how long history stays. */
struct commit_options store_commit_options(const struct config *config);

/* How much the caches hold. */
struct store_view_limits store_limits(const struct config *config);
