#include "feed/store_feed.h"

#include "crypto/keccak.h"
#include "feed/block_check.h"
#include "store/block_value.h"
#include "store/keyspace.h"
#include "store/value.h"

#include <inttypes.h>

#define ARENA_CHUNK    ((size_t)1 << 18)
#define BATCH_SIZE_MAX ((size_t)16 << 20)

static const enum key_kind block_kinds[] = {KEY_HEADER, KEY_TXS, KEY_BODY};

static void set_key(struct store_feed *feed, struct key key, struct bytes value)
{
    struct key_text name = key_write(&key, false);
    store_batch_set(&feed->batch, key_bytes(&name), value, 0);
}

static void delete_key(struct store_feed *feed, struct key key)
{
    struct key_text name = key_write(&key, false);
    store_batch_delete(&feed->batch, key_bytes(&name));
}

static void set_progress(struct store_feed *feed)
{
    char text[PROGRESS_TEXT_SIZE];
    size_t size = sync_progress_write(text, feed->progress);
    set_key(feed, (struct key){.kind = KEY_SYNC_PROGRESS}, bytes_of(text, size));
}

static enum pevm_status write_batch(struct store_feed *feed, struct error *error)
{
    feed->failed = store_write(feed->store, &feed->batch, 0, error);
    store_batch_reset(&feed->batch);
    return feed->failed;
}

static enum pevm_status check_failed(const struct store_feed *feed, struct error *error)
{
    return feed->failed == PEVM_OK ? PEVM_OK
                                   : error_set(error,
                                               feed->failed,
                                               "%s: a write before this one failed",
                                               store_about(feed->store));
}

enum pevm_status store_feed_hash(struct store_feed *feed,
                                 uint64_t number,
                                 hash32 *out,
                                 struct error *error)
{
    struct key key = key_of_block(KEY_HEADER, number);
    struct key_text name = key_write(&key, false);
    struct bytes value;
    arena_reset(&feed->arena);
    TRY(store_get(feed->store, &value, key_bytes(&name), &feed->arena, error));
    keccak256(out, value.data, value.size);
    return PEVM_OK;
}

/* Nothing was fed yet, but there is a state after some block: that one is to follow. */
static enum pevm_status look_at_execution(struct store_feed *feed, struct error *error)
{
    struct key key = {.kind = KEY_EXEC_PROGRESS};
    struct key_text name = key_write(&key, false);
    struct exec_progress progress;
    struct bytes value;
    enum pevm_status status = store_get(feed->store, &value, key_bytes(&name), &feed->arena, error);
    if (status == PEVM_NOT_FOUND) return PEVM_OK;
    TRY(status);
    status = exec_progress_read(&progress, value, error);
    if (status != PEVM_OK) {
        error_prefix(error, "%s", name.text);
        return status;
    }
    feed->has_progress = true;
    feed->progress = progress.number;
    feed->hash = progress.hash; /* zero when it is not known */
    return PEVM_OK;
}

static enum pevm_status look(struct store_feed *feed, struct error *error)
{
    struct key key = {.kind = KEY_SYNC_PROGRESS};
    struct key_text name = key_write(&key, false);
    struct bytes value;
    enum pevm_status status = store_get(feed->store, &value, key_bytes(&name), &feed->arena, error);
    if (status == PEVM_NOT_FOUND) return look_at_execution(feed, error);
    TRY(status);
    status = sync_progress_read(&feed->progress, value, error);
    if (status != PEVM_OK) {
        error_prefix(error, "%s", name.text);
        return status;
    }
    feed->has_progress = true;
    status = store_feed_hash(feed, feed->progress, &feed->hash, error);
    return status == PEVM_NOT_FOUND ? PEVM_OK : status;
}

enum pevm_status store_feed_open(struct store_feed *out, struct store *store, struct error *error)
{
    *out = (struct store_feed){.store = store};
    arena_init(&out->arena, ARENA_CHUNK, 0);
    enum pevm_status status = look(out, error);
    if (status != PEVM_OK) store_feed_close(out);
    return status;
}

void store_feed_close(struct store_feed *feed)
{
    arena_fini(&feed->arena);
    store_batch_fini(&feed->batch);
}

static enum pevm_status check_follows(const struct store_feed *feed,
                                      const struct header *header,
                                      struct error *error)
{
    if (!feed->has_progress) return PEVM_OK;
    if (hash32_is_zero(&feed->hash)) /* somebody took the header away: only the number is known */
        return header->number == feed->progress + 1
                   ? PEVM_OK
                   : error_set(error,
                               PEVM_BAD_INPUT,
                               "number: expected %" PRIu64 ", got %" PRIu64,
                               feed->progress + 1,
                               header->number);
    return block_check_link(header, feed->progress, &feed->hash, error);
}

enum pevm_status store_feed_put(struct store_feed *feed,
                                const struct feed_item *item,
                                struct error *error)
{
    struct block_parts parts;
    TRY(check_failed(feed, error));
    enum pevm_status status = check_follows(feed, &item->block.header, error);
    if (status != PEVM_OK) {
        error_prefix(error,
                     "block %" PRIu64 " does not follow what is in %s",
                     item->number,
                     store_about(feed->store));
        return status;
    }
    arena_reset(&feed->arena);
    TRY(block_split(&parts, item->encoding, &feed->arena, error));
    set_key(feed, key_of_block(KEY_HEADER, item->number), parts.header);
    set_key(feed, key_of_block(KEY_TXS, item->number), parts.txs);
    if (parts.body.size > 0)
        set_key(feed, key_of_block(KEY_BODY, item->number), parts.body);
    else /* one that a cut rewind left would contradict the transactions */
        delete_key(feed, key_of_block(KEY_BODY, item->number));
    feed->progress = item->number;
    feed->hash = item->hash;
    feed->has_progress = true;
    feed->waiting++;
    feed->waiting_txs += item->block.tx_count;
    return feed->batch.size > BATCH_SIZE_MAX ? store_feed_flush(feed, error) : PEVM_OK;
}

enum pevm_status store_feed_flush(struct store_feed *feed, struct error *error)
{
    TRY(check_failed(feed, error));
    if (feed->waiting == 0) return PEVM_OK;
    store_batch_barrier(&feed->batch);
    set_progress(feed);
    TRY(write_batch(feed, error));
    feed->blocks += feed->waiting;
    feed->txs += feed->waiting_txs;
    feed->waiting = feed->waiting_txs = 0;
    return PEVM_OK;
}

enum pevm_status store_feed_rewind(struct store_feed *feed,
                                   uint64_t number,
                                   const hash32 *hash,
                                   struct error *error)
{
    TRY(store_feed_flush(feed, error));
    if (!feed->has_progress || feed->progress <= number) return PEVM_OK;
    uint64_t last = feed->progress;
    feed->progress = number;
    feed->hash = *hash;
    set_progress(feed);
    store_batch_barrier(&feed->batch);
    for (uint64_t n = number + 1; n <= last; n++)
        for (size_t i = 0; i < COUNT_OF(block_kinds); i++)
            delete_key(feed, key_of_block(block_kinds[i], n));
    return write_batch(feed, error);
}
