/* While others lead: what they commit goes into our caches. */
#include "base/clock.h"
#include "service/service_private.h"

#include <inttypes.h>

#define BLOCKS_AT_A_TIME 64 /* so that the loop comes round */

/* A record as the changes that it stands for: values as the block left them. Slots of a storage that was cleared are among them. */
static enum pevm_status changes_of(struct changeset *out,
                                   const struct undo_record *record,
                                   struct arena *arena)
{
    struct account_change *accounts =
        arena_alloc_zeroed(arena, record->account_count + 1, sizeof *accounts);
    if (accounts == NULL) return PEVM_NO_MEMORY;
    for (size_t i = 0; i < record->account_count; i++) {
        const struct undo_account *account = &record->accounts[i];
        struct slot_change *slots =
            arena_alloc_zeroed(arena, account->slot_count + 1, sizeof *slots);
        if (slots == NULL) return PEVM_NO_MEMORY;
        for (size_t j = 0; j < account->slot_count; j++)
            slots[j] = (struct slot_change){.slot = account->slots[j].slot,
                                            .value = account->slots[j].after};
        accounts[i] = (struct account_change){.account = account->who,
                                              .exists = account->exists,
                                              .nonce = account->after.nonce,
                                              .balance = account->after.balance,
                                              .code_hash = account->after.code_hash,
                                              .slots = slots,
                                              .slot_count = account->slot_count};
    }
    *out = (struct changeset){.accounts = accounts, .account_count = record->account_count};
    return PEVM_OK;
}

/* PEVM_NOT_FOUND: it is not the child of what we know; the caches are of another chain. */
static enum pevm_status follow_block(struct service *service, uint64_t number, struct error *error)
{
    struct undo_record record;
    struct changeset changes;
    TRY(commit_record(&service->committer, number, &record, error));
    if (!hash32_equal(&record.parent_hash, &service->head.hash))
        return error_set(error, PEVM_NOT_FOUND, "block %" PRIu64 " is of another chain", number);
    arena_reset(&service->arena);
    if (changes_of(&changes, &record, &service->arena) != PEVM_OK)
        return error_set(error, PEVM_NO_MEMORY, "no memory to follow a block");
    store_view_begin(service->view);
    store_view_apply(service->view, &changes);
    store_view_set_block_hash(service->view, number, &record.hash);
    service->head.number = service->caches_at = number;
    service->head.hash = record.hash;
    return PEVM_OK;
}

static void begin_anew(struct service *service, const struct exec_progress *progress)
{
    store_view_clear(service->view);
    service->caches_at = progress->number;
    service->head = head_at(progress);
}

/* Who follows must not take a store that lost its newest blocks for the truth: it compares when it is to lead (loop.c). */
enum pevm_status standby_follow(struct service *service, struct error *error)
{
    struct exec_progress progress;
    TRY(commit_progress(&service->committer, &progress, error));
    bool is_beside = !service->head.is_known || service->caches_at != service->head.number ||
                     !service->head.has_hash || progress.number < service->head.number;
    if (is_beside) {
        if (service->head.is_known && progress.number < service->head.number &&
            progress.epoch <= service->head.epoch)
            return PEVM_OK; /* the store lost what we have seen: keep what we know, so that it shows */
        begin_anew(service, &progress);
    }
    uint64_t end = progress.number;
    if (end > service->head.number + BLOCKS_AT_A_TIME)
        end = service->head.number + BLOCKS_AT_A_TIME;
    for (uint64_t n = service->head.number + 1; n <= end; n++) {
        enum pevm_status status = follow_block(service, n, error);
        if (status == PEVM_NOT_FOUND) {
            begin_anew(service, &progress);
            return PEVM_OK;
        }
        TRY(status);
    }
    service->head.epoch = progress.epoch;
    return PEVM_OK;
}
