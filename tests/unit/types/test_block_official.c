/* Blocks and receipts of the official blockchain tests, as bytes: what must be accepted decodes, has the hashes that are
 * given beside it, and encodes to the same bytes; nothing is executed. */
#include "support/official.h"
#include "types/block.h"
#include "types/receipt.h"
#include "types/tx_sender.h"

#define HASH_DIGITS 66 /* "0x" and 64 */

struct tally {
    int blocks, refused, undecodable, senders, receipts;
};

static void check_encoding(const char *name,
                           const struct block *block,
                           struct bytes encoding,
                           struct arena *arena)
{
    struct bytes again;
    hash32 hash;
    CHECK(block_encode(&again, block, arena));
    if (!bytes_equal(again, encoding)) fail_msg("%s: encodes to other bytes", name);
    CHECK(header_hash(&hash, &block->header, arena));
    CHECK(hash32_equal(&hash, &block->header.hash));
}

static void check_hash(const char *name, const struct json *header, const hash32 *hash)
{
    hash32 expected;
    official_fixed(expected.bytes, sizeof expected.bytes, header, "hash");
    if (!hash32_equal(&expected, hash)) fail_msg("%s: another hash", name);
}

static void check_txs(const char *name,
                      const struct json *list,
                      struct block *block,
                      struct arena *arena,
                      struct tally *tally)
{
    size_t i = 0;
    CHECK(list != NULL && list->count == block->tx_count);
    for (const struct json *item = list->first; item != NULL; item = item->next, i++) {
        address sender;
        if (json_get(item, "sender") == NULL) continue;
        official_fixed(sender.bytes, sizeof sender.bytes, item, "sender");
        CHECK_EQ(tx_recover_sender(&block->txs[i], SIGNATURE_ANY_S, arena), TX_VALID);
        if (!address_equal(&sender, &block->txs[i].sender)) fail_msg("%s: another sender", name);
        tally->senders++;
    }
}

static const struct log *logs_of(const struct json *list, struct arena *arena)
{
    struct log *logs = arena_alloc_zeroed(arena, list->count, sizeof *logs), *log = logs;
    CHECK(logs != NULL);
    for (const struct json *item = list->first; item != NULL; item = item->next, log++) {
        const struct json *topics = json_get(item, "topics");
        official_fixed(log->account.bytes, sizeof log->account.bytes, item, "address");
        log->data = official_bytes(item, "data", arena);
        CHECK(topics != NULL && topics->count <= LOG_TOPICS_MAX);
        for (const struct json *topic = topics->first; topic != NULL; topic = topic->next) {
            char digits[HASH_DIGITS + 1] = "";
            CHECK(topic->text.size == HASH_DIGITS);
            memcpy(digits, topic->text.data, HASH_DIGITS);
            memcpy(log->topics[log->topic_count++].bytes, test_hex(digits).data, 32);
        }
    }
    return logs;
}

static void check_receipt(const char *name, const struct json *item, struct arena *arena)
{
    const struct json *logs = json_get(item, "logs"), *status = json_get(item, "status");
    struct receipt receipt = {
        .type = (enum tx_type)official_u64(item, "type"),
        .has_state_root = status == NULL,
        .success = status != NULL && status->boolean,
        .cumulative_gas_used = official_u64(item, "cumulativeGasUsed"),
        .log_count = logs->count,
        .logs = logs_of(logs, arena),
    };
    if (receipt.has_state_root)
        official_fixed(
            receipt.state_root.bytes, sizeof receipt.state_root.bytes, item, "postState");
    bloom filter;
    struct bytes encoding;
    bloom_add_logs(&receipt.bloom, receipt.logs, receipt.log_count);
    official_fixed(filter.bytes, sizeof filter.bytes, item, "bloom");
    if (memcmp(&filter, &receipt.bloom, sizeof filter) != 0) fail_msg("%s: another bloom", name);
    CHECK(receipt_encode(&encoding, &receipt, arena));
    if (!bytes_equal(encoding, official_bytes(item, "rlp", arena)))
        fail_msg("%s: a receipt encodes to other bytes", name);
}

static void check_good_block(const char *name,
                             const struct json *item,
                             struct block *block,
                             struct arena *arena,
                             struct tally *tally)
{
    const struct json *withdrawals = json_get(item, "withdrawals");
    const struct json *receipts = json_get(item, "receipts");
    check_hash(name, json_get(item, "blockHeader"), &block->header.hash);
    check_txs(name, json_get(item, "transactions"), block, arena, tally);
    CHECK_EQ(block->ommer_count, json_get(item, "uncleHeaders")->count);
    size_t i = 0;
    for (const struct json *ommer = json_get(item, "uncleHeaders")->first; ommer != NULL;
         ommer = ommer->next)
        check_hash(name, ommer, &block->ommers[i++].hash);
    if (withdrawals != NULL) CHECK_EQ(block->withdrawal_count, withdrawals->count);
    if (receipts == NULL) return;
    for (item = receipts->first; item != NULL; item = item->next, tally->receipts++)
        check_receipt(name, item, arena);
}

static void check_block(const char *name,
                        const struct json *item,
                        struct arena *arena,
                        struct tally *tally)
{
    struct bytes encoding = official_bytes(item, "rlp", arena);
    struct block block;
    struct error error;
    bool is_good = json_get(item, "blockHeader") != NULL;
    if (block_decode(&block, encoding, arena, NULL, &error) != PEVM_OK) {
        if (is_good) fail_msg("%s: %s", name, error.text);
        tally->undecodable++;
    } else {
        check_encoding(name, &block, encoding, arena);
        if (is_good) check_good_block(name, item, &block, arena, tally);
    }
    *(is_good ? &tally->blocks : &tally->refused) += 1;
}

static void check_file(const char *name,
                       const struct json *file,
                       struct arena *arena,
                       void *context)
{
    for (const struct json *test = file->first; test != NULL; test = test->next) {
        const struct json *blocks = json_get(test, "blocks");
        CHECK(blocks != NULL);
        if (json_get(test, "genesisRLP") != NULL) {
            struct bytes encoding = official_bytes(test, "genesisRLP", arena);
            struct block genesis;
            struct error error;
            if (block_decode(&genesis, encoding, arena, NULL, &error) != PEVM_OK)
                fail_msg("%s: genesis: %s", name, error.text);
            check_encoding(name, &genesis, encoding, arena);
            check_hash(name, json_get(test, "genesisBlockHeader"), &genesis.header.hash);
        }
        for (const struct json *block = blocks->first; block != NULL; block = block->next)
            check_block(name, block, arena, context);
    }
}

static void check_archive(const char *archive, const char *part)
{
    struct tally tally = {0};
    if (!official_each(archive, part, check_file, &tally)) skip();
    print_message("%d blocks, %d senders, %d receipts; %d to be refused, %d of them undecodable\n",
                  tally.blocks,
                  tally.senders,
                  tally.receipts,
                  tally.refused,
                  tally.undecodable);
    CHECK(tally.blocks > 0);
}

TEST(blocks_of_the_ethereum_tests_come_back)
{
    check_archive("tests_blockchain.tar.zst", "BlockchainTests/");
}

TEST(blocks_of_the_execution_spec_tests_come_back)
{
    check_archive("eest_blockchain_tests.tar.zst", "blockchain_tests/");
}

TEST(blocks_of_the_newer_fill_come_back_with_their_receipts)
{
    check_archive("eest_devnet_osaka.tar.zst", "/osaka/");
}
