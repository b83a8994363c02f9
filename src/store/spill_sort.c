#include "store/spill_sort.h"

#include "base/assert.h"
#include "base/heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A sorted part of the file, and the piece of it that is in memory. */
struct run {
    uint64_t next, end; /* bytes of the file that are not read yet */
    uint8_t *buffer;
    size_t at, size; /* in the buffer */
};

struct spill_sort {
    struct spill_options options;
    char *folder;
    int file; /* -1: none yet */
    uint8_t *memory;
    size_t room, held; /* entries */
    uint64_t count, written;
    struct run *runs;
    size_t run_count, run_room;
    struct run **heap;        /* the run with the least entry first */
    size_t heap_count, piece; /* bytes of a buffer */
    uint8_t *taken, *last;    /* room for an entry each: from a run, and the one that was given */
    bool has_last;
    size_t given; /* of `memory`, when nothing was spilled */
};

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "no memory to sort");
}

static enum pevm_status io(const struct spill_sort *sort, const char *what, struct error *error)
{
    return error_set(error, PEVM_IO, "%s: %s: %s", sort->folder, what, strerror(errno));
}

enum pevm_status spill_sort_new(struct spill_sort **out,
                                const struct spill_options *options,
                                struct error *error)
{
    size_t size = options->entry_size;
    if (size == 0 || options->memory_bytes / size < 2)
        return error_set(error, PEVM_BAD_INPUT, "no room for two entries to sort");
    struct spill_sort *sort = heap_alloc_zeroed(1, sizeof *sort);
    if (sort == NULL) return no_memory(error);
    sort->options = *options;
    sort->file = -1;
    sort->room = options->memory_bytes / size;
    sort->memory = heap_alloc(sort->room * size);
    sort->taken = heap_alloc(2 * size);
    sort->last = sort->taken == NULL ? NULL : sort->taken + size;
    sort->folder = heap_alloc(strlen(options->folder) + 1);
    if (sort->memory == NULL || sort->taken == NULL || sort->folder == NULL) {
        spill_sort_free(sort);
        return no_memory(error);
    }
    memcpy(sort->folder, options->folder, strlen(options->folder) + 1);
    *out = sort;
    return PEVM_OK;
}

void spill_sort_free(struct spill_sort *sort)
{
    if (sort == NULL) return;
    if (sort->file >= 0) close(sort->file);
    heap_free(sort->memory);
    heap_free(sort->taken);
    heap_free(sort->folder);
    heap_free(sort->runs);
    heap_free(sort->heap);
    heap_free(sort);
}

uint64_t spill_sort_count(const struct spill_sort *sort)
{
    return sort->count;
}

/* ---- runs ---- */

static int compare(const void *a, const void *b, void *size)
{
    return memcmp(a, b, *(const size_t *)size);
}

static void sort_memory(struct spill_sort *sort)
{
    size_t size = sort->options.entry_size;
    qsort_r(sort->memory, sort->held, size, compare, &size);
}

static enum pevm_status open_file(struct spill_sort *sort, struct error *error)
{
    char path[1024];
    int size = snprintf(path, sizeof path, "%s/pevm-sort-XXXXXX", sort->folder);
    if (size < 0 || (size_t)size >= sizeof path) {
        errno = ENAMETOOLONG;
        return io(sort, "no file can be made", error);
    }
    sort->file = mkstemp(path);
    if (sort->file < 0) return io(sort, "no file can be made", error);
    unlink(path);
    return PEVM_OK;
}

static enum pevm_status write_all(struct spill_sort *sort, size_t size, struct error *error)
{
    for (size_t done = 0; done < size;) { /* ends: each round writes some */
        ssize_t count =
            pwrite(sort->file, sort->memory + done, size - done, (off_t)(sort->written + done));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return io(sort, "what is sorted cannot be written", error);
        done += (size_t)count;
    }
    return PEVM_OK;
}

static bool add_run(struct spill_sort *sort, size_t size)
{
    if (sort->run_count == sort->run_room) {
        size_t room = sort->run_room == 0 ? 16 : 2 * sort->run_room;
        struct run *runs = heap_realloc(sort->runs, room * sizeof *runs);
        if (runs == NULL) return false;
        sort->runs = runs;
        sort->run_room = room;
    }
    sort->runs[sort->run_count++] =
        (struct run){.next = sort->written, .end = sort->written + size};
    sort->written += size;
    return true;
}

static enum pevm_status spill(struct spill_sort *sort, struct error *error)
{
    size_t size = sort->held * sort->options.entry_size;
    if (sort->file < 0) TRY(open_file(sort, error));
    sort_memory(sort);
    TRY(write_all(sort, size, error));
    if (!add_run(sort, size)) return no_memory(error);
    sort->held = 0;
    return PEVM_OK;
}

