/* mv_private.h - what the files of the multi-version state share: rows, versions, values.
 *
 * Layout
 *   account_row  three cache lines: the key and the five lists of versions in the first, the base in the others
 *   slot_row     one cache line: key, list, where the base value lies
 *   version      16 bytes: whose it is, the next older one, where the value lies and whether it holds
 *   table        open addressing over rows: 8 bytes an entry, the block's number in it, so that no block clears it
 *
 * Rows, versions and tables lie in reserved address space: they never move, and cost what was touched.
 */
#pragma once

#include "base/arena.h"
#include "state/mv.h"
#include "sync/atomic.h"

enum mv_kind { MV_BALANCE, MV_NONCE, MV_CODE, MV_EXISTENCE, MV_RESET, MV_SLOT, MV_HAS_STORAGE };

/* A location in 32 bits: its kind and the id of its row. */
#define MV_ID_BITS 29
#define MV_ID_MAX  (((uint32_t)1 << MV_ID_BITS) - 1)

#define MV_ROWS_TAKEN 16 /* at once, by a worker */
#define MV_ROWS_MAX                                                                                \
    ((uint32_t)1 << 22) /* accounts; slots: four times as many. Address space only */

ALWAYS_INLINE uint32_t mv_place(enum mv_kind kind, uint32_t id)
{
    return (uint32_t)kind << MV_ID_BITS | id;
}
ALWAYS_INLINE enum mv_kind mv_place_kind(uint32_t place)
{
    return (enum mv_kind)(place >> MV_ID_BITS);
}
ALWAYS_INLINE uint32_t mv_place_id(uint32_t place)
{
    return place & MV_ID_MAX;
}

/* The versions of one location. */
struct mv_cell {
    struct atomic32 head;       /* index of the version with the highest tx; 0 = none */
    struct atomic32 readers_to; /* a hint: above all tx that read it */
};

/* The two lowest bits of a value word; what they are attached to is aligned to 16. */
enum { MV_ESTIMATE = 1, MV_DEAD = 2, MV_MARKS = 3 };

struct mv_version {
    struct atomic64 value; /* address and marks */
    struct atomic32 next;  /* index of the next older one; 0 = none */
    uint32_t tx;
};

/* A tip in a word, for whoever adds up many: the number itself where it has 62 bits, else where it lies. */
enum { MV_TIP_IS_ESTIMATE = 1, MV_TIP_IS_NUMBER = 2 };

ALWAYS_INLINE bool mv_tip_fits(const u256 *tip)
{
    return u256_fits_u64(*tip) && tip->words[0] >> 62 == 0;
}

ALWAYS_INLINE uint64_t mv_tip_word(uint64_t number)
{
    return number << 2 | MV_TIP_IS_NUMBER;
}

ALWAYS_INLINE bool mv_tip_is_known(uint64_t word)
{
    return word != 0 && (word & MV_TIP_IS_ESTIMATE) == 0;
}

ALWAYS_INLINE u256 mv_tip_of(uint64_t word)
{
    if (likely((word & MV_TIP_IS_NUMBER) != 0)) return u256_from_u64(word >> 2);
    return *(const u256 *)(uintptr_t)(word & ~(uint64_t)MV_TIP_IS_ESTIMATE);
}

/* What the value words of each kind point to. */
struct mv_delta {
    u256 delta;
    u256 total; /* the balance with this and all below: kept once all of them are final */
    struct atomic32 state; /* enum mv_delta_state of `total` */
};
enum mv_delta_state { MV_TOTAL_UNKNOWN, MV_TOTAL_BEING_KEPT, MV_TOTAL_KEPT };

struct mv_code {
    hash32 hash;
    struct bytes code;
};

enum mv_row_state { MV_ROW_UNUSED, MV_ROW_KEY, MV_ROW_LOADING, MV_ROW_LOADED };

struct mv_account_row {
    address key;
    struct atomic32 state; /* enum mv_row_state */
    struct mv_cell balance, nonce, code, existence, reset;

    u256 base_balance;
    hash32 base_code;
    uint64_t base_nonce;
    bool base_exists, base_empty;
    struct atomic32
        written_slots; /* id + 1 of the slot that was written last for the first time; 0 = none was */

    /* Afterwards (mv_changes.h). */
    bool is_taken;
    struct atomic32 slot_changes;     /* so many slots differ in the end; */
    struct atomic32 slots_before_end; /* ... the first lies so far before the end of all */
} ALIGNED(CACHE_LINE);

/* Is the slot in the list of those of its account that were written in this block? */
enum mv_listed { MV_NOT_LISTED, MV_BEING_LISTED, MV_LISTED };

struct mv_slot_row {
    u256 key;
    uint32_t account;
    struct mv_cell cell;
    bool is_used;
    struct atomic8 listed; /* enum mv_listed */
    uint32_t next_written; /* id + 1 of the next in the list of its account */
    struct atomic_pointer
        base; /* const u256 *, NULL: not read yet, &mv_loading: somebody reads it */
} ALIGNED(CACHE_LINE);

extern u256 mv_loading;

