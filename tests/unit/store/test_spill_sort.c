#include "base/heap.h"
#include "base/rng.h"
#include "store/spill_sort.h"
#include "support/test.h"

#include <stdlib.h>

#define ENTRY 24
#define MANY  20000

static uint8_t entries[MANY][ENTRY];
static struct error error;

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, ENTRY);
}

/* Some come twice. */
static void fill(size_t count, uint64_t seed)
{
    struct rng rng;
    rng_init(&rng, seed);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && rng_below(&rng, 5) == 0)
            memcpy(entries[i], entries[rng_below(&rng, i)], ENTRY);
        else
            rng_fill(&rng, entries[i], ENTRY);
    }
}

static void check(size_t count, size_t memory_entries)
{
    struct spill_sort *sort;
    struct spill_options options = {"/tmp", memory_entries * ENTRY, ENTRY};
    const void *next;
    CHECK_EQ(spill_sort_new(&sort, &options, &error), PEVM_OK);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ(spill_sort_add(sort, entries[i], &error), PEVM_OK);
    CHECK_EQ(spill_sort_count(sort), count);
    if (spill_sort_end(sort, &error) != PEVM_OK) fail_msg("%s", error.text);
    qsort(entries, count, ENTRY, compare);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare(entries[i], entries[i - 1]) == 0) continue;
        CHECK_EQ(spill_sort_next(sort, &next, &error), PEVM_OK);
        assert_non_null(next);
        assert_memory_equal(next, entries[i], ENTRY);
    }
    for (unsigned i = 0; i < 2; i++) { /* the end stays the end */
        CHECK_EQ(spill_sort_next(sort, &next, &error), PEVM_OK);
        assert_null(next);
    }
    spill_sort_free(sort);
}

TEST(entries_come_out_in_order_each_once_however_little_memory_there_is)
{
    static const size_t counts[] = {0, 1, 2, 3, 100, 999, 1000, 1001, MANY};
    static const size_t memories[] = {150, 1000, 2 * MANY};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        for (size_t j = 0; j < COUNT_OF(memories); j++) {
            fill(counts[i], i);
            check(counts[i], memories[j]);
        }
    }
    fill(4, 1);
    check(4, 2);
}

TEST(what_cannot_be_done_is_told)
{
    struct spill_sort *sort;
    struct spill_options options = {"/tmp/no such folder", 10 * ENTRY, ENTRY};
    enum pevm_status status = PEVM_OK;
    fill(MANY, 1);
    CHECK_EQ(spill_sort_new(&sort, &options, &error), PEVM_OK);
    for (size_t i = 0; i < 11 && status == PEVM_OK; i++)
        status = spill_sort_add(sort, entries[i], &error);
    CHECK_EQ(status, PEVM_IO);
    CHECK_TEXT(error.text, "/tmp/no such folder: no file can be made: No such file or directory");
    spill_sort_free(sort);

    options.folder = "/tmp";
    CHECK_EQ(spill_sort_new(&sort, &options, &error), PEVM_OK);
    for (size_t i = 0; i < 101; i++)
        CHECK_EQ(spill_sort_add(sort, entries[i], &error), PEVM_OK);
    CHECK_EQ(spill_sort_end(sort, &error), PEVM_LIMIT);
    CHECK_TEXT(error.text, "11 runs of 10 entries to merge: give the sort more memory");
    spill_sort_free(sort);

    options.memory_bytes = ENTRY;
    CHECK_EQ(spill_sort_new(&sort, &options, &error), PEVM_BAD_INPUT);
    spill_sort_free(NULL);
}

TEST(without_memory_it_says_so)
{
    for (uint64_t after = 0; after < 8; after++) {
        struct spill_sort *sort = NULL;
        struct spill_options options = {"/tmp", 10 * ENTRY, ENTRY};
        fill(50, 1);
        heap_fail(after, 1);
        enum pevm_status status = spill_sort_new(&sort, &options, &error);
        for (size_t i = 0; i < 50 && status == PEVM_OK; i++)
            status = spill_sort_add(sort, entries[i], &error);
        if (status == PEVM_OK) status = spill_sort_end(sort, &error);
        heap_fail(0, 0);
        CHECK_EQ(status, after < 6 ? PEVM_NO_MEMORY : PEVM_OK);
        if (status == PEVM_OK || after > 3) spill_sort_free(sort);
    }
}
