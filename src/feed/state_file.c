#include "feed/state_file.h"

#include "base/hash.h"
#include "base/heap.h"
#include "base/hex.h"
#include "crypto/keccak.h"
#include "feed/account_text.h"
#include "feed/line_file.h"
#include "fixture/field.h"
#include "rlp/rlp_write.h"
#include "state/account_rlp.h"
#include "state/index_table.h"
#include "trie/sorted_root.h"

#include <inttypes.h>
#include <stdlib.h>

#define ARENA_CHUNK ((size_t)1 << 20)

struct reader {
    const struct state_file_plan *plan;
    struct line_file *file;
    struct arena line;   /* of one account */
    struct arena values; /* of all leaves */
    struct trie_leaf *leaves;
    size_t leaf_count, leaf_capacity;
    struct index_table table; /* of leaves by key */
    struct import_mark mark;
    uint64_t marked; /* accounts at the last mark */
    bool has_root;
    hash32 root; /* expected */
    struct state_file_sums *sums;
};

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "out of memory");
}

static enum pevm_status expect_hash(const char *field,
                                    const hash32 *said,
                                    const hash32 *computed,
                                    struct error *error)
{
    char said_text[HEX_HASH_SIZE], computed_text[HEX_HASH_SIZE];
    if (hash32_equal(said, computed)) return PEVM_OK;
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "%s: expected %s, the data give %s",
                     field,
                     hex_hash(said_text, said),
                     hex_hash(computed_text, computed));
}

/* A member that says what was computed; it may be missing. */
static enum pevm_status check_member(const struct json *object,
                                     const char *name,
                                     const hash32 *computed,
                                     struct error *error)
{
    hash32 said;
    if (field_is_absent(object, name)) return PEVM_OK;
    TRY(field_hash(&said, object, name, error));
    return expect_hash(name, &said, computed, error);
}

/* ---- storage ---- */

static int compare_leaves(const void *a, const void *b)
{
    const struct trie_leaf *left = a, *right = b;
    return memcmp(left->key.bytes, right->key.bytes, sizeof left->key.bytes);
}

static bool number_rlp(struct bytes *out, const u256 *number, struct arena *arena)
{
    uint8_t *to = arena_alloc_aligned(arena, rlp_size_u256(number), 1);
    if (to == NULL) return false;
    *out = bytes_of(to, (size_t)(rlp_put_u256(to, number) - to));
    return true;
}

static enum pevm_status slot_leaf(struct trie_leaf *out,
                                  const struct json *member,
                                  struct arena *arena,
                                  struct error *error)
{
    u256 slot, value;
    TRY(account_text_slot(&slot, &value, member, error));
    if (u256_is_zero(value))
        return error_set(
            error, PEVM_BAD_INPUT, "storage: a slot with value 0 is no part of a state");
    hash32 word = u256_to_hash(slot);
    keccak256(&out->key, word.bytes, sizeof word.bytes);
    return number_rlp(&out->value, &value, arena) ? PEVM_OK : no_memory(error);
}

static enum pevm_status storage_root(struct reader *reader,
                                     const struct account_text *account,
                                     hash32 *out,
                                     struct error *error)
{
    size_t count = 0;
    *out = keccak_empty_trie;
    if (account->storage == NULL || account->storage->count == 0) return PEVM_OK;
    struct trie_leaf *leaves =
        arena_alloc_zeroed(&reader->line, account->storage->count, sizeof *leaves);
    if (leaves == NULL) return no_memory(error);
    for (const struct json *member = account->storage->first; member != NULL; member = member->next)
        TRY(slot_leaf(&leaves[count++], member, &reader->line, error));
    qsort(leaves, count, sizeof *leaves, compare_leaves);
    for (size_t i = 1; i < count; i++)
        if (compare_leaves(&leaves[i - 1], &leaves[i]) == 0)
            return error_set(error, PEVM_BAD_INPUT, "storage: a slot comes twice");
    return sorted_root(out, leaves, count, &reader->line) == PEVM_OK ? PEVM_OK : no_memory(error);
}

/* ---- all accounts ---- */

static bool is_taken(const struct reader *reader, const hash32 *key)
{
    struct index_probe probe = index_probe_start(&reader->table, hash_hash32(key, hash_seed()));
    uint32_t index;
    while ((index = index_probe_next(&reader->table, &probe)) != INDEX_NONE)
        if (hash32_equal(&reader->leaves[index].key, key)) return true;
    return false;
}

