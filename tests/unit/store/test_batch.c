#include "base/heap.h"
#include "store/batch.h"
#include "support/test.h"

TEST(changes_come_back_in_order)
{
    struct store_batch batch = {0};
    struct store_change change;
    size_t place = 0;
    store_batch_set(&batch, bytes_of("key", 3), bytes_of("value", 5), 7);
    store_batch_barrier(&batch);
    store_batch_delete(&batch, bytes_of("k", 1));
    store_batch_set(&batch, bytes_of("", 0), BYTES_EMPTY, 0);
    CHECK_EQ(batch.change_count, 3);
    CHECK(store_batch_next(&batch, &place, &change));
    CHECK(change.kind == CHANGE_SET && change.ttl_ms == 7);
    CHECK(bytes_equal(change.key, bytes_of("key", 3)) &&
          bytes_equal(change.value, bytes_of("value", 5)));
    CHECK(store_batch_next(&batch, &place, &change) && change.kind == CHANGE_BARRIER);
    CHECK(store_batch_next(&batch, &place, &change) && change.kind == CHANGE_DELETE);
    CHECK(bytes_equal(change.key, bytes_of("k", 1)));
    CHECK(store_batch_next(&batch, &place, &change) && change.kind == CHANGE_SET);
    CHECK(change.key.size == 0 && change.value.size == 0);
    CHECK(!store_batch_next(&batch, &place, &change));
    store_batch_fini(&batch);
}

TEST(a_batch_that_was_used_takes_no_memory_again)
{
    struct store_batch batch = {0};
    static uint8_t large[100000];
    store_batch_set(&batch, bytes_of("key", 3), bytes_of(large, sizeof large), 0);
    store_batch_reset(&batch);
    CHECK_EQ(batch.change_count, 0);
    uint64_t calls = heap_calls();
    store_batch_set(&batch, bytes_of("key", 3), bytes_of(large, sizeof large), 0);
    CHECK_EQ(heap_calls(), calls);
    store_batch_fini(&batch);
}

TEST(a_batch_without_memory_is_broken_until_it_is_reset)
{
    struct store_batch batch = {0};
    heap_fail(0, 1);
    store_batch_delete(&batch, bytes_of("k", 1));
    heap_fail(0, 0);
    store_batch_delete(&batch, bytes_of("k", 1));
    CHECK(batch.is_broken && batch.change_count == 0);
    store_batch_reset(&batch);
    store_batch_delete(&batch, bytes_of("k", 1));
    CHECK(!batch.is_broken && batch.change_count == 1);
    store_batch_fini(&batch);
}
