#include "store/store_view.h"

#include "base/heap.h"
#include "crypto/keccak.h"
#include "store/commit_private.h"
#include "store/store_view_private.h"
#include "types/header.h"

#include <inttypes.h>

#define SCRATCH_SIZE ((size_t)4096)

/* ---- faults ---- */

/* Keep the first one, with the key. */
static enum view_answer failed(struct store_view *view,
                               const struct key *key,
                               const struct error *error)
{
    struct key_text text = key_write(key, view->lower);
    pthread_mutex_lock(&view->mutex);
    if (view->fault.status == PEVM_OK) {
        view->fault = *error;
        error_prefix(&view->fault, "%s", text.text);
    }
    pthread_mutex_unlock(&view->mutex);
    return VIEW_FAILED;
}

enum pevm_status store_view_fault(struct store_view *view, struct error *error)
{
    pthread_mutex_lock(&view->mutex);
    enum pevm_status status = view->fault.status;
    if (status != PEVM_OK && error != NULL) *error = view->fault;
    pthread_mutex_unlock(&view->mutex);
    return status;
}

/* ---- reading ---- */

static enum pevm_status read_key(struct store_view *view,
                                 const struct key *key,
                                 struct store_item *out,
                                 struct arena *arena,
                                 struct error *error)
{
    struct key_text text = key_write(key, view->lower);
    struct bytes name = key_bytes(&text);
    return store_get_many(view->store, out, &name, 1, arena, error);
}

static enum pevm_status account_of(const struct store_item *item,
                                   struct account_entry *out,
                                   struct error *error)
{
    memset(out, 0, sizeof *out);
    out->value.code_hash = keccak_empty;
    if (!item->found) return PEVM_OK;
    TRY(account_read(&out->value, item->value, error));
    out->exists = !out->value.is_deleted;
    return PEVM_OK;
}

static enum pevm_status slot_of(const struct store_item *item, u256 *out, struct error *error)
{
    *out = U256_ZERO;
    return item->found ? slot_read(out, item->value, error) : PEVM_OK;
}

static enum view_answer know_account(struct store_view *view,
                                     const address *who,
                                     struct account_entry *out)
{
    if (view_find_account(view, who, out)) return VIEW_OK;
    struct key key = key_of_account(who);
    struct store_item item;
    struct error error = {0};
    struct arena arena;
    arena_init(&arena, SCRATCH_SIZE, 0);
    enum pevm_status status = read_key(view, &key, &item, &arena, &error);
    if (status == PEVM_OK) status = account_of(&item, out, &error);
    arena_fini(&arena);
    if (status != PEVM_OK) return failed(view, &key, &error);
    view_put_account(view, who, out);
    return VIEW_OK;
}

static bool has_code(const struct account_entry *entry)
{
    return !hash32_equal(&entry->value.code_hash, &keccak_empty);
}

static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    struct account_entry entry;
    (void)parts; /* all are at hand */
    enum view_answer answer = know_account(context, who, &entry);
    if (answer != VIEW_OK) return answer;
    bool is_empty =
        u256_is_zero(entry.value.balance) && entry.value.nonce == 0 && !has_code(&entry);
    *out = (struct view_account){.balance = entry.value.balance,
                                 .code_hash = entry.value.code_hash,
                                 .nonce = entry.value.nonce,
                                 .exists = entry.exists,
                                 .empty = is_empty,
                                 .parts = VIEW_ALL_PARTS};
    return VIEW_OK;
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct store_view *view = context;
    if (view_find_slot(view, who, slot, out)) return VIEW_OK;
    struct key key = key_of_slot(who, slot);
    struct store_item item;
    struct error error = {0};
    struct arena arena;
    arena_init(&arena, SCRATCH_SIZE, 0);
    enum pevm_status status = read_key(view, &key, &item, &arena, &error);
    if (status == PEVM_OK) status = slot_of(&item, out, &error);
    arena_fini(&arena);
    if (status != PEVM_OK) return failed(view, &key, &error);
    view_put_slot(view, who, slot, out);
    return VIEW_OK;
}

