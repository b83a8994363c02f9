#include "base/hex.h"
#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"
#include "support/official.h"

#define DEPTH_MAX 32

/* Is `input` one item, well formed at every depth, with nothing behind it? */
static bool is_well_formed(struct bytes input)
{
    struct bytes left[DEPTH_MAX];
    struct rlp_item item;
    if (rlp_next(&input, &item) != RLP_OK || input.size > 0) return false;
    left[0] = item.is_list ? item.payload : BYTES_EMPTY;
    for (size_t depth = 1; depth > 0;) { /* ends: every round takes bytes or goes up */
        struct bytes *list = &left[depth - 1];
        if (list->size == 0) {
            depth--;
            continue;
        }
        if (rlp_next(list, &item) != RLP_OK) return false;
        if (!item.is_list) continue;
        CHECK(depth < DEPTH_MAX);
        left[depth++] = item.payload;
    }
    return true;
}

/* Encode a value of the test file: text, number, "#decimal", list. */
static uint8_t *put_value(uint8_t *to, const struct json *value)
{
    struct bytes text = value->text;
    if (value->kind == JSON_ARRAY) {
        uint8_t *payload = to + RLP_HEAD_SIZE_MAX, *end = payload;
        for (const struct json *item = value->first; item != NULL; item = item->next)
            end = put_value(end, item);
        uint8_t *start = rlp_close_list(payload, end);
        size_t size = (size_t)(end - start);
        memmove(to, start, size);
        return to + size;
    }
    if (value->kind == JSON_STRING && (text.size == 0 || text.data[0] != '#'))
        return rlp_put_bytes(to, text);
    size_t sign = value->kind == JSON_STRING ? 1 : 0; /* '#' */
    u256 number;
    if (!u256_from_decimal(&number, (const char *)text.data + sign, text.size - sign)) {
        /* The one number wider than 256 bits is 2^256. */
        static const uint8_t wide[33] = {1};
        return rlp_put_bytes(to, bytes_of(wide, sizeof wide));
    }
    return rlp_put_u256(to, &number);
}

static struct bytes hex_of(const struct json *test, struct arena *arena)
{
    const struct json *out = json_get(test, "out");
    CHECK(out != NULL && out->kind == JSON_STRING);
    const char *digits = (const char *)out->text.data;
    size_t count = out->text.size;
    if (count >= 2 && digits[0] == '0' && digits[1] == 'x') {
        digits += 2;
        count -= 2;
    }
    uint8_t *bytes = arena_alloc(arena, count / 2 + 1);
    CHECK(bytes != NULL && hex_decode(bytes, digits, count));
    return bytes_of(bytes, count / 2);
}

static void check_file(const char *name,
                       const struct json *file,
                       struct arena *arena,
                       void *context)
{
    int *count = context;
    static uint8_t text[1 << 16];
    for (const struct json *test = file->first; test != NULL; test = test->next, ++*count) {
        struct bytes expected = hex_of(test, arena);
        const struct json *in = json_get(test, "in");
        bool is_valid = !json_text_is(in, "INVALID");
        if (is_well_formed(expected) != is_valid)
            fail_msg("%s: %.*s", name, (int)test->key.size, (const char *)test->key.data);
        if (!is_valid || json_text_is(in, "VALID")) continue;
        struct bytes got = bytes_of(text, (size_t)(put_value(text, in) - text));
        if (!bytes_equal(got, expected))
            fail_msg("%s: %.*s", name, (int)test->key.size, (const char *)test->key.data);
    }
}

TEST(the_official_cases_hold)
{
    int count = 0;
    if (!official_each("tests_misc.tar.zst", "RLPTests/", check_file, &count)) skip();
    print_message("%d cases\n", count);
    CHECK(count >= 50);
}
