#include "base/heap.h"
#include "support/desk.h"
#include "support/test.h"

#define CACHE_BYTES ((size_t)1 << 20)

static uint64_t read(struct scene *scene, unsigned who, uint64_t key)
{
    address account = desk_address(who);
    u256 word = u256_from_u64(key), value = u256_not(U256_ZERO);
    journal_transient_read(&scene->journal, &account, &word, &value);
    CHECK(u256_fits_u64(value));
    return value.words[0];
}

static void write(struct scene *scene, unsigned who, uint64_t key, uint64_t value)
{
    address account = desk_address(who);
    u256 key_word = u256_from_u64(key), word = u256_from_u64(value);
    CHECK(journal_transient_write(&scene->journal, &account, &key_word, &word));
}

TEST(what_was_never_written_is_zero)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    scene_begin(scene);
    CHECK_EQ(read(scene, 1, 0), 0);
    write(scene, 1, 1, 5);
    CHECK_EQ(read(scene, 1, 0), 0);
    CHECK_EQ(read(scene, 2, 1), 0);
    CHECK_EQ(read(scene, 1, 1), 5);
    scene_free(scene);
}

TEST(each_account_has_its_own)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    scene_begin(scene);
    for (unsigned who = 0; who < 20; who++)
        for (unsigned key = 0; key < 20; key++)
            write(scene, who, key, 1 + who * 100 + key);
    for (unsigned who = 0; who < 20; who++)
        for (unsigned key = 0; key < 20; key++)
            CHECK_EQ(read(scene, who, key), 1 + who * 100 + key);
    CHECK_EQ(scene->journal.account_count, 0); /* nobody was met, nothing was read */
    scene_free(scene);
}

TEST(a_revert_gives_back_what_was_there_before)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    scene_begin(scene);
    write(scene, 1, 1, 5);
    struct journal_checkpoint start = journal_checkpoint(&scene->journal);
    for (unsigned i = 0; i < 500; i++) { /* the table grows in the frame that is undone */
        write(scene, 1, i, 1000 + i);
        write(scene, 1, 1, i);
    }
    write(scene, 1, 1, 0);
    CHECK_EQ(read(scene, 1, 1), 0);
    CHECK_EQ(read(scene, 1, 499), 1499);
    journal_revert(&scene->journal, start);
    CHECK_EQ(read(scene, 1, 1), 5);
    CHECK_EQ(read(scene, 1, 499), 0);
    scene_free(scene);
}

TEST(it_ends_with_the_transaction)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    uint64_t before = 0;
    for (unsigned round = 0; round < 4; round++) {
        if (round == 2) before = heap_calls();
        scene_begin(scene);
        for (unsigned key = 0; key < 1000; key++) {
            CHECK_EQ(read(scene, 1, key), 0);
            write(scene, 1, key, 7);
        }
        CHECK_EQ(scene->journal.transient_count, 1000);
    }
    CHECK_EQ(heap_calls(), before); /* nothing is taken once the table is large enough */
    scene_free(scene);
}
