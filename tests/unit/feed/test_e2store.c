/* Entries, one behind the other, and files that end too early. */
#include "feed/e2store.h"
#include "support/test.h"

static struct error error;

static enum pevm_status read_all(const char *hex, size_t *count, struct e2store_entry *last)
{
    struct bytes content = test_hex(hex);
    FILE *file = fmemopen((void *)(uintptr_t)content.data, content.size, "rb");
    struct e2store store;
    bool found = true;
    enum pevm_status status = PEVM_OK;
    assert_non_null(file);
    e2store_init(&store, file, "file");
    for (*count = 0; found && status == PEVM_OK;) {
        status = e2store_next(&store, last, &found, &error);
        *count += found && status == PEVM_OK;
    }
    e2store_fini(&store);
    fclose(file);
    return status;
}

TEST(entries_come_in_their_order_with_their_places)
{
    struct e2store_entry entry;
    size_t count;
    CHECK_EQ(read_all("6532000000000000223204000000000001020304", &count, &entry), PEVM_OK);
    CHECK_EQ(count, 2);
    CHECK_EQ(entry.type, 0x3222);
    CHECK_EQ(entry.offset, 8);
}

TEST(what_is_no_entry_is_told_with_its_offset)
{
    static const struct {
        const char *hex;
        enum pevm_status status;
        const char *words;
    } cases[] = {
        {"65320000000000",
         PEVM_CORRUPT,                                     "file: offset 0: the file ends inside the head of an entry"  },
        {"6532000000000000223204000000000001",
         PEVM_CORRUPT,                                     "file: offset 8: the file ends inside an entry"              },
        {"6532000000000100",
         PEVM_CORRUPT,                                     "file: offset 0: the reserved bytes of an entry are not zero"},
        {"65320100000400ff00",
         PEVM_CORRUPT,                                     "file: offset 0: the reserved bytes of an entry are not zero"},
        {"6532ffffffff0000",                   PEVM_LIMIT, "file: offset 0: an entry claims more than 64 MiB"           },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct e2store_entry entry;
        size_t count;
        CHECK_EQ(read_all(cases[i].hex, &count, &entry), cases[i].status);
        CHECK_TEXT(error.text, cases[i].words);
    }
}
