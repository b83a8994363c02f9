#include "support/test.h"
#include "trie/nibbles.h"

static struct nibbles path_of(const char *hex)
{
    return nibbles_of_key(test_hex(hex));
}

static void check_compact(struct nibbles path, bool is_leaf, const char *expected)
{
    uint8_t compact[1 + NIBBLES_MAX / 2];
    uint8_t *end = nibbles_put_compact(compact, path, is_leaf);
    CHECK_EQ(end - compact, nibbles_compact_size(path));
    CHECK_HEX(bytes_of(compact, (size_t)(end - compact)), expected);
}

TEST(a_nibble_is_the_high_half_first)
{
    struct nibbles path = path_of("0x1a2f");
    CHECK_EQ(path.count, 4);
    CHECK_EQ(nibbles_at(path, 0), 1);
    CHECK_EQ(nibbles_at(path, 1), 10);
    CHECK_EQ(nibbles_at(nibbles_from(path, 3), 0), 15);
}

TEST(common_nibbles_are_counted_whatever_half_they_start_at)
{
    CHECK_EQ(nibbles_common(path_of("0x1234"), path_of("0x1235")), 3);
    CHECK_EQ(nibbles_common(path_of("0x1234"), path_of("0x12")), 2);
    CHECK_EQ(nibbles_common(path_of("0x1234"), path_of("0x2234")), 0);
    CHECK_EQ(nibbles_common(nibbles_from(path_of("0x01234a"), 1), path_of("0x1234b0")), 4);
}

/* The examples of the Yellow Paper's appendix C form: flag, odd nibble, rest. */
TEST(the_compact_form_has_flag_and_padding)
{
    check_compact(nibbles_from(path_of("0x012345"), 1), false, "112345");
    check_compact(path_of("0x012345"), false, "00012345");
    check_compact(path_of("0x0f1cb8"), true, "200f1cb8");
    check_compact(nibbles_from(path_of("0x0f1cb8"), 1), true, "3f1cb8");
    check_compact(nibbles_from(path_of("0x12"), 2), true, "20");
    /* Slices that end inside a byte. */
    check_compact(nibbles_first(path_of("0x123456"), 3), false, "1123");
    check_compact(nibbles_first(nibbles_from(path_of("0x123456"), 1), 4), false, "002345");
}

TEST(a_compact_form_reads_back)
{
    static const char *const forms[] = {
        "0x20", "0x31", "0x2012", "0x00ab", "0x1f", "0x1123", "0x3fabcdef", "0x00"};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct nibbles path;
        bool is_leaf;
        CHECK(nibbles_read_compact(&path, &is_leaf, test_hex(forms[i])));
        CHECK_EQ(is_leaf, forms[i][2] >= '2');
        check_compact(path, is_leaf, forms[i]);
    }
}

TEST(what_is_no_compact_form_is_refused)
{
    static const char *const forms[] = {
        "0x",
        "0x40",
        "0xf0",
        "0x01",   /* even, but the padding is not zero */
        "0x2f12", /* the same in a leaf */
        "0x0011111111111111111111111111111111111111111111111111111111111111111111", /* 66 nibbles */
        "0x111111111111111111111111111111111111111111111111111111111111111111",     /* 65 */
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct nibbles path;
        bool is_leaf;
        CHECK(!nibbles_read_compact(&path, &is_leaf, test_hex(forms[i])));
    }
}

TEST(paths_join_across_half_bytes)
{
    struct arena arena;
    arena_init(&arena, 256, 0);
    struct nibbles joined;
    CHECK(nibbles_join(&arena, &joined, path_of("0x12"), 3, nibbles_from(path_of("0x0456"), 1)));
    CHECK_EQ(joined.count, 6);
    CHECK_EQ(nibbles_common(joined, path_of("0x123456")), 6);
    CHECK(nibbles_join(&arena, &joined, nibbles_from(path_of("0x12"), 1), -1, path_of("0x34")));
    CHECK_EQ(joined.count, 3);
    CHECK_EQ(nibbles_common(joined, path_of("0x2340")), 3);
    CHECK(nibbles_copy(&arena, &joined, nibbles_from(path_of("0x123456"), 3)));
    CHECK_EQ(joined.count, 3);
    CHECK_EQ(nibbles_common(joined, path_of("0x4560")), 3);
    arena_fini(&arena);
}
