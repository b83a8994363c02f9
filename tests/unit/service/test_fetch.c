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

/* ---- damage ---- */

static struct bytes random_damage(struct rng *rng, struct bytes from)
{
    size_t size = from.size;
    uint8_t *data = arena_alloc(&world.arena, size + 9);
    assert_non_null(data);
    memcpy(data, from.data, size);
    switch (rng_below(rng, 5)) {
    case 0: size = rng_below(rng, size); break; /* cut */
    case 1:
        rng_fill(rng, data + size, 8);
        size += 1 + rng_below(rng, 8);
        break;                                                                       /* more */
    case 2: data[rng_below(rng, size)] ^= (uint8_t)(1u << rng_below(rng, 8)); break; /* a bit */
    case 3:
        data[rng_below(rng, size)] = (uint8_t)(0xb7 + rng_below(rng, 0x49));
        break; /* lengths */
    default: {
        size_t at = rng_below(rng, size), span = 1 + rng_below(rng, 16);
        if (span > size - at) span = size - at;
        memset(data + at, rng_below(rng, 2) == 0 ? 0 : 0xff, span);
    }
    }
    return bytes_of(data, size);
}

/* AC-13: whatever the bytes are, there is a block, or a reason. What is not damaged stays good beside it. */
TEST(a_damaged_block_always_has_a_status_with_words)
{
    struct rng rng;
    unsigned refused = 0;
    begin(2, 10);
    struct bytes header = get(KEY_HEADER, 20), txs = get(KEY_TXS, 20);
    fetch_start(fetch, 19, 21);
    check_good(next(19));
    rng_init(&rng, 13);
    for (unsigned i = 0; i < 3000; i++) {
        bool is_header = rng_below(&rng, 2) == 0;
        struct bytes damaged = random_damage(&rng, is_header ? header : txs);
        if (bytes_equal(damaged, is_header ? header : txs)) continue;
        put(is_header ? KEY_HEADER : KEY_TXS, 20, damaged);
        fetch_again(fetch, 20);
        const struct fetched *fetched = next(20);
        if (fetched->status == PEVM_OK) {
            /* A header that is another one, but a header; the transactions are what its root says. */
            CHECK(is_header);
            CHECK(!hash32_equal(&fetched->block.header.hash, &world.hashes[20]));
        } else {
            bool is_missing = fetched->status == PEVM_NOT_FOUND; /* the header speaks of ommers */
            if (!is_missing && fetched->status != PEVM_BAD_INPUT && fetched->status != PEVM_CORRUPT)
                fail_msg("%d: %s", (int)fetched->status, fetched->error.text);
            CHECK(strstr(fetched->error.text, is_missing ? ":20 is not" : "block 20: ") != NULL);
            refused++;
        }
        check_good(next(21));
        put(is_header ? KEY_HEADER : KEY_TXS, 20, is_header ? header : txs);
    }
    CHECK(refused > 2000);
    fetch_again(fetch, 20);
    check_good(next(20));
    end();
}

TEST(the_digest_tells_whether_the_store_has_something_else)
{
    begin(1, 4);
    struct bytes txs = get(KEY_TXS, 3);
    fetch_start(fetch, 3, 3);
    hash32 digest = next(3)->digest;
    fetch_again(fetch, 3);
    CHECK(hash32_equal(&next(3)->digest, &digest));
    put(KEY_TXS, 3, nothing);
    fetch_again(fetch, 3);
    hash32 without = next(3)->digest;
    CHECK(!hash32_equal(&without, &digest));
    put(KEY_TXS, 3, bytes_of("x", 1));
    fetch_again(fetch, 3);
    CHECK(!hash32_equal(&next(3)->digest, &without));
    put(KEY_TXS, 3, txs);
    end();
}

/* ---- whatever is asked for while threads work ---- */

/* As the loop goes after a start: it takes the block it wants, and lets go of its ancestors, which nobody has waited for. */
TEST(blocks_that_are_still_decoded_can_be_let_go)
{
    begin(4, 1);
    for (unsigned round = 0; round < 200; round++) {
        fetch_start(fetch, 1, BLOCKS);
        (void)next(8);
        fetch_release(fetch, 8);
        for (uint64_t n = 9; n <= BLOCKS; n++) {
            check_good(next(n));
            fetch_release(fetch, n);
        }
    }
    end();
}

TEST(any_order_of_calls_gives_the_blocks_of_the_store)
{
    struct rng rng;
    begin(3, 6);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        rng_init(&rng, seed);
        uint64_t first = 1 + rng_below(&rng, 10), last = first + rng_below(&rng, 10);
        fetch_start(fetch, first, last);
        uint64_t number = first + rng_below(&rng, FETCH_BACK);
        if (number > last) number = last;
        for (unsigned i = 0; i < 40; i++) {
            switch (rng_below(&rng, 8)) {
            case 0: memory_db_fail_reads(db, rng_below(&rng, 3), 1 + rng_below(&rng, 2)); break;
            case 1: fetch_again(fetch, number + rng_below(&rng, 3)); break;
            case 2:
                last = last + rng_below(&rng, 5) < BLOCKS ? last + rng_below(&rng, 5) : BLOCKS;
                fetch_extend(fetch, last);
                break;
            case 3: (void)fetch_peek(fetch, number); break;
            default: {
                const struct fetched *fetched = next(number);
                if (fetched->status == PEVM_UNAVAILABLE) {
                    fetch_again(fetch, number);
                    break;
                }
                check_good(fetched);
                if (number > FETCH_BACK) fetch_release(fetch, number - FETCH_BACK);
                if (number < last) number++;
            }
            }
            struct fetch_counts counts = fetch_count(fetch);
            CHECK(counts.ready <= 6 + FETCH_BACK);
            CHECK(counts.busy <= 3);
        }
    }
    memory_db_fail_reads(db, 0, 0);
    end();
}

TEST(no_more_is_read_ahead_than_was_asked_for)
{
    begin(2, 5);
    fetch_start(fetch, 1, BLOCKS);
    check_good(next(5 + FETCH_BACK));
    CHECK(fetch_next(fetch, 5 + FETCH_BACK + 1, 50) == NULL);
    CHECK_EQ(fetch_count(fetch).ready, 5 + FETCH_BACK);
    fetch_release(fetch, 2);
    check_good(next(5 + FETCH_BACK + 2));
    CHECK(fetch_peek(fetch, 2) == NULL);
    check_good(fetch_peek(fetch, 3));
    end();
}
