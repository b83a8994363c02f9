#include "cli/oracle_record.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/heap.h"
#include "crypto/keccak.h"
#include "evm/journal.h"
#include "evm/tx_run.h"
#include "state/index_table.h"

#define NOBODY     UINT32_MAX
#define ROOM_FIRST 256

/* One payment: to an account (precise), or a plain one (coarse). */
struct payment {
    u256 before; /* the account's balance */
    uint32_t tx;
    uint32_t older; /* index, or NOBODY */
};

/* Transactions that wrote last; NOBODY: none. */
struct seen_account {
    address who;
    uint32_t nonce, code, reset, existence, slots;
    uint32_t payments; /* newest */
    uint32_t whole;    /* coarse: that changed it, and was no plain payment ... */
    uint32_t plain;    /* ... and the newest plain payment since */
};

struct seen_slot {
    uint32_t account, writer;
    u256 key;
};

struct recorder {
    struct oracle_block *out;
    const struct block *block;
    address coinbase;
    struct view state;
    bool is_reading; /* the transaction runs; what its changes need later does not count */
    bool out_of_memory;
    uint32_t tx;
    uint64_t seed;

    struct seen_account *accounts;
    struct seen_slot *slots;
    struct payment *payments;
    size_t account_count, account_capacity, slot_count, slot_capacity, payment_count,
        payment_capacity;
    struct index_table account_table, slot_table;
};

/* ---- tables -------------------------------------------------------------------------------------------- */

/* Room for one more in a heap array that doubles. */
static bool reserve(void **array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) return true;
    size_t bigger = *capacity == 0 ? ROOM_FIRST : 2 * *capacity;
    void *memory = heap_realloc(*array, bigger * size);
    if (memory == NULL) return false;
    *array = memory;
    *capacity = bigger;
    return true;
}

/* NOBODY when there is no memory. The next call may move them. */
static uint32_t account_index(struct recorder *recorder, const address *who)
{
    uint64_t hash = hash_address(who, recorder->seed);
    struct index_probe probe = index_probe_start(&recorder->account_table, hash);
    uint32_t index;
    while ((index = index_probe_next(&recorder->account_table, &probe)) != INDEX_NONE)
        if (address_equal(&recorder->accounts[index].who, who)) return index;
    void *accounts = recorder->accounts;
    bool ok = reserve(&accounts,
                      recorder->account_count,
                      &recorder->account_capacity,
                      sizeof *recorder->accounts) &&
              index_table_reserve(&recorder->account_table, recorder->account_count + 1);
    recorder->accounts = accounts;
    if (!ok) {
        recorder->out_of_memory = true;
        return NOBODY;
    }
    index = (uint32_t)recorder->account_count++;
    recorder->accounts[index] =
        (struct seen_account){*who, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY};
    index_table_put(&recorder->account_table, hash, index);
    return index;
}

static struct seen_slot *slot_of(struct recorder *recorder, uint32_t account, const u256 *key)
{
    uint64_t hash = hash_mix(hash_u256(key, recorder->seed), account + UINT64_C(1));
    struct index_probe probe = index_probe_start(&recorder->slot_table, hash);
    uint32_t index;
    while ((index = index_probe_next(&recorder->slot_table, &probe)) != INDEX_NONE) {
        struct seen_slot *slot = &recorder->slots[index];
        if (slot->account == account && u256_equal(slot->key, *key)) return slot;
    }
    void *slots = recorder->slots;
    bool ok =
        reserve(&slots, recorder->slot_count, &recorder->slot_capacity, sizeof *recorder->slots) &&
        index_table_reserve(&recorder->slot_table, recorder->slot_count + 1);
    recorder->slots = slots;
    if (!ok) {
        recorder->out_of_memory = true;
        return NULL;
    }
    index = (uint32_t)recorder->slot_count++;
    recorder->slots[index] = (struct seen_slot){account, NOBODY, *key};
    index_table_put(&recorder->slot_table, hash, index);
    return &recorder->slots[index];
}

