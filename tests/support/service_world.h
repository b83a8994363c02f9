/* service_world.h - a chain of valid blocks, stores that have it, and services that execute it: for tests of src/service.
 *
 *     struct service_world world;
 *     service_world_make(&world, &(struct service_plan){.count = 20, .txs = 4});
 *     service_world_found(&world, store);                 (the state of block 0)
 *     service_world_feed(&world, store, 20);              (blocks up to 20, and the feed's progress)
 *     service_world_free(&world);
 *
 * A world has a folder of its own, gone with it; in it genesis/genesis.json, and the LMDB of the services that are run.
 */
#pragma once

#include "chain/chain.h"
#include "service/service.h"
#include "state/memory_state.h"
#include "store/store.h"
#include "types/block.h"

#include <sys/types.h>

struct service_plan {
    uint64_t count; /* blocks */
    size_t txs;     /* in each */
    uint64_t seed;
    const char *network, *recipe; /* NULL: Shanghai, erc20 */
};

struct service_world {
    struct arena arena;
    struct chain chain;
    struct memory_state *state; /* of block 0; NULL in a branch */
    struct header genesis;
    struct bytes *encodings; /* by number; that of block 0 is empty */
    hash32 *hashes;          /* by number */
    uint64_t count;
    char folder[64];
};

void service_world_make(struct service_world *world, const struct service_plan *plan);
/* The same up to block `fork`; above, the fees go to somebody else. Shares folder and genesis: `world` outlives it. */
void service_world_branch(struct service_world *branch,
                          const struct service_world *world,
                          uint64_t fork,
                          uint8_t whose);
void service_world_free(struct service_world *world);

/* A block, decoded; borrows from the world. */
struct block service_world_block(struct service_world *world, uint64_t number);

/* Change the block as `change` says, and all above it with it, so that they are linked again. */
void service_world_spoil(struct service_world *world,
                         uint64_t number,
                         void (*change)(struct header *header));

/* ---- into stores ---- */

void service_world_found(const struct service_world *world, struct store *store);
/* Blocks up to `last`; what the store has of another chain is taken back before. */
void service_world_feed(struct service_world *world, struct store *store, uint64_t last);

/* One key and its value, without a fence; NULL: delete it. */
void service_world_put(struct store *store, const char *key, struct bytes value);

/* ---- services ---- */

/* The LMDB of the world. Nobody else of this process may have it open. */
struct store *service_world_open(const struct service_world *world);

/* Until all is executed; `settings` "key=value" texts with NULL at the end, may be NULL. */
enum pevm_status service_world_run(const struct service_world *world,
                                   const char *const *settings,
                                   struct service_summary *summary,
                                   struct error *error);

/* The same in a process of its own, until it is told to stop; its exit code is 0, or the status. Its standard error goes into
 * the file "stderr" in the world's folder. */
pid_t service_world_spawn(const struct service_world *world, const char *const *settings);

/* The exit code, or 128 and the signal that ended it; fails the test when it takes more than `seconds`. */
int service_world_wait(pid_t child, unsigned seconds);

/* The digest of what the LMDB has, and how far it is. */
struct service_state {
    hash32 digest;
    uint64_t number;
    hash32 hash;
};
struct service_state service_world_state(const struct service_world *world);