static bool reserve_leaf(struct reader *reader)
{
    if (!index_table_reserve(&reader->table, reader->leaf_count + 1)) return false;
    if (reader->leaf_count < reader->leaf_capacity) return true;
    size_t capacity = reader->leaf_capacity == 0 ? 1024 : 2 * reader->leaf_capacity;
    struct trie_leaf *leaves = heap_realloc(reader->leaves, capacity * sizeof *leaves);
    if (leaves == NULL) return false;
    reader->leaves = leaves;
    reader->leaf_capacity = capacity;
    return true;
}

static enum pevm_status add_leaf(struct reader *reader,
                                 const hash32 *key,
                                 const struct account_leaf *account,
                                 struct error *error)
{
    uint8_t rlp[ACCOUNT_RLP_SIZE_MAX];
    if (is_taken(reader, key)) return error_set(error, PEVM_BAD_INPUT, "the address comes twice");
    if (reader->leaf_count >= INDEX_MAX || !reserve_leaf(reader)) return no_memory(error);
    struct trie_leaf *leaf = &reader->leaves[reader->leaf_count];
    leaf->key = *key;
    if (!arena_copy(&reader->values, &leaf->value, bytes_of(rlp, account_rlp_put(rlp, account))))
        return no_memory(error);
    index_table_put(&reader->table, hash_hash32(key, hash_seed()), (uint32_t)reader->leaf_count++);
    return PEVM_OK;
}

/* ---- a line ---- */

static enum pevm_status put(const struct reader *reader,
                            const struct account_text *account,
                            const struct account_leaf *leaf,
                            struct error *error)
{
    const struct state_sink *sink = reader->plan->sink;
    if (sink == NULL) return PEVM_OK;
    struct sink_account put = {.who = account->who,
                               .balance = account->balance,
                               .nonce = account->nonce,
                               .code_hash = leaf->code_hash,
                               .has_storage =
                                   !hash32_equal(&leaf->storage_root, &keccak_empty_trie)};
    TRY(sink->account(sink->context, &put, error));
    if (account->code.size > 0)
        TRY(sink->code(sink->context, &leaf->code_hash, account->code, error));
    if (account->storage == NULL) return PEVM_OK;
    for (const struct json *member = account->storage->first; member != NULL;
         member = member->next) {
        u256 slot, value;
        TRY(account_text_slot(&slot, &value, member, error));
        TRY(sink->slot(sink->context, &account->who, &slot, &value, error));
    }
    return PEVM_OK;
}

static enum pevm_status check_resume(const struct reader *reader, struct error *error)
{
    const struct import_mark *resume = &reader->plan->resume;
    if (reader->mark.accounts != resume->accounts || resume->accounts == 0) return PEVM_OK;
    if (hash32_equal(&reader->mark.digest, &resume->digest)) return PEVM_OK;
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "the first %" PRIu64
                     " accounts are not those that were brought in before: this is another file",
                     resume->accounts);
}

static enum pevm_status put_mark(struct reader *reader, struct error *error)
{
    const struct state_sink *sink = reader->plan->sink;
    if (sink == NULL || reader->mark.accounts <= reader->plan->resume.accounts) return PEVM_OK;
    reader->marked = reader->mark.accounts;
    return sink->mark(sink->context, &reader->mark, error);
}

/* Chained, so that a prefix has a digest of its own. */
static void add_digest(struct import_mark *mark, struct bytes line)
{
    uint8_t both[64];
    hash32 hash;
    keccak256(&hash, line.data, line.size);
    memcpy(both, mark->digest.bytes, 32);
    memcpy(both + 32, hash.bytes, 32);
    keccak256(&mark->digest, both, sizeof both);
    mark->accounts++;
}

