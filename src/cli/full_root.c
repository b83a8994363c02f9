#include "cli/full_root.h"

#define SCRATCH_CHUNK_BYTES ((size_t)1 << 20)

static enum pevm_status root_after(void *context,
                                   const struct changeset *changes,
                                   hash32 *out,
                                   struct error *error)
{
    struct full_root *full = context;
    struct memory_state *after = memory_state_clone(full->pre_state);
    enum pevm_status status = after == NULL ? PEVM_NO_MEMORY : memory_state_apply(after, changes);
    if (status == PEVM_OK) status = memory_state_root(after, out, &full->scratch);
    memory_state_free(after);
    return status == PEVM_OK ? PEVM_OK
                             : error_set(error, status, "state root: %s", pevm_status_text(status));
}

void full_root_init(struct full_root *full, const struct memory_state *pre_state)
{
    *full = (struct full_root){
        .pre_state = pre_state, .source = {root_after, full}
    };
    arena_init(&full->scratch, SCRATCH_CHUNK_BYTES, 0);
}

void full_root_fini(struct full_root *full)
{
    arena_fini(&full->scratch);
}
