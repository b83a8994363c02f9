#include "feed/e2store.h"

#include "base/heap.h"

#include <errno.h>
#include <inttypes.h>

#define READ_STEP                                                                                  \
    ((size_t)1 << 20) /* memory grows with what was read, not with what a length claims */

void e2store_init(struct e2store *store, FILE *file, const char *name)
{
    *store = (struct e2store){.file = file, .name = name};
}

void e2store_fini(struct e2store *store)
{
    heap_free(store->buffer);
    *store = (struct e2store){0};
}

static enum pevm_status tell(const struct e2store *store,
                             enum pevm_status status,
                             const char *words,
                             struct error *error)
{
    return error_set(
        error, status, "%s: offset %" PRIu64 ": %s", store->name, store->offset, words);
}

/* *got < size only at the end of the file. */
static enum pevm_status read_bytes(
    struct e2store *store, void *to, size_t size, size_t *got, struct error *error)
{
    *got = fread(to, 1, size, store->file);
    if (*got < size && ferror(store->file) != 0)
        return tell(store, PEVM_IO, strerror(errno), error);
    return PEVM_OK;
}

static enum pevm_status reserve(struct e2store *store, size_t size, struct error *error)
{
    if (size <= store->capacity) return PEVM_OK;
    size_t capacity = 2 * store->capacity > size ? 2 * store->capacity : size;
    uint8_t *buffer = heap_realloc(store->buffer, capacity);
    if (buffer == NULL) return tell(store, PEVM_NO_MEMORY, "out of memory", error);
    store->buffer = buffer;
    store->capacity = capacity;
    return PEVM_OK;
}

static enum pevm_status read_data(struct e2store *store, size_t size, struct error *error)
{
    for (size_t at = 0; at < size;) { /* ends: at grows */
        size_t step = size - at < READ_STEP ? size - at : READ_STEP, got;
        TRY(reserve(store, at + step, error));
        TRY(read_bytes(store, store->buffer + at, step, &got, error));
        if (got < step) return tell(store, PEVM_CORRUPT, "the file ends inside an entry", error);
        at += step;
    }
    return PEVM_OK;
}

enum pevm_status e2store_next(struct e2store *store,
                              struct e2store_entry *out,
                              bool *found,
                              struct error *error)
{
    uint8_t head[E2STORE_HEAD_SIZE];
    size_t got;
    *found = false;
    TRY(read_bytes(store, head, sizeof head, &got, error));
    if (got == 0) return PEVM_OK;
    if (got < sizeof head)
        return tell(store, PEVM_CORRUPT, "the file ends inside the head of an entry", error);
    if (head[6] != 0 || head[7] != 0)
        return tell(store, PEVM_CORRUPT, "the reserved bytes of an entry are not zero", error);
    size_t size =
        (size_t)head[2] | (size_t)head[3] << 8 | (size_t)head[4] << 16 | (size_t)head[5] << 24;
    if (size > E2STORE_DATA_MAX)
        return tell(store, PEVM_LIMIT, "an entry claims more than 64 MiB", error);
    TRY(read_data(store, size, error));
    *out = (struct e2store_entry){.type = (unsigned)head[0] | (unsigned)head[1] << 8,
                                  .offset = store->offset,
                                  .data = bytes_of(store->buffer, size)};
    store->offset += E2STORE_HEAD_SIZE + size;
    *found = true;
    return PEVM_OK;
}
