#include "evm/tx_run.h"

#include "base/assert.h"
#include "crypto/ecdsa.h"
#include "crypto/keccak.h"
#include "evm/gas_table.h"
#include "evm/tx_run_state.h"
#include "types/contract_address.h"

#include <string.h>

#define ACCESS_ADDRESS_GAS   2400 /* EIP-2930 */
#define ACCESS_SLOT_GAS      1900
#define AUTHORIZATION_GAS    25000 /* EIP-7702: PER_EMPTY_ACCOUNT_COST */
#define AUTHORIZATION_REFUND 12500 /* ... less PER_AUTH_BASE_COST, when the authority exists */
#define DATA_ZERO_GAS        4
#define BLOB_HASH_VERSION    0x01
#define SYSTEM_CALL_GAS      30000000
#define DELEGATION_CODE_SIZE 23 /* 0xef0100 and an address */

static const address system_caller = {
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}
};

/* ---- what can be said without state ------------------------------------------------------------ */

static int64_t count_nonzero(struct bytes data)
{
    int64_t count = 0;
    for (size_t i = 0; i < data.size; i++)
        count += data.data[i] != 0;
    return count;
}

int64_t tx_intrinsic_gas(const struct tx *tx, const struct rules *rules)
{
    int64_t nonzero = count_nonzero(tx->data);
    int64_t zero = (int64_t)tx->data.size - nonzero;
    int64_t gas = GAS_TX + zero * DATA_ZERO_GAS + nonzero * rules->data_nonzero_gas;
    if (tx->is_creation)
        gas +=
            rules->tx_create_gas + rules->initcode_word_gas * (int64_t)((tx->data.size + 31) / 32);
    for (size_t i = 0; i < tx->access_count; i++)
        gas += ACCESS_ADDRESS_GAS + ACCESS_SLOT_GAS * (int64_t)tx->access_list[i].slot_count;
    return gas + AUTHORIZATION_GAS * (int64_t)tx->authorization_count;
}

int64_t tx_floor_gas(const struct tx *tx, const struct rules *rules)
{
    if (rules->floor_token_gas == 0) return 0;
    int64_t nonzero = count_nonzero(tx->data);
    int64_t tokens = (int64_t)tx->data.size - nonzero + 4 * nonzero;
    return GAS_TX + rules->floor_token_gas * tokens;
}

static enum tx_fault check_type(const struct tx *tx, const struct rules *rules)
{
    static const struct {
        enum fork since;
        enum tx_fault early;
    } types[TX_TYPE_COUNT] = {
        [TX_LEGACY] = {FORK_FRONTIER, TX_VALID       },
        [TX_ACCESS_LIST] = {FORK_BERLIN,   TX_TYPE_1_EARLY},
        [TX_DYNAMIC_FEE] = {FORK_LONDON,   TX_TYPE_2_EARLY},
        [TX_BLOB] = {FORK_CANCUN,   TX_TYPE_3_EARLY},
        [TX_SET_CODE] = {FORK_PRAGUE,   TX_TYPE_4_EARLY},
    };
    if (rules->fork < types[tx->type].since) return types[tx->type].early;
    if (!tx->is_protected) return TX_VALID;
    if (tx->type == TX_LEGACY && rules->fork < FORK_SPURIOUS_DRAGON) return TX_CHAIN_ID_WRONG;
    return tx->chain_id == rules->chain_id ? TX_VALID : TX_CHAIN_ID_WRONG;
}

static enum tx_fault check_gas(const struct tx *tx, const struct rules *rules)
{
    if (tx->gas_limit < (uint64_t)tx_intrinsic_gas(tx, rules)) return TX_INTRINSIC_GAS;
    if (tx->gas_limit < (uint64_t)tx_floor_gas(tx, rules)) return TX_FLOOR_GAS;
    if (tx->nonce == UINT64_MAX) return TX_NONCE_MAX;
    if (tx->is_creation && tx->data.size > rules->initcode_size_max) return TX_INITCODE_SIZE;
    return tx->gas_limit > rules->tx_gas_max ? TX_GAS_CAP : TX_VALID;
}

static enum tx_fault check_room(const struct tx *tx, const struct tx_room *room)
{
    if (tx->gas_limit > room->gas) return TX_BLOCK_GAS;
    return (uint64_t)tx->blob_count * GAS_PER_BLOB > room->blob_gas ? TX_BLOCK_BLOB_GAS : TX_VALID;
}

