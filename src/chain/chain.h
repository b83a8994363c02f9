/* chain.h - a chain's configuration: which fork is active at which height, time or difficulty. */
#pragma once

#include "base/error.h"
#include "base/u256.h"
#include "chain/rules.h"

#define CHAIN_NAME_MAX 64

/* When a fork begins: at a height (up to Paris) or at a time (from Shanghai on); the other one is FORK_NEVER. A fork
 * that never comes is FORK_NEVER in both. */
#define FORK_NEVER UINT64_MAX

struct fork_start {
    uint64_t number; /* active when block.number >= number */
    uint64_t time;   /* active when block.timestamp >= time */
};

struct chain {
    char name[CHAIN_NAME_MAX];
    uint64_t chain_id;
    struct fork_start starts[FORK_COUNT];
    u256 terminal_total_difficulty; /* Paris begins with the block after this is reached */
    bool paris_by_number;     /* ... or at starts[FORK_PARIS].number (mainnet: known height) */
    uint64_t dao_number;      /* FORK_NEVER: no DAO fork */
    address deposit_contract; /* whose logs are deposits (EIP-6110) */
    struct blob_schedule blobs[FORK_COUNT]; /* mainnet's, unless a fixture says otherwise */
};

/* Ethereum mainnet; "mainnet" and "sepolia". */
extern const struct chain chain_mainnet, chain_sepolia;

/* The chain with that id, or NULL. */
const struct chain *chain_by_id(uint64_t chain_id);

/* How many blocks from the DAO fork on must say "dao-hard-fork" in their extra data. */
#define DAO_EXTRA_DATA_BLOCKS 10

/* A chain for a network name of the official tests: a fork's name, or a transition ("BerlinToLondonAt5",
 * "PragueToOsakaAtTime15k", "ArrowGlacierToParisAtDiffC0000", "HomesteadToDaoAt5"). Chain id 1.
 * PEVM_UNSUPPORTED names the unknown word. */
enum pevm_status chain_by_network(struct chain *out,
                                  const char *network,
                                  struct error *error) MUST_CHECK;

/* What is in force for a block. `parent_total_difficulty` may be NULL where Paris is not decided by it. */
struct rules chain_rules(const struct chain *chain,
                         uint64_t number,
                         uint64_t timestamp,
                         const u256 *parent_total_difficulty);
