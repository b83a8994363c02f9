#include "cli/evm_workload.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/hex.h"
#include "crypto/keccak.h"
#include "fixture/field.h"

#define ARENA_CHUNK_BYTES (256 * 1024)
#define LONG_RUN_NS       UINT64_C(100000) /* others may have the processor for a while in between */
#define ACCOUNTS_MAX      64
#define SLOT_TABLE_SIZE   4096 /* the largest workload has some 300 slots */

struct workload_account {
    address who;
    struct view_account values;
    struct bytes code;
};

struct workload_slot {
    address who;
    u256 key, value;
    bool used;
};

struct workload_state {
    struct workload_account accounts[ACCOUNTS_MAX];
    size_t account_count;
    struct workload_slot slots[SLOT_TABLE_SIZE]; /* open addressing */
    size_t slot_count;
};

/* ---- the view ------------------------------------------------------------------------------------ */

static struct workload_account *account_find(struct workload_state *state, const address *who)
{
    for (size_t i = 0; i < state->account_count; i++)
        if (address_equal(&state->accounts[i].who, who)) return &state->accounts[i];
    return NULL;
}

static enum view_answer view_account_of(void *context,
                                        const address *who,
                                        unsigned parts,
                                        struct view_account *out)
{
    (void)parts;
    const struct workload_account *account = account_find(context, who);
    if (account != NULL)
        *out = account->values;
    else
        *out = (struct view_account){
            .code_hash = keccak_empty, .empty = true, .parts = VIEW_ALL_PARTS};
    return VIEW_OK;
}

/* Where the slot is, or where it would be put. */
static struct workload_slot *slot_find(struct workload_state *state,
                                       const address *who,
                                       const u256 *key)
{
    size_t at = hash_u256(key, hash_address(who, 1)) % SLOT_TABLE_SIZE;
    while (state->slots[at].used) { /* ends: the table is at most half full */
        if (u256_equal(state->slots[at].key, *key) && address_equal(&state->slots[at].who, who))
            break;
        at = (at + 1) % SLOT_TABLE_SIZE;
    }
    return &state->slots[at];
}

static enum view_answer view_slot_of(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct workload_slot *found = slot_find(context, who, slot);
    *out = found->used ? found->value : U256_ZERO;
    return VIEW_OK;
}

static enum view_answer view_code_of(void *context,
                                     const address *who,
                                     const hash32 *code_hash,
                                     struct bytes *out)
{
    (void)code_hash;
    const struct workload_account *account = account_find(context, who);
    if (account == NULL) return VIEW_FAILED;
    *out = account->code;
    return VIEW_OK;
}

static enum view_answer view_has_storage_of(void *context, const address *who, bool *out)
{
    const struct workload_state *state = context;
    *out = false;
    for (size_t i = 0; i < SLOT_TABLE_SIZE; i++)
        if (state->slots[i].used && address_equal(&state->slots[i].who, who)) *out = true;
    return VIEW_OK;
}

static enum view_answer view_block_hash_of(void *context, uint64_t number, hash32 *out)
{
    (void)context;
    (void)number;
    *out = (hash32){{0}};
    return VIEW_OK;
}

static const struct view_ops state_ops = {
    .account = view_account_of,
    .slot = view_slot_of,
    .code = view_code_of,
    .has_storage = view_has_storage_of,
    .block_hash = view_block_hash_of,
};

/* ---- reading ------------------------------------------------------------------------------------- */

static enum pevm_status address_read(address *out, struct bytes text, struct error *error)
{
    if (text.size == 42 && text.data[0] == '0' && text.data[1] == 'x' &&
        hex_decode(out->bytes, (const char *)text.data + 2, 40))
        return PEVM_OK;
    return error_set(
        error, PEVM_BAD_INPUT, "\"%.*s\" is no address", (int)text.size, (const char *)text.data);
}

/* The members of a storage object; `storage` may be NULL. */
static enum pevm_status storage_read(struct workload_state *state,
                                     const address *who,
                                     const struct json *storage,
                                     struct error *error)
{
    for (const struct json *member = storage == NULL ? NULL : storage->first; member != NULL;
         member = member->next) {
        struct json key_json = {.kind = JSON_STRING, .text = member->key};
        u256 key, value;
        TRY(value_u256(&key, &key_json, "slot", error));
        TRY(value_u256(&value, member, "slot", error));
        if (++state->slot_count * 2 > SLOT_TABLE_SIZE)
            return error_set(error, PEVM_LIMIT, "too many slots");
        *slot_find(state, who, &key) =
            (struct workload_slot){.who = *who, .key = key, .value = value, .used = true};
    }
    return PEVM_OK;
}

