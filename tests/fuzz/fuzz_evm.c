/* Any bytes as a world and something to run in it (evm_case.h), run in many ways that must give the same: by both dispatches,
 * traced, with every read blocked before it is answered, with more parts of accounts given than were asked for, with a cache of
 * code and without, and with balances changed in all ways that the journal says do not matter.
 */
#include "base/hash.h"
#include "crypto/keccak.h"
#include "fuzz/evm_case.h"
#include "fuzz/evm_loops.h"
#include "fuzz/fuzz.h"

#include <stdio.h>

#define MEMORY_BYTES     ((size_t)64 << 20)
#define CODE_CACHE_BYTES ((size_t)1 << 20)
#define BLOCKED_MAX      100000 /* more in one run: it does not get ahead */

/* How a case is run. */
struct manner {
    const char *name;
    enum evm_loop loop;
    unsigned block_times; /* every answer is given only after so many VIEW_BLOCKED */
    bool is_traced, is_generous;
};

/* What must be equal. */
struct result {
    bool ended;
    int64_t gas, refund;
    int halt, fault, answer;
    uint64_t output, logs;
    uint64_t state; /* of accounts and slots: what changed, not what was there */
};

/* What else is equal between runs that asked the same questions. */
struct footprint {
    uint64_t reads; /* parts, slots, and what must hold of balances */
    uint64_t steps; /* of the trace; 0: not traced */
};

struct evm_run {
    struct result result;
    struct footprint footprint;
};

static struct evm_case world;
static struct machine *machines[LOOP_COUNT];
static struct code_cache *no_cache; /* too small for any code */

/* The state of the view. */
static const struct manner *manner;
static unsigned blocked_left, blocked_in_all;

/* ---- the view ---------------------------------------------------------------------------------- */

static bool is_blocked(void)
{
    if (blocked_left > 0) {
        blocked_left--;
        ASSERT(++blocked_in_all < BLOCKED_MAX);
        return true;
    }
    blocked_left = manner->block_times;
    return false;
}

/* Parts that were not asked for are given, or hold rubbish. */
static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    (void)context;
    ASSERT(parts != 0 && (parts & ~(unsigned)VIEW_ALL_PARTS) == 0);
    if (is_blocked()) return VIEW_BLOCKED;
    const struct evm_account *account = evm_case_find(&world, who);
    memset(out, 0xa5, sizeof *out);
    if (manner->is_generous) parts = VIEW_ALL_PARTS;
    out->parts = (uint8_t)parts;
    if ((parts & VIEW_BALANCE) != 0) out->balance = account == NULL ? U256_ZERO : account->balance;
    if ((parts & VIEW_NONCE) != 0) out->nonce = account == NULL ? 0 : account->nonce;
    if ((parts & VIEW_CODE_HASH) != 0)
        out->code_hash = account == NULL ? keccak_empty : account->code_hash;
    if ((parts & VIEW_EXISTENCE) == 0) return VIEW_OK;
    out->exists = account != NULL;
    out->empty = account == NULL ||
                 (account->nonce == 0 && u256_is_zero(account->balance) && account->code.size == 0);
    return VIEW_OK;
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    (void)context;
    if (is_blocked()) return VIEW_BLOCKED;
    const struct evm_account *account = evm_case_find(&world, who);
    bool is_there = account != NULL && u256_fits_u64(*slot) && slot->words[0] < EVM_SLOTS;
    *out = is_there ? account->slots[slot->words[0]] : U256_ZERO;
    return VIEW_OK;
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    (void)context;
    if (is_blocked()) return VIEW_BLOCKED;
    const struct evm_account *account = evm_case_find(&world, who);
    ASSERT(account != NULL && hash32_equal(&account->code_hash, code_hash));
    ASSERT(account->code.size > 0);
    *out = account->code;
    return VIEW_OK;
}

static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    (void)context;
    if (is_blocked()) return VIEW_BLOCKED;
    const struct evm_account *account = evm_case_find(&world, who);
    *out = false;
    for (unsigned i = 0; account != NULL && i < EVM_SLOTS; i++)
        if (!u256_is_zero(account->slots[i])) *out = true;
    return VIEW_OK;
}

