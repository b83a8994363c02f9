/* store_feed.h - blocks into a store, where the executor finds them: blk:hdr:{n}, blk:txs:{n}, blk:body:{n} where needed, and then
 * idx:sync:progress, which says that they are there.
 *
 * The progress is written behind a barrier after the blocks it stands for; before blocks are taken back it is lowered first. So
 * whoever reads the progress finds all blocks up to it, whatever was cut off.
 *
 * Order of calls: store_feed_open ( store_feed_put | store_feed_rewind | store_feed_flush )* store_feed_close. Blocks given to put
 * may wait for the next flush. After a write that failed nothing more goes in, and what is there must be looked at anew: close, open.
 */
#pragma once

#include "feed/block_source.h"
#include "store/store.h"

struct store_feed {
    struct store *store; /* borrowed */
    struct store_batch batch;
    struct arena arena;
    bool has_progress;
    uint64_t progress;             /* the last block given */
    hash32 hash;                   /* of it; zero when its header is not there */
    uint64_t waiting, waiting_txs; /* in the batch */
    uint64_t blocks, txs;          /* that went in since it was opened */
    enum pevm_status failed;       /* how a write ended; PEVM_OK: well */
};

/* Reads how far the feed was; where nothing was fed, what execution begins with. PEVM_CORRUPT: the progress, or the header it names, is damaged. */
enum pevm_status store_feed_open(struct store_feed *out,
                                 struct store *store,
                                 struct error *error) MUST_CHECK;
void store_feed_close(struct store_feed *feed);

/* The next block. It must follow the last one, if there is one. */
enum pevm_status store_feed_put(struct store_feed *feed,
                                const struct feed_item *item,
                                struct error *error) MUST_CHECK;

/* All that was given is in the store, and the progress says so. */
enum pevm_status store_feed_flush(struct store_feed *feed, struct error *error) MUST_CHECK;

/* Forget the blocks above `number`, whose hash is given. */
enum pevm_status store_feed_rewind(struct store_feed *feed,
                                   uint64_t number,
                                   const hash32 *hash,
                                   struct error *error) MUST_CHECK;

/* The hash of a block that is there. PEVM_NOT_FOUND. */
enum pevm_status store_feed_hash(struct store_feed *feed,
                                 uint64_t number,
                                 hash32 *out,
                                 struct error *error) MUST_CHECK;
