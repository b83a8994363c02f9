#include "store/store_trie.h"

#include "base/heap.h"
#include "store/keyspace.h"
#include "store/store_trie_private.h"
#include "trie/bough.h"

#include <inttypes.h>

#define CHUNK_SIZE ((size_t)1 << 18)

struct store_trie *store_trie_new(struct store *store, const struct store_trie_options *options)
{
    struct store_trie *trie = heap_alloc_zeroed(1, sizeof *trie);
    if (trie == NULL) return NULL;
    trie->store = store;
    trie->options = *options;
    bough_cache_init(&trie->cache, options->cache_bytes);
    arena_init(&trie->scratch, CHUNK_SIZE, 0);
    arena_init(&trie->riding, CHUNK_SIZE, 0);
    arena_init(&trie->reading, CHUNK_SIZE, 0);
    return trie;
}

void store_trie_free(struct store_trie *trie)
{
    if (trie == NULL) return;
    bough_cache_fini(&trie->cache);
    arena_fini(&trie->scratch);
    arena_fini(&trie->riding);
    arena_fini(&trie->reading);
    heap_free(trie);
}

void store_trie_count(const struct store_trie *trie, struct store_trie_counts *out)
{
    *out = trie->counts;
    out->entries = bough_cache_count(&trie->cache);
    out->bytes = bough_cache_bytes(&trie->cache);
}

const hash32 *store_trie_base(const struct store_trie *trie)
{
    return &trie->head.root;
}

/* ---- which block ---- */

static struct key_text head_key(void)
{
    return key_write(&(struct key){.kind = KEY_TRIE}, false);
}

/* PEVM_NOT_FOUND: there is none. */
static enum pevm_status read_head(struct store_trie *trie,
                                  struct trie_head *out,
                                  struct error *error)
{
    struct key_text key = head_key();
    struct bytes value;
    arena_reset(&trie->reading);
    trie->counts.round_trips++;
    TRY(store_get(trie->store, &value, key_bytes(&key), &trie->reading, error));
    enum pevm_status status = trie_head_read(out, value, error);
    if (status != PEVM_OK) error_prefix(error, "%s", key.text);
    return status;
}

static bool same_head(const struct trie_head *a, const struct trie_head *b)
{
    return a->number == b->number && hash32_equal(&a->hash, &b->hash) &&
           hash32_equal(&a->root, &b->root);
}

/* No root of the last block is left. */
static void forget_root(struct store_trie *trie)
{
    trie->has_root = false;
    trie->rider_count = 0;
}

enum pevm_status store_trie_begin(struct store_trie *trie,
                                  const struct exec_progress *progress,
                                  struct error *error)
{
    struct trie_head head;
    forget_root(trie);
    trie->stands = false;
    enum pevm_status status = read_head(trie, &head, error);
    if (status == PEVM_NOT_FOUND)
        return error_set(
            error, PEVM_NOT_FOUND, "evmx:trie: is absent: the tries of the state were never built");
    TRY(status);
    if (!same_head(&head, &trie->head)) bough_cache_clear(&trie->cache);
    trie->head = head;
    if (head.number != progress->number ||
        (progress->has_hash && !hash32_equal(&head.hash, &progress->hash)))
        return error_set(
            error,
            PEVM_NOT_FOUND,
            "evmx:trie: is of another block %" PRIu64 ", the state is that of block %" PRIu64
            ": blocks were committed without state roots, the tries must be built anew",
            head.number,
            progress->number);
    trie->stands = true;
    return PEVM_OK;
}

/* ---- the root ---- */

