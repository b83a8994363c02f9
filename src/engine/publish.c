#include "engine/publish.h"

#include "crypto/keccak.h"

/* What the run depends on of balances; the other reads the view has logged itself. */
static bool log_balances(struct mv_attempt *attempt, const struct journal *journal)
{
    for (size_t i = 0; i < journal->account_count; i++) {
        const struct account_entry *account = journal->accounts[i];
        if ((account->original.parts & VIEW_BALANCE) == 0) continue;
        if (!account->balance_is_exact && u256_is_zero(account->balance_min)) continue;
        mv_attempt_at(attempt, account->original.place);
        if (!mv_log_balance(attempt,
                            &account->key,
                            &account->original.balance,
                            &account->balance_min,
                            account->balance_is_exact))
            return false;
    }
    return true;
}

/* What the account has more than before, modulo 2^256; all of it goes when the account does. */
static u256 balance_delta(const struct account_entry *account)
{
    u256 now = account->destroyed ? U256_ZERO : account->balance;
    return u256_sub(now, account->original.balance); /* zero when it was not asked for */
}

static bool write_slots(struct mv_attempt *attempt, const struct account_entry *account)
{
    for (const struct slot_entry *slot = account->slots; slot != NULL;
         slot = slot->next_of_account) {
        if (!slot->written || u256_equal(slot->current, slot->original)) continue;
        if (!mv_write_slot(attempt, &account->key, &slot->key, &slot->current)) return false;
    }
    return true;
}

/* Did SELFDESTRUCT end it? What is only touched and empty (EIP-161) has neither code nor nonce. */
static bool was_contract(const struct account_entry *account)
{
    if (account->created) return true;
    if ((account->parts & VIEW_NONCE) != 0 && account->nonce != 0) return true;
    return (account->parts & VIEW_CODE_HASH) != 0 &&
           !hash32_equal(&account->code_hash, &keccak_empty);
}

/* SELFDESTRUCT took effect, or it was touched and is empty (EIP-161). */
static bool write_gone(struct mv_attempt *attempt,
                       const struct account_entry *account,
                       bool is_contract)
{
    if (is_contract) {
        if (!mv_write_nonce(attempt, &account->key, 0)) return false;
        if (!mv_write_code(attempt, &account->key, &keccak_empty, BYTES_EMPTY)) return false;
        if (!account->created && !mv_write_reset(attempt, &account->key)) return false;
    }
    return mv_write_existence(attempt, &account->key, false);
}

/* Whoever was only paid, or touched, has not been asked for. He will be when all is done, and must not be unreadable then. */
static bool ask_for(struct mv_attempt *attempt, const struct account_entry *account)
{
    struct view view = mv_attempt_view(attempt);
    struct view_account ignored;
    return account->original.parts != 0 ||
           view.ops->account(view.context, &account->key, 0, &ignored) == VIEW_OK;
}

static bool write_balance(struct mv_attempt *attempt,
                          const struct account_entry *account,
                          const u256 *delta)
{
    return u256_is_zero(*delta) ||
           (ask_for(attempt, account) && mv_write_balance(attempt, &account->key, delta));
}

/* Before Spurious Dragon: it exists from now on, though there may be nothing in it. */
static bool write_birth(struct mv_attempt *attempt, const struct account_entry *account)
{
    const struct view_account *original = &account->original;
    bool existed = (original->parts & VIEW_EXISTENCE) != 0 && original->exists;
    return !account->exists || existed ||
           (ask_for(attempt, account) && mv_write_existence(attempt, &account->key, true));
}

static bool write_value(struct mv_attempt *attempt,
                        struct journal *journal,
                        struct account_entry *account,
                        bool keeps_empty)
{
    const struct view_account *original = &account->original;
    bool nonce_changed = (account->parts & VIEW_NONCE) != 0 && account->nonce != original->nonce;
    if (nonce_changed && !mv_write_nonce(attempt, &account->key, account->nonce)) return false;
    if (account->code_changed) {
        if (journal_code(journal, account) != VIEW_OK)
            return false; /* is in the journal: asks nobody */
        struct bytes code = bytes_of(account->code->bytes, account->code->size);
        if (!mv_write_code(attempt, &account->key, &account->code_hash, code)) return false;
    }
    if (keeps_empty && !write_birth(attempt, account)) return false;
    return write_slots(attempt, account);
}

static bool write_account(struct mv_attempt *attempt,
                          struct journal *journal,
                          struct account_entry *account,
                          const struct block_env *env,
                          u256 *tip)
{
    bool keeps_empty = env->rules.fork < FORK_SPURIOUS_DRAGON;
    mv_attempt_at(attempt, account->original.place);
    u256 delta = balance_delta(account);
    if (address_equal(&account->key, &env->coinbase))
        *tip = delta;
    else if (!write_balance(attempt, account, &delta))
        return false;
    if (account->destroyed) return write_gone(attempt, account, was_contract(account));
    return write_value(attempt, journal, account, keeps_empty);
}

bool publish_journal(struct mv_attempt *attempt,
                     struct journal *journal,
                     const struct block_env *env,
                     uint32_t *readers_to)
{
    u256 tip = U256_ZERO;
    if (!log_balances(attempt, journal)) return false;
    for (size_t i = 0; i < journal->account_count; i++)
        if (!write_account(attempt, journal, journal->accounts[i], env, &tip)) return false;
    return mv_publish(attempt, &tip, readers_to);
}

bool publish_nothing(struct mv_attempt *attempt,
                     const struct journal *journal,
                     uint32_t *readers_to)
{
    return log_balances(attempt, journal) && mv_publish(attempt, &U256_ZERO, readers_to);
}
