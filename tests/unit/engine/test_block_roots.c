#include "crypto/keccak.h"
#include "engine/block_roots.h"
#include "support/test.h"

TEST(empty_lists_have_the_known_roots)
{
    struct arena scratch;
    struct block block = {0};
    hash32 root;
    arena_init(&scratch, 1024, 0);
    CHECK(transactions_root(&root, &block, &scratch));
    CHECK(hash32_equal(&root, &keccak_empty_trie));
    CHECK(withdrawals_root(&root, &block, &scratch));
    CHECK(hash32_equal(&root, &keccak_empty_trie));
    CHECK(receipts_root(&root, NULL, 0, &scratch));
    CHECK(hash32_equal(&root, &keccak_empty_trie));
    CHECK(ommers_hash(&root, &block, &scratch));
    CHECK(hash32_equal(&root, &keccak_empty_list));
    CHECK_EQ(arena_used(&scratch), 0);
    arena_fini(&scratch);
}

/* The first transaction of mainnet (block 46147): its receipts and transactions roots are in the header. */
TEST(a_list_of_one_has_mainnets_root)
{
    struct arena scratch;
    hash32 root;
    struct tx tx = {
        .encoding = test_hex("f86780862d79883d2000825208945df9b87991262f6ba471f09758cde1c0fc1de7348"
                             "27a69801ca088ff6cf0fefd94"
                             "db46111149ae4bfc179e9b94721fffd821d38d16464b3f71d0a045e0aff800961cfce"
                             "805daef7016b9b675c137a6a4"
                             "1a548f7b60a3484c06a33a"),
    };
    struct block block = {.txs = &tx, .tx_count = 1};
    arena_init(&scratch, 1024, 0);
    CHECK(transactions_root(&root, &block, &scratch));
    CHECK_HEX(bytes_of(root.bytes, 32),
              "4513310fcb9f6f616972a3b948dc5d547f280849a87ebb5af0191f98b87be598");
    arena_fini(&scratch);
}

TEST(without_memory_there_is_no_root)
{
    struct arena scratch;
    struct receipt receipts[4] = {0};
    hash32 root;
    arena_init(&scratch, 64, 64);
    CHECK(!receipts_root(&root, receipts, 4, &scratch));
    arena_fini(&scratch);
}
