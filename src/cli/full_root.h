/* full_root.h - state roots of blocks whose whole pre-state is in memory. */
#pragma once

#include "engine/engine.h"
#include "state/memory_state.h"

struct full_root {
    const struct memory_state *pre_state; /* borrowed */
    struct arena scratch;
    struct root_source
        source; /* for engine_input; lives as long as the full_root, which must not move */
};

void full_root_init(struct full_root *full, const struct memory_state *pre_state);
void full_root_fini(struct full_root *full);
