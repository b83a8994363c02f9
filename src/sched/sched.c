#include "sched/sched.h"

#include "base/assert.h"
#include "base/heap.h"
#include "sync/atomic.h"
#include "sync/parker.h"
#include "sync/spin.h"

#include <string.h>

#define IDLE_SPIN_NS 2000 /* a trip to the system and back costs more */
#define TELL_STEPS   16   /* final transactions after which everybody is told how far they are */

/* The window: shares are in 1/256. */
#define WINDOW_OPEN      UINT32_MAX
#define WINDOW_CLOSED    1
#define STALE_SHARE_MAX  128 /* more than half of the last transactions: close */
#define STALE_SHARE_NEW  64  /* when it opens again */
#define STALE_SHARE_STEP 16  /* the last 16 transactions count most */
#define CLOSED_FIRST     16  /* transactions that it stays closed for, the first time */
#define CLOSED_MAX                                                                                 \
    256 /* and when it would be for longer, one after another is the better way for the rest */
#define SOUND_IN_A_ROW 32 /* so many show that opening it was right */
#define TRIAL_FOR_EACH 4  /* until then it is open for so many for each worker */
#define NARROW_SHARE   32 /* one in eight stale: an adaptive window narrows */

static const struct policy {
    uint32_t claim_max;
    bool steals, narrows;
} policies[SCHED_POLICY_COUNT] = {
    [SCHED_WORK_STEALING] = {16, true,  false},
    [SCHED_LOAD_BALANCED] = {1,  false, false},
    [SCHED_ADAPTIVE] = {16, true,  true },
    [SCHED_SEQUENTIAL] = {1,  false, false},
};

enum tx_state { TX_READY, TX_RUNNING, TX_WAITING, TX_EXECUTED, TX_CHECKING, TX_FINAL };

/* A word: the state in the low three bits, then whether it had to wait for its neighbour below, the incarnation above. */
#define STATE_BITS        3
#define STATE_MASK        ((1u << STATE_BITS) - 1)
#define WORD_CHAINED      (1u << STATE_BITS)
#define INCARNATION_SHIFT (STATE_BITS + 1)

static enum tx_state state_of(uint32_t word)
{
    return (enum tx_state)(word & STATE_MASK);
}

static uint32_t word_with(uint32_t word, enum tx_state state)
{
    return (word & ~STATE_MASK) | (uint32_t)state;
}

struct tx_slot {
    struct atomic32 word;
    struct atomic32 waiters; /* tx + 1 of the newest who waits for this one; 0 = nobody */
    uint32_t next_waiter;    /* while waiting: tx + 1 of the next older one in the same list */
    uint32_t stamp;          /* held: sched_changes() + 1 at the last good check; 0 = none */
};

/* A worker's claim: the first that is not begun in the low half, the end above. The worker takes from the front, others
 * from the end. A range never comes back, for a transaction leaves it only once. */
struct claim {
    struct atomic64 range;
} ALIGNED(CACHE_LINE);

struct sched {
    struct tx_slot *txs;
    struct atomic64 *again; /* a bit per transaction that is ready again */
    uint32_t tx_count, tx_capacity;
    struct claim *claims; /* by worker */
    unsigned workers, worker_capacity;
    const struct policy *policy;
    bool is_rigid, gives_up;

    ALIGNED(CACHE_LINE) struct atomic32 next; /* the first transaction that was never claimed */
    ALIGNED(CACHE_LINE) struct atomic32 again_count;
    ALIGNED(CACHE_LINE) struct atomic32 frontier_busy;
    ALIGNED(CACHE_LINE) struct atomic32 frontier; /* as far as it was told */
    struct atomic32 executed_to;                  /* all below it were executed at least once */
    ALIGNED(CACHE_LINE) struct atomic32 changes;
    struct atomic32 window, is_done;

    /* Of whoever is inside the frontier. */
    ALIGNED(CACHE_LINE) uint32_t final; /* transactions below it are final */
    uint32_t stale_share, closed_left, closed_next, sound_in_a_row;

