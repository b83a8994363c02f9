#include "store/store_trie_build.h"

#include "base/hex.h"
#include "crypto/keccak.h"
#include "rlp/rlp_write.h"
#include "state/account_rlp.h"
#include "store/keyspace.h"
#include "store/spill_sort.h"
#include "store/trie_value.h"
#include "trie/bough_build.h"

#include <inttypes.h>

#define MEMORY_MIN  ((size_t)1 << 20)
#define CHUNK_SIZE  ((size_t)1 << 16)
#define BATCH_BYTES ((size_t)1 << 20)
#define DROP_BYTES  ((size_t)16 << 20) /* of keys to delete: each round costs a scan */
#define TELL_EVERY  16384              /* accounts and slots */

enum { ENTRY_ACCOUNT, ENTRY_SLOT }; /* an account before its slots */

/* As it is sorted: by the trie's keys. Bytes that are not used are zero. */
struct entry {
    uint8_t account_key[32]; /* keccak of the address */
    uint8_t kind;
    uint8_t body[75];
    address who;
};

/* The bodies. */
struct account_body {
    uint8_t nonce[8], balance[32], code_hash[32];
};
struct slot_body {
    uint8_t key[32], value[32];
};

STATIC_ASSERT(sizeof(struct entry) == 128, "as documented");
STATIC_ASSERT(sizeof(struct account_body) <= 75 && sizeof(struct slot_body) <= 75, "they fit");

struct building {
    struct store *store;
    const struct trie_build_options *options;
    struct trie_build_progress progress;
    struct spill_sort *sort;
    struct store_batch batch;
    enum pevm_status status; /* of the visitor of a scan */
    struct error *error;

    /* The address before, whose hash is known: slots of an account often come one after the other. */
    address who;
    hash32 who_hash;
    bool knows_who;

    struct arena account_arena, slot_arena;
    struct bough_sink account_sink, slot_sink;
    struct bough_build accounts, slots;
    struct entry account; /* whose slots are being added */
    bool has_account;
};

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "no memory to build the tries of the state");
}

static enum pevm_status tell(struct building *all)
{
    if (all->options->tell == NULL) return PEVM_OK;
    if (all->options->tell(all->options->context, &all->progress)) return PEVM_OK;
    return error_set(all->error, PEVM_CANCELLED, "building the tries of the state was cancelled");
}

static enum pevm_status count_one(struct building *all)
{
    return ++all->progress.done % TELL_EVERY == 0 ? tell(all) : PEVM_OK;
}

/* ---- what is there of earlier ones goes ---- */

static enum pevm_status flush(struct building *all)
{
    TRY(store_write(all->store, &all->batch, all->options->token, all->error));
    store_batch_reset(&all->batch);
    return PEVM_OK;
}

static bool gather_key(void *context, struct bytes key, struct bytes value)
{
    struct building *all = context;
    (void)value;
    store_batch_delete(&all->batch, key);
    return all->batch.size < DROP_BYTES && !all->batch.is_broken;
}

static enum pevm_status drop_prefix(struct building *all, const char *prefix)
{
    size_t count;
    do { /* ends: there are fewer in each round */
        TRY(store_scan(all->store, bytes_of(prefix, strlen(prefix)), gather_key, all, all->error));
        count = all->batch.change_count;
        if (all->batch.is_broken) return no_memory(all->error);
        TRY(flush(all));
    } while (count > 0);
    return PEVM_OK;
}

/* The head first: without it, what is left is nobody's. Riders of earlier blocks would bring back what was there before. */
static enum pevm_status drop_all(struct building *all)
{
    struct key_text head = key_write(&(struct key){.kind = KEY_TRIE}, false);
    store_batch_delete(&all->batch, key_bytes(&head));
    TRY(flush(all));
    TRY(drop_prefix(all, "evmx:undo:"));
    return drop_prefix(all, "evmx:trie:");
}

/* ---- the state, sorted ---- */

static struct entry entry_of(struct building *all, const address *who, uint8_t kind)
{
    struct entry entry = {.kind = kind, .who = *who};
    if (!all->knows_who || !address_equal(&all->who, who)) {
        keccak256(&all->who_hash, who->bytes, sizeof who->bytes);
        all->who = *who;
        all->knows_who = true;
    }
    memcpy(entry.account_key, all->who_hash.bytes, sizeof entry.account_key);
    return entry;
}

