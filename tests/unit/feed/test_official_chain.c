/* The blocks of an official test: those that must be accepted, of the test that was asked for. */
#include "crypto/keccak.h"
#include "feed/official_chain.h"
#include "fixture/json_write.h"
#include "support/feed_chain.h"
#include "support/fixture_text.h"
#include "support/test.h"

#include <stdlib.h>

static struct error error;
static struct feed_chain chain;

static void put_blocks(struct json_writer *json)
{
    json_key(json, "blocks");
    json_open(json, '[');
    for (size_t i = 1; i < chain.count; i++) {
        json_open(json, '{');
        member_bytes(json, "rlp", chain.encodings[i]);
        json_key(json, "blockHeader"); /* one without is to be refused */
        header_text(json, &chain.blocks[i].header);
        json_close(json, '}');
        if (i != 2) continue;
        json_open(json, '{');
        json_put_text(json, "rlp", "0xc0");
        json_put_text(json, "expectException", "BlockException.RLP_STRUCTURES_ENCODING");
        json_close(json, '}');
    }
    json_close(json, ']');
}

static const char *write_tests(size_t count)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    struct json_writer json;
    json_writer_init(&json, file);
    json_open(&json, '{');
    for (size_t i = 0; i < count; i++) {
        json_key(&json, i == 0 ? "one" : "two");
        json_open(&json, '{');
        json_put_text(&json, "network", "Istanbul");
        json_key(&json, "genesisBlockHeader");
        header_text(&json, &chain.blocks[0].header);
        json_key(&json, "pre");
        json_open(&json, '{');
        json_close(&json, '}');
        put_blocks(&json);
        json_put_hash(&json, "lastblockhash", &chain.blocks[chain.count - 1].header.hash);
        json_key(&json, "postState");
        json_open(&json, '{');
        json_close(&json, '}');
        json_close(&json, '}');
    }
    json_close(&json, '}');
    fclose(file);
    const char *path = feed_file("tests.json", bytes_of(text, size));
    free(text);
    return path;
}

TEST(the_blocks_that_must_be_accepted_come_in_order)
{
    struct block_source *source;
    struct feed_item item;
    uint64_t count = 0;
    feed_chain_make(&chain, 6, 0, 5);
    CHECK_EQ(official_chain_open(&source, write_tests(2), "two", &error), PEVM_OK);
    while (block_source_next(source, &item, &error) == PEVM_OK && item.event == FEED_BLOCK)
        CHECK_EQ(item.number, ++count);
    if (count != 5) fail_msg("%s", error.text);
    CHECK(block_source_progress(source) == 1.0);
    block_source_close(source);
    CHECK_EQ(official_chain_open(&source, write_tests(1), NULL, &error), PEVM_OK);
    block_source_close(source);
}

TEST(a_test_must_be_named_unless_there_is_one)
{
    struct block_source *source;
    CHECK_EQ(official_chain_open(&source, write_tests(2), NULL, &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "tests.json: 2 tests in this file: say which one"));
    CHECK_EQ(official_chain_open(&source, write_tests(2), "three", &error), PEVM_NOT_FOUND);
    assert_non_null(strstr(error.text, "tests.json: no test \"three\" in this file"));
    CHECK_EQ(official_chain_open(&source, feed_file("x.json", bytes_of("{}", 2)), NULL, &error),
             PEVM_NOT_FOUND);
    feed_chain_free(&chain);
}
