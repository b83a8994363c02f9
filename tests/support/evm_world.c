#include "support/evm_world.h"

#include "base/heap.h"
#include "crypto/keccak.h"
#include "support/bytecode.h"
#include "support/test.h"

enum { READ_ACCOUNT, READ_SLOT, READ_CODE, READ_HAS_STORAGE, READ_BLOCK_HASH };

#define CODE_CACHE_BYTES ((size_t)16 << 20)
#define MEMORY_BYTES     ((uint64_t)64 << 20)

address world_address(unsigned number)
{
    return (address){
        {[0] = 0x10, [18] = (uint8_t)(number >> 8), [19] = (uint8_t)number}
    };
}

/* ---- the view ------------------------------------------------------------------------------------ */

static const struct world_account *account_find(const struct world *world, const address *who)
{
    for (size_t i = 0; i < world->account_count; i++)
        if (address_equal(&world->accounts[i].who, who)) return &world->accounts[i];
    return NULL;
}

/* Does this read have to wait? */
static enum view_answer answer_of(struct world *world,
                                  unsigned kind,
                                  const address *who,
                                  const u256 *key)
{
    if (world->fail_read > 0 && --world->fail_read == 0) return VIEW_FAILED;
    if (world->block_times == 0) return VIEW_OK;
    size_t i = 0;
    for (; i < world->read_count; i++) {
        const struct world_read *read = &world->reads[i];
        if (read->kind == kind && address_equal(&read->who, who) && u256_equal(read->key, *key))
            break;
    }
    assert_true(i < WORLD_READS_MAX);
    if (i == world->read_count)
        world->reads[world->read_count++] = (struct world_read){*who, *key, kind, 0};
    return world->reads[i].asked++ < world->block_times ? VIEW_BLOCKED : VIEW_OK;
}

static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    struct world *world = context;
    u256 key = u256_from_u64(parts);
    enum view_answer answer = answer_of(world, READ_ACCOUNT, who, &key);
    if (answer != VIEW_OK) return answer;
    if (who->bytes[0] == 0x10 && who->bytes[19] < WORLD_ACCOUNTS_MAX)
        world->parts_read[who->bytes[19]] |= parts;
    const struct world_account *account = account_find(world, who);
    *out = (struct view_account){.code_hash = keccak_empty, .empty = true, .parts = (uint8_t)parts};
    if (account == NULL) return VIEW_OK;
    out->exists = true;
    out->empty = account->nonce == 0 && u256_is_zero(account->balance) && account->code.size == 0;
    if ((parts & VIEW_BALANCE) != 0) out->balance = account->balance;
    if ((parts & VIEW_NONCE) != 0) out->nonce = account->nonce;
    if ((parts & VIEW_CODE_HASH) != 0) out->code_hash = account->code_hash;
    return VIEW_OK;
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct world *world = context;
    enum view_answer answer = answer_of(world, READ_SLOT, who, slot);
    if (answer != VIEW_OK) return answer;
    *out = U256_ZERO;
    for (size_t i = 0; i < world->slot_count; i++)
        if (address_equal(&world->slots[i].who, who) && u256_equal(world->slots[i].key, *slot))
            *out = world->slots[i].value;
    return VIEW_OK;
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    struct world *world = context;
    enum view_answer answer = answer_of(world, READ_CODE, who, &U256_ZERO);
    if (answer != VIEW_OK) return answer;
    for (size_t i = 0; i < world->account_count; i++) {
        if (!hash32_equal(&world->accounts[i].code_hash, code_hash)) continue;
        *out = world->accounts[i].code;
        return VIEW_OK;
    }
    return VIEW_FAILED;
}

static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    struct world *world = context;
    enum view_answer answer = answer_of(world, READ_HAS_STORAGE, who, &U256_ZERO);
    if (answer != VIEW_OK) return answer;
    *out = false;
    for (size_t i = 0; i < world->slot_count; i++)
        if (address_equal(&world->slots[i].who, who)) *out = true;
    return VIEW_OK;
}

/* The hash of block n is n, repeated in every byte. */
static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    struct world *world = context;
    u256 key = u256_from_u64(number);
    address nobody = {{0}};
    enum view_answer answer = answer_of(world, READ_BLOCK_HASH, &nobody, &key);
    if (answer != VIEW_OK) return answer;
    memset(out->bytes, (int)(number & 0xff), sizeof out->bytes);
    return VIEW_OK;
}

