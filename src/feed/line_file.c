#include "feed/line_file.h"

#include "base/heap.h"
#include "feed/gz_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define READ_STEP ((size_t)1 << 18)

struct line_file {
    struct gz_file gz;
    uint64_t number;
    uint8_t *buffer;
    size_t capacity;
    size_t start, end; /* what was read and not given yet */
};

void line_file_close(struct line_file *file)
{
    if (file == NULL) return;
    gz_file_close(&file->gz);
    heap_free(file->buffer);
    heap_free(file);
}

enum pevm_status line_file_open(struct line_file **out, const char *path, struct error *error)
{
    *out = heap_alloc_zeroed(1, sizeof **out);
    if (*out == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = gz_file_open(&(*out)->gz, path, error);
    if (status == PEVM_OK) return PEVM_OK;
    line_file_close(*out);
    *out = NULL;
    return status;
}

uint64_t line_file_number(const struct line_file *file)
{
    return file->number;
}

double line_file_progress(const struct line_file *file)
{
    return gz_file_progress(&file->gz);
}

static enum pevm_status tell(const struct line_file *file,
                             enum pevm_status status,
                             const char *words,
                             struct error *error)
{
    return error_set(
        error, status, "%s: line %" PRIu64 ": %s", file->gz.path, file->number + 1, words);
}

/* Room for a step behind what is there. */
static enum pevm_status make_room(struct line_file *file, struct error *error)
{
    if (file->start > 0) {
        memmove(file->buffer, file->buffer + file->start, file->end - file->start);
        file->end -= file->start;
        file->start = 0;
    }
    if (file->end > LINE_SIZE_MAX)
        return tell(file, PEVM_LIMIT, "the line is longer than 1 GiB", error);
    if (file->capacity - file->end >= READ_STEP) return PEVM_OK;
    size_t capacity = 2 * file->capacity + READ_STEP;
    uint8_t *buffer = heap_realloc(file->buffer, capacity);
    if (buffer == NULL) return tell(file, PEVM_NO_MEMORY, "out of memory", error);
    file->buffer = buffer;
    file->capacity = capacity;
    return PEVM_OK;
}

/* *got = 0 at the end of the file. */
static enum pevm_status read_step(struct line_file *file, size_t *got, struct error *error)
{
    *got = 0;
    TRY(make_room(file, error));
    int count = gzread(file->gz.file, file->buffer + file->end, READ_STEP);
    int code = Z_OK;
    const char *words = gzerror(file->gz.file, &code);
    if (code == Z_ERRNO) return tell(file, PEVM_IO, strerror(errno), error);
    if (code == Z_BUF_ERROR) words = "the compressed file ends too early";
    if (count < 0 || (code != Z_OK && code != Z_STREAM_END))
        return tell(file, PEVM_CORRUPT, words, error);
    *got = (size_t)count;
    file->end += *got;
    return PEVM_OK;
}

enum pevm_status line_file_next(struct line_file *file,
                                struct bytes *out,
                                bool *found,
                                struct error *error)
{
    size_t searched = file->start, got;
    *found = false;
    for (;;) { /* ends: a line, or the file does */
        uint8_t *newline = NULL;
        if (file->end > searched)
            newline = memchr(file->buffer + searched, '\n', file->end - searched);
        if (newline != NULL) {
            const uint8_t *line = file->buffer + file->start;
            *out = bytes_of(line, (size_t)(newline - line));
            file->start += out->size + 1;
            break;
        }
        searched = file->end - file->start;
        TRY(read_step(file, &got, error));
        if (got > 0) continue;
        if (file->end == file->start) return PEVM_OK;
        *out = bytes_of(file->buffer + file->start, file->end - file->start);
        file->start = file->end;
        break;
    }
    if (out->size > 0 && out->data[out->size - 1] == '\r') out->size--;
    *found = true;
    file->number++;
    return PEVM_OK;
}