static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    (void)context;
    ASSERT(number < world.env.number && world.env.number - number <= 256);
    if (is_blocked()) return VIEW_BLOCKED;
    memset(out->bytes, (int)(number & 0xff), sizeof out->bytes);
    return VIEW_OK;
}

static const struct view_ops ops = {on_account, on_slot, on_code, on_has_storage, on_block_hash};

/* ---- sums -------------------------------------------------------------------------------------- */

static void sum_u64(uint64_t *sum, uint64_t word)
{
    *sum = hash_mix(*sum ^ 0x9e3779b97f4a7c15, word ^ 0xd6e8feb86659fd93) + word;
}

static void sum_bytes(uint64_t *sum, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    sum_u64(sum, size);
    for (; size >= 8; bytes += 8, size -= 8)
        sum_u64(sum, load_le64(bytes));
    uint8_t rest[8] = {0};
    if (size > 0) memcpy(rest, bytes, size);
    sum_u64(sum, load_le64(rest));
}

static void sum_u256(uint64_t *sum, const u256 *word)
{
    sum_bytes(sum, word->words, sizeof word->words);
}

static void sum_slots(struct evm_run *run, const struct account_entry *account)
{
    for (const struct slot_entry *slot = account->slots; slot != NULL;
         slot = slot->next_of_account) {
        sum_u256(&run->result.state, &slot->key);
        sum_u256(&run->result.state, &slot->current);
        sum_u256(&run->result.state, &slot->original);
        sum_u64(&run->result.state, slot->warm);
        sum_u64(&run->footprint.reads, slot->loaded);
    }
}

/* What was not asked for is as the world has it. */
static void sum_account(struct evm_run *run, const struct account_entry *entry)
{
    const struct evm_account *before = evm_case_find(&world, &entry->key);
    uint64_t *state = &run->result.state, *reads = &run->footprint.reads;
    u256 gain = entry->balance;
    if ((entry->parts & VIEW_BALANCE) != 0) gain = u256_sub(gain, entry->original.balance);
    sum_bytes(state, &entry->key, sizeof entry->key);
    sum_u256(state, &gain);
    bool has_nonce = (entry->parts & VIEW_NONCE) != 0;
    sum_u64(state, has_nonce ? entry->nonce : before == NULL ? 0 : before->nonce);
    const hash32 *code_hash = before == NULL ? &keccak_empty : &before->code_hash;
    if ((entry->parts & VIEW_CODE_HASH) != 0) code_hash = &entry->code_hash;
    sum_bytes(state, code_hash, sizeof *code_hash);
    sum_u64(state,
            (uint64_t)(entry->exists || before != NULL) | (uint64_t)entry->warm << 1 |
                (uint64_t)entry->touched << 2 | (uint64_t)entry->created << 3 |
                (uint64_t)entry->destroyed << 4 | (uint64_t)entry->code_changed << 5);
    sum_u64(reads, entry->parts | (uint64_t)entry->original.parts << 8);
    sum_u64(reads, entry->balance_is_exact);
    sum_u256(reads, &entry->balance_min);
    sum_slots(run, entry);
}

static void sum_journal(struct evm_run *run, const struct journal *journal)
{
    for (size_t i = 0; i < journal->account_count; i++)
        sum_account(run, journal->accounts[i]);
    for (size_t i = 0; i < journal->log_count; i++) {
        const struct log *log = &journal->logs[i];
        sum_bytes(&run->result.logs, &log->account, sizeof log->account);
        sum_bytes(&run->result.logs, log->topics, sizeof log->topics[0] * log->topic_count);
        sum_bytes(&run->result.logs, log->data.data, log->data.size);
    }
    run->result.refund = journal->refund;
}

/* ---- the tracer ---------------------------------------------------------------------------------- */

