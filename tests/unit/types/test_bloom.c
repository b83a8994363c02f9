#include "crypto/keccak.h"
#include "support/random_types.h"
#include "support/test.h"
#include "types/bloom.h"

static struct arena arena;

/* As the Yellow Paper says it, one name at a time. */
static void slow_add(bloom *into, const void *name, size_t size)
{
    hash32 hash;
    keccak256(&hash, name, size);
    for (int i = 0; i < 6; i += 2) {
        unsigned bit = (hash.bytes[i] * 256U + hash.bytes[i + 1]) % 2048;
        into->bytes[255 - bit / 8] |= (uint8_t)(1 << bit % 8);
    }
}

static void slow_add_log(bloom *into, const struct log *log)
{
    slow_add(into, log->account.bytes, sizeof log->account.bytes);
    for (size_t i = 0; i < log->topic_count; i++)
        slow_add(into, log->topics[i].bytes, sizeof log->topics[i].bytes);
}

static int bits_of(const bloom *filter)
{
    int bits = 0;
    for (size_t i = 0; i < sizeof filter->bytes; i++)
        bits += __builtin_popcount(filter->bytes[i]);
    return bits;
}

/* keccak256 of 20 zero bytes begins 5380 c7b7 ae81: bits 0x380, 0x7b7, 0x681. */
TEST(three_bits_come_from_each_name)
{
    bloom filter = {{0}};
    struct log log = {.topic_count = 0};
    bloom_add_log(&filter, &log);
    CHECK_EQ(bits_of(&filter), 3);
    CHECK_EQ(filter.bytes[255 - 0x380 / 8], 1);
    CHECK_EQ(filter.bytes[255 - 0x7b7 / 8], 1 << 7);
    CHECK_EQ(filter.bytes[255 - 0x681 / 8], 1 << 1);
}

TEST(no_logs_add_nothing)
{
    bloom filter = {{0}};
    bloom_add_logs(&filter, NULL, 0);
    CHECK_EQ(bits_of(&filter), 0);
}

TEST(many_logs_at_once_equal_one_name_at_a_time)
{
    struct rng rng;
    rng_init(&rng, 4);
    arena_init(&arena, 1 << 16, 0);
    for (size_t count = 0; count < 150; count++) {
        arena_reset(&arena);
        const struct log *logs = random_logs(&rng, count, &arena);
        bloom together = {{0}}, alone = {{0}}, slow = {{0}};
        bloom_add_logs(&together, logs, count);
        for (size_t i = 0; i < count; i++) {
            bloom one = {{0}};
            bloom_add_log(&one, &logs[i]);
            bloom_or(&alone, &one);
            slow_add_log(&slow, &logs[i]);
        }
        CHECK_EQ(memcmp(&together, &slow, sizeof slow), 0);
        CHECK_EQ(memcmp(&alone, &slow, sizeof slow), 0);
    }
    arena_fini(&arena);
}

TEST(what_is_in_stays_in)
{
    struct log log = {.account = {{7}}, .topic_count = 1};
    bloom filter, before;
    memset(&filter, 0x11, sizeof filter);
    before = filter;
    bloom_add_log(&filter, &log);
    bloom_or(&before, &filter);
    CHECK_EQ(memcmp(&before, &filter, sizeof filter), 0);
}
