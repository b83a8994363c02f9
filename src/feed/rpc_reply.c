/* What an answer says, held against what was asked. */
#include "feed/rpc.h"
#include "fixture/field.h"

static enum pevm_status refuse(struct error *error, const char *words)
{
    return error_set(error, PEVM_BAD_INPUT, "%s", words);
}

/* A whole number with or without sign; false: none. */
static bool read_code(int64_t *out, const struct json *value)
{
    int64_t number = 0;
    if (value == NULL || value->kind != JSON_NUMBER || value->text.size == 0) return false;
    bool is_negative = value->text.data[0] == '-';
    for (size_t i = is_negative; i < value->text.size; i++) {
        uint8_t c = value->text.data[i];
        if (c < '0' || c > '9' || number > INT32_MAX) return false;
        number = 10 * number + (c - '0');
    }
    *out = is_negative ? -number : number;
    return true;
}

static enum pevm_status read_error(struct rpc_call *call,
                                   const struct json *object,
                                   struct error *error)
{
    const struct json *message = json_get(object, "message");
    if (object->kind != JSON_OBJECT || !read_code(&call->code, json_get(object, "code")))
        return refuse(error, "error: expected an object with a code");
    call->result = NULL;
    call->message = message != NULL && message->kind == JSON_STRING ? message->text : BYTES_EMPTY;
    return PEVM_OK;
}

static enum pevm_status read_answer(struct rpc_call *call,
                                    const struct json *answer,
                                    struct error *error)
{
    if (!json_text_is(json_get(answer, "jsonrpc"), "2.0"))
        return refuse(error, "jsonrpc: expected \"2.0\"");
    const struct json *failure = json_get(answer, "error"), *result = json_get(answer, "result");
    if (failure != NULL && failure->kind != JSON_NULL) return read_error(call, failure, error);
    if (result == NULL) return refuse(error, "neither a result nor an error");
    call->result = result;
    return PEVM_OK;
}

/* Which call an answer belongs to, from 0. */
static enum pevm_status find_call(
    size_t *out, const struct json *answer, size_t count, uint64_t first_id, struct error *error)
{
    uint64_t id;
    if (answer->kind != JSON_OBJECT) return refuse(error, "expected an object");
    TRY(field_u64(&id, answer, "id", error));
    if (id < first_id || id - first_id >= count)
        return error_set(error, PEVM_BAD_INPUT, "id: %llu was not asked", (unsigned long long)id);
    *out = (size_t)(id - first_id);
    return PEVM_OK;
}

/* A node may answer a whole batch with one error, without an id. */
static bool is_refusal(const struct json *root)
{
    return root->kind == JSON_OBJECT && !field_is_absent(root, "error") &&
           field_is_absent(root, "id");
}

static enum pevm_status read_refusal(struct rpc_call *calls,
                                     size_t count,
                                     const struct json *root,
                                     struct error *error)
{
    for (size_t i = 0; i < count; i++)
        TRY(read_error(&calls[i], json_get(root, "error"), error));
    return PEVM_OK;
}

static enum pevm_status read_batch(struct rpc_call *calls,
                                   size_t count,
                                   uint64_t first_id,
                                   const struct json *root,
                                   struct arena *arena,
                                   struct error *error)
{
    bool *seen = arena_alloc_zeroed(arena, count, sizeof *seen);
    if (seen == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    if (root->count != count)
        return error_set(error, PEVM_BAD_INPUT, "expected %zu answers, got %u", count, root->count);
    for (const struct json *answer = root->first; answer != NULL; answer = answer->next) {
        size_t index = 0;
        TRY(find_call(&index, answer, count, first_id, error));
        if (seen[index]) return refuse(error, "id: two answers to one call");
        seen[index] = true;
        TRY(read_answer(&calls[index], answer, error));
    }
    return PEVM_OK;
}

enum pevm_status rpc_reply_read(struct rpc_call *calls,
                                size_t count,
                                uint64_t first_id,
                                struct bytes text,
                                struct arena *arena,
                                struct error *error)
{
    const struct json *root;
    size_t index = 0;
    for (size_t i = 0; i < count; i++)
        calls[i].result = NULL;
    TRY(json_parse(&root, text, arena, error));
    if (is_refusal(root)) return read_refusal(calls, count, root, error);
    if (count > 1) {
        TRY(value_kind(root, JSON_ARRAY, "answer", error));
        return read_batch(calls, count, first_id, root, arena, error);
    }
    TRY(find_call(&index, root, count, first_id, error));
    return read_answer(&calls[0], root, error);
}