/* `json` has balance, nonce, code and storage, each perhaps absent. */
static enum pevm_status account_read(struct evm_workload *workload,
                                     const address *who,
                                     const struct json *json,
                                     struct error *error)
{
    struct workload_state *state = workload->state;
    if (account_find(state, who) == NULL && state->account_count == ACCOUNTS_MAX)
        return error_set(error, PEVM_LIMIT, "more than %d accounts", ACCOUNTS_MAX);
    struct workload_account *account = account_find(state, who);
    if (account == NULL) account = &state->accounts[state->account_count++];
    *account = (struct workload_account){.who = *who};
    struct view_account *values = &account->values;
    TRY(field_u256_or(&values->balance, U256_ZERO, json, "balance", error));
    TRY(field_u64_or(&values->nonce, 0, json, "nonce", error));
    TRY(field_bytes(&account->code, json, "code", &workload->arena, error));
    keccak256(&values->code_hash, account->code.data, account->code.size);
    values->exists = true;
    values->empty = account->code.size == 0 && values->nonce == 0 && u256_is_zero(values->balance);
    values->parts = VIEW_ALL_PARTS;
    return storage_read(state, who, json_get(json, "storage"), error);
}

static enum pevm_status env_read(struct evm_workload *workload,
                                 const struct json *root,
                                 struct error *error)
{
    const struct json *json;
    const char *rev;
    enum fork fork;
    TRY(field_text(&rev, root, "rev", &workload->arena, error));
    if (!fork_by_name(&fork, rev))
        return error_set(error, PEVM_UNSUPPORTED, "rev: no fork is called %s", rev);
    struct block_env *env = &workload->env;
    env->rules = rules_of_fork(fork);
    TRY(field_of_kind(&json, root, "env", JSON_OBJECT, error));
    TRY(field_u64(&env->number, json, "number", error));
    TRY(field_u64(&env->timestamp, json, "timestamp", error));
    TRY(field_u64(&env->gas_limit, json, "gaslimit", error));
    TRY(field_address(&env->coinbase, json, "coinbase", error));
    u256 randao;
    TRY(field_u256(&randao, json, "prevrandao", error));
    env->prev_randao = u256_to_hash(randao);
    TRY(field_u256(&env->base_fee, json, "basefee", error));
    TRY(field_u64(&env->rules.chain_id, json, "chainid", error));
    env->blob_base_fee = U256_ONE;
    return field_u256(&workload->tx.gas_price, json, "gasprice", error);
}

static enum pevm_status expect_read(struct evm_workload *workload,
                                    const struct json *root,
                                    struct error *error)
{
    const struct json *json;
    uint64_t status, gas_used, refund;
    TRY(field_of_kind(&json, root, "expect", JSON_OBJECT, error));
    TRY(field_u64(&status, json, "status", error));
    TRY(field_u64(&gas_used, json, "gas_used", error));
    TRY(field_u64(&refund, json, "gas_refund", error));
    workload->expect_success = status == 0;
    workload->expect_gas_used = (int64_t)gas_used;
    workload->expect_refund = (int64_t)refund;
    return field_bytes(&workload->expect_output, json, "output", &workload->arena, error);
}

static enum pevm_status message_read(struct evm_workload *workload,
                                     const struct json *root,
                                     struct error *error)
{
    struct message *message = &workload->message;
    uint64_t gas;
    TRY(field_u64(&gas, root, "gas", error));
    TRY(field_address(&message->caller, root, "sender", error));
    TRY(field_address(&message->to, root, "to", error));
    TRY(field_u256(&message->value, root, "value", error));
    TRY(field_bytes(&message->input, root, "calldata", &workload->arena, error));
    message->kind = MESSAGE_CALL;
    message->gas = (int64_t)gas;
    message->code_address = message->to;
    workload->tx.origin = message->caller;
    return PEVM_OK;
}

