/* mv.h - the state of one block while its transactions run side by side: for every location all versions that they
 * wrote, so that transaction i sees what the transactions below it wrote, and nothing else.
 *
 * It knows versions of locations. It does not know transactions, gas, or in which order work is handed out: it says "that
 * version is about to change" (VIEW_BLOCKED, with the tx index in blocked_on) and "what you read is not true any more"
 * (mv_holds), and its caller does the rest. Nothing is freed before the next mv_begin, so a reader needs no protection
 * from writers: what it points to stays.
 *
 * Words
 *   location    a balance, a nonce, a code hash, an existence, a storage reset, a slot. Full keys are compared, never hashes alone
 *   version     what one transaction wrote to one location. A list per location, newest tx first
 *   estimate    a version whose transaction runs again: its next value is likely to come here
 *   base        what the state was before the first transaction; read through a view, once per location
 *   delta       versions of a balance are what was added (modulo 2^256), so that payments to one account never wait for
 *               one another. A balance at i is the base and all deltas below i
 *   tip         what a transaction pays to the coinbase: a delta too, but kept by tx index, as every transaction has one
 *   frontier    transactions below it are final: their versions do not change any more
 *
 * Order of calls
 *   mv_new ( mv_begin  ( mv_attempt_begin reads mv_log_* mv_write_* mv_publish | mv_retract | mv_holds | mv_frontier_set )*
 *   mv_each_* )* mv_free
 *
 * Who may call what at the same time: all but mv_new, mv_begin, mv_each_*, mv_free, which the owner calls alone. An attempt
 * and a worker number belong to one thread at a time; a transaction's attempts follow one another.
 *
 * Invariants
 *   I1  a location has at most one version per transaction that is not dead
 *   I2  the list of a location descends by tx index; nothing is ever unlinked in a block
 *   I3  values are immutable once published; a version changes by pointing to another value
 *   I4  the frontier only grows, and below it no version changes
 *
 * Order pairs
 *   [A] a version is linked, or given a value (release)   <-> a reader walks the list (acquire)
 *   [B] a base value is stored (release)                  <-> its state is read (acquire)
 *   [C] a table entry is stored (release)                 <-> a probe reads it (acquire)
 *   [D] the frontier is raised (release)                  <-> a sum is kept for later readers (acquire)
 *   [E] a tip is stored (release)                         <-> the coinbase's balance is summed up (acquire)
 *
 * Progress: reads and writes are lock-free but for the first read of a location, during which other readers of the same
 * location spin. Cost per location and version: README.md.
 */
#pragma once

#include "base/status.h"
#include "base/u256.h"
#include "state/account_value.h"
#include "state/view.h"
#include "sync/budget.h"

#define MV_TX_MAX   ((uint32_t)1 << 24)
#define MV_NOBODY   UINT32_MAX
#define MV_TOLD_MAX 8

struct mv;

struct mv_options {
    unsigned workers;      /* at most; worker numbers are below it */
    bool is_spread;        /* rows, versions and tables lie across all nodes of memory */
    struct budget *budget; /* borrowed; for all that grows with the block. NULL: no limit */
};

struct mv_block {
    const struct view *base; /* borrowed; any thread may call it at any time */
    uint32_t tx_count;
    uint32_t
        locations_expected; /* a good guess saves a second table; the tables grow between blocks */
    address coinbase;
    bool keeps_empty; /* before Spurious Dragon: existence is a location of its own */
    bool by_version;  /* mv_holds compares where slots and codes came from, not what they are */
    unsigned
        warm_workers; /* the first so many have memory from the beginning, and are likely to take none in the block */
};

enum pevm_status mv_new(struct mv **out, const struct mv_options *options) MUST_CHECK;
void mv_free(struct mv *mv); /* may be NULL */
enum pevm_status mv_begin(struct mv *mv, const struct mv_block *block) MUST_CHECK;
/* Give all memory back that is kept from block to block. Between mv_each_* and mv_begin. */
void mv_trim(struct mv *mv);

struct mv_read;
struct mv_write;

/* One execution of one transaction. Its view reads the versions below `tx` and logs what it gave. */
struct mv_attempt {
    struct mv *mv;
    uint32_t worker, tx;
    uint32_t blocked_on;   /* after VIEW_BLOCKED: the transaction that has to run first */
    bool needs_final;      /* after VIEW_BLOCKED: ... and be final, not only executed */
    bool out_of_memory;    /* after VIEW_FAILED, or false of a write: ours, not the base's fault */
    bool is_cancelled;     /* set it, and the next read answers VIEW_FAILED */
    bool guesses_coinbase; /* it is the sender, and not all tips below were known: a guess */
    bool
        predicts_nonce; /* the sender's nonce is taken to be the transaction's: it can't be valid otherwise */
    address sender;
    uint64_t nonce;
    struct mv_read *reads; /* a growing array on the heap, kept between attempts */
    uint32_t read_count, read_capacity;
    struct mv_write *writes;
    uint32_t write_count, write_capacity;
    uint32_t told
        [MV_TOLD_MAX];   /* after mv_publish: locations that a higher one had read, perhaps; ... */
    uint32_t told_count; /* ... more than MV_TOLD_MAX: more than fit */
    uint32_t reading;    /* the place that was read last, for whoever wants to know (mv_place.h) */
    uint32_t last_account; /* id of the account found last, or MV_NOBODY */
};

void mv_attempt_init(struct mv_attempt *attempt); /* takes no memory */
/* Take now what the first reads and writes would take. False: no memory. */
bool mv_attempt_reserve(struct mv_attempt *attempt) MUST_CHECK;
void mv_attempt_fini(struct mv_attempt *attempt);

