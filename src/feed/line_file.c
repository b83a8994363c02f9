#include "feed/line_file.h"

#include "base/heap.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>
#include <zlib.h>

#define READ_STEP ((size_t)1 << 18)

struct line_file {
    gzFile file;
    char *path;
    uint64_t size, number;
    uint8_t *buffer;
    size_t capacity;
    size_t start, end; /* what was read and not given yet */
};

void line_file_close(struct line_file *file)
{
    if (file == NULL) return;
    if (file->file != NULL) gzclose_r(file->file);
    heap_free(file->path);
    heap_free(file->buffer);
    heap_free(file);
}

static enum pevm_status open_path(struct line_file *file, const char *path, struct error *error)
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
    if (file->file != NULL) return PEVM_OK;
    close(fd);
    return error_set(error, PEVM_NO_MEMORY, "%s: out of memory", path);
}

enum pevm_status line_file_open(struct line_file **out, const char *path, struct error *error)
{
    *out = heap_alloc_zeroed(1, sizeof **out);
    if (*out == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = open_path(*out, path, error);
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
    z_off_t done = gzoffset(file->file);
    return file->size == 0 || done < 0 ? 1.0 : (double)done / (double)file->size;
}

static enum pevm_status tell(const struct line_file *file,
                             enum pevm_status status,
                             const char *words,
                             struct error *error)
{
    return error_set(
        error, status, "%s: line %" PRIu64 ": %s", file->path, file->number + 1, words);
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
    int count = gzread(file->file, file->buffer + file->end, READ_STEP);
    int code = Z_OK;
    const char *words = gzerror(file->file, &code);
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
