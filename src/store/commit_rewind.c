/* Going back: after a cut, or over blocks of another branch. */
#include "store/commit.h"
#include "store/commit_private.h"

#include <inttypes.h>

enum pevm_status commit_record(struct committer *committer,
                               uint64_t number,
                               struct undo_record *out,
                               struct error *error)
{
    struct bytes key, value;
    struct key name = key_of_block(KEY_UNDO, number);
    if (!commit_key(committer, &name, &key)) return commit_no_memory(error);
    TRY(store_get(committer->store, &value, key, &committer->arena, error));
    enum pevm_status status = undo_read(out, value, &committer->arena, error);
    if (status == PEVM_OK && out->number != number)
        status =
            error_set(error, PEVM_CORRUPT, "the record is that of block %" PRIu64, out->number);
    if (status != PEVM_OK) error_prefix(error, "st:undo:%" PRIu64, number);
    return status;
}

/* What links a record to its neighbours. */
struct link {
    hash32 hash, parent_hash;
    uint64_t tx_count, time_before;
};

/* As commit_record, but what is read is forgotten but for the link. *found: there is one. */
static enum pevm_status read_link(struct committer *committer,
                                  uint64_t number,
                                  struct link *out,
                                  bool *found,
                                  struct error *error)
{
    struct undo_record record;
    struct arena_mark mark = arena_mark(&committer->arena);
    enum pevm_status status = commit_record(committer, number, &record, error);
    *found = status == PEVM_OK;
    if (*found)
        *out = (struct link){record.hash, record.parent_hash, record.tx_count, record.time_before};
    arena_release(&committer->arena, mark);
    return status == PEVM_NOT_FOUND ? PEVM_OK : status;
}

static enum pevm_status does_not_fit(uint64_t number, struct error *error)
{
    return error_set(error,
                     PEVM_CORRUPT,
                     "st:undo:%" PRIu64 ": does not continue block %" PRIu64
                     " of the store; nothing is changed",
                     number,
                     number - 1);
}

/* The highest block above the progress that has a record; all records in between are there and linked. */
static enum pevm_status find_top(struct committer *committer,
                                 const struct exec_progress *progress,
                                 uint64_t *out,
                                 struct error *error)
{
    hash32 hash = progress->hash;
    bool has_hash = progress->has_hash, found;
    struct link link;
    *out = progress->number;
    for (;;) { /* ends: there are as many records as blocks in the window */
        TRY(read_link(committer, *out + 1, &link, &found, error));
        if (!found) return PEVM_OK;
        if (has_hash && !hash32_equal(&link.parent_hash, &hash))
            return does_not_fit(*out + 1, error);
        hash = link.hash;
        has_hash = true;
        ++*out;
    }
}

/* Riders as before. A record of riders that came with another block of that number is what a cut left. */
static enum pevm_status undo_riders(struct committer *committer,
                                    const struct undo_record *record,
                                    struct error *error)
{
    struct bytes key, value;
    struct rider_record riders;
    struct key name = key_of_block(KEY_RIDERS, record->number);
    if (!commit_key(committer, &name, &key)) return commit_no_memory(error);
    enum pevm_status status = store_get(committer->store, &value, key, &committer->arena, error);
    if (status == PEVM_NOT_FOUND) return PEVM_OK;
    TRY(status);
    status = riders_read(&riders, value, &committer->arena, error);
    if (status != PEVM_OK) error_prefix(error, "evmx:undo:%" PRIu64, record->number);
    TRY(status);
    if (riders.number == record->number && hash32_equal(&riders.hash, &record->hash))
        riders_put_before(&committer->batch, riders.riders, riders.rider_count);
    return PEVM_OK;
}

/* Latest values as before, then the record goes. */
static enum pevm_status undo_block(struct committer *committer,
                                   uint64_t number,
                                   uint64_t token,
                                   struct error *error)
{
    struct undo_record record;
    struct arena_mark mark = arena_mark(&committer->arena);
    TRY(commit_record(committer, number, &record, error));
    store_batch_reset(&committer->batch);
    undo_put_before(&committer->batch, &record, &committer->options.style);
    TRY(undo_riders(committer, &record, error));
    store_batch_barrier(&committer->batch);
    undo_put_gone(&committer->batch, number);
    arena_release(&committer->arena, mark);
    return store_write(committer->store, &committer->batch, token, error);
}

