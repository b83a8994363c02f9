#include "evm/journal.h"

#include "base/assert.h"
#include "base/hash.h"
#include "crypto/keccak.h"
#include "evm/journal_private.h"

#include <string.h>

#define TABLE_SIZE_FIRST                                                                           \
    128 /* entries; a transfer meets 3 accounts, a swap some 10 accounts and 30 slots */
#define ARENA_CHUNK_BYTES (256 * 1024)

/* ---- tables ---------------------------------------------------------------------------------- */

static void *table_new(size_t size)
{
    return heap_alloc_zeroed(size, sizeof(void *));
}

/* What the first transaction would take otherwise: machines that wait for work of a rare kind take nothing in a block. */
static bool take_first(struct journal *journal)
{
    void **accounts = (void **)&journal->accounts, **undos = (void **)&journal->undos,
         **logs = (void **)&journal->logs;
    return array_reserve(accounts, 0, &journal->account_capacity, sizeof *journal->accounts) &&
           array_reserve(undos, 0, &journal->undo_capacity, sizeof *journal->undos) &&
           array_reserve(logs, 0, &journal->log_capacity, sizeof *journal->logs) &&
           arena_warm(&journal->arena);
}

bool journal_init(struct journal *journal, struct code_cache *codes)
{
    *journal = (struct journal){.codes = codes, .seed = hash_seed()};
    arena_init(&journal->arena, ARENA_CHUNK_BYTES, 0);
    journal->account_table = table_new(TABLE_SIZE_FIRST);
    journal->slot_table = table_new(TABLE_SIZE_FIRST);
    journal->transient_table = table_new(TABLE_SIZE_FIRST);
    if (journal->account_table == NULL || journal->slot_table == NULL ||
        journal->transient_table == NULL || !take_first(journal)) {
        journal_fini(journal);
        return false;
    }
    journal->account_mask = journal->slot_mask = journal->transient_mask = TABLE_SIZE_FIRST - 1;
    return true;
}

void journal_fini(struct journal *journal)
{
    arena_fini(&journal->arena);
    heap_free(journal->accounts);
    heap_free(journal->account_table);
    heap_free(journal->slot_table);
    heap_free(journal->transient_table);
    heap_free(journal->undos);
    heap_free(journal->logs);
    *journal = (struct journal){0};
}

/* Empty the tables: entry by entry when they are sparse, so that one big transaction does not make all later ones pay. */
static void tables_clear(struct journal *journal)
{
    if (journal->account_count * 8 > journal->account_mask) {
        memset(journal->account_table, 0, (journal->account_mask + 1) * sizeof(void *));
    } else {
        for (size_t i = 0; i < journal->account_count; i++) {
            size_t at = journal->accounts[i]->hash & journal->account_mask;
            while (journal->account_table[at] !=
                   journal->accounts[i]) /* ends: the entry is in the table */
                at = (at + 1) & journal->account_mask;
            journal->account_table[at] = NULL;
        }
    }
    if (journal->slot_count * 8 > journal->slot_mask) {
        memset(journal->slot_table, 0, (journal->slot_mask + 1) * sizeof(void *));
    } else if (journal->slot_count > 0) {
        for (size_t i = 0; i < journal->account_count; i++) {
            for (struct slot_entry *slot = journal->accounts[i]->slots; slot != NULL;
                 slot = slot->next_of_account) {
                size_t at = slot->hash & journal->slot_mask;
                while (journal->slot_table[at] != slot) /* ends: the entry is in the table */
                    at = (at + 1) & journal->slot_mask;
                journal->slot_table[at] = NULL;
            }
        }
    }
    if (journal->transient_count > 0)
        memset(journal->transient_table, 0, (journal->transient_mask + 1) * sizeof(void *));
}

