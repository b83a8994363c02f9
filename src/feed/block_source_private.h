/* block_source_private.h - what a kind of source brings: raw blocks. Decoding and checks are the same for all. */
#pragma once

#include "base/arena.h"
#include "feed/block_source.h"

#define FEED_BLOCK_SIZE_MAX                                                                        \
    ((size_t)64 << 20)     /* of RLP; the largest on any chain has less than 10 MB */
#define FEED_DEPTH_MAX 256 /* how far back a node may change its mind */

struct raw_block {
    struct bytes encoding; /* lives until the next call */
    const char *name;      /* of the file or node; lives as long */
    uint64_t offset;       /* of the block in it */
    bool has_offset;
    bool is_rollback; /* no block: forget those above `number`, whose hash is `hash` */
    uint64_t number;
    hash32 hash;
};

struct source_kind {
    /* *found = false at the end. `scratch` is empty, and kept until the next call. */
    enum pevm_status (*next)(
        void *self, struct raw_block *out, bool *found, struct arena *scratch, struct error *error);
    double (*progress)(const void *self);
    void (*close)(void *self);
};

/* Takes `self`, also when it fails. */
enum pevm_status block_source_new(struct block_source **out,
                                  const struct source_kind *kind,
                                  void *self,
                                  struct error *error) MUST_CHECK;
