/* Chain files, plain and compressed; cut off, damaged and mixed up at every kind of place. */
#include "feed/rlp_file.h"
#include "support/feed_chain.h"
#include "support/test.h"

#include <stdio.h>
#include <zlib.h>

static struct error error;
static struct feed_chain chain;

/* How many blocks the file gives, and how it ends. */
static size_t read_all(const char *path, enum pevm_status *status)
{
    struct block_source *source;
    struct feed_item item;
    size_t count = 0;
    *status = rlp_file_open(&source, path, &error);
    if (*status != PEVM_OK) return 0;
    while ((*status = block_source_next(source, &item, &error)) == PEVM_OK &&
           item.event == FEED_BLOCK) {
        CHECK(hash32_equal(&item.hash, &chain.blocks[count].header.hash));
        CHECK(bytes_equal(item.encoding, chain.encodings[count]));
        CHECK_EQ(item.number, chain.blocks[count].header.number);
        CHECK_EQ(item.block.tx_count, chain.blocks[count].tx_count);
        count++;
    }
    double progress = block_source_progress(source);
    CHECK(progress >= 0 && progress <= 1 && (*status != PEVM_OK || progress == 1));
    block_source_close(source);
    return count;
}

TEST(every_block_of_the_file_comes_in_order)
{
    enum pevm_status status;
    feed_chain_make(&chain, 300, 0, 2);
    CHECK_EQ(read_all(feed_file("chain.rlp", feed_chain_rlp(&chain)), &status), 300);
    CHECK_EQ(status, PEVM_OK);
}

TEST(a_compressed_file_is_the_same)
{
    enum pevm_status status;
    char path[160];
    struct bytes content = feed_chain_rlp(&chain);
    snprintf(path, sizeof path, "%s/chain.rlp.gz", feed_folder());
    gzFile file = gzopen(path, "wb");
    CHECK_EQ(gzwrite(file, content.data, (unsigned)content.size), (int)content.size);
    CHECK_EQ(gzclose(file), Z_OK);
    CHECK_EQ(read_all(path, &status), 300);
    CHECK_EQ(status, PEVM_OK);

    static uint8_t packed[1 << 20];
    FILE *whole = fopen(path, "rb");
    size_t size = fread(packed, 1, sizeof packed, whole);
    fclose(whole);
    CHECK(read_all(feed_file("cut.rlp.gz", bytes_of(packed, size / 2)), &status) < 300);
    CHECK_EQ(status, PEVM_CORRUPT);
    assert_non_null(strstr(error.text, "the compressed file ends too early"));
}

TEST(an_empty_file_has_no_blocks)
{
    enum pevm_status status;
    CHECK_EQ(read_all(feed_file("none.rlp", BYTES_EMPTY), &status), 0);
    CHECK_EQ(status, PEVM_OK);
}

TEST(a_file_that_is_cut_off_gives_the_blocks_before)
{
    enum pevm_status status;
    char words[80];
    size_t whole = chain.encodings[0].size + chain.encodings[1].size;
    for (size_t more = 1; more < chain.encodings[2].size; more += 7) {
        struct bytes content = feed_chain_rlp(&chain);
        content.size = whole + more;
        CHECK_EQ(read_all(feed_file("cut.rlp", content), &status), 2);
        CHECK_EQ(status, PEVM_BAD_INPUT);
        snprintf(words, sizeof words, "offset %zu: the file ends inside a block", whole);
        assert_non_null(strstr(error.text, words));
    }
}

TEST(what_is_no_block_is_told_with_its_offset)
{
    static const struct {
        const char *hex;
        enum pevm_status status;
        const char *words;
    } cases[] = {
        {"83010203",
         PEVM_BAD_INPUT,                       "offset 0: expected a block, which is an RLP list, got an RLP string"},
        {"f800",               PEVM_BAD_INPUT, "offset 0: block: its length has a leading zero byte"                },
        {"ffffffffffffffffff", PEVM_LIMIT,     "offset 0: block: it claims more than 64 MiB"                        },
        {"fb04000001",         PEVM_LIMIT,     "offset 0: block: it claims more than 64 MiB"                        },
        {"fb01000001",         PEVM_BAD_INPUT, "offset 0: the file ends inside a block"                             },
        {"c0",                 PEVM_BAD_INPUT, "offset 0: "                                                         },
        {"c3c0c0c0",           PEVM_BAD_INPUT, "offset 0: "                                                         },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum pevm_status status;
        CHECK_EQ(read_all(feed_file("bad.rlp", test_hex(cases[i].hex)), &status), 0);
        CHECK_EQ(status, cases[i].status);
        assert_non_null(strstr(error.text, cases[i].words));
        assert_non_null(strstr(error.text, "/bad.rlp: "));
    }
}

TEST(a_block_that_does_not_follow_is_told_with_number_and_field)
{
    enum pevm_status status;
    struct bytes first = chain.encodings[0], third = chain.encodings[2];
    uint8_t *content = arena_alloc(&chain.arena, first.size + third.size);
    memcpy(content, first.data, first.size);
    memcpy(content + first.size, third.data, third.size);
    CHECK_EQ(read_all(feed_file("gap.rlp", bytes_of(content, first.size + third.size)), &status),
             1);
    CHECK_EQ(status, PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, ": block 2: number: expected 1, got 2"));
}

TEST(a_file_that_cannot_be_opened_is_named)
{
    struct block_source *source;
    CHECK_EQ(rlp_file_open(&source, "/nowhere/chain.rlp", &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "/nowhere/chain.rlp: No such file or directory");
    CHECK_EQ(rlp_file_open(&source, feed_folder(), &error), PEVM_IO);
    feed_chain_free(&chain);
}
