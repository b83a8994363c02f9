/* spill_sort.h - sorting more than fits into memory: what does not, goes into a file, in sorted runs that are merged.
 *
 * Entries have a fixed size and are ordered as bytes; equal ones are given once. The file has no name and goes with the sort.
 *
 * Order of calls: spill_sort_new spill_sort_add* spill_sort_end spill_sort_next* spill_sort_free
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spill_sort;

struct spill_options {
    const char *folder; /* where the file is made, when it is needed */
    size_t
        memory_bytes; /* of entries that are sorted at a time; a third of it comes on top while they are */
    size_t entry_size;
};

/* PEVM_NO_MEMORY; PEVM_BAD_INPUT: there is no room for two entries. */
enum pevm_status spill_sort_new(struct spill_sort **out,
                                const struct spill_options *options,
                                struct error *error) MUST_CHECK;
void spill_sort_free(struct spill_sort *sort); /* may be NULL */

/* PEVM_IO names the folder. */
enum pevm_status spill_sort_add(struct spill_sort *sort,
                                const void *entry,
                                struct error *error) MUST_CHECK;

/* That was all. */
enum pevm_status spill_sort_end(struct spill_sort *sort, struct error *error) MUST_CHECK;

/* The next one, ascending; *entry NULL at the end. It lives until the next call. */
enum pevm_status spill_sort_next(struct spill_sort *sort,
                                 const void **entry,
                                 struct error *error) MUST_CHECK;

uint64_t spill_sort_count(const struct spill_sort *sort); /* added so far */
