#include "api/api_private.h"
#include "base/heap.h"

#define SCRATCH_CHUNK_BYTES ((size_t)1 << 20)

static enum view_answer known_block_hash(void *context, uint64_t number, hash32 *out)
{
    const struct pevm_state *state = context;
    size_t place = number % BLOCK_HASHES_KEPT;
    if (!state->block_hashes[place].is_known || state->block_hashes[place].number != number)
        return VIEW_FAILED;
    *out = state->block_hashes[place].hash;
    return VIEW_OK;
}

EXPORT enum pevm_status pevm_state_new(pevm_state **out)
{
    ASSERT(out != NULL);
    *out = NULL;
    struct pevm_state *state = heap_alloc_zeroed(1, sizeof *state);
    if (state == NULL) return PEVM_NO_MEMORY;
    state->memory = memory_state_new();
    if (state->memory == NULL) {
        heap_free(state);
        return PEVM_NO_MEMORY;
    }
    memory_state_set_block_hashes(state->memory, known_block_hash, state);
    arena_init(&state->scratch, SCRATCH_CHUNK_BYTES, 0);
    *out = state;
    return PEVM_OK;
}

EXPORT void pevm_state_free(pevm_state *state)
{
    if (state == NULL) return;
    memory_state_free(state->memory);
    arena_fini(&state->scratch);
    heap_free(state);
}

EXPORT enum pevm_status pevm_state_set_account(pevm_state *state,
                                               const address *who,
                                               uint64_t nonce,
                                               const u256 *balance,
                                               struct pevm_bytes code)
{
    hash32 hash;
    ASSERT(state != NULL && who != NULL && balance != NULL);
    ASSERT(code.data != NULL || code.size == 0);
    TRY(memory_state_add_code(state->memory, bytes_of(code.data, code.size), &hash));
    return memory_state_set_account(state->memory, who, nonce, balance, &hash);
}

EXPORT enum pevm_status pevm_state_set_slot(pevm_state *state,
                                            const address *who,
                                            const u256 *slot,
                                            const u256 *value)
{
    struct pevm_account account;
    ASSERT(slot != NULL && value != NULL);
    pevm_state_account(state, &account, who);
    if (!account.exists) return PEVM_NOT_FOUND;
    return memory_state_set_slot(state->memory, who, slot, value);
}

EXPORT void pevm_state_set_block_hash(pevm_state *state, uint64_t number, const hash32 *hash)
{
    ASSERT(state != NULL && hash != NULL);
    size_t place = number % BLOCK_HASHES_KEPT;
    state->block_hashes[place].number = number;
    state->block_hashes[place].hash = *hash;
    state->block_hashes[place].is_known = true;
}

EXPORT enum pevm_status pevm_state_apply(pevm_state *state, const struct pevm_changes *changes)
{
    ASSERT(state != NULL && changes != NULL);
    struct changeset inside = changes_in(changes);
    return memory_state_apply(state->memory, &inside);
}

EXPORT enum pevm_status pevm_state_root(pevm_state *state, hash32 *out)
{
    ASSERT(state != NULL && out != NULL);
    return memory_state_root(state->memory, out, &state->scratch);
}

/* ---- as a view: `context` is the state; what lies in memory can always be read, but for block hashes and code ---- */

static enum pevm_answer give(enum view_answer answer)
{
    return answer == VIEW_OK ? PEVM_ANSWER_OK : PEVM_ANSWER_FAILED;
}

static enum pevm_answer give_account(void *context, const address *who, struct pevm_account *out)
{
    const struct pevm_state *state = context;
    struct view view = memory_state_view(state->memory);
    struct view_account account;
    *out = (struct pevm_account){.exists = 0};
    enum view_answer answer = view.ops->account(view.context, who, VIEW_ALL_PARTS, &account);
    if (answer != VIEW_OK || !account.exists) return give(answer);
    out->exists = 1;
    out->balance = account.balance;
    out->nonce = account.nonce;
    out->code_hash = account.code_hash;
    return PEVM_ANSWER_OK;
}

static enum pevm_answer give_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct pevm_state *state = context;
    struct view view = memory_state_view(state->memory);
    return give(view.ops->slot(view.context, who, slot, out));
}

static enum pevm_answer give_code(void *context,
                                  const address *who,
                                  const hash32 *code_hash,
                                  struct pevm_bytes *out)
{
    const struct pevm_state *state = context;
    struct view view = memory_state_view(state->memory);
    struct bytes code = BYTES_EMPTY;
    enum view_answer answer = view.ops->code(view.context, who, code_hash, &code);
    *out = (struct pevm_bytes){code.data, code.size};
    return give(answer);
}

static enum pevm_answer give_has_storage(void *context, const address *who, uint8_t *out)
{
    const struct pevm_state *state = context;
    struct view view = memory_state_view(state->memory);
    bool has = false;
    enum view_answer answer = view.ops->has_storage(view.context, who, &has);
    *out = has;
    return give(answer);
}

static enum pevm_answer give_block_hash(void *context, uint64_t number, hash32 *out)
{
    return give(known_block_hash(context, number, out));
}

static enum pevm_answer give_root(void *context, const struct pevm_changes *changes, hash32 *out)
{
    struct pevm_state *state = context;
    struct changeset inside = changes_in(changes);
    enum pevm_status status = memory_state_root_after(state->memory, &inside, out, &state->scratch);
    return status == PEVM_OK ? PEVM_ANSWER_OK : PEVM_ANSWER_FAILED;
}

EXPORT void pevm_state_view(pevm_state *state, struct pevm_view *out)
{
    ASSERT(state != NULL && out != NULL && out->struct_size >= sizeof *out);
    *out = (struct pevm_view){
        .struct_size = out->struct_size,
        .context = state,
        .account = give_account,
        .slot = give_slot,
        .code = give_code,
        .has_storage = give_has_storage,
        .block_hash = give_block_hash,
        .state_root = give_root,
    };
}

EXPORT void pevm_state_account(const pevm_state *state,
                               struct pevm_account *out,
                               const address *who)
{
    ASSERT(state != NULL && out != NULL && who != NULL);
    enum pevm_answer answer = give_account((void *)(uintptr_t)state, who, out);
    ASSERT(answer == PEVM_ANSWER_OK);
}

EXPORT void pevm_state_slot(const pevm_state *state,
                            u256 *out,
                            const address *who,
                            const u256 *slot)
{
    ASSERT(state != NULL && out != NULL && who != NULL && slot != NULL);
    enum pevm_answer answer = give_slot((void *)(uintptr_t)state, who, slot, out);
    ASSERT(answer == PEVM_ANSWER_OK);
}
