/* What a block finds: all keys that it changes, read in one round trip; and the slots of storages that it clears. */
#include "crypto/keccak.h"
#include "store/commit_private.h"

#include <inttypes.h>
#include <stdlib.h>

/* Keys and answers side by side: progress, leaving record, then accounts, slots and codes in the order of the changes. */
struct question {
    struct committer *committer;
    struct bytes *keys;
    struct store_item *items;
    size_t count, taken;
    struct error *error;
};

static enum pevm_status ask(struct question *question, struct key key)
{
    if (!commit_key(question->committer, &key, &question->keys[question->count]))
        return commit_no_memory(question->error);
    question->count++;
    return PEVM_OK;
}

static struct store_item answer(struct question *question)
{
    return question->items[question->taken++];
}

static struct bytes last_key(const struct question *question)
{
    return question->keys[question->taken - 1];
}

static size_t key_count(const struct changeset *changes)
{
    size_t count = 2 + changes->account_count + changes->code_count;
    for (size_t i = 0; i < changes->account_count; i++)
        count += changes->accounts[i].slot_count;
    return count;
}

static enum pevm_status ask_all(struct question *question,
                                const struct commit_input *input,
                                uint64_t window)
{
    const struct changeset *changes = input->changes;
    struct arena *arena = &question->committer->arena;
    size_t count = key_count(changes);
    question->keys = arena_alloc_zeroed(arena, count, sizeof *question->keys);
    question->items = arena_alloc_zeroed(arena, count, sizeof *question->items);
    if (question->keys == NULL || question->items == NULL) return commit_no_memory(question->error);
    TRY(ask(question, (struct key){.kind = KEY_EXEC_PROGRESS}));
    /* Of a block that cannot leave we ask for one that is not there. */
    uint64_t leaving = input->number >= window ? input->number - window : UINT64_MAX;
    TRY(ask(question, key_of_block(KEY_UNDO, leaving)));
    for (size_t i = 0; i < changes->account_count; i++) {
        const struct account_change *account = &changes->accounts[i];
        TRY(ask(question, key_of_account(&account->account)));
        for (size_t j = 0; j < account->slot_count; j++)
            TRY(ask(question, key_of_slot(&account->account, &account->slots[j].slot)));
    }
    for (size_t i = 0; i < changes->code_count; i++)
        TRY(ask(question, key_of_code(&changes->codes[i].hash)));
    return store_get_many(question->committer->store,
                          question->items,
                          question->keys,
                          question->count,
                          arena,
                          question->error);
}

/* "KEY: what was wrong" */
static enum pevm_status name_key(struct question *question, enum pevm_status status)
{
    struct bytes key = last_key(question);
    if (status != PEVM_OK)
        error_prefix(question->error, "%.*s", (int)key.size, (const char *)key.data);
    return status;
}

/* ---- the slots of a storage that is cleared ---- */

struct sweep {
    struct arena *arena;
    struct undo_slot *slots;
    size_t count, room;
    enum pevm_status status;
    struct error *error;
};

static bool on_slot(void *context, struct bytes text, struct bytes value)
{
    struct sweep *sweep = context;
    struct key key;
    u256 before;
    if (sweep->count == sweep->room) {
        size_t room = sweep->room == 0 ? 64 : 2 * sweep->room;
        struct undo_slot *slots = arena_alloc(sweep->arena, room * sizeof *slots);
        if (slots == NULL) {
            sweep->status = commit_no_memory(sweep->error);
            return false;
        }
        if (sweep->count > 0) memcpy(slots, sweep->slots, sweep->count * sizeof *slots);
        sweep->slots = slots;
        sweep->room = room;
    }
    if (!key_read(&key, text) || key.kind != KEY_SLOT)
        sweep->status = error_set(sweep->error,
                                  PEVM_CORRUPT,
                                  "%.*s: is no key of a slot",
                                  (int)text.size,
                                  (const char *)text.data);
    else
        sweep->status = slot_read(&before, value, sweep->error);
    if (sweep->status != PEVM_OK) return false;
    sweep->slots[sweep->count++] = (struct undo_slot){key.slot, before, U256_ZERO};
    return true;
}

static int compare_slots(const void *a, const void *b)
{
    const struct undo_slot *one = a, *other = b;
    return u256_compare(one->slot, other->slot);
}