static enum pevm_status add_account(struct building *all, const struct key *key, struct bytes value)
{
    struct stored_account account;
    struct account_body body;
    struct entry entry = entry_of(all, &key->who, ENTRY_ACCOUNT);
    TRY(account_read(&account, value, all->error));
    if (account.is_deleted) return PEVM_OK;
    store_be64(body.nonce, account.nonce);
    u256_to_be(body.balance, account.balance);
    memcpy(body.code_hash, account.code_hash.bytes, sizeof body.code_hash);
    memcpy(entry.body, &body, sizeof body);
    return spill_sort_add(all->sort, &entry, all->error);
}

static enum pevm_status add_slot(struct building *all, const struct key *key, struct bytes value)
{
    u256 word;
    hash32 slot = u256_to_hash(key->slot), hash;
    struct slot_body body;
    struct entry entry = entry_of(all, &key->who, ENTRY_SLOT);
    TRY(slot_read(&word, value, all->error));
    if (u256_is_zero(word)) return PEVM_OK;
    keccak256(&hash, slot.bytes, sizeof slot.bytes);
    memcpy(body.key, hash.bytes, sizeof body.key);
    u256_to_be(body.value, word);
    memcpy(entry.body, &body, sizeof body);
    return spill_sort_add(all->sort, &entry, all->error);
}

static bool on_key(void *context, struct bytes text, struct bytes value)
{
    struct building *all = context;
    struct key key;
    if (!key_read(&key, text) || (key.kind != KEY_ACCOUNT && key.kind != KEY_SLOT))
        all->status = error_set(all->error, PEVM_CORRUPT, "is neither account nor slot");
    else if (key.kind == KEY_ACCOUNT)
        all->status = add_account(all, &key, value);
    else
        all->status = add_slot(all, &key, value);
    if (all->status == PEVM_OK) all->status = count_one(all);
    if (all->status == PEVM_CORRUPT)
        error_prefix(all->error, "%.*s", (int)text.size, (const char *)text.data);
    return all->status == PEVM_OK;
}

static enum pevm_status sort_state(struct building *all)
{
    struct spill_options options = {.folder = all->options->folder,
                                    .memory_bytes = all->options->memory_bytes,
                                    .entry_size = sizeof(struct entry)};
    if (options.memory_bytes < MEMORY_MIN) options.memory_bytes = MEMORY_MIN;
    TRY(spill_sort_new(&all->sort, &options, all->error));
    all->progress.is_scanning = true;
    TRY(store_scan(all->store, bytes_of("st:latest:", 10), on_key, all, all->error));
    TRY(all->status);
    TRY(tell(all));
    all->progress = (struct trie_build_progress){.total = spill_sort_count(all->sort)};
    return spill_sort_end(all->sort, all->error);
}

/* ---- the tries ---- */

static enum pevm_status put_bough(struct building *all,
                                  const address *who,
                                  struct nibbles path,
                                  struct bytes bough)
{
    struct key key = key_of_bough(who, path);
    struct key_text text = key_write(&key, all->options->style.lower);
    store_batch_set(&all->batch, key_bytes(&text), bough, 0);
    all->progress.boughs++;
    return all->batch.size < BATCH_BYTES ? PEVM_OK : flush(all);
}

static enum pevm_status on_account_bough(void *context, struct nibbles path, struct bytes bough)
{
    return put_bough(context, NULL, path, bough);
}

static enum pevm_status on_slot_bough(void *context, struct nibbles path, struct bytes bough)
{
    struct building *all = context;
    return put_bough(all, &all->account.who, path, bough);
}

/* All slots of the account are there: it is a leaf now. */
static enum pevm_status close_account(struct building *all)
{
    struct account_body body;
    struct account_leaf leaf;
    uint8_t encoding[ACCOUNT_RLP_SIZE_MAX];
    hash32 key;
    if (!all->has_account) return PEVM_OK;
    memcpy(&body, all->account.body, sizeof body);
    memcpy(key.bytes, all->account.account_key, sizeof key.bytes);
    TRY(bough_build_end(&all->slots, &leaf.storage_root));
    arena_reset(&all->slot_arena);
    leaf.nonce = load_be64(body.nonce);
    leaf.balance = u256_from_be(body.balance);
    memcpy(leaf.code_hash.bytes, body.code_hash, sizeof body.code_hash);
    return bough_build_add(
        &all->accounts, &key, bytes_of(encoding, account_rlp_put(encoding, &leaf)));
}