void journal_begin(struct journal *journal, const struct view *view, enum fork fork)
{
    tables_clear(journal);
    arena_reset(&journal->arena);
    journal->view = *view;
    journal->account_count = journal->slot_count = journal->transient_count = 0;
    journal->undo_count = journal->log_count = 0;
    journal->refund = 0;
    journal->last_account = NULL;
    journal->new_codes = NULL;
    journal->precompile_last = fork >= FORK_PRAGUE ? 0x11 : fork >= FORK_CANCUN ? 0x0a : 0x09;
    journal->p256_is_warm = fork >= FORK_OSAKA;
}

bool journal_table_grow(void ***table, size_t *mask, size_t hash_offset)
{
    size_t size = (*mask + 1) * 2;
    void **bigger = table_new(size);
    if (bigger == NULL) return false;
    for (size_t i = 0; i <= *mask; i++) {
        if ((*table)[i] == NULL) continue;
        uint64_t hash;
        memcpy(&hash, (const char *)(*table)[i] + hash_offset, sizeof hash);
        size_t at = hash & (size - 1);
        while (bigger[at] != NULL) /* ends: the table is at most half full */
            at = (at + 1) & (size - 1);
        bigger[at] = (*table)[i];
    }
    heap_free(*table);
    *table = bigger;
    *mask = size - 1;
    return true;
}

/* ---- accounts -------------------------------------------------------------------------------- */

static bool is_warm_precompile(const struct journal *journal, const address *who)
{
    uint64_t head, middle;
    memcpy(&head, who->bytes, 8);
    memcpy(&middle, who->bytes + 8, 8);
    if ((head | middle) != 0) return false;
    uint64_t low = (uint64_t)who->bytes[16] << 24 | (uint64_t)who->bytes[17] << 16 |
                   (uint64_t)who->bytes[18] << 8 | who->bytes[19];
    return (low >= 1 && low <= journal->precompile_last) || (low == 0x100 && journal->p256_is_warm);
}

static struct account_entry *account_new(struct journal *journal,
                                         const address *who,
                                         uint64_t hash,
                                         size_t at)
{
    if (unlikely(journal->account_count * 2 > journal->account_mask)) {
        void **table = (void **)journal->account_table;
        bool grown = journal_table_grow(
            &table, &journal->account_mask, offsetof(struct account_entry, hash));
        journal->account_table = (struct account_entry **)table;
        if (!grown) return NULL;
        at = hash & journal->account_mask;
        while (journal->account_table[at] != NULL)
            at = (at + 1) & journal->account_mask;
    }
    void *accounts = journal->accounts;
    if (!array_reserve(
            &accounts, journal->account_count, &journal->account_capacity, sizeof(void *)))
        return NULL;
    journal->accounts = accounts;

    struct account_entry *account = arena_alloc(&journal->arena, sizeof *account);
    if (account == NULL) return NULL;
    memset(account, 0, sizeof *account);
    account->key = *who;
    account->hash = hash;
    account->warm = is_warm_precompile(journal, who);
    journal->account_table[at] = account;
    journal->accounts[journal->account_count++] = account;
    return account;
}

struct account_entry *journal_account(struct journal *journal, const address *who)
{
    struct account_entry *last = journal->last_account;
    if (last != NULL && address_equal(&last->key, who)) return last;

    uint64_t hash = hash_address(who, journal->seed);
    size_t at = hash & journal->account_mask;
    struct account_entry *account;
    while ((account = journal->account_table[at]) !=
           NULL) { /* ends: the table is at most half full */
        if (account->hash == hash && address_equal(&account->key, who)) break;
        at = (at + 1) & journal->account_mask;
    }
    if (account == NULL) account = account_new(journal, who, hash, at);
    if (account != NULL) journal->last_account = account;
    return account;
}