static void payment_add(struct recorder *recorder, uint32_t *newest, const u256 *before)
{
    void *payments = recorder->payments;
    bool ok = reserve(&payments,
                      recorder->payment_count,
                      &recorder->payment_capacity,
                      sizeof *recorder->payments);
    recorder->payments = payments;
    if (!ok) {
        recorder->out_of_memory = true;
        return;
    }
    recorder->payments[recorder->payment_count] = (struct payment){*before, recorder->tx, *newest};
    *newest = (uint32_t)recorder->payment_count++;
}

/* ---- edges --------------------------------------------------------------------------------------------- */

/* The transaction that runs has read what `from` wrote; NOBODY and itself are none. */
static void needs(struct recorder *recorder, enum oracle_model model, uint32_t from)
{
    if (from != NOBODY && from != recorder->tx)
        oracle_graph_add(&recorder->out->graphs[model], from);
}

static void needs_in_both(struct recorder *recorder, uint32_t from)
{
    needs(recorder, ORACLE_COARSE, from);
    needs(recorder, ORACLE_PRECISE, from);
}

static void needs_payments(struct recorder *recorder, enum oracle_model model, uint32_t newest)
{
    for (uint32_t i = newest; i != NOBODY; i = recorder->payments[i].older)
        needs(recorder, model, recorder->payments[i].tx);
}

/* Whoever changed the answer to "at least so much?" last. */
static void needs_enough(struct recorder *recorder, uint32_t newest, const u256 *least)
{
    for (uint32_t i = newest; i != NOBODY; i = recorder->payments[i].older) {
        if (!u256_less(recorder->payments[i].before, *least)) continue;
        needs(recorder, ORACLE_PRECISE, recorder->payments[i].tx);
        return;
    }
}

/* ---- what is read -------------------------------------------------------------------------------------- */

/* Gives what was asked for and no more, so that nothing is read by the way. */
static enum view_answer read_account(void *context,
                                     const address *who,
                                     unsigned parts,
                                     struct view_account *out)
{
    struct recorder *recorder = context;
    struct view_account given;
    enum view_answer answer =
        recorder->state.ops->account(recorder->state.context, who, parts, &given);
    if (answer != VIEW_OK) return answer;
    *out = (struct view_account){.parts = (uint8_t)parts};
    if (parts & VIEW_BALANCE) out->balance = given.balance;
    if (parts & VIEW_NONCE) out->nonce = given.nonce;
    if (parts & VIEW_CODE_HASH) out->code_hash = given.code_hash;
    if (parts & VIEW_EXISTENCE) {
        out->exists = given.exists;
        out->empty = given.empty;
    }
    uint32_t index = account_index(recorder, who);
    if (!recorder->is_reading || index == NOBODY) return VIEW_OK;
    const struct seen_account *account = &recorder->accounts[index];
    bool is_sender = address_equal(who, &recorder->block->txs[recorder->tx].sender);
    if ((parts & VIEW_NONCE) && !is_sender) needs(recorder, ORACLE_PRECISE, account->nonce);
    if (parts & VIEW_CODE_HASH) needs_in_both(recorder, account->code);
    if (parts & VIEW_EXISTENCE) needs(recorder, ORACLE_PRECISE, account->existence);
    return VIEW_OK;
}

static enum view_answer read_slot(void *context, const address *who, const u256 *key, u256 *out)
{
    struct recorder *recorder = context;
    uint32_t account = account_index(recorder, who);
    const struct seen_slot *slot = account == NOBODY ? NULL : slot_of(recorder, account, key);
    if (recorder->is_reading && slot != NULL) {
        uint32_t reset = recorder->accounts[account].reset;
        bool is_reset = reset != NOBODY && (slot->writer == NOBODY || slot->writer < reset);
        needs_in_both(recorder, is_reset ? reset : slot->writer);
    }
    return recorder->state.ops->slot(recorder->state.context, who, key, out);
}

