/* bundle_roots.h - where the state roots of a bundle's block come from: its witness, its whole pre-state, or nowhere. */
#pragma once

#include "engine/engine.h"
#include "fixture/bundle.h"
#include "state/state_root.h"

struct bundle_roots {
    struct node_source nodes;
    struct witness_roots witness;
    struct memory_roots memory;
    struct root_source chosen;
    const struct root_source *source; /* NULL: nowhere */
};

/* `bundle` and `scratch` are borrowed; `roots` must not move. */
void bundle_roots_init(struct bundle_roots *roots,
                       const struct bundle *bundle,
                       struct arena *scratch);
