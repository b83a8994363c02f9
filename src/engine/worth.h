/* worth.h - is a block worth more than one worker? By what it is likely to take, and by how the last ones went.
 *
 * Workers that run ahead cost something for each transaction, at the frontier and in versions. Where transactions are small and
 * workers few, or each needs the one before, one after another is as fast. Decides how, never what (tuning.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct worth {
    uint32_t losses; /* blocks in a row that were not worth it */
    uint32_t skip;   /* so many of the next are not tried */
};

/* What is known before. */
struct worth_block {
    uint64_t txs, gas; /* used, or likely to be */
    unsigned workers;  /* at hand */
};
bool worth_is_likely(const struct worth_block *block);

/* Shall the next block, which is likely to be worth it, be tried? One more or less to skip. */
bool worth_try(struct worth *worth);

/* How one went that was tried. */
struct worth_course {
    uint64_t txs;
    uint64_t busy_ns; /* processor time of all workers: who has no processor does not count */
    uint64_t took_ns; /* from the first to the last */
    bool is_whole;    /* the workers came to its end */
};
void worth_learn(struct worth *worth, const struct worth_course *course);
