#include "support/test.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/heap.h"
#include "base/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEST_COUNT_MAX 512

static struct CMUnitTest tests[TEST_COUNT_MAX];
static size_t test_count;

void test_register(const char *name, void (*run)(void **))
{
    ASSERT(test_count < TEST_COUNT_MAX);
    tests[test_count++] = (struct CMUnitTest){.name = name, .test_func = run};
}

static struct arena hex_arena; /* reachable until the end, so no leak to a leak checker */

struct bytes test_hex(const char *text)
{
    if (text[0] == '0' && text[1] == 'x') text += 2;
    size_t digits = strlen(text);
    if (hex_arena.chunk_size_min == 0) arena_init(&hex_arena, 4096, 0);
    uint8_t *out = arena_alloc(&hex_arena, digits / 2);
    assert_non_null(out);
    if (!hex_decode(out, text, digits)) fail_msg("not hex: %s", text);
    return bytes_of(out, digits / 2);
}

void test_check_hex(struct bytes actual, const char *expected_hex, const char *file, int line)
{
    if (expected_hex[0] == '0' && expected_hex[1] == 'x') expected_hex += 2;
    char *text = heap_alloc(2 * actual.size + 1);
    assert_non_null(text);
    hex_encode(text, actual);
    _assert_string_equal(text, expected_hex, file, line);
    heap_free(text);
}

const char *fixtures_path(const char *name)
{
    static char path[1024];
    const char *root = getenv("PEVM_FIXTURES");
    snprintf(path, sizeof path, "%s/%s", root == NULL ? PEVM_FIXTURES_DEFAULT : root, name);
    if (access(path, R_OK) == 0) return path;
    print_message("skipped: there is no %s; PEVM_FIXTURES says where the official files are\n",
                  path);
    return NULL;
}

int main(void)
{
    return _cmocka_run_group_tests("tests", tests, test_count, NULL, NULL);
}
