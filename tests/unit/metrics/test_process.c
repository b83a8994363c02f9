#include "base/heap.h"
#include "metrics/process.h"
#include "support/test.h"

TEST(memory_that_is_touched_is_resident)
{
    const size_t size = (size_t)32 << 20;
    uint64_t before = process_resident_bytes();
    CHECK(before > 100000);
    uint8_t *memory = heap_alloc(size);
    assert_non_null(memory);
    memset(memory, 1, size);
    uint64_t after = process_resident_bytes();
    CHECK(memory[size - 1] == 1);
    CHECK(after >= before + size / 2);
    heap_free(memory);
}
