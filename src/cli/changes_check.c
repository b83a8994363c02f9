#include "cli/changes_check.h"

#include "base/hex.h"
#include "cli/known_address.h"
#include "crypto/keccak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define GWEI  UINT64_C(1000000000)
#define ETHER UINT64_C(1000000000000000000)

/* An account after the block, as one side has it. */
struct account_after {
    bool exists;
    uint64_t nonce;
    u256 balance;
    hash32 code_hash;
};

struct comparison {
    const struct bundle *bundle;
    struct view pre_state;
    bool after_txs;
    uint64_t reward_ether;
    char *text;
    bool equal;
};

/* The first difference is told. */
static void differ(struct comparison *comparison,
                   const address *who,
                   const char *what,
                   const char *expected,
                   const char *got)
{
    char name[HEX_ADDRESS_SIZE];
    if (!comparison->equal) return;
    comparison->equal = false;
    snprintf(comparison->text,
             ERROR_TEXT_MAX,
             "%s: %s: expected %s, got %s",
             hex_address(name, who),
             what,
             expected,
             got);
}

static void differ_word(struct comparison *comparison,
                        const address *who,
                        const char *what,
                        const u256 *expected,
                        const u256 *got)
{
    char left[HEX_HASH_SIZE], right[HEX_HASH_SIZE];
    hash32 expected_hash = u256_to_hash(*expected), got_hash = u256_to_hash(*got);
    differ(comparison, who, what, hex_hash(left, &expected_hash), hex_hash(right, &got_hash));
}

/* ---- what the block adds after its transactions ---------------------------------------------------- */

/* Rewards of coinbases (Yellow Paper, section 11.3). */
static u256 reward_of(const struct comparison *comparison, const address *who)
{
    const struct block *block = &comparison->bundle->block;
    u256 sum = U256_ZERO, reward = u256_mul_u64(u256_from_u64(comparison->reward_ether), ETHER);
    if (address_equal(who, &block->header.coinbase)) {
        u256 nephew = u256_mul_u64(u256_div(reward, u256_from_u64(32)), block->ommer_count);
        sum = u256_add(reward, nephew);
    }
    for (size_t i = 0; i < block->ommer_count; i++) {
        const struct header *ommer = &block->ommers[i];
        if (!address_equal(who, &ommer->coinbase)) continue;
        u256 share = u256_mul_u64(reward, 8 - (block->header.number - ommer->number));
        sum = u256_add(sum, u256_div(share, u256_from_u64(8)));
    }
    return sum;
}

static u256 credit_of(const struct comparison *comparison, const address *who)
{
    const struct block *block = &comparison->bundle->block;
    u256 sum = reward_of(comparison, who);
    for (size_t i = 0; i < block->withdrawal_count; i++)
        if (address_equal(who, &block->withdrawals[i].to))
            sum = u256_add(sum, u256_mul_u64(u256_from_u64(block->withdrawals[i].amount), GWEI));
    return sum;
}

/* ---- one account ----------------------------------------------------------------------------------- */

static enum pevm_status account_before(const struct comparison *comparison,
                                       const address *who,
                                       struct account_after *out)
{
    struct view_account account;
    const struct view *view = &comparison->pre_state;
    if (view->ops->account(view->context, who, VIEW_ALL_PARTS, &account) != VIEW_OK)
        return PEVM_STATE_UNREADABLE;
    *out =
        (struct account_after){account.exists, account.nonce, account.balance, account.code_hash};
    return PEVM_OK;
}

/* `expected` may be NULL: then nothing was changed. */
static struct account_after account_wanted(const struct comparison *comparison,
                                           const address *who,
                                           const struct account_after *before,
                                           const struct bundle_change *expected)
{
    struct account_after after = *before;
    if (expected != NULL) {
        after.exists = !expected->deleted;
        if (expected->has_balance) after.balance = expected->balance;
        if (expected->has_nonce) after.nonce = expected->nonce;
        if (expected->has_code_hash) after.code_hash = expected->code_hash;
    }
    if (!after.exists) after = (struct account_after){.code_hash = keccak_empty};
    if (!comparison->after_txs) return after;
    u256 credit = credit_of(comparison, who);
    after.balance = u256_add(after.balance, credit);
    after.exists = after.exists || !u256_is_zero(credit);
    return after;
}