static enum tx_fault check_fees(const struct tx *tx, const struct block_env *env)
{
    u256 cost;
    if (u256_less(tx->max_fee, tx->max_priority_fee)) return TX_PRIORITY_ABOVE_FEE;
    if (env->rules.fork >= FORK_LONDON && u256_less(tx->max_fee, env->base_fee))
        return TX_FEE_BELOW_BASE;
    return u256_mul_u64_overflow(&cost, tx->max_fee, tx->gas_limit) ? TX_COST_OVERFLOW : TX_VALID;
}

static enum tx_fault check_blobs(const struct tx *tx, const struct block_env *env)
{
    if (tx->type != TX_BLOB) return TX_VALID;
    if (tx->is_creation) return TX_BLOB_CREATION;
    if (tx->blob_count == 0) return TX_BLOB_NONE;
    if (tx->blob_count > env->rules.tx_blobs_max) return TX_BLOB_COUNT;
    for (size_t i = 0; i < tx->blob_count; i++)
        if (tx->blob_hashes[i].bytes[0] != BLOB_HASH_VERSION) return TX_BLOB_VERSION;
    return u256_less(tx->max_blob_fee, env->blob_base_fee) ? TX_BLOB_FEE : TX_VALID;
}

static enum tx_fault check_set_code(const struct tx *tx)
{
    if (tx->type != TX_SET_CODE) return TX_VALID;
    if (tx->is_creation) return TX_SET_CODE_CREATION;
    return tx->authorization_count == 0 ? TX_SET_CODE_EMPTY : TX_VALID;
}

/* Nobody has asked, or no sender came out. */
static enum tx_fault check_sender_known(const struct tx *tx)
{
    return tx->sender_fault == TX_VALID ? TX_SENDER_UNRECOVERABLE : tx->sender_fault;
}

/* The order decides which of several faults is named, and the official tests know it: room in the block, fees, then what
 * the transaction says of itself. `room` may be NULL: then the block's remaining gas is not judged. */
static enum tx_fault check(const struct tx *tx,
                           const struct block_env *env,
                           const struct tx_room *room)
{
    enum tx_fault fault = check_type(tx, &env->rules);
    if (fault == TX_VALID && room != NULL) fault = check_room(tx, room);
    if (fault == TX_VALID) fault = check_fees(tx, env);
    if (fault == TX_VALID) fault = check_gas(tx, &env->rules);
    if (fault == TX_VALID && !tx->sender_known) fault = check_sender_known(tx);
    if (fault == TX_VALID) fault = check_blobs(tx, env);
    if (fault == TX_VALID) fault = check_set_code(tx);
    return fault;
}

enum tx_fault tx_check_static(const struct tx *tx, const struct block_env *env)
{
    return check(tx, env, NULL);
}

/* ---- the stages -------------------------------------------------------------------------------- *
 *
 * Each stage may stop at a blocked read and is entered again from its beginning; it changes the journal only after its
 * last read. The authorizations, of which every one reads and changes, count how far they came.
 */

static enum run_answer answer_of_view(enum view_answer answer)
{
    return answer == VIEW_BLOCKED ? RUN_BLOCKED : RUN_STATE_FAILED;
}

#define TRY_VIEW(call)                                                                             \
    do {                                                                                           \
        enum view_answer view_answer_ = (call);                                                    \
        if (unlikely(view_answer_ != VIEW_OK)) return answer_of_view(view_answer_);                \
    } while (0)
#define TRY_MEMORY(call)                                                                           \
    do {                                                                                           \
        if (unlikely(!(call))) return RUN_NO_MEMORY;                                               \
    } while (0)

static bool has_delegation(const struct account_entry *account, const struct block_env *env)
{
    return env->rules.fork >= FORK_PRAGUE && account->code->is_delegation;
}

/* gas * max fee + value + blob gas * max blob fee; false when it does not fit 256 bits: nobody has that much. */
static bool cost_at_most(u256 *out, const struct tx *tx)
{
    u256 gas_cost, blob_cost;
    return !u256_mul_u64_overflow(&gas_cost, tx->max_fee, tx->gas_limit) &&
           !u256_mul_u64_overflow(&blob_cost, tx->max_blob_fee, tx->blob_count * GAS_PER_BLOB) &&
           !u256_add_overflow(&gas_cost, gas_cost, tx->value) &&
           !u256_add_overflow(out, gas_cost, blob_cost);
}

