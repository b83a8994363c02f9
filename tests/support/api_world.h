/* api_world.h - a block of block_world.h and the state before it, as somebody outside holds them: RLP and a handle.
 *
 * People send to one another, contracts count in one slot, log, and read each other's balances; ALICE creates a contract.
 */
#pragma once

#include "pevm/pevm.h"

#include "support/block_world.h"

#define API_WORLD_TXS 24

struct api_world {
    struct block_world *inside; /* Osaka */
    struct pevm_bytes block, parent;
    pevm_state *state;
};

void api_world_init(struct api_world *world);
void api_world_fini(struct api_world *world);

/* For its chain; 1 worker is sequential. */
struct pevm_config api_world_config(unsigned workers);
/* Such an engine. Fails the test when there is none. */
pevm_engine *api_world_engine(unsigned workers);
/* Block, parent, state. */
struct pevm_input api_world_input(const struct api_world *world);
