/* store_trie_build.h - the tries of a state that is in the store already: after an import, or after blocks that were committed
 * without state roots.
 *
 * Reads all of st:latest:* once, sorts it by the hashes of its keys, in a file where it does not fit into memory, and writes
 * evmx:trie:* in the order of those, evmx:trie at last. A build that was cut off leaves no evmx:trie, and is begun anew. The
 * state must not change meanwhile. Memory: options.memory_bytes, a third more while it sorts, and some megabytes.
 */
#pragma once

#include "store/commit.h"

struct trie_build_progress {
    bool is_scanning;     /* else building, of `total` */
    uint64_t done, total; /* accounts and slots */
    uint64_t boughs;      /* written */
};

struct trie_build_options {
    struct key_style style;
    const char
        *folder; /* for the file; it may become as large as 128 bytes for each account and slot */
    size_t memory_bytes; /* at least 1 MiB */
    uint64_t token;      /* of the leader; 0: no fence */
    const hash32 *root;  /* what it must be, in the header of the block; NULL: not known */
    /* Told now and then; false cancels the build (PEVM_CANCELLED). May be NULL. */
    bool (*tell)(void *context, const struct trie_build_progress *progress);
    void *context;
};

/* The state is that of the block that `at` names, whose hash must be known. *root: its state root, also when it is another one than
 * options->root, which is PEVM_CORRUPT: there are no tries then. */
enum pevm_status store_trie_build(struct store *store,
                                  const struct trie_build_options *options,
                                  const struct exec_progress *at,
                                  hash32 *root,
                                  struct error *error) MUST_CHECK;
