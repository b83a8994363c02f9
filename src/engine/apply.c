#include "engine/apply.h"

#include "crypto/keccak.h"

/* Did the transaction change anything of the account itself? All its parts are known. */
static bool account_changed(const struct account_entry *account)
{
    const struct view_account *original = &account->original;
    return account->exists != original->exists || account->nonce != original->nonce ||
           !u256_equal(account->balance, original->balance) ||
           !hash32_equal(&account->code_hash, &original->code_hash);
}

/* Did it perhaps? Asked first, so that accounts that were only read cost nothing. */
static bool account_may_have_changed(const struct account_entry *account)
{
    return account->touched || account->created || account->destroyed || account->code_changed ||
           !u256_equal(account->balance,
                       account->original.balance) || /* not asked for: zero, and what was added */
           ((account->original.parts & VIEW_NONCE) != 0 &&
            account->nonce != account->original.nonce);
}

static bool apply_slots(struct block_state *state, const struct account_entry *account)
{
    for (const struct slot_entry *slot = account->slots; slot != NULL;
         slot = slot->next_of_account) {
        bool differs = account->created ? !u256_is_zero(slot->current)
                                        : !u256_equal(slot->current, slot->original);
        if (!slot->written || !differs) continue;
        if (!block_state_set_slot(state, &account->key, &slot->key, &slot->current)) return false;
    }
    return true;
}

static bool apply_gone(struct block_state *state, const struct account_entry *account)
{
    static const struct account_value gone = {.exists = false};
    return block_state_clear_storage(state, &account->key) &&
           block_state_set_account(state, &account->key, &gone);
}

static bool apply_code(struct block_state *state, const struct account_entry *account)
{
    if (!account->code_changed || account->code->size == 0) return true;
    return block_state_add_code(
        state, &account->code->hash, bytes_of(account->code->bytes, account->code->size));
}

static bool apply_value(struct block_state *state, const struct account_entry *account)
{
    struct account_value value = {.balance = account->balance,
                                  .code_hash = account->code_hash,
                                  .nonce = account->nonce,
                                  .exists = true};
    if (account->created && !block_state_clear_storage(state, &account->key)) return false;
    if (account->exists && (account->created || account_changed(account)) &&
        !block_state_set_account(state, &account->key, &value))
        return false;
    return apply_code(state, account) && apply_slots(state, account);
}

static enum pevm_status apply_account(struct block_run *run,
                                      struct journal *journal,
                                      struct account_entry *account,
                                      const char *who)
{
    if (!account_may_have_changed(account))
        return apply_slots(run->state, account) ? PEVM_OK : run_no_memory(run);
    if (journal_account_load(journal, account, VIEW_ALL_PARTS) != VIEW_OK)
        return run_view_failed(run, who);
    if (account->code_changed && journal_code(journal, account) != VIEW_OK)
        return run_view_failed(run, who);
    bool applied =
        account->destroyed ? apply_gone(run->state, account) : apply_value(run->state, account);
    return applied ? PEVM_OK : run_no_memory(run);
}

enum pevm_status apply_journal(struct block_run *run, struct journal *journal, const char *who)
{
    for (size_t i = 0; i < journal->account_count; i++)
        TRY(apply_account(run, journal, journal->accounts[i], who));
    return PEVM_OK;
}
