/* Instructions that read or change state. Each goes: find the entry, price the access, is there gas, load (which may be
 * blocked), charge and mark warm, effect (frame.h, R1).
 */
#include "base/assert.h"
#include "evm/interp_memory.h"
#include "evm/machine_private.h"
#include "evm/opcodes.h"
#include "evm/ops_frame.h"

/* ---- storage ----------------------------------------------------------------------------------- */

MUST_CHECK static bool slot_mark_warm(struct machine *machine, struct slot_entry *slot)
{
    return slot->warm || machine->prices.slot_cold == 0 ||
           journal_warm_slot(&machine->journal, slot);
}

enum halt step_sload(struct frame *frame, u256 *top)
{
    struct machine *machine = frame->machine;
    struct slot_entry *slot = journal_slot(&machine->journal, frame->account, top);
    TRY_MEMORY(slot != NULL);
    int64_t gas = frame->gas - machine->prices.sload - (slot->warm ? 0 : machine->prices.slot_cold);
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    TRY_VIEW(journal_slot_load(&machine->journal, slot));
    TRY_MEMORY(slot_mark_warm(machine, slot));
    trace_charged(frame, gas);
    frame->gas = gas;
    u256_copy(top, &slot->current);
    return HALT_NONE;
}

static int64_t sstore_gas(const struct gas_prices *prices,
                          const struct slot_entry *slot,
                          const u256 *value)
{
    if (!prices->sstore_net)
        return u256_is_zero(slot->current) && !u256_is_zero(*value) ? prices->sstore_set
                                                                    : prices->sstore_reset;
    if (u256_equal(*value, slot->current) || !u256_equal(slot->current, slot->original))
        return prices->sstore_noop;
    return u256_is_zero(slot->original) ? prices->sstore_set : prices->sstore_reset;
}

/* EIP-1283 and 2200, with the names of rules section 10; value is not what the slot holds. */
static int64_t sstore_refund_net(const struct gas_prices *prices,
                                 const struct slot_entry *slot,
                                 const u256 *value)
{
    int64_t refund = 0;
    if (!u256_is_zero(slot->original)) {
        if (u256_is_zero(slot->current))
            refund -= prices->sstore_clear_refund;
        else if (u256_is_zero(*value))
            refund += prices->sstore_clear_refund;
    }
    if (u256_equal(*value, slot->original))
        refund += (u256_is_zero(slot->original) ? prices->sstore_set : prices->sstore_reset) -
                  prices->sstore_noop;
    return refund;
}

static int64_t sstore_refund(const struct gas_prices *prices,
                             const struct slot_entry *slot,
                             const u256 *value)
{
    if (prices->sstore_net) return sstore_refund_net(prices, slot, value);
    return u256_is_zero(*value) ? prices->sstore_clear_refund
                                : 0; /* the slot holds something else: not zero */
}

enum halt step_sstore(struct frame *frame, u256 *top)
{
    struct machine *machine = frame->machine;
    const struct gas_prices *prices = &machine->prices;
    if (unlikely(frame->is_static)) return HALT_STATIC;
    if (unlikely(frame->gas <= prices->sstore_sentry)) return HALT_OUT_OF_GAS;
    struct slot_entry *slot = journal_slot(&machine->journal, frame->account, top);
    TRY_MEMORY(slot != NULL);
    int64_t gas = frame->gas - (slot->warm ? 0 : prices->sstore_cold);
    if (unlikely(gas < prices->sstore_noop)) return HALT_OUT_OF_GAS; /* the least it can cost */
    TRY_VIEW(journal_slot_load(&machine->journal, slot));
    const u256 *value = top - 1;
    gas -= sstore_gas(prices, slot, value);
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    TRY_MEMORY(slot_mark_warm(machine, slot));
    trace_charged(frame, gas);
    frame->gas = gas;
    if (u256_equal(slot->current, *value)) return HALT_NONE;
    machine->journal.refund += sstore_refund(prices, slot, value);
    TRY_MEMORY(journal_slot_write(&machine->journal, slot, value));
    return HALT_NONE;
}

enum halt step_tload(struct frame *frame, u256 *top)
{
    int64_t gas = frame->gas - OP_TLOAD_GAS;
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    trace_charged(frame, gas);
    frame->gas = gas;
    u256 key = *top;
    journal_transient_read(&frame->machine->journal, &frame->self, &key, top);
    return HALT_NONE;
}

