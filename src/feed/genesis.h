/* genesis.h - a chain's beginning: the file from which nodes are initialised (geth's form), or the genesis.json of a chain that
 * pevm make-chain wrote.
 *
 *     { "config": { "chainId", "homesteadBlock", .. "shanghaiTime", .. }, "gasLimit", "difficulty", .., "alloc": { address: account } }
 *
 * Rules
 *   R1  The header's state root is computed from the accounts; fields of forks that are in force at the first block are filled as
 *       nodes fill them (base fee 1 gwei, no withdrawals, no blobs, no requests).
 *   R2  A fork that we do not know is refused (PEVM_UNSUPPORTED), except on the BNB chains, whose rules do not come from the file.
 *   R3  An address that comes twice is refused, whatever its case.
 */
#pragma once

#include "chain/chain.h"
#include "fixture/json.h"
#include "state/memory_state.h"
#include "types/header.h"

struct genesis {
    struct arena arena;
    struct chain chain;
    struct header header; /* with its hash */
    struct memory_state *state;
};

enum pevm_status genesis_read(struct genesis *out,
                              struct bytes text,
                              struct error *error) MUST_CHECK;
/* The same out of a file; the text names it. PEVM_NOT_FOUND, PEVM_IO: the file. */
enum pevm_status genesis_read_file(struct genesis *out,
                                   const char *path,
                                   struct error *error) MUST_CHECK;
void genesis_fini(struct genesis *genesis); /* of a zeroed object: nothing */

/* A chain that everybody knows by its id: its name, and the hash of its first block. NULL: we know none of that id. */
struct known_genesis {
    uint64_t chain_id;
    const char *name;
    hash32 hash;
};
const struct known_genesis *genesis_known(uint64_t chain_id);

/* ---- for the tests of the part ---- */

/* The member "config" as a chain. */
enum pevm_status genesis_config_read(struct chain *out,
                                     const struct json *config,
                                     struct error *error) MUST_CHECK;
