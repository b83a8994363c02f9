/* path_list.h - the files that a PATH means: itself, or those of a directory whose names end as wanted, sorted by name. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct listed_file {
    char *path;
    uint64_t size;
};

struct path_list {
    struct listed_file *files;
    size_t count, capacity;
    uint64_t bytes; /* of all */
};

/* PEVM_NOT_FOUND: nothing is there, or no such file in the directory. */
enum pevm_status path_list_open(struct path_list *out,
                                const char *path,
                                const char *suffix,
                                struct error *error) MUST_CHECK;
void path_list_fini(struct path_list *list); /* of a zeroed object: nothing */
