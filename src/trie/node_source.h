/* node_source.h - where nodes come from: a witness, which has them by their hash, or a store, which has boughs (bough.h) by their
 * place. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "trie/nibbles.h"

struct node_source {
    /* The RLP of the node with that hash, lent until the trie's arena dies; PEVM_NOT_FOUND when it is not there.
     * The source answers for it that the bytes have that hash: a trie does not hash them again. */
    enum pevm_status (*node)(void *context, const hash32 *hash, struct bytes *out);
    void *context;

    /* NULL, or asked instead: the bough after the nibbles `path`. Its hash is looked at. A bough that is not there is
     * not PEVM_NOT_FOUND but a fault, for its parent names it. */
    enum pevm_status (*bough)(void *context, struct nibbles path, struct bytes *out);
};