/* Records that should have left the window already: after a cut, or when it was made smaller. */
static enum pevm_status finish_window(struct committer *committer,
                                      uint64_t head,
                                      uint64_t token,
                                      struct error *error)
{
    if (head < committer->options.window) return PEVM_OK;
    for (uint64_t number = head - committer->options.window;;
         number--) { /* ends: at the first gap, or at 0 */
        struct undo_record record;
        struct arena_mark mark = arena_mark(&committer->arena);
        enum pevm_status status = commit_record(committer, number, &record, error);
        if (status == PEVM_NOT_FOUND) return PEVM_OK;
        TRY(status);
        store_batch_reset(&committer->batch);
        undo_put_out(&committer->batch, &record, &committer->options.style);
        arena_release(&committer->arena, mark);
        TRY(store_write(committer->store, &committer->batch, token, error));
        if (number == 0) return PEVM_OK;
    }
}

enum pevm_status commit_recover(struct committer *committer, uint64_t token, struct error *error)
{
    struct exec_progress progress;
    uint64_t top;
    enum pevm_status status = commit_progress(committer, &progress, error);
    if (status == PEVM_NOT_FOUND) return PEVM_OK; /* nothing was ever committed */
    TRY(status);
    TRY(find_top(committer, &progress, &top, error));
    for (; top > progress.number; top--)
        TRY(undo_block(committer, top, token, error));
    return finish_window(committer, progress.number, token, error);
}

/* The progress as it was after block `number`, from the records above it. */
static enum pevm_status progress_at(struct committer *committer,
                                    struct exec_progress *progress,
                                    uint64_t number,
                                    struct error *error)
{
    struct link link;
    bool found;
    uint64_t head = progress->number;
    for (; progress->number > number; progress->number--) {
        TRY(read_link(committer, progress->number, &link, &found, error));
        if (!found)
            return error_set(error,
                             PEVM_LIMIT,
                             "block %" PRIu64 " cannot be reached from block %" PRIu64
                             ": the record of block %" PRIu64 " has left the window",
                             number,
                             head,
                             progress->number);
        if (progress->has_hash && !hash32_equal(&link.hash, &progress->hash))
            return error_set(
                error, PEVM_CORRUPT, "st:undo:%" PRIu64 ": is of another block", progress->number);
        progress->hash = link.parent_hash;
        progress->has_hash = true;
        progress->time = link.time_before;
        progress->tx_count -=
            link.tx_count < progress->tx_count ? link.tx_count : progress->tx_count;
    }
    return PEVM_OK;
}

enum pevm_status commit_rewind(struct committer *committer,
                               uint64_t number,
                               uint64_t token,
                               struct error *error)
{
    struct exec_progress progress;
    TRY(commit_progress(committer, &progress, error));
    if (number > progress.number)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "block %" PRIu64 " is ahead of block %" PRIu64
                         ", the last one in the store",
                         number,
                         progress.number);
    TRY(progress_at(committer, &progress, number, error));
    progress.epoch = token;
    store_batch_reset(&committer->batch);
    commit_put_progress(committer, &progress);
    TRY(store_write(committer->store, &committer->batch, token, error));
    return commit_recover(committer, token, error);
}

/* A record says whose child it is. */
enum pevm_status commit_block_hash(struct committer *committer,
                                   uint64_t number,
                                   hash32 *out,
                                   struct error *error)
{
    struct exec_progress progress;
    struct link link = {.tx_count = 0};
    bool found;
    TRY(commit_progress(committer, &progress, error));
    if (number == progress.number && progress.has_hash) {
        *out = progress.hash;
        return PEVM_OK;
    }
    if (number < progress.number) {
        TRY(read_link(committer, number + 1, &link, &found, error));
        *out = link.parent_hash;
        if (found) return PEVM_OK;
    }
    return error_set(
        error, PEVM_NOT_FOUND, "block %" PRIu64 ": no record says which one was executed", number);
}

enum pevm_status commit_depth(struct committer *committer,
                              uint64_t most,
                              uint64_t *out,
                              struct error *error)
{
    struct exec_progress progress;
    struct link link;
    bool found = true;
    *out = 0;
    TRY(commit_progress(committer, &progress, error));
    while (*out < most && *out < progress.number) { /* ends: *out grows */
        TRY(read_link(committer, progress.number - *out, &link, &found, error));
        if (!found) break;
        ++*out;
    }
    return PEVM_OK;
}