static void on_step(void *context, const struct trace_step *step)
{
    uint64_t *sum = context;
    ASSERT(step->stack_count <= 1024 && step->gas >= 0 && step->depth >= 1);
    ASSERT(step->gas_cost >= 0 || step->fault != HALT_STOP);
    sum_u64(sum, step->pc << 8 | step->opcode);
    sum_u64(sum, (uint64_t)step->gas);
    sum_u64(sum, (uint64_t)step->gas_cost);
    sum_u64(sum, (uint64_t)step->depth << 16 | (uint64_t)step->fault);
    sum_u64(sum, (uint64_t)step->refund);
    sum_u64(sum, step->memory.size << 16 | step->stack_count);
    sum_u64(sum, step->return_data.size);
    if (step->stack_count > 0) sum_u256(sum, &step->stack[step->stack_count - 1]);
}

static void on_enter(void *context, const struct trace_frame *frame)
{
    uint64_t *sum = context;
    sum_u64(sum, (uint64_t)frame->kind << 32 | (uint64_t)frame->depth);
    sum_bytes(sum, &frame->caller, sizeof frame->caller);
    sum_bytes(sum, &frame->to, sizeof frame->to);
    sum_u256(sum, &frame->value);
    sum_u64(sum, (uint64_t)frame->gas);
    sum_u64(sum, frame->input.size);
}

static void on_leave(
    void *context, int depth, enum halt halt, int64_t gas_used, struct bytes output)
{
    uint64_t *sum = context;
    sum_u64(sum, (uint64_t)depth << 16 | (uint64_t)halt);
    sum_u64(sum, (uint64_t)gas_used);
    sum_bytes(sum, output.data, output.size);
}

/* ---- running ------------------------------------------------------------------------------------- */

static void warm(struct journal *journal, const address *who)
{
    struct account_entry *account = journal_account(journal, who);
    ASSERT(account != NULL);
    account->warm = world.env.rules.fork >= FORK_BERLIN;
}

static void run_message(struct evm_run *run, struct machine *machine, const struct view *view)
{
    struct journal *journal = machine_journal(machine);
    struct message message = world.message;
    struct message_result result;
    journal_begin(journal, view, world.env.rules.fork);
    warm(journal, &message.caller);
    warm(journal, &message.to);
    struct account_entry *target = journal_account(journal, &message.to);
    ASSERT(target != NULL);
    enum view_answer answer = VIEW_OK;
    do /* ends: every read is blocked so many times only */
        answer = message.kind == MESSAGE_CREATE ? VIEW_OK : journal_code(journal, target);
    while (answer == VIEW_BLOCKED);
    ASSERT(answer == VIEW_OK);
    message.code = target->code;
    run->result.ended = machine_run(machine, &world.tx_env, &message, &result);
    while (!run->result.ended && result.halt == HALT_BLOCKED) /* ends: as above */
        run->result.ended = machine_resume(machine, &result);
    run->result.halt = (int)result.halt;
    ASSERT(run->result.ended || result.halt == HALT_NO_MEMORY);
    if (!run->result.ended) return;
    ASSERT(result.gas_left >= 0 && result.gas_left <= message.gas);
    ASSERT(!halt_is_exceptional(result.halt) || (result.gas_left == 0 && result.output.size == 0));
    run->result.gas = result.gas_left;
    sum_bytes(&run->result.output, result.output.data, result.output.size);
}

static void run_tx(struct evm_run *run, struct machine *machine, const struct view *view)
{
    struct tx_room room = {world.env.gas_limit, GAS_PER_BLOB * 6};
    struct tx_result result;
    enum run_answer answer = tx_run(machine, view, &world.tx, &room, &result);
    while (answer == RUN_BLOCKED) /* ends: every read is blocked so many times only */
        answer = tx_run_resume(machine, &result);
    ASSERT(answer == RUN_DONE || answer == RUN_INVALID || answer == RUN_NO_MEMORY);
    run->result.answer = (int)answer;
    run->result.ended = answer == RUN_DONE;
    run->result.fault = (int)result.fault;
    ASSERT((answer == RUN_INVALID) == (result.fault != TX_VALID));
    if (!run->result.ended) return;
    run->result.halt = (int)result.halt;
    run->result.gas = result.gas_used;
    ASSERT(result.gas_used >= 21000 / 2 && (uint64_t)result.gas_used <= world.tx.gas_limit);
    ASSERT(result.success || result.log_count == 0);
    sum_bytes(&run->result.output, result.output.data, result.output.size);
}