static void compare_accounts(struct comparison *comparison,
                             const address *who,
                             const struct account_after *wanted,
                             const struct account_after *got)
{
    char left[24], right[24];
    if (wanted->exists != got->exists)
        differ(comparison,
               who,
               "existence",
               wanted->exists ? "yes" : "no",
               got->exists ? "yes" : "no");
    if (!wanted->exists) return;
    if (!u256_equal(wanted->balance, got->balance))
        differ_word(comparison, who, "balance", &wanted->balance, &got->balance);
    snprintf(left, sizeof left, "%" PRIu64, wanted->nonce);
    snprintf(right, sizeof right, "%" PRIu64, got->nonce);
    if (wanted->nonce != got->nonce) differ(comparison, who, "nonce", left, right);
    u256 wanted_hash = u256_from_hash(&wanted->code_hash),
         got_hash = u256_from_hash(&got->code_hash);
    if (!u256_equal(wanted_hash, got_hash))
        differ_word(comparison, who, "code hash", &wanted_hash, &got_hash);
}

/* ---- storage --------------------------------------------------------------------------------------- */

static int compare_slot_keys(const void *a, const void *b)
{
    return u256_compare(((const struct slot_change *)a)->slot,
                        ((const struct slot_change *)b)->slot);
}

static int compare_bundle_slots(const void *a, const void *b)
{
    return u256_compare(((const struct bundle_slot *)a)->slot,
                        ((const struct bundle_slot *)b)->slot);
}

static enum pevm_status slot_after(const struct comparison *comparison,
                                   const address *who,
                                   const struct account_change *got,
                                   const u256 *slot,
                                   u256 *out)
{
    const struct view *view = &comparison->pre_state;
    struct slot_change wanted = {.slot = *slot};
    const struct slot_change *found =
        got == NULL || got->slot_count == 0
            ? NULL
            : bsearch(&wanted, got->slots, got->slot_count, sizeof *got->slots, compare_slot_keys);
    *out = found == NULL ? U256_ZERO : found->value;
    if (found != NULL || (got != NULL && got->storage_cleared)) return PEVM_OK;
    return view->ops->slot(view->context, who, slot, out) == VIEW_OK ? PEVM_OK
                                                                     : PEVM_STATE_UNREADABLE;
}

static void differ_slot(struct comparison *comparison,
                        const address *who,
                        const u256 *slot,
                        const u256 *wanted,
                        const u256 *got)
{
    char what[HEX_HASH_SIZE + 8] = "slot ";
    hash32 key = u256_to_hash(*slot);
    (void)hex_hash(what + 5, &key);
    differ_word(comparison, who, what, wanted, got);
}

/* Each side may have slots that the other does not name. */
static enum pevm_status compare_slots(struct comparison *comparison,
                                      const address *who,
                                      const struct bundle_change *expected,
                                      const struct account_change *got)
{
    size_t expected_count = expected == NULL ? 0 : expected->slot_count;
    for (size_t i = 0; i < expected_count; i++) {
        const struct bundle_slot *slot = &expected->slots[i];
        u256 value;
        TRY(slot_after(comparison, who, got, &slot->slot, &value));
        if (!u256_equal(value, slot->value))
            differ_slot(comparison, who, &slot->slot, &slot->value, &value);
    }
    size_t got_count = got == NULL ? 0 : got->slot_count;
    for (size_t i = 0; i < got_count; i++) {
        struct bundle_slot wanted = {.slot = got->slots[i].slot};
        const struct bundle_slot *found = expected_count == 0 ? NULL
                                                              : bsearch(&wanted,
                                                                        expected->slots,
                                                                        expected_count,
                                                                        sizeof *expected->slots,
                                                                        compare_bundle_slots);
        const struct view *view = &comparison->pre_state;
        if (found != NULL) continue;
        u256 before;
        if (view->ops->slot(view->context, who, &wanted.slot, &before) != VIEW_OK)
            return PEVM_STATE_UNREADABLE;
        if (!u256_equal(before, got->slots[i].value))
            differ_slot(comparison, who, &wanted.slot, &before, &got->slots[i].value);
    }
    return PEVM_OK;
}

/* ---- all of them ----------------------------------------------------------------------------------- */

static enum pevm_status compare_one(struct comparison *comparison,
                                    const struct bundle_change *expected,
                                    const struct account_change *change)
{
    const address *who = expected != NULL ? &expected->who : &change->account;
    bool is_queue = address_equal(who, &withdrawal_requests_address) ||
                    address_equal(who, &consolidation_requests_address);
    if (comparison->after_txs && is_queue) return PEVM_OK;
    struct account_after before, got;
    TRY(account_before(comparison, who, &before));
    struct account_after wanted = account_wanted(comparison, who, &before, expected);
    got = before;
    if (change != NULL)
        got = (struct account_after){
            change->exists, change->nonce, change->balance, change->code_hash};
    compare_accounts(comparison, who, &wanted, &got);
    if (!wanted.exists || !got.exists) return PEVM_OK;
    return compare_slots(comparison, who, expected, change);
}

