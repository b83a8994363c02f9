#include "engine/finish.h"

#include "engine/account_edit.h"
#include "engine/hand_over.h"
#include "engine/hooks_ethereum.h"
#include "engine/requests.h"

#include <stdio.h>

#define WEI_PER_GWEI        1000000000
#define WEI_PER_ETHER       1000000000000000000
#define OMMER_REWARD_PARTS  8  /* an ommer k generations old gets (8 - k) / 8 of the reward */
#define NEPHEW_REWARD_PARTS 32 /* who includes it, 1/32 */

/* EIP-4895 */
static enum pevm_status pay_withdrawals(struct block_run *run)
{
    const struct block *block = run->input->block;
    for (size_t i = 0; i < block->withdrawal_count; i++) {
        char why[64];
        u256 amount = u256_mul_u64(u256_from_u64(block->withdrawals[i].amount), WEI_PER_GWEI);
        snprintf(why, sizeof why, "withdrawal %zu", i);
        TRY(account_add_balance(run, &block->withdrawals[i].to, &amount, why));
    }
    return PEVM_OK;
}

/* rules, section 5; nothing from Paris on. */
static enum pevm_status pay_rewards(struct block_run *run)
{
    const struct block *block = run->input->block;
    if (run->env.rules.reward_ether == 0) return PEVM_OK;
    u256 reward = u256_mul_u64(u256_from_u64(run->env.rules.reward_ether), WEI_PER_ETHER);
    u256 part = u256_div(reward, u256_from_u64(OMMER_REWARD_PARTS));
    u256 nephew = u256_div(reward, u256_from_u64(NEPHEW_REWARD_PARTS));
    u256 own = reward;
    for (size_t i = 0; i < block->ommer_count; i++) {
        uint64_t age =
            block->header.number - block->ommers[i].number; /* 1 to 6: validate_before said so */
        u256 amount = u256_mul_u64(part, OMMER_REWARD_PARTS - age);
        TRY(account_add_balance(run, &block->ommers[i].coinbase, &amount, "ommer reward"));
        own = u256_add(own, nephew);
    }
    return account_add_balance(run, &block->header.coinbase, &own, "block reward");
}

void finish_receipts(struct block_run *run, size_t count)
{
    struct engine_outcome *outcome = run->outcome;
    uint64_t gas = 0;
    outcome->receipts = run->receipts;
    outcome->receipt_count = count;
    for (size_t i = 0; i < count; i++) {
        gas += run->receipts[i].gas_used;
        run->receipts[i].cumulative_gas_used = gas;
        if (run->receipts[i].log_count > 0) bloom_or(&outcome->bloom, &run->receipts[i].bloom);
    }
    outcome->gas_used = run->gas_used;
    outcome->blob_gas_used = run->blob_gas_used;
    VERIFY(gas == run->gas_used);
}

enum pevm_status finish_changes(struct block_run *run)
{
    enum pevm_status status = block_state_changes(run->state, &run->outcome->changes, run->arena);
    if (status == PEVM_STATE_UNREADABLE) return run_view_failed(run, "changeset");
    return status == PEVM_OK ? PEVM_OK : run_no_memory(run);
}

static enum pevm_status finish_requests(struct block_run *run)
{
    struct engine_outcome *outcome = run->outcome;
    TRY(hooks_after(run));
    if (run->env.rules.fork < FORK_PRAGUE || run_is_refused(run)) return PEVM_OK;
    outcome->has_requests_hash = true;
    return requests_hash(&outcome->requests_hash, run->requests, run->arena) ? PEVM_OK
                                                                             : run_no_memory(run);
}

enum pevm_status finish_run(struct block_run *run)
{
    TRY(pay_withdrawals(run));
    TRY(finish_requests(run));
    if (run_is_refused(run)) return PEVM_OK;
    TRY(pay_rewards(run));
    if (run->hand_over != NULL) return hand_over_finish(run->hand_over, run);
    finish_receipts(run, run->input->block->tx_count);
    return finish_changes(run);
}

enum pevm_status run_state_root(struct block_run *run, hash32 *out)
{
    const struct root_source *roots = run->input->roots;
    struct changeset changes;
    struct arena_mark mark = arena_mark(run->arena);
    TRY(block_state_changes(run->state, &changes, run->arena));
    enum pevm_status status = roots->root(roots->context, &changes, out, run->error);
    arena_release(run->arena, mark);
    return status;
}