/* The sender is loaded. */
static enum tx_fault check_sender(struct journal *journal,
                                  const struct tx *tx,
                                  struct account_entry *sender,
                                  const struct block_env *env)
{
    if (tx->nonce < sender->nonce) return TX_NONCE_TOO_LOW;
    if (tx->nonce > sender->nonce) return TX_NONCE_TOO_HIGH;
    u256 cost;
    bool can_pay;
    if (!cost_at_most(&cost, tx) || journal_can_pay(journal, sender, &cost, &can_pay) != VIEW_OK ||
        !can_pay)
        return TX_FUNDS;
    if (sender->code->size > 0 && !has_delegation(sender, env))
        return TX_SENDER_NOT_EOA; /* EIP-3607 */
    return TX_VALID;
}

static u256 effective_price(const struct tx *tx, const struct block_env *env)
{
    u256 room = u256_sub(tx->max_fee, env->base_fee);
    u256 tip = u256_less(tx->max_priority_fee, room) ? tx->max_priority_fee : room;
    return u256_add(tip, env->base_fee);
}

/* Take gas and blob gas from the sender and raise its nonce; the checks said that it can pay. */
static enum run_answer buy_gas(struct journal *journal,
                               struct tx_run_state *run,
                               const struct block_env *env)
{
    const struct tx *tx = run->tx;
    run->effective_price = effective_price(tx, env);
    u256 gas_cost = u256_mul_u64(run->effective_price, tx->gas_limit);
    u256 blob_cost = u256_mul_u64(env->blob_base_fee, tx->blob_count * GAS_PER_BLOB);
    u256 cost = u256_add(gas_cost, blob_cost);
    TRY_MEMORY(journal_debit(journal, run->sender, &cost));
    TRY_MEMORY(journal_set_nonce(journal, run->sender, tx->nonce + 1));
    return RUN_DONE;
}

static enum run_answer stage_check(struct machine *machine,
                                   struct tx_run_state *run,
                                   struct tx_result *result)
{
    struct journal *journal = machine_journal(machine);
    const struct block_env *env = machine_env(machine);
    result->fault = check(run->tx, env, &run->room);
    if (result->fault != TX_VALID) return RUN_INVALID;

    run->sender = journal_account(journal, &run->tx->sender);
    TRY_MEMORY(run->sender != NULL);
    TRY_VIEW(
        journal_account_load(journal, run->sender, VIEW_NONCE | VIEW_BALANCE | VIEW_CODE_HASH));
    TRY_VIEW(journal_code(journal, run->sender));
    result->fault = check_sender(journal, run->tx, run->sender, env);
    if (result->fault != TX_VALID) return RUN_INVALID;

    run->intrinsic_gas = tx_intrinsic_gas(run->tx, &env->rules);
    run->floor_gas = tx_floor_gas(run->tx, &env->rules);
    return buy_gas(journal, run, env);
}

/* One tuple of EIP-7702 (rules, section 16); one that does not hold is skipped. */
static enum run_answer authorize(struct journal *journal,
                                 const struct authorization *tuple,
                                 const struct block_env *env)
{
    bool chain_fits = u256_is_zero(tuple->chain_id) ||
                      u256_equal(tuple->chain_id, u256_from_u64(env->rules.chain_id));
    if (!chain_fits || tuple->nonce == UINT64_MAX || !tuple->authority_valid) return RUN_DONE;

    struct account_entry *authority = journal_account(journal, &tuple->authority);
    TRY_MEMORY(authority != NULL);
    TRY_VIEW(journal_code(journal, authority));
    TRY_VIEW(journal_account_load(journal, authority, VIEW_NONCE | VIEW_EXISTENCE));
    authority->warm = true; /* for the whole transaction: nothing undoes it */
    if (authority->code->size > 0 && !authority->code->is_delegation) return RUN_DONE;
    if (authority->nonce != tuple->nonce) return RUN_DONE;

    if (authority->exists) journal->refund += AUTHORIZATION_REFUND;
    uint8_t code[DELEGATION_CODE_SIZE] = {0xef, 0x01, 0x00};
    memcpy(code + 3, tuple->delegate.bytes, sizeof tuple->delegate.bytes);
    size_t code_size = address_is_zero(&tuple->delegate) ? 0 : sizeof code;
    TRY_MEMORY(journal_set_code(journal, authority, bytes_of(code, code_size)));
    TRY_MEMORY(journal_set_nonce(journal, authority, tuple->nonce + 1));
    return RUN_DONE;
}

static enum run_answer stage_authorize(struct machine *machine, struct tx_run_state *run)
{
    const struct tx *tx = run->tx;
    while (run->authorization_next < tx->authorization_count) {
        enum run_answer answer = authorize(machine_journal(machine),
                                           &tx->authorizations[run->authorization_next],
                                           machine_env(machine));
        if (answer != RUN_DONE) return answer;
        run->authorization_next++;
    }
    return RUN_DONE;
}

