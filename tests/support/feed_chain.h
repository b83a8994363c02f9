/* feed_chain.h - a chain of random blocks that belong together, and the files that hold chains: for tests of what reads them. Nobody
 * could execute these blocks: only hashes, roots and links are right. Same seed, same chain. */
#pragma once

#include "base/arena.h"
#include "types/block.h"

struct feed_chain {
    struct arena arena;
    struct block *blocks;
    struct bytes *encodings;
    struct bytes *receipts; /* rlp([receipt, ...]) */
    u256 *totals;           /* difficulties up to and with each block */
    size_t count;
};

void feed_chain_make(struct feed_chain *chain, size_t count, uint64_t first_number, uint64_t seed);
/* From block `from` on (its place, not its number) other blocks: the same, a second later. */
void feed_chain_branch(struct feed_chain *chain, size_t from);
void feed_chain_free(struct feed_chain *chain);

/* All blocks, one behind the other; all of it as an era1 file. In the chain's arena. */
struct bytes feed_chain_rlp(struct feed_chain *chain);
struct bytes feed_chain_era1(struct feed_chain *chain);

/* A file of the test's own with these bytes, by the name of `name`; its path lives until the next call. */
const char *feed_file(const char *name, struct bytes content);

/* The folder of these files. */
const char *feed_folder(void);
