#include "feed/block_source.h"

#include "base/heap.h"
#include "feed/block_check.h"
#include "feed/block_source_private.h"

#include <inttypes.h>

#define ARENA_CHUNK ((size_t)1 << 18)

/* A block that was given. */
struct given {
    uint64_t number;
    hash32 hash;
};

struct block_source {
    const struct source_kind *kind;
    void *self;
    struct arena arena;
    struct given last[FEED_DEPTH_MAX]; /* a ring: the newest at count - 1 */
    uint64_t count;
};

enum pevm_status block_source_new(struct block_source **out,
                                  const struct source_kind *kind,
                                  void *self,
                                  struct error *error)
{
    struct block_source *source = heap_alloc_zeroed(1, sizeof *source);
    *out = source;
    if (source == NULL) {
        kind->close(self);
        return error_set(error, PEVM_NO_MEMORY, "out of memory");
    }
    source->kind = kind;
    source->self = self;
    arena_init(&source->arena, ARENA_CHUNK, 0);
    return PEVM_OK;
}

void block_source_close(struct block_source *source)
{
    if (source == NULL) return;
    source->kind->close(source->self);
    arena_fini(&source->arena);
    heap_free(source);
}

double block_source_progress(const struct block_source *source)
{
    return source->kind->progress(source->self);
}

static struct given *given_at(struct block_source *source, uint64_t index)
{
    return &source->last[index % FEED_DEPTH_MAX];
}

/* Forget what was given above the block. */
static void roll_back(struct block_source *source, const struct raw_block *to)
{
    uint64_t kept = source->count > FEED_DEPTH_MAX ? source->count - FEED_DEPTH_MAX : 0;
    while (source->count > kept && given_at(source, source->count - 1)->number > to->number)
        source->count--;
    if (source->count > kept) return;
    source->count = 1; /* further back than what was given here */
    *given_at(source, 0) = (struct given){to->number, to->hash};
}

static enum pevm_status check(struct block_source *source,
                              const struct block *block,
                              struct error *error)
{
    TRY(block_check_body(block, &source->arena, error));
    if (source->count == 0) return PEVM_OK;
    const struct given *last = given_at(source, source->count - 1);
    return block_check_link(&block->header, last->number, &last->hash, error);
}

static void name_place(struct error *error, const struct raw_block *raw)
{
    if (raw->has_offset)
        error_prefix(error, "%s: offset %" PRIu64, raw->name, raw->offset);
    else
        error_prefix(error, "%s", raw->name);
}

enum pevm_status block_source_next(struct block_source *source,
                                   struct feed_item *out,
                                   struct error *error)
{
    struct raw_block raw = {0};
    bool found = false;
    *out = (struct feed_item){.event = FEED_END};
    arena_reset(&source->arena);
    TRY(source->kind->next(source->self, &raw, &found, &source->arena, error));
    if (!found) return PEVM_OK;
    if (raw.is_rollback) {
        roll_back(source, &raw);
        *out = (struct feed_item){.event = FEED_REORG, .number = raw.number, .hash = raw.hash};
        return PEVM_OK;
    }
    out->event = FEED_BLOCK;
    out->encoding = raw.encoding;
    enum pevm_status status = block_decode(&out->block, raw.encoding, &source->arena, NULL, error);
    if (status == PEVM_OK) {
        status = check(source, &out->block, error);
        if (status != PEVM_OK) error_prefix(error, "block %" PRIu64, out->block.header.number);
    }
    if (status != PEVM_OK) {
        name_place(error, &raw);
        return status;
    }
    out->number = out->block.header.number;
    out->hash = out->block.header.hash;
    *given_at(source, source->count++) = (struct given){out->number, out->hash};
    return PEVM_OK;
}