/* An end without success has changed nothing, an invalid transaction neither. */
static void check_undone(const struct evm_run *run, const struct journal *journal)
{
    bool is_invalid = run->result.answer == RUN_INVALID;
    if (!is_invalid && ((world.flags & CASE_IS_TX) != 0 || halt_is_success(run->result.halt)))
        return;
    ASSERT(journal->log_count == 0 && journal->refund == 0);
    for (size_t i = 0; i < journal->account_count; i++) {
        const struct account_entry *entry = journal->accounts[i];
        bool knows = (entry->parts & VIEW_BALANCE) != 0;
        ASSERT(u256_equal(entry->balance, knows ? entry->original.balance : U256_ZERO));
        ASSERT((entry->parts & VIEW_NONCE) == 0 || entry->nonce == entry->original.nonce);
        ASSERT((entry->parts & VIEW_CODE_HASH) == 0 ||
               hash32_equal(&entry->code_hash, &entry->original.code_hash));
        ASSERT(!entry->created && !entry->destroyed && !entry->code_changed);
        for (const struct slot_entry *slot = entry->slots; slot != NULL;
             slot = slot->next_of_account)
            ASSERT(!slot->loaded || u256_equal(slot->current, slot->original));
    }
}

static void run_case(struct evm_run *run, const struct manner *how)
{
    struct view view = {&ops, NULL};
    struct machine *machine = machines[how->loop];
    struct tracer tracer = {&run->footprint.steps, on_step, on_enter, on_leave};
    memset(run, 0, sizeof *run);
    manner = how;
    blocked_left = how->block_times;
    blocked_in_all = 0;
    evm_loop_choose(how->loop);
    machine_set_block(machine, &world.env, how->is_traced ? &tracer : NULL);
    if ((world.flags & CASE_IS_TX) != 0)
        run_tx(run, machine, &view);
    else
        run_message(run, machine, &view);
    if (!run->result.ended && run->result.answer != RUN_INVALID) return;
    check_undone(run, machine_journal(machine));
    sum_journal(run, machine_journal(machine));
}

/* ---- comparing ----------------------------------------------------------------------------------- */

static void result_print(const char *name, const struct evm_run *run)
{
    const struct result *result = &run->result;
    fprintf(
        stderr,
        "%-24s ended %d, halt %s, fault %d, gas %lld, refund %lld, output %016llx, logs %016llx, "
        "state %016llx, reads %016llx, steps %016llx\n",
        name,
        result->ended,
        halt_text((enum halt)result->halt),
        result->fault,
        (long long)result->gas,
        (long long)result->refund,
        (unsigned long long)result->output,
        (unsigned long long)result->logs,
        (unsigned long long)result->state,
        (unsigned long long)run->footprint.reads,
        (unsigned long long)run->footprint.steps);
}

static void check_same(const struct evm_run *run, const struct evm_run *first, const char *name)
{
    const struct result *a = &run->result, *b = &first->result;
    bool same = a->ended == b->ended && a->halt == b->halt && a->fault == b->fault &&
                a->answer == b->answer && a->gas == b->gas && a->refund == b->refund &&
                a->output == b->output && a->logs == b->logs && a->state == b->state;
    if (!same) result_print("first", first);
    if (!same) result_print(name, run);
    ASSERT(same);
}

static void check_same_reads(const struct evm_run *run,
                             const struct evm_run *first,
                             const char *name)
{
    check_same(run, first, name);
    bool same = run->footprint.reads == first->footprint.reads;
    if (!same) result_print("first", first);
    if (!same) result_print(name, run);
    ASSERT(same);
}

/* ---- balances that do not matter ------------------------------------------------------------------ */

