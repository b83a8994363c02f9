/* node_bundle.h - a block of a node as a bundle (fixture/bundle_write.h): with the state it needs, so that it can be executed here
 * without the node.
 *
 * Where the node offers debug_executionWitness, the trie nodes come along, and the state root can be checked.
 */
#pragma once

#include "feed/rpc.h"
#include "fixture/bundle_write.h"

struct node_bundle_plan {
    struct rpc *rpc; /* borrowed */
    uint64_t number;
    const char *
        network; /* of a chain that we do not know by its id: which rules hold (chain_by_network); else NULL */
};

/* PEVM_UNSUPPORTED: a chain without rules, a node that does not trace. */
enum pevm_status node_bundle_write(struct bundle_set *set,
                                   const struct node_bundle_plan *plan,
                                   struct error *error) MUST_CHECK;
