/* The store's chain is another one than what was executed. */
#include "base/hex.h"
#include "base/log.h"
#include "service/service_private.h"

#include <inttypes.h>

/* Does the store have the same block at that height as was executed? */
static enum pevm_status is_common(struct service *service,
                                  uint64_t number,
                                  bool *common,
                                  struct error *error)
{
    struct header header;
    hash32 ours;
    *common = false;
    TRY(commit_block_hash(&service->committer, number, &ours, error));
    arena_reset(&service->arena);
    enum pevm_status status = look_at_header(service, number, &header, error);
    if (status == PEVM_NOT_FOUND) return PEVM_OK; /* taken back, and nothing else there yet */
    TRY(status);
    *common = hash32_equal(&header.hash, &ours);
    return PEVM_OK;
}

static enum pevm_status too_deep(const struct service *service,
                                 uint64_t number,
                                 struct error *error)
{
    return error_set(error,
                     PEVM_LIMIT,
                     "the store's chain leaves the executed one at or below block %" PRIu64
                     ", and only %" PRIu64 " blocks can be undone from block %" PRIu64
                     " on: import a state of the new chain, or feed the old one again",
                     number,
                     service->head.number - number,
                     service->head.number);
}

static enum pevm_status find_ancestor(struct service *service, uint64_t *out, struct error *error)
{
    uint64_t number = service->head.number;
    if (service->has_synced && service->synced < number) number = service->synced;
    for (;; number--) { /* ends: at 0, or where no record says what was executed */
        bool common;
        enum pevm_status status = is_common(service, number, &common, error);
        if (status == PEVM_NOT_FOUND) return too_deep(service, number, error);
        TRY(status);
        *out = number;
        if (common) return PEVM_OK;
        if (number == 0) return too_deep(service, number, error);
    }
}

enum pevm_status follow_other_chain(struct service *service, struct error *error)
{
    uint64_t from = service->head.number, ancestor = from;
    TRY(find_ancestor(service, &ancestor, error));
    if (ancestor == from)
        return error_set(error,
                         PEVM_INVALID_BLOCK,
                         "block %" PRIu64 ": its parent is not block %" PRIu64 " of the store",
                         from + 1,
                         from);
    LOG_WARN("another chain: undoing blocks", LOG_U64("from", from), LOG_U64("to", ancestor));
    store_view_clear(service->view);
    service->caches_at = UINT64_MAX;
    service->is_prepared = false;
    TRY(commit_rewind(&service->committer, ancestor, service->token, error));
    metric_add(service->writer, SERVICE_REORGS, 0, 1);
    metric_set(service->writer, SERVICE_REORG_DEPTH, 0, from - ancestor);
    service->summary->reorgs++;
    service->head.is_known = false; /* read anew: what it is now is no regression */
    LOG_INFO("undone", LOG_U64("head", ancestor));
    return PEVM_OK;
}
