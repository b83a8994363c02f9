#include "base/clock.h"
#include "base/heap.h"
#include "store/store_memory.h"
#include "store/store_private.h"
#include "support/test.h"

TEST(each_status_says_what_to_do)
{
    CHECK_EQ(store_class(PEVM_OK), CLASS_FINE);
    CHECK_EQ(store_class(PEVM_NOT_FOUND), CLASS_NOT_FOUND);
    CHECK_EQ(store_class(PEVM_UNAVAILABLE), CLASS_TRANSIENT);
    CHECK_EQ(store_class(PEVM_FENCED), CLASS_FENCED);
    CHECK_EQ(store_class(PEVM_IO), CLASS_FATAL);
    CHECK_EQ(store_class(PEVM_CORRUPT), CLASS_FATAL);
    CHECK_EQ(store_class((enum pevm_status)1000), CLASS_FATAL);
}

TEST(a_token_is_a_decimal_number)
{
    char text[TOKEN_TEXT_SIZE];
    uint64_t token;
    static const char *const bad[] = {"", " 1", "1 ", "-1", "x", "18446744073709551616"};
    CHECK_EQ(token_write(text, UINT64_MAX), 20);
    CHECK_EQ(token_read(&token, bytes_of(text, 20), NULL), PEVM_OK);
    CHECK(token == UINT64_MAX);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_EQ(token_read(&token, bytes_of(bad[i], strlen(bad[i])), NULL), PEVM_CORRUPT);
}

TEST(keys_are_shown_without_what_a_terminal_would_do)
{
    char shown[SHOWN_KEY_SIZE], text[300];
    CHECK_TEXT(key_shown(shown, bytes_of("a\x1b\n\xff", 4)), "a???");
    memset(text, 'x', sizeof text);
    CHECK_EQ(strlen(key_shown(shown, bytes_of(text, sizeof text))), SHOWN_KEY_SIZE - 1);
}

TEST(a_broken_batch_is_not_written)
{
    struct memory_db *db = memory_db_new();
    struct store *store;
    struct error error;
    struct store_batch batch = {0};
    CHECK_EQ(store_memory_open(&store, db, &error), PEVM_OK);
    CHECK_EQ(store_write(store, &batch, 7, &error), PEVM_OK); /* nothing to do, nothing to ask */
    heap_fail(0, 1);
    store_batch_delete(&batch, bytes_of("k", 1));
    heap_fail(0, 0);
    CHECK_EQ(store_write(store, &batch, 0, &error), PEVM_NO_MEMORY);
    store_batch_fini(&batch);
    store_close(store);
    store_close(NULL);
    memory_db_free(db);
}

TEST(a_lease_is_measured_from_before_it_was_asked_for)
{
    struct memory_db *db = memory_db_new();
    struct store *store;
    struct store_lease lease;
    struct error error;
    CHECK_EQ(store_memory_open(&store, db, &error), PEVM_OK);
    store_lease_init(&lease, "me");
    uint64_t before = clock_boot_ns();
    CHECK_EQ(store_lease_take(store, &lease, 1000, &error), PEVM_OK);
    uint64_t after = clock_boot_ns();
    CHECK(lease.until_ns >= before + UINT64_C(1000000000) &&
          lease.until_ns <= after + UINT64_C(1000000000));
    CHECK_EQ(store_lease_keep(store, &lease, 2000, &error), PEVM_OK);
    CHECK(lease.until_ns >= after + UINT64_C(2000000000));
    memory_db_stop_after(db, 0);
    uint64_t until = lease.until_ns;
    CHECK_EQ(store_lease_keep(store, &lease, 3000, &error), PEVM_UNAVAILABLE);
    CHECK(lease.until_ns == until &&
          lease.token != 0); /* it may still be ours, as long as it was */
    CHECK_EQ(store_lease_drop(store, &lease, &error), PEVM_UNAVAILABLE);
    store_close(store);
    memory_db_free(db);
}

TEST(calls_are_counted_with_how_they_ended)
{
    struct memory_db *db = memory_db_new();
    struct store *store;
    struct error error;
    struct store_batch batch = {0};
    struct store_counts counts;
    struct arena arena;
    struct store_item items[3];
    struct bytes keys[] = {bytes_of("a", 1), bytes_of("b", 1), bytes_of("c", 1)}, value;
    CHECK_EQ(store_memory_open(&store, db, &error), PEVM_OK);
    arena_init(&arena, 4096, 0);
    store_batch_set(&batch, keys[0], keys[1], 0);
    store_batch_delete(&batch, keys[1]);
    CHECK_EQ(store_write(store, &batch, 0, &error), PEVM_OK);
    CHECK_EQ(store_write(store, &batch, 7, &error), PEVM_FENCED);
    CHECK_EQ(store_get_many(store, items, keys, 3, &arena, &error), PEVM_OK);
    CHECK_EQ(store_get(store, &value, keys[2], &arena, &error), PEVM_NOT_FOUND);
    memory_db_stop_after(db, 0);
    CHECK_EQ(store_get(store, &value, keys[0], &arena, &error), PEVM_UNAVAILABLE);
    store_count(store, &counts);
    CHECK(counts.reads == 3 && counts.keys == 5 && counts.writes == 2 && counts.changes == 4);
    CHECK(counts.scans == 0 && counts.leases == 0);
    CHECK(counts.ended[CLASS_FINE] == 3 && counts.ended[CLASS_FENCED] == 1 &&
          counts.ended[CLASS_TRANSIENT] == 1);
    CHECK(counts.ended[CLASS_FATAL] == 0 &&
          counts.ended[CLASS_NOT_FOUND] == 0); /* the store did answer */
    uint64_t reads = 0, writes = 0;
    for (size_t i = 0; i < STORE_TIMES; i++) {
        reads += counts.read_times[i];
        writes += counts.write_times[i];
    }
    CHECK(reads == 3 && writes == 2);
    store_batch_fini(&batch);
    store_close(store);
    memory_db_free(db);
    arena_fini(&arena);
}
