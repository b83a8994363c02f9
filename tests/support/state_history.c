#include "support/state_history.h"

#include "base/rng.h"
#include "crypto/keccak.h"
#include "support/test.h"

#include <stdlib.h>

#define SLOTS_FEW  6
#define SLOTS_MANY 300

struct state_history {
    struct rng rng;
    struct arena arena;
    address *names; /* ascending */
    unsigned account_count;
    struct changeset changes;
};

static int compare_names(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(address));
}

struct state_history *state_history_new(uint64_t seed, unsigned accounts)
{
    struct state_history *history = calloc(1, sizeof *history);
    assert_non_null(history);
    rng_init(&history->rng, seed);
    arena_init(&history->arena, 1 << 16, 0);
    history->names = calloc(accounts, sizeof(address));
    assert_non_null(history->names);
    history->account_count = accounts;
    for (unsigned i = 0; i < accounts; i++) {
        rng_fill(&history->rng, &history->names[i], sizeof(address));
        history->names[i].bytes[19] = (uint8_t)(i % 16 == 0); /* has many slots */
    }
    qsort(history->names, accounts, sizeof(address), compare_names);
    return history;
}

void state_history_free(struct state_history *history)
{
    arena_fini(&history->arena);
    free(history->names);
    free(history);
}

/* Most are small numbers, as slots and values are. */
static u256 random_word(struct rng *rng)
{
    u256 word = u256_from_u64(1 + rng_below(rng, 200));
    if (rng_below(rng, 4) == 0) rng_fill(rng, &word, sizeof word);
    if (u256_is_zero(word)) word.words[0] = 1;
    return word;
}

static bool happens(struct rng *rng, unsigned percent)
{
    return rng_below(rng, 100) < percent;
}

/* What differs from the state, ascending. */
static void change_slots(struct state_history *history,
                         struct account_change *change,
                         const struct view *view,
                         unsigned growth)
{
    struct rng *rng = &history->rng;
    bool is_large = change->account.bytes[19] == 1;
    unsigned universe = is_large ? SLOTS_MANY : SLOTS_FEW;
    struct slot_change *slots = arena_alloc_zeroed(&history->arena, universe, sizeof *slots);
    assert_non_null(slots);
    for (unsigned i = 0; i < universe; i++) {
        u256 slot = u256_from_u64(i), before = U256_ZERO, after;
        if (!happens(rng, is_large ? 4 : 40)) continue;
        if (!change->storage_cleared)
            CHECK_EQ(view->ops->slot(view->context, &change->account, &slot, &before), VIEW_OK);
        after = happens(rng, growth) ? random_word(rng) : U256_ZERO;
        if (!u256_equal(before, after))
            slots[change->slot_count++] = (struct slot_change){slot, after};
    }
    change->slots = slots;
}

static bool change_account(struct state_history *history,
                           struct account_change *change,
                           const struct view *view,
                           unsigned growth)
{
    struct rng *rng = &history->rng;
    struct view_account account;
    CHECK_EQ(view->ops->account(view->context, &change->account, VIEW_ALL_PARTS, &account),
             VIEW_OK);
    if (!account.exists && !happens(rng, growth)) return false;
    change->exists = !account.exists || happens(rng, 80 + growth / 5);
    change->code_hash = keccak_empty;
    change->storage_cleared = !change->exists || (account.exists && rng_below(rng, 20) == 0);
    if (!change->exists) return true;
    change->nonce = account.nonce + 1;
    change->balance = random_word(rng);
    change->code_hash = account.code_hash;
    bool is_contract = change->account.bytes[19] == 1 || change->account.bytes[18] % 2 == 1;
    if (!is_contract) return true;
    if (!account.exists) rng_fill(rng, &change->code_hash, sizeof(hash32));
    change_slots(history, change, view, growth);
    return true;
}

const struct changeset *state_history_next(struct state_history *history,
                                           const struct memory_state *state,
                                           unsigned count,
                                           unsigned growth)
{
    struct view view = memory_state_view(state);
    arena_reset(&history->arena);
    struct account_change *accounts =
        arena_alloc_zeroed(&history->arena, history->account_count, sizeof *accounts);
    assert_non_null(accounts);
    size_t changed = 0;
    for (unsigned i = 0; i < history->account_count; i++) {
        if (rng_below(&history->rng, history->account_count) >= count) continue;
        accounts[changed] = (struct account_change){.account = history->names[i]};
        changed += change_account(history, &accounts[changed], &view, growth);
    }
    history->changes = (struct changeset){.accounts = accounts, .account_count = changed};
    return &history->changes;
}

/* ---- a whole state ---- */

struct gathering {
    const struct memory_state *state;
    struct arena *arena;
    struct account_change *accounts;
    struct slot_change *slots;
    size_t count, slot_count;
};

static bool count_slot(void *context, const u256 *slot, const u256 *value)
{
    struct gathering *all = context;
    (void)slot;
    (void)value;
    all->slot_count++;
    return true;
}

static bool add_slot(void *context, const u256 *slot, const u256 *value)
{
    struct gathering *all = context;
    all->slots[all->slot_count++] = (struct slot_change){*slot, *value};
    return true;
}

static bool add_account(void *context, const struct memory_account *account)
{
    struct gathering *all = context;
    struct account_change *change = &all->accounts[all->count++];
    all->slot_count = 0;
    CHECK_EQ(memory_state_each_slot(all->state, &account->who, count_slot, all), PEVM_OK);
    all->slots = arena_alloc_zeroed(all->arena, all->slot_count + 1, sizeof *all->slots);
    assert_non_null(all->slots);
    all->slot_count = 0;
    CHECK_EQ(memory_state_each_slot(all->state, &account->who, add_slot, all), PEVM_OK);
    *change = (struct account_change){.account = account->who,
                                      .exists = true,
                                      .nonce = account->nonce,
                                      .balance = account->balance,
                                      .code_hash = account->code_hash,
                                      .slots = all->slots,
                                      .slot_count = all->slot_count};
    return true;
}

const struct changeset *state_as_changes(const struct memory_state *state, struct arena *arena)
{
    struct gathering all = {.state = state, .arena = arena};
    struct changeset *changes = arena_alloc_zeroed(arena, 1, sizeof *changes);
    size_t count = memory_state_account_count(state);
    all.accounts = arena_alloc_zeroed(arena, count + 1, sizeof *all.accounts);
    assert_true(changes != NULL && all.accounts != NULL);
    CHECK_EQ(memory_state_each_account(state, add_account, &all), PEVM_OK);
    *changes = (struct changeset){.accounts = all.accounts, .account_count = all.count};
    return changes;
}
