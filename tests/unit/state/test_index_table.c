#include "base/rng.h"
#include "state/index_table.h"
#include "support/test.h"

#define KEYS 4000

/* Hashes of which many share their first bits, so that entries push one another along and around the end. */
static uint64_t hash_of(uint32_t key)
{
    uint64_t bits = key % 7 == 0 ? 0xfffffff0u + key % 16 : (uint64_t)key * 2654435761u;
    return bits << 32;
}

static bool find(const struct index_table *table, uint32_t key)
{
    struct index_probe probe = index_probe_start(table, hash_of(key));
    uint32_t index;
    while ((index = index_probe_next(table, &probe)) != INDEX_NONE)
        if (index == key) return true;
    return false;
}

TEST(an_empty_table_finds_nothing)
{
    struct index_table table = {0};
    CHECK(!find(&table, 1));
    index_table_clear(&table);
    index_table_fini(&table);
}

TEST(random_entries_are_found_until_they_are_removed)
{
    struct index_table table = {0};
    static bool there[KEYS];
    struct rng rng;
    rng_init(&rng, 1);
    for (unsigned round = 0; round < 40000; round++) {
        uint32_t key = (uint32_t)rng_below(&rng, round < 20000 ? KEYS : 300);
        CHECK_EQ(find(&table, key), there[key]);
        if (there[key]) {
            index_table_remove(&table, hash_of(key), key);
        } else {
            CHECK(index_table_reserve(&table, table.count + 1));
            index_table_put(&table, hash_of(key), key);
        }
        there[key] = !there[key];
    }
    struct index_table copy;
    CHECK(index_table_copy(&copy, &table));
    for (uint32_t key = 0; key < KEYS; key++) {
        CHECK_EQ(find(&table, key), there[key]);
        CHECK_EQ(find(&copy, key), there[key]);
    }
    index_table_clear(&table);
    CHECK_EQ(table.count, 0);
    for (uint32_t key = 0; key < KEYS; key++)
        CHECK(!find(&table, key));
    index_table_fini(&copy);
    index_table_fini(&table);
}

TEST(entries_can_be_forgotten_one_by_one)
{
    struct index_table table = {0};
    CHECK(index_table_reserve(&table, KEYS));
    for (uint32_t key = 0; key < 200; key++)
        index_table_put(&table, hash_of(key), key);
    CHECK(index_table_is_sparse(&table));
    for (uint32_t key = 0; key < 200; key++)
        index_table_forget(&table, hash_of(key), key);
    CHECK_EQ(table.count, 0);
    for (uint32_t key = 0; key < 200; key++)
        CHECK(!find(&table, key));
    index_table_fini(&table);
}
