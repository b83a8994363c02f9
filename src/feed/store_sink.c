#include "feed/store_sink.h"

#include "base/hex.h"
#include "crypto/keccak.h"
#include "store/flat_json.h"
#include "store/keyspace.h"

#include <inttypes.h>
#include <stdio.h>

#define BATCH_SIZE_MAX ((size_t)64 << 20)
#define MARK_TEXT_SIZE 128
#define ARENA_CHUNK    4096

static const char mark_key[] = "evmx:import";

static struct bytes mark_name(void)
{
    return bytes_of(mark_key, sizeof mark_key - 1);
}

/* ---- the sink's calls ---- */

static enum pevm_status flush(struct store_sink *sink, struct error *error)
{
    enum pevm_status status = store_write(sink->store, &sink->batch, 0, error);
    store_batch_reset(&sink->batch);
    return status;
}

static enum pevm_status put(struct store_sink *sink,
                            struct key key,
                            struct bytes value,
                            struct error *error)
{
    struct key_text name = key_write(&key, sink->style.lower);
    store_batch_set(&sink->batch, key_bytes(&name), value, 0);
    return sink->batch.size > BATCH_SIZE_MAX ? flush(sink, error) : PEVM_OK;
}

static enum pevm_status put_account(void *context,
                                    const struct sink_account *account,
                                    struct error *error)
{
    char text[ACCOUNT_TEXT_SIZE];
    bool has_code = !hash32_equal(&account->code_hash, &keccak_empty);
    struct stored_account stored = {.balance = account->balance,
                                    .nonce = account->nonce,
                                    .code_hash = account->code_hash,
                                    .has_bare_storage = account->has_storage && !has_code};
    size_t size = account_write(text, &stored);
    return put(context, key_of_account(&account->who), bytes_of(text, size), error);
}

static enum pevm_status put_code(void *context,
                                 const hash32 *hash,
                                 struct bytes code,
                                 struct error *error)
{
    return put(context, key_of_code(hash), code, error);
}

static enum pevm_status put_slot(
    void *context, const address *who, const u256 *slot, const u256 *value, struct error *error)
{
    char text[SLOT_TEXT_SIZE];
    size_t size = slot_write(text, value);
    return put(context, key_of_slot(who, slot), bytes_of(text, size), error);
}

static enum pevm_status put_mark(void *context, const struct import_mark *mark, struct error *error)
{
    struct store_sink *sink = context;
    char text[MARK_TEXT_SIZE], digest[HEX_HASH_SIZE];
    int size = snprintf(text,
                        sizeof text,
                        "{\"accounts\":%" PRIu64 ",\"digest\":\"%s\"}",
                        mark->accounts,
                        hex_hash(digest, &mark->digest));
    store_batch_barrier(&sink->batch);
    store_batch_set(&sink->batch, mark_name(), bytes_of(text, (size_t)size), 0);
    return flush(sink, error);
}

/* ---- before and after ---- */

static enum pevm_status read_mark(struct import_mark *out, struct bytes text, struct error *error)
{
    struct json_field fields[] = {
        {.name = "accounts", .is_required = true},
        {.name = "digest",   .is_required = true}
    };
    enum pevm_status status = flat_json_read(text, fields, COUNT_OF(fields), error);
    if (status == PEVM_OK &&
        (!json_field_u64(&fields[0], &out->accounts) || !json_field_hash(&fields[1], &out->digest)))
        status = error_set(error, PEVM_CORRUPT, "expected a number and a hash");
    if (status != PEVM_OK) error_prefix(error, "%s", mark_key);
    return status;
}

static bool note_key(void *context, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    *(bool *)context = true;
    return false;
}

static enum pevm_status refuse_foreign(struct store_sink *sink, struct error *error)
{
    static const char prefix[] = "st:latest:";
    bool found = false;
    TRY(store_scan(sink->store, bytes_of(prefix, sizeof prefix - 1), note_key, &found, error));
    if (!found) return PEVM_OK;
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "%s: has accounts that no import left here: an import needs an empty store",
                     store_about(sink->store));
}

static enum pevm_status look(struct store_sink *sink, struct arena *arena, struct error *error)
{
    struct key progress = {.kind = KEY_EXEC_PROGRESS};
    struct key_text name = key_write(&progress, sink->style.lower);
    const struct bytes keys[] = {key_bytes(&name), mark_name()};
    struct store_item items[COUNT_OF(keys)];
    TRY(store_get_many(sink->store, items, keys, COUNT_OF(keys), arena, error));
    if (items[0].found)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "%s: has a state already (%s is there): an import needs an empty store",
                         store_about(sink->store),
                         name.text);
    if (items[1].found) return read_mark(&sink->resume, items[1].value, error);
    return refuse_foreign(sink, error);
}

enum pevm_status store_sink_open(struct store_sink *out,
                                 struct store *store,
                                 const struct key_style *style,
                                 struct error *error)
{
    struct arena arena;
    *out = (struct store_sink){.store = store, .style = *style};
    out->sink = (struct state_sink){put_account, put_code, put_slot, put_mark, out};
    arena_init(&arena, ARENA_CHUNK, 0);
    enum pevm_status status = look(out, &arena, error);
    arena_fini(&arena);
    return status;
}

void store_sink_close(struct store_sink *sink)
{
    store_batch_fini(&sink->batch);
}

enum pevm_status store_sink_start(struct store_sink *sink,
                                  uint64_t number,
                                  const hash32 *hash,
                                  struct error *error)
{
    struct committer committer;
    struct commit_options options = {.style = sink->style, .window = 1};
    commit_init(&committer, sink->store, &options);
    enum pevm_status status = commit_start(&committer, number, hash, 0, error);
    commit_fini(&committer);
    TRY(status);
    store_batch_delete(&sink->batch, mark_name());
    return flush(sink, error);
}