static enum run_answer warm_account(struct journal *journal, const address *who)
{
    struct account_entry *account = journal_account(journal, who);
    TRY_MEMORY(account != NULL);
    account->warm = true; /* before the outermost frame: nothing undoes it */
    return RUN_DONE;
}

/* EIP-2929, 2930, 3651: what is warm before the first instruction. Precompiles are in the journal. */
static enum run_answer warm_up(struct journal *journal,
                               const struct tx *tx,
                               const struct block_env *env,
                               const address *target)
{
    if (env->rules.fork < FORK_BERLIN) return RUN_DONE;
    enum run_answer answer = warm_account(journal, &tx->sender);
    if (answer == RUN_DONE) answer = warm_account(journal, target);
    if (answer == RUN_DONE && env->rules.fork >= FORK_SHANGHAI)
        answer = warm_account(journal, &env->coinbase);
    if (answer != RUN_DONE) return answer;
    for (size_t i = 0; i < tx->access_count; i++) {
        const struct access_entry *entry = &tx->access_list[i];
        struct account_entry *account = journal_account(journal, &entry->account);
        TRY_MEMORY(account != NULL);
        account->warm = true;
        for (size_t k = 0; k < entry->slot_count; k++) {
            u256 key = u256_from_hash(&entry->slots[k]);
            struct slot_entry *slot = journal_slot(journal, account, &key);
            TRY_MEMORY(slot != NULL);
            slot->warm = true;
        }
    }
    return RUN_DONE;
}

/* The code that a call to `to` runs: its own, or its delegate's (which is then warm for free). */
static enum run_answer resolve_code(struct journal *journal,
                                    struct message *message,
                                    const struct block_env *env)
{
    struct account_entry *account = journal_account(journal, &message->to);
    TRY_MEMORY(account != NULL);
    TRY_VIEW(journal_code(journal, account));
    message->code_address = message->to;
    message->code = account->code;
    if (!has_delegation(account, env)) return RUN_DONE;

    struct account_entry *delegate = journal_account(journal, &account->code->delegate);
    TRY_MEMORY(delegate != NULL);
    TRY_VIEW(journal_code(journal, delegate));
    delegate->warm = true;
    message->code_address = delegate->key;
    message->code = delegate->code;
    message->is_delegated = true;
    return RUN_DONE;
}

static enum run_answer stage_prepare(struct machine *machine, struct tx_run_state *run)
{
    struct journal *journal = machine_journal(machine);
    const struct block_env *env = machine_env(machine);
    const struct tx *tx = run->tx;
    struct message *message = &run->message;
    *message = (struct message){
        .kind = tx->is_creation ? MESSAGE_CREATE : MESSAGE_CALL,
        .gas = (int64_t)tx->gas_limit - run->intrinsic_gas,
        .caller = tx->sender,
        .to = tx->to,
        .value = tx->value,
        .input = tx->data,
    };
    if (tx->is_creation) {
        create_address(&message->to, &tx->sender, tx->nonce);
    } else {
        enum run_answer answer = resolve_code(journal, message, env);
        if (answer != RUN_DONE) return answer;
    }
    run->env = (struct tx_env){tx->sender, run->effective_price, tx->blob_hashes, tx->blob_count};
    run->message_started = false;
    return warm_up(journal, tx, env, &message->to);
}

static enum run_answer answer_of_pause(enum halt halt)
{
    switch (halt) {
    case HALT_BLOCKED: return RUN_BLOCKED;
    case HALT_STATE_FAILED: return RUN_STATE_FAILED;
    case HALT_CANCELLED: return RUN_CANCELLED;
    default: return RUN_NO_MEMORY;
    }
}

static enum run_answer stage_execute(struct machine *machine, struct tx_run_state *run)
{
    bool ended = run->message_started
                     ? machine_resume(machine, &run->message_result)
                     : machine_run(machine, &run->env, &run->message, &run->message_result);
    run->message_started = true;
    return ended ? RUN_DONE : answer_of_pause(run->message_result.halt);
}

static int64_t gas_after_refund(const struct tx_run_state *run,
                                const struct journal *journal,
                                const struct rules *rules,
                                int64_t *refunded)
{
    int64_t used = (int64_t)run->tx->gas_limit - run->message_result.gas_left;
    int64_t refund_max = used / rules->refund_divisor;
    VERIFY(journal->refund >= 0);
    *refunded = journal->refund < refund_max ? journal->refund : refund_max;
    used -= *refunded;
    return used < run->floor_gas ? run->floor_gas : used;
}