static int compare_expected(const void *a, const void *b)
{
    const struct bundle_change *left = a, *right = b;
    return memcmp(left->who.bytes, right->who.bytes, sizeof left->who.bytes);
}

/* Copies, sorted by address, with sorted slots. */
static struct bundle_change *sort_expected(const struct bundle_changes *expected,
                                           struct arena *arena)
{
    struct bundle_change *sorted =
        arena_alloc_zeroed(arena, expected->account_count, sizeof *sorted);
    if (sorted == NULL) return NULL;
    if (expected->account_count > 0)
        memcpy(sorted, expected->accounts, expected->account_count * sizeof *sorted);
    for (size_t i = 0; i < expected->account_count; i++) {
        size_t size = sorted[i].slot_count * sizeof *sorted[i].slots;
        if (size == 0) continue;
        struct bundle_slot *slots = arena_alloc(arena, size);
        if (slots == NULL) return NULL;
        memcpy(slots, sorted[i].slots, size);
        qsort(slots, sorted[i].slot_count, sizeof *slots, compare_bundle_slots);
        sorted[i].slots = slots;
    }
    if (expected->account_count > 0)
        qsort(sorted, expected->account_count, sizeof *sorted, compare_expected);
    return sorted;
}

/* Both sides ascend by address. */
static enum pevm_status merge(struct comparison *comparison,
                              const struct bundle_change *expected,
                              size_t expected_count,
                              const struct changeset *got)
{
    size_t i = 0, k = 0;
    while (i < expected_count || k < got->account_count) { /* ends: one of them grows */
        int order =
            i == expected_count ? 1
            : k == got->account_count
                ? -1
                : memcmp(expected[i].who.bytes, got->accounts[k].account.bytes, sizeof(address));
        const struct bundle_change *left = order <= 0 ? &expected[i++] : NULL;
        const struct account_change *right = order >= 0 ? &got->accounts[k++] : NULL;
        TRY(compare_one(comparison, left, right));
    }
    return PEVM_OK;
}

static bool changes_have(const struct changeset *got, const address *who)
{
    for (size_t i = 0; i < got->account_count; i++)
        if (address_equal(&got->accounts[i].account, who)) return true;
    return false;
}

/* Who was to be paid at the end of the block, and whom neither side mentions. */
static void find_unpaid(struct comparison *comparison, const struct changeset *got)
{
    const struct block *block = &comparison->bundle->block;
    for (size_t i = 0; i < block->withdrawal_count; i++) {
        const struct withdrawal *withdrawal = &block->withdrawals[i];
        if (withdrawal->amount > 0 && !changes_have(got, &withdrawal->to))
            differ(comparison, &withdrawal->to, "withdrawal", "a balance", "no change");
    }
    for (size_t i = 0; i < block->ommer_count && comparison->reward_ether > 0; i++)
        if (!changes_have(got, &block->ommers[i].coinbase))
            differ(comparison,
                   &block->ommers[i].coinbase,
                   "reward of an ommer",
                   "a balance",
                   "no change");
    if (comparison->reward_ether > 0 && !changes_have(got, &block->header.coinbase))
        differ(comparison, &block->header.coinbase, "reward", "a balance", "no change");
}

enum pevm_status changes_check(bool *equal,
                               char *text,
                               const struct bundle *bundle,
                               const struct bundle_changes *expected,
                               const struct changeset *got,
                               bool after_txs)
{
    const struct header *header = &bundle->block.header;
    struct rules rules = chain_rules(&bundle->chain, header->number, header->timestamp, NULL);
    struct comparison comparison = {
        .bundle = bundle,
        .pre_state = memory_state_view(bundle->pre_state),
        .after_txs = after_txs,
        .reward_ether = rules.reward_ether,
        .text = text,
        .equal = true,
    };
    struct arena arena;
    arena_init(&arena, (size_t)1 << 16, 0);
    struct bundle_change *sorted = sort_expected(expected, &arena);
    enum pevm_status status = sorted == NULL && expected->account_count > 0
                                  ? PEVM_NO_MEMORY
                                  : merge(&comparison, sorted, expected->account_count, got);
    arena_fini(&arena);
    if (status == PEVM_OK && after_txs) find_unpaid(&comparison, got);
    *equal = comparison.equal;
    return status;
}
