/* Boughs out of the store and the cache. */
#include "crypto/keccak.h"
#include "store/keyspace.h"
#include "store/store_trie_private.h"
#include "trie/bough.h"

struct key_text store_trie_key(const struct store_trie *trie, const struct bough_place *place)
{
    struct key key = key_of_bough(place->is_storage ? &place->who : NULL, bough_place_path(place));
    return key_write(&key, trie->options.style.lower);
}

enum pevm_status store_trie_no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "no memory for the tries of the state");
}

static enum pevm_status ask(struct store_trie *trie,
                            struct store_item *items,
                            const struct bough_place *places,
                            size_t count,
                            struct error *error)
{
    struct bytes *keys = arena_alloc_zeroed(&trie->reading, count, sizeof *keys);
    if (keys == NULL) return store_trie_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        struct key_text text = store_trie_key(trie, &places[i]);
        if (!arena_copy(&trie->reading, &keys[i], key_bytes(&text)))
            return store_trie_no_memory(error);
    }
    trie->counts.round_trips++;
    trie->counts.read += count;
    return store_get_many(trie->store, items, keys, count, &trie->reading, error);
}

enum pevm_status store_trie_read(struct store_trie *trie,
                                 const struct bough_place *places,
                                 size_t count,
                                 struct error *error)
{
    if (count == 0) return PEVM_OK;
    arena_reset(&trie->reading);
    struct store_item *items = arena_alloc_zeroed(&trie->reading, count, sizeof *items);
    enum pevm_status status =
        items == NULL ? store_trie_no_memory(error) : ask(trie, items, places, count, error);
    if (status != PEVM_OK) bough_cache_clear(&trie->cache); /* nothing stays wanted */
    TRY(status);
    for (size_t i = 0; i < count; i++) {
        struct bytes bough = items[i].found ? items[i].value : BYTES_EMPTY;
        if (!bough_cache_put(&trie->cache, &places[i], bough)) return store_trie_no_memory(error);
    }
    return PEVM_OK;
}

/* ---- one bough ---- */

static enum pevm_status find_or_read(struct store_trie *trie,
                                     const struct bough_place *place,
                                     struct bytes *out,
                                     struct error *error)
{
    if (bough_cache_find(&trie->cache, place, out)) return PEVM_OK;
    TRY(store_trie_read(trie, place, 1, error));
    return bough_cache_find(&trie->cache, place, out) ? PEVM_OK : store_trie_no_memory(error);
}

static bool note_opened(struct open_trie *open, const struct bough_place *place)
{
    struct opened_bough *opened = arena_alloc(&open->whole->scratch, sizeof *opened);
    if (opened == NULL) return false;
    *opened = (struct opened_bough){open->opened, *place};
    open->opened = opened;
    open->whole->counts.opened++;
    return true;
}

static enum pevm_status absent(const struct store_trie *trie,
                               const struct bough_place *place,
                               struct error *error)
{
    struct key_text text = store_trie_key(trie, place);
    return error_set(error, PEVM_CORRUPT, "%s: is absent, and has to be there", text.text);
}

enum pevm_status store_trie_bough(void *context, struct nibbles path, struct bytes *out)
{
    struct open_trie *open = context;
    struct store_trie *trie = open->whole;
    trie->asked = bough_place(open->who, path);
    trie->has_asked = true;
    TRY(find_or_read(trie, &trie->asked, out, &trie->fault));
    if (out->size == 0) return absent(trie, &trie->asked, &trie->fault);
    if (!note_opened(open, &trie->asked)) return store_trie_no_memory(&trie->fault);
    return PEVM_OK;
}

/* ---- the whole of a storage ---- */

struct level {
    struct open_trie *open;
    struct bough_place *places;
    size_t count, room;
    bool has_memory;
};

static bool add_place(void *context, struct nibbles path)
{
    struct level *level = context;
    if (level->count == level->room) {
        size_t room = level->room == 0 ? 64 : 2 * level->room;
        struct bough_place *places =
            arena_alloc(&level->open->whole->scratch, room * sizeof *places);
        level->has_memory = places != NULL;
        if (!level->has_memory) return false;
        if (level->count > 0) memcpy(places, level->places, level->count * sizeof *places);
        level->places = places;
        level->room = room;
    }
    level->places[level->count++] = bough_place(level->open->who, path);
    return true;
}

/* Open those of a level; *next: those right below. */
static enum pevm_status open_level(const struct level *level,
                                   struct level *next,
                                   struct error *error)
{
    struct store_trie *trie = level->open->whole;
    for (size_t i = 0; i < level->count; i++) {
        const struct bough_place *place = &level->places[i];
        struct bytes bough;
        TRY(find_or_read(trie, place, &bough, error));
        if (bough.size == 0 && place->count == 0) return PEVM_OK; /* there is no storage */
        if (bough.size == 0) return absent(trie, place, error);
        if (!note_opened(level->open, place)) return store_trie_no_memory(error);
        if (bough_each_below(bough, bough_place_path(place), add_place, next)) continue;
        if (!next->has_memory) return store_trie_no_memory(error);
        struct key_text text = store_trie_key(trie, place);
        return error_set(error, PEVM_CORRUPT, "%s: is no part of a trie", text.text);
    }
    return PEVM_OK;
}

