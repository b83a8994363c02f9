#include "cli/chain_recipe.h"

#include <string.h>

/* clang-format off */
#define TYPES(...)         {__VA_ARGS__}
#define PART(code, weight) {ACTION_##code, weight}
const struct recipe chain_recipes[] = {
#define RECIPE(name, text, gas, types, ...)                                                                            \
    {name, text, gas, types, (const struct recipe_part[]){__VA_ARGS__, {ACTION_COUNT, 0}}},
#include "cli/chain_recipe.def"
#undef RECIPE
};
#undef PART
#undef TYPES
/* clang-format on */

const size_t chain_recipe_count = COUNT_OF(chain_recipes);

const struct recipe *recipe_find(const char *name)
{
    for (size_t i = 0; i < chain_recipe_count; i++)
        if (strcmp(chain_recipes[i].name, name) == 0) return &chain_recipes[i];
    return NULL;
}

static enum fork type_since(enum tx_type type)
{
    static const enum fork since[TX_TYPE_COUNT] = {
        FORK_FRONTIER, FORK_BERLIN, FORK_LONDON, FORK_CANCUN, FORK_PRAGUE};
    return since[type];
}

static enum tx_type choose_type(const struct recipe *recipe, struct chain_world *world)
{
    uint32_t weights[TX_TYPE_COUNT], sum = 0;
    for (size_t i = 0; i < TX_TYPE_COUNT; i++) {
        weights[i] = type_since((enum tx_type)i) <= world->rules.fork ? recipe->type_weights[i] : 0;
        sum += weights[i];
    }
    ASSERT(sum > 0); /* legacy transactions are in every recipe */
    uint64_t dice = rng_below(&world->rng, sum);
    size_t type = 0;
    while (dice >= weights[type]) /* ends: dice is below the sum */
        dice -= weights[type++];
    return (enum tx_type)type;
}

static enum action_code choose_action(const struct recipe *recipe, struct chain_world *world)
{
    uint32_t sum = 0;
    for (const struct recipe_part *part = recipe->parts; part->weight > 0; part++)
        if (chain_actions[part->action].since <= world->rules.fork) sum += part->weight;
    ASSERT(sum > 0); /* each recipe has something for Frontier */
    uint64_t dice = rng_below(&world->rng, sum);
    for (const struct recipe_part *part = recipe->parts;;
         part++) { /* ends: dice is below the sum */
        if (chain_actions[part->action].since > world->rules.fork) continue;
        if (dice < part->weight) return part->action;
        dice -= part->weight;
    }
}

static bool tx_begin(struct tx *tx,
                     struct person **from,
                     enum action_code code,
                     struct chain_world *world)
{
    const struct chain_action *action = &chain_actions[code];
    *tx = (struct tx){.gas_limit = action->gas};
    *from = world_person(world);
    return action->fill(world, from, tx);
}

bool recipe_next_tx(struct tx *out,
                    const struct recipe *recipe,
                    struct chain_world *world,
                    size_t more)
{
    uint64_t reserved = more * TX_PLAIN_GAS;
    ASSERT(world->gas_left >= reserved + TX_PLAIN_GAS); /* gas_per_tx is more than a payment */
    uint64_t most = world->gas_left - reserved;
    enum action_code code = choose_action(recipe, world);
    enum tx_type type = choose_type(recipe, world);
    if (chain_actions[code].gas + TX_TYPE_GAS_MAX > most) {
        code = ACTION_PAY;
        type = TX_LEGACY;
    }
    struct person *from;
    if (!tx_begin(out, &from, code, world)) return false;
    if (!world_dress(world, out, type)) return false;
    ASSERT(out->gas_limit <= most);
    world->gas_left -= out->gas_limit;
    return world_sign(world, from, out);
}
