/* commit_world.h - a made-up chain of changes: a few accounts that come, go, are cleared, change slots and get code, block after
 * block; and what the state is after each, in plain arrays, to compare a store with.
 *
 *     struct commit_world *world = commit_world_new(7, 40);        (seed, blocks)
 *     commit_block(&committer, commit_world_input(world, 1), &error)
 *
 * Block numbers begin at 1; the state before is empty. Equal seeds give equal chains; the second one may branch off: blocks
 * above `fork` are others.
 */
#pragma once

#include "store/commit.h"

#define COMMIT_WORLD_ACCOUNTS 12
#define COMMIT_WORLD_SLOTS    6

struct model_account {
    bool exists;
    uint64_t nonce, balance;
    unsigned code; /* 0: none */
    uint64_t slots[COMMIT_WORLD_SLOTS];
};

struct model {
    struct model_account accounts[COMMIT_WORLD_ACCOUNTS];
};

struct commit_world;

struct commit_world *commit_world_new(uint64_t seed, uint64_t blocks);
struct commit_world *commit_world_branch(uint64_t seed, uint64_t blocks, uint64_t fork);
void commit_world_free(struct commit_world *world);

const struct commit_input *commit_world_input(const struct commit_world *world, uint64_t number);
const struct model *commit_world_model(const struct commit_world *world,
                                       uint64_t number); /* 0: empty */
hash32 commit_world_hash(const struct commit_world *world, uint64_t number);

address model_address(unsigned account);

/* The latest keys of a store are exactly those of the model; fails the test if not. */
void commit_world_check_latest(struct store *store, const struct model *model);
