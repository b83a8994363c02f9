#include "cli/bundle_roots.h"

void bundle_roots_init(struct bundle_roots *roots,
                       const struct bundle *bundle,
                       struct arena *scratch)
{
    *roots = (struct bundle_roots){0};
    if (bundle->pre_state_full) {
        roots->memory = (struct memory_roots){.state = bundle->pre_state, .scratch = scratch};
        roots->chosen = (struct root_source){memory_root, &roots->memory};
    } else if (bundle->has_witness) {
        /* Some witnesses lack a sibling that a collapse needs, which is a branch then (blocks/FORMAT.md). Were it something else, the
         * root would be wrong, and told. */
        roots->nodes = witness_nodes(&bundle->witness);
        roots->witness = (struct witness_roots){
            .nodes = &roots->nodes,
            .parent_root = bundle->witness.parent_state_root,
            .missing_sibling_is_branch = true,
            .scratch = scratch,
        };
        roots->chosen = (struct root_source){witness_root, &roots->witness};
    }
    if (roots->chosen.root != NULL) roots->source = &roots->chosen;
}
