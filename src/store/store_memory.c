#include "store/store_memory.h"

#include "base/hash.h"
#include "base/heap.h"
#include "store/store_private.h"

#include <pthread.h>
#include <stdio.h>

#define BUCKETS_MIN 1024 /* a power of two */

struct entry {
    struct entry *next;
    uint64_t hash, expires_ms; /* 0: never */
    size_t key_size, value_size;
    uint8_t bytes[]; /* key, value */
};

struct memory_db {
    pthread_mutex_t mutex;
    struct entry **buckets;
    size_t bucket_count, count;
    uint64_t now_ms;
    uint64_t changes, stop_at; /* UINT64_MAX: never */
    uint64_t reads, fails_from, fails_to;
};

struct memory_store {
    struct store store;
    struct memory_db *db;
    bool owns_db;
};

static struct memory_db *db_of(struct store *store)
{
    return ((struct memory_store *)store)->db;
}

/* FNV-1a; nobody chooses keys here. */
static uint64_t hash_of(struct bytes key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ key.data[i]) * UINT64_C(0x100000001b3);
    return hash_mix(hash, UINT64_C(0x9e3779b97f4a7c15));
}

static struct bytes key_of(const struct entry *entry)
{
    return bytes_of(entry->bytes, entry->key_size);
}

static struct bytes value_of(const struct entry *entry)
{
    return bytes_of(entry->bytes + entry->key_size, entry->value_size);
}

static bool is_alive(const struct memory_db *db, const struct entry *entry)
{
    return entry->expires_ms == 0 || db->now_ms < entry->expires_ms;
}

/* Where the pointer to the entry with that key is, or would be. */
static struct entry **find_link(struct memory_db *db, struct bytes key, uint64_t hash)
{
    struct entry **link = &db->buckets[hash & (db->bucket_count - 1)];
    while (*link != NULL && ((*link)->hash != hash || !bytes_equal(key_of(*link), key)))
        link = &(*link)->next;
    return link;
}

static const struct entry *find(struct memory_db *db, struct bytes key)
{
    const struct entry *entry = *find_link(db, key, hash_of(key));
    return entry != NULL && is_alive(db, entry) ? entry : NULL;
}

/* Twice as many buckets, if there is memory; it works without, slowly. */
static void grow(struct memory_db *db)
{
    size_t count = 2 * db->bucket_count;
    struct entry **buckets = heap_alloc_zeroed(count, sizeof(struct entry *));
    if (buckets == NULL) return;
    for (size_t i = 0; i < db->bucket_count; i++) {
        for (struct entry *entry = db->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            entry->next = buckets[entry->hash & (count - 1)];
            buckets[entry->hash & (count - 1)] = entry;
        }
    }
    heap_free(db->buckets);
    db->buckets = buckets;
    db->bucket_count = count;
}

static void remove_key(struct memory_db *db, struct bytes key)
{
    struct entry **link = find_link(db, key, hash_of(key)), *entry = *link;
    if (entry == NULL) return;
    *link = entry->next;
    heap_free(entry);
    db->count--;
}

static bool set_key(struct memory_db *db, struct bytes key, struct bytes value, uint64_t ttl_ms)
{
    struct entry *entry = heap_alloc(sizeof *entry + key.size + value.size);
    if (entry == NULL) return false;
    uint64_t expires = ttl_ms == 0 ? 0 : db->now_ms + ttl_ms;
    *entry = (struct entry){NULL, hash_of(key), expires, key.size, value.size};
    memcpy(entry->bytes, key.data, key.size);
    if (value.size > 0) memcpy(entry->bytes + key.size, value.data, value.size);
    remove_key(db, key);
    if (db->count >= db->bucket_count) grow(db);
    struct entry **bucket = &db->buckets[entry->hash & (db->bucket_count - 1)];
    entry->next = *bucket;
    *bucket = entry;
    db->count++;
    return true;
}

static bool is_stopped(const struct memory_db *db)
{
    return db->changes >= db->stop_at;
}

static enum pevm_status stopped(struct error *error)
{
    return error_set(error, PEVM_UNAVAILABLE, "memory: the database was told to stop");
}

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "memory: no memory");
}

static enum pevm_status get_locked(struct memory_db *db,
                                   struct store_item *items,
                                   const struct bytes *keys,
                                   size_t count,
                                   struct arena *arena,
                                   struct error *error)
{
    uint64_t number = db->reads++;
    if (is_stopped(db)) return stopped(error);
    if (number >= db->fails_from && number < db->fails_to)
        return error_set(error, PEVM_UNAVAILABLE, "memory: the database was told not to answer");
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = find(db, keys[i]);
        items[i] = (struct store_item){.found = entry != NULL};
        if (entry != NULL && !arena_copy(arena, &items[i].value, value_of(entry)))
            return no_memory(error);
    }
    return PEVM_OK;
}

