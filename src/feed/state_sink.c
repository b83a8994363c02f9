#include "feed/state_sink.h"

#include "crypto/keccak.h"

/* ---- into memory ---- */

static enum pevm_status told(enum pevm_status status, struct error *error)
{
    return status == PEVM_OK ? PEVM_OK : error_set(error, status, "out of memory");
}

static enum pevm_status memory_account_put(void *context,
                                           const struct sink_account *account,
                                           struct error *error)
{
    return told(memory_state_set_account(
                    context, &account->who, account->nonce, &account->balance, &account->code_hash),
                error);
}

static enum pevm_status memory_code_put(void *context,
                                        const hash32 *hash,
                                        struct bytes code,
                                        struct error *error)
{
    hash32 computed;
    TRY(told(memory_state_add_code(context, code, &computed), error));
    ASSERT(hash32_equal(&computed, hash));
    return PEVM_OK;
}

static enum pevm_status memory_slot_put(
    void *context, const address *who, const u256 *slot, const u256 *value, struct error *error)
{
    return told(memory_state_set_slot(context, who, slot, value), error);
}

static enum pevm_status memory_mark(void *context,
                                    const struct import_mark *mark,
                                    struct error *error)
{
    (void)context;
    (void)mark;
    (void)error;
    return PEVM_OK;
}

struct state_sink state_sink_memory(struct memory_state *state)
{
    return (struct state_sink){
        memory_account_put, memory_code_put, memory_slot_put, memory_mark, state};
}

/* ---- out of memory into a sink ---- */

struct pouring {
    const struct state_sink *sink;
    const struct memory_state *state;
    address who; /* whose slots are visited */
    bool has_slot;
    uint64_t accounts;
    enum pevm_status status;
    struct error *error;
};

static bool note_slot(void *context, const u256 *slot, const u256 *value)
{
    struct pouring *pouring = context;
    (void)slot;
    (void)value;
    pouring->has_slot = true;
    return false;
}

static bool pour_slot(void *context, const u256 *slot, const u256 *value)
{
    struct pouring *pouring = context;
    pouring->status =
        pouring->sink->slot(pouring->sink->context, &pouring->who, slot, value, pouring->error);
    return pouring->status == PEVM_OK;
}

static enum pevm_status pour(struct pouring *pouring, const struct memory_account *account)
{
    const struct state_sink *sink = pouring->sink;
    pouring->who = account->who;
    pouring->has_slot = false;
    TRY(told(memory_state_each_slot(pouring->state, &account->who, note_slot, pouring),
             pouring->error));
    struct sink_account put = {
        account->who, account->balance, account->nonce, account->code_hash, pouring->has_slot};
    TRY(sink->account(sink->context, &put, pouring->error));
    if (!hash32_equal(&account->code_hash, &keccak_empty))
        TRY(sink->code(sink->context, &account->code_hash, account->code, pouring->error));
    pouring->status = PEVM_OK;
    TRY(told(memory_state_each_slot(pouring->state, &account->who, pour_slot, pouring),
             pouring->error));
    return pouring->status;
}

static bool pour_account(void *context, const struct memory_account *account)
{
    struct pouring *pouring = context;
    pouring->status = pour(pouring, account);
    pouring->accounts++;
    return pouring->status == PEVM_OK;
}

enum pevm_status state_sink_put_all(const struct state_sink *sink,
                                    const struct memory_state *state,
                                    struct error *error)
{
    struct pouring pouring = {.sink = sink, .state = state, .error = error};
    TRY(told(memory_state_each_account(state, pour_account, &pouring), error));
    TRY(pouring.status);
    struct import_mark mark = {.accounts = pouring.accounts};
    return sink->mark(sink->context, &mark, error);
}