    ALIGNED(CACHE_LINE) struct parker parker;
    struct atomic64 rejections, waits, sleeps, steals;
};

/* ---- life ------------------------------------------------------------------------------------ */

enum pevm_status sched_new(struct sched **out)
{
    *out = heap_alloc_aligned(CACHE_LINE, sizeof **out);
    if (*out == NULL) return PEVM_NO_MEMORY;
    memset(*out, 0, sizeof **out);
    parker_init(&(*out)->parker);
    return PEVM_OK;
}

void sched_free(struct sched *sched)
{
    if (sched == NULL) return;
    heap_free(sched->txs);
    heap_free(sched->again);
    heap_free(sched->claims);
    heap_free(sched);
}

static size_t again_words(uint32_t count)
{
    return (size_t)count / 64 + 1;
}

static enum pevm_status arrays_reserve(struct sched *sched, uint32_t count)
{
    if (sched->tx_capacity > 0 && count <= sched->tx_capacity) return PEVM_OK;
    heap_free(sched->txs);
    heap_free(sched->again);
    uint32_t capacity = count + count / 4 + 64;
    sched->txs = heap_alloc(capacity * sizeof *sched->txs);
    sched->again = heap_alloc(again_words(capacity) * sizeof *sched->again);
    bool is_enough = sched->txs != NULL && sched->again != NULL;
    sched->tx_capacity = is_enough ? capacity : 0;
    return is_enough ? PEVM_OK : PEVM_NO_MEMORY;
}

static enum pevm_status claims_reserve(struct sched *sched, unsigned workers)
{
    if (workers <= sched->worker_capacity) return PEVM_OK;
    heap_free(sched->claims);
    sched->claims = heap_alloc_aligned(CACHE_LINE, workers * sizeof *sched->claims);
    sched->worker_capacity = sched->claims == NULL ? 0 : workers;
    return sched->claims == NULL ? PEVM_NO_MEMORY : PEVM_OK;
}

enum pevm_status sched_begin(struct sched *sched, const struct sched_options *options)
{
    TRY(arrays_reserve(sched, options->tx_count));
    TRY(claims_reserve(sched, options->workers));
    for (unsigned i = 0; i < options->workers; i++)
        atomic64_init(&sched->claims[i].range, 0);
    sched->policy = &policies[options->policy];
    sched->is_rigid = options->is_rigid;
    sched->gives_up = options->gives_up;
    memset(sched->txs, 0, options->tx_count * sizeof *sched->txs);
    memset(sched->again, 0, again_words(options->tx_count) * sizeof *sched->again);
    sched->tx_count = options->tx_count;
    sched->workers = options->workers;
    atomic32_init(&sched->next, 0);
    atomic32_init(&sched->again_count, 0);
    atomic32_init(&sched->frontier_busy, 0);
    atomic32_init(&sched->frontier, 0);
    sched->final = 0;
    atomic32_init(&sched->executed_to, 0);
    atomic32_init(&sched->changes, 0);
    uint32_t trial = TRIAL_FOR_EACH * options->workers;
    atomic32_init(&sched->window, options->is_rigid ? WINDOW_OPEN : trial);
    sched->stale_share = sched->closed_left = sched->sound_in_a_row = 0;
    sched->closed_next = CLOSED_FIRST;
    atomic32_init(&sched->is_done, options->tx_count == 0);
    atomic64_init(&sched->rejections, 0);
    atomic64_init(&sched->waits, 0);
    atomic64_init(&sched->sleeps, 0);
    atomic64_init(&sched->steals, 0);
    return PEVM_OK;
}

/* ---- ready again ----------------------------------------------------------------------------- */

static void again_set(struct sched *sched, uint32_t tx)
{
    (void)atomic64_or(&sched->again[tx / 64], UINT64_C(1) << tx % 64, memory_order_seq_cst);
    (void)atomic32_add(&sched->again_count, 1, memory_order_seq_cst); /* [C] */
}

