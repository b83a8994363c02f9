/* Any bytes as what lies in the store: keys, accounts, slots, progress, receipts, undo records, blocks in parts, riders, boughs.
 * What is read is written as something that is read as the same; receipts, records, boughs and keys even as the same bytes.
 *
 * The first byte says what the rest is taken for. */
#include "crypto/keccak.h"
#include "fuzz/fuzz.h"
#include "store/block_value.h"
#include "store/keyspace.h"
#include "store/receipts_value.h"
#include "store/rider_value.h"
#include "store/trie_value.h"
#include "store/undo_value.h"
#include "store/value.h"
#include "trie/bough.h"
#include "trie/trie_node_private.h"

static struct error error;

static void try_key(struct bytes input)
{
    struct key key, again;
    if (!key_read(&key, input)) return;
    struct key_text lower = key_write(&key, true), mixed = key_write(&key, false);
    ASSERT(bytes_equal(key_bytes(&lower), input) || bytes_equal(key_bytes(&mixed), input));
    ASSERT(key_read(&again, key_bytes(&lower)) && again.kind == key.kind);
}

static void try_account(struct bytes input)
{
    struct stored_account account, again;
    char text[ACCOUNT_TEXT_SIZE], text_again[ACCOUNT_TEXT_SIZE];
    if (account_read(&account, input, &error) != PEVM_OK) return;
    size_t size = account_write(text, &account);
    ASSERT(account_read(&again, bytes_of(text, size), &error) == PEVM_OK);
    ASSERT(account_write(text_again, &again) == size && memcmp(text, text_again, size) == 0);
}

static void try_progress(struct bytes input)
{
    struct exec_progress progress, again;
    uint64_t number, number_again;
    char text[PROGRESS_TEXT_SIZE];
    if (exec_progress_read(&progress, input, &error) == PEVM_OK) {
        size_t size = exec_progress_write(text, &progress);
        ASSERT(exec_progress_read(&again, bytes_of(text, size), &error) == PEVM_OK);
        ASSERT(again.number == progress.number && again.epoch == progress.epoch);
    }
    if (sync_progress_read(&number, input, &error) == PEVM_OK) {
        size_t size = sync_progress_write(text, number);
        ASSERT(sync_progress_read(&number_again, bytes_of(text, size), &error) == PEVM_OK);
        ASSERT(number == number_again);
    }
}

static void try_slot(struct bytes input)
{
    u256 value, again;
    char text[SLOT_TEXT_SIZE];
    if (slot_read(&value, input, &error) != PEVM_OK) return;
    ASSERT(slot_read(&again, bytes_of(text, slot_write(text, &value)), &error) == PEVM_OK);
    ASSERT(u256_equal(value, again));
}

static void try_receipts(struct bytes input)
{
    struct arena *arena = fuzz_arena();
    struct receipt_list list;
    struct bytes again;
    enum pevm_status status = receipts_read(&list, input, arena, &error);
    ASSERT(fuzz_is_modest(arena, input.size, sizeof(struct receipt)));
    if (status != PEVM_OK) return;
    ASSERT(receipts_write(&again, list.receipts, list.count, arena));
    ASSERT(bytes_equal(input, again));
}

/* With a checksum that is right: else nothing behind it would ever be tried. */
static void try_undo(struct bytes input)
{
    struct arena *arena = fuzz_arena();
    struct undo_record record;
    struct bytes again;
    hash32 checksum;
    if (undo_read(&record, input, arena, &error) == PEVM_OK) ASSERT(input.size > 8);
    uint8_t *text = arena_alloc(arena, input.size + 8);
    ASSERT(text != NULL);
    if (input.size > 0) memcpy(text, input.data, input.size);
    keccak256(&checksum, text, input.size);
    memcpy(text + input.size, checksum.bytes, 8);
    struct bytes whole = bytes_of(text, input.size + 8);
    enum pevm_status status = undo_read(&record, whole, arena, &error);
    ASSERT(fuzz_is_modest(arena, 2 * whole.size, sizeof(struct undo_account)));
    if (status != PEVM_OK) return;
    ASSERT(undo_write(&again, &record, arena));
    ASSERT(bytes_equal(whole, again));
}

