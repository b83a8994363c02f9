/* block_world.h - a small chain with one block to execute: people with keys, a state, a header that fits its parent.
 *
 *     struct block_world *world = block_world_new(FORK_OSAKA);
 *     struct tx *tx = block_world_tx(world, ALICE);        (a transfer of 1 wei to BOB; change what you like)
 *     tx->value = u256_from_u64(5);
 *     block_world_seal(world);                             (signatures, roots, gas used: what a valid block has)
 *     CHECK_EQ(block_world_run(world), BLOCK_VALID);
 *     CHECK_EQ(u256_low64(block_world_account(world, BOB).balance), 5);
 *     block_world_free(world);
 */
#pragma once

#include "chain/chain.h"
#include "engine/engine.h"
#include "state/memory_state.h"

/* People: each has a key; ALICE to CAROL have ether, too. Then addresses without a key. */
enum {
    ALICE = 1,
    BOB = 2,
    CAROL = 3,
    MINER = 4,
    OMMER_MINER = 5,
    NOBODY = 6,
    CONTRACT = 7,
    OTHER = 8
};

#define BLOCK_WORLD_TXS_MAX         32
#define BLOCK_WORLD_OMMERS_MAX      3
#define BLOCK_WORLD_WITHDRAWALS_MAX 8
#define BLOCK_WORLD_NUMBER          100
#define BLOCK_WORLD_GWEI            1000000000u

struct block_world {
    struct chain chain;
    enum fork fork;
    struct engine *engine;
    struct memory_state *state;
    struct arena arena;

    struct header parent;
    struct block block;
    struct tx txs[BLOCK_WORLD_TXS_MAX];
    unsigned signers[BLOCK_WORLD_TXS_MAX];
    uint64_t nonces[OTHER + 1];
    struct header ommers[BLOCK_WORLD_OMMERS_MAX];
    struct withdrawal withdrawals[BLOCK_WORLD_WITHDRAWALS_MAX];
    struct header headers[ENGINE_ANCESTORS_MAX]; /* the parent first */
    struct engine_ancestor ancestors[ENGINE_ANCESTORS_MAX];

    struct root_source roots; /* of the state above */
    struct view pre_state;    /* the state above, but for this: */
    unsigned fail_read;       /* the n-th read from 1 fails; 0: none */
    unsigned reads;

    struct engine_input input;
    struct engine_outcome outcome;
    struct error error;
};

struct block_world *block_world_new(enum fork fork);
void block_world_free(struct block_world *world);

address block_world_address(unsigned who);

/* The pre-state. */
void block_world_set(
    struct block_world *world, address who, uint64_t nonce, u256 balance, struct bytes code);
void block_world_set_slot(struct block_world *world, address who, uint64_t slot, uint64_t value);

/* One more transaction, legacy, 100,000 gas at 10 Gwei, 1 wei to BOB; the next nonce of its signer. */
struct tx *block_world_tx(struct block_world *world, unsigned signer);
/* One more ommer, a valid one `age` generations old. */
struct header *block_world_ommer(struct block_world *world, unsigned age);
void block_world_withdraw(struct block_world *world, unsigned to, uint64_t gwei);

/* Sign what is not signed and put it into the block; roots of the body. */
void block_world_sign(struct block_world *world);
/* ... and everything that only execution says. Fails the test when the block is not valid. */
void block_world_seal(struct block_world *world);

/* Execute. Fails the test when the world, not the block, is at fault. */
enum block_fault block_world_run(struct block_world *world);
/* Execute, and let the caller see what the world says. */
enum pevm_status block_world_try(struct block_world *world);

/* An account after the block. */
struct account_change block_world_account(const struct block_world *world, address who);
/* A slot after the block. */
u256 block_world_slot(const struct block_world *world, address who, uint64_t slot);
