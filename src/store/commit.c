#include "store/commit.h"

#include "store/commit_private.h"
#include "store/receipts_value.h"

#define ARENA_CHUNK_SIZE ((size_t)1 << 18)

void commit_init(struct committer *committer,
                 struct store *store,
                 const struct commit_options *options)
{
    ASSERT(options->window > 0);
    *committer = (struct committer){.store = store, .options = *options};
    arena_init(&committer->arena, ARENA_CHUNK_SIZE, 0);
}

void commit_fini(struct committer *committer)
{
    arena_fini(&committer->arena);
    store_batch_fini(&committer->batch);
}

enum pevm_status commit_no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "no memory to commit a block");
}

bool commit_key(struct committer *committer, const struct key *key, struct bytes *out)
{
    struct key_text text = key_write(key, committer->options.style.lower);
    return arena_copy(&committer->arena, out, key_bytes(&text));
}

static void set_key(struct committer *committer, struct key key, struct bytes value)
{
    struct key_text text = key_write(&key, committer->options.style.lower);
    store_batch_set(&committer->batch, key_bytes(&text), value, 0);
}

void commit_put_progress(struct committer *committer, const struct exec_progress *progress)
{
    char text[PROGRESS_TEXT_SIZE];
    size_t size = exec_progress_write(text, progress);
    set_key(committer, (struct key){.kind = KEY_EXEC_PROGRESS}, bytes_of(text, size));
}

enum pevm_status commit_progress(struct committer *committer,
                                 struct exec_progress *out,
                                 struct error *error)
{
    struct bytes key, value;
    arena_reset(&committer->arena);
    if (!commit_key(committer, &(struct key){.kind = KEY_EXEC_PROGRESS}, &key))
        return commit_no_memory(error);
    TRY(store_get(committer->store, &value, key, &committer->arena, error));
    enum pevm_status status = exec_progress_read(out, value, error);
    if (status != PEVM_OK) error_prefix(error, "idx:exec:progress");
    return status;
}

enum pevm_status commit_start(struct committer *committer,
                              uint64_t number,
                              const hash32 *hash,
                              uint64_t token,
                              struct error *error)
{
    struct exec_progress progress;
    enum pevm_status status = commit_progress(committer, &progress, error);
    if (status == PEVM_OK)
        return error_set(error, PEVM_BAD_INPUT, "idx:exec:progress: there is one already");
    if (status != PEVM_NOT_FOUND) return status;
    progress =
        (struct exec_progress){.number = number, .hash = *hash, .has_hash = true, .epoch = token};
    store_batch_reset(&committer->batch);
    commit_put_progress(committer, &progress);
    return store_write(committer->store, &committer->batch, token, error);
}

/* What the riders are before the block. */
static enum pevm_status put_riders(struct committer *committer,
                                   const struct commit_input *input,
                                   struct error *error)
{
    struct bytes value;
    struct rider_record record = {input->number, input->hash, input->riders, input->rider_count};
    if (input->rider_count == 0) return PEVM_OK;
    if (!riders_write(&value, &record, &committer->arena)) return commit_no_memory(error);
    set_key(committer, key_of_block(KEY_RIDERS, input->number), value);
    return PEVM_OK;
}

/* All four steps; see commit.h. */
static enum pevm_status fill_batch(struct committer *committer,
                                   const struct commit_plan *plan,
                                   const struct commit_input *input,
                                   struct error *error)
{
    struct store_batch *batch = &committer->batch;
    struct bytes record, receipts;
    if (!undo_write(&record, &plan->record, &committer->arena)) return commit_no_memory(error);
    if (!receipts_write(&receipts, input->receipts, input->receipt_count, &committer->arena))
        return commit_no_memory(error);

    store_batch_reset(batch);
    set_key(committer, key_of_block(KEY_UNDO, input->number), record);
    TRY(put_riders(committer, input, error));
    store_batch_barrier(batch);

    undo_put_after(batch, &plan->record, &committer->options.style);
    for (size_t i = 0; i < plan->record.code_count; i++)
        set_key(committer, key_of_code(&plan->new_codes[i].hash), plan->new_codes[i].code);
    set_key(committer, key_of_block(KEY_RECEIPTS, input->number), receipts);
    riders_put_after(batch, input->riders, input->rider_count);
    if (plan->leaving != NULL)
        undo_put_history_gone(batch, plan->leaving, &committer->options.style);
    store_batch_barrier(batch);

    commit_put_progress(
        committer,
        &(struct exec_progress){.number = input->number,
                                .time = input->time,
                                .tx_count = plan->before.tx_count + input->receipt_count,
                                .hash = input->hash,
                                .has_hash = true,
                                .epoch = input->token});
    if (plan->leaving == NULL) return PEVM_OK;
    store_batch_barrier(batch);
    undo_put_gone(batch, plan->leaving->number);
    return PEVM_OK;
}

enum pevm_status commit_block(struct committer *committer,
                              const struct commit_input *input,
                              struct error *error)
{
    struct commit_plan plan;
    arena_reset(&committer->arena);
    TRY(commit_plan(committer, &plan, input, error));
    TRY(fill_batch(committer, &plan, input, error));
    return store_write(committer->store, &committer->batch, input->token, error);
}
