#include "service/execute_record.h"

#include "base/heap.h"
#include "crypto/keccak.h"
#include "fixture/bundle_write.h"
#include "state/memory_state.h"

#include <string.h>

#define ANCESTORS_MAX 256

struct recorder {
    struct view state;
    struct memory_state *memory;
    uint64_t oldest; /* number of the oldest block whose hash was asked for; UINT64_MAX: none */
};

static enum view_answer note_code(struct recorder *recorder,
                                  const address *who,
                                  const hash32 *code_hash,
                                  struct bytes *out)
{
    hash32 hash;
    enum view_answer answer =
        recorder->state.ops->code(recorder->state.context, who, code_hash, out);
    if (answer != VIEW_OK) return answer;
    return memory_state_add_code(recorder->memory, *out, &hash) == PEVM_OK ? VIEW_OK : VIEW_FAILED;
}

/* Everything of the account: somebody may ask for the rest. The code, too, which the engine does not ask for when it knows it
 * from an earlier block. */
static enum view_answer note_account(struct recorder *recorder,
                                     const address *who,
                                     struct view_account *out)
{
    struct bytes code;
    enum view_answer answer =
        recorder->state.ops->account(recorder->state.context, who, VIEW_ALL_PARTS, out);
    if (answer != VIEW_OK || !out->exists) return answer;
    if (memory_state_set_account(
            recorder->memory, who, out->nonce, &out->balance, &out->code_hash) != PEVM_OK)
        return VIEW_FAILED;
    if (hash32_equal(&out->code_hash, &keccak_empty)) return VIEW_OK;
    return note_code(recorder, who, &out->code_hash, &code);
}

static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    (void)parts;
    return note_account(context, who, out);
}

static enum view_answer note_slot(struct recorder *recorder,
                                  const address *who,
                                  const u256 *slot,
                                  const u256 *value)
{
    struct view_account account;
    if (u256_is_zero(*value)) return VIEW_OK;
    enum view_answer answer = note_account(recorder, who, &account);
    if (answer != VIEW_OK || !account.exists) return answer;
    return memory_state_set_slot(recorder->memory, who, slot, value) == PEVM_OK ? VIEW_OK
                                                                                : VIEW_FAILED;
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct recorder *recorder = context;
    enum view_answer answer = recorder->state.ops->slot(recorder->state.context, who, slot, out);
    return answer == VIEW_OK ? note_slot(recorder, who, slot, out) : answer;
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    return note_code(context, who, code_hash, out);
}

/* That there is some cannot be told apart from which: a slot that nobody asks for says it. */
static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    struct recorder *recorder = context;
    u256 slot, value = U256_ONE;
    enum view_answer answer = recorder->state.ops->has_storage(recorder->state.context, who, out);
    if (answer != VIEW_OK || !*out) return answer;
    hash32 hash;
    keccak256(&hash, who->bytes, sizeof who->bytes);
    slot = u256_from_be(hash.bytes);
    return note_slot(recorder, who, &slot, &value);
}

static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    struct recorder *recorder = context;
    if (number < recorder->oldest) recorder->oldest = number;
    return recorder->state.ops->block_hash(recorder->state.context, number, out);
}

struct view recorder_view(struct recorder *recorder)
{
    static const struct view_ops ops = {.account = on_account,
                                        .slot = on_slot,
                                        .code = on_code,
                                        .has_storage = on_has_storage,
                                        .block_hash = on_block_hash};
    return (struct view){&ops, recorder};
}

enum pevm_status recorder_new(struct recorder **out, const struct view *state, struct error *error)
{
    struct recorder *recorder = heap_alloc_zeroed(1, sizeof *recorder);
    *out = NULL;
    if (recorder != NULL) recorder->memory = memory_state_new();
    if (recorder == NULL || recorder->memory == NULL) {
        heap_free(recorder);
        return error_set(error, PEVM_NO_MEMORY, "no memory to record what a block reads");
    }
    recorder->state = *state;
    recorder->oldest = UINT64_MAX;
    *out = recorder;
    return PEVM_OK;
}

void recorder_free(struct recorder *recorder)
{
    if (recorder == NULL) return;
    memory_state_free(recorder->memory);
    heap_free(recorder);
}

/* From the parent down to the oldest one that was asked for. */
static size_t collect_hashes(struct recorder *recorder,
                             const struct header *header,
                             hash32 out[ANCESTORS_MAX])
{
    size_t count = 0;
    out[count++] = header->parent_hash;
    for (uint64_t n = header->number - 1; n > recorder->oldest && count < ANCESTORS_MAX; n--)
        if (recorder->state.ops->block_hash(recorder->state.context, n - 1, &out[count++]) !=
            VIEW_OK)
            return count - 1;
    return count;
}

enum pevm_status recorder_write(struct recorder *recorder,
                                const char *folder,
                                const struct engine_input *input,
                                const struct chain *chain,
                                struct error *error)
{
    hash32 hashes[ANCESTORS_MAX];
    struct bundle_set *set;
    const struct header *header = &input->block->header;
    struct rules rules = chain_rules(chain, header->number, header->timestamp, NULL);
    const struct chain *known = chain_by_id(chain->chain_id);
    bool is_known = known != NULL && strcmp(known->name, chain->name) == 0;
    struct bundle_note note = {.network = is_known ? NULL : chain->name,
                               .fork = fork_name(rules.fork),
                               .chain_id = chain->chain_id,
                               .source = "pevm run: parallel and sequential runs differ",
                               .parent = input->parent,
                               .ancestors = hashes,
                               .is_partial = true};
    if (header->number == 0 || input->parent == NULL)
        return error_set(error, PEVM_NOT_FOUND, "the parent's header is not known");
    note.ancestor_count = collect_hashes(recorder, header, hashes);
    TRY(bundle_set_open(&set, folder, error));
    enum pevm_status status = bundle_set_add(set, input->block, recorder->memory, &note, error);
    struct error second;
    enum pevm_status closed = bundle_set_close(set, status == PEVM_OK ? error : &second);
    return status == PEVM_OK ? closed : status;
}
