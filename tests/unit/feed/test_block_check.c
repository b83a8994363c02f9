/* A body that is not its header's, a block that does not follow. */
#include "feed/block_check.h"
#include "support/feed_chain.h"
#include "support/test.h"

static struct error error;
static struct feed_chain chain;

TEST(a_body_is_its_headers)
{
    feed_chain_make(&chain, 40, 5, 1);
    for (size_t i = 0; i < chain.count; i++)
        CHECK_EQ(block_check_body(&chain.blocks[i], &chain.arena, &error), PEVM_OK);
}

TEST(a_field_that_differs_is_named)
{
    static const char *const words[] = {
        "transactionsRoot: expected 0x", "sha3Uncles: expected 0x", "withdrawalsRoot: expected 0x"};
    for (size_t i = 0; i < chain.count; i++) {
        struct block block = chain.blocks[i];
        hash32 *const roots[] = {&block.header.transactions_root,
                                 &block.header.ommers_hash,
                                 &block.header.withdrawals_root};
        for (size_t k = 0; k < (block.has_withdrawals ? 3 : 2); k++) {
            roots[k]->bytes[5] ^= 1;
            CHECK_EQ(block_check_body(&block, &chain.arena, &error), PEVM_BAD_INPUT);
            CHECK(strncmp(error.text, words[k], strlen(words[k])) == 0);
            roots[k]->bytes[5] ^= 1;
        }
        block.has_withdrawals = !block.has_withdrawals;
        CHECK_EQ(block_check_body(&block, &chain.arena, &error), PEVM_BAD_INPUT);
        CHECK(strncmp(error.text, "withdrawals: expected ", 22) == 0);
    }
}

TEST(a_child_names_its_parent_and_the_next_number)
{
    const struct header *parent = &chain.blocks[3].header, *child = &chain.blocks[4].header;
    hash32 other = parent->hash;
    CHECK_EQ(block_check_link(child, parent->number, &parent->hash, &error), PEVM_OK);
    CHECK_EQ(block_check_link(child, parent->number + 1, &parent->hash, &error), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "number: expected 10, got 9");
    other.bytes[0] ^= 1;
    CHECK_EQ(block_check_link(child, parent->number, &other, &error), PEVM_BAD_INPUT);
    CHECK(strncmp(error.text, "parentHash: expected 0x", 23) == 0);
    feed_chain_free(&chain);
}
