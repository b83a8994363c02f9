/* fuzz.h - what a fuzz target is: one function that takes any bytes and must come back.
 *
 * A target ASSERTs what must hold for every input: what decodes encodes to the same bytes, what two ways compute is
 * equal, memory is in proportion. Adding one: fuzz_NAME.c, a line in CMakeLists.txt, a few files in corpus/NAME. A finding
 * becomes a file there and a unit test.
 */
#pragma once

#include "base/arena.h"
#include "base/assert.h"
#include "base/bytes.h"

/* The name libFuzzer calls; the return value is always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHUNK_SIZE 4096

/* A new arena for every input, so that no input depends on the ones before. */
static inline struct arena *fuzz_arena(void)
{
    static struct arena arena;
    if (arena.chunk_size_min == 0)
        arena_init(&arena, FUZZ_CHUNK_SIZE, 0);
    else
        arena_fini(&arena);
    return &arena;
}

/* Did an input of `size` bytes take no more than `per_byte` for each? An arena skips tails of chunks that are too small for
 * what is asked, at most as much again. */
static inline bool fuzz_is_modest(const struct arena *arena, size_t size, size_t per_byte)
{
    return arena_used(arena) <= 2 * (per_byte * size + FUZZ_CHUNK_SIZE);
}
