/* gz_file.h - a file that is read from its beginning to its end, compressed (gzip) or not: zlib tells. One user at a time. */
#pragma once

#include "base/error.h"

#include <stdint.h>
#include <zlib.h>

struct gz_file {
    gzFile file;
    char *path;
    uint64_t size; /* on disk */
};

/* PEVM_NOT_FOUND: there is no such file; PEVM_IO: it cannot be read; PEVM_NO_MEMORY. Whatever comes back, it wants to be closed. */
enum pevm_status gz_file_open(struct gz_file *file,
                              const char *path,
                              struct error *error) MUST_CHECK;
void gz_file_close(struct gz_file *file); /* also one that is all zero */

/* The part that was read, 0 to 1. */
double gz_file_progress(const struct gz_file *file);