struct view world_view(struct world *world)
{
    static const struct view_ops ops = {
        on_account, on_slot, on_code, on_has_storage, on_block_hash};
    return (struct view){&ops, world};
}

/* ---- making -------------------------------------------------------------------------------------- */

struct world *world_new(enum fork fork)
{
    struct world *world = heap_alloc_zeroed(1, sizeof *world);
    assert_non_null(world);
    world->env.rules = rules_of_fork(fork);
    world->env.number = 1000;
    world->env.timestamp = 1700000000;
    world->env.gas_limit = 30000000;
    world->env.coinbase = world_address(COINBASE);
    world->env.base_fee = u256_from_u64(7);
    world->env.blob_base_fee = u256_from_u64(3);
    memset(world->env.prev_randao.bytes, 0x77, 32);
    world->tx.origin = world_address(SENDER);
    world->tx.gas_price = u256_from_u64(10);
    world->codes = code_cache_new(CODE_CACHE_BYTES);
    struct machine_options options = {.codes = world->codes, .memory_reserve_bytes = MEMORY_BYTES};
    assert_int_equal(machine_new(&world->machine, &options), PEVM_OK);
    world_account(world, SENDER, 1000000000, BYTES_EMPTY)->nonce = 1;
    return world;
}

void world_free(struct world *world)
{
    machine_free(world->machine);
    code_cache_free(world->codes);
    heap_free(world);
}

struct world_account *world_account(struct world *world,
                                    unsigned number,
                                    uint64_t balance,
                                    struct bytes code)
{
    address who = world_address(number);
    size_t i = 0;
    while (i < world->account_count && !address_equal(&world->accounts[i].who, &who))
        i++;
    assert_true(i < WORLD_ACCOUNTS_MAX);
    if (i == world->account_count) world->account_count++;
    struct world_account *account = &world->accounts[i];
    *account = (struct world_account){.who = who, .balance = u256_from_u64(balance), .code = code};
    keccak256(&account->code_hash, code.data, code.size);
    return account;
}

void world_slot(struct world *world, unsigned number, uint64_t key, uint64_t value)
{
    assert_true(world->slot_count < WORLD_SLOTS_MAX);
    world->slots[world->slot_count++] =
        (struct world_slot){world_address(number), u256_from_u64(key), u256_from_u64(value)};
}

/* ---- running ------------------------------------------------------------------------------------- */

static void digest_add(hash32 *sum, const void *data, size_t size)
{
    hash32 hash;
    keccak256(&hash, data, size);
    for (size_t i = 0; i < 32; i++) /* order does not matter */
        sum->bytes[i] = (uint8_t)(sum->bytes[i] + hash.bytes[i]);
}

struct digest_account {
    u256 balance;
    hash32 code_hash;
    uint64_t nonce;
    address key;
    bool exists, warm, touched, created, destroyed;
};

struct digest_slot {
    address who;
    u256 key, current, original;
    bool warm;
};

static hash32 journal_digest(const struct journal *journal)
{
    hash32 sum = {{0}};
    for (size_t i = 0; i < journal->account_count; i++) {
        const struct account_entry *account = journal->accounts[i];
        struct digest_account flat;
        memset(&flat, 0, sizeof flat);
        flat.key = account->key;
        flat.balance = account->balance; /* what was added, when it was not asked for */
        if ((account->parts & VIEW_CODE_HASH) != 0) flat.code_hash = account->code_hash;
        if ((account->parts & VIEW_NONCE) != 0) flat.nonce = account->nonce;
        flat.exists = account->exists;
        flat.warm = account->warm;
        flat.touched = account->touched;
        flat.created = account->created;
        flat.destroyed = account->destroyed;
        digest_add(&sum, &flat, sizeof flat);
        for (const struct slot_entry *slot = account->slots; slot != NULL;
             slot = slot->next_of_account) {
            struct digest_slot flat_slot;
            memset(&flat_slot, 0, sizeof flat_slot);
            flat_slot.who = account->key;
            flat_slot.key = slot->key;
            flat_slot.current = slot->current;
            flat_slot.original = slot->original;
            flat_slot.warm = slot->warm;
            digest_add(&sum, &flat_slot, sizeof flat_slot);
        }
    }
    for (size_t i = 0; i < journal->log_count; i++) {
        const struct log *log = &journal->logs[i];
        digest_add(&sum, log->data.data, log->data.size);
        digest_add(&sum, &log->account, sizeof log->account);
        digest_add(&sum, log->topics, sizeof log->topics[0] * log->topic_count);
    }
    return sum;
}