/* EIP-161: what was touched and is empty goes. */
static enum run_answer sweep_empty(struct journal *journal, enum fork fork)
{
    if (fork < FORK_SPURIOUS_DRAGON) return RUN_DONE;
    for (size_t i = 0; i < journal->account_count; i++) {
        struct account_entry *account = journal->accounts[i];
        if (!account->touched) continue;
        bool is_empty;
        TRY_VIEW(journal_is_empty(journal, account, &is_empty));
        if (is_empty) account->destroyed = true;
    }
    return RUN_DONE;
}

static enum run_answer stage_pay(struct machine *machine,
                                 struct tx_run_state *run,
                                 struct tx_result *result)
{
    struct journal *journal = machine_journal(machine);
    const struct block_env *env = machine_env(machine);
    struct account_entry *coinbase = journal_account(journal, &env->coinbase);
    TRY_MEMORY(coinbase != NULL);
    int64_t refunded;
    int64_t used = gas_after_refund(run, journal, &env->rules, &refunded);
    u256 back = u256_mul_u64(run->effective_price, run->tx->gas_limit - (uint64_t)used);
    TRY_MEMORY(journal_credit(journal, run->sender, &back));

    u256 tip = u256_mul_u64(u256_sub(run->effective_price, env->base_fee), (uint64_t)used);
    TRY_MEMORY(journal_credit(journal, coinbase, &tip));
    TRY_MEMORY(journal_touch(journal, coinbase));

    enum halt halt = run->message_result.halt;
    bool success = halt_is_success(halt);
    *result = (struct tx_result){
        .fault = TX_VALID,
        .success = success,
        .halt = halt,
        .gas_used = used,
        .gas_refunded = refunded,
        .logs = journal->logs,
        .log_count = journal->log_count,
        .output = run->message_result.output,
        .created = run->message.to,
        .has_created = success && run->tx->is_creation,
    };
    return RUN_DONE;
}

/* From the stage we are in to the end, or to the next blocked read. */
static enum run_answer run_on(struct machine *machine, struct tx_result *result)
{
    struct tx_run_state *run = machine_run_state(machine);
    for (;;) { /* ends: every round ends a stage or returns */
        enum run_answer answer = RUN_DONE;
        switch (run->stage) {
        case TX_STAGE_CHECK: answer = stage_check(machine, run, result); break;
        case TX_STAGE_AUTHORIZE: answer = stage_authorize(machine, run); break;
        case TX_STAGE_PREPARE: answer = stage_prepare(machine, run); break;
        case TX_STAGE_EXECUTE: answer = stage_execute(machine, run); break;
        case TX_STAGE_PAY: answer = stage_pay(machine, run, result); break;
        case TX_STAGE_SWEEP:
            return sweep_empty(machine_journal(machine), machine_env(machine)->rules.fork);
        }
        if (answer != RUN_DONE) return answer;
        run->stage++;
    }
}

enum run_answer tx_run(struct machine *machine,
                       const struct view *view,
                       const struct tx *tx,
                       const struct tx_room *room,
                       struct tx_result *result)
{
    struct tx_run_state *run = machine_run_state(machine);
    run->stage = TX_STAGE_CHECK;
    run->tx = tx;
    run->room = *room;
    run->authorization_next = 0;
    *result = (struct tx_result){.fault = TX_VALID};
    journal_begin(machine_journal(machine), view, machine_env(machine)->rules.fork);
    return run_on(machine, result);
}

enum run_answer tx_run_resume(struct machine *machine, struct tx_result *result)
{
    return run_on(machine, result);
}

/* ---- system calls ------------------------------------------------------------------------------ */

enum run_answer system_call(struct machine *machine,
                            const struct view *view,
                            const address *to,
                            struct bytes input,
                            struct message_result *result,
                            bool *had_code)
{
    struct journal *journal = machine_journal(machine);
    journal_begin(journal, view, machine_env(machine)->rules.fork);
    struct message message = {.kind = MESSAGE_CALL,
                              .gas = SYSTEM_CALL_GAS,
                              .caller = system_caller,
                              .to = *to,
                              .input = input};
    struct account_entry *account = journal_account(journal, to);
    TRY_MEMORY(account != NULL);
    TRY_VIEW(journal_code(journal, account));
    *had_code = account->code->size > 0;
    if (!*had_code) {
        *result = (struct message_result){.halt = HALT_STOP};
        return RUN_DONE;
    }
    message.code = account->code;
    message.code_address = *to;
    struct tx_env env = {.origin = system_caller};
    if (!machine_run(machine, &env, &message, result)) return answer_of_pause(result->halt);
    return RUN_DONE;
}
