#include "base/arena.h"
#include "base/heap.h"
#include "base/rng.h"
#include "support/test.h"

static bool is_aligned(const void *memory, size_t alignment)
{
    return (uintptr_t)memory % alignment == 0;
}

TEST(no_memory_is_taken_before_the_first_allocation)
{
    struct arena arena;
    uint64_t calls = heap_calls();
    arena_init(&arena, 4096, 0);
    CHECK_EQ(heap_calls(), calls);
    CHECK_EQ(arena_used(&arena), 0);
    CHECK(arena_alloc(&arena, 1) != NULL);
    CHECK_EQ(heap_calls(), calls + 1);
    arena_fini(&arena);
    CHECK_EQ(arena.bytes_held, 0);
}

TEST(every_alignment_up_to_64_is_kept)
{
    struct arena arena;
    arena_init(&arena, 256, 0);
    for (size_t alignment = 1; alignment <= 64; alignment *= 2)
        for (size_t size = 0; size < 100; size += 7) {
            uint8_t *memory = arena_alloc_aligned(&arena, size, alignment);
            CHECK(memory != NULL);
            CHECK(is_aligned(memory, alignment));
            memset(memory, 0xff, size);
        }
    CHECK(is_aligned(arena_alloc(&arena, 1), 16));
    arena_fini(&arena);
}

TEST(allocations_do_not_overlap)
{
    struct arena arena;
    struct rng rng;
    struct bytes taken[400];
    arena_init(&arena, 512, 0);
    rng_init(&rng, 7);
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        size_t size = rng_below(&rng, 700); /* some need a chunk of their own */
        uint8_t *memory = arena_alloc_aligned(&arena, size, (size_t)1 << rng_below(&rng, 7));
        CHECK(memory != NULL);
        memset(memory, (int)(i & 0xff), size);
        taken[i] = bytes_of(memory, size);
    }
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        for (size_t j = 0; j < taken[i].size; j++)
            CHECK_EQ(taken[i].data[j], i & 0xff);
    arena_fini(&arena);
}

TEST(after_a_reset_the_same_work_takes_nothing_from_the_heap)
{
    struct arena arena;
    arena_init(&arena, 1024, 0);
    uint64_t calls = 0;
    for (int round = 0; round < 3; round++) {
        if (round == 1) calls = heap_calls();
        for (size_t i = 0; i < 50; i++)
            CHECK(arena_alloc(&arena, 100 + i) != NULL);
        CHECK(arena_alloc(&arena, 5000) != NULL);
        CHECK(arena_used(&arena) >= 50 * 100 + 5000);
        arena_reset(&arena);
        CHECK_EQ(arena_used(&arena), 0);
    }
    CHECK_EQ(heap_calls(), calls);
    arena_fini(&arena);
}

TEST(a_release_gives_back_what_came_after_the_mark)
{
    struct arena arena;
    arena_init(&arena, 256, 0);
    struct arena_mark empty = arena_mark(&arena);
    uint8_t *kept = arena_alloc(&arena, 32);
    memset(kept, 0x5a, 32);
    struct arena_mark mark = arena_mark(&arena);
    size_t used = arena_used(&arena);
    uint8_t *first = arena_alloc(&arena, 16);
    for (int i = 0; i < 20; i++)
        CHECK(arena_alloc(&arena, 100) != NULL); /* several chunks on */
    arena_release(&arena, mark);
    CHECK_EQ(arena_used(&arena), used);
    CHECK(arena_alloc(&arena, 16) == (void *)first);
    for (int i = 0; i < 32; i++)
        CHECK_EQ(kept[i], 0x5a);

    arena_release(&arena, empty);
    CHECK_EQ(arena_used(&arena), 0);
    CHECK(arena_alloc(&arena, 32) == (void *)kept);
    arena_fini(&arena);
}

TEST(beyond_the_limit_allocations_fail_and_the_arena_stays_usable)
{
    struct arena arena;
    arena_init(&arena, 1000, 3000);
    CHECK(arena_alloc(&arena, 900) != NULL);
    CHECK(arena_alloc(&arena, 900) != NULL);
    CHECK(arena_alloc(&arena, 900) != NULL);
    CHECK(arena_alloc(&arena, 900) == NULL);
    CHECK(arena.bytes_held <= 3000);
    CHECK(arena_alloc(&arena, 10) != NULL); /* still room in the last chunk */
    arena_fini(&arena);
}

TEST(sizes_that_overflow_are_refused)
{
    struct arena arena;
    arena_init(&arena, 1000, 0);
    CHECK(arena_alloc(&arena, 8) != NULL);
    CHECK(arena_alloc(&arena, SIZE_MAX) == NULL);
    CHECK(arena_alloc(&arena, SIZE_MAX - 40) == NULL);
    CHECK(arena_alloc_zeroed(&arena, SIZE_MAX / 2, 3) == NULL);
    CHECK(arena_alloc(&arena, 8) != NULL);
    arena_fini(&arena);
}

TEST(zeroed_memory_is_zero_also_when_it_was_used_before)
{
    struct arena arena;
    arena_init(&arena, 1000, 0);
    memset(arena_alloc(&arena, 500), 0xff, 500);
    arena_reset(&arena);
    const uint8_t *memory = arena_alloc_zeroed(&arena, 25, 20);
    CHECK(memory != NULL);
    for (int i = 0; i < 500; i++)
        CHECK_EQ(memory[i], 0);
    arena_fini(&arena);
}

TEST(a_copy_is_equal_and_elsewhere)
{
    struct arena arena;
    struct bytes copy, text = bytes_of("transaction", 11);
    arena_init(&arena, 1000, 0);
    CHECK(arena_copy(&arena, &copy, text));
    CHECK(bytes_equal(copy, text));
    CHECK(copy.data != text.data);
    size_t used = arena_used(&arena);
    CHECK(arena_copy(&arena, &copy, BYTES_EMPTY));
    CHECK_EQ(copy.size, 0);
    CHECK_EQ(arena_used(&arena), used);
    arena_fini(&arena);
}

TEST(a_warm_arena_takes_nothing_for_what_fits_its_first_chunk)
{
    struct arena arena;
    arena_init(&arena, 4096, 0);
    assert_true(arena_warm(&arena));
    uint64_t before = heap_calls();
    CHECK_EQ(arena_used(&arena), 0);
    CHECK(arena_alloc(&arena, 4000) != NULL);
    CHECK(arena_warm(&arena)); /* it has a chunk: only forgets */
    CHECK_EQ(arena_used(&arena), 0);
    CHECK_EQ(heap_calls(), before);
    arena_fini(&arena);

    arena_init(&arena, 4096, 0);
    heap_fail(0, 1);
    CHECK(!arena_warm(&arena));
    heap_fail(0, 0);
    CHECK(arena_warm(&arena));
    arena_fini(&arena);
}