/* The lowest bit below `limit`, cleared. Bits are never below the frontier: final transactions do not become ready. */
static uint32_t again_take(struct sched *sched, uint32_t limit)
{
    if (likely(atomic32_load(&sched->again_count, memory_order_seq_cst) == 0)) return SCHED_NOTHING;
    size_t from = atomic32_load(&sched->frontier, memory_order_seq_cst) / 64;
    for (size_t i = from; i * 64 < limit; i++) {
        uint64_t bits = atomic64_load(&sched->again[i], memory_order_seq_cst);
        while (bits != 0) { /* ends: each failure means that somebody took a bit */
            uint64_t lowest = bits & (~bits + 1);
            if (i * 64 + (unsigned)__builtin_ctzll(lowest) >= limit) return SCHED_NOTHING;
            uint64_t before = atomic64_and(&sched->again[i], ~lowest, memory_order_seq_cst);
            if ((before & lowest) != 0) {
                (void)atomic32_sub(&sched->again_count, 1, memory_order_seq_cst);
                return (uint32_t)(i * 64 + (unsigned)__builtin_ctzll(lowest));
            }
            bits = atomic64_load(&sched->again[i], memory_order_seq_cst);
        }
    }
    cpu_pause(); /* none is there, but counted: somebody else is between the two */
    return SCHED_NOTHING;
}

static void set_state(struct sched *sched, uint32_t tx, enum tx_state state)
{
    struct atomic32 *word = &sched->txs[tx].word;
    atomic32_store(
        word, word_with(atomic32_load(word, memory_order_relaxed), state), memory_order_seq_cst);
}

static void ready_again(struct sched *sched, uint32_t tx)
{
    set_state(sched, tx, TX_READY);
    again_set(sched, tx);
}

/* ---- handing out ----------------------------------------------------------------------------- */

/* How many transactions that nobody has had yet lie inside the window. */
static uint32_t claimable(const struct sched *sched)
{
    uint32_t next = atomic32_load(&sched->next, memory_order_seq_cst);
    uint32_t frontier = atomic32_load(&sched->frontier, memory_order_seq_cst);
    uint32_t window = atomic32_load(&sched->window, memory_order_relaxed);
    uint32_t limit = sched->tx_count - frontier > window ? frontier + window : sched->tx_count;
    return next < limit ? limit - next : 0;
}

static uint64_t range_of(uint32_t next, uint32_t end)
{
    return (uint64_t)end << 32 | next;
}

static uint32_t range_next(uint64_t range)
{
    return (uint32_t)range;
}

static uint32_t range_left(uint64_t range)
{
    return (uint32_t)(range >> 32) - (uint32_t)range;
}

/* The first of the worker's own. */
static uint32_t claim_pop(struct claim *claim)
{
    uint64_t range = atomic64_load(&claim->range, memory_order_relaxed);
    while (range_left(range) > 0) /* ends: each failure means that somebody stole */
        if (atomic64_cas_weak(&claim->range, &range, range + 1, memory_order_seq_cst))
            return range_next(range);
    return SCHED_NOTHING;
}

/* The worker's claim was empty, and nobody steals from an empty one. Who sleeps may come and steal. */
static uint32_t claim_fill(struct sched *sched, struct claim *claim, uint32_t first, uint32_t end)
{
    if (end - first == 1) return first;
    atomic64_store(&claim->range, range_of(first + 1, end), memory_order_seq_cst); /* [C] */
    if (sched->policy->steals) parker_notify(&sched->parker, 1);                   /* [C] */
    return first;
}

/* A stretch of transactions that nobody has had yet, not farther from the frontier than the window. */
static uint32_t claim_new(struct sched *sched, struct claim *claim, uint32_t size)
{
    uint32_t next = atomic32_load(&sched->next, memory_order_relaxed);
    bool is_open = atomic32_load(&sched->window, memory_order_relaxed) == WINDOW_OPEN;
    if (size > sched->policy->claim_max) size = sched->policy->claim_max;
    if (!is_open) size = 1;
    for (;;) { /* ends: each failure means that somebody claimed */
        uint32_t most = claimable(sched);
        if (most == 0) return SCHED_NOTHING;
        uint32_t end = next + (most < size ? most : size);
        if (atomic32_cas_weak(&sched->next, &next, end, memory_order_seq_cst))
            return claim_fill(sched, claim, next, end);
    }
}

