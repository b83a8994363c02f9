/* state_sink.h - where accounts go that are brought in: a few calls, so that readers of state files need not know who keeps them.
 *
 * Order of calls: ( account ( code )? ( slot )* )* with `mark` after any account that is complete.
 */
#pragma once

#include "state/memory_state.h"

struct sink_account {
    address who;
    u256 balance;
    uint64_t nonce;
    hash32 code_hash; /* keccak_empty: none */
    bool has_storage;
};

/* How far an import is. The digest is of everything that was read up to there: another file has another. */
struct import_mark {
    uint64_t accounts;
    hash32 digest;
};

struct state_sink {
    enum pevm_status (*account)(void *context,
                                const struct sink_account *account,
                                struct error *error);
    enum pevm_status (*code)(void *context,
                             const hash32 *hash,
                             struct bytes code,
                             struct error *error);
    enum pevm_status (*slot)(void *context,
                             const address *who,
                             const u256 *slot,
                             const u256 *value,
                             struct error *error);
    /* All before is to be kept, and this with it. */
    enum pevm_status (*mark)(void *context, const struct import_mark *mark, struct error *error);
    void *context;
};

/* Into a state in memory. */
struct state_sink state_sink_memory(struct memory_state *state);

/* All accounts of a state in memory, into a sink; with one mark at the end, whose digest is zero. */
enum pevm_status state_sink_put_all(const struct state_sink *sink,
                                    const struct memory_state *state,
                                    struct error *error) MUST_CHECK;