static enum view_answer read_code(void *context,
                                  const address *who,
                                  const hash32 *hash,
                                  struct bytes *out)
{
    struct recorder *recorder = context;
    return recorder->state.ops->code(recorder->state.context, who, hash, out);
}

static enum view_answer read_has_storage(void *context, const address *who, bool *out)
{
    struct recorder *recorder = context;
    uint32_t index = account_index(recorder, who);
    if (recorder->is_reading && index != NOBODY) {
        needs_in_both(recorder, recorder->accounts[index].reset);
        needs_in_both(recorder, recorder->accounts[index].slots);
    }
    return recorder->state.ops->has_storage(recorder->state.context, who, out);
}

static enum view_answer read_block_hash(void *context, uint64_t number, hash32 *out)
{
    struct recorder *recorder = context;
    return recorder->state.ops->block_hash(recorder->state.context, number, out);
}

static struct view recorder_view(void *context, size_t tx, const struct view *state)
{
    static const struct view_ops ops = {.account = read_account,
                                        .slot = read_slot,
                                        .code = read_code,
                                        .has_storage = read_has_storage,
                                        .block_hash = read_block_hash};
    struct recorder *recorder = context;
    recorder->tx = (uint32_t)tx;
    recorder->state = *state;
    recorder->is_reading = true;
    for (size_t i = 0; i < ORACLE_MODEL_COUNT; i++)
        oracle_graph_next(&recorder->out->graphs[i]);
    return (struct view){&ops, recorder};
}

/* What the run depends on of a balance is known only at its end. */
static void read_balance(struct recorder *recorder,
                         const struct account_entry *entry,
                         const struct seen_account *account)
{
    if ((entry->original.parts & VIEW_BALANCE) == 0) return;
    if (entry->balance_is_exact)
        needs_payments(recorder, ORACLE_PRECISE, account->payments);
    else if (!u256_is_zero(entry->balance_min))
        needs_enough(recorder, account->payments, &entry->balance_min);
}

/* The coarse model reads every account that is met, but the one that only gets the fee. */
static void read_whole(struct recorder *recorder,
                       const struct account_entry *entry,
                       const struct seen_account *account)
{
    bool gets_fee_only =
        address_equal(&entry->key, &recorder->coinbase) && entry->original.parts == 0;
    if (gets_fee_only) return;
    needs(recorder, ORACLE_COARSE, account->whole);
    needs_payments(recorder, ORACLE_COARSE, account->plain);
}

/* ---- what is written ----------------------------------------------------------------------------------- */

/* What an account was before the transaction, and is after it. */
struct account_step {
    struct view_account before;
    u256 balance;
    uint64_t nonce;
    bool has_code, exists, empty;
};

static bool step_of(struct recorder *recorder,
                    const struct account_entry *entry,
                    struct account_step *out)
{
    const struct view_account *before = &out->before;
    enum view_answer answer = recorder->state.ops->account(
        recorder->state.context, &entry->key, VIEW_ALL_PARTS, &out->before);
    if (answer != VIEW_OK) return false;
    u256 delta = u256_sub(entry->balance, entry->original.balance);
    const hash32 *code = entry->code_changed ? &entry->code_hash : &before->code_hash;
    out->balance = entry->destroyed ? U256_ZERO : u256_add(before->balance, delta);
    out->nonce = (entry->parts & VIEW_NONCE) != 0 ? entry->nonce : before->nonce;
    if (entry->destroyed) out->nonce = 0;
    out->has_code = !entry->destroyed && !hash32_equal(code, &keccak_empty);
    out->empty = out->nonce == 0 && !out->has_code && u256_is_zero(out->balance);
    out->exists = !entry->destroyed && (entry->exists || before->exists || !out->empty);
    return true;
}

static void write_slots(struct recorder *recorder,
                        const struct account_entry *entry,
                        uint32_t index)
{
    for (const struct slot_entry *slot = entry->slots; slot != NULL; slot = slot->next_of_account) {
        if (!slot->written || u256_equal(slot->current, slot->original)) continue;
        struct seen_slot *seen = slot_of(recorder, index, &slot->key);
        if (seen == NULL) return;
        seen->writer = recorder->tx;
        recorder->accounts[index].slots = recorder->tx;
    }
}

