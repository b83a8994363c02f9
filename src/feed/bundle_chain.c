#include "feed/bundle_chain.h"

#include "base/heap.h"
#include "feed/block_source_private.h"
#include "fixture/bundle_source.h"

struct bundle_chain {
    struct bundle_source *bundles;
    size_t next;
};

static void bundle_chain_close(void *self)
{
    struct bundle_chain *chain = self;
    bundle_source_close(chain->bundles);
    heap_free(chain);
}

static double bundle_chain_progress(const void *self)
{
    const struct bundle_chain *chain = self;
    return (double)chain->next / (double)bundle_source_count(chain->bundles);
}

static enum pevm_status encode(const struct bundle *bundle,
                               struct raw_block *out,
                               struct arena *scratch,
                               struct error *error)
{
    if (!bundle->ommers_known)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "%s: uncles: the block has some, the bundle does not say which",
                         out->name);
    if (!block_encode(&out->encoding, &bundle->block, scratch))
        return error_set(error, PEVM_NO_MEMORY, "%s: out of memory", out->name);
    return PEVM_OK;
}

static enum pevm_status bundle_chain_next(
    void *self, struct raw_block *out, bool *found, struct arena *scratch, struct error *error)
{
    struct bundle_chain *chain = self;
    struct bundle bundle;
    *found = chain->next < bundle_source_count(chain->bundles);
    if (!*found) return PEVM_OK;
    size_t index = chain->next++;
    out->name = bundle_source_name(chain->bundles, index);
    TRY(bundle_source_read(chain->bundles, index, &bundle, error));
    enum pevm_status status = encode(&bundle, out, scratch, error);
    bundle_fini(&bundle);
    return status;
}

enum pevm_status bundle_chain_open(struct block_source **out,
                                   const char *const *paths,
                                   size_t count,
                                   struct error *error)
{
    static const struct source_kind kind = {
        bundle_chain_next, bundle_chain_progress, bundle_chain_close};
    *out = NULL;
    struct bundle_chain *chain = heap_alloc_zeroed(1, sizeof *chain);
    if (chain == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = bundle_source_open(&chain->bundles, paths, count, error);
    if (status != PEVM_OK) {
        bundle_chain_close(chain);
        return status;
    }
    return block_source_new(out, &kind, chain, error);
}
