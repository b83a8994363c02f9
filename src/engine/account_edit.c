#include "engine/account_edit.h"

#include "crypto/keccak.h"

static enum pevm_status account_read(struct block_run *run,
                                     struct view_account *out,
                                     const address *who,
                                     const char *why)
{
    struct view view = block_state_view(run->state);
    if (view.ops->account(view.context, who, VIEW_ALL_PARTS, out) != VIEW_OK)
        return run_view_failed(run, why);
    return PEVM_OK;
}

static bool is_empty(const struct account_value *value)
{
    return value->nonce == 0 && u256_is_zero(value->balance) &&
           hash32_equal(&value->code_hash, &keccak_empty);
}

static enum pevm_status account_write_balance(struct block_run *run,
                                              const address *who,
                                              const struct view_account *account,
                                              u256 balance)
{
    struct account_value value = {.balance = balance,
                                  .code_hash = account->code_hash,
                                  .nonce = account->nonce,
                                  .exists = true};
    if (run->env.rules.fork >= FORK_SPURIOUS_DRAGON && is_empty(&value))
        value.exists = false; /* EIP-161 */
    return block_state_set_account(run->state, who, &value) ? PEVM_OK : run_no_memory(run);
}

enum pevm_status account_add_balance(struct block_run *run,
                                     const address *who,
                                     const u256 *amount,
                                     const char *why)
{
    struct view_account account;
    TRY(account_read(run, &account, who, why));
    return account_write_balance(run, who, &account, u256_add(account.balance, *amount));
}

enum pevm_status account_drain(struct block_run *run,
                               const address *from,
                               const address *to,
                               const char *why)
{
    struct view_account account;
    TRY(account_read(run, &account, from, why));
    if (!account.exists) return PEVM_OK;
    TRY(account_write_balance(run, from, &account, U256_ZERO));
    return account_add_balance(run, to, &account.balance, why);
}