enum halt step_tstore(struct frame *frame, u256 *top)
{
    if (unlikely(frame->is_static)) return HALT_STATIC;
    int64_t gas = frame->gas - OP_TSTORE_GAS;
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    trace_charged(frame, gas);
    frame->gas = gas;
    TRY_MEMORY(journal_transient_write(&frame->machine->journal, &frame->self, top, top - 1));
    return HALT_NONE;
}

/* ---- other accounts ---------------------------------------------------------------------------- */

/* The account named by a stack word, and what is left after `price` and the surcharge of a cold access. */
static struct account_entry *account_named(struct frame *frame,
                                           const u256 *word,
                                           int64_t price,
                                           int64_t *gas)
{
    address who = u256_to_address(*word);
    struct account_entry *account = journal_account(&frame->machine->journal, &who);
    if (account != NULL) *gas = frame->gas - price - account_surcharge(frame->machine, account);
    return account;
}

enum halt step_balance(struct frame *frame, u256 *top)
{
    struct machine *machine = frame->machine;
    int64_t gas;
    struct account_entry *account = account_named(frame, top, machine->prices.balance, &gas);
    TRY_MEMORY(account != NULL);
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    TRY_VIEW(journal_balance(&machine->journal, account));
    TRY_MEMORY(account_mark_warm(machine, account));
    trace_charged(frame, gas);
    frame->gas = gas;
    *top = account->balance;
    return HALT_NONE;
}

enum halt step_selfbalance(struct frame *frame, u256 *top)
{
    int64_t gas = frame->gas - OP_SELFBALANCE_GAS;
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    TRY_VIEW(journal_balance(&frame->machine->journal, frame->account));
    trace_charged(frame, gas);
    frame->gas = gas;
    top[1] = frame->account->balance;
    return HALT_NONE;
}

enum halt step_extcodesize(struct frame *frame, u256 *top)
{
    struct machine *machine = frame->machine;
    int64_t gas;
    struct account_entry *account = account_named(frame, top, machine->prices.extcode, &gas);
    TRY_MEMORY(account != NULL);
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    TRY_VIEW(journal_code(&machine->journal, account));
    TRY_MEMORY(account_mark_warm(machine, account));
    trace_charged(frame, gas);
    frame->gas = gas;
    set_u64(top, account->code->size);
    return HALT_NONE;
}

/* An account with code is not empty: whether it exists is asked only of those without. */
static enum view_answer load_code_hash(struct journal *journal,
                                       struct account_entry *account,
                                       u256 *out)
{
    enum view_answer answer = journal_account_load(journal, account, VIEW_CODE_HASH);
    if (answer != VIEW_OK) return answer;
    *out = u256_from_hash(&account->code_hash);
    if (!hash32_equal(&account->code_hash, &keccak_empty)) return VIEW_OK;
    bool is_empty;
    answer = journal_is_empty(journal, account, &is_empty);
    if (answer == VIEW_OK && is_empty) *out = U256_ZERO;
    return answer;
}

enum halt step_extcodehash(struct frame *frame, u256 *top)
{
    struct machine *machine = frame->machine;
    int64_t gas;
    struct account_entry *account = account_named(frame, top, machine->prices.extcodehash, &gas);
    TRY_MEMORY(account != NULL);
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    u256 hash;
    TRY_VIEW(load_code_hash(&machine->journal, account, &hash));
    TRY_MEMORY(account_mark_warm(machine, account));
    trace_charged(frame, gas);
    frame->gas = gas;
    *top = hash;
    return HALT_NONE;
}

enum halt step_extcodecopy(struct frame *frame, u256 *top)
{
    struct machine *machine = frame->machine;
    const u256 *to = top - 1, *from = top - 2, *size = top - 3;
    uint64_t end;
    int64_t gas;
    struct account_entry *account = account_named(frame, top, machine->prices.extcode, &gas);
    TRY_MEMORY(account != NULL);
    if (unlikely(!memory_range_end(to, size, &end))) return HALT_OUT_OF_GAS;
    gas -= memory_growth_gas(frame, end) + GAS_WORD_COPY * (int64_t)words_of(size->words[0]);
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    TRY_VIEW(journal_code(&machine->journal, account));
    TRY_MEMORY(account_mark_warm(machine, account));
    TRY_MEMORY(memory_grow(frame, end));
    trace_charged(frame, gas);
    frame->gas = gas;
    struct bytes code = bytes_of(account->code->bytes, account->code->size);
    if (end > 0) memory_copy_padded(frame->memory + to->words[0], size->words[0], code, from);
    return HALT_NONE;
}