/* A balance that the run, so says its journal, cannot tell from the one it saw. */
static u256 other_balance(const struct evm_account *account, const struct account_entry *entry)
{
    static const uint64_t gains[] = {1, 0, 1000, UINT64_MAX};
    u256 gain = u256_from_u64(gains[world.shift & 3]);
    bool is_known = entry != NULL && (entry->original.parts & VIEW_BALANCE) != 0;
    u256 other = u256_add(account->balance, gain);
    if (is_known && entry->balance_is_exact) return account->balance;
    if ((world.shift & 4) != 0) other = is_known ? entry->balance_min : U256_ZERO;
    bool asks_for_emptiness = entry != NULL && (entry->original.parts & VIEW_EXISTENCE) != 0;
    bool is_bare = account->nonce == 0 && account->code.size == 0;
    if (asks_for_emptiness && is_bare && u256_is_zero(other) != u256_is_zero(account->balance))
        return account->balance;
    return other;
}

/* Accounts that were not met are not looked at; whoever is there stays there. */
static bool change_balances(const struct journal *journal)
{
    bool is_changed = false;
    for (unsigned i = 0; i < EVM_ACCOUNTS; i++) {
        struct evm_account *account = &world.accounts[i];
        const struct account_entry *entry = NULL;
        for (size_t k = 0; k < journal->account_count; k++)
            if (address_equal(&journal->accounts[k]->key, &account->who))
                entry = journal->accounts[k];
        if (!account->exists) continue;
        u256 other = other_balance(account, entry);
        is_changed = is_changed || !u256_equal(other, account->balance);
        account->balance = other;
    }
    return is_changed;
}

/* ---- the target ----------------------------------------------------------------------------------- */

static void set_up(void)
{
    if (machines[0] != NULL) return;
    no_cache = code_cache_new(0);
    struct machine_options options = {no_cache, MEMORY_BYTES};
    for (unsigned i = 0; i < LOOP_COUNT; i++)
        ASSERT(machine_new(&machines[i], &options) == PEVM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    evm_case_read(&world, bytes_of(data, size));
    bool generous = (world.flags & CASE_GENEROUS) != 0;
    unsigned times = world.block_times;
    const struct manner first = {"first", LOOP_CALLS, 0, false, false};
    const struct manner same_reads[] = {
        {"labels",          LOOP_LABELS, 0,     false, false},
        {"blocked",         LOOP_CALLS,  times, false, false},
        {"labels, blocked", LOOP_LABELS, times, false, false},
    };
    const struct manner traced = {"traced", LOOP_LABELS, 0, true, false};
    const struct manner traced_blocked = {"traced, blocked", LOOP_LABELS, times, true, false};
    const struct manner all_parts = {"all parts given", LOOP_LABELS, 0, false, true};
    struct evm_run expected, run, trace;

    struct code_cache *cache = code_cache_new(CODE_CACHE_BYTES);
    ASSERT(cache != NULL);
    machine_journal(machines[LOOP_CALLS])->codes = cache;

    run_case(&expected, &first);
    for (unsigned i = 0; i < COUNT_OF(same_reads); i++) {
        run_case(&run, &same_reads[i]);
        check_same_reads(&run, &expected, same_reads[i].name);
    }
    run_case(&trace, &traced);
    check_same_reads(&trace, &expected, traced.name);
    run_case(&run, &traced_blocked);
    check_same_reads(&run, &expected, traced_blocked.name);
    ASSERT(run.footprint.steps == trace.footprint.steps);
    if (generous) {
        run_case(&run, &all_parts);
        check_same(&run, &expected, all_parts.name);
    }
    run_case(&run, &first);
    check_same_reads(&run, &expected, "again");
    if (expected.result.ended && change_balances(machine_journal(machines[LOOP_CALLS]))) {
        run_case(&run, &first);
        check_same(&run, &expected, "other balances");
    }
    machine_journal(machines[LOOP_CALLS])->codes = no_cache;
    code_cache_free(cache);
    return 0;
}
