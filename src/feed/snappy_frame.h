/* snappy_frame.h - snappy's framing format: a stream of compressed pieces with checksums. The pieces are libsnappy's. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

/* The plain bytes of a whole framed stream, in `arena`: at most `size_max`. PEVM_CORRUPT with the offset in the stream; memory is
 * taken only after all sizes were added up. */
enum pevm_status snappy_unframe(struct bytes *out,
                                struct bytes framed,
                                size_t size_max,
                                struct arena *arena,
                                struct error *error) MUST_CHECK;

/* The other way round. False when memory runs out. */
bool snappy_frame(struct bytes *out, struct bytes plain, struct arena *arena) MUST_CHECK;