static enum pevm_status memory_get_many(struct store *store,
                                        struct store_item *items,
                                        const struct bytes *keys,
                                        size_t count,
                                        struct arena *arena,
                                        struct error *error)
{
    struct memory_db *db = db_of(store);
    pthread_mutex_lock(&db->mutex);
    enum pevm_status status = get_locked(db, items, keys, count, arena, error);
    pthread_mutex_unlock(&db->mutex);
    return status;
}

static uint64_t token_locked(struct memory_db *db)
{
    uint64_t token = 0;
    const struct entry *entry = find(db, bytes_of(EPOCH_KEY, strlen(EPOCH_KEY)));
    if (entry != NULL && token_read(&token, value_of(entry), NULL) != PEVM_OK) return 0;
    return token;
}

static enum pevm_status write_locked(struct memory_db *db,
                                     const struct store_batch *batch,
                                     uint64_t token,
                                     struct error *error)
{
    struct store_change change;
    uint64_t theirs = token_locked(db);
    if (is_stopped(db)) return stopped(error);
    if (token != 0 && token != theirs) return fenced(error, token, theirs);
    for (size_t place = 0; store_batch_next(batch, &place, &change);) { /* ends: it moves on */
        if (change.kind == CHANGE_BARRIER) continue;
        if (is_stopped(db)) return stopped(error);
        if (change.kind == CHANGE_DELETE)
            remove_key(db, change.key);
        else if (!set_key(db, change.key, change.value, change.ttl_ms))
            return no_memory(error);
        db->changes++;
    }
    return PEVM_OK;
}

static enum pevm_status memory_write(struct store *store,
                                     const struct store_batch *batch,
                                     uint64_t token,
                                     struct error *error)
{
    struct memory_db *db = db_of(store);
    pthread_mutex_lock(&db->mutex);
    enum pevm_status status = write_locked(db, batch, token, error);
    pthread_mutex_unlock(&db->mutex);
    return status;
}

static enum pevm_status memory_scan(struct store *store,
                                    struct bytes prefix,
                                    bool (*visit)(void *context,
                                                  struct bytes key,
                                                  struct bytes value),
                                    void *context,
                                    struct error *error)
{
    struct memory_db *db = db_of(store);
    bool goes_on = true;
    pthread_mutex_lock(&db->mutex);
    enum pevm_status status = is_stopped(db) ? stopped(error) : PEVM_OK;
    for (size_t i = 0; i < db->bucket_count && goes_on && status == PEVM_OK; i++) {
        for (const struct entry *entry = db->buckets[i]; entry != NULL && goes_on;
             entry = entry->next) {
            if (!is_alive(db, entry) || entry->key_size < prefix.size) continue;
            if (memcmp(entry->bytes, prefix.data, prefix.size) != 0) continue;
            goes_on = visit(context, key_of(entry), value_of(entry));
        }
    }
    pthread_mutex_unlock(&db->mutex);
    return status;
}

/* ---- the lock ---- */

static const struct bytes lock_key = {(const uint8_t *)LOCK_KEY, sizeof LOCK_KEY - 1};
static const struct bytes epoch_key = {(const uint8_t *)EPOCH_KEY, sizeof EPOCH_KEY - 1};

static bool is_owner(struct memory_db *db, const char *owner)
{
    const struct entry *entry = find(db, lock_key);
    return entry != NULL && bytes_equal(value_of(entry), bytes_of(owner, strlen(owner)));
}

static enum pevm_status take_locked(
    struct memory_db *db, const char *owner, uint64_t ttl_ms, uint64_t *token, struct error *error)
{
    char text[TOKEN_TEXT_SIZE];
    if (is_stopped(db)) return stopped(error);
    if (find(db, lock_key) != NULL) return PEVM_OK;
    uint64_t next = token_locked(db) + 1;
    size_t size = token_write(text, next);
    if (!set_key(db, lock_key, bytes_of(owner, strlen(owner)), ttl_ms)) return no_memory(error);
    if (!set_key(db, epoch_key, bytes_of(text, size), 0)) return no_memory(error);
    *token = next;
    return PEVM_OK;
}

