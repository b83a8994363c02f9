#include "store/undo_apply.h"

#include "crypto/keccak.h"
#include "store/keyspace.h"

static void set_key(struct store_batch *batch,
                    const struct key *key,
                    const struct key_style *style,
                    struct bytes value,
                    uint64_t ttl_ms)
{
    struct key_text text = key_write(key, style->lower);
    store_batch_set(batch, key_bytes(&text), value, ttl_ms);
}

static void delete_key(struct store_batch *batch,
                       const struct key *key,
                       const struct key_style *style)
{
    struct key_text text = key_write(key, style->lower);
    store_batch_delete(batch, key_bytes(&text));
}

/* The key of an account or slot after block `number` instead of the latest. */
static struct key at_block(struct key key, uint64_t number)
{
    key.kind = key.kind == KEY_ACCOUNT ? KEY_ACCOUNT_AT : KEY_SLOT_AT;
    key.number = number;
    return key;
}

static void put_latest_account(struct store_batch *batch,
                               const struct undo_account *account,
                               bool exists,
                               const struct stored_account *value,
                               const struct key_style *style)
{
    char text[ACCOUNT_TEXT_SIZE];
    struct key key = key_of_account(&account->who);
    if (exists)
        set_key(batch, &key, style, bytes_of(text, account_write(text, value)), 0);
    else
        delete_key(batch, &key, style);
}

static void put_latest_slot(struct store_batch *batch,
                            const address *who,
                            const u256 *slot,
                            const u256 *value,
                            const struct key_style *style)
{
    char text[SLOT_TEXT_SIZE];
    struct key key = key_of_slot(who, slot);
    if (u256_is_zero(*value))
        delete_key(batch, &key, style);
    else
        set_key(batch, &key, style, bytes_of(text, slot_write(text, value)), 0);
}

static void put_history_account(struct store_batch *batch,
                                uint64_t number,
                                const struct undo_account *account,
                                const struct key_style *style)
{
    char text[ACCOUNT_TEXT_SIZE];
    struct stored_account gone = {.code_hash = keccak_empty, .is_deleted = true};
    struct key key = at_block(key_of_account(&account->who), number);
    size_t size = account_write(text, account->exists ? &account->after : &gone);
    set_key(batch, &key, style, bytes_of(text, size), style->history_ttl_ms);
}

static void put_history_slot(struct store_batch *batch,
                             uint64_t number,
                             const address *who,
                             const struct undo_slot *slot,
                             const struct key_style *style)
{
    char text[SLOT_TEXT_SIZE];
    struct key key = at_block(key_of_slot(who, &slot->slot), number);
    size_t size = slot_write(text, &slot->after);
    set_key(batch, &key, style, bytes_of(text, size), style->history_ttl_ms);
}

void undo_put_after(struct store_batch *batch,
                    const struct undo_record *record,
                    const struct key_style *style)
{
    for (size_t i = 0; i < record->account_count; i++) {
        const struct undo_account *account = &record->accounts[i];
        put_history_account(batch, record->number, account, style);
        put_latest_account(batch, account, account->exists, &account->after, style);
        for (size_t j = 0; j < account->slot_count; j++) {
            const struct undo_slot *slot = &account->slots[j];
            put_history_slot(batch, record->number, &account->who, slot, style);
            put_latest_slot(batch, &account->who, &slot->slot, &slot->after, style);
        }
    }
}

void undo_put_history_gone(struct store_batch *batch,
                           const struct undo_record *record,
                           const struct key_style *style)
{
    for (size_t i = 0; i < record->account_count; i++) {
        const struct undo_account *account = &record->accounts[i];
        struct key key = at_block(key_of_account(&account->who), record->number);
        delete_key(batch, &key, style);
        for (size_t j = 0; j < account->slot_count; j++) {
            key = at_block(key_of_slot(&account->who, &account->slots[j].slot), record->number);
            delete_key(batch, &key, style);
        }
    }
}

void undo_put_before(struct store_batch *batch,
                     const struct undo_record *record,
                     const struct key_style *style)
{
    for (size_t i = 0; i < record->account_count; i++) {
        const struct undo_account *account = &record->accounts[i];
        put_latest_account(batch, account, account->existed, &account->before, style);
        for (size_t j = 0; j < account->slot_count; j++) {
            const struct undo_slot *slot = &account->slots[j];
            put_latest_slot(batch, &account->who, &slot->slot, &slot->before, style);
        }
    }
    undo_put_history_gone(batch, record, style);
    struct key receipts = key_of_block(KEY_RECEIPTS, record->number);
    delete_key(batch, &receipts, style);
    for (size_t i = 0; i < record->code_count; i++) {
        struct key code = key_of_code(&record->codes[i]);
        delete_key(batch, &code, style);
    }
}

void undo_put_gone(struct store_batch *batch, uint64_t number)
{
    static const enum key_kind kinds[] = {KEY_RIDERS, KEY_UNDO};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct key key = key_of_block(kinds[i], number);
        struct key_text text = key_write(&key, false);
        store_batch_delete(batch, key_bytes(&text));
    }
}

void undo_put_out(struct store_batch *batch,
                  const struct undo_record *record,
                  const struct key_style *style)
{
    undo_put_history_gone(batch, record, style);
    store_batch_barrier(batch);
    undo_put_gone(batch, record->number);
}
