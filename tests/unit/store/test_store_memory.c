#include "store/store_memory.h"
#include "support/store_behaviour.h"
#include "support/test.h"

static struct memory_db *db;

static enum pevm_status open_memory(struct store_place *place,
                                    struct store **out,
                                    struct error *error)
{
    (void)place;
    return store_memory_open(out, db, error);
}

static void pass_time(struct store_place *place, struct store *store, uint64_t ms)
{
    (void)place;
    (void)store;
    memory_db_pass_time(db, ms);
}

static void renew(struct store_place *place)
{
    (void)place;
    memory_db_free(db);
    db = memory_db_new();
    assert_non_null(db);
}

static struct store_place place = {open_memory, pass_time, NULL, true, true};

TEST(memory_behaves_like_every_store)
{
    store_behave(&place, renew);
}

TEST(a_database_that_stops_has_what_came_before_and_answers_nothing)
{
    struct error error;
    struct store_batch batch = {0};
    struct arena arena;
    struct bytes value;
    renew(&place);
    arena_init(&arena, 4096, 0);
    struct store *store = place_open(&place);
    store_batch_set(&batch, text_bytes("a"), text_bytes("1"), 0);
    store_batch_barrier(&batch);
    store_batch_set(&batch, text_bytes("b"), text_bytes("2"), 0);
    store_batch_set(&batch, text_bytes("c"), text_bytes("3"), 0);
    memory_db_stop_after(db, 2);
    CHECK_EQ(store_write(store, &batch, 0, &error), PEVM_UNAVAILABLE);
    CHECK_EQ(store_get(store, &value, text_bytes("zz"), &arena, &error), PEVM_UNAVAILABLE);
    CHECK_EQ(store_write(store, &batch, 0, &error), PEVM_UNAVAILABLE);
    memory_db_start(db);
    CHECK_TEXT(get_text(store, "b"), "2");
    assert_null(get_text(store, "c"));
    CHECK_EQ(memory_db_changes(db), 2);
    CHECK_EQ(memory_db_count(db), 2);
    store_batch_fini(&batch);
    store_close(store);
    arena_fini(&arena);
    memory_db_free(db);
    db = NULL;
}
