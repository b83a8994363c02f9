#include "feed/rlp_file.h"

#include "base/heap.h"
#include "feed/block_source_private.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define GZ_BUFFER ((unsigned)1 << 18)
#define READ_STEP                                                                                  \
    ((size_t)1 << 20) /* memory grows with what was read, not with what a length claims */

struct rlp_file {
    gzFile file;
    char *path;
    uint64_t size;   /* of the file, compressed or not */
    uint64_t offset; /* in the plain bytes */
    uint8_t *buffer;
    size_t capacity;
};

static void rlp_file_close(void *self)
{
    struct rlp_file *file = self;
    if (file->file != NULL) gzclose_r(file->file);
    heap_free(file->path);
    heap_free(file->buffer);
    heap_free(file);
}

static double rlp_file_progress(const void *self)
{
    const struct rlp_file *file = self;
    z_off_t done = gzoffset(file->file);
    return file->size == 0 || done < 0 ? 1.0 : (double)done / (double)file->size;
}

static enum pevm_status tell(const struct rlp_file *file,
                             enum pevm_status status,
                             const char *words,
                             struct error *error)
{
    return error_set(error, status, "%s: offset %" PRIu64 ": %s", file->path, file->offset, words);
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
    int count = gzread(file->file, file->buffer + at, (unsigned)size);
    *got = count < 0 ? 0 : (size_t)count;
    if (*got == size) return PEVM_OK;
    int code;
    const char *words = gzerror(file->file, &code);
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
    out->name = file->path;
    out->offset = file->offset;
    out->has_offset = true;
    file->offset += head + payload;
    return PEVM_OK;
}

static enum pevm_status open_file(struct rlp_file *file, const char *path, struct error *error)
{
    struct stat facts;
    size_t size = strlen(path) + 1;
    file->path = heap_alloc(size);
    if (file->path == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    memcpy(file->path, path, size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(
            error, errno == ENOENT ? PEVM_NOT_FOUND : PEVM_IO, "%s: %s", path, strerror(errno));
    if (fstat(fd, &facts) != 0 || S_ISDIR(facts.st_mode)) {
        close(fd);
        return error_set(error, PEVM_IO, "%s: is no file that can be read", path);
    }
    file->size = (uint64_t)facts.st_size;
    file->file = gzdopen(fd, "rb");
    if (file->file == NULL) {
        close(fd);
        return error_set(error, PEVM_NO_MEMORY, "%s: out of memory", path);
    }
    gzbuffer(file->file, GZ_BUFFER);
    return PEVM_OK;
}

enum pevm_status rlp_file_open(struct block_source **out, const char *path, struct error *error)
{
    static const struct source_kind kind = {rlp_file_next, rlp_file_progress, rlp_file_close};
    *out = NULL;
    struct rlp_file *file = heap_alloc_zeroed(1, sizeof *file);
    if (file == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = open_file(file, path, error);
    if (status != PEVM_OK) {
        rlp_file_close(file);
        return status;
    }
    return block_source_new(out, &kind, file, error);
}
