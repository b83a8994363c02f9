/* bundle_roots.h - where the state roots of a bundle's block come from: its witness, its whole pre-state, or nowhere. */
#pragma once

#include "cli/full_root.h"
#include "fixture/bundle.h"

struct bundle_roots {
    const struct root_source *source; /* NULL: nowhere */
    struct full_root full;
    struct state_root_witness *witness;
};

/* `bundle` is borrowed; `roots` must not move until fini. */
enum pevm_status bundle_roots_init(struct bundle_roots *roots,
                                   const struct bundle *bundle,
                                   struct error *error) MUST_CHECK;
void bundle_roots_fini(struct bundle_roots *roots);
