/* Blocks in a store: found again, in order, taken back, and whole whatever is cut off. */
#include "feed/store_feed.h"
#include "store/block_value.h"
#include "store/keyspace.h"
#include "store/store_memory.h"
#include "store/value.h"
#include "support/feed_chain.h"
#include "support/test.h"

static struct error error;
static struct feed_chain chain;
static struct memory_db *db;
static struct store *store;

static void begin(void)
{
    db = memory_db_new();
    CHECK_EQ(store_memory_open(&store, db, &error), PEVM_OK);
}

static void end(void)
{
    store_close(store);
    memory_db_free(db);
}

static enum pevm_status put(struct store_feed *feed, size_t at)
{
    struct feed_item item = {.event = FEED_BLOCK,
                             .number = chain.blocks[at].header.number,
                             .hash = chain.blocks[at].header.hash,
                             .encoding = chain.encodings[at],
                             .block = chain.blocks[at]};
    return store_feed_put(feed, &item, &error);
}

static bool get(enum key_kind kind, uint64_t number, struct bytes *out)
{
    struct key key = key_of_block(kind, number);
    struct key_text name = key_write(&key, false);
    *out = BYTES_EMPTY;
    enum pevm_status status = store_get(store, out, key_bytes(&name), &chain.arena, &error);
    CHECK(status == PEVM_OK || status == PEVM_NOT_FOUND);
    return status == PEVM_OK;
}

/* -1: there is none. */
static int64_t progress(void)
{
    struct bytes text;
    uint64_t number;
    if (!get(KEY_SYNC_PROGRESS, 0, &text)) return -1;
    CHECK_EQ(sync_progress_read(&number, text, &error), PEVM_OK);
    return (int64_t)number;
}

/* Every block up to the progress is there and is the chain's. */
static void check_whole(void)
{
    for (int64_t n = 0; n <= progress(); n++) {
        struct block_parts parts;
        struct bytes joined;
        get(KEY_HEADER, (uint64_t)n, &parts.header);
        get(KEY_TXS, (uint64_t)n, &parts.txs);
        get(KEY_BODY, (uint64_t)n, &parts.body);
        if (block_join(&joined, &parts, &chain.arena, &error) != PEVM_OK)
            fail_msg("%s", error.text);
        CHECK(bytes_equal(joined, chain.encodings[n]));
    }
}

TEST(blocks_are_there_when_the_progress_says_so)
{
    struct store_feed feed;
    feed_chain_make(&chain, 40, 0, 6);
    begin();
    CHECK_EQ(store_feed_open(&feed, store, &error), PEVM_OK);
    CHECK(!feed.has_progress);
    for (size_t i = 0; i < 30; i++)
        CHECK_EQ(put(&feed, i), PEVM_OK);
    CHECK_EQ(progress(), -1);
    CHECK_EQ(store_feed_flush(&feed, &error), PEVM_OK);
    CHECK_EQ(progress(), 29);
    check_whole();
    store_feed_close(&feed);

    CHECK_EQ(store_feed_open(&feed, store, &error), PEVM_OK);
    CHECK_EQ(feed.progress, 29);
    CHECK(hash32_equal(&feed.hash, &chain.blocks[29].header.hash));
    CHECK_EQ(put(&feed, 31), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "block 31 does not follow what is in "));
    CHECK_EQ(put(&feed, 30), PEVM_OK);
    CHECK_EQ(store_feed_flush(&feed, &error), PEVM_OK);
    check_whole();
    store_feed_close(&feed);
    end();
}

TEST(blocks_that_are_taken_back_are_gone)
{
    struct store_feed feed;
    struct bytes none;
    begin();
    CHECK_EQ(store_feed_open(&feed, store, &error), PEVM_OK);
    for (size_t i = 0; i < 20; i++)
        CHECK_EQ(put(&feed, i), PEVM_OK);
    CHECK_EQ(store_feed_rewind(&feed, 12, &chain.blocks[12].header.hash, &error), PEVM_OK);
    CHECK_EQ(progress(), 12);
    for (uint64_t n = 13; n < 20; n++)
        CHECK(!get(KEY_HEADER, n, &none) && !get(KEY_TXS, n, &none) && !get(KEY_BODY, n, &none));
    CHECK_EQ(put(&feed, 13), PEVM_OK);
    CHECK_EQ(store_feed_flush(&feed, &error), PEVM_OK);
    check_whole();
    store_feed_close(&feed);
    end();
}

TEST(after_a_write_that_failed_nothing_more_goes_in)
{
    struct store_feed feed;
    begin();
    CHECK_EQ(store_feed_open(&feed, store, &error), PEVM_OK);
    memory_db_stop_after(db, 0);
    CHECK_EQ(put(&feed, 0), PEVM_OK);
    CHECK_EQ(store_feed_flush(&feed, &error), PEVM_UNAVAILABLE);
    memory_db_start(db);
    CHECK_EQ(store_feed_flush(&feed, &error), PEVM_UNAVAILABLE);
    assert_non_null(strstr(error.text, ": a write before this one failed"));
    CHECK_EQ(put(&feed, 1), PEVM_UNAVAILABLE);
    CHECK_EQ(progress(), -1);
    store_feed_close(&feed);
    end();
}

TEST(wherever_it_is_cut_off_the_progress_tells_the_truth)
{
    for (uint64_t cut = 0; cut < 120; cut++) {
        struct store_feed feed;
        begin();
        memory_db_stop_after(db, cut);
        enum pevm_status status = store_feed_open(&feed, store, &error);
        for (size_t i = 0; i < 24 && status == PEVM_OK; i++) {
            status = put(&feed, i);
            if (status == PEVM_OK && i % 5 == 4) status = store_feed_flush(&feed, &error);
            if (status == PEVM_OK && i == 19)
                status = store_feed_rewind(&feed, 16, &chain.blocks[16].header.hash, &error);
            if (i == 19) i = 16;
            if (status == PEVM_OK && i == 16 && feed.progress == 16) break;
        }
        if (status != PEVM_OK) CHECK_EQ(status, PEVM_UNAVAILABLE);
        store_feed_close(&feed);
        memory_db_start(db);
        check_whole();

        CHECK_EQ(store_feed_open(&feed, store, &error), PEVM_OK);
        for (size_t i = feed.has_progress ? feed.progress + 1 : 0; i < 24; i++)
            CHECK_EQ(put(&feed, i), PEVM_OK);
        CHECK_EQ(store_feed_flush(&feed, &error), PEVM_OK);
        CHECK_EQ(progress(), 23);
        check_whole();
        store_feed_close(&feed);
        end();
    }
    feed_chain_free(&chain);
}
