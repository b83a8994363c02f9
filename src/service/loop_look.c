/* What the feed says, and what lies in the store: a handful of keys in one round trip. */
#include "base/clock.h"
#include "service/service_private.h"
#include "store/keyspace.h"
#include "store/value.h"

#include <inttypes.h>

static enum pevm_status header_of(const struct store_item *item,
                                  uint64_t number,
                                  struct header *out,
                                  struct error *error)
{
    const char *field;
    enum rlp_fault fault = header_decode(out, item->value, &field);
    if (fault != RLP_OK)
        return error_set(error,
                         PEVM_CORRUPT,
                         "blk:hdr:%" PRIu64 ": %s: %s",
                         number,
                         field == NULL ? "list" : field,
                         rlp_fault_text(fault));
    return PEVM_OK;
}

static enum pevm_status synced_of(struct service *service,
                                  const struct store_item *item,
                                  struct error *error)
{
    uint64_t number = 0;
    service->has_synced = item->found;
    if (item->found) {
        enum pevm_status status = sync_progress_read(&number, item->value, error);
        if (status != PEVM_OK) {
            error_prefix(error, "idx:sync:progress");
            return status;
        }
    }
    service->synced = number;
    return PEVM_OK;
}

/* At which height the store must agree with us: at the head, or where the feed is, if that is lower. */
static uint64_t height_to_compare(const struct service *service)
{
    return service->synced < service->head.number ? service->synced : service->head.number;
}

static enum pevm_status compare(struct service *service,
                                const struct store_item *item,
                                bool *fits,
                                struct error *error)
{
    struct header header;
    hash32 ours = service->head.hash;
    uint64_t number = height_to_compare(service);
    *fits = true;
    if (!item->found || !service->has_synced || !service->head.has_hash) return PEVM_OK;
    TRY(header_of(item, number, &header, error));
    if (number != service->head.number) {
        enum pevm_status status = commit_block_hash(&service->committer, number, &ours, error);
        if (status == PEVM_NOT_FOUND) return PEVM_OK; /* below the window: nobody can say */
        TRY(status);
    }
    *fits = hash32_equal(&header.hash, &ours);
    return PEVM_OK;
}

enum pevm_status look_at_feed(struct service *service, bool *fits, struct error *error)
{
    struct store_item items[2];
    struct bytes keys[2];
    struct key_text texts[2];
    uint64_t asked = service->head.number;
    texts[0] = key_write(&(struct key){.kind = KEY_SYNC_PROGRESS}, false);
    struct key header = key_of_block(KEY_HEADER, asked);
    texts[1] = key_write(&header, false);
    for (size_t i = 0; i < 2; i++)
        keys[i] = key_bytes(&texts[i]);
    arena_reset(&service->arena);
    TRY(store_get_many(service->store, items, keys, 2, &service->arena, error));
    TRY(synced_of(service, &items[0], error));
    if (height_to_compare(service) != asked) {
        header = key_of_block(KEY_HEADER, height_to_compare(service));
        texts[1] = key_write(&header, false);
        keys[1] = key_bytes(&texts[1]);
        TRY(store_get_many(service->store, &items[1], &keys[1], 1, &service->arena, error));
    }
    service->look_ns = clock_now_ns();
    service->looked_at = service->head.number;
    return compare(service, &items[1], fits, error);
}

enum pevm_status look_at_header(struct service *service,
                                uint64_t number,
                                struct header *out,
                                struct error *error)
{
    struct key key = key_of_block(KEY_HEADER, number);
    struct key_text text = key_write(&key, false);
    struct store_item item = {0};
    TRY(store_get(service->store, &item.value, key_bytes(&text), &service->arena, error));
    return header_of(&item, number, out, error);
}
