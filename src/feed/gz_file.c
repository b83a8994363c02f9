#include "feed/gz_file.h"

#include "base/heap.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE ((unsigned)1 << 18)

enum pevm_status gz_file_open(struct gz_file *file, const char *path, struct error *error)
{
    struct stat facts;
    size_t size = strlen(path) + 1;
    *file = (struct gz_file){.path = heap_alloc(size)};
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
    gzbuffer(file->file, BUFFER_SIZE);
    return PEVM_OK;
}

void gz_file_close(struct gz_file *file)
{
    if (file->file != NULL) gzclose_r(file->file);
    heap_free(file->path);
    *file = (struct gz_file){.path = NULL};
}

double gz_file_progress(const struct gz_file *file)
{
    z_off_t done = gzoffset(file->file);
    return file->size == 0 || done < 0 ? 1.0 : (double)done / (double)file->size;
}