/* The worker with the most left, or SCHED_NOTHING; *range is what it has. */
static unsigned richest(const struct sched *sched, uint64_t *range)
{
    unsigned who = SCHED_NOTHING;
    *range = 0;
    for (unsigned i = 0; i < sched->workers && sched->policy->steals; i++) {
        uint64_t seen = atomic64_load(&sched->claims[i].range, memory_order_seq_cst); /* [C] */
        if (range_left(seen) <= range_left(*range)) continue;
        *range = seen;
        who = i;
    }
    return who;
}

/* The later half of what another has claimed and not begun. */
static uint32_t claim_steal(struct sched *sched, unsigned worker)
{
    uint64_t range;
    unsigned victim;
    while ((victim = richest(sched, &range)) !=
           SCHED_NOTHING) { /* ends: a failure means that it got less */
        uint32_t end = range_next(range) + range_left(range);
        uint32_t first = end - (range_left(range) + 1) / 2;
        if (!atomic64_cas(&sched->claims[victim].range,
                          &range,
                          range_of(range_next(range), first),
                          memory_order_seq_cst))
            continue;
        (void)atomic64_add(&sched->steals, 1, memory_order_relaxed);
        return claim_fill(sched, &sched->claims[worker], first, end);
    }
    return SCHED_NOTHING;
}

uint32_t sched_take(struct sched *sched, unsigned worker, uint32_t claim_size)
{
    struct claim *claim = &sched->claims[worker];
    uint64_t own = atomic64_load(&claim->range, memory_order_relaxed);
    uint32_t tx = again_take(sched, range_left(own) > 0 ? range_next(own) : sched->tx_count);
    if (tx == SCHED_NOTHING) tx = claim_pop(claim);
    if (tx == SCHED_NOTHING) tx = claim_new(sched, claim, claim_size);
    if (tx == SCHED_NOTHING) tx = claim_steal(sched, worker);
    if (tx == SCHED_NOTHING) return tx;
    VERIFY(state_of(atomic32_load(&sched->txs[tx].word, memory_order_relaxed)) == TX_READY);
    /* Nobody else looks at the word of a transaction that is this worker's for the taking. */
    struct atomic32 *word = &sched->txs[tx].word;
    atomic32_store(word,
                   word_with(atomic32_load(word, memory_order_relaxed), TX_RUNNING),
                   memory_order_relaxed);
    return tx;
}

bool sched_claim_is_done(const struct sched *sched, unsigned worker)
{
    return range_left(atomic64_load(&sched->claims[worker].range, memory_order_relaxed)) == 0;
}

uint32_t sched_incarnation(const struct sched *sched, uint32_t tx)
{
    return atomic32_load(&sched->txs[tx].word, memory_order_relaxed) >> INCARNATION_SHIFT;
}

/* Everybody in the list of `tx` becomes ready. Whoever empties the list does it for all in it (I4). */
static void wake_waiters(struct sched *sched, uint32_t tx)
{
    if (atomic32_load(&sched->txs[tx].waiters, memory_order_seq_cst) == 0) return; /* [A] */
    uint32_t waiter = atomic32_exchange(&sched->txs[tx].waiters, 0, memory_order_seq_cst);
    unsigned woken = 0;
    while (waiter != 0) { /* ends: a list without circles */
        uint32_t next = sched->txs[waiter - 1].next_waiter;
        ready_again(sched, waiter - 1);
        waiter = next;
        woken++;
    }
    if (woken > 1)
        parker_notify(&sched->parker, woken - 1); /* [C]; one of them is for the caller */
}

