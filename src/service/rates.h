/* rates.h - how much of something per second, over the last minute. One owner. */
#pragma once

#include "base/compiler.h"

#include <stddef.h>
#include <stdint.h>

#define RATE_SECONDS 60

struct rate_sums {
    uint64_t blocks, txs, gas;
};

struct rates {
    struct rate_sums cells[RATE_SECONDS]; /* by second */
    uint64_t second[RATE_SECONDS];        /* which second a cell is of */
    uint64_t begin;                       /* the first second */
};

void rates_add(struct rates *rates, uint64_t now_ns, const struct rate_sums *more);

/* All of the last minute; *seconds: over how long, at least 1. */
struct rate_sums rates_sum(const struct rates *rates, uint64_t now_ns, double *seconds);
