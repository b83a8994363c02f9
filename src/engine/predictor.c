#include "engine/predictor.h"

#include "base/hash.h"
#include "base/heap.h"

#include <string.h>

#define CLASSES      4096 /* calls of a few blocks; a power of two */
#define PLACES       4 /* where a class may lie, one beside the other; the least seen one gives way */
#define SLOTS        8192 /* of access lists, by hash; a power of two */
#define NOBODY       UINT32_MAX
#define SCORE_MET    4 /* added when one has met another; one is taken when it has not */
#define SCORE_LIKELY 8 /* from there on it waits */
#define SCORE_MAX    24

struct call_class {
    address to;
    uint32_t selector;
    uint32_t peer;  /* the class it met last */
    uint32_t last;  /* the last transaction of it in this block, or NOBODY */
    uint32_t eased; /* in which block its score was lowered though it waited */
    uint32_t seen;  /* in which block */
    uint8_t score;
    bool is_used, is_creation;
};

struct slot_name {
    uint64_t hash;
    uint32_t tx, block;
};

struct predictor {
    struct call_class classes[CLASSES + PLACES];
    struct slot_name slots[SLOTS];
    uint64_t seed;
    uint32_t block;
    uint32_t *class_of; /* by tx */
    uint8_t *was_hinted;
    uint32_t tx_count, tx_capacity;
    uint32_t scored; /* classes with a score: without them nobody is hinted */
    const struct tx *
        put_aside; /* of this block, when nothing was looked at: as long as nobody is met, nothing need be */
};

/* ---- life ------------------------------------------------------------------------------------ */

enum pevm_status predictor_new(struct predictor **out)
{
    *out = heap_alloc_zeroed(1, sizeof **out);
    if (*out == NULL) return PEVM_NO_MEMORY;
    (*out)->seed = hash_seed();
    return PEVM_OK;
}

void predictor_free(struct predictor *predictor)
{
    if (predictor == NULL) return;
    heap_free(predictor->class_of);
    heap_free(predictor->was_hinted);
    heap_free(predictor);
}

static bool arrays_reserve(struct predictor *predictor, uint32_t count)
{
    if (count <= predictor->tx_capacity) return true;
    size_t capacity = (size_t)count + count / 4 + 64;
    heap_free(predictor->class_of);
    heap_free(predictor->was_hinted);
    predictor->class_of = heap_alloc(capacity * sizeof *predictor->class_of);
    predictor->was_hinted = heap_alloc(capacity);
    bool is_there = predictor->class_of != NULL && predictor->was_hinted != NULL;
    predictor->tx_capacity = is_there ? (uint32_t)capacity : 0;
    return is_there;
}

/* ---- classes --------------------------------------------------------------------------------- */

static uint32_t selector_of(const struct tx *tx)
{
    uint32_t selector = 0;
    if (tx->data.size >= sizeof selector) memcpy(&selector, tx->data.data, sizeof selector);
    return selector;
}

/* The class's place, taken from the one that was not seen for longest when it is new. */
static uint32_t class_find(struct predictor *predictor, const struct tx *tx)
{
    static const address nowhere;
    const address *to = tx->is_creation ? &nowhere : &tx->to;
    uint32_t selector = tx->is_creation ? 0 : selector_of(tx);
    uint64_t hash = hash_mix(hash_address(to, predictor->seed), selector);
    uint32_t first = (uint32_t)hash & (CLASSES - 1), oldest = first;
    for (uint32_t i = first; i < first + PLACES; i++) {
        struct call_class *call = &predictor->classes[i];
        if (call->is_used && call->selector == selector && call->is_creation == tx->is_creation &&
            address_equal(&call->to, to))
            return i;
        if (!call->is_used || call->seen < predictor->classes[oldest].seen) oldest = i;
        if (!call->is_used) break;
    }
    if (predictor->classes[oldest].score > 0) predictor->scored--;
    predictor->classes[oldest] = (struct call_class){.to = *to,
                                                     .selector = selector,
                                                     .peer = NOBODY,
                                                     .last = NOBODY,
                                                     .is_used = true,
                                                     .is_creation = tx->is_creation};
    return oldest;
}

/* ---- before a block --------------------------------------------------------------------------- */

static bool add(struct hints *hints, uint32_t later, uint32_t earlier)
{
    if (earlier == NOBODY) return false;
    hints_add(hints, later, earlier);
    return true;
}

