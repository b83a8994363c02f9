/* rng.h - seeded random numbers for tests, generators and fuzzers: the same seed gives the same numbers on
 * every machine (xoshiro256**, seeded through splitmix64; Blackman and Vigna 2018). Not for secrets. */
#pragma once

#include "base/bytes.h"

struct rng {
    uint64_t state[4];
};

void rng_init(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);

/* Below `limit` (> 0), without bias worth a thought (limit is far below 2^64). */
uint64_t rng_below(struct rng *rng, uint64_t limit);
void rng_fill(struct rng *rng, void *out, size_t size);