struct mv_read {
    uint32_t place;
    uint32_t is_predicted; /* nobody gave it: it is what must be true in the end */
    uint64_t seen;         /* a number, or where the value lies */
};

struct mv_balance_seen {
    u256 given, min;
    bool is_exact;
};

struct mv_write {
    uint32_t place;
    uint32_t version; /* its index, once published */
    uint64_t value;
};

/* The published attempt of a transaction. */
struct mv_record {
    const struct mv_read *reads;
    struct mv_write *writes;
    uint32_t read_count, write_count;
};

struct mv_table {
    struct atomic64 *entries;
    uint32_t mask, mask_max_used;
};

/* A range of indices that a worker took for itself. */
struct mv_range {
    uint32_t next, end;
};

struct mv_worker {
    struct arena arena; /* values, logs: until the next block */
    struct mv_range accounts, slots, versions;
    uint64_t read_count;
} ALIGNED(CACHE_LINE);

struct mv {
    struct mv_table account_table, slot_table;
    struct mv_account_row *accounts;
    struct mv_slot_row *slots;
    struct mv_version *versions;           /* index 0 is nobody */
    uint8_t *account_owners, *slot_owners; /* by MV_ROWS_TAKEN rows: the worker who took them */
    struct mv_record *records;             /* by tx */
    struct atomic64 *tips;                 /* by tx: mv_tip_word, or 0: not known */
    u256 *tip_sums;                        /* by tx: of all tips below; filled up to the frontier */
    struct view base;
    uint64_t seed;
    uint32_t tx_count, tx_capacity, coinbase;
    bool keeps_empty, by_version, prefers_huge;
    uint16_t epoch;
    unsigned worker_count;
    struct mv_worker *workers;
    struct budget *budget;
    size_t table_bytes, tx_bytes; /* taken from it, for tables and for arrays by tx */

    ALIGNED(CACHE_LINE) struct atomic32 frontier;
    ALIGNED(CACHE_LINE) struct atomic32 account_next;
    struct atomic32 slot_next, version_next;
    struct atomic32 account_paid, slot_paid, version_paid; /* so many are taken from the budget */
};

/* The row of an account, if there is one. */
uint32_t mv_account_seek(const struct mv *mv, const address *who);
/* The row of an account or slot, made when it is new. MV_NOBODY: no memory. */
uint32_t mv_account_find(struct mv *mv, struct mv_worker *worker, const address *who);
uint32_t mv_slot_find(struct mv *mv, struct mv_worker *worker, uint32_t account, const u256 *key);

/* Have the base of an account read. VIEW_OK or VIEW_FAILED. */
enum view_answer mv_account_load(struct mv *mv, struct mv_account_row *row) MUST_CHECK;

struct mv_cell *mv_cell_of(struct mv *mv, uint32_t place);

/* The newest version below `tx` that is not dead, or NULL; *word is its value word, or 0. */
ALWAYS_INLINE struct mv_version *mv_version_below(struct mv *mv,
                                                  const struct mv_cell *cell,
                                                  uint32_t tx,
                                                  uint64_t *word)
{
    uint32_t index = atomic32_load(&cell->head, memory_order_acquire); /* [A] */
    while (index != 0) { /* ends: lists descend (I2) */
        struct mv_version *version = &mv->versions[index];
        if (version->tx < tx) {
            *word = atomic64_load(&version->value, memory_order_acquire); /* [A] */
            if ((*word & MV_DEAD) == 0) return version;
        }
        index = atomic32_load(&version->next, memory_order_acquire); /* [A] */
    }
    *word = 0;
    return NULL;
}

ALWAYS_INLINE const void *mv_value(uint64_t word)
{
    return (const void *)(uintptr_t)(word & ~(uint64_t)MV_MARKS);
}

/* ---- what is true for `tx`: the newest below it, or the base ---- */

/* VIEW_BLOCKED: *blocked_on is an estimate's transaction. */
enum view_answer mv_slot_at(struct mv *mv,
                            struct mv_worker *worker,
                            uint32_t slot,
                            uint32_t tx,
                            const u256 **out,
                            uint32_t *blocked_on) MUST_CHECK;
enum view_answer mv_balance_at(
    struct mv *mv, uint32_t account, uint32_t tx, u256 *out, uint32_t *blocked_on) MUST_CHECK;
enum view_answer mv_nonce_at(
    struct mv *mv, uint32_t account, uint32_t tx, uint64_t *out, uint32_t *blocked_on) MUST_CHECK;
enum view_answer mv_code_at(struct mv *mv,
                            uint32_t account,
                            uint32_t tx,
                            const hash32 **out,
                            uint32_t *blocked_on) MUST_CHECK;

enum { MV_EXISTS = 1, MV_EMPTY = 2 };
enum view_answer mv_existence_at(
    struct mv *mv, uint32_t account, uint32_t tx, uint64_t *out, uint32_t *blocked_on) MUST_CHECK;
enum view_answer mv_has_storage_at(struct mv *mv,
                                   struct mv_worker *worker,
                                   uint32_t account,
                                   uint32_t tx,
                                   bool *out,
                                   uint32_t *blocked_on) MUST_CHECK;