static enum pevm_status build_slot(struct building *all, const struct entry *entry)
{
    struct slot_body body;
    uint8_t encoding[33];
    hash32 key;
    if (!all->has_account || !address_equal(&all->account.who, &entry->who)) {
        char text[HEX_ADDRESS_SIZE];
        return error_set(all->error,
                         PEVM_CORRUPT,
                         "account %s: has slots and is absent",
                         hex_address(text, &entry->who));
    }
    memcpy(&body, entry->body, sizeof body);
    memcpy(key.bytes, body.key, sizeof key.bytes);
    u256 value = u256_from_be(body.value);
    size_t size = (size_t)(rlp_put_u256(encoding, &value) - encoding);
    return bough_build_add(&all->slots, &key, bytes_of(encoding, size));
}

static enum pevm_status build_entry(struct building *all, const struct entry *entry)
{
    if (entry->kind == ENTRY_SLOT) return build_slot(all, entry);
    TRY(close_account(all));
    all->account = *entry;
    all->has_account = true;
    bough_build_begin(&all->slots, &all->slot_sink, &all->slot_arena);
    return PEVM_OK;
}

static enum pevm_status build_tries(struct building *all, hash32 *root)
{
    const void *entry;
    all->account_sink = (struct bough_sink){on_account_bough, all};
    all->slot_sink = (struct bough_sink){on_slot_bough, all};
    bough_build_begin(&all->accounts, &all->account_sink, &all->account_arena);
    for (;;) { /* ends: each round takes an entry */
        TRY(spill_sort_next(all->sort, &entry, all->error));
        if (entry == NULL) break;
        TRY(build_entry(all, entry));
        TRY(count_one(all));
    }
    TRY(close_account(all));
    TRY(bough_build_end(&all->accounts, root));
    TRY(flush(all));
    return tell(all);
}

static enum pevm_status put_head(struct building *all,
                                 const struct exec_progress *at,
                                 const hash32 *root)
{
    char expected[HEX_HASH_SIZE], computed[HEX_HASH_SIZE], text[TRIE_HEAD_TEXT_SIZE];
    if (all->options->root != NULL && !hash32_equal(all->options->root, root))
        return error_set(all->error,
                         PEVM_CORRUPT,
                         "the state in the store has the root %s, block %" PRIu64 " says %s",
                         hex_hash(computed, root),
                         at->number,
                         hex_hash(expected, all->options->root));
    struct trie_head head = {at->number, at->hash, *root};
    struct key_text key = key_write(&(struct key){.kind = KEY_TRIE}, false);
    store_batch_set(&all->batch, key_bytes(&key), bytes_of(text, trie_head_write(text, &head)), 0);
    return flush(all);
}

static enum pevm_status build_all(struct building *all,
                                  const struct exec_progress *at,
                                  hash32 *root)
{
    if (!at->has_hash)
        return error_set(all->error,
                         PEVM_BAD_INPUT,
                         "idx:exec:progress: does not say the hash of block %" PRIu64,
                         at->number);
    TRY(drop_all(all));
    TRY(sort_state(all));
    enum pevm_status status = build_tries(all, root);
    if (status == PEVM_NO_MEMORY) return no_memory(all->error);
    TRY(status);
    return put_head(all, at, root);
}

enum pevm_status store_trie_build(struct store *store,
                                  const struct trie_build_options *options,
                                  const struct exec_progress *at,
                                  hash32 *root,
                                  struct error *error)
{
    struct building all = {.store = store, .options = options, .error = error};
    arena_init(&all.account_arena, CHUNK_SIZE, 0);
    arena_init(&all.slot_arena, CHUNK_SIZE, 0);
    enum pevm_status status = build_all(&all, at, root);
    spill_sort_free(all.sort);
    store_batch_fini(&all.batch);
    arena_fini(&all.account_arena);
    arena_fini(&all.slot_arena);
    return status;
}
