/* random_types.h - transactions, headers and blocks whose fields are random, for round trips. Signatures are random,
 * too: nobody signed these. Same seed, same things. */
#pragma once

#include "base/arena.h"
#include "base/rng.h"
#include "types/block.h"
#include "types/receipt.h"

/* Often small, often near the borders of the encoding, sometimes any. */
uint64_t random_u64(struct rng *rng);
u256 random_u256(struct rng *rng);
struct bytes random_bytes(struct rng *rng, size_t size_max, struct arena *arena);

/* Without encoding, hash and sender. */
void random_tx(struct tx *out, enum tx_type type, struct rng *rng, struct arena *arena);

/* Without hash; `field_count` is 15 to 21. */
void random_header(struct header *out, uint8_t field_count, struct rng *rng, struct arena *arena);

const struct log *random_logs(struct rng *rng, size_t count, struct arena *arena);

/* A block with a few of everything; transactions have their encoding. */
void random_block(struct block *out, struct rng *rng, struct arena *arena);
