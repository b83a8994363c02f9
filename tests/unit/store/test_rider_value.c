#include "base/rng.h"
#include "crypto/keccak.h"
#include "store/rider_value.h"
#include "support/test.h"

#define RIDERS 9

static struct arena arena;
static struct error error;
static uint8_t texts[2 * RIDERS][600];

/* Some were absent before. */
static struct rider_record fill(struct rng *rng, struct rider riders[RIDERS])
{
    struct rider_record record = {
        .number = rng_next(rng), .riders = riders, .rider_count = rng_below(rng, RIDERS + 1)};
    rng_fill(rng, &record.hash, sizeof record.hash);
    rng_fill(rng, texts, sizeof texts);
    for (size_t i = 0; i < RIDERS; i++)
        riders[i] = (struct rider){.key = bytes_of(texts[2 * i], 1 + rng_below(rng, 100)),
                                   .before = bytes_of(texts[2 * i + 1], rng_below(rng, 3) * 299),
                                   .after = bytes_of("after", 5)};
    return record;
}

TEST(records_come_back)
{
    struct rng rng;
    rng_init(&rng, 1);
    arena_init(&arena, 1 << 16, 0);
    for (unsigned round = 0; round < 300; round++) {
        struct rider riders[RIDERS];
        struct rider_record record = fill(&rng, riders), again;
        struct bytes encoding;
        arena_reset(&arena);
        CHECK(riders_write(&encoding, &record, &arena));
        if (riders_read(&again, encoding, &arena, &error) != PEVM_OK) fail_msg("%s", error.text);
        CHECK(again.number == record.number && hash32_equal(&again.hash, &record.hash));
        CHECK_EQ(again.rider_count, record.rider_count);
        for (size_t i = 0; i < record.rider_count; i++) {
            CHECK(bytes_equal(again.riders[i].key, riders[i].key));
            CHECK(bytes_equal(again.riders[i].before, riders[i].before));
            CHECK_EQ(again.riders[i].after.size, 0);
        }
    }
    arena_fini(&arena);
}

TEST(every_damaged_byte_and_every_cut_is_noticed)
{
    struct rng rng;
    struct rider riders[RIDERS];
    struct bytes encoding;
    rng_init(&rng, 2);
    arena_init(&arena, 1 << 16, 0);
    struct rider_record record = fill(&rng, riders), again;
    CHECK(riders_write(&encoding, &record, &arena));
    uint8_t *copy = arena_alloc(&arena, encoding.size);
    assert_non_null(copy);
    for (size_t i = 0; i < encoding.size; i++) {
        memcpy(copy, encoding.data, encoding.size);
        copy[i] ^= (uint8_t)(1u << rng_below(&rng, 8));
        CHECK_EQ(riders_read(&again, bytes_of(copy, encoding.size), &arena, &error), PEVM_CORRUPT);
        CHECK_EQ(riders_read(&again, bytes_of(encoding.data, i), &arena, &error), PEVM_CORRUPT);
    }
    arena_fini(&arena);
}

/* A record of any bytes, with a checksum that is right. */
static enum pevm_status read_raw(const char *hex)
{
    struct rider_record record;
    struct bytes body = test_hex(hex);
    uint8_t text[600];
    hash32 checksum;
    memcpy(text, body.data, body.size);
    keccak256(&checksum, text, body.size);
    memcpy(text + body.size, checksum.bytes, 8);
    return riders_read(&record, bytes_of(text, body.size + 8), &arena, &error);
}

#define HASH "a0aa00000000000000000000000000000000000000000000000000000000000000"

TEST(what_is_not_as_we_would_write_it_is_refused)
{
    static const struct {
        const char *hex, *why;
        enum pevm_status status;
    } cases[] = {
        {"01e301" HASH "c0",         "",                                                  PEVM_OK         },
        {"01e601" HASH "c3c26b80",   "",                                                  PEVM_OK         },
        {"02e301" HASH "c0",         "record of riders: version 2; this program knows 1", PEVM_UNSUPPORTED},
        {"01e300" HASH "c0",
         "record of riders: number: an integer has a leading zero byte",                  PEVM_CORRUPT    },
        {"01e401" HASH "c080",
         "record of riders: list: bytes or items follow where the end was expected",      PEVM_CORRUPT    },
        {"01e601" HASH "c3c28080",   "record of riders: key: is empty",                   PEVM_CORRUPT    },
        {"01e701" HASH "c4c36b8080",
         "record of riders: rider: bytes or items follow where the end was expected",     PEVM_CORRUPT    },
        {"01e501" HASH "c2c16b",
         "record of riders: before: the input ends inside an item",                       PEVM_CORRUPT    },
    };
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        error_clear(&error);
        enum pevm_status status = read_raw(cases[i].hex);
        CHECK_TEXT(error.text, cases[i].why);
        CHECK_EQ(status, cases[i].status);
    }
    arena_fini(&arena);
}

TEST(riders_are_set_where_there_is_something_and_deleted_where_there_is_nothing)
{
    static const struct {
        enum change_kind kind;
        const char *key;
    } expected[] = {
        {CHANGE_SET,    "a"},
        {CHANGE_DELETE, "b"},
        {CHANGE_DELETE, "a"},
        {CHANGE_SET,    "b"},
    };
    const struct rider riders[] = {
        {.key = bytes_of("a", 1), .after = bytes_of("new",  3)},
        {.key = bytes_of("b", 1), .before = bytes_of("old", 3)},
    };
    struct store_batch batch = {0};
    struct store_change change;
    size_t place = 0;
    riders_put_after(&batch, riders, 2);
    riders_put_before(&batch, riders, 2);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        CHECK(store_batch_next(&batch, &place, &change));
        CHECK_EQ(change.kind, expected[i].kind);
        CHECK(bytes_equal(change.key, bytes_of(expected[i].key, 1)));
    }
    CHECK(!store_batch_next(&batch, &place, &change));
    store_batch_fini(&batch);
}
