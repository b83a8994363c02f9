#include "support/store_behaviour.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>

static struct error error;

struct bytes text_bytes(const char *text)
{
    return bytes_of(text, strlen(text));
}

struct store *place_open(struct store_place *place)
{
    struct store *store;
    error_clear(&error);
    if (place->open(place, &store, &error) != PEVM_OK) fail_msg("%s", error.text);
    return store;
}

enum pevm_status put_text(struct store *store, const char *key, const char *value, uint64_t token)
{
    struct store_batch batch = {0};
    store_batch_set(&batch, text_bytes(key), text_bytes(value), 0);
    enum pevm_status status = store_write(store, &batch, token, &error);
    store_batch_fini(&batch);
    return status;
}

const char *get_text(struct store *store, const char *key)
{
    static char text[1024];
    struct arena arena;
    struct bytes value;
    arena_init(&arena, 4096, 0);
    enum pevm_status status = store_get(store, &value, text_bytes(key), &arena, &error);
    if (status == PEVM_OK)
        snprintf(text,
                 sizeof text,
                 "%.*s",
                 (int)value.size,
                 value.size == 0 ? "" : (const char *)value.data);
    arena_fini(&arena);
    if (status != PEVM_OK && status != PEVM_NOT_FOUND) fail_msg("%s: %s", key, error.text);
    return status == PEVM_OK ? text : NULL;
}

static void write_batch(struct store *store, struct store_batch *batch, uint64_t token)
{
    if (store_write(store, batch, token, &error) != PEVM_OK) fail_msg("%s", error.text);
    store_batch_fini(batch);
}

