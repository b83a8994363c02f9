/* Changes, and how they are undone: a record of each, newest last, says what was there before. */
#include "base/assert.h"
#include "crypto/keccak.h"
#include "evm/journal_private.h"

/* ---- undo ------------------------------------------------------------------------------------ */

enum {
    FLAG_EXISTS = 1,
    FLAG_WARM = 2,
    FLAG_TOUCHED = 4,
    FLAG_CREATED = 8,
    FLAG_DESTROYED = 16,
    FLAG_CODE_CHANGED = 32
};

static uint8_t account_flags(const struct account_entry *account)
{
    return (uint8_t)((account->exists ? FLAG_EXISTS : 0) | (account->warm ? FLAG_WARM : 0) |
                     (account->touched ? FLAG_TOUCHED : 0) | (account->created ? FLAG_CREATED : 0) |
                     (account->destroyed ? FLAG_DESTROYED : 0) |
                     (account->code_changed ? FLAG_CODE_CHANGED : 0));
}

/* Mainnet block 2,675,119: a touch of 0x03 stays even when its frame fails (rules, section 14). */
static bool touch_is_kept(const struct account_entry *account)
{
    static const address ripemd160_address = {{[19] = 3}};
    return account->touched && address_equal(&account->key, &ripemd160_address);
}

static void account_restore_flags(struct account_entry *account, uint8_t flags)
{
    bool existed = (account->parts & VIEW_EXISTENCE) != 0 && account->original.exists;
    account->touched = (flags & FLAG_TOUCHED) != 0 || touch_is_kept(account);
    account->exists = (flags & FLAG_EXISTS) != 0 || existed;
    account->warm = (flags & FLAG_WARM) != 0;
    account->created = (flags & FLAG_CREATED) != 0;
    account->destroyed = (flags & FLAG_DESTROYED) != 0;
    account->code_changed = (flags & FLAG_CODE_CHANGED) != 0;
}

struct undo *journal_undo_push(struct journal *journal, enum undo_kind kind, void *target)
{
    void *undos = journal->undos;
    if (!array_reserve(&undos, journal->undo_count, &journal->undo_capacity, sizeof(struct undo)))
        return NULL;
    journal->undos = undos;
    struct undo *undo = &journal->undos[journal->undo_count++];
    undo->kind = (uint8_t)kind;
    undo->target = target;
    return undo;
}

static struct undo *undo_push_account(struct journal *journal,
                                      enum undo_kind kind,
                                      struct account_entry *account)
{
    struct undo *undo = journal_undo_push(journal, kind, account);
    if (undo != NULL) undo->flags = account_flags(account);
    return undo;
}

struct journal_checkpoint journal_checkpoint(const struct journal *journal)
{
    return (struct journal_checkpoint){journal->undo_count, journal->log_count, journal->refund};
}

static void undo_apply(const struct undo *undo)
{
    struct account_entry *account = undo->target;
    struct slot_entry *slot = undo->target;
    struct transient_entry *transient = undo->target;
    switch ((enum undo_kind)undo->kind) {
    case UNDO_SLOT: slot->current = undo->old.word; return;
    case UNDO_WARM_SLOT: slot->warm = false; return;
    case UNDO_TRANSIENT: transient->value = undo->old.word; return;
    case UNDO_CREDIT: account->balance = u256_sub(account->balance, undo->old.word); break;
    case UNDO_DEBIT: account->balance = u256_add(account->balance, undo->old.word); break;
    case UNDO_NONCE: account->nonce = undo->old.nonce; break;
    case UNDO_CODE:
        account->code_hash = undo->old.code_hash;
        account->code = NULL;
        break;
    case UNDO_FLAGS: break;
    }
    account_restore_flags(account, undo->flags);
}

void journal_revert(struct journal *journal, struct journal_checkpoint checkpoint)
{
    VERIFY(checkpoint.undo_count <= journal->undo_count &&
           checkpoint.log_count <= journal->log_count);
    while (journal->undo_count > checkpoint.undo_count)
        undo_apply(&journal->undos[--journal->undo_count]);
    journal->log_count = checkpoint.log_count;
    journal->refund = checkpoint.refund;
}

/* ---- changes --------------------------------------------------------------------------------- */

/* What the view said about emptiness no longer holds: ask for all parts when it is needed again. */
static void part_changed(struct account_entry *account)
{
    if (account->parts != VIEW_ALL_PARTS) account->parts &= (uint8_t)~VIEW_EXISTENCE;
}

bool journal_warm_account(struct journal *journal, struct account_entry *account)
{
    if (account->warm) return true;
    if (undo_push_account(journal, UNDO_FLAGS, account) == NULL) return false;
    account->warm = true;
    return true;
}