/* ---- block, logs, the end ------------------------------------------------------------------------ */

enum halt step_blockhash(struct frame *frame, u256 *top)
{
    const struct machine *machine = frame->machine;
    int64_t gas = frame->gas - OP_BLOCKHASH_GAS;
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    uint64_t number = top->words[0], now = machine->env->number;
    hash32 hash = {{0}};
    if (u256_fits_u64(*top) && number < now && now - number <= 256)
        TRY_VIEW(
            machine->journal.view.ops->block_hash(machine->journal.view.context, number, &hash));
    trace_charged(frame, gas);
    frame->gas = gas;
    *top = u256_from_hash(&hash);
    return HALT_NONE;
}

enum halt step_log(struct frame *frame, u256 *top, unsigned topic_count)
{
    if (unlikely(frame->is_static)) return HALT_STATIC;
    const u256 *offset = top, *size = top - 1;
    int64_t gas =
        memory_pay(frame, offset, size, 0, frame->gas - GAS_LOG0 - GAS_LOG0 * (int64_t)topic_count);
    if (unlikely(gas < 0)) return memory_halt(gas);
    gas -= GAS_LOG_BYTE * (int64_t)size->words[0];
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    trace_charged(frame, gas);
    frame->gas = gas;
    struct log log = {.account = frame->self, .topic_count = (uint8_t)topic_count};
    for (unsigned i = 0; i < topic_count; i++)
        log.topics[i] = u256_to_hash(top[-2 - (int)i]);
    log.data = bytes_of(frame->memory + op_offset(offset, size), size->words[0]);
    TRY_MEMORY(journal_log(&frame->machine->journal, &log));
    return HALT_NONE;
}

/* Does sending the whole balance of `self` to `heir` make a new account that must be paid for? */
static enum view_answer heir_is_new(struct machine *machine,
                                    struct account_entry *self,
                                    struct account_entry *heir,
                                    bool *is_new)
{
    *is_new = false;
    enum view_answer answer = VIEW_OK;
    if (machine->fork < FORK_TANGERINE_WHISTLE) return VIEW_OK;
    if (machine->fork >= FORK_SPURIOUS_DRAGON) {
        answer = journal_balance(&machine->journal, self);
        if (answer != VIEW_OK || u256_is_zero(self->balance)) return answer;
    }
    return account_is_new(machine, heir, is_new);
}

/* Move the balance and mark the account (rules, section 13; EIP-6780 from Cancun on). */
static bool selfdestruct(struct machine *machine,
                         struct account_entry *self,
                         struct account_entry *heir)
{
    struct journal *journal = &machine->journal;
    bool goes = machine->fork < FORK_CANCUN || self->created;
    u256 balance = self->balance;
    if (!u256_is_zero(balance) && (self != heir || goes)) {
        if (!journal_debit(journal, self, &balance)) return false;
        if (self != heir && !journal_credit(journal, heir, &balance)) return false;
    }
    if (touches_matter(machine) && !journal_touch(journal, heir)) return false;
    if (!goes || self->destroyed) return true;
    journal->refund += machine->prices.selfdestruct_refund;
    return journal_destroy(journal, self);
}

enum halt step_selfdestruct(struct frame *frame, u256 *top)
{
    struct machine *machine = frame->machine;
    struct journal *journal = &machine->journal;
    if (unlikely(frame->is_static)) return HALT_STATIC;
    struct account_entry *self = frame->account;
    address who = u256_to_address(*top);
    struct account_entry *heir = journal_account(journal, &who);
    TRY_MEMORY(heir != NULL);
    int64_t gas = frame->gas - machine->prices.selfdestruct -
                  (heir->warm ? 0 : machine->prices.selfdestruct_cold);
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;

    bool is_new;
    TRY_VIEW(heir_is_new(machine, self, heir, &is_new));
    if (is_new) gas -= GAS_NEW_ACCOUNT;
    if (unlikely(gas < 0)) return HALT_OUT_OF_GAS;
    TRY_VIEW(journal_balance(journal, self));

    TRY_MEMORY(account_mark_warm(machine, heir));
    trace_charged(frame, gas);
    frame->gas = gas;
    TRY_MEMORY(selfdestruct(machine, self, heir));
    machine->output = BYTES_EMPTY;
    return HALT_SELFDESTRUCT;
}