/* Read those of a level that are not in the cache. */
static enum pevm_status read_level(const struct level *level, struct error *error)
{
    struct store_trie *trie = level->open->whole;
    struct bytes bough;
    size_t count = 0;
    struct bough_place *places = arena_alloc_zeroed(&trie->scratch, level->count, sizeof *places);
    if (places == NULL) return store_trie_no_memory(error);
    for (size_t i = 0; i < level->count; i++)
        if (!bough_cache_find(&trie->cache, &level->places[i], &bough))
            places[count++] = level->places[i];
    return store_trie_read(trie, places, count, error);
}

enum pevm_status store_trie_open_all(struct open_trie *open, struct error *error)
{
    struct level level = {.open = open, .has_memory = true};
    uint8_t nothing = 0;
    if (!add_place(&level, (struct nibbles){&nothing, 0, 0})) return store_trie_no_memory(error);
    while (level.count > 0) { /* ends: paths have at most 64 nibbles */
        struct level next = {.open = open, .has_memory = true};
        TRY(read_level(&level, error));
        TRY(open_level(&level, &next, error));
        level = next;
    }
    return PEVM_OK;
}

/* ---- ahead ---- */

/* On its way down to a key. */
struct walker {
    const address *who; /* NULL: in the trie of accounts */
    hash32 key;
    unsigned depth;
};

struct walkers {
    struct walker *all;
    size_t count;
    struct bough_place *wanted;
    size_t wanted_count;
};

static bool is_cleared(const struct account_change *change)
{
    return change->storage_cleared || !change->exists;
}

static size_t walker_count(const struct changeset *changes)
{
    size_t count = 1 + 2 * changes->account_count;
    for (size_t i = 0; i < changes->account_count; i++)
        count += changes->accounts[i].slot_count;
    return count;
}

/* One for each account; for each slot; and one to the root of each storage that is cleared. */
static bool start_walkers(struct walkers *walkers,
                          const struct changeset *changes,
                          struct arena *arena)
{
    size_t room = walker_count(changes), hashed = 0;
    struct bytes *inputs = arena_alloc_zeroed(arena, room, sizeof *inputs);
    hash32 *words = arena_alloc_zeroed(arena, room, sizeof *words);
    hash32 *keys = arena_alloc_zeroed(arena, room, sizeof *keys);
    walkers->all = arena_alloc_zeroed(arena, room, sizeof *walkers->all);
    walkers->wanted = arena_alloc_zeroed(arena, room, sizeof *walkers->wanted);
    if (inputs == NULL || words == NULL || keys == NULL || walkers->all == NULL ||
        walkers->wanted == NULL)
        return false;
    for (size_t i = 0; i < changes->account_count; i++)
        inputs[hashed++] = bytes_of(changes->accounts[i].account.bytes, sizeof(address));
    for (size_t i = 0; i < changes->account_count; i++) {
        const struct account_change *change = &changes->accounts[i];
        for (size_t j = 0; j < change->slot_count && !is_cleared(change); j++) {
            words[hashed] = u256_to_hash(change->slots[j].slot);
            walkers->all[hashed].who = &change->account;
            inputs[hashed] = bytes_of(words[hashed].bytes, sizeof(hash32));
            hashed++;
        }
    }
    keccak256_many(keys, inputs, hashed);
    for (size_t i = 0; i < hashed; i++)
        walkers->all[i].key = keys[i];
    walkers->count = hashed;
    for (size_t i = 0; i < changes->account_count; i++)
        if (is_cleared(&changes->accounts[i]))
            walkers->all[walkers->count++].who = &changes->accounts[i].account;
    return true;
}

/* As far as the cache knows the way. False: it ends. */
static bool walk(struct store_trie *trie, struct walker *walker, struct bough_place *place)
{
    struct nibbles key = nibbles_of_key(bytes_of(walker->key.bytes, sizeof(hash32)));
    for (;;) { /* ends: each round takes a nibble off the key */
        struct bytes bough;
        *place = bough_place(walker->who, nibbles_first(key, walker->depth));
        if (!bough_cache_find(&trie->cache, place, &bough)) return true;
        if (!bough_next(bough, key, walker->depth, &walker->depth)) return false;
    }
}

static bool want(struct store_trie *trie, struct walkers *walkers, const struct bough_place *place)
{
    bool is_first;
    if (!bough_cache_want(&trie->cache, place, &is_first)) return false;
    if (is_first) walkers->wanted[walkers->wanted_count++] = *place;
    return true;
}

enum pevm_status store_trie_read_ahead(struct store_trie *trie,
                                       const struct changeset *changes,
                                       struct error *error)
{
    struct walkers walkers = {.count = 0};
    if (!start_walkers(&walkers, changes, &trie->scratch)) return store_trie_no_memory(error);
    while (walkers.count > 0) { /* ends: all go a level down in each round */
        size_t left = 0;
        walkers.wanted_count = 0;
        for (size_t i = 0; i < walkers.count; i++) {
            struct bough_place place;
            if (!walk(trie, &walkers.all[i], &place)) continue;
            if (!want(trie, &walkers, &place)) return store_trie_no_memory(error);
            walkers.all[left++] = walkers.all[i];
        }
        walkers.count = left;
        TRY(store_trie_read(trie, walkers.wanted, walkers.wanted_count, error));
    }
    return PEVM_OK;
}
