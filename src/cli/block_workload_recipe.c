/* Blocks of a made chain: our own contracts, people with keys, all forms of transactions. */
#include "cli/block_workload_maker.h"
#include "cli/chain_maker.h"

#define NAME_PREFIX "own-" /* and the recipe's name behind it */

static enum pevm_status take_block(struct workload_maker *maker, size_t txs)
{
    struct block_workload *out = maker->out;
    struct made_block made;
    struct chain_plan plan = {
        .network = fork_name(maker->kind->fork),
        .recipe = recipe_find(maker->kind->name + strlen(NAME_PREFIX)),
        .seed = maker->plan->seed,
        .txs = txs < CHAIN_TXS_MAX ? txs : CHAIN_TXS_MAX,
    };
    ASSERT(plan.recipe != NULL); /* the two tables fit */
    TRY(chain_maker_new(&out->chain_maker, &plan, maker->error));
    TRY(chain_maker_next(out->chain_maker, &made, maker->error));
    out->block = *made.block;
    out->pre_state = made.pre_state;
    out->failing = made.failed_txs;
    return PEVM_OK;
}

void make_recipe(struct workload_maker *maker, size_t txs)
{
    if (maker_ok(maker)) maker->status = take_block(maker, txs);
}
