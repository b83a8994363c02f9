/* scaling.h - how many workers the next block is worth, from how many were busy in those before.
 *
 * A block of chains keeps one or two workers busy, however many there are; the others cost memory, wakes, and processors that
 * somebody else could use. One more than were busy are called, so that more can show; when all are busy, twice as many.
 */
#pragma once

#include <stdint.h>

struct scaling {
    unsigned max;     /* the team */
    unsigned workers; /* called for the next block: 2 to max, or 1 when that is max */
    uint32_t busy;    /* in sixteenths of a worker, over the last blocks */
};

void scaling_init(struct scaling *scaling, unsigned max);

/* The workers that were called spent `busy_ns` on transactions, all of them together, in a block that took `block_ns`. */
void scaling_learn(struct scaling *scaling, uint64_t busy_ns, uint64_t block_ns);
