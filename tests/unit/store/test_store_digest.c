#include "store/store_digest.h"
#include "store/store_memory.h"
#include "support/store_behaviour.h"
#include "support/test.h"

static struct error error;

static hash32 digest_of(const char *const *pairs, size_t count)
{
    struct memory_db *db = memory_db_new();
    struct store *store;
    hash32 out;
    CHECK_EQ(store_memory_open(&store, db, &error), PEVM_OK);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ(put_text(store, pairs[2 * i], pairs[2 * i + 1], 0), PEVM_OK);
    CHECK_EQ(store_digest(store, &out, &error), PEVM_OK);
    store_close(store);
    memory_db_free(db);
    return out;
}

TEST(a_digest_is_that_of_the_contents)
{
    static const char *const one[] = {"st:latest:a", "1", "st:code:b", "2", "blk:rcpt:1", "3"};
    static const char *const order[] = {"blk:rcpt:1", "3", "st:latest:a", "1", "st:code:b", "2"};
    static const char *const more[] = {"st:latest:a",
                                       "1",
                                       "st:code:b",
                                       "2",
                                       "blk:rcpt:1",
                                       "3",
                                       "idx:exec:progress",
                                       "4",
                                       "st:7:acc:x",
                                       "5"};
    static const char *const other_value[] = {
        "st:latest:a", "1", "st:code:b", "2", "blk:rcpt:1", "4"};
    static const char *const other_key[] = {
        "st:latest:a", "1", "st:code:b", "2", "blk:rcpt:2", "3"};
    static const char *const shifted[] = {"st:latest:a1", "", "st:code:b", "2", "blk:rcpt:1", "3"};
    hash32 a = digest_of(one, 3), b = digest_of(order, 3), c = digest_of(more, 5);
    hash32 d = digest_of(other_value, 3), e = digest_of(other_key, 3), f = digest_of(shifted, 3),
           none = digest_of(NULL, 0);
    CHECK(hash32_equal(&a, &b) && hash32_equal(&a, &c));
    CHECK(!hash32_equal(&a, &d) && !hash32_equal(&a, &e) && !hash32_equal(&a, &f) &&
          !hash32_equal(&a, &none));
    CHECK_HEX(bytes_of(none.bytes, 32),
              "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}
