/* bough_build.h - the boughs of a whole trie, from its entries in ascending order, in memory that grows with its depth only.
 *
 * Order of calls: bough_build_begin ( bough_build_add )* bough_build_end
 */
#pragma once

#include "trie/bough.h"

#define BOUGH_VALUE_MAX 128 /* an account has at most 110 bytes */

/* Takes a bough as soon as it is whole: after all those below it. What it returns ends the build if it is not PEVM_OK. */
struct bough_sink {
    enum pevm_status (*bough)(void *context, struct nibbles path, struct bytes bough);
    void *context;
};

struct trie_branch_node;

struct bough_build {
    const struct bough_sink *sink;
    struct arena *arena;
    uint8_t key[32], value[BOUGH_VALUE_MAX]; /* the entry that waits for the next one */
    size_t value_size;                       /* 0: none does */
    struct {
        struct trie_branch_node *branch;
        int depth;              /* nibbles before it */
        struct arena_mark mark; /* it, and all below it, was taken after that */
    } open[NIBBLES_MAX];        /* on the way to that entry, outermost first */
    unsigned open_count;
    struct trie_node *root; /* when no branch is open any more */
    struct arena_mark begin;
};

/* All that is taken from `arena` is given back by bough_build_end. */
void bough_build_begin(struct bough_build *build,
                       const struct bough_sink *sink,
                       struct arena *arena);

/* Keys strictly ascend. The value is copied: 1 to BOUGH_VALUE_MAX bytes. */
enum pevm_status bough_build_add(struct bough_build *build,
                                 const hash32 *key,
                                 struct bytes value) MUST_CHECK;

/* The root. */
enum pevm_status bough_build_end(struct bough_build *build, hash32 *out) MUST_CHECK;
