/* vectors.h - the official vectors, for unit tests: files of hex fields inside vectors.tar.zst.
 *
 *   struct vectors vectors;
 *   if (!vectors_open(&vectors, "hashes_generated/keccak_sha256_ripemd160.json")) skip();
 *   while (vectors_next(&vectors, "Input", &input) && vectors_next(&vectors, "keccak256", &expected)) ...
 *   vectors_close(&vectors);
 *
 * The files are flat lists of objects whose fields of interest are strings of hex, always in the same order;
 * so this looks for the next field of a name and needs no JSON reader.
 */
#pragma once

#include "base/arena.h"
#include "base/hex.h"
#include "support/test.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

struct vectors {
    struct arena arena; /* the text and all decoded fields, until vectors_close */
    const char *next;
};

static inline void vectors_close(struct vectors *vectors)
{
    arena_fini(&vectors->arena);
}

/* Read "vectors/<member>"; false when there is no archive here. Fails the test when the archive has no such
 * member. */
static inline bool vectors_open(struct vectors *vectors, const char *member)
{
    const char *path = fixtures_path("vectors.tar.zst");
    if (path == NULL) return false;
    struct archive *archive = archive_read_new();
    archive_read_support_filter_zstd(archive);
    archive_read_support_format_tar(archive);
    if (archive_read_open_filename(archive, path, 1 << 16) != ARCHIVE_OK)
        fail_msg("%s: %s", path, archive_error_string(archive));

    char *text = NULL;
    struct archive_entry *entry;
    arena_init(&vectors->arena, 1 << 16, 0);
    while (text == NULL && archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        const char *name = archive_entry_pathname(entry);
        if (strncmp(name, "vectors/", 8) != 0 || strcmp(name + 8, member) != 0) continue;
        size_t size = (size_t)archive_entry_size(entry);
        text = arena_alloc(&vectors->arena, size + 1);
        assert_non_null(text);
        assert_int_equal(archive_read_data(archive, text, size), size);
        text[size] = 0;
    }
    archive_read_free(archive);
    if (text == NULL) fail_msg("%s has no vectors/%s", path, member);
    vectors->next = text;
    return true;
}

/* The text of the next field `name`, without its quotes; NULL when there is none. */
static inline const char *vectors_find(struct vectors *vectors, const char *name, size_t *size)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\"", name);
    const char *found = strstr(vectors->next, key);
    if (found == NULL) return NULL;
    const char *start = found + strlen(key);
    start += strspn(start, ": \"");
    const char *end = start + strcspn(start, "\",}\n");
    *size = (size_t)(end - start);
    vectors->next = *end == '"' ? end + 1 : end;
    return start;
}

/* The bytes of the next field `name`; false when there is none. */
static inline bool vectors_next(struct vectors *vectors, const char *name, struct bytes *out)
{
    size_t digits;
    const char *start = vectors_find(vectors, name, &digits);
    if (start == NULL) return false;
    if (digits >= 2 && start[0] == '0' && start[1] == 'x') {
        start += 2;
        digits -= 2;
    }
    uint8_t *bytes = arena_alloc(&vectors->arena, digits / 2);
    assert_non_null(bytes);
    if (!hex_decode(bytes, start, digits)) fail_msg("%s is not hex", name);
    *out = bytes_of(bytes, digits / 2);
    return true;
}

/* Whether the next field `name` (a string or a bare word) says `text`; fails when there is none. */
static inline bool vectors_next_is(struct vectors *vectors, const char *name, const char *text)
{
    size_t size = 0;
    const char *found = vectors_find(vectors, name, &size);
    assert_non_null(found);
    return size == strlen(text) && memcmp(found, text, size) == 0;
}

/* Whether a field `name` comes before the next `other`: for lists inside of lists. */
static inline bool vectors_comes_first(struct vectors *vectors, const char *name, const char *other)
{
    struct vectors a = *vectors, b = *vectors;
    size_t size;
    if (vectors_find(&a, name, &size) == NULL) return false;
    return vectors_find(&b, other, &size) == NULL || a.next < b.next;
}
