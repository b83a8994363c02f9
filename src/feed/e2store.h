/* e2store.h - the container of era files: entries of a type, a length and data, one behind the other.
 *
 *     type (2 bytes)   length (4 bytes, little-endian)   reserved (2 bytes, zero)   data
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdio.h>

#define E2STORE_HEAD_SIZE 8
#define E2STORE_DATA_MAX  ((size_t)64 << 20)

/* The two bytes of a type as a number, little-endian. */
enum e2store_type {
    E2STORE_VERSION = 0x3265, /* "e2" */
    ERA1_HEADER = 0x0003,
    ERA1_BODY = 0x0004,
    ERA1_RECEIPTS = 0x0005,
    ERA1_TOTAL_DIFFICULTY = 0x0006,
    ERA1_ACCUMULATOR = 0x0007,
    ERA1_BLOCK_INDEX = 0x3266, /* "f2" */
};

struct e2store_entry {
    unsigned type;     /* enum e2store_type, or another */
    uint64_t offset;   /* of the entry in the file */
    struct bytes data; /* lives until the next read into the same entry buffer */
};

struct e2store {
    FILE *file;       /* borrowed */
    const char *name; /* for errors; borrowed */
    uint64_t offset;  /* of the next entry */
    uint8_t *buffer;
    size_t capacity;
};

void e2store_init(struct e2store *store, FILE *file, const char *name);
void e2store_fini(struct e2store *store); /* does not close the file */

/* *found = false at the end of the file. PEVM_CORRUPT: cut off inside an entry, or the reserved bytes are not zero; PEVM_LIMIT: an
 * entry of more than 64 MiB; the text names file and offset. */
enum pevm_status e2store_next(struct e2store *store,
                              struct e2store_entry *out,
                              bool *found,
                              struct error *error) MUST_CHECK;
