/* line_file.h - the lines of a text file, plain or compressed with gzip. Lines may be long; memory grows with what was read. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define LINE_SIZE_MAX ((size_t)1 << 30)

struct line_file;

enum pevm_status line_file_open(struct line_file **out,
                                const char *path,
                                struct error *error) MUST_CHECK;
void line_file_close(struct line_file *file); /* may be NULL */

/* The next line without its end, until the next call; *found = false at the end of the file. PEVM_CORRUPT: the compressed file is
 * damaged or cut off; PEVM_LIMIT: a line of more than 1 GiB. */
enum pevm_status line_file_next(struct line_file *file,
                                struct bytes *out,
                                bool *found,
                                struct error *error) MUST_CHECK;

/* The number of the last line given, from 1. */
uint64_t line_file_number(const struct line_file *file);

/* How much of the file was read, 0 to 1. */
double line_file_progress(const struct line_file *file);
