#include "support/official.h"

#include "fixture/field.h"
#include "fixture/input.h"

bool official_each(const char *archive, const char *part, official_check *check, void *context)
{
    const char *path = fixtures_path(archive);
    if (path == NULL) return false;
    struct error error;
    struct input *input;
    struct input_file file;
    struct arena arena;
    bool found;
    size_t count = 0;
    arena_init(&arena, 1 << 20, 0);
    if (input_open(&input, &path, 1, ".json", &error) != PEVM_OK) fail_msg("%s", error.text);
    for (;;) { /* ends: an archive has an end */
        if (input_next(input, &file, &found, &error) != PEVM_OK) fail_msg("%s", error.text);
        if (!found) break;
        if (strstr(file.member, part) != NULL) {
            const struct json *document;
            arena_reset(&arena);
            struct bytes text = bytes_of(file.data, file.size);
            if (json_parse(&document, text, &arena, &error) != PEVM_OK)
                fail_msg("%s: %s", file.name, error.text);
            check(file.member, document, &arena, context);
            count++;
        }
        input_file_fini(&file);
    }
    input_close(input);
    arena_fini(&arena);
    if (count == 0) fail_msg("%s has no %s", archive, part);
    return true;
}

const char *official_text(const struct json *object, const char *key, struct arena *arena)
{
    struct error error;
    const char *text;
    if (field_text(&text, object, key, arena, &error) != PEVM_OK) fail_msg("%s", error.text);
    return text;
}

uint64_t official_u64(const struct json *object, const char *key)
{
    struct error error;
    uint64_t number;
    if (field_u64(&number, object, key, &error) != PEVM_OK) fail_msg("%s", error.text);
    return number;
}

struct bytes official_bytes(const struct json *object, const char *key, struct arena *arena)
{
    struct error error;
    struct bytes bytes;
    if (field_bytes(&bytes, object, key, arena, &error) != PEVM_OK) fail_msg("%s", error.text);
    return bytes;
}

void official_fixed(void *out, size_t size, const struct json *object, const char *key)
{
    struct error error;
    if (value_fixed(out, size, json_get(object, key), key, &error) != PEVM_OK)
        fail_msg("%s", error.text);
}