static void executed_as(struct sched *sched, uint32_t tx, enum tx_state state)
{
    if (sched_incarnation(sched, tx) > 0)
        (void)atomic32_add(&sched->changes, 1, memory_order_seq_cst); /* I5 */
    set_state(sched, tx, state);                                      /* [A] [B] */
    wake_waiters(sched, tx);
}

void sched_executed(struct sched *sched, uint32_t tx)
{
    executed_as(sched, tx, TX_EXECUTED);
}

void sched_executed_held(struct sched *sched, uint32_t tx)
{
    executed_as(sched, tx, TX_CHECKING);
}

bool sched_is_executed(const struct sched *sched, uint32_t tx)
{
    return state_of(atomic32_load(&sched->txs[tx].word, memory_order_seq_cst)) >= TX_EXECUTED;
}

static void word_mark_chained(struct sched *sched, uint32_t tx)
{
    struct atomic32 *word = &sched->txs[tx].word; /* held: nobody else writes it */
    uint32_t now = atomic32_load(word, memory_order_relaxed);
    atomic32_store(word, now | WORD_CHAINED, memory_order_relaxed);
}

/* Into the list of `lower`, unless that has come as far as `state`. */
static void wait_until(struct sched *sched, uint32_t tx, uint32_t lower, enum tx_state state)
{
    ASSERT(lower < tx);
    struct atomic32 *list = &sched->txs[lower].waiters;
    if (lower + 1 == tx) word_mark_chained(sched, tx);
    set_state(sched, tx, TX_WAITING);
    (void)atomic64_add(&sched->waits, 1, memory_order_relaxed);
    uint32_t head = atomic32_load(list, memory_order_relaxed);
    do { /* ends: each failure means that somebody else got in */
        sched->txs[tx].next_waiter = head;
    } while (!atomic32_cas_weak(list, &head, tx + 1, memory_order_seq_cst));      /* [A] */
    uint32_t word = atomic32_load(&sched->txs[lower].word, memory_order_seq_cst); /* [A] */
    if (state_of(word) < state) return;
    wake_waiters(sched, lower);
    cpu_pause(); /* what was in the way is about to go: whoever holds `lower` is a few instructions away */
}

void sched_wait_for(struct sched *sched, uint32_t tx, uint32_t lower)
{
    wait_until(sched, tx, lower, TX_EXECUTED);
}

void sched_wait_for_final(struct sched *sched, uint32_t tx, uint32_t lower)
{
    wait_until(sched, tx, lower, TX_FINAL);
}

void sched_hand_back(struct sched *sched, uint32_t tx)
{
    ready_again(sched, tx);
    parker_notify(&sched->parker, 1); /* [C] */
}

/* ---- checking -------------------------------------------------------------------------------- */

bool sched_hold(struct sched *sched, uint32_t tx)
{
    uint32_t word = atomic32_load(&sched->txs[tx].word, memory_order_seq_cst);
    if (state_of(word) != TX_EXECUTED) return false;
    return atomic32_cas(
        &sched->txs[tx].word, &word, word_with(word, TX_CHECKING), memory_order_seq_cst);
}

void sched_release(struct sched *sched, uint32_t tx)
{
    set_state(sched, tx, TX_EXECUTED); /* [B] */
}

static void next_incarnation(struct sched *sched, uint32_t tx)
{
    struct tx_slot *slot = &sched->txs[tx];
    uint32_t word = atomic32_load(&slot->word, memory_order_relaxed);
    slot->stamp = 0;
    atomic32_store(
        &slot->word, word_with(word + (1u << INCARNATION_SHIFT), TX_RUNNING), memory_order_seq_cst);
    (void)atomic64_add(&sched->rejections, 1, memory_order_relaxed);
}

void sched_reject(struct sched *sched, uint32_t tx)
{
    VERIFY(state_of(atomic32_load(&sched->txs[tx].word, memory_order_relaxed)) == TX_CHECKING);
    next_incarnation(sched, tx);
}

