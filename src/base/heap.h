/* heap.h - the one door to malloc, with a counter, so that "no malloc inside a block" can be shown.
 *
 * Objects that are opened or created own heap memory; everything inside a block comes from arenas.
 */
#pragma once

#include "base/compiler.h"

#include <stddef.h>
#include <stdint.h>

/* Memory of at least `size` bytes (size 0 gives a pointer, too), or NULL. Free with heap_free. */
void *heap_alloc(size_t size) MUST_CHECK;

/* `count` zeroed objects of `size` bytes, or NULL (also when the product overflows). */
void *heap_alloc_zeroed(size_t count, size_t size) MUST_CHECK;

/* As realloc; on NULL the old memory stays valid. */
void *heap_realloc(void *memory, size_t size) MUST_CHECK;

/* `memory` may be NULL. */
void heap_free(void *memory);

/* How many times this process took memory through this door so far. Any thread. */
uint64_t heap_calls(void);
