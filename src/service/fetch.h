/* fetch.h - blocks out of the store, ahead of the loop: read in few round trips, decoded, checked against their headers, their
 * senders recovered, on threads of their own.
 *
 *     fetch_start(fetch, 101, 200);
 *     while ((block = fetch_next(fetch, 101, 100)) == NULL) ...          at most 100 ms
 *     ... block->status says what there is ...
 *     fetch_release(fetch, 101 - 7);                             the loop looks back at some
 *
 *            ┌────────────────── fetch_release, fetch_start ───────────────────┐
 *            ▼                                                                  │
 *          FREE ──reader──▶ READING ──reader──▶ READ ──decoder──▶ DECODING ──▶ READY
 *
 * A thread decodes the lowest block that waits for it, or else reads the next ones. What cannot be used is READY, too, with a
 * status: PEVM_NOT_FOUND, a key is missing; PEVM_CORRUPT, PEVM_BAD_INPUT, it is damaged, or not what its header says;
 * PEVM_UNAVAILABLE and others, the store. fetch_again asks anew.
 *
 * Threads: one calls these functions.
 */
#pragma once

#include "chain/chain.h"
#include "store/store.h"
#include "types/block.h"

struct fetch;

struct fetch_options {
    struct store *store;
    const struct chain *chain;
    unsigned threads;
    uint32_t queue; /* most blocks that are read and wait */
    bool
        recovers_always; /* senders of a block that is waited for, too: they say what to read ahead */
};

#define FETCH_BACK                                                                                 \
    8 /* blocks behind the loop that may stay: it looks at seven ancestors, and at the one it executes */

struct fetched {
    uint64_t number;
    enum pevm_status status;
    struct error error;  /* unless PEVM_OK */
    struct block block;  /* with its hash; senders are known, unless somebody waited for it */
    hash32 digest;       /* of what the store has, whatever it is: tells whether it has changed */
    uint64_t recover_ns; /* time spent on senders here */
};

enum pevm_status fetch_new(struct fetch **out,
                           const struct fetch_options *options,
                           struct error *error) MUST_CHECK;
void fetch_free(struct fetch *fetch); /* may be NULL */

/* Forget everything, and begin with block `first`; `last` is there. */
void fetch_start(struct fetch *fetch, uint64_t first, uint64_t last);
/* There is more. */
void fetch_extend(struct fetch *fetch, uint64_t last);

/* Block `number`, which must lie between what was released and the last one; NULL: not in time. Lent until it is released. */
const struct fetched *fetch_next(struct fetch *fetch, uint64_t number, unsigned wait_ms);
/* The same if it is at hand. */
const struct fetched *fetch_peek(struct fetch *fetch, uint64_t number);

/* Those up to `number` are not needed any more. */
void fetch_release(struct fetch *fetch, uint64_t number);

/* Read block `number` and all above it anew. */
void fetch_again(struct fetch *fetch, uint64_t number);

/* How many are ready, or on their way. */
struct fetch_counts {
    uint32_t ready, busy;
};
struct fetch_counts fetch_count(struct fetch *fetch);
