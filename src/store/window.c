#include "store/window.h"

#include "store/commit_private.h"

#include <inttypes.h>

static const struct undo_account *find_account(const struct undo_record *record, const address *who)
{
    size_t low = 0, high = record->account_count;
    while (low < high) { /* ends: the range halves */
        size_t middle = low + (high - low) / 2;
        int order = memcmp(record->accounts[middle].who.bytes, who->bytes, sizeof who->bytes);
        if (order == 0) return &record->accounts[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct undo_slot *find_slot(const struct undo_record *record,
                                         const address *who,
                                         const u256 *slot)
{
    const struct undo_account *account = find_account(record, who);
    if (account == NULL) return NULL;
    for (size_t i = 0; i < account->slot_count; i++)
        if (u256_equal(account->slots[i].slot, *slot)) return &account->slots[i];
    return NULL;
}

/* Call `visit` with the records above `height`, oldest first, until it has what it looks for; *found says so. */
static enum pevm_status each_record(struct committer *committer,
                                    uint64_t height,
                                    bool (*visit)(void *context, const struct undo_record *record),
                                    void *context,
                                    bool *found,
                                    struct error *error)
{
    struct exec_progress progress;
    *found = false;
    TRY(commit_progress(committer, &progress, error));
    if (height > progress.number)
        return error_set(error,
                         PEVM_LIMIT,
                         "block %" PRIu64 " is ahead of block %" PRIu64,
                         height,
                         progress.number);
    for (uint64_t number = height + 1; number <= progress.number && !*found; number++) {
        struct undo_record record;
        struct arena_mark mark = arena_mark(&committer->arena);
        enum pevm_status status = commit_record(committer, number, &record, error);
        if (status == PEVM_NOT_FOUND)
            return error_set(error, PEVM_LIMIT, "block %" PRIu64 " has left the window", height);
        TRY(status);
        *found = visit(context, &record);
        arena_release(&committer->arena, mark);
    }
    return PEVM_OK;
}

struct account_question {
    const address *who;
    struct stored_account *out;
    bool existed;
};

static bool on_account_record(void *context, const struct undo_record *record)
{
    struct account_question *question = context;
    const struct undo_account *account = find_account(record, question->who);
    if (account == NULL) return false;
    question->existed = account->existed;
    *question->out = account->before;
    return true;
}

enum pevm_status window_account(struct committer *committer,
                                uint64_t height,
                                const address *who,
                                struct stored_account *out,
                                struct error *error)
{
    struct account_question question = {.who = who, .out = out};
    struct bytes key, value;
    bool found;
    TRY(each_record(committer, height, on_account_record, &question, &found, error));
    struct key name = key_of_account(who);
    if (!commit_key(committer, &name, &key)) return commit_no_memory(error);
    if (found && !question.existed)
        return error_set(
            error, PEVM_NOT_FOUND, "%.*s: was absent", (int)key.size, (const char *)key.data);
    if (found) return PEVM_OK;
    TRY(store_get(committer->store, &value, key, &committer->arena, error));
    return account_read(out, value, error);
}

struct slot_question {
    const address *who;
    const u256 *slot;
    u256 *out;
};

static bool on_slot_record(void *context, const struct undo_record *record)
{
    struct slot_question *question = context;
    const struct undo_slot *slot = find_slot(record, question->who, question->slot);
    if (slot == NULL) return false;
    *question->out = slot->before;
    return true;
}

enum pevm_status window_slot(struct committer *committer,
                             uint64_t height,
                             const address *who,
                             const u256 *slot,
                             u256 *out,
                             struct error *error)
{
    struct slot_question question = {who, slot, out};
    struct store_item item;
    struct bytes key;
    bool found;
    TRY(each_record(committer, height, on_slot_record, &question, &found, error));
    if (found) return PEVM_OK;
    struct key name = key_of_slot(who, slot);
    if (!commit_key(committer, &name, &key)) return commit_no_memory(error);
    TRY(store_get_many(committer->store, &item, &key, 1, &committer->arena, error));
    *out = U256_ZERO;
    return item.found ? slot_read(out, item.value, error) : PEVM_OK;
}
