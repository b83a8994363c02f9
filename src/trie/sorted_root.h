/* sorted_root.h - the root of a whole trie from all its leaves, sorted by key: for full states in memory. */
#pragma once

#include "base/arena.h"
#include "base/status.h"

struct trie_leaf {
    hash32 key;         /* the path: already hashed for state and storage tries */
    struct bytes value; /* RLP, not empty */
};

/* `leaves` strictly ascending by key. Everything in `scratch` is released again. PEVM_NO_MEMORY, nothing else. */
enum pevm_status sorted_root(hash32 *out,
                             const struct trie_leaf *leaves,
                             size_t count,
                             struct arena *scratch) MUST_CHECK;
