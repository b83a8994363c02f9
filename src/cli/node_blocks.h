/* node_blocks.h - blocks that a user wants from a node, as bundles in a folder: for pevm replay --rpc. */
#pragma once

#include "base/error.h"

#include <stddef.h>

#define NODE_FOLDER_SIZE 512
#define NODE_BLOCKS_MAX  64

struct node_blocks {
    const char *url;
    const char *network;         /* as in feed/node_bundle.h; may be NULL */
    const char *folder;          /* where the bundles go; NULL: a new one, named after the blocks */
    const char *const *operands; /* block numbers, decimal or 0x.., or "latest" */
    size_t operand_count;
};

/* Fetches them, with a picture of how far it is on stderr. `folder` is where they lie. */
enum pevm_status node_blocks_fetch(char folder[NODE_FOLDER_SIZE],
                                   const struct node_blocks *blocks,
                                   struct error *error) MUST_CHECK;