/* The last transaction that named the slot; from now on it is `tx`. Names that have the same place hide one another. */
static uint32_t slot_named_last(struct predictor *predictor, uint64_t hash, uint32_t tx)
{
    struct slot_name *name = &predictor->slots[hash & (SLOTS - 1)];
    bool is_known = name->block == predictor->block && name->hash == hash;
    uint32_t last = is_known ? name->tx : NOBODY;
    *name = (struct slot_name){hash, tx, predictor->block};
    return last;
}

static bool hint_by_slots(struct predictor *predictor,
                          struct hints *hints,
                          const struct tx *tx,
                          uint32_t index,
                          bool is_wanted)
{
    bool is_hinted = false;
    for (size_t i = 0; i < tx->access_count; i++) {
        const struct access_entry *entry = &tx->access_list[i];
        uint64_t account = hash_address(&entry->account, predictor->seed);
        for (size_t k = 0; k < entry->slot_count; k++) {
            u256 key = u256_from_hash(&entry->slots[k]);
            uint32_t last =
                slot_named_last(predictor, hash_u256(&key, predictor->seed + account), index);
            if (is_wanted) is_hinted = add(hints, index, last) || is_hinted;
        }
    }
    return is_hinted;
}

static bool hint_by_class(struct predictor *predictor,
                          struct hints *hints,
                          struct call_class *call,
                          uint32_t tx)
{
    if (call->score < SCORE_LIKELY || call->peer == NOBODY) return false;
    const struct call_class *peer = &predictor->classes[call->peer];
    return peer->seen == predictor->block && add(hints, tx, peer->last);
}

void predictor_hint(struct predictor *predictor,
                    struct hints *hints,
                    const struct tx *txs,
                    uint32_t count,
                    bool by_slots)
{
    bool is_ignorant = predictor->scored == 0 && !by_slots;
    predictor->tx_count = 0;
    predictor->block++;
    predictor->put_aside = is_ignorant ? txs : NULL;
    if (!arrays_reserve(predictor, count)) return;
    predictor->tx_count = count;
    if (is_ignorant) return;
    for (uint32_t tx = 0; tx < count; tx++) {
        uint32_t place = class_find(predictor, &txs[tx]);
        struct call_class *call = &predictor->classes[place];
        if (call->seen != predictor->block) call->last = NOBODY;
        call->seen = predictor->block;
        bool is_hinted = hint_by_class(predictor, hints, call, tx);
        if (by_slots)
            is_hinted = hint_by_slots(predictor, hints, &txs[tx], tx, call->score > 0) || is_hinted;
        call->last = tx;
        predictor->class_of[tx] = place;
        predictor->was_hinted[tx] = is_hinted;
    }
}

/* ---- after it ---------------------------------------------------------------------------------- */

/* Who waits meets nobody, and that says little: it counts once in a block, so that it is tried again some day. */
static void learn_peace(struct predictor *predictor, struct call_class *call, bool was_hinted)
{
    if (call->score == 0 || (was_hinted && call->eased == predictor->block)) return;
    if (was_hinted) call->eased = predictor->block;
    if (--call->score == 0) predictor->scored--;
}

/* The classes of transactions that were put aside. */
static void classify(struct predictor *predictor)
{
    for (uint32_t tx = 0; tx < predictor->tx_count; tx++) {
        uint32_t place = class_find(predictor, &predictor->put_aside[tx]);
        predictor->classes[place].seen = predictor->block;
        predictor->classes[place].last = tx;
        predictor->class_of[tx] = place;
        predictor->was_hinted[tx] = false;
    }
    predictor->put_aside = NULL;
}

static bool has_met(const uint32_t *met, uint32_t count)
{
    for (uint32_t tx = 0; tx < count; tx++)
        if (met[tx] < tx) return true;
    return false;
}

void predictor_learn(struct predictor *predictor, const uint32_t *met, uint32_t count)
{
    if (count > predictor->tx_count) count = predictor->tx_count;
    if (predictor->put_aside != NULL && !has_met(met, count)) count = 0;
    if (predictor->put_aside != NULL && count > 0) classify(predictor);
    for (uint32_t tx = 0; tx < count; tx++) {
        struct call_class *call = &predictor->classes[predictor->class_of[tx]];
        if (met[tx] >= tx) {
            learn_peace(predictor, call, predictor->was_hinted[tx] != 0);
            continue;
        }
        call->peer = predictor->class_of[met[tx]];
        if (call->score == 0) predictor->scored++;
        uint32_t score = (uint32_t)call->score + SCORE_MET;
        call->score = (uint8_t)(score > SCORE_MAX ? SCORE_MAX : score);
    }
    predictor->tx_count = 0;
    predictor->put_aside = NULL;
}