void sched_rerun(struct sched *sched, uint32_t tx)
{
    VERIFY(state_of(atomic32_load(&sched->txs[tx].word, memory_order_relaxed)) == TX_RUNNING);
    next_incarnation(sched, tx);
}

uint32_t sched_changes(const struct sched *sched)
{
    return atomic32_load(&sched->changes, memory_order_seq_cst);
}

bool sched_all_below_executed(const struct sched *sched, uint32_t tx)
{
    return atomic32_load(&sched->executed_to, memory_order_seq_cst) >= tx ||
           atomic32_load(&sched->frontier, memory_order_seq_cst) >= tx;
}

void sched_stamp(struct sched *sched, uint32_t tx, uint32_t changes)
{
    sched->txs[tx].stamp = changes + 1;
}

bool sched_is_fresh(const struct sched *sched, uint32_t tx)
{
    return sched->txs[tx].stamp == sched_changes(sched) + 1;
}

/* ---- the frontier ---------------------------------------------------------------------------- */

uint32_t sched_frontier(const struct sched *sched)
{
    return atomic32_load(&sched->frontier, memory_order_seq_cst);
}

/* Inside the frontier: how far everything was executed once. */
static void executed_to_move(struct sched *sched)
{
    uint32_t from = atomic32_load(&sched->executed_to, memory_order_relaxed), to = from;
    if (to < sched->final) to = sched->final;
    while (to < sched->tx_count && sched_is_executed(sched, to)) /* ends: to grows */
        to++;
    if (to != from) atomic32_store(&sched->executed_to, to, memory_order_seq_cst);
}

bool sched_frontier_enter(struct sched *sched)
{
    if (atomic32_load(&sched->frontier_busy, memory_order_relaxed) != 0) return false;
    if (atomic32_exchange(&sched->frontier_busy, 1, memory_order_seq_cst) != 0) return false;
    executed_to_move(sched);
    return true;
}

/* Open, narrow, close or keep the window, now that one more transaction is final. */
static void window_set(struct sched *sched, uint32_t window)
{
    if (atomic32_load(&sched->window, memory_order_relaxed) != window)
        atomic32_store(&sched->window, window, memory_order_relaxed);
}

/* Most were stale or waited for their neighbours: guessing gains nothing. */
static void window_close(struct sched *sched)
{
    sched->closed_left = sched->closed_next;
    if (sched->closed_next <= CLOSED_MAX) sched->closed_next *= 2;
    sched->sound_in_a_row = 0;
    window_set(sched, WINDOW_CLOSED);
    if (sched->gives_up && sched->closed_left > CLOSED_MAX) sched_stop(sched);
}

static void window_adapt(struct sched *sched, bool is_chained)
{
    uint32_t trial = TRIAL_FOR_EACH * sched->workers;
    if (sched->is_rigid) return;
    if (sched->closed_left > 0) {
        if (--sched->closed_left > 0) return;
        sched->stale_share = STALE_SHARE_NEW;
        window_set(sched, trial);
        return;
    }
    sched->stale_share += (is_chained ? 256 / STALE_SHARE_STEP : 0);
    sched->stale_share -= sched->stale_share / STALE_SHARE_STEP;
    sched->sound_in_a_row = is_chained ? 0 : sched->sound_in_a_row + 1;
    bool is_proven = sched->sound_in_a_row >= SOUND_IN_A_ROW;
    if (is_proven) sched->closed_next = CLOSED_FIRST;
    if (is_proven) window_set(sched, WINDOW_OPEN);
    if (sched->policy->narrows && sched->stale_share > NARROW_SHARE) window_set(sched, trial);
    if (sched->stale_share > STALE_SHARE_MAX) window_close(sched);
}

/* Everybody looks at how far it is: a line that each step would take from all of them. */
void sched_frontier_tell(struct sched *sched)
{
    executed_to_move(sched);
    atomic32_store(&sched->frontier, sched->final, memory_order_seq_cst); /* [C] */
}

