/* journal_private.h - what the files of the journal share: journal.c (entries and reads), journal_change.c (changes and
 * how they are undone), transient.c (EIP-1153).
 */
#pragma once

#include "base/heap.h"
#include "evm/journal.h"

enum undo_kind {
    UNDO_FLAGS,
    UNDO_CREDIT,
    UNDO_DEBIT,
    UNDO_NONCE,
    UNDO_CODE,
    UNDO_SLOT,
    UNDO_WARM_SLOT,
    UNDO_TRANSIENT
};

/* One change, as it was before. Account records always restore the flags as well. */
struct undo {
    uint8_t kind;
    uint8_t flags;
    void *target;
    union {
        u256 word;
        hash32 code_hash;
        uint64_t nonce;
    } old;
};

struct transient_entry {
    address who;
    u256 key, value;
    uint64_t hash;
};

/* A node of a tree by code hash, two bits a level: hashes spread by themselves, and nothing has to grow. */
struct new_code {
    struct new_code *children[4];
    const struct code *code;
};

/* Room for one more element of `size` bytes in a heap array that doubles. */
MUST_CHECK ALWAYS_INLINE bool array_reserve(void **array,
                                            size_t count,
                                            size_t *capacity,
                                            size_t size)
{
    if (likely(count < *capacity)) return true;
    size_t bigger = *capacity == 0 ? 64 : *capacity * 2;
    void *memory = heap_realloc(*array, bigger * size);
    if (memory == NULL) return false;
    *array = memory;
    *capacity = bigger;
    return true;
}

/* Twice the room for the pointers of `table`; their hashes lie `hash_offset` bytes into what they point to. False when memory
 * runs out: then nothing has changed. */
bool journal_table_grow(void ***table, size_t *mask, size_t hash_offset) MUST_CHECK;

/* A record of the change to come, or NULL when memory runs out. */
struct undo *journal_undo_push(struct journal *journal,
                               enum undo_kind kind,
                               void *target) MUST_CHECK;

/* Where in the tree the code of that hash is, or (NULL there) would be put. */
struct new_code **journal_new_code(struct journal *journal, const hash32 *hash);