enum pevm_status spill_sort_add(struct spill_sort *sort, const void *entry, struct error *error)
{
    if (sort->held == sort->room) TRY(spill(sort, error));
    size_t size = sort->options.entry_size;
    memcpy(sort->memory + sort->held++ * size, entry, size);
    sort->count++;
    return PEVM_OK;
}

/* ---- the merge ---- */

/* The next piece of a run. size 0: there is none. */
static enum pevm_status refill(struct spill_sort *sort, struct run *run, struct error *error)
{
    size_t size = run->end - run->next < sort->piece ? (size_t)(run->end - run->next) : sort->piece;
    for (size_t done = 0; done < size;) { /* ends: each round reads some */
        ssize_t count =
            pread(sort->file, run->buffer + done, size - done, (off_t)(run->next + done));
        if (count < 0 && errno == EINTR) continue;
        if (count == 0) errno = EIO;
        if (count <= 0) return io(sort, "what is sorted cannot be read", error);
        done += (size_t)count;
    }
    run->next += size;
    run->at = 0;
    run->size = size;
    return PEVM_OK;
}

static const uint8_t *first_of(const struct run *run)
{
    return run->buffer + run->at;
}

/* The run at `place` may be too far up. */
static void sift_down(struct spill_sort *sort, size_t place)
{
    struct run **heap = sort->heap;
    for (;;) { /* ends: it goes down */
        size_t least = place;
        for (size_t child = 2 * place + 1; child <= 2 * place + 2 && child < sort->heap_count;
             child++)
            if (memcmp(first_of(heap[child]), first_of(heap[least]), sort->options.entry_size) < 0)
                least = child;
        if (least == place) return;
        struct run *run = heap[place];
        heap[place] = heap[least];
        heap[least] = run;
        place = least;
    }
}

/* The memory of the entries is shared out among the runs. */
static enum pevm_status begin_merge(struct spill_sort *sort, struct error *error)
{
    size_t size = sort->options.entry_size, share = sort->room / sort->run_count;
    if (share == 0)
        return error_set(error,
                         PEVM_LIMIT,
                         "%zu runs of %zu entries to merge: give the sort more memory",
                         sort->run_count,
                         sort->room);
    sort->piece = share * size;
    sort->heap = heap_alloc_zeroed(sort->run_count, sizeof(struct run *));
    if (sort->heap == NULL) return no_memory(error);
    for (size_t i = 0; i < sort->run_count; i++) {
        sort->runs[i].buffer = sort->memory + i * sort->piece;
        TRY(refill(sort, &sort->runs[i], error));
        sort->heap[sort->heap_count++] = &sort->runs[i];
    }
    for (size_t i = sort->heap_count / 2; i-- > 0;)
        sift_down(sort, i);
    return PEVM_OK;
}

enum pevm_status spill_sort_end(struct spill_sort *sort, struct error *error)
{
    if (sort->run_count == 0) {
        sort_memory(sort);
        return PEVM_OK;
    }
    if (sort->held > 0) TRY(spill(sort, error));
    return begin_merge(sort, error);
}

/* *entry NULL: there is none. Equal ones come one after the other. */
static enum pevm_status take(struct spill_sort *sort, const uint8_t **entry, struct error *error)
{
    size_t size = sort->options.entry_size;
    *entry = NULL;
    if (sort->run_count == 0) {
        if (sort->given < sort->held) *entry = sort->memory + sort->given++ * size;
        return PEVM_OK;
    }
    if (sort->heap_count == 0) return PEVM_OK;
    struct run *run = sort->heap[0];
    memcpy(sort->taken, first_of(run), size); /* the piece may be replaced */
    *entry = sort->taken;
    run->at += size;
    if (run->at == run->size) TRY(refill(sort, run, error));
    if (run->size == 0) sort->heap[0] = sort->heap[--sort->heap_count];
    if (sort->heap_count > 0) sift_down(sort, 0);
    return PEVM_OK;
}

enum pevm_status spill_sort_next(struct spill_sort *sort, const void **entry, struct error *error)
{
    const uint8_t *next;
    size_t size = sort->options.entry_size;
    *entry = NULL;
    do { /* ends: each round takes one */
        TRY(take(sort, &next, error));
        if (next == NULL) return PEVM_OK;
    } while (sort->has_last && memcmp(next, sort->last, size) == 0);
    memcpy(sort->last, next, size);
    sort->has_last = true;
    *entry = sort->last;
    return PEVM_OK;
}