/* The coarse model's one location; a plain payment adds to it, everything else replaces it. */
static void write_whole(struct recorder *recorder,
                        struct seen_account *account,
                        const struct account_step *step,
                        bool is_plain)
{
    bool is_changed = step->nonce != step->before.nonce || step->exists != step->before.exists ||
                      !u256_equal(step->balance, step->before.balance);
    bool gets_fee = address_equal(&account->who, &recorder->coinbase);
    if (!is_changed) return;
    if (is_plain || gets_fee) {
        payment_add(recorder, &account->plain, &step->before.balance);
        return;
    }
    account->whole = recorder->tx;
    account->plain = NOBODY;
}

static void write_account(struct recorder *recorder,
                          const struct account_entry *entry,
                          uint32_t index,
                          bool is_plain)
{
    struct seen_account *account = &recorder->accounts[index];
    struct account_step step;
    uint32_t tx = recorder->tx;
    if (!step_of(recorder, entry, &step)) return;
    bool had_code = !hash32_equal(&step.before.code_hash, &keccak_empty);
    if (step.nonce != step.before.nonce) account->nonce = tx;
    if (entry->code_changed || (entry->destroyed && had_code)) account->code = tx;
    if (entry->destroyed && had_code) account->reset = tx;
    if (step.exists != step.before.exists || step.empty != step.before.empty)
        account->existence = tx;
    if (!u256_equal(step.balance, step.before.balance))
        payment_add(recorder, &account->payments, &step.before.balance);
    write_whole(recorder, account, &step, is_plain);
    write_slots(recorder, entry, index);
}

/* ---- one transaction ----------------------------------------------------------------------------------- */

/* Ether from one account to another, no code and no data. */
static bool is_plain_payment(const struct recorder *recorder, const struct journal *journal)
{
    const struct tx *tx = &recorder->block->txs[recorder->tx];
    if (tx->is_creation || tx->data.size > 0 || tx->type == TX_SET_CODE) return false;
    for (size_t i = 0; i < journal->account_count; i++) {
        const struct account_entry *entry = journal->accounts[i];
        if (address_equal(&entry->key, &tx->to))
            return (entry->parts & VIEW_CODE_HASH) == 0 ||
                   hash32_equal(&entry->code_hash, &keccak_empty);
    }
    return true;
}

/* First all reads, then all writes: a transaction does not wait for itself. */
static void recorder_done(void *context,
                          size_t tx,
                          const struct journal *journal,
                          const struct tx_result *result)
{
    struct recorder *recorder = context;
    bool is_plain = is_plain_payment(recorder, journal);
    recorder->is_reading = false;
    recorder->out->costs[ORACLE_GAS][tx] = (uint64_t)result->gas_used;
    recorder->out->costs[ORACLE_OPS][tx] += ORACLE_TX_OPS;
    for (size_t i = 0; i < journal->account_count && !recorder->out_of_memory; i++) {
        uint32_t index = account_index(recorder, &journal->accounts[i]->key);
        if (index == NOBODY) return;
        read_balance(recorder, journal->accounts[i], &recorder->accounts[index]);
        if (!is_plain) read_whole(recorder, journal->accounts[i], &recorder->accounts[index]);
    }
    for (size_t i = 0; i < journal->account_count && !recorder->out_of_memory; i++) {
        uint32_t index = account_index(recorder, &journal->accounts[i]->key);
        if (index != NOBODY) write_account(recorder, journal->accounts[i], index, is_plain);
    }
}

static void count_op(void *context, const struct trace_step *step)
{
    struct recorder *recorder = context;
    (void)step;
    recorder->out->costs[ORACLE_OPS][recorder->tx]++;
}

/* ---- times --------------------------------------------------------------------------------------------- */

struct stopwatch {
    uint64_t *ns;
    uint64_t start;
};

