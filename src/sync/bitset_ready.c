#include "sync/bitset_ready.h"

#include "base/assert.h"
#include "base/heap.h"

#include <string.h>

#define ITEMS_PER_WORD 64
#define FLAGS_PER_WORD 32
#define WORDS_PER_LINE (CACHE_LINE / sizeof(struct atomic64))
#define RAISED         ((uint64_t)1 << FLAGS_PER_WORD) /* one more flag was raised */
#define ORDER          memory_order_seq_cst            /* of every access here; see the header */

static uint32_t words_over(uint32_t below, uint32_t fan)
{
    return (below + fan - 1) / fan;
}

/* How many words each level has; returns how many levels. */
static unsigned shape(uint32_t words[BITSET_READY_LEVELS_MAX], uint32_t item_count)
{
    unsigned level = 0;
    words[0] = item_count == 0 ? 1 : words_over(item_count, ITEMS_PER_WORD);
    while (words[level] > 1) { /* ends: each level is smaller than the one below */
        ASSERT(level + 1 < BITSET_READY_LEVELS_MAX);
        words[level + 1] = words_over(words[level], FLAGS_PER_WORD);
        level++;
    }
    return level + 1;
}

/* Words of all levels, each rounded up to whole cache lines. */
static size_t size_in_words(const uint32_t *words, unsigned level_count)
{
    size_t size = 0;
    for (unsigned level = 0; level < level_count; level++)
        size += (words[level] + WORDS_PER_LINE - 1) / WORDS_PER_LINE * WORDS_PER_LINE;
    return size;
}

MUST_CHECK enum pevm_status bitset_ready_init(struct bitset_ready *set, uint32_t capacity)
{
    uint32_t words[BITSET_READY_LEVELS_MAX];
    ASSERT(capacity <= BITSET_READY_ITEMS_MAX);
    memset(set, 0, sizeof *set);
    size_t size = size_in_words(words, shape(words, capacity)) * sizeof(struct atomic64);
    set->memory = heap_alloc(size + CACHE_LINE);
    if (set->memory == NULL) return PEVM_NO_MEMORY;
    set->capacity = capacity;
    bitset_ready_reset(set, capacity);
    return PEVM_OK;
}

void bitset_ready_fini(struct bitset_ready *set)
{
    heap_free(set->memory);
    memset(set, 0, sizeof *set);
}

void bitset_ready_reset(struct bitset_ready *set, uint32_t item_count)
{
    uint32_t words[BITSET_READY_LEVELS_MAX];
    ASSERT(item_count <= set->capacity);
    set->item_count = item_count;
    set->level_count = shape(words, item_count);
    uintptr_t start = ((uintptr_t)set->memory + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1);
    struct atomic64 *next = (struct atomic64 *)start;
    for (unsigned level = 0; level < set->level_count; level++) {
        set->levels[level] = next;
        for (uint32_t i = 0; i < words[level]; i++)
            atomic64_init(&next[i], 0);
        next += size_in_words(&words[level], 1);
    }
}

/* `count` ones from bit 0. */
static uint64_t ones(unsigned count)
{
    return count >= 64 ? UINT64_MAX : ((uint64_t)1 << count) - 1;
}

void bitset_ready_fill(struct bitset_ready *set)
{
    uint32_t left = set->item_count;
    for (unsigned level = 0; level < set->level_count; level++) {
        unsigned fan = level == 0 ? ITEMS_PER_WORD : FLAGS_PER_WORD;
        uint32_t words = words_over(left, fan);
        for (uint32_t i = 0; i < words; i++) {
            uint32_t bits = left - i * fan;
            atomic64_init(&set->levels[level][i], ones(bits < fan ? bits : fan));
        }
        left = words;
    }
}

/* What says that something is in a word: items, or flags without the count above them. */
static uint64_t content(unsigned level, uint64_t word)
{
    return level == 0 ? word : (uint32_t)word;
}

static uint64_t word_load(const struct bitset_ready *set, unsigned level, uint32_t at)
{
    return atomic64_load(&set->levels[level][at], ORDER);
}

/* [B] Raise the flags from above level 0 to the top; flags that are up count, too. */
static void raise_flags(struct bitset_ready *set, uint32_t at)
{
    for (unsigned level = 1; level < set->level_count; level++) {
        uint64_t flag = (uint64_t)1 << at % FLAGS_PER_WORD;
        at /= FLAGS_PER_WORD;
        struct atomic64 *upper = &set->levels[level][at];
        uint64_t before = atomic64_load(upper, ORDER);
        while (!atomic64_cas_weak(upper, &before, (before | flag) + RAISED, ORDER)) {
            /* ends: a failure is another thread's success */
        }
    }
}

/* [B] A word was seen empty: lower its flag, and go on above if that leaves the upper word empty.
 * Stops when the word is no longer empty, or another thread has lowered the flag (that one goes on,
 * or a taker does). */