static struct open_trie *storage_of(const struct store_trie *trie, const address *who)
{
    size_t low = 0, high = trie->storage_count;
    while (low < high) { /* ends: they come closer */
        size_t middle = low + (high - low) / 2;
        int order = memcmp(trie->storages[middle].who, who, sizeof *who);
        if (order == 0) return &trie->storages[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    ASSERT(low < high); /* only accounts of the changes are asked for */
    return NULL;
}

static enum pevm_status open_storage(
    void *context, struct trie *out, const address *who, const hash32 *root, struct error *error)
{
    struct store_trie *trie = context;
    (void)error;
    trie_open(out, root, &storage_of(trie, who)->source, &trie->scratch);
    return PEVM_OK;
}

static enum pevm_status note_hashed(void *context, const struct trie *storage, const address *who)
{
    storage_of(context, who)->trie = storage;
    return PEVM_OK;
}

static void open_trie_init(struct open_trie *open, struct store_trie *trie, const address *who)
{
    *open = (struct open_trie){.whole = trie, .who = who};
    open->source = (struct node_source){.bough = store_trie_bough, .context = open};
}

static enum pevm_status open_tries(struct store_trie *trie,
                                   const struct changeset *changes,
                                   struct error *error)
{
    open_trie_init(&trie->accounts, trie, NULL);
    trie->storages =
        arena_alloc_zeroed(&trie->scratch, changes->account_count + 1, sizeof *trie->storages);
    trie->storage_count = changes->account_count;
    address *names = arena_alloc_zeroed(&trie->scratch, changes->account_count + 1, sizeof *names);
    if (trie->storages == NULL || names == NULL) return store_trie_no_memory(error);
    for (size_t i = 0; i < changes->account_count; i++) {
        names[i] = changes->accounts[i].account; /* the changes may be gone before the riders */
        open_trie_init(&trie->storages[i], trie, &names[i]);
    }
    return PEVM_OK;
}

static enum pevm_status open_cleared(struct store_trie *trie,
                                     const struct changeset *changes,
                                     struct error *error)
{
    for (size_t i = 0; i < changes->account_count; i++) {
        const struct account_change *change = &changes->accounts[i];
        if (change->exists && !change->storage_cleared) continue;
        TRY(store_trie_open_all(&trie->storages[i], error));
    }
    return PEVM_OK;
}

static enum pevm_status make_root(struct store_trie *trie,
                                  const struct changeset *changes,
                                  hash32 *out,
                                  struct error *error)
{
    struct storage_tries storages = {.open = open_storage, .hashed = note_hashed, .context = trie};
    struct trie *accounts = arena_alloc(&trie->scratch, sizeof *accounts);
    if (accounts == NULL) return store_trie_no_memory(error);
    TRY(open_tries(trie, changes, error));
    TRY(store_trie_read_ahead(trie, changes, error));
    TRY(open_cleared(trie, changes, error));
    trie_open(accounts, &trie->head.root, &trie->accounts.source, &trie->scratch);
    trie->accounts.trie = accounts;
    return state_root_after(accounts, &storages, changes, out, &trie->scratch, error);
}

/* Damage, or only that somebody else writes while we read? */
static bool has_moved(struct store_trie *trie)
{
    struct trie_head head;
    enum pevm_status status = read_head(trie, &head, NULL);
    return status == PEVM_NOT_FOUND || (status == PEVM_OK && !same_head(&head, &trie->head));
}

/* What a trie says of a bough it could not have, or could not read, in the words of the store. */
static enum pevm_status explain(struct store_trie *trie,
                                enum pevm_status status,
                                struct error *error)
{
    if (trie->fault.status == status) {
        error_set(error, status, "%s", trie->fault.text);
    } else if (status == PEVM_CORRUPT && trie->has_asked) {
        struct key_text key = store_trie_key(trie, &trie->asked);
        error_prefix(error, "%s", key.text);
    }
    if (status != PEVM_CORRUPT || !has_moved(trie)) return status;
    trie->stands = false;
    return error_set(error,
                     PEVM_FENCED,
                     "fenced: evmx:trie is not that of block %" PRIu64
                     " any more, somebody else writes it",
                     trie->head.number);
}

enum pevm_status store_trie_root(void *context,
                                 const struct changeset *changes,
                                 hash32 *out,
                                 struct error *error)
{
    struct store_trie *trie = context;
    forget_root(trie);
    if (!trie->stands)
        return error_set(error, PEVM_BAD_INPUT, "the tries of the state stand on no block");
    arena_reset(&trie->scratch);
    bough_cache_trim(&trie->cache);
    error_clear(&trie->fault);
    trie->has_asked = false;
    enum pevm_status status = make_root(trie, changes, &trie->root, error);
    if (status != PEVM_OK) return explain(trie, status, error);
    trie->has_root = true;
    *out = trie->root;
    return PEVM_OK;
}

/* ---- riders ---- */

static bool make_room(struct store_trie *trie)
{
    if (trie->rider_count < trie->rider_room) return true;
    size_t room = trie->rider_room == 0 ? 256 : 2 * trie->rider_room;
    struct rider *riders = arena_alloc(&trie->riding, room * sizeof *riders);
    struct bough_place *places = arena_alloc(&trie->riding, room * sizeof *places);
    if (riders == NULL || places == NULL) return false;
    if (trie->rider_count > 0) {
        memcpy(riders, trie->riders, trie->rider_count * sizeof *riders);
        memcpy(places, trie->places, trie->rider_count * sizeof *places);
    }
    trie->riders = riders;
    trie->places = places;
    trie->rider_room = room;
    return true;
}

/* Everything is copied but for `before`, which the cache lends. */
static bool add_rider(struct store_trie *trie,
                      const struct bough_place *place,
                      const struct key_text *key,
                      struct bytes before,
                      struct bytes after)
{
    struct rider rider = {.before = before};
    if (!make_room(trie) || !arena_copy(&trie->riding, &rider.key, key_bytes(key)) ||
        !arena_copy(&trie->riding, &rider.after, after))
        return false;
    trie->places[trie->rider_count] = *place;
    trie->riders[trie->rider_count++] = rider;
    return true;
}

static enum pevm_status ride(struct open_trie *open, struct nibbles path, struct bytes after)
{
    struct store_trie *trie = open->whole;
    struct bough_place place = bough_place(open->who, path);
    struct key_text key = store_trie_key(trie, &place);
    struct bytes before = BYTES_EMPTY;
    bool is_known = bough_cache_find(&trie->cache, &place, &before);
    if (is_known && bytes_equal(before, after)) return PEVM_OK;
    return add_rider(trie, &place, &key, before, after) ? PEVM_OK : PEVM_NO_MEMORY;
}

static enum pevm_status on_new_bough(void *context, struct nibbles path, struct bytes bough)
{
    return ride(context, path, bough);
}

static enum pevm_status add_trie(struct open_trie *open)
{
    if (open->trie != NULL)
        TRY(trie_each_new_bough(open->trie, on_new_bough, open, &open->whole->reading));
    for (const struct opened_bough *opened = open->opened; opened != NULL; opened = opened->next) {
        struct nibbles path = bough_place_path(&opened->place);
        if (open->trie != NULL && trie_has_bough(open->trie, path)) continue;
        TRY(ride(open, path, BYTES_EMPTY));
    }
    return PEVM_OK;
}

static enum pevm_status add_head(struct store_trie *trie, const struct trie_head *next)
{
    static const struct bough_place nowhere;
    char before[TRIE_HEAD_TEXT_SIZE], after[TRIE_HEAD_TEXT_SIZE];
    struct key_text key = head_key();
    struct bytes kept;
    size_t before_size = trie_head_write(before, &trie->head);
    size_t after_size = trie_head_write(after, next);
    if (!arena_copy(&trie->riding, &kept, bytes_of(before, before_size))) return PEVM_NO_MEMORY;
    return add_rider(trie, &nowhere, &key, kept, bytes_of(after, after_size)) ? PEVM_OK
                                                                              : PEVM_NO_MEMORY;
}

/* The head is first: who reads while we write sees that it moves. */
static enum pevm_status add_all(struct store_trie *trie)
{
    TRY(add_head(trie, &trie->next));
    TRY(add_trie(&trie->accounts));
    for (size_t i = 0; i < trie->storage_count; i++)
        TRY(add_trie(&trie->storages[i]));
    return PEVM_OK;
}

enum pevm_status store_trie_riders(struct store_trie *trie,
                                   const hash32 *root,
                                   struct commit_input *input,
                                   struct error *error)
{
    if (!trie->has_root || !hash32_equal(root, &trie->root))
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "the tries of block %" PRIu64 " are to be written, and their last root %s",
                         input->number,
                         trie->has_root ? "is another one" : "was not made");
    arena_reset(&trie->riding);
    arena_reset(&trie->reading);
    trie->rider_count = trie->rider_room = 0;
    trie->next = (struct trie_head){input->number, input->hash, trie->root};
    if (add_all(trie) != PEVM_OK) {
        trie->rider_count = 0;
        return store_trie_no_memory(error);
    }
    input->riders = trie->riders;
    input->rider_count = trie->rider_count;
    return PEVM_OK;
}

void store_trie_committed(struct store_trie *trie)
{
    ASSERT(trie->has_root && trie->rider_count > 0);
    bool is_kept = true;
    for (size_t i = 1; i < trie->rider_count; i++)
        is_kept &= bough_cache_put(&trie->cache, &trie->places[i], trie->riders[i].after);
    if (!is_kept) bough_cache_clear(&trie->cache);
    trie->counts.written += trie->rider_count - 1;
    trie->head = trie->next;
    forget_root(trie);
}