void sched_finalize(struct sched *sched, uint32_t tx)
{
    VERIFY(tx == sched->final);
    uint32_t word = atomic32_load(&sched->txs[tx].word, memory_order_relaxed);
    window_adapt(sched, word >> STATE_BITS != 0); /* chained, or a later incarnation */
    set_state(sched, tx, TX_FINAL);               /* [A] */
    sched->final = tx + 1;
    bool is_wanted = atomic32_load(&sched->window, memory_order_relaxed) != WINDOW_OPEN;
    if (is_wanted || sched->final % TELL_STEPS == 0) sched_frontier_tell(sched);
    wake_waiters(sched, tx);
    if (sched->final == sched->tx_count) sched_stop(sched);
}

/* Is there anything at the frontier that whoever enters could do? */
static bool frontier_is_ripe(const struct sched *sched)
{
    uint32_t frontier = atomic32_load(&sched->frontier, memory_order_seq_cst);
    return frontier < sched->tx_count &&
           state_of(atomic32_load(&sched->txs[frontier].word, memory_order_seq_cst)) == TX_EXECUTED;
}

bool sched_frontier_leave(struct sched *sched)
{
    if (atomic32_load(&sched->frontier, memory_order_relaxed) != sched->final)
        sched_frontier_tell(sched);
    atomic32_store(&sched->frontier_busy, 0, memory_order_seq_cst); /* [B] */
    if (claimable(sched) > 1) parker_notify(&sched->parker, 1);     /* [C]; one is for the caller */
    return frontier_is_ripe(sched) && !sched_is_done(sched);        /* [B] */
}

/* ---- the end, and waiting for it ------------------------------------------------------------- */

void sched_stop(struct sched *sched)
{
    atomic32_store(&sched->is_done, 1, memory_order_seq_cst);
    parker_notify(&sched->parker, PARKER_ALL); /* [C] */
}

bool sched_is_done(const struct sched *sched)
{
    return atomic32_load(&sched->is_done, memory_order_seq_cst) != 0;
}

/* Could a worker that looks now find something? */
static bool may_have_work(const struct sched *sched, uint32_t wanted)
{
    if (sched_is_done(sched)) return true;
    if (wanted != SCHED_NOTHING && sched_all_below_executed(sched, wanted)) return true;
    if (atomic32_load(&sched->again_count, memory_order_seq_cst) != 0) return true;
    if (claimable(sched) > 0) return true;
    uint64_t range;
    if (richest(sched, &range) != SCHED_NOTHING) return true;
    return frontier_is_ripe(sched) &&
           atomic32_load(&sched->frontier_busy, memory_order_seq_cst) == 0;
}

void sched_idle(struct sched *sched, uint32_t wanted)
{
    struct spin spin = SPIN_FOR(IDLE_SPIN_NS);
    while (spin_again(&spin))
        if (may_have_work(sched, wanted)) return;
    uint32_t ticket = parker_prepare(&sched->parker);
    if (may_have_work(sched, wanted)) { /* [C] */
        parker_cancel(&sched->parker);
        return;
    }
    (void)atomic64_add(&sched->sleeps, 1, memory_order_relaxed);
    parker_sleep(&sched->parker, ticket);
}

struct sched_queue sched_queue(const struct sched *sched)
{
    uint32_t next = atomic32_load(&sched->next, memory_order_relaxed);
    return (struct sched_queue){
        .never_taken = next < sched->tx_count ? sched->tx_count - next : 0,
        .ready_again = atomic32_load(&sched->again_count, memory_order_relaxed),
    };
}

size_t sched_tx_bytes(void)
{
    return sizeof(struct tx_slot);
}

struct sched_counts sched_counts(const struct sched *sched)
{
    return (struct sched_counts){
        .rejections = atomic64_load(&sched->rejections, memory_order_relaxed),
        .waits = atomic64_load(&sched->waits, memory_order_relaxed),
        .sleeps = atomic64_load(&sched->sleeps, memory_order_relaxed),
        .steals = atomic64_load(&sched->steals, memory_order_relaxed),
    };
}
