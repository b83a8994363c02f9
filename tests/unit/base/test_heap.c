#include "base/heap.h"
#include "support/test.h"

TEST(size_zero_gives_memory_too)
{
    void *plain = heap_alloc(0), *zeroed = heap_alloc_zeroed(0, 0);
    CHECK(plain != NULL);
    CHECK(zeroed != NULL);
    plain = heap_realloc(plain, 0);
    CHECK(plain != NULL);
    heap_free(plain);
    heap_free(zeroed);
}

TEST(zeroed_memory_is_zero)
{
    uint8_t *memory = heap_alloc_zeroed(100, 10);
    assert_non_null(memory);
    for (size_t i = 0; i < 1000; i++)
        CHECK_EQ(memory[i], 0);
    heap_free(memory);
}

TEST(a_product_that_overflows_is_memory_that_is_not_there)
{
    CHECK(heap_alloc_zeroed(SIZE_MAX / 2, 3) == NULL);
    CHECK(heap_alloc_zeroed((size_t)1 << 32, (size_t)1 << 32) == NULL);
}

TEST(growing_keeps_what_was_there)
{
    uint8_t *memory = heap_alloc(3);
    assert_non_null(memory);
    memcpy(memory, "abc", 3);
    memory = heap_realloc(memory, 100000);
    assert_non_null(memory);
    CHECK(memcmp(memory, "abc", 3) == 0);
    heap_free(memory);
}

TEST(every_taking_is_counted_and_no_giving_back)
{
    uint64_t before = heap_calls();
    void *a = heap_alloc(1), *b = heap_alloc_zeroed(1, 1);
    a = heap_realloc(a, 2);
    heap_free(a);
    heap_free(b);
    heap_free(NULL);
    CHECK_EQ(heap_calls() - before, 3);
}

TEST(the_lever_makes_some_calls_fail_and_no_others)
{
    heap_fail(1, 5);
    void *memory = heap_alloc(1);
    CHECK(memory != NULL);
    CHECK(heap_alloc(1) == NULL);
    CHECK(heap_alloc_zeroed(1, 1) == NULL);
    CHECK(heap_realloc(memory, 100) == NULL); /* what was there stays */
    CHECK(heap_alloc_aligned(64, 64) == NULL);
    CHECK(heap_reserve(4096) == NULL);
    memory = heap_realloc(memory, 100);
    CHECK(memory != NULL);
    heap_free(memory);
}

TEST(the_lever_lets_all_calls_fail_until_it_is_put_back)
{
    heap_fail(2, UINT64_MAX);
    heap_free(heap_alloc(1));
    void *memory = heap_alloc(1);
    CHECK(memory != NULL);
    heap_free(memory);
    for (unsigned i = 0; i < 100; i++)
        CHECK(heap_alloc(1) == NULL);
    heap_fail(0, 0);
    memory = heap_alloc(1);
    CHECK(memory != NULL);
    heap_free(memory);
}