static void warm(struct world *world, const address *who)
{
    struct account_entry *account = journal_account(machine_journal(world->machine), who);
    assert_non_null(account);
    account->warm = world->env.rules.fork >= FORK_BERLIN;
}

struct message world_message(struct world *world, int64_t gas)
{
    (void)world;
    return (struct message){
        .kind = MESSAGE_CALL,
        .gas = gas,
        .caller = world_address(SENDER),
        .to = world_address(CONTRACT),
        .code_address = world_address(CONTRACT),
    };
}

struct outcome world_run(struct world *world, const struct message *given)
{
    struct journal *journal = machine_journal(world->machine);
    struct view view = world_view(world);
    struct message message = *given;
    struct message_result result;
    struct outcome outcome = {0};
    unsigned block_times = world->block_times;

    world->block_times = 0;
    world->read_count = 0;
    machine_set_block(world->machine, &world->env, world->tracer);
    journal_begin(journal, &view, world->env.rules.fork);
    warm(world, &message.caller);
    warm(world, &message.to);
    warm(world, &world->env.coinbase);
    if (message.kind == MESSAGE_CALL && message.code == NULL) {
        struct account_entry *target = journal_account(journal, &message.to);
        assert_non_null(target);
        assert_int_equal(journal_code(journal, target), VIEW_OK);
        message.code = target->code;
    }
    world->block_times = block_times;
    memset(world->parts_read, 0, sizeof world->parts_read);

    outcome.ended = machine_run(world->machine, &world->tx, &message, &result);
    while (!outcome.ended &&
           result.halt == HALT_BLOCKED) { /* ends: every read is blocked so many times only */
        outcome.pauses++;
        outcome.ended = machine_resume(world->machine, &result);
    }
    outcome.halt = result.halt;
    outcome.gas_used = message.gas - result.gas_left;
    outcome.refund = journal->refund;
    outcome.output = result.output;
    outcome.log_count = journal->log_count;
    outcome.state = journal_digest(journal);
    return outcome;
}

struct outcome world_call_with(struct world *world, int64_t gas, uint64_t value, struct bytes input)
{
    struct message message = world_message(world, gas);
    message.value = u256_from_u64(value);
    message.input = input;
    return world_run(world, &message);
}

struct outcome world_call(struct world *world, int64_t gas)
{
    return world_call_with(world, gas, 0, BYTES_EMPTY);
}

struct outcome world_create(struct world *world, int64_t gas, uint64_t value, struct bytes init)
{
    struct message message = world_message(world, gas);
    message.kind = MESSAGE_CREATE;
    message.to = world_address(NOBODY);
    message.value = u256_from_u64(value);
    message.input = init;
    return world_run(world, &message);
}

struct outcome world_program(struct world *world, const char *text)
{
    world_account(world, CONTRACT, 1000, bytecode(text));
    return world_call(world, 10000000);
}

struct account_entry *world_entry(struct world *world, const address *who)
{
    struct account_entry *account = journal_account(machine_journal(world->machine), who);
    assert_non_null(account);
    return account;
}

u256 world_balance(struct world *world, const address *who)
{
    struct account_entry *account = world_entry(world, who);
    assert_int_equal(journal_balance(machine_journal(world->machine), account), VIEW_OK);
    return account->balance;
}

u256 world_word(struct world *world, unsigned number, uint64_t key)
{
    address who = world_address(number);
    u256 word = u256_from_u64(key);
    struct journal *journal = machine_journal(world->machine);
    struct slot_entry *slot = journal_slot(journal, world_entry(world, &who), &word);
    assert_non_null(slot);
    assert_int_equal(journal_slot_load(journal, slot), VIEW_OK);
    return slot->current;
}

u256 outcome_word(const struct outcome *outcome)
{
    assert_true(outcome->output.size >= 32);
    return u256_from_be(outcome->output.data);
}
