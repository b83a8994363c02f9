#include "store/value.h"

#include "base/hex.h"
#include "crypto/keccak.h"
#include "store/flat_json.h"

#include <inttypes.h>
#include <stdio.h>

static enum pevm_status fault(const struct json_field *field,
                              const char *wanted,
                              struct error *error)
{
    return error_set(error,
                     PEVM_CORRUPT,
                     "%s: \"%.*s\" will not do; wanted %s",
                     field->name,
                     (int)(field->value.size < 80 ? field->value.size : 80),
                     (const char *)field->value.data,
                     wanted);
}

static const hash32 zero_hash;

size_t account_write(char out[ACCOUNT_TEXT_SIZE], const struct stored_account *account)
{
    char balance[U256_DECIMAL_SIZE], code[HEX_HASH_SIZE], root[HEX_HASH_SIZE];
    bool has_code = !hash32_equal(&account->code_hash, &keccak_empty);
    int size = snprintf(out,
                        ACCOUNT_TEXT_SIZE,
                        "{\"balance\":%s,\"nonce\":%" PRIu64
                        ",\"codeHash\":\"%s\",\"storageRoot\":\"%s\"%s%s}",
                        u256_to_decimal(balance, account->balance),
                        account->nonce,
                        hex_hash(code, has_code ? &account->code_hash : &zero_hash),
                        hex_hash(root, &zero_hash),
                        account->is_deleted ? ",\"deleted\":true" : "",
                        account->has_bare_storage ? ",\"bareStorage\":true" : "");
    ASSERT(size > 0 && size < ACCOUNT_TEXT_SIZE);
    return (size_t)size;
}

enum pevm_status account_read(struct stored_account *out, struct bytes text, struct error *error)
{
    enum { BALANCE, NONCE, CODE_HASH, STORAGE_ROOT, DELETED, BARE, COUNT };
    struct json_field fields[COUNT] = {
        [BALANCE] = {.name = "balance",    .is_required = true},
        [NONCE] = {.name = "nonce",                    .is_required = true},
        [CODE_HASH] = {.name = "codeHash",.is_required = true},
        [STORAGE_ROOT] = {.name = "storageRoot"  },
        [DELETED] = {.name = "deleted"                   },
        [BARE] = {.name = "bareStorage"                 },
    };
    struct stored_account account = {0};
    hash32 root;
    TRY(flat_json_read(text, fields, COUNT, error));
    if (!json_field_u256(&fields[BALANCE], &account.balance))
        return fault(&fields[BALANCE], "a number of at most 256 bits", error);
    if (!json_field_u64(&fields[NONCE], &account.nonce))
        return fault(&fields[NONCE], "a number of at most 64 bits", error);
    if (!json_field_hash(&fields[CODE_HASH], &account.code_hash))
        return fault(&fields[CODE_HASH], "0x and 64 digits", error);
    if (fields[STORAGE_ROOT].is_present && !json_field_hash(&fields[STORAGE_ROOT], &root))
        return fault(&fields[STORAGE_ROOT], "0x and 64 digits", error);
    if (fields[DELETED].is_present && !json_field_flag(&fields[DELETED], &account.is_deleted))
        return fault(&fields[DELETED], "true or false", error);
    if (fields[BARE].is_present && !json_field_flag(&fields[BARE], &account.has_bare_storage))
        return fault(&fields[BARE], "true or false", error);
    if (hash32_is_zero(&account.code_hash)) account.code_hash = keccak_empty;
    *out = account;
    return PEVM_OK;
}

size_t slot_write(char out[SLOT_TEXT_SIZE], const u256 *value)
{
    hash32 word = u256_to_hash(*value);
    hex_hash(out, &word);
    return SLOT_TEXT_SIZE - 1;
}

enum pevm_status slot_read(u256 *out, struct bytes text, struct error *error)
{
    hash32 word;
    const char *digits = (const char *)text.data;
    if (text.size != SLOT_TEXT_SIZE - 1 || digits[0] != '0' || digits[1] != 'x' ||
        !hex_decode(word.bytes, digits + 2, 64))
        return error_set(error,
                         PEVM_CORRUPT,
                         "\"%.*s\" (%zu bytes) is no slot; wanted 0x and 64 digits",
                         (int)(text.size < 80 ? text.size : 80),
                         text.size == 0 ? "" : digits,
                         text.size);
    *out = u256_from_hash(&word);
    return PEVM_OK;
}

size_t sync_progress_write(char out[PROGRESS_TEXT_SIZE], uint64_t number)
{
    return (size_t)snprintf(out, PROGRESS_TEXT_SIZE, "{\"latestSyncedBlock\":%" PRIu64 "}", number);
}

enum pevm_status sync_progress_read(uint64_t *out, struct bytes text, struct error *error)
{
    struct json_field field = {.name = "latestSyncedBlock", .is_required = true};
    TRY(flat_json_read(text, &field, 1, error));
    if (!json_field_u64(&field, out)) return fault(&field, "a number of at most 64 bits", error);
    return PEVM_OK;
}

size_t exec_progress_write(char out[PROGRESS_TEXT_SIZE], const struct exec_progress *progress)
{
    char hash[HEX_HASH_SIZE];
    int size = snprintf(out,
                        PROGRESS_TEXT_SIZE,
                        "{\"latestExecutedBlock\":%" PRIu64 ",\"lastExecutionTime\":%" PRIu64
                        ",\"totalTxsExecuted\":%" PRIu64
                        ",\"latestExecutedHash\":\"%s\",\"epoch\":%" PRIu64 ",\"schema\":%d}",
                        progress->number,
                        progress->time,
                        progress->tx_count,
                        hex_hash(hash, &progress->hash),
                        progress->epoch,
                        STORE_SCHEMA);
    ASSERT(size > 0 && size < PROGRESS_TEXT_SIZE);
    return (size_t)size;
}

enum pevm_status exec_progress_read(struct exec_progress *out,
                                    struct bytes text,
                                    struct error *error)
{
    enum { NUMBER, TIME, TXS, HASH, EPOCH, SCHEMA, COUNT };
    struct json_field fields[COUNT] = {
        [NUMBER] = {.name = "latestExecutedBlock", .is_required = true},
        [TIME] = {.name = "lastExecutionTime"                            },
        [TXS] = {.name = "totalTxsExecuted"},
        [HASH] = {.name = "latestExecutedHash"                            },
        [EPOCH] = {.name = "epoch"},
        [SCHEMA] = {.name = "schema"                            },
    };
    struct exec_progress progress = {0};
    uint64_t schema = STORE_SCHEMA;
    uint64_t *numbers[COUNT] = {
        &progress.number, &progress.time, &progress.tx_count, NULL, &progress.epoch, &schema};
    TRY(flat_json_read(text, fields, COUNT, error));
    for (size_t i = 0; i < COUNT; i++) {
        if (numbers[i] == NULL || !fields[i].is_present) continue;
        if (!json_field_u64(&fields[i], numbers[i]))
            return fault(&fields[i], "a number of at most 64 bits", error);
    }
    progress.has_hash = fields[HASH].is_present;
    if (progress.has_hash && !json_field_hash(&fields[HASH], &progress.hash))
        return fault(&fields[HASH], "0x and 64 digits", error);
    if (schema != STORE_SCHEMA)
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "schema: the store was written with schema %" PRIu64
                         ", this program knows %d",
                         schema,
                         STORE_SCHEMA);
    *out = progress;
    return PEVM_OK;
}
