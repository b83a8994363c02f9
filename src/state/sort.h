/* sort.h - sorting without qsort, which takes memory from the heap: a merge sort of indices by the first 64 bits of
 * their keys; only when these are equal is the owner asked.
 */
#pragma once

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sort_item {
    uint64_t prefix; /* the most significant bits of the key */
    uint32_t index;
};

/* `spare` has room for `count` items. `less` compares the entries of two indices whose prefixes are equal. Stable. */
void sort_items(struct sort_item *items,
                size_t count,
                struct sort_item *spare,
                bool (*less)(const void *context, uint32_t a, uint32_t b),
                const void *context);
