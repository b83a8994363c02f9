#include "base/rng.h"
#include "crypto/keccak.h"
#include "store/block_value.h"
#include "support/random_types.h"
#include "support/test.h"

static struct arena arena;
static struct error error;

static struct bytes random_encoding(struct rng *rng)
{
    struct block block;
    struct bytes encoding;
    random_block(&block, rng, &arena);
    CHECK(block_encode(&encoding, &block, &arena));
    return encoding;
}

TEST(a_block_is_the_sum_of_its_parts)
{
    struct rng rng;
    rng_init(&rng, 9);
    arena_init(&arena, 1 << 16, 0);
    for (unsigned i = 0; i < 200; i++) {
        struct bytes encoding = random_encoding(&rng), joined;
        struct block_parts parts;
        CHECK_EQ(block_split(&parts, encoding, &arena, &error), PEVM_OK);
        if (parts.body.size == 0) continue; /* then the header of a real block says what there is */
        CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_OK);
        CHECK(bytes_equal(joined, encoding));
        parts.txs = BYTES_EMPTY; /* the body is enough */
        CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_OK);
        CHECK(bytes_equal(joined, encoding));
        parts.txs = test_hex("c180");
        CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_CORRUPT);
        CHECK_TEXT(error.text, "body: has other transactions than blk:txs");
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

/* Parts of a block with nothing in it, as its header says. */
static struct block_parts empty_parts(uint8_t field_count)
{
    struct header header = {.field_count = field_count,
                            .ommers_hash = keccak_empty_list,
                            .transactions_root = keccak_empty_trie,
                            .withdrawals_root = keccak_empty_trie};
    struct block_parts parts = {.body = BYTES_EMPTY};
    CHECK(header_encode(&parts.header, &header, &arena));
    return parts;
}

TEST(an_empty_block_needs_its_header_only)
{
    static const uint8_t counts[] = {15, 16, 17, 20, 21};
    arena_init(&arena, 1 << 16, 0);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct block_parts parts = empty_parts(counts[i]);
        struct bytes joined;
        struct block block;
        CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_OK);
        CHECK_EQ(block_decode(&block, joined, &arena, NULL, &error), PEVM_OK);
        CHECK(block.tx_count == 0 && block.has_withdrawals == (counts[i] > 16));
        parts.txs = test_hex("c0");
        CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_OK);
    }
    arena_fini(&arena);
}

TEST(what_is_missing_is_not_invented)
{
    struct header header = {.field_count = 17,
                            .ommers_hash = keccak_empty_list,
                            .transactions_root = {{1}},
                            .withdrawals_root = keccak_empty_trie};
    struct block_parts parts = {.body = BYTES_EMPTY};
    struct bytes joined;
    arena_init(&arena, 1 << 16, 0);
    CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "the header is missing");
    CHECK(header_encode(&parts.header, &header, &arena));
    CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "the transactions are missing");
    parts.txs = test_hex("c180");
    header.withdrawals_root.bytes[0] ^= 1;
    CHECK(header_encode(&parts.header, &header, &arena));
    CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "the body is missing; the header has withdrawals");
    header.ommers_hash.bytes[0] ^= 1;
    CHECK(header_encode(&parts.header, &header, &arena));
    CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "the body is missing; the header has ommers");
    arena_fini(&arena);
}

static const struct {
    const char *header, *txs, *body, *why;
} refused[] = {
    {"80",   "c0", "",           "header: a string where a list was expected"              },
    {"c0",   "80", "",           "transactions: a string where a list was expected"        },
    {"c0c0", "c0", "c2c0c0",     "header: bytes or items follow where the end was expected"},
    {"c0",   "c0", "",           "header: parentHash: the input ends inside an item"       },
    {"c0",   "c0", "c0",         "body: the input ends inside an item"                     },
    {"c0",   "c0", "c4c0c0c0c0", "body: bytes or items follow where the end was expected"  },
    {"c0",   "c0", "c280c0",     "body: a string where a list was expected"                },
    {"c0",   "c0", "80",         "body: a string where a list was expected"                },
};

TEST(damaged_parts_are_refused)
{
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct bytes joined;
        struct block_parts parts = {
            test_hex(refused[i].header), test_hex(refused[i].txs), test_hex(refused[i].body)};
        CHECK_EQ(block_join(&joined, &parts, &arena, &error), PEVM_CORRUPT);
        CHECK_TEXT(error.text, refused[i].why);
    }
    struct block_parts parts;
    CHECK_EQ(block_split(&parts, test_hex("c0"), &arena, &error), PEVM_BAD_INPUT);
    CHECK_EQ(block_split(&parts, test_hex("c3c080c0"), &arena, &error), PEVM_BAD_INPUT);
    arena_fini(&arena);
}
