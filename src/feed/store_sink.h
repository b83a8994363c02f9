/* store_sink.h - accounts into a store: the sink of `pevm import`.
 *
 * What was given since the last mark goes in with the next one, in one batch (more batches only where an account alone is larger than
 * 64 MiB). The mark itself lies under "evmx:import" until store_sink_start; it is what a second run resumes from.
 *
 * Order of calls: store_sink_open ( the sink's calls )* store_sink_start? store_sink_close. A store that executes already (it has a
 * progress), or has accounts that no import left, is refused with PEVM_BAD_INPUT.
 */
#pragma once

#include "feed/state_sink.h"
#include "store/commit.h"
#include "types/block.h"

struct store_sink {
    struct store *store; /* borrowed */
    struct key_style style;
    struct store_batch batch;
    struct state_sink sink;    /* what the reader of a file is given */
    struct import_mark resume; /* how far an earlier import came; zero: there was none */
};

enum pevm_status store_sink_open(struct store_sink *out,
                                 struct store *store,
                                 const struct key_style *style,
                                 struct error *error) MUST_CHECK;
void store_sink_close(struct store_sink *sink);

/* All accounts are there: they are the state after block `number` with that hash, from which execution goes on. */
enum pevm_status store_sink_start(struct store_sink *sink,
                                  uint64_t number,
                                  const hash32 *hash,
                                  struct error *error) MUST_CHECK;