/* A copy on the heap, if it is what its hash says. */
static enum pevm_status code_of(const struct store_item *item,
                                const hash32 *hash,
                                uint8_t **out,
                                struct error *error)
{
    hash32 actual;
    if (!item->found) return error_set(error, PEVM_CORRUPT, "the code of an account is absent");
    keccak256(&actual, item->value.data, item->value.size);
    if (!hash32_equal(&actual, hash))
        return error_set(error, PEVM_CORRUPT, "the code has another hash");
    *out = heap_alloc(item->value.size);
    if (*out == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory for a code");
    if (item->value.size > 0) memcpy(*out, item->value.data, item->value.size);
    return PEVM_OK;
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    struct store_view *view = context;
    (void)who;
    if (view_find_code(view, code_hash, out)) return VIEW_OK;
    struct key key = key_of_code(code_hash);
    struct store_item item = {0};
    struct error error = {0};
    struct arena arena;
    uint8_t *data = NULL;
    arena_init(&arena, SCRATCH_SIZE, 0);
    enum pevm_status status = read_key(view, &key, &item, &arena, &error);
    if (status == PEVM_OK) status = code_of(&item, code_hash, &data, &error);
    if (status == PEVM_OK && !view_put_code(view, code_hash, data, item.value.size, out))
        status = error_set(&error, PEVM_NO_MEMORY, "no memory for a code");
    arena_fini(&arena);
    return status == PEVM_OK ? VIEW_OK : failed(view, &key, &error);
}

static bool on_any_slot(void *context, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    *(bool *)context = true;
    return false;
}

/* Whoever has neither code nor the mark has no storage (value.h); only for others somebody must look. */
static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    struct store_view *view = context;
    struct account_entry entry;
    struct error error = {0};
    enum view_answer answer = know_account(view, who, &entry);
    *out = false;
    if (answer != VIEW_OK || !entry.exists) return answer;
    if (!has_code(&entry) && !entry.value.has_bare_storage) return VIEW_OK;
    struct key_text prefix = key_slots_of(who, view->lower);
    if (store_scan(view->store, key_bytes(&prefix), on_any_slot, out, &error) == PEVM_OK)
        return VIEW_OK;
    struct key key = key_of_account(who);
    return failed(view, &key, &error);
}

static enum pevm_status header_hash_of(const struct store_item *item,
                                       uint64_t number,
                                       hash32 *out,
                                       struct error *error)
{
    struct header header;
    const char *field;
    if (!item->found) return error_set(error, PEVM_NOT_FOUND, "the header is absent");
    enum rlp_fault fault = header_decode(&header, item->value, &field);
    if (fault != RLP_OK)
        return error_set(
            error, PEVM_CORRUPT, "%s: %s", field == NULL ? "list" : field, rlp_fault_text(fault));
    if (header.number != number)
        return error_set(error, PEVM_CORRUPT, "it is the header of block %" PRIu64, header.number);
    *out = header.hash;
    return PEVM_OK;
}

static bool find_block_hash(struct store_view *view, uint64_t number, hash32 *out)
{
    pthread_mutex_lock(&view->mutex);
    size_t place = number % BLOCK_HASHES;
    bool found = view->block_hashes[place].is_known && view->block_hashes[place].number == number;
    if (found) *out = view->block_hashes[place].hash;
    pthread_mutex_unlock(&view->mutex);
    return found;
}

void store_view_set_block_hash(struct store_view *view, uint64_t number, const hash32 *hash)
{
    pthread_mutex_lock(&view->mutex);
    size_t place = number % BLOCK_HASHES;
    view->block_hashes[place].number = number;
    view->block_hashes[place].hash = *hash;
    view->block_hashes[place].is_known = true;
    pthread_mutex_unlock(&view->mutex);
}

static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    struct store_view *view = context;
    if (find_block_hash(view, number, out)) return VIEW_OK;
    struct key key = key_of_block(KEY_HEADER, number);
    struct store_item item;
    struct error error = {0};
    struct arena arena;
    arena_init(&arena, SCRATCH_SIZE, 0);
    enum pevm_status status = read_key(view, &key, &item, &arena, &error);
    if (status == PEVM_OK) status = header_hash_of(&item, number, out, &error);
    arena_fini(&arena);
    if (status != PEVM_OK) return failed(view, &key, &error);
    store_view_set_block_hash(view, number, out);
    return VIEW_OK;
}