static enum pevm_status memory_take(
    struct store *store, const char *owner, uint64_t ttl_ms, uint64_t *token, struct error *error)
{
    struct memory_db *db = db_of(store);
    pthread_mutex_lock(&db->mutex);
    enum pevm_status status = take_locked(db, owner, ttl_ms, token, error);
    pthread_mutex_unlock(&db->mutex);
    return status;
}

/* ttl 0: drop it. */
static enum pevm_status renew_locked(struct memory_db *db,
                                     const char *owner,
                                     uint64_t ttl_ms,
                                     struct error *error)
{
    if (is_stopped(db)) return stopped(error);
    if (!is_owner(db, owner)) return error_set(error, PEVM_FENCED, "the lock is not ours any more");
    if (ttl_ms == 0)
        remove_key(db, lock_key);
    else if (!set_key(db, lock_key, bytes_of(owner, strlen(owner)), ttl_ms))
        return no_memory(error);
    return PEVM_OK;
}

static enum pevm_status memory_keep(struct store *store,
                                    const char *owner,
                                    uint64_t ttl_ms,
                                    struct error *error)
{
    struct memory_db *db = db_of(store);
    pthread_mutex_lock(&db->mutex);
    enum pevm_status status = renew_locked(db, owner, ttl_ms, error);
    pthread_mutex_unlock(&db->mutex);
    return status;
}

static enum pevm_status memory_drop(struct store *store, const char *owner, struct error *error)
{
    return memory_keep(store, owner, 0, error);
}

static void memory_close(struct store *store)
{
    struct memory_store *memory = (struct memory_store *)store;
    if (memory->owns_db) memory_db_free(memory->db);
    heap_free(memory);
}

static const struct store_ops memory_ops = {.is_atomic = false,
                                            .get_many = memory_get_many,
                                            .write = memory_write,
                                            .scan = memory_scan,
                                            .take = memory_take,
                                            .keep = memory_keep,
                                            .drop = memory_drop,
                                            .close = memory_close};

enum pevm_status store_memory_open(struct store **out, struct memory_db *db, struct error *error)
{
    struct memory_store *store = heap_alloc_zeroed(1, sizeof *store);
    if (store == NULL) return no_memory(error);
    store->owns_db = db == NULL;
    store->db = db == NULL ? memory_db_new() : db;
    if (store->db == NULL) {
        heap_free(store);
        return no_memory(error);
    }
    store->store.ops = &memory_ops;
    snprintf(store->store.about, sizeof store->store.about, "memory");
    *out = &store->store;
    return PEVM_OK;
}

/* ---- the database ---- */

struct memory_db *memory_db_new(void)
{
    struct memory_db *db = heap_alloc_zeroed(1, sizeof *db);
    struct entry **buckets = heap_alloc_zeroed(BUCKETS_MIN, sizeof(struct entry *));
    if (db == NULL || buckets == NULL || pthread_mutex_init(&db->mutex, NULL) != 0) {
        heap_free(db);
        heap_free(buckets);
        return NULL;
    }
    db->buckets = buckets;
    db->bucket_count = BUCKETS_MIN;
    db->stop_at = UINT64_MAX;
    return db;
}

void memory_db_free(struct memory_db *db)
{
    if (db == NULL) return;
    for (size_t i = 0; i < db->bucket_count; i++) {
        for (struct entry *entry = db->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            heap_free(entry);
        }
    }
    heap_free(db->buckets);
    pthread_mutex_destroy(&db->mutex);
    heap_free(db);
}

void memory_db_stop_after(struct memory_db *db, uint64_t changes)
{
    pthread_mutex_lock(&db->mutex);
    db->stop_at = db->changes + changes;
    pthread_mutex_unlock(&db->mutex);
}

void memory_db_start(struct memory_db *db)
{
    pthread_mutex_lock(&db->mutex);
    db->stop_at = UINT64_MAX;
    pthread_mutex_unlock(&db->mutex);
}

void memory_db_fail_reads(struct memory_db *db, uint64_t after, uint64_t count)
{
    pthread_mutex_lock(&db->mutex);
    db->fails_from = db->reads + after;
    db->fails_to = db->fails_from + count;
    pthread_mutex_unlock(&db->mutex);
}

void memory_db_pass_time(struct memory_db *db, uint64_t ms)
{
    pthread_mutex_lock(&db->mutex);
    db->now_ms += ms;
    pthread_mutex_unlock(&db->mutex);
}

size_t memory_db_count(const struct memory_db *db)
{
    return db->count;
}

uint64_t memory_db_changes(const struct memory_db *db)
{
    return db->changes;
}