/* Three pieces, the lengths of the first two in front. */
static void try_block(struct bytes input)
{
    struct arena *arena = fuzz_arena();
    struct block_parts parts, again;
    struct bytes joined;
    if (input.size < 2) return;
    size_t rest = input.size - 2;
    size_t header = input.data[0] * 4u < rest ? input.data[0] * 4u : rest;
    size_t txs = input.data[1] < rest - header ? input.data[1] : rest - header;
    parts.header = bytes_of(input.data + 2, header);
    parts.txs = bytes_of(input.data + 2 + header, txs);
    parts.body = bytes_of(input.data + 2 + header + txs, rest - header - txs);
    if (block_join(&joined, &parts, arena, &error) != PEVM_OK) return;
    if (block_split(&again, joined, arena, &error) != PEVM_OK) return;
    ASSERT(bytes_equal(parts.header, again.header));
    if (parts.txs.size > 0) ASSERT(bytes_equal(parts.txs, again.txs));
}

/* With a checksum that is right, as above. */
static void try_riders(struct bytes input)
{
    struct arena *arena = fuzz_arena();
    struct rider_record record;
    struct bytes again;
    hash32 checksum;
    uint8_t *text = arena_alloc(arena, input.size + 8);
    ASSERT(text != NULL);
    if (input.size > 0) memcpy(text, input.data, input.size);
    keccak256(&checksum, text, input.size);
    memcpy(text + input.size, checksum.bytes, 8);
    struct bytes whole = bytes_of(text, input.size + 8);
    enum pevm_status status = riders_read(&record, whole, arena, &error);
    ASSERT(fuzz_is_modest(arena, 2 * whole.size, sizeof(struct rider)));
    if (status != PEVM_OK) return;
    ASSERT(riders_write(&again, &record, arena));
    ASSERT(bytes_equal(whole, again));
}

static void try_head(struct bytes input)
{
    struct trie_head head, again;
    char text[TRIE_HEAD_TEXT_SIZE];
    if (trie_head_read(&head, input, &error) != PEVM_OK) return;
    size_t size = trie_head_write(text, &head);
    ASSERT(trie_head_read(&again, bytes_of(text, size), &error) == PEVM_OK);
    ASSERT(again.number == head.number && hash32_equal(&again.root, &head.root));
}

static bool on_below(void *context, struct nibbles path)
{
    size_t *count = context;
    ASSERT(path.count <= NIBBLES_MAX);
    return ++*count <= 16; /* a bough names no more */
}

/* Also what is no bough is walked through: that happens before anybody looks at its hash. */
static void try_bough(struct bytes input)
{
    static const uint8_t key[32] = {0x12, 0x34};
    struct arena *arena = fuzz_arena();
    struct nibbles path = nibbles_of_key(bytes_of(key, sizeof key));
    struct trie_node *node;
    const char *fault;
    hash32 hash = {{0}};
    unsigned next;
    size_t count = 0;
    if (bough_next(input, path, 2, &next)) ASSERT(next > 2 && next <= path.count);
    (void)!bough_each_below(input, nibbles_first(path, 2), on_below, &count);
    ASSERT(count <= 16);
    enum pevm_status status = node_decode_bough(&node, input, &hash, arena, &fault);
    ASSERT(status == PEVM_CORRUPT && fault != NULL); /* nobody has a bough with that hash */
    if (strcmp(fault, "it has another hash") != 0) return;
    size_t size = node_bough_size(node);
    uint8_t *again = arena_alloc(arena, size);
    ASSERT(again != NULL);
    node_put_bough(again, node);
    ASSERT(bytes_equal(bytes_of(again, size), input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct bytes) = {try_key,
                                                  try_account,
                                                  try_progress,
                                                  try_slot,
                                                  try_receipts,
                                                  try_undo,
                                                  try_block,
                                                  try_riders,
                                                  try_head,
                                                  try_bough};
    if (size == 0) return 0;
    tries[data[0] % COUNT_OF(tries)](bytes_of(data + 1, size - 1));
    return 0;
}