static void check_absent(struct store_place *place)
{
    struct store *store = place_open(place);
    struct arena arena;
    struct bytes value;
    arena_init(&arena, 4096, 0);
    CHECK_EQ(store_get(store, &value, text_bytes("st:nothing"), &arena, &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "st:nothing: is absent");
    arena_fini(&arena);
    store_close(store);
}

static void check_change(struct store_place *place)
{
    struct store *store = place_open(place);
    struct store_batch batch = {0};
    store_batch_set(&batch, text_bytes("a"), text_bytes("1"), 0);
    store_batch_set(&batch, text_bytes("b"), text_bytes("2"), 0);
    store_batch_barrier(&batch);
    store_batch_delete(&batch, text_bytes("a"));
    store_batch_delete(&batch, text_bytes("never"));
    store_batch_set(&batch, text_bytes("b"), text_bytes("3"), 0);
    store_batch_set(&batch, text_bytes("empty"), BYTES_EMPTY, 0);
    CHECK_EQ(batch.change_count, 6);
    write_batch(store, &batch, 0);
    assert_null(get_text(store, "a"));
    CHECK_TEXT(get_text(store, "b"), "3");
    CHECK_TEXT(get_text(store, "empty"), "");
    store_close(store);
    store = place_open(place); /* it is still there */
    CHECK_TEXT(get_text(store, "b"), "3");
    store_close(store);
}

static void check_bytes(struct store_place *place)
{
    struct store *store = place_open(place);
    struct store_batch batch = {0};
    struct arena arena;
    struct bytes value;
    uint8_t all[256], key[] = "a\r\n\0b c";
    static uint8_t large[1 << 20];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    memset(large, 0xab, sizeof large);
    store_batch_set(&batch, bytes_of(key, sizeof key), bytes_of(all, sizeof all), 0);
    store_batch_set(&batch, text_bytes("large"), bytes_of(large, sizeof large), 0);
    write_batch(store, &batch, 0);
    arena_init(&arena, 4096, 0);
    CHECK_EQ(store_get(store, &value, bytes_of(key, sizeof key), &arena, &error), PEVM_OK);
    CHECK(bytes_equal(value, bytes_of(all, sizeof all)));
    CHECK_EQ(store_get(store, &value, text_bytes("large"), &arena, &error), PEVM_OK);
    CHECK(bytes_equal(value, bytes_of(large, sizeof large)));
    arena_fini(&arena);
    store_close(store);
}

#define MANY 5000

static struct bytes numbered(struct arena *arena, unsigned number)
{
    char *text = arena_alloc_aligned(arena, 16, 1);
    assert_non_null(text);
    return bytes_of(text, (size_t)snprintf(text, 16, "k%u", number));
}

static void check_many(struct store_place *place)
{
    struct store *store = place_open(place);
    struct store_batch batch = {0};
    struct arena arena;
    static struct bytes keys[MANY];
    static struct store_item items[MANY];
    arena_init(&arena, 1 << 16, 0);
    for (unsigned i = 0; i < MANY; i++) {
        keys[i] = numbered(&arena, i);
        if (i % 3 != 0) store_batch_set(&batch, keys[i], keys[i], 0);
    }
    write_batch(store, &batch, 0);
    CHECK_EQ(store_get_many(store, items, keys, MANY, &arena, &error), PEVM_OK);
    for (unsigned i = 0; i < MANY; i++) {
        CHECK_EQ(items[i].found, i % 3 != 0);
        if (items[i].found) CHECK(bytes_equal(items[i].value, keys[i]));
    }
    CHECK_EQ(store_get_many(store, items, keys, 0, &arena, &error), PEVM_OK);
    arena_fini(&arena);
    store_close(store);
}

struct tally {
    unsigned count, sum, limit;
    uint8_t seen[MANY];
};

static bool on_key(void *context, struct bytes key, struct bytes value)
{
    struct tally *tally = context;
    char text[16];
    unsigned number;
    CHECK(bytes_equal(key, value) && key.size < sizeof text);
    memcpy(text, key.data, key.size);
    text[key.size] = 0;
    CHECK_EQ(sscanf(text, "k%u", &number), 1);
    CHECK(number < MANY);
    tally->sum += tally->seen[number] == 0;
    tally->seen[number] = 1;
    return ++tally->count < tally->limit;
}

static void check_scan(struct store_place *place)
{
    struct store *store = place_open(place);
    struct store_batch batch = {0};
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    for (unsigned i = 0; i < MANY; i++) {
        struct bytes key = numbered(&arena, i);
        store_batch_set(&batch, key, key, 0);
    }
    store_batch_set(&batch, text_bytes("j"), text_bytes("x"), 0);
    store_batch_set(&batch, text_bytes("l"), text_bytes("x"), 0);
    store_batch_set(&batch, text_bytes("[k]?*\\"), text_bytes("x"), 0);
    write_batch(store, &batch, 0);
    static struct tally tally;
    tally = (struct tally){.limit = UINT32_MAX};
    CHECK_EQ(store_scan(store, text_bytes("k"), on_key, &tally, &error), PEVM_OK);
    CHECK_EQ(tally.sum, MANY);
    tally = (struct tally){.limit = UINT32_MAX};
    CHECK_EQ(store_scan(store, text_bytes("k12"), on_key, &tally, &error), PEVM_OK);
    CHECK_EQ(tally.sum, 111); /* 12, 120 to 129, 1200 to 1299 */
    tally = (struct tally){.limit = 7};
    CHECK_EQ(store_scan(store, text_bytes("k"), on_key, &tally, &error), PEVM_OK);
    CHECK_EQ(tally.count, 7);
    tally = (struct tally){.limit = UINT32_MAX};
    CHECK_EQ(store_scan(store, text_bytes("k?"), on_key, &tally, &error), PEVM_OK); /* no pattern */
    CHECK_EQ(store_scan(store, text_bytes("nothing"), on_key, &tally, &error), PEVM_OK);
    CHECK_EQ(tally.count, 0);
    arena_fini(&arena);
    store_close(store);
}

static void check_ttl(struct store_place *place)
{
    if (!place->forgets) return;
    struct store *store = place_open(place);
    struct store_batch batch = {0};
    store_batch_set(&batch, text_bytes("soon"), text_bytes("1"), 50);
    store_batch_set(&batch, text_bytes("later"), text_bytes("2"), 100000);
    store_batch_set(&batch, text_bytes("never"), text_bytes("3"), 0);
    write_batch(store, &batch, 0);
    place->pass_time(place, store, 60);
    assert_null(get_text(store, "soon"));
    CHECK_TEXT(get_text(store, "later"), "2");
    CHECK_TEXT(get_text(store, "never"), "3");
    store_close(store);
}

static void take(struct store *store, struct store_lease *lease, const char *owner, uint64_t ttl_ms)
{
    store_lease_init(lease, owner);
    if (store_lease_take(store, lease, ttl_ms, &error) != PEVM_OK) fail_msg("%s", error.text);
}

static void check_one_leads(struct store_place *place)
{
    struct store *store = place_open(place);
    struct store_lease one, other;
    take(store, &one, "one", 100000);
    CHECK(one.token != 0);
    take(store, &other, "other", 100000);
    CHECK_EQ(other.token, 0);
    CHECK_EQ(store_lease_keep(store, &one, 100000, &error), PEVM_OK);
    CHECK_EQ(store_lease_keep(store, &other, 100000, &error), PEVM_FENCED);
    CHECK_EQ(put_text(store, "a", "1", one.token), PEVM_OK);
    CHECK_EQ(store_lease_drop(store, &one, &error), PEVM_OK);
    CHECK_EQ(one.token, 0);
    CHECK_EQ(store_lease_drop(store, &one, &error), PEVM_OK); /* again is nothing */
    take(store, &other, "other", 100000);
    CHECK(other.token != 0);
    store_close(store);
}

static void check_fence(struct store_place *place)
{
    struct store *store = place_open(place);
    struct store_lease one, other;
    take(store, &one, "one", 50);
    CHECK_EQ(put_text(store, "a", "1", one.token), PEVM_OK);
    uint64_t old = one.token;
    place->pass_time(place, store, 60);
    /* Nobody has taken over: what it writes is still allowed. */
    CHECK_EQ(put_text(store, "a", "2", old), PEVM_OK);
    take(store, &other, "other", 100000);
    CHECK(other.token > old);
    CHECK_EQ(put_text(store, "a", "3", old), PEVM_FENCED);
    CHECK_TEXT(get_text(store, "a"), "2");
    CHECK_EQ(store_lease_keep(store, &one, 50, &error), PEVM_FENCED);
    CHECK_EQ(one.token, 0);
    CHECK_EQ(put_text(store, "a", "4", other.token), PEVM_OK);
    CHECK_TEXT(get_text(store, "a"), "4");
    CHECK_EQ(store_lease_keep(store, &other, 100000, &error), PEVM_OK);
    CHECK_EQ(put_text(store, "b", "x", 0), PEVM_OK); /* tools have no token */
    store_close(store);
}

static void check_two_stores(struct store_place *place)
{
    if (!place->opens_many) return;
    struct store *store = place_open(place), *second = place_open(place);
    struct store_lease one, other;
    take(store, &one, "one", 100000);
    take(second, &other, "other", 100000);
    CHECK(one.token != 0 && other.token == 0);
    CHECK_EQ(put_text(store, "a", "1", one.token), PEVM_OK);
    CHECK_TEXT(get_text(second, "a"), "1");
    CHECK_EQ(put_text(second, "a", "2", one.token + 1), PEVM_FENCED);
    store_close(store);
    store_close(second);
}

const struct store_behaviour store_behaviours[] = {
    {"what is not there is absent",             check_absent    },
    {"changes are applied in order and stay",   check_change    },
    {"keys and values are any bytes",           check_bytes     },
    {"many keys are read at once",              check_many      },
    {"a scan visits every key with the prefix", check_scan      },
    {"what has a time to live expires",         check_ttl       },
    {"one leads",                               check_one_leads },
    {"who was replaced cannot write",           check_fence     },
    {"two stores on one place see the same",    check_two_stores},
};
const size_t store_behaviour_count = COUNT_OF(store_behaviours);

void store_behave(struct store_place *place, void (*renew)(struct store_place *place))
{
    for (size_t i = 0; i < store_behaviour_count; i++) {
        print_message("  %s\n", store_behaviours[i].name);
        renew(place);
        store_behaviours[i].check(place);
    }
}