enum view_answer journal_account_load_slow(struct journal *journal,
                                           struct account_entry *account,
                                           unsigned parts)
{
    /* Emptiness of an account that we changed can only be judged with all its parts at hand. */
    if ((parts & VIEW_EXISTENCE) != 0 && (account->parts & ~(unsigned)VIEW_EXISTENCE) != 0)
        parts = VIEW_ALL_PARTS;
    parts &= ~(unsigned)account->parts;
    struct view_account given;
    enum view_answer answer =
        journal->view.ops->account(journal->view.context, &account->key, parts, &given);
    if (answer != VIEW_OK) return answer;
    VERIFY((given.parts & parts) == parts);

    unsigned fresh = given.parts & ~(unsigned)account->parts;
    if (fresh & VIEW_BALANCE) {
        account->original.balance = given.balance;
        account->balance =
            u256_add(given.balance, account->balance); /* with what was added before we asked */
    }
    if (fresh & VIEW_NONCE) account->nonce = account->original.nonce = given.nonce;
    if (fresh & VIEW_CODE_HASH) account->code_hash = account->original.code_hash = given.code_hash;
    if (fresh & VIEW_EXISTENCE) {
        account->original.exists = given.exists;
        account->original.empty = given.empty;
        account->exists =
            account->exists || given.exists; /* it may have come to life before we asked */
    }
    account->original.parts |= given.parts;
    account->original.place = given.place;
    account->parts |= given.parts;
    return VIEW_OK;
}

/* ---- balances -------------------------------------------------------------------------------- */

enum view_answer journal_balance(struct journal *journal, struct account_entry *account)
{
    enum view_answer answer = journal_account_load(journal, account, VIEW_BALANCE);
    if (answer == VIEW_OK) account->balance_is_exact = true;
    return answer;
}

/* The balance now is at least `amount`, and the run goes on on that ground: what does that ask of the one we were given? */
static void require_at_least(struct account_entry *account, const u256 *amount)
{
    u256 spare = u256_sub(account->balance, *amount);
    if (!u256_less(spare, account->original.balance)) return; /* what was added alone suffices */
    u256 least = u256_sub(account->original.balance, spare);
    if (u256_less(account->balance_min, least)) account->balance_min = least;
}

enum view_answer journal_can_pay(struct journal *journal,
                                 struct account_entry *account,
                                 const u256 *amount,
                                 bool *out)
{
    *out = true;
    if (u256_is_zero(*amount)) return VIEW_OK;
    enum view_answer answer = journal_account_load(journal, account, VIEW_BALANCE);
    if (answer != VIEW_OK) return answer;
    *out = !u256_less(account->balance, *amount);
    if (*out)
        require_at_least(account, amount);
    else
        account->balance_is_exact = true; /* rare: not worth an upper bound */
    return VIEW_OK;
}

/* What is known already may be enough to say that an account is not empty. */
static bool is_surely_not_empty(struct account_entry *account)
{
    if ((account->parts & VIEW_NONCE) != 0 && account->nonce != 0) return true;
    if ((account->parts & VIEW_CODE_HASH) != 0 && !hash32_equal(&account->code_hash, &keccak_empty))
        return true;
    if (u256_is_zero(account->balance)) return false;
    if ((account->parts & VIEW_BALANCE) != 0) require_at_least(account, &(u256){{1}});
    return true;
}

enum view_answer journal_is_empty(struct journal *journal, struct account_entry *account, bool *out)
{
    *out = false;
    if (is_surely_not_empty(account)) return VIEW_OK;
    bool is_changed = (account->parts & VIEW_EXISTENCE) == 0 && account->parts != 0;
    enum view_answer answer =
        journal_account_load(journal, account, is_changed ? VIEW_ALL_PARTS : VIEW_EXISTENCE);
    if (answer != VIEW_OK) return answer;
    if (account->parts != VIEW_ALL_PARTS) { /* unchanged: see part_changed */
        *out = account->original.empty;
        return VIEW_OK;
    }
    if (is_surely_not_empty(account)) return VIEW_OK;
    account->balance_is_exact = true; /* it is zero, and had to be */
    *out = true;
    return VIEW_OK;
}

/* ---- code ------------------------------------------------------------------------------------ */

struct new_code **journal_new_code(struct journal *journal, const hash32 *hash)
{
    struct new_code **place = &journal->new_codes;
    uint64_t bits = load_be64(hash->bytes);
    for (; *place != NULL; bits <<= 2) { /* ends: the tree is finite */
        if (hash32_equal(&(*place)->code->hash, hash)) break;
        place = &(*place)->children[bits >> 62];
    }
    return place;
}

