#include "state/index_table.h"

#include "base/heap.h"

#include <string.h>

#define BITS_MIN 5

void index_table_fini(struct index_table *table)
{
    heap_free(table->cells);
    *table = (struct index_table){0};
}

static size_t cell_count(const struct index_table *table)
{
    return table->bits == 0 ? 0 : (size_t)1 << table->bits;
}

static void put_cell(struct index_table *table, uint64_t cell)
{
    size_t mask = cell_count(table) - 1;
    size_t place = index_table_home(table, (uint32_t)(cell >> 32));
    while (table->cells[place] != 0) /* ends: at most half of the cells are taken */
        place = (place + 1) & mask;
    table->cells[place] = cell;
}

bool index_table_reserve(struct index_table *table, size_t count)
{
    if (2 * count <= cell_count(table)) return true;
    if (count > INDEX_MAX) return false;
    struct index_table grown = {.bits = BITS_MIN, .count = table->count};
    while (cell_count(&grown) < 2 * count)
        grown.bits++;
    grown.cells = heap_alloc_zeroed(cell_count(&grown), sizeof *grown.cells);
    if (grown.cells == NULL) return false;
    for (size_t i = 0; i < cell_count(table); i++)
        if (table->cells[i] != 0) put_cell(&grown, table->cells[i]);
    heap_free(table->cells);
    *table = grown;
    return true;
}

void index_table_put(struct index_table *table, uint64_t hash, uint32_t index)
{
    ASSERT(index < INDEX_MAX);
    ASSERT(2 * (table->count + 1) <= cell_count(table));
    put_cell(table, hash >> 32 << 32 | (index + 1));
    table->count++;
}

static size_t place_of(const struct index_table *table, uint64_t hash, uint32_t index)
{
    size_t mask = cell_count(table) - 1;
    size_t place = index_table_home(table, (uint32_t)(hash >> 32));
    for (size_t steps = 0; (uint32_t)table->cells[place] != index + 1; steps++) {
        ASSERT(steps <= mask);
        place = (place + 1) & mask;
    }
    return place;
}

/* Whoever stands behind a gap because it was taken moves into it (Knuth, vol. 3, 6.4, algorithm R). */
void index_table_remove(struct index_table *table, uint64_t hash, uint32_t index)
{
    size_t mask = cell_count(table) - 1;
    size_t gap = place_of(table, hash, index);
    for (size_t place = (gap + 1) & mask; table->cells[place] != 0; place = (place + 1) & mask) {
        size_t home = index_table_home(table, (uint32_t)(table->cells[place] >> 32));
        if (((place - home) & mask) < ((place - gap) & mask)) continue; /* home is behind the gap */
        table->cells[gap] = table->cells[place];
        gap = place;
    }
    table->cells[gap] = 0;
    table->count--;
}

void index_table_clear(struct index_table *table)
{
    if (table->bits > 0) memset(table->cells, 0, cell_count(table) * sizeof *table->cells);
    table->count = 0;
}

void index_table_forget(struct index_table *table, uint64_t hash, uint32_t index)
{
    table->cells[place_of(table, hash, index)] = 0;
    table->count--;
}

bool index_table_is_sparse(const struct index_table *table)
{
    return table->count < cell_count(table) / 16;
}

bool index_table_copy(struct index_table *to, const struct index_table *from)
{
    *to = (struct index_table){0};
    if (from->bits == 0) return true;
    size_t size = cell_count(from) * sizeof *from->cells;
    uint64_t *cells = heap_alloc(size);
    if (cells == NULL) return false;
    memcpy(cells, from->cells, size);
    *to = *from;
    to->cells = cells;
    return true;
}
