/* chain_recipe.h - kinds of load as a table (chain_recipe.def): which actions in which types of transactions, how often. */
#pragma once

#include "cli/chain_action.h"

struct recipe_part {
    enum action_code action;
    uint32_t weight;
};

struct recipe {
    const char *name, *text;
    uint64_t gas_per_tx;
    uint32_t type_weights[TX_TYPE_COUNT];
    const struct recipe_part *parts; /* ends with weight 0 */
};

extern const struct recipe chain_recipes[];
extern const size_t chain_recipe_count;

/* NULL when there is none of that name. */
const struct recipe *recipe_find(const char *name);

/* The next transaction of the block in the making, signed; `more` others are to follow and need their gas, too: when little
 * is left it is a plain payment. False when memory runs out. */
bool recipe_next_tx(struct tx *out,
                    const struct recipe *recipe,
                    struct chain_world *world,
                    size_t more) MUST_CHECK;
