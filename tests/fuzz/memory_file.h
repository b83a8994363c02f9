/* memory_file.h - bytes as a file with a path, without a disk: for readers that want to open one. */
#pragma once

#include "fuzz/fuzz.h"

#include <sys/mman.h>

#include <stdio.h>
#include <unistd.h>

struct memory_file {
    int fd;
    char path[48];
};

static inline void memory_file_open(struct memory_file *file, struct bytes content)
{
    file->fd = memfd_create("fuzz", MFD_CLOEXEC);
    ASSERT(file->fd >= 0);
    ASSERT(write(file->fd, content.data, content.size) == (ssize_t)content.size);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static inline void memory_file_close(struct memory_file *file)
{
    close(file->fd);
}
