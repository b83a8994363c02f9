#include "cli/bundle_roots.h"

enum pevm_status bundle_roots_init(struct bundle_roots *roots,
                                   const struct bundle *bundle,
                                   struct error *error)
{
    (void)error;
    *roots = (struct bundle_roots){0};
    if (bundle->pre_state_full) {
        full_root_init(&roots->full, bundle->pre_state);
        roots->source = &roots->full.source;
    }
    return PEVM_OK;
}

void bundle_roots_fini(struct bundle_roots *roots)
{
    if (roots->source == &roots->full.source) full_root_fini(&roots->full);
    *roots = (struct bundle_roots){0};
}
