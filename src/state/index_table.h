/* index_table.h - from the hash of a key to the index of its entry in somebody's array. Open addressing.
 *
 * The table stores indices and 32 bits of each hash; the owner compares the keys:
 *
 *     struct index_probe probe = index_probe_start(&table, hash);
 *     while ((index = index_probe_next(&table, &probe)) != INDEX_NONE)
 *         if (key_equal(&entries[index].key, key)) return index;
 *
 * Order of calls: index_table_reserve before each index_table_put. One writer; readers when nobody writes.
 */
#pragma once

#include "base/assert.h"
#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX
#define INDEX_MAX                                                                                  \
    (UINT32_MAX / 4) /* entries; a table is at most half full, its places have 31 bits */

struct index_table {
    uint64_t *
        cells; /* 0: free; else hash bits << 32 | index + 1. Starts at its hash bits' place or behind it */
    unsigned bits; /* there are 2^bits cells; 0: none yet */
    size_t count;
};

void index_table_fini(struct index_table *table); /* a zeroed table is empty */

/* Room for `count` entries in all. False when there is no memory; nothing has changed then. */
bool index_table_reserve(struct index_table *table, size_t count) MUST_CHECK;

void index_table_put(struct index_table *table, uint64_t hash, uint32_t index);
/* The entry is there. */
void index_table_remove(struct index_table *table, uint64_t hash, uint32_t index);
/* Forget all entries, keep the room: at the cost of the whole table, unless its entries are taken out one by one
 * (index_table_forget) when they are few. All must go: in between, nothing is found reliably. */
void index_table_clear(struct index_table *table);
void index_table_forget(struct index_table *table, uint64_t hash, uint32_t index);
bool index_table_is_sparse(const struct index_table *table);

bool index_table_copy(struct index_table *to, const struct index_table *from) MUST_CHECK;

struct index_probe {
    size_t place;
    uint32_t hash_bits;
};

ALWAYS_INLINE size_t index_table_home(const struct index_table *table, uint32_t hash_bits)
{
    return hash_bits >> (32 - table->bits);
}

ALWAYS_INLINE struct index_probe index_probe_start(const struct index_table *table, uint64_t hash)
{
    uint32_t hash_bits = (uint32_t)(hash >> 32);
    size_t place = table->bits == 0 ? 0 : index_table_home(table, hash_bits);
    return (struct index_probe){place, hash_bits};
}

/* The next entry that may have the key, or INDEX_NONE. */
ALWAYS_INLINE uint32_t index_probe_next(const struct index_table *table, struct index_probe *probe)
{
    if (unlikely(table->bits == 0)) return INDEX_NONE;
    size_t mask = ((size_t)1 << table->bits) - 1;
    for (;;) { /* ends: at most half of the cells are taken */
        uint64_t cell = table->cells[probe->place];
        if (cell == 0) return INDEX_NONE;
        probe->place = (probe->place + 1) & mask;
        if ((uint32_t)(cell >> 32) == probe->hash_bits) return (uint32_t)cell - 1;
    }
}