static struct view watch_start(void *context, size_t tx, const struct view *state)
{
    struct stopwatch *watch = context;
    (void)tx;
    watch->start = clock_now_ns();
    return *state;
}

static void watch_stop(void *context,
                       size_t tx,
                       const struct journal *journal,
                       const struct tx_result *result)
{
    struct stopwatch *watch = context;
    uint64_t ns = clock_now_ns() - watch->start;
    (void)journal;
    (void)result;
    if (watch->ns[tx] == 0 || ns < watch->ns[tx]) watch->ns[tx] = ns;
}

/* ---- the block ----------------------------------------------------------------------------------------- */

static enum pevm_status execute(struct engine *engine,
                                const struct engine_input *input,
                                struct error *error)
{
    struct engine_outcome outcome;
    TRY(engine_execute(engine, &outcome, input, error));
    if (outcome.fault == BLOCK_VALID) return PEVM_OK;
    return error_set(error, PEVM_INVALID_BLOCK, "%.400s", outcome.text);
}

static enum pevm_status measure(struct oracle_block *out,
                                struct engine *engine,
                                const struct engine_input *input,
                                unsigned runs,
                                struct error *error)
{
    struct stopwatch watch = {.ns = out->costs[ORACLE_NS]};
    struct tx_observer observer = {&watch, watch_start, watch_stop};
    struct engine_input own = *input;
    own.observer = &observer;
    for (unsigned i = 0; i < runs; i++)
        TRY(execute(engine, &own, error));
    return PEVM_OK;
}

static enum pevm_status watch_all(struct oracle_block *out,
                                  struct engine *engine,
                                  const struct engine_input *input,
                                  struct error *error)
{
    struct recorder recorder = {.out = out,
                                .block = input->block,
                                .coinbase = input->block->header.coinbase,
                                .seed = hash_seed()};
    struct tx_observer observer = {&recorder, recorder_view, recorder_done};
    struct tracer tracer = {.context = &recorder, .step = count_op};
    struct engine_input own = *input;
    own.observer = &observer;
    own.tracer = &tracer;
    enum pevm_status status = execute(engine, &own, error);
    bool out_of_memory = recorder.out_of_memory;
    for (size_t i = 0; i < ORACLE_MODEL_COUNT; i++)
        out_of_memory = out_of_memory || out->graphs[i].out_of_memory;
    if (status == PEVM_OK && out_of_memory)
        status = error_set(error, PEVM_NO_MEMORY, "out of memory");
    heap_free(recorder.accounts);
    heap_free(recorder.slots);
    heap_free(recorder.payments);
    index_table_fini(&recorder.account_table);
    index_table_fini(&recorder.slot_table);
    return status;
}

enum pevm_status oracle_record(struct oracle_block *out,
                               struct engine *engine,
                               const struct engine_input *input,
                               unsigned runs,
                               struct error *error)
{
    enum pevm_status status = PEVM_OK;
    *out = (struct oracle_block){.tx_count = (uint32_t)input->block->tx_count};
    for (size_t i = 0; i < ORACLE_MODEL_COUNT; i++)
        oracle_graph_init(&out->graphs[i]);
    for (size_t i = 0; i < ORACLE_COST_COUNT && status == PEVM_OK; i++) {
        out->costs[i] = heap_alloc_zeroed(out->tx_count, sizeof *out->costs[i]);
        if (out->costs[i] == NULL) status = error_set(error, PEVM_NO_MEMORY, "out of memory");
    }
    if (status == PEVM_OK) status = watch_all(out, engine, input, error);
    if (status == PEVM_OK) status = measure(out, engine, input, runs, error);
    if (status != PEVM_OK) oracle_block_fini(out);
    return status;
}

void oracle_block_fini(struct oracle_block *block)
{
    for (size_t i = 0; i < ORACLE_MODEL_COUNT; i++)
        oracle_graph_fini(&block->graphs[i]);
    for (size_t i = 0; i < ORACLE_COST_COUNT; i++)
        heap_free(block->costs[i]);
    *block = (struct oracle_block){.tx_count = 0};
}