/* All slots that the store has of an account, ascending, each once. */
static enum pevm_status sweep_slots(struct committer *committer,
                                    const address *who,
                                    struct sweep *out,
                                    struct error *error)
{
    struct key_text prefix = key_slots_of(who, committer->options.style.lower);
    *out = (struct sweep){.arena = &committer->arena, .error = error};
    TRY(store_scan(committer->store, key_bytes(&prefix), on_slot, out, error));
    TRY(out->status);
    if (out->count == 0) return PEVM_OK;
    qsort(out->slots, out->count, sizeof *out->slots, compare_slots);
    size_t kept = 1;
    for (size_t i = 1; i < out->count; i++)
        if (!u256_equal(out->slots[i].slot, out->slots[kept - 1].slot))
            out->slots[kept++] = out->slots[i];
    out->count = kept;
    return PEVM_OK;
}

/* Both lists are ascending: those that were there, and those that are there after all was cleared. */
static size_t merge_slots(struct undo_slot *out,
                          const struct sweep *before,
                          const struct undo_slot *after,
                          size_t after_count)
{
    size_t count = 0;
    for (size_t i = 0, j = 0;
         i < before->count || j < after_count;) { /* ends: each round takes one */
        struct undo_slot slot;
        int order = i == before->count ? 1
                    : j == after_count ? -1
                                       : compare_slots(&before->slots[i], &after[j]);
        if (order > 0)
            slot = (struct undo_slot){after[j].slot, U256_ZERO, after[j].after};
        else
            slot = before->slots[i];
        if (order == 0) slot.after = after[j].after;
        i += order <= 0;
        j += order >= 0;
        if (!u256_equal(slot.before, slot.after)) out[count++] = slot;
    }
    return count;
}

/* ---- accounts ---- */

static bool has_code(const hash32 *code_hash)
{
    return !hash32_equal(code_hash, &keccak_empty);
}

/* An account without code is marked if it may have storage: written now (a genesis can do that), or left from before, maybe
 * from when it had code (a delegation that was taken back). Whoever has neither code nor mark has no storage. */
struct stored_account account_after(const struct account_change *change,
                                    const struct undo_account *account)
{
    const struct stored_account *before = &account->before;
    bool may_have = account->existed && !change->storage_cleared &&
                    (before->has_bare_storage || has_code(&before->code_hash));
    for (size_t i = 0; i < change->slot_count; i++)
        may_have |= !u256_is_zero(change->slots[i].value);
    return (struct stored_account){.balance = change->balance,
                                   .nonce = change->nonce,
                                   .code_hash = change->code_hash,
                                   .has_bare_storage = may_have && !has_code(&change->code_hash)};
}

/* Only an account with code, or one that is marked, can have storage. */
static bool needs_sweep(const struct account_change *change, const struct undo_account *account)
{
    return change->storage_cleared && account->existed &&
           (has_code(&account->before.code_hash) || account->before.has_bare_storage);
}

static enum pevm_status plan_slots(struct question *question,
                                   struct undo_account *out,
                                   const struct account_change *change)
{
    struct committer *committer = question->committer;
    struct undo_slot *slots =
        arena_alloc_zeroed(&committer->arena, change->slot_count + 1, sizeof *slots);
    if (slots == NULL) return commit_no_memory(question->error);
    for (size_t i = 0; i < change->slot_count; i++) {
        struct store_item item = answer(question);
        slots[i] =
            (struct undo_slot){.slot = change->slots[i].slot, .after = change->slots[i].value};
        if (item.found)
            TRY(name_key(question, slot_read(&slots[i].before, item.value, question->error)));
    }
    struct sweep sweep = {.count = 0};
    if (needs_sweep(change, out)) {
        TRY(sweep_slots(committer, &change->account, &sweep, question->error));
        struct undo_slot *merged = arena_alloc_zeroed(
            &committer->arena, sweep.count + change->slot_count + 1, sizeof *merged);
        if (merged == NULL) return commit_no_memory(question->error);
        out->slot_count = merge_slots(merged, &sweep, slots, change->slot_count);
        out->slots = merged;
        return PEVM_OK;
    }
    out->slots = slots;
    for (size_t i = 0; i < change->slot_count; i++) /* what came back to what it was is no change */
        if (!u256_equal(slots[i].before, slots[i].after)) slots[out->slot_count++] = slots[i];
    return PEVM_OK;
}

