#include "feed/rlp_file.h"

#include "base/heap.h"
#include "feed/block_source_private.h"
#include "feed/gz_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define READ_STEP                                                                                  \
    ((size_t)1 << 20) /* memory grows with what was read, not with what a length claims */

struct rlp_file {
    struct gz_file gz;
    uint64_t offset; /* in the plain bytes */
    uint8_t *buffer;
    size_t capacity;
};

static void rlp_file_close(void *self)
{
    struct rlp_file *file = self;
    gz_file_close(&file->gz);
    heap_free(file->buffer);
    heap_free(file);
}

static double rlp_file_progress(const void *self)
{
    const struct rlp_file *file = self;
    return gz_file_progress(&file->gz);
}

static enum pevm_status tell(const struct rlp_file *file,
                             enum pevm_status status,
                             const char *words,
                             struct error *error)
{
    return error_set(
        error, status, "%s: offset %" PRIu64 ": %s", file->gz.path, file->offset, words);
}

/* Read up to `size` bytes to buffer + at; fewer only at the end of the file. */
static enum pevm_status fill(
    struct rlp_file *file, size_t at, size_t size, size_t *got, struct error *error)
{
    if (at + size > file->capacity) {
        size_t capacity = 2 * file->capacity > at + size ? 2 * file->capacity : at + size;
        uint8_t *buffer = heap_realloc(file->buffer, capacity);
        if (buffer == NULL) return tell(file, PEVM_NO_MEMORY, "out of memory", error);
        file->buffer = buffer;
        file->capacity = capacity;
    }
    int count = gzread(file->gz.file, file->buffer + at, (unsigned)size);
    *got = count < 0 ? 0 : (size_t)count;
    if (*got == size) return PEVM_OK;
    int code;
    const char *words = gzerror(file->gz.file, &code);
    if (code == Z_OK || code == Z_STREAM_END) return PEVM_OK;
    if (code == Z_ERRNO) return tell(file, PEVM_IO, strerror(errno), error);
    if (code == Z_BUF_ERROR) words = "the compressed file ends too early";
    return tell(file, PEVM_CORRUPT, words, error);
}

static enum pevm_status fill_all(struct rlp_file *file, size_t at, size_t size, struct error *error)
{
    while (size > 0) { /* ends: size shrinks */
        size_t step = size < READ_STEP ? size : READ_STEP, got = 0;
        TRY(fill(file, at, step, &got, error));
        if (got < step) return tell(file, PEVM_BAD_INPUT, "the file ends inside a block", error);
        at += step;
        size -= step;
    }
    return PEVM_OK;
}

/* How long the block is whose first byte is in the buffer; its head is read. */
static enum pevm_status block_size(struct rlp_file *file,
                                   size_t *head,
                                   size_t *payload,
                                   struct error *error)
{
    uint8_t first = file->buffer[0];
    if (first < 0xc0)
        return tell(file,
                    PEVM_BAD_INPUT,
                    "expected a block, which is an RLP list, got an RLP string",
                    error);
    *head = first <= 0xf7 ? 1 : (size_t)first - 0xf7 + 1;
    *payload = first <= 0xf7 ? (size_t)first - 0xc0 : 0;
    TRY(fill_all(file, 1, *head - 1, error));
    if (*head > 1 && file->buffer[1] == 0)
        return tell(file, PEVM_BAD_INPUT, "block: its length has a leading zero byte", error);
    for (size_t i = 1; i < *head; i++) {
        if (*payload > FEED_BLOCK_SIZE_MAX) break;
        *payload = *payload << 8 | file->buffer[i];
    }
    if (*payload > FEED_BLOCK_SIZE_MAX)
        return tell(file, PEVM_LIMIT, "block: it claims more than 64 MiB", error);
    return PEVM_OK;
}

static enum pevm_status rlp_file_next(
    void *self, struct raw_block *out, bool *found, struct arena *scratch, struct error *error)
{
    struct rlp_file *file = self;
    size_t got = 0, head = 0, payload = 0;
    (void)scratch;
    TRY(fill(file, 0, 1, &got, error));
    *found = got == 1;
    if (!*found) return PEVM_OK;
    TRY(block_size(file, &head, &payload, error));
    TRY(fill_all(file, head, payload, error));
    out->encoding = bytes_of(file->buffer, head + payload);
    out->name = file->gz.path;
    out->offset = file->offset;
    out->has_offset = true;
    file->offset += head + payload;
    return PEVM_OK;
}

enum pevm_status rlp_file_open(struct block_source **out, const char *path, struct error *error)
{
    static const struct source_kind kind = {rlp_file_next, rlp_file_progress, rlp_file_close};
    *out = NULL;
    struct rlp_file *file = heap_alloc_zeroed(1, sizeof *file);
    if (file == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = gz_file_open(&file->gz, path, error);
    if (status != PEVM_OK) {
        rlp_file_close(file);
        return status;
    }
    return block_source_new(out, &kind, file, error);
}
