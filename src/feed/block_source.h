/* block_source.h - blocks one after another, wherever they come from: a chain file, era1 archives, bundles, an official test, a node.
 *
 *     TRY(rlp_file_open(&source, "chain.rlp.gz", error));
 *     while (block_source_next(source, &item, error) == PEVM_OK && item.event == FEED_BLOCK) ...
 *     block_source_close(source);
 *
 * Rules
 *   R1  What a source gives was checked: it decodes, the body is the one that the header commits to (transactions, ommers,
 *       withdrawals), number and parent hash continue the block before. The first block may be any.
 *   R2  An error names the file, the offset, the block, the field, what was expected and what came. After an error a source
 *       gives nothing more, except that one from a node may be asked again when the error is PEVM_IO.
 *   R3  Only a node takes blocks back (FEED_REORG), and has an end that moves.
 *   R4  One thread at a time.
 */
#pragma once

#include "types/block.h"

enum feed_event {
    FEED_BLOCK,
    FEED_END,   /* there is no more; from a node: not yet */
    FEED_REORG, /* the blocks above `number` are no longer part of the chain; others follow */
};

/* What lies behind the pointers lives until the next call. */
struct feed_item {
    enum feed_event event;
    uint64_t number; /* of the block; FEED_REORG: of the last block that holds */
    hash32 hash;
    struct bytes encoding; /* the whole block as RLP */
    struct block block;    /* the same, decoded; senders are not known */
};

struct block_source;

enum pevm_status block_source_next(struct block_source *source,
                                   struct feed_item *out,
                                   struct error *error) MUST_CHECK;

/* How much of all was given, 0 to 1, for progress bars. */
double block_source_progress(const struct block_source *source);

void block_source_close(struct block_source *source); /* may be NULL */