static void lower_flags(struct bitset_ready *set, unsigned level, uint32_t at)
{
    while (level + 1 < set->level_count) {
        uint64_t flag = (uint64_t)1 << at % FLAGS_PER_WORD;
        struct atomic64 *upper = &set->levels[level + 1][at / FLAGS_PER_WORD];
        uint64_t before;
        do { /* ends: a failure is another thread's success */
            before = atomic64_load(upper, ORDER);
            if ((before & flag) == 0) return;
            if (content(level, word_load(set, level, at)) != 0) return;
        } while (!atomic64_cas_weak(upper, &before, before & ~flag, ORDER));
        if (content(level + 1, before & ~flag) != 0) return;
        level++;
        at /= FLAGS_PER_WORD;
    }
}

bool bitset_ready_set(struct bitset_ready *set, uint32_t item)
{
    ASSERT(item < set->item_count);
    uint64_t bit = (uint64_t)1 << item % ITEMS_PER_WORD;
    uint64_t before = atomic64_or(&set->levels[0][item / ITEMS_PER_WORD], bit, ORDER);
    /* Also when it was in: whoever put it in may not have raised the flags yet, and we say that it
     * is in. */
    raise_flags(set, item / ITEMS_PER_WORD);
    return (before & bit) == 0;
}

/* Clear bits of a word of items; gives those that were set. */
static uint64_t clear(struct bitset_ready *set, uint32_t at, uint64_t bits)
{
    uint64_t before = atomic64_and(&set->levels[0][at], ~bits, ORDER);
    if ((before & bits) != 0 && (before & ~bits) == 0) lower_flags(set, 0, at);
    return before & bits;
}

bool bitset_ready_take(struct bitset_ready *set, uint32_t item)
{
    ASSERT(item < set->item_count);
    return clear(set, item / ITEMS_PER_WORD, (uint64_t)1 << item % ITEMS_PER_WORD) != 0;
}

/* The first item below a word of a level. */
static uint64_t first_item(unsigned level, uint32_t at)
{
    uint64_t first = (uint64_t)at * ITEMS_PER_WORD;
    for (; level > 0; level--)
        first *= FLAGS_PER_WORD;
    return first;
}

/* The lowest word of items that is not empty, as the flags say; false when there is none below
 * limit. */
static bool find_word(struct bitset_ready *set,
                      uint32_t limit,
                      uint32_t *out_at,
                      uint64_t *out_word)
{
    uint32_t at = 0;
    unsigned level = set->level_count - 1;
    for (;;) { /* ends: goes down, or helps to lower a flag and begins again */
        uint64_t word = word_load(set, level, at);
        if (content(level, word) == 0) {
            if (level == set->level_count - 1) return false;
            lower_flags(set, level, at);
            level = set->level_count - 1;
            at = 0;
            continue;
        }
        if (level == 0) {
            *out_at = at;
            *out_word = word;
            return true;
        }
        at = at * FLAGS_PER_WORD + (uint32_t)__builtin_ctzll(word);
        level--;
        if (first_item(level, at) >= limit) return false;
    }
}

struct bitset_ready_run bitset_ready_take_run(struct bitset_ready *set,
                                              uint32_t limit,
                                              unsigned count_max)
{
    const struct bitset_ready_run none = {BITSET_READY_NONE, 0};
    uint32_t at;
    uint64_t word;
    ASSERT(count_max >= 1);
    while (find_word(set, limit, &at, &word)) { /* ends: a turn without success is another's take */
        unsigned lowest = (unsigned)__builtin_ctzll(word);
        uint32_t first = at * ITEMS_PER_WORD + lowest;
        if (first >= limit) return none;
        uint64_t rest = word >> lowest; /* bit 0 is set; the run ends at its lowest zero */
        unsigned count = ~rest == 0 ? 64 : (unsigned)__builtin_ctzll(~rest);
        if (count > count_max) count = count_max;
        if (count > limit - first) count = limit - first;

        uint64_t taken = clear(set, at, ones(count) << lowest) >> lowest;
        if (taken == 0) continue;
        unsigned skip = (unsigned)__builtin_ctzll(taken); /* others took the first ones meanwhile */
        return (struct bitset_ready_run){first + skip, taken >> skip};
    }
    return none;
}

uint32_t bitset_ready_take_lowest_below(struct bitset_ready *set, uint32_t limit)
{
    return bitset_ready_take_run(set, limit, 1).first;
}

uint32_t bitset_ready_take_lowest(struct bitset_ready *set)
{
    return bitset_ready_take_lowest_below(set, UINT32_MAX);
}

bool bitset_ready_is_empty(const struct bitset_ready *set)
{
    unsigned top = set->level_count - 1;
    return content(top, word_load(set, top, 0)) == 0;
}

uint32_t bitset_ready_count_hint(const struct bitset_ready *set, uint32_t enough)
{
    uint32_t count = 0;
    uint32_t words = words_over(set->item_count, ITEMS_PER_WORD);
    for (uint32_t at = 0; at < words && count < enough;) {
        if (set->level_count > 1) { /* skip what the flags say is empty */
            uint32_t flags = (uint32_t)word_load(set, 1, at / FLAGS_PER_WORD);
            flags &= ~(uint32_t)0 << at % FLAGS_PER_WORD;
            at -= at % FLAGS_PER_WORD;
            if (flags == 0) {
                at += FLAGS_PER_WORD;
                continue;
            }
            at += (uint32_t)__builtin_ctz(flags);
        }
        count += (uint32_t)__builtin_popcountll(word_load(set, 0, at++));
    }
    return count < enough ? count : enough;
}