static enum pevm_status take_account(struct reader *reader,
                                     struct bytes line,
                                     const struct json *object,
                                     struct error *error)
{
    struct account_text account;
    struct account_leaf leaf;
    hash32 key;
    const struct json *who;
    TRY(field_of_kind(&who, object, "address", JSON_STRING, error));
    TRY(text_address(&account.who, who->text, "address", error));
    TRY(account_text_read(&account, object, &reader->line, error));
    keccak256(&key, account.who.bytes, sizeof account.who.bytes);
    leaf = (struct account_leaf){.balance = account.balance, .nonce = account.nonce};
    keccak256(&leaf.code_hash, account.code.data, account.code.size);
    TRY(storage_root(reader, &account, &leaf.storage_root, error));
    TRY(check_member(object, "key", &key, error));
    TRY(check_member(object, "codeHash", &leaf.code_hash, error));
    TRY(check_member(object, "root", &leaf.storage_root, error));
    TRY(add_leaf(reader, &key, &leaf, error));
    add_digest(&reader->mark, line);
    reader->sums->codes += account.code.size > 0;
    reader->sums->slots += account.storage == NULL ? 0 : account.storage->count;
    if (reader->mark.accounts > reader->plan->resume.accounts)
        TRY(put(reader, &account, &leaf, error));
    else
        reader->sums->skipped++;
    TRY(check_resume(reader, error));
    return reader->mark.accounts - reader->marked >= reader->plan->mark_every
               ? put_mark(reader, error)
               : PEVM_OK;
}

static enum pevm_status take_line(struct reader *reader, struct bytes line, struct error *error)
{
    const struct json *object;
    arena_reset(&reader->line);
    TRY(json_parse(&object, line, &reader->line, error));
    TRY(value_kind(object, JSON_OBJECT, "account", error));
    bool is_first = line_file_number(reader->file) == 1;
    if (!is_first || !field_is_absent(object, "address"))
        return take_account(reader, line, object, error);
    if (reader->has_root) return check_member(object, "root", &reader->root, error);
    reader->has_root = true;
    return field_hash(&reader->root, object, "root", error);
}

static enum pevm_status take_all(struct reader *reader, const char *path, struct error *error)
{
    const struct state_file_plan *plan = reader->plan;
    for (;;) { /* ends: the file does */
        struct bytes line;
        bool found;
        TRY(line_file_next(reader->file, &line, &found, error));
        if (!found) return PEVM_OK;
        enum pevm_status status = take_line(reader, line, error);
        if (status != PEVM_OK) {
            error_prefix(error, "%s: line %" PRIu64, path, line_file_number(reader->file));
            return status;
        }
        if (plan->go_on == NULL ||
            plan->go_on(plan->context, line_file_progress(reader->file), reader->mark.accounts))
            continue;
        TRY(put_mark(reader, error));
        return error_set(error, PEVM_CANCELLED, "%s: stopped; the same command goes on", path);
    }
}

static enum pevm_status finish(struct reader *reader, const char *path, struct error *error)
{
    const struct import_mark *resume = &reader->plan->resume;
    if (reader->mark.accounts < resume->accounts)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "%s: has %" PRIu64 " accounts, but %" PRIu64
                         " were brought in before: this is another file",
                         path,
                         reader->mark.accounts,
                         resume->accounts);
    if (reader->leaf_count > 0)
        qsort(reader->leaves, reader->leaf_count, sizeof *reader->leaves, compare_leaves);
    hash32 *root = &reader->sums->root;
    if (sorted_root(root, reader->leaves, reader->leaf_count, &reader->values) != PEVM_OK)
        return no_memory(error);
    reader->sums->accounts = reader->mark.accounts;
    reader->sums->root_expected = reader->has_root;
    if (reader->has_root) {
        enum pevm_status status = expect_hash("state root", &reader->root, root, error);
        if (status != PEVM_OK) {
            error_prefix(error, "%s", path);
            return status;
        }
    }
    return put_mark(reader, error);
}

enum pevm_status state_file_read(const char *path,
                                 const struct state_file_plan *plan,
                                 struct state_file_sums *out,
                                 struct error *error)
{
    struct reader reader = {.plan = plan, .sums = out, .has_root = plan->root != NULL};
    *out = (struct state_file_sums){0};
    if (reader.has_root) reader.root = *plan->root;
    TRY(line_file_open(&reader.file, path, error));
    arena_init(&reader.line, ARENA_CHUNK, 0);
    arena_init(&reader.values, ARENA_CHUNK, 0);
    enum pevm_status status = take_all(&reader, path, error);
    if (status == PEVM_OK) status = finish(&reader, path, error);
    line_file_close(reader.file);
    index_table_fini(&reader.table);
    heap_free(reader.leaves);
    arena_fini(&reader.values);
    arena_fini(&reader.line);
    return status;
}
