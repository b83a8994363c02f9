/* Framed streams: what was framed comes back; every kind of damage is told with its place. */
#include "base/rng.h"
#include "feed/snappy_frame.h"
#include "support/test.h"

#include <stdio.h>

#define PLAIN_MAX ((size_t)1 << 20)

static struct arena arena;
static struct error error;

static struct bytes frame(const char *hex, const char *checksummed)
{
    static char text[256];
    snprintf(text, sizeof text, "%s%s", hex, checksummed);
    return test_hex(text);
}

TEST(what_was_framed_comes_back)
{
    static const size_t sizes[] = {0, 1, 5, 65535, 65536, 65537, 200000};
    static uint8_t plain[200000];
    struct rng rng;
    rng_init(&rng, 7);
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct bytes framed, back;
        for (size_t k = 0; k < sizes[i]; k++)
            plain[k] = (uint8_t)(k % 3 == 0 ? rng_next(&rng) : k);
        CHECK(snappy_frame(&framed, bytes_of(plain, sizes[i]), &arena));
        CHECK_EQ(snappy_unframe(&back, framed, PLAIN_MAX, &arena, &error), PEVM_OK);
        CHECK(bytes_equal(back, bytes_of(plain, sizes[i])));
    }
}

/* The known checksum of the digits 1 to 9, and the mask that the format puts on it. */
TEST(the_checksum_is_that_of_the_format)
{
    uint32_t crc = UINT32_C(0xe3069283);
    uint32_t masked = (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
    char text[96];
    snprintf(text,
             sizeof text,
             "ff060000734e61507059010d0000%02x%02x%02x%02x313233343536373839",
             masked & 255,
             masked >> 8 & 255,
             masked >> 16 & 255,
             masked >> 24);
    struct bytes plain;
    CHECK_EQ(snappy_unframe(&plain, test_hex(text), PLAIN_MAX, &arena, &error), PEVM_OK);
    CHECK(bytes_equal(plain, bytes_of("123456789", 9)));
}

TEST(padding_and_what_may_be_passed_over_is_passed_over)
{
    struct bytes plain;
    CHECK_EQ(snappy_unframe(&plain,
                            test_hex("ff060000734e61507059fe0200000000800100007f"),
                            PLAIN_MAX,
                            &arena,
                            &error),
             PEVM_OK);
    CHECK_EQ(plain.size, 0);
}

TEST(damage_is_told_with_its_place)
{
    static const char start[] = "ff060000734e61507059";
    static const struct {
        const char *head, *rest, *words;
    } cases[] = {
        {"",    "",                     "snappy: the stream is empty"                                    },
        {"",    "000500001122334455",   "snappy: byte 0: expected the stream's identifier"               },
        {"",    "ff060000734e61507058", "snappy: byte 0: the identifier is not that of snappy"           },
        {start, "00",                   "snappy: byte 10: the stream ends inside the head of a chunk"    },
        {start, "00050000aa",           "snappy: byte 10: the stream ends inside a chunk"                },
        {start, "02000000",             "snappy: byte 10: a chunk of a kind that must not be passed over"},
        {start, "00030000aabbcc",       "snappy: byte 10: a chunk without its checksum"                  },
        {start, "0005000011223344ff",   "snappy: byte 10: the compressed data are damaged"               },
        {start, "00050000112233447f",   "snappy: byte 10: the compressed data are damaged"               },
        {start, "010500001122334455",   "snappy: byte 10: the checksum does not fit"                     },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes plain;
        CHECK_EQ(
            snappy_unframe(&plain, frame(cases[i].head, cases[i].rest), PLAIN_MAX, &arena, &error),
            PEVM_CORRUPT);
        CHECK_TEXT(error.text, cases[i].words);
    }
}

TEST(more_than_was_allowed_is_refused_before_memory_is_taken)
{
    static uint8_t zeros[200000];
    struct bytes framed, plain;
    CHECK(snappy_frame(&framed, bytes_of(zeros, sizeof zeros), &arena));
    CHECK_EQ(snappy_unframe(&plain, framed, 100000, &arena, &error), PEVM_LIMIT);
    CHECK_TEXT(error.text, "snappy: expected at most 100000 bytes, got 200000");
    arena_fini(&arena);
}
