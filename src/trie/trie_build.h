/* trie_build.h - a whole trie from its entries in ascending order, without a search for any of them.
 *
 * Order of calls: trie_build_begin ( trie_build_add )* trie_build_end
 */
#pragma once

#include "trie/nibbles.h"
#include "trie/trie.h"

struct trie_branch_node;

struct trie_build {
    struct trie *trie;
    struct bytes key, value;                    /* the entry that waits for the next one */
    struct trie_branch_node *open[NIBBLES_MAX]; /* branches on the way to it, outermost first */
    int depth[NIBBLES_MAX];                     /* nibbles before each of them */
    unsigned open_count;
    bool has_entry;
};

/* Start an empty trie in `arena`; *trie stays where it is until trie_build_end. */
void trie_build_begin(struct trie_build *build, struct trie *trie, struct arena *arena);

/* Keys strictly ascend, none is the beginning of another; values are not empty. Both are borrowed as long as the trie
 * lives. */
enum pevm_status trie_build_add(struct trie_build *build,
                                struct bytes key,
                                struct bytes value) MUST_CHECK;
enum pevm_status trie_build_end(struct trie_build *build) MUST_CHECK;
