/* store_trie_private.h - what the files of store_trie.h share. */
#pragma once

#include "state/state_root.h"
#include "store/bough_cache.h"
#include "store/store_trie.h"
#include "store/trie_value.h"

/* A bough that was there before the block, and may be gone after it. */
struct opened_bough {
    struct opened_bough *next;
    struct bough_place place;
};

/* One of the tries, while a root is made. */
struct open_trie {
    struct store_trie *whole;
    const address *who; /* NULL: the trie of accounts */
    struct node_source source;
    const struct trie
        *trie; /* with its root; NULL: did not change, or has nothing after the block */
    struct opened_bough *opened;
};

struct store_trie {
    struct store *store;
    struct store_trie_options options;
    struct bough_cache cache;
    struct trie_head head; /* of the block it stands on */
    bool stands;

    /* The last root. All of it is in `scratch`, but for riders and their bytes. */
    struct arena scratch;
    struct open_trie accounts, *storages; /* a storage for each changed account, ascending */
    size_t storage_count;
    hash32 root;
    bool has_root;
    struct bough_place
        asked; /* for messages, when has_asked: the last one that was given to a trie */
    bool has_asked;
    struct error fault; /* why one could not be given */

    struct arena riding;
    struct trie_head next; /* as riders[0] says it */
    struct rider *riders;
    struct bough_place *places; /* of the riders */
    size_t rider_count, rider_room;

    struct arena reading; /* keys and values of one round trip */
    struct store_trie_counts counts;
};

struct key_text store_trie_key(const struct store_trie *trie, const struct bough_place *place);

enum pevm_status store_trie_no_memory(struct error *error);

/* What lies at the places is in the cache then, or known to be absent. */
enum pevm_status store_trie_read(struct store_trie *trie,
                                 const struct bough_place *places,
                                 size_t count,
                                 struct error *error) MUST_CHECK;

/* All boughs on the way to what changes are in the cache then; level by level. */
enum pevm_status store_trie_read_ahead(struct store_trie *trie,
                                       const struct changeset *changes,
                                       struct error *error) MUST_CHECK;

/* Open every bough of a storage. */
enum pevm_status store_trie_open_all(struct open_trie *open, struct error *error) MUST_CHECK;

/* The bough at a place; a node_source->bough, `context` is a struct open_trie. */
enum pevm_status store_trie_bough(void *context, struct nibbles path, struct bytes *out) MUST_CHECK;