/* `tx` is below the block's tx_count. Forgets what an earlier attempt in the same struct logged, keeps its memory. */
void mv_attempt_begin(struct mv_attempt *attempt, struct mv *mv, unsigned worker, uint32_t tx);
struct view mv_attempt_view(struct mv_attempt *attempt);

/* Somebody is about to ask for the account: its place in the tables is on its way into this processor's cache. */
void mv_expect(const struct mv *mv, const address *who);

/* A blocked attempt goes on, on this worker. */
void mv_attempt_resume(struct mv_attempt *attempt, unsigned worker);
/* Would what it has read until now, balances apart, be read the same? */
bool mv_attempt_holds(const struct mv_attempt *attempt) MUST_CHECK;

/* What the run depends on of a balance that the view gave: the very number, or only that it is at least `min`. Balances that are
 * not logged here do not matter to the run. False: no memory. */
bool mv_log_balance(struct mv_attempt *attempt,
                    const address *who,
                    const u256 *given,
                    const u256 *min,
                    bool is_exact) MUST_CHECK;

/* The account that the next calls are about is the one that the view gave with this `place`: saves looking it up. 0: not known. */
ALWAYS_INLINE void mv_attempt_at(struct mv_attempt *attempt, uint32_t place)
{
    if (place != 0) attempt->last_account = place - 1;
}

/* The writes of the transaction, one per location, before mv_publish. False: no memory. Bytes are copied. */
bool mv_write_balance(struct mv_attempt *attempt, const address *who, const u256 *delta) MUST_CHECK;
bool mv_write_nonce(struct mv_attempt *attempt, const address *who, uint64_t nonce) MUST_CHECK;
bool mv_write_code(struct mv_attempt *attempt,
                   const address *who,
                   const hash32 *hash,
                   struct bytes code) MUST_CHECK;
bool mv_write_existence(struct mv_attempt *attempt, const address *who, bool exists) MUST_CHECK;
bool mv_write_reset(struct mv_attempt *attempt,
                    const address *who) MUST_CHECK; /* all storage below is gone */
bool mv_write_slot(struct mv_attempt *attempt,
                   const address *who,
                   const u256 *slot,
                   const u256 *value) MUST_CHECK;

/* Make the writes visible, with the tip; versions of earlier attempts of this transaction that were not written again go.
 * Afterwards mv_holds(tx) speaks of this attempt. *readers_to: no transaction at or above it can have read one of these
 * locations before (a hint: better to look at a few too many). False: no memory, nothing is visible. */
bool mv_publish(struct mv_attempt *attempt, const u256 *tip, uint32_t *readers_to) MUST_CHECK;

/* Has the published attempt of `reader`, which the caller holds, read one of the locations that this attempt has published
 * and that had readers above? */
bool mv_concerns(const struct mv_attempt *attempt, uint32_t reader) MUST_CHECK;

/* The transaction will run again: its versions become estimates. Its caller holds the transaction. */
void mv_retract(struct mv *mv, uint32_t tx);

/* Would the published attempt of `tx` read the same now? `worker` is the caller's. An estimate in the way is a no. A predicted
 * nonce can only be judged when all below have been executed: before, it is taken to hold (`with_predictions` false). */
bool mv_holds(struct mv *mv, unsigned worker, uint32_t tx, bool with_predictions) MUST_CHECK;

/* The first place that would be read differently now, or MV_NOBODY. */
uint32_t mv_untrue(struct mv *mv, unsigned worker, uint32_t tx, bool with_predictions) MUST_CHECK;
/* Who wrote such a location last, below `tx`; MV_NOBODY: nobody in this block, or it is made of several. */
uint32_t mv_writer(struct mv *mv, uint32_t place, uint32_t tx) MUST_CHECK;

/* All transactions below `tx` are final. Callers take turns (an ordered commit). */
void mv_frontier_set(struct mv *mv, uint32_t tx);

/* ---- afterwards: what came of the transactions below `tx`, which are final. The owner alone. ---- */

struct mv_account_change {
    address who;
    struct account_value before, now; /* before: the base's */
    bool storage_reset;
    const struct bytes *code; /* new code of that hash, or NULL when it was not set in this block */
};

struct mv_slot_change {
    u256 slot;
    const u256 *before, *now; /* before: the base's, or NULL when nobody has asked for it */
};

/* Visit all that was written, in no order. Values may equal the base's. PEVM_NO_MEMORY: the visitor said false;
 * PEVM_STATE_UNREADABLE: a base value could not be read. */
enum pevm_status mv_each_account(struct mv *mv,
                                 uint32_t tx,
                                 bool (*visit)(void *context,
                                               const struct mv_account_change *change),
                                 void *context) MUST_CHECK;
enum pevm_status mv_each_slot(struct mv *mv,
                              uint32_t tx,
                              bool (*visit)(void *context,
                                            const address *who,
                                            const struct mv_slot_change *change),
                              void *context) MUST_CHECK;

struct mv_counts {
    uint64_t accounts, slots, versions, reads;
    size_t bytes; /* of arenas, in this block */
};
struct mv_counts mv_counts(const struct mv *mv);

/* What of a block's tables is for whom, in bytes. */
struct mv_footprint {
    uint64_t locations; /* five of each account, and the slots */
    size_t row_bytes;   /* keys, lists of versions, base values: of all locations */
    size_t index_bytes; /* entries of the hash tables, of all rows */
    size_t version_bytes, read_bytes, tx_bytes; /* of each version, logged read, transaction */
};
struct mv_footprint mv_footprint(const struct mv *mv);

/* Asserts I1 and I2 of every location. The owner alone, while nobody publishes. */
void mv_validate(struct mv *mv);