enum view_answer journal_code(struct journal *journal, struct account_entry *account)
{
    if (account->code != NULL) return VIEW_OK;
    enum view_answer answer = journal_account_load(journal, account, VIEW_CODE_HASH);
    if (answer != VIEW_OK) return answer;
    const hash32 *hash = &account->code_hash;
    if (hash32_equal(hash, &keccak_empty)) {
        account->code = &code_empty;
        return VIEW_OK;
    }
    const struct new_code *created = *journal_new_code(journal, hash);
    const struct code *code =
        created != NULL ? created->code : code_cache_find(journal->codes, hash);
    if (code == NULL) {
        struct bytes bytes;
        answer = journal->view.ops->code(journal->view.context, &account->key, hash, &bytes);
        if (answer != VIEW_OK) return answer;
        code = code_cache_insert(journal->codes, hash, bytes);
        if (code == NULL) {
            void *memory = arena_alloc(&journal->arena, code_memory_size(bytes.size));
            if (memory == NULL) return VIEW_FAILED;
            code = code_build(memory, bytes, hash);
        }
    }
    account->code = code;
    return VIEW_OK;
}

/* ---- slots ----------------------------------------------------------------------------------- */

static struct slot_entry *slot_new(struct journal *journal,
                                   struct account_entry *account,
                                   const u256 *key,
                                   uint64_t hash,
                                   size_t at)
{
    if (unlikely(journal->slot_count * 2 > journal->slot_mask)) {
        void **table = (void **)journal->slot_table;
        bool grown =
            journal_table_grow(&table, &journal->slot_mask, offsetof(struct slot_entry, hash));
        journal->slot_table = (struct slot_entry **)table;
        if (!grown) return NULL;
        at = hash & journal->slot_mask;
        while (journal->slot_table[at] != NULL)
            at = (at + 1) & journal->slot_mask;
    }
    struct slot_entry *slot = arena_alloc(&journal->arena, sizeof *slot);
    if (slot == NULL) return NULL;
    *slot = (struct slot_entry){
        .key = *key, .account = account, .next_of_account = account->slots, .hash = hash};
    account->slots = slot;
    journal->slot_table[at] = slot;
    journal->slot_count++;
    return slot;
}

struct slot_entry *journal_slot(struct journal *journal,
                                struct account_entry *account,
                                const u256 *key)
{
    struct slot_entry *last = account->last_slot;
    if (last != NULL && u256_equal(last->key, *key)) return last;

    uint64_t hash = hash_u256(key, account->hash ^ journal->seed);
    size_t at = hash & journal->slot_mask;
    struct slot_entry *slot;
    while ((slot = journal->slot_table[at]) != NULL) { /* ends: the table is at most half full */
        if (slot->account == account && u256_equal(slot->key, *key)) break;
        at = (at + 1) & journal->slot_mask;
    }
    if (slot == NULL) slot = slot_new(journal, account, key, hash, at);
    if (slot != NULL) account->last_slot = slot;
    return slot;
}

enum view_answer journal_slot_load_slow(struct journal *journal, struct slot_entry *slot)
{
    u256 value = U256_ZERO;
    if (!slot->account->created) { /* a new contract begins with empty storage */
        enum view_answer answer =
            journal->view.ops->slot(journal->view.context, &slot->account->key, &slot->key, &value);
        if (answer != VIEW_OK) return answer;
    }
    slot->original = slot->current = value;
    slot->loaded = true;
    return VIEW_OK;
}

enum view_answer journal_has_storage(struct journal *journal,
                                     struct account_entry *account,
                                     bool *out)
{
    for (const struct slot_entry *slot = account->slots; slot != NULL;
         slot = slot->next_of_account) {
        if (slot->loaded && !u256_is_zero(slot->current)) {
            *out = true;
            return VIEW_OK;
        }
    }
    return journal->view.ops->has_storage(journal->view.context, &account->key, out);
}
