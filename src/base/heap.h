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

/* Memory that begins at a multiple of `alignment` (a power of two), or NULL. Free with heap_free. */
void *heap_alloc_aligned(size_t alignment, size_t size) MUST_CHECK;

/* `memory` may be NULL. */
void heap_free(void *memory);

/* Address space of `size` bytes, zero, that costs memory only where it is written; NULL when there is none. For arrays that
 * must never move and whose size is not known. heap_unreserve gives it back; `memory` may be NULL. */
void *heap_reserve(size_t size) MUST_CHECK;
void heap_unreserve(void *memory, size_t size);

/* Reserved memory may lie in large pages from now on: faster to find, but touched by as much at a time. A hint. */
void heap_prefer_huge(void *memory, size_t size);

/* What was written to the first `size` bytes of reserved memory is forgotten: they are zero again and cost nothing. */
void heap_discard(void *memory, size_t size);

/* How many times this process took memory through this door so far. Any thread. */
uint64_t heap_calls(void);

/* For tests of what happens without memory: after `after` more calls that take memory, `count` of them give NULL, on any
 * thread. heap_fail(0, 0): none does, as at first. */
void heap_fail(uint64_t after, uint64_t count);