bool journal_warm_slot(struct journal *journal, struct slot_entry *slot)
{
    if (slot->warm) return true;
    if (journal_undo_push(journal, UNDO_WARM_SLOT, slot) == NULL) return false;
    slot->warm = true;
    return true;
}

bool journal_touch(struct journal *journal, struct account_entry *account)
{
    if (account->touched && account->exists) return true;
    if (undo_push_account(journal, UNDO_FLAGS, account) == NULL) return false;
    account->touched = account->exists = true;
    return true;
}

/* The record holds what was moved, not what was there: the balance may come to be known between change and undo. */
static bool balance_move(struct journal *journal,
                         struct account_entry *account,
                         enum undo_kind kind,
                         const u256 *amount)
{
    struct undo *undo = undo_push_account(journal, kind, account);
    if (undo == NULL) return false;
    undo->old.word = *amount;
    account->balance = kind == UNDO_CREDIT ? u256_add(account->balance, *amount)
                                           : u256_sub(account->balance, *amount);
    account->exists = true;
    part_changed(account);
    return true;
}

bool journal_credit(struct journal *journal, struct account_entry *account, const u256 *amount)
{
    return balance_move(journal, account, UNDO_CREDIT, amount);
}

bool journal_debit(struct journal *journal, struct account_entry *account, const u256 *amount)
{
    VERIFY((account->parts & VIEW_BALANCE) != 0 && !u256_less(account->balance, *amount));
    return balance_move(journal, account, UNDO_DEBIT, amount);
}

bool journal_set_nonce(struct journal *journal, struct account_entry *account, uint64_t nonce)
{
    VERIFY((account->parts & VIEW_NONCE) != 0);
    struct undo *undo = undo_push_account(journal, UNDO_NONCE, account);
    if (undo == NULL) return false;
    undo->old.nonce = account->nonce;
    account->nonce = nonce;
    account->exists = true;
    part_changed(account);
    return true;
}

static const struct code *new_code_add(struct journal *journal, struct bytes bytes)
{
    hash32 hash;
    keccak256(&hash, bytes.data, bytes.size);
    struct new_code **place = journal_new_code(journal, &hash);
    if (*place != NULL) return (*place)->code;
    struct new_code *created = arena_alloc(&journal->arena, sizeof *created);
    void *memory = arena_alloc(&journal->arena, code_memory_size(bytes.size));
    if (created == NULL || memory == NULL) return NULL;
    *created = (struct new_code){.code = code_build(memory, bytes, &hash)};
    *place = created;
    return created->code;
}

bool journal_set_code(struct journal *journal, struct account_entry *account, struct bytes bytes)
{
    VERIFY((account->parts & VIEW_CODE_HASH) != 0);
    const struct code *code = bytes.size == 0 ? &code_empty : new_code_add(journal, bytes);
    if (code == NULL) return false;
    struct undo *undo = undo_push_account(journal, UNDO_CODE, account);
    if (undo == NULL) return false;
    undo->old.code_hash = account->code_hash;
    account->code = code;
    account->code_hash = code->size == 0 ? keccak_empty : code->hash;
    account->code_changed = account->exists = true;
    part_changed(account);
    return true;
}

bool journal_create(struct journal *journal, struct account_entry *account, uint64_t nonce)
{
    if (!journal_set_nonce(journal, account, nonce))
        return false; /* its record restores the flags below, too */
    account->created = account->exists = account->touched = true;
    return true;
}

bool journal_destroy(struct journal *journal, struct account_entry *account)
{
    if (undo_push_account(journal, UNDO_FLAGS, account) == NULL) return false;
    account->destroyed = true;
    return true;
}

bool journal_slot_write(struct journal *journal, struct slot_entry *slot, const u256 *value)
{
    VERIFY(slot->loaded);
    struct undo *undo = journal_undo_push(journal, UNDO_SLOT, slot);
    if (undo == NULL) return false;
    undo->old.word = slot->current;
    slot->current = *value;
    slot->written = true;
    return true;
}

/* ---- logs ------------------------------------------------------------------------------------ */

bool journal_log(struct journal *journal, const struct log *log)
{
    void *logs = journal->logs;
    if (!array_reserve(&logs, journal->log_count, &journal->log_capacity, sizeof(struct log)))
        return false;
    journal->logs = logs;
    struct log *copy = &journal->logs[journal->log_count];
    *copy = *log;
    if (!arena_copy(&journal->arena, &copy->data, log->data)) return false;
    journal->log_count++;
    return true;
}
