/* era1 files: a whole one, several, and one of everything that can be wrong. */
#include "crypto/digest.h"
#include "feed/e2store.h"
#include "feed/era1.h"
#include "feed/era1_root.h"
#include "support/feed_chain.h"
#include "support/test.h"

#include <sys/stat.h>

#include <stdio.h>

static struct error error;
static struct feed_chain chain;

static size_t read_all(const char *path, enum pevm_status *status)
{
    struct block_source *source;
    struct feed_item item;
    size_t count = 0;
    *status = era1_open(&source, path, &error);
    if (*status != PEVM_OK) return 0;
    while ((*status = block_source_next(source, &item, &error)) == PEVM_OK &&
           item.event == FEED_BLOCK) {
        CHECK(hash32_equal(&item.hash, &chain.blocks[count].header.hash));
        CHECK(bytes_equal(item.encoding, chain.encodings[count]));
        count++;
    }
    double progress = block_source_progress(source);
    CHECK(progress >= 0 && progress <= 1);
    block_source_close(source);
    return count;
}

TEST(every_block_of_the_file_comes_in_order)
{
    enum pevm_status status;
    feed_chain_make(&chain, 64, 0, 3);
    CHECK_EQ(read_all(feed_file("test-00000.era1", feed_chain_era1(&chain)), &status), 64);
    CHECK_EQ(status, PEVM_OK);
}

/* The same leaves, with all 8192 places hashed one by one. */
static hash32 slow_root(const hash32 *leaves, size_t count)
{
    static hash32 level[ERA1_BLOCKS_MAX];
    hash32 length = {{0}};
    memset(level, 0, sizeof level);
    memcpy(level, leaves, count * sizeof *leaves);
    for (size_t width = ERA1_BLOCKS_MAX; width > 1; width /= 2)
        for (size_t i = 0; i < width; i += 2) {
            uint8_t both[64];
            memcpy(both, level[i].bytes, 32);
            memcpy(both + 32, level[i + 1].bytes, 32);
            sha256(&level[i / 2], both, sizeof both);
        }
    length.bytes[0] = (uint8_t)count;
    length.bytes[1] = (uint8_t)(count >> 8);
    uint8_t both[64];
    memcpy(both, level[0].bytes, 32);
    memcpy(both + 32, length.bytes, 32);
    hash32 root;
    sha256(&root, both, sizeof both);
    return root;
}

TEST(the_accumulator_is_the_root_over_all_8192_places)
{
    static const size_t counts[] = {0, 1, 2, 3, 100, 8191, 8192};
    static hash32 leaves[ERA1_BLOCKS_MAX];
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        for (size_t k = 0; k < counts[i]; k++) {
            u256 total = u256_from_u64(k * k);
            hash32 hash = {
                {(uint8_t)k, (uint8_t)(k >> 8), 7}
            };
            leaves[k] = era1_leaf(&hash, &total);
        }
        hash32 expected = slow_root(leaves, counts[i]), got = era1_root(leaves, counts[i]);
        CHECK(hash32_equal(&expected, &got));
    }
}

TEST(a_second_file_goes_on_where_the_first_ends)
{
    enum pevm_status status;
    struct feed_chain all = chain, part = chain;
    char path[128];
    snprintf(path, sizeof path, "%s/several", feed_folder());
    CHECK_EQ(mkdir(path, 0700), 0);
    part.count = 40;
    feed_file("several/test-00000-aa.era1", feed_chain_era1(&part));
    part.count = 24;
    part.blocks += 40;
    part.encodings += 40;
    part.receipts += 40;
    part.totals += 40;
    part.arena = all.arena;
    feed_file("several/test-00001-bb.era1", feed_chain_era1(&part));
    chain.arena = part.arena;
    CHECK_EQ(read_all(path, &status), 64);
    CHECK_EQ(status, PEVM_OK);
}

