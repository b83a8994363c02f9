/* Reading ahead: what comes is what is in the store, or says why not; whatever the threads do meanwhile. */
#include "base/rng.h"
#include "service/fetch.h"
#include "store/keyspace.h"
#include "store/store_memory.h"
#include "support/service_world.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#define BLOCKS  40
#define WAIT_MS 10000

static struct service_world world;
static struct store *store;
static struct memory_db *db;
static struct fetch *fetch;
static struct error error;

static void begin(unsigned threads, uint32_t queue)
{
    service_world_make(&world,
                       &(struct service_plan){.count = BLOCKS, .txs = 3, .network = "Paris"});
    db = memory_db_new();
    CHECK_EQ(store_memory_open(&store, db, &error), PEVM_OK);
    service_world_feed(&world, store, BLOCKS);
    struct fetch_options options = {
        .store = store, .chain = &world.chain, .threads = threads, .queue = queue};
    CHECK_EQ(fetch_new(&fetch, &options, &error), PEVM_OK);
}

static void end(void)
{
    fetch_free(fetch);
    store_close(store);
    memory_db_free(db);
    service_world_free(&world);
}

static const struct fetched *next(uint64_t number)
{
    const struct fetched *fetched = fetch_next(fetch, number, WAIT_MS);
    if (fetched == NULL) fail_msg("block %lu did not come", (unsigned long)number);
    CHECK_EQ(fetched->number, number);
    return fetched;
}

static void check_good(const struct fetched *fetched)
{
    if (fetched->status != PEVM_OK) fail_msg("%s", fetched->error.text);
    CHECK_EQ(fetched->block.header.number, fetched->number);
    CHECK(hash32_equal(&fetched->block.header.hash, &world.hashes[fetched->number]));
    CHECK_EQ(fetched->block.tx_count, 3);
}

static void check_bad(uint64_t number, enum pevm_status status, const char *words)
{
    const struct fetched *fetched = next(number);
    CHECK_EQ(fetched->status, status);
    if (strstr(fetched->error.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fetched->error.text, words);
}

static void put(enum key_kind kind, uint64_t number, struct bytes value)
{
    struct key key = key_of_block(kind, number);
    struct key_text text = key_write(&key, false);
    service_world_put(store, text.text, value);
}

static struct bytes get(enum key_kind kind, uint64_t number)
{
    struct bytes value;
    struct key key = key_of_block(kind, number);
    struct key_text text = key_write(&key, false);
    CHECK_EQ(store_get(store, &value, key_bytes(&text), &world.arena, &error), PEVM_OK);
    return value;
}

static const struct bytes nothing = {NULL, 0};

TEST(all_blocks_come_in_order_and_nothing_before_it_is_asked_for)
{
    begin(3, 5);
    CHECK(fetch_next(fetch, 1, 0) == NULL);
    fetch_start(fetch, 1, BLOCKS);
    for (uint64_t n = 1; n <= BLOCKS; n++) {
        check_good(next(n));
        if (n > 7) fetch_release(fetch, n - 7);
    }
    CHECK(fetch_next(fetch, BLOCKS + 1, 10) == NULL);
    end();
}

TEST(a_missing_key_is_named_and_is_found_when_it_is_there)
{
    begin(2, 10);
    struct bytes header = get(KEY_HEADER, 5), txs = get(KEY_TXS, 6);
    put(KEY_HEADER, 5, nothing);
    put(KEY_TXS, 6, nothing);
    fetch_start(fetch, 4, BLOCKS);
    check_good(next(4));
    check_bad(5, PEVM_NOT_FOUND, "blk:hdr:5");
    check_bad(6, PEVM_NOT_FOUND, "blk:txs:6");
    put(KEY_HEADER, 5, header);
    put(KEY_TXS, 6, txs);
    fetch_again(fetch, 5);
    for (uint64_t n = 4; n <= 7; n++)
        check_good(next(n));
    end();
}

TEST(a_header_of_another_height_is_refused)
{
    begin(2, 10);
    put(KEY_HEADER, 9, get(KEY_HEADER, 8));
    put(KEY_TXS, 9, get(KEY_TXS, 8));
    put(KEY_TXS, 12, get(KEY_TXS, 11));
    fetch_start(fetch, 9, BLOCKS);
    check_bad(9, PEVM_BAD_INPUT, "number: the header says 8");
    check_bad(12, PEVM_BAD_INPUT, "transactionsRoot");
    end();
}

TEST(a_store_that_fails_is_no_missing_block)
{
    begin(2, 10);
    memory_db_fail_reads(db, 0, 1);
    fetch_start(fetch, 1, 5);
    check_bad(1, PEVM_UNAVAILABLE, "told not to answer");
    fetch_again(fetch, 1);
    for (uint64_t n = 1; n <= 5; n++)
        check_good(next(n));
    end();
}

TEST(the_end_moves)
{
    begin(2, 10);
    fetch_start(fetch, 1, 2);
    check_good(next(2));
    CHECK(fetch_next(fetch, 3, 20) == NULL);
    fetch_extend(fetch, 3);
    check_good(next(3));
    fetch_extend(fetch, 2); /* says nothing new */
    CHECK(fetch_next(fetch, 4, 20) == NULL);
    end();
}
