#include "cli/gigagas_code.h"

#include "base/hex.h"
#include "crypto/digest.h"

#include <errno.h>
#include <stdio.h>

#define PATH_SIZE     1024
#define FILE_SIZE_MAX 65536 /* the longest has 48,397 digits */

struct gigagas_file {
    const char *name;
    uint32_t digest;
};

static const struct gigagas_file files[GIGAGAS_COUNT] = {
#define GIGAGAS(code, name, digest) {name, digest},
#include "cli/gigagas_code.def"
#undef GIGAGAS
};

static enum pevm_status file_read(char *text, size_t *size, const char *path, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return error_set(error, PEVM_IO, "%s: %s", path, strerror(errno));
    *size = fread(text, 1, FILE_SIZE_MAX, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    return failed ? error_set(error, PEVM_IO, "%s: cannot be read", path) : PEVM_OK;
}

static bool is_published(const struct gigagas_file *file, const char *text, size_t size)
{
    hash32 digest;
    sha256(&digest, text, size);
    return load_be64(digest.bytes) >> 32 == file->digest;
}

enum pevm_status gigagas_code_read(struct gigagas_code *out,
                                   const char *folder,
                                   enum gigagas_contract contract,
                                   struct arena *arena,
                                   struct error *error)
{
    const struct gigagas_file *file = &files[contract];
    char path[PATH_SIZE];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s.hex", folder, file->name);
    char *text = arena_alloc(arena, FILE_SIZE_MAX);
    if (text == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    TRY(file_read(text, &size, path, error));
    bool is_ours = is_published(file, text, size);
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    *out = (struct gigagas_code){.data = (uint8_t *)text, .size = size / 2};
    if (!is_ours || !hex_decode(out->data, text, size)) /* each byte is written behind its digits */
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "%s: this is not the published bytecode of %s",
                         path,
                         file->name);
    return PEVM_OK;
}

enum pevm_status gigagas_hole_find(struct gigagas_hole *out,
                                   const struct gigagas_code *code,
                                   const char *hex,
                                   struct error *error)
{
    uint8_t bytes[32];
    *out = (struct gigagas_hole){.size = strlen(hex) / 2};
    ASSERT(out->size <= sizeof bytes && hex_decode(bytes, hex, strlen(hex)));
    for (size_t i = 0; i + out->size <= code->size; i++) {
        if (memcmp(code->data + i, bytes, out->size) != 0) continue;
        if (out->count == GIGAGAS_PLACES_MAX)
            return error_set(error, PEVM_BAD_INPUT, "%s is in the bytecode too often", hex);
        out->places[out->count++] = i;
    }
    return out->count > 0 ? PEVM_OK
                          : error_set(error, PEVM_BAD_INPUT, "%s is not in the bytecode", hex);
}

void gigagas_hole_fill(struct gigagas_code *code,
                       const struct gigagas_hole *hole,
                       const uint8_t *bytes)
{
    for (size_t i = 0; i < hole->count; i++)
        memcpy(code->data + hole->places[i], bytes, hole->size);
}
