/* node_source.h - where nodes come from: a witness, a database. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

struct node_source {
    /* The RLP of the node with that hash, lent until the trie's arena dies; PEVM_NOT_FOUND when it is not there.
     * The source answers for it that the bytes have that hash: a trie does not hash them again. */
    enum pevm_status (*node)(void *context, const hash32 *hash, struct bytes *out);
    void *context;
};