struct view store_view_view(struct store_view *view)
{
    static const struct view_ops ops = {.account = on_account,
                                        .slot = on_slot,
                                        .code = on_code,
                                        .has_storage = on_has_storage,
                                        .block_hash = on_block_hash};
    return (struct view){&ops, view};
}

/* ---- between blocks ---- */

static void add_code_size(void *context, const void *key, void *value)
{
    struct code_entry entry;
    (void)key;
    memcpy(&entry, value, sizeof entry);
    *(size_t *)context += entry.size;
}

static size_t code_bytes(struct store_view *view)
{
    size_t sum = 0;
    generation_cache_each(&view->codes, add_code_size, &sum);
    return sum;
}

/* Accounts and slots keep their limits by themselves; codes are given out, so they go only here: all of the old generation,
 * and if that is not enough those of the young one, too. */
void store_view_begin(struct store_view *view)
{
    pthread_mutex_lock(&view->mutex);
    error_clear(&view->fault);
    if (view->codes.young.count > view->codes_max / 2) generation_cache_turn(&view->codes);
    for (unsigned i = 0; i < 2 && code_bytes(view) > view->code_bytes_max; i++)
        generation_cache_turn(&view->codes);
    pthread_mutex_unlock(&view->mutex);
}

static void apply_account(struct store_view *view, const struct account_change *change)
{
    struct account_entry entry = {.exists = change->exists, .value.code_hash = keccak_empty},
                         before;
    bool was_known = view_find_account(view, &change->account, &before);
    struct undo_account account = {.existed = was_known && before.exists};
    if (was_known) account.before = before.value;
    if (change->exists) entry.value = account_after(change, &account);
    /* What we did not know may have had storage; then somebody looks once more than was needed. */
    bool is_bare = change->exists && !has_code(&entry);
    if (is_bare && !was_known && !change->storage_cleared) entry.value.has_bare_storage = true;
    view_put_account(view, &change->account, &entry);
}

static void apply_code(struct store_view *view, const struct code_change *change)
{
    struct bytes kept;
    uint8_t *data = heap_alloc(change->code.size);
    if (data == NULL) return; /* it will be read when it is needed */
    if (change->code.size > 0) memcpy(data, change->code.data, change->code.size);
    (void)view_put_code(view, &change->hash, data, change->code.size, &kept);
}

void store_view_apply(struct store_view *view, const struct changeset *changes)
{
    for (size_t i = 0; i < changes->account_count; i++) {
        const struct account_change *change = &changes->accounts[i];
        apply_account(view, change);
        if (change->storage_cleared) view_clear_slots(view, &change->account);
        for (size_t j = 0; j < change->slot_count; j++)
            view_put_slot(view, &change->account, &change->slots[j].slot, &change->slots[j].value);
    }
    for (size_t i = 0; i < changes->code_count; i++)
        apply_code(view, &changes->codes[i]);
}

void store_view_clear(struct store_view *view)
{
    for (size_t i = 0; i < SHARDS; i++) {
        generation_cache_clear(&view->shards[i].accounts);
        generation_cache_clear(&view->shards[i].slots);
    }
    memset(view->block_hashes, 0, sizeof view->block_hashes);
}

/* ---- reading ahead ---- */

struct ahead {
    struct arena arena;
    struct bytes *keys;
    struct store_item *items;
    struct key *names;
    size_t count;
};

static bool ask(struct ahead *ahead, const struct store_view *view, const struct key *key)
{
    struct key_text text = key_write(key, view->lower);
    ahead->names[ahead->count] = *key;
    return arena_copy(&ahead->arena, &ahead->keys[ahead->count++], key_bytes(&text));
}