static enum pevm_status read_all(struct evm_workload *workload,
                                 struct bytes json,
                                 struct error *error)
{
    const struct json *root, *accounts;
    TRY(json_parse(&root, json, &workload->arena, error));
    TRY(field_text(&workload->name, root, "name", &workload->arena, error));
    TRY(message_read(workload, root, error));
    TRY(env_read(workload, root, error));
    TRY(expect_read(workload, root, error));
    accounts = json_get(root, "accounts");
    for (const struct json *member = accounts == NULL ? NULL : accounts->first; member != NULL;
         member = member->next) {
        address who;
        TRY(address_read(&who, member->key, error));
        TRY(account_read(workload, &who, member, error));
    }
    return account_read(workload, &workload->message.to, root, error);
}

enum pevm_status evm_workload_init(struct evm_workload *workload,
                                   struct bytes json,
                                   struct error *error)
{
    *workload = (struct evm_workload){0};
    arena_init(&workload->arena, ARENA_CHUNK_BYTES, 0);
    workload->state = arena_alloc_zeroed(&workload->arena, 1, sizeof *workload->state);
    enum pevm_status status = workload->state == NULL
                                  ? error_set(error, PEVM_NO_MEMORY, "no memory")
                                  : read_all(workload, json, error);
    if (status != PEVM_OK) evm_workload_fini(workload);
    return status;
}

void evm_workload_fini(struct evm_workload *workload)
{
    arena_fini(&workload->arena);
    *workload = (struct evm_workload){0};
}

/* ---- running ------------------------------------------------------------------------------------- */

static enum pevm_status warm(struct journal *journal, const address *who)
{
    struct account_entry *account = journal_account(journal, who);
    if (account == NULL) return PEVM_NO_MEMORY;
    account->warm = true;
    return PEVM_OK;
}

static enum pevm_status prepare(struct evm_workload *workload, struct journal *journal)
{
    struct view view = {&state_ops, workload->state};
    struct message *message = &workload->message;
    journal_begin(journal, &view, workload->env.rules.fork);
    TRY(warm(journal, &message->caller));
    TRY(warm(journal, &workload->env.coinbase));
    TRY(warm(journal, &message->to));
    struct account_entry *target = journal_account(journal, &message->to);
    if (target == NULL) return PEVM_NO_MEMORY;
    if (journal_code(journal, target) != VIEW_OK) return PEVM_STATE_UNREADABLE;
    message->code = target->code;
    return PEVM_OK;
}

static enum pevm_status judge(const struct evm_workload *workload,
                              const struct journal *journal,
                              const struct message_result *result,
                              struct error *error)
{
    int64_t gas_used = workload->message.gas - result->gas_left;
    if (halt_is_success(result->halt) != workload->expect_success)
        return error_set(
            error, PEVM_INTERNAL, "%s: it ended with %s", workload->name, halt_text(result->halt));
    if (gas_used != workload->expect_gas_used)
        return error_set(error,
                         PEVM_INTERNAL,
                         "%s: gas used %lld, expected %lld",
                         workload->name,
                         (long long)gas_used,
                         (long long)workload->expect_gas_used);
    if (journal->refund != workload->expect_refund)
        return error_set(error,
                         PEVM_INTERNAL,
                         "%s: refund %lld, expected %lld",
                         workload->name,
                         (long long)journal->refund,
                         (long long)workload->expect_refund);
    if (!bytes_equal(result->output, workload->expect_output))
        return error_set(error, PEVM_INTERNAL, "%s: wrong output", workload->name);
    return PEVM_OK;
}

enum pevm_status evm_workload_run(struct evm_workload *workload,
                                  struct machine *machine,
                                  uint64_t *ns,
                                  struct error *error)
{
    struct journal *journal = machine_journal(machine);
    struct message_result result;
    enum pevm_status status = prepare(workload, journal);
    if (status != PEVM_OK) return error_set(error, status, "%s: cannot begin", workload->name);
    uint64_t thread_start = clock_thread_ns(), start = clock_now_ns();
    bool ended = machine_run(machine, &workload->tx, &workload->message, &result);
    *ns = clock_now_ns() - start;
    if (*ns >= LONG_RUN_NS) *ns = clock_thread_ns() - thread_start;
    if (!ended)
        return error_set(error, PEVM_INTERNAL, "%s: %s", workload->name, halt_text(result.halt));
    return judge(workload, journal, &result, error);
}