static enum pevm_status plan_account(struct question *question,
                                     struct undo_account *out,
                                     const struct account_change *change)
{
    struct store_item item = answer(question);
    *out = (struct undo_account){
        .who = change->account, .existed = item.found, .exists = change->exists};
    out->before.code_hash = out->after.code_hash = keccak_empty;
    if (item.found)
        TRY(name_key(question, account_read(&out->before, item.value, question->error)));
    out->before.is_deleted = false;
    if (change->exists) out->after = account_after(change, out);
    return plan_slots(question, out, change);
}

static enum pevm_status plan_accounts(struct question *question,
                                      struct undo_record *record,
                                      const struct changeset *changes)
{
    struct undo_account *accounts = arena_alloc_zeroed(
        &question->committer->arena, changes->account_count + 1, sizeof *accounts);
    if (accounts == NULL) return commit_no_memory(question->error);
    for (size_t i = 0; i < changes->account_count; i++)
        TRY(plan_account(question, &accounts[i], &changes->accounts[i]));
    record->accounts = accounts;
    record->account_count = changes->account_count;
    return PEVM_OK;
}

/* Those that the store does not have yet. */
static enum pevm_status plan_codes(struct question *question,
                                   struct commit_plan *plan,
                                   const struct changeset *changes)
{
    struct arena *arena = &question->committer->arena;
    hash32 *hashes = arena_alloc_zeroed(arena, changes->code_count + 1, sizeof *hashes);
    struct code_change *codes = arena_alloc_zeroed(arena, changes->code_count + 1, sizeof *codes);
    if (hashes == NULL || codes == NULL) return commit_no_memory(question->error);
    size_t count = 0;
    for (size_t i = 0; i < changes->code_count; i++) {
        if (answer(question).found) continue;
        hashes[count] = changes->codes[i].hash;
        codes[count++] = changes->codes[i];
    }
    plan->record.codes = hashes;
    plan->record.code_count = count;
    plan->new_codes = codes;
    return PEVM_OK;
}

/* ---- the whole ---- */

static enum pevm_status plan_progress(struct question *question,
                                      struct commit_plan *plan,
                                      const struct commit_input *input)
{
    struct store_item item = answer(question);
    if (!item.found)
        return error_set(question->error, PEVM_NOT_FOUND, "idx:exec:progress: is absent");
    TRY(name_key(question, exec_progress_read(&plan->before, item.value, question->error)));
    if (input->token != 0 && plan->before.epoch > input->token)
        return error_set(question->error,
                         PEVM_FENCED,
                         "fenced: our token is %" PRIu64 ", block %" PRIu64
                         " was committed with %" PRIu64,
                         input->token,
                         plan->before.number,
                         plan->before.epoch);
    if (input->number != plan->before.number + 1)
        return error_set(question->error,
                         PEVM_BAD_INPUT,
                         "block %" PRIu64 " does not follow block %" PRIu64
                         ", the last one in the store",
                         input->number,
                         plan->before.number);
    if (plan->before.has_hash && !hash32_equal(&plan->before.hash, &input->parent_hash))
        return error_set(question->error,
                         PEVM_BAD_INPUT,
                         "block %" PRIu64 " has another parent than the last block in the store",
                         input->number);
    return PEVM_OK;
}

static enum pevm_status plan_leaving(struct question *question, struct commit_plan *plan)
{
    struct store_item item = answer(question);
    if (!item.found) return PEVM_OK;
    struct undo_record *leaving =
        arena_alloc_zeroed(&question->committer->arena, 1, sizeof *leaving);
    if (leaving == NULL) return commit_no_memory(question->error);
    plan->leaving = leaving;
    return name_key(question,
                    undo_read(leaving, item.value, &question->committer->arena, question->error));
}

enum pevm_status commit_plan(struct committer *committer,
                             struct commit_plan *out,
                             const struct commit_input *input,
                             struct error *error)
{
    struct question question = {.committer = committer, .error = error};
    *out = (struct commit_plan){.leaving = NULL};
    TRY(ask_all(&question, input, committer->options.window));
    TRY(plan_progress(&question, out, input));
    TRY(plan_leaving(&question, out));
    TRY(plan_accounts(&question, &out->record, input->changes));
    TRY(plan_codes(&question, out, input->changes));
    out->record.number = input->number;
    out->record.epoch = input->token;
    out->record.tx_count = input->receipt_count;
    out->record.time_before = out->before.time;
    out->record.hash = input->hash;
    out->record.parent_hash = input->parent_hash;
    return PEVM_OK;
}