static enum pevm_status learn(struct store_view *view,
                              const struct ahead *ahead,
                              struct error *error)
{
    for (size_t i = 0; i < ahead->count; i++) {
        const struct key *name = &ahead->names[i];
        struct account_entry entry;
        u256 value;
        enum pevm_status status;
        if (name->kind == KEY_ACCOUNT)
            status = account_of(&ahead->items[i], &entry, error);
        else
            status = slot_of(&ahead->items[i], &value, error);
        if (status != PEVM_OK) {
            error_prefix(
                error, "%.*s", (int)ahead->keys[i].size, (const char *)ahead->keys[i].data);
            return status;
        }
        if (name->kind == KEY_ACCOUNT)
            view_put_account(view, &name->who, &entry);
        else
            view_put_slot(view, &name->who, &name->slot, &value);
    }
    return PEVM_OK;
}

static bool is_known(struct store_view *view, const struct key *key)
{
    struct account_entry entry;
    u256 value;
    return key->kind == KEY_ACCOUNT ? view_find_account(view, &key->who, &entry)
                                    : view_find_slot(view, &key->who, &key->slot, &value);
}

static enum pevm_status ask_all(struct store_view *view,
                                struct ahead *ahead,
                                const struct key *keys,
                                size_t count)
{
    ahead->keys = arena_alloc_zeroed(&ahead->arena, count, sizeof *ahead->keys);
    ahead->items = arena_alloc_zeroed(&ahead->arena, count, sizeof *ahead->items);
    ahead->names = arena_alloc_zeroed(&ahead->arena, count, sizeof *ahead->names);
    if (ahead->keys == NULL || ahead->items == NULL || ahead->names == NULL) return PEVM_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (!is_known(view, &keys[i]) && !ask(ahead, view, &keys[i])) return PEVM_NO_MEMORY;
    return PEVM_OK;
}

enum pevm_status store_view_fetch(struct store_view *view,
                                  const struct key *keys,
                                  size_t count,
                                  struct error *error)
{
    struct ahead ahead = {.count = 0};
    arena_init(&ahead.arena, (size_t)1 << 16, 0);
    enum pevm_status status = ask_all(view, &ahead, keys, count);
    if (status != PEVM_OK) (void)error_set(error, status, "no memory to read ahead");
    if (status == PEVM_OK && ahead.count > 0)
        status =
            store_get_many(view->store, ahead.items, ahead.keys, ahead.count, &ahead.arena, error);
    if (status == PEVM_OK) status = learn(view, &ahead, error);
    arena_fini(&ahead.arena);
    return status;
}

/* ---- life ---- */

struct store_view *store_view_new(struct store *store,
                                  bool lower,
                                  const struct store_view_limits *limits)
{
    struct store_view *view = heap_alloc_aligned(CACHE_LINE, sizeof *view);
    if (view == NULL) return NULL;
    memset(view, 0, sizeof *view);
    view->store = store;
    view->lower = lower;
    if (view_caches_init(view, limits)) return view;
    heap_free(view);
    return NULL;
}

void store_view_set_limits(struct store_view *view, const struct store_view_limits *limits)
{
    view_caches_limit(view, limits);
}

void store_view_free(struct store_view *view)
{
    if (view == NULL) return;
    view_caches_fini(view);
    heap_free(view);
}

static void add_counts(struct cache_counts *sum,
                       const struct cache_counts *counts,
                       const struct generation_cache *cache)
{
    sum->hits += counts->hits;
    sum->misses += counts->misses;
    sum->entries += generation_cache_count(cache);
    sum->bytes += generation_cache_bytes(cache);
}

void store_view_count(struct store_view *view, struct store_view_counts *out)
{
    *out = (struct store_view_counts){0};
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &view->shards[i];
        pthread_mutex_lock(&shard->mutex);
        add_counts(&out->accounts, &shard->account_counts, &shard->accounts);
        add_counts(&out->slots, &shard->slot_counts, &shard->slots);
        pthread_mutex_unlock(&shard->mutex);
    }
    pthread_mutex_lock(&view->mutex);
    add_counts(&out->codes, &view->code_counts, &view->codes);
    out->codes.bytes += code_bytes(view);
    pthread_mutex_unlock(&view->mutex);
}
