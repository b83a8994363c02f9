/* bitset_ready.h - which items are ready? A set of small numbers that threads put in and take out,
 * lowest first.
 *
 * A tree of words. Level 0 has a bit for each item, 64 in a word; a word above has a flag for each
 * of 32 words below ("there is something"), and a count of the flags ever raised in it. The top is
 * one word, so "nothing" is one load, and the lowest item is a load per level away: 2 levels hold
 * 2,048 items, 3 levels 65,536.
 *
 *   level 1    [ raised:32 | flags:32 ]                          flag j: word j is not empty
 *                  │            └─────────────┐
 *   level 0    [ items 0..63 ]  [ items 64..127 ]  ...
 *
 * Words
 *   set        put an item in: its bit first, then flags from the bottom to the top
 *   take       clear a bit: whoever clears it has the item, nobody else
 *   lower      clear the flag of a word that is empty
 *
 * Lowering must not hide an item that was put in meanwhile. So raising a flag, even one that is up,
 * counts; and whoever lowers loads the upper word, then sees that the lower one is empty, then
 * exchanges the upper word as it was loaded [B]. A set in between has counted, and the exchange
 * fails; a set that comes after raises the flag again.
 *
 * Invariants
 *   I1  a bit is set by set() and cleared by exactly one take
 *   I2  while an item is in whose set() has returned, the flags above it are up
 *   I3  a flag may be up above an empty word: its lowering is on the way, or a set was overtaken by
 *       the take of its item and raised the flag afterwards. The next taker that passes lowers it.
 *
 * Linearisation
 *   set        its last change of a word (the top)
 *   take       clearing the bit. The item is the lowest of all whose set() had returned when the
 *              take began and that nobody took since, or one that is lower still.
 *   none       the load that showed the top empty, or everything at `limit` or above: at that
 *              moment no item below limit was in whose set() had returned. So none is never said of
 *              an item that was in before the take began and that nobody else has taken.
 *
 * Who may call what at the same time     set  take*  is_empty  count_hint    reset  fill
 *   set, take*, is_empty, count_hint     -    -      -         -             X      X
 *   reset, fill (owner)                  X    X      X         X             X      X
 *                                        - no exclusion needed   X caller must exclude
 *
 * Order pairs
 *   [A] set releases what the caller wrote before <-> take acquires it
 *   [B] raising a flag after the word below it    <-> lowering: load, look below, exchange
 *   All accesses are seq_cst, so a set is a publication, and a take that gives nothing a look, as
 *   parker.h wants them.
 *
 * Progress   lock-free: a loop goes on only because another thread has changed a word.
 * Cost       set: one RMW per level. take: a load per level and one RMW; 1 in 64, or each of a
 *            sparse set, lowers flags: one RMW per level. See README.md.
 * A raised count repeats after 2^32: a thread that stops inside lowering for exactly so many sets
 * could hide an item.
 *
 * Tested     tests/unit/sync/test_bitset_ready.c, tests/weave/sync (small worlds in all orders),
 *            tests/stress/sync
 */
#pragma once

#include "base/status.h"
#include "sync/atomic.h"

#include <stdbool.h>
#include <stdint.h>

#define BITSET_READY_ITEMS_MAX  (1u << 20) /* transactions of one block, with much to spare */
#define BITSET_READY_LEVELS_MAX 4          /* 64 * 32^3 = 2^21 */
#define BITSET_READY_NONE       UINT32_MAX

struct bitset_ready {
    struct atomic64
        *levels[BITSET_READY_LEVELS_MAX]; /* the lowest first; each begins a cache line */
    unsigned level_count;
    uint32_t item_count, capacity;
    void *memory;
};

/* Neighbours that were taken together: `first`, and first + k for each bit k. */
struct bitset_ready_run {
    uint32_t first; /* BITSET_READY_NONE: nothing */
    uint64_t items; /* bit 0 is set, unless there is nothing */
};

/* Room for items 0 .. capacity - 1 (at most BITSET_READY_ITEMS_MAX); empty. PEVM_NO_MEMORY. */
MUST_CHECK enum pevm_status bitset_ready_init(struct bitset_ready *set, uint32_t capacity);
void bitset_ready_fini(struct bitset_ready *set);

/* Empty, for items 0 .. item_count - 1 (at most capacity). Takes nothing from the heap. */
void bitset_ready_reset(struct bitset_ready *set, uint32_t item_count);

/* Put all items in. */
void bitset_ready_fill(struct bitset_ready *set);

/* Put one in; false when it was in (somebody else may be taking it). */
bool bitset_ready_set(struct bitset_ready *set, uint32_t item);

/* Take this one; false when it is not in. */
bool bitset_ready_take(struct bitset_ready *set, uint32_t item);

/* Take the lowest below `limit`, and up to count_max - 1 of its direct neighbours above (of one
 * word: at most 64). */
struct bitset_ready_run bitset_ready_take_run(struct bitset_ready *set,
                                              uint32_t limit,
                                              unsigned count_max);

/* Take the lowest below `limit`, or BITSET_READY_NONE. */
uint32_t bitset_ready_take_lowest_below(struct bitset_ready *set, uint32_t limit);
uint32_t bitset_ready_take_lowest(struct bitset_ready *set);

/* Is nothing in (as `none` above)? One load: for those who spin. May say no of an empty set (I3)
 * until the next take has found nothing. */
bool bitset_ready_is_empty(const struct bitset_ready *set);

/* About how many are in; stops counting at `enough`. */
uint32_t bitset_ready_count_hint(const struct bitset_ready *set, uint32_t enough);
