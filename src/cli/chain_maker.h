/* chain_maker.h - a chain of valid blocks, sealed by nobody, from a seed and a recipe.
 *
 * Block after block: a header as the fork wants it, transactions by the recipe, execution by the engine, the roots put into the
 * header, and then once more as any block, with all checks. What the checks refuse is a mistake of ours (PEVM_INTERNAL).
 *
 * Order of calls: chain_maker_new chain_maker_next* chain_maker_free
 */
#pragma once

#include "cli/chain_recipe.h"
#include "fixture/bundle_write.h"

#define CHAIN_PEOPLE_MAX 256
#define CHAIN_TXS_MAX    20000

struct chain_plan {
    const char *network; /* a fork's name, or a transition as the official tests write it */
    const struct recipe *recipe;
    uint64_t seed;
    size_t txs; /* in each block */
};

struct made_block {
    const struct block *block;
    const struct memory_state *pre_state;
    struct bundle_note note;
    size_t
        failed_txs; /* whose receipt says so; those that were meant to fail, above all. 0 before Byzantium */
};

struct chain_maker;

/* PEVM_UNSUPPORTED when the network is not known. */
enum pevm_status chain_maker_new(struct chain_maker **out,
                                 const struct chain_plan *plan,
                                 struct error *error) MUST_CHECK;
void chain_maker_free(struct chain_maker *maker); /* may be NULL */

/* The next block, from number 1 on; all of it is lent until the next call. */
enum pevm_status chain_maker_next(struct chain_maker *maker,
                                  struct made_block *out,
                                  struct error *error) MUST_CHECK;