/* The entry of that type, the n-th. */
static uint8_t *find_entry(struct bytes file, unsigned type, size_t n)
{
    for (size_t at = 0; at < file.size;) {
        uint8_t *entry = (uint8_t *)(uintptr_t)file.data + at;
        size_t size = (size_t)entry[2] | (size_t)entry[3] << 8 | (size_t)entry[4] << 16;
        if (((unsigned)entry[0] | (unsigned)entry[1] << 8) == type && n-- == 0) return entry;
        at += E2STORE_HEAD_SIZE + size;
    }
    fail_msg("no entry of type %x", type);
    return NULL;
}

TEST(whatever_is_wrong_is_told_with_offset_and_field)
{
    static const struct {
        unsigned type; /* of the entry that is damaged */
        size_t which, byte;
        uint8_t turn; /* bits of that byte */
        size_t blocks;
        const char *words;
    } cases[] = {
        {E2STORE_VERSION,       0, 0,          1,    0,  "offset 0: entry type: expected 0x3265, got 0x3264"     },
        {ERA1_HEADER,           3, 0,          8,    3,  "an entry of a block that is out of place"              },
        {ERA1_HEADER,           3, 20,         1,    3,  ": snappy: byte 10: "                                   },
        {ERA1_BODY,             2, 0,          3,    2,  "entry type: expected 0x0004, got 0x0007"               },
        {ERA1_RECEIPTS,         5, 12,         0xff, 5,  ": snappy: byte "                                       },
        {ERA1_TOTAL_DIFFICULTY, 7, 8,          1,    7,  ": total difficulty: expected 8028, got 8029"           },
        {ERA1_ACCUMULATOR,      0, 9,          1,    64, ": accumulator: expected 0x"                            },
        {ERA1_BLOCK_INDEX,      0, 8,          1,    64, ": block index: begins with another block than the file"},
        {ERA1_BLOCK_INDEX,      0, 16,         1,    64, ": block index: an offset is not that of its block"     },
        {ERA1_BLOCK_INDEX,      0, 8 + 8 * 65, 1,    64, ": block index: is not about as many blocks"            },
        {ERA1_BLOCK_INDEX,      0, 0,          1,    64, "entry type: expected 0x3266, got 0x3267"               },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum pevm_status status;
        struct bytes file = feed_chain_era1(&chain);
        find_entry(file, cases[i].type, cases[i].which)[cases[i].byte] ^= cases[i].turn;
        CHECK_EQ(read_all(feed_file("bad.era1", file), &status), cases[i].blocks);
        CHECK_EQ(status, PEVM_CORRUPT);
        if (strstr(error.text, cases[i].words) == NULL)
            fail_msg("case %zu: \"%s\" is not in \"%s\"", i, cases[i].words, error.text);
    }
}

TEST(receipts_must_be_those_of_the_header)
{
    enum pevm_status status;
    struct bytes mine = chain.receipts[9];
    chain.receipts[9] = chain.receipts[10];
    CHECK_EQ(read_all(feed_file("bad.era1", feed_chain_era1(&chain)), &status), 9);
    CHECK_EQ(status, PEVM_CORRUPT);
    assert_non_null(strstr(error.text, ": receiptsRoot: expected 0x"));
    chain.receipts[9] = mine;
}

TEST(a_file_that_is_cut_off_is_told_wherever_it_is_cut)
{
    enum pevm_status status;
    struct bytes file = feed_chain_era1(&chain);
    for (size_t size = 0; size < file.size; size += 997) {
        read_all(feed_file("cut.era1", bytes_of(file.data, size)), &status);
        CHECK_EQ(status, PEVM_CORRUPT);
        assert_non_null(strstr(error.text, "cut.era1: offset "));
    }
    uint8_t *longer = arena_alloc(&chain.arena, file.size + 8);
    memcpy(longer, file.data, file.size);
    memcpy(longer + file.size, "\x65\x32\0\0\0\0\0", 8);
    CHECK_EQ(read_all(feed_file("long.era1", bytes_of(longer, file.size + 8)), &status), 64);
    CHECK_EQ(status, PEVM_CORRUPT);
    assert_non_null(strstr(error.text, "expected the end of the file"));
    feed_chain_free(&chain);
}
