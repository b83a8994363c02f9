/* journal.h - the state as one transaction changes it: reads through the view once, keeps every account and
 * slot it met, undoes what a failed frame did.
 *
 * Entries are found or made with journal_account and journal_slot (no state read), and filled with
 * journal_account_load and journal_slot_load (which may answer VIEW_BLOCKED and then have changed nothing).
 * So an instruction can look at `warm` and charge gas before it touches the state. Entries stay where they are
 * until the transaction ends: keep pointers. All changes are undone by journal_revert to a checkpoint,
 * what was read stays read. One owner; no heap calls in steady state.
 *
 * Balances. Adding to a balance does not read it: what was added before the balance is asked for is kept apart and
 * joins it then. Whoever asks whether a balance suffices learns a lower bound, not the number. So at the end of a
 * transaction an entry says what must hold of the balance that the view gave (balance_min, balance_is_exact): nothing,
 * for a mere recipient. Transactions that run side by side conflict only where that fails.
 *
 * Words
 *   original   value at the start of the transaction (EIP-2200), as the view gave it
 *   warm       accessed in this transaction (EIP-2929)
 *   touched    EIP-161: empty ones are deleted at the end of the transaction
 */
#pragma once

#include "base/arena.h"
#include "chain/fork.h"
#include "evm/code.h"
#include "state/view.h"
#include "types/receipt.h"

struct slot_entry {
    u256 key;
    u256 current, original;
    struct account_entry *account;
    struct slot_entry *next_of_account;
    uint64_t hash;
    bool loaded, warm, written;
};

struct account_entry {
    u256 balance; /* without VIEW_BALANCE in `parts`: only what was added so far */
    hash32 code_hash;
    uint64_t nonce;
    const struct code *code; /* NULL until journal_code; the code object of code_hash */
    uint8_t parts;           /* enum view_part: what has been read or set */
    bool exists;             /* in the trie, or created by this transaction */
    bool warm, touched, created, destroyed;
    bool code_changed;
    bool balance_is_exact; /* the run depends on the very number that original.balance is ... */

    address key;
    uint64_t hash;
    struct slot_entry *slots;     /* all that were met, newest first */
    struct slot_entry *last_slot; /* the last one found: one-entry cache */
    struct view_account original; /* parts as given by the view */
    u256 balance_min;             /* ... or only on its being at least this */
};

struct undo;

struct journal_checkpoint {
    size_t undo_count, log_count;
    int64_t refund;
};

struct journal {
    struct view view;
    struct code_cache *codes;
    struct arena arena; /* dies with the transaction */

    struct account_entry **accounts; /* in the order they were met */
    size_t account_count, account_capacity;
    struct account_entry **account_table; /* open addressing; power of two */
    size_t account_mask;
    struct slot_entry **slot_table;
    size_t slot_mask, slot_count;
    uint64_t seed;
    struct account_entry *last_account; /* the last one found */

    struct new_code *new_codes; /* code set by this transaction: a tree by hash */

    struct undo *undos;
    size_t undo_count, undo_capacity;
    struct log *logs;
    size_t log_count, log_capacity;
    int64_t refund;

    struct transient_entry **transient_table; /* EIP-1153 */
    size_t transient_mask, transient_count;
    uint64_t precompile_last; /* addresses 1 to this are warm from the start ... */
    bool p256_is_warm;        /* ... and 0x100 (EIP-2929, EIP-7951) */
};

/* False when memory runs out. `codes` is borrowed. */
bool journal_init(struct journal *journal, struct code_cache *codes) MUST_CHECK;
void journal_fini(struct journal *journal);

/* Start a transaction: forget everything, read through `view` from now on. The precompiles of `fork` are warm. */
void journal_begin(struct journal *journal, const struct view *view, enum fork fork);

/* The entry of an account; never reads state. NULL when memory runs out. */
struct account_entry *journal_account(struct journal *journal, const address *who) MUST_CHECK;

enum view_answer journal_account_load_slow(struct journal *journal,
                                           struct account_entry *account,
                                           unsigned parts);

/* Make sure that these parts of the account are known. */
MUST_CHECK ALWAYS_INLINE enum view_answer journal_account_load(struct journal *journal,
                                                               struct account_entry *account,
                                                               unsigned parts)
{
    if (likely((account->parts & parts) == parts)) return VIEW_OK;
    return journal_account_load_slow(journal, account, parts);
}

/* The code object (needs VIEW_CODE_HASH loaded, or loads it). Sets account->code. */
enum view_answer journal_code(struct journal *journal, struct account_entry *account) MUST_CHECK;

/* nonce 0, balance 0, no code (EIP-161), as things are now; reads no more than the answer needs. */
enum view_answer journal_is_empty(struct journal *journal,
                                  struct account_entry *account,
                                  bool *out) MUST_CHECK;

/* The balance itself, for all eyes to see: account->balance is whole, and the run depends on its exact value. */
enum view_answer journal_balance(struct journal *journal, struct account_entry *account) MUST_CHECK;

/* Is the balance at least `amount`? The run depends on the answer only. */
enum view_answer journal_can_pay(struct journal *journal,
                                 struct account_entry *account,
                                 const u256 *amount,
                                 bool *out) MUST_CHECK;

struct slot_entry *journal_slot(struct journal *journal,
                                struct account_entry *account,
                                const u256 *key) MUST_CHECK;
enum view_answer journal_slot_load_slow(struct journal *journal, struct slot_entry *slot);

MUST_CHECK ALWAYS_INLINE enum view_answer journal_slot_load(struct journal *journal,
                                                            struct slot_entry *slot)
{
    if (likely(slot->loaded)) return VIEW_OK;
    return journal_slot_load_slow(journal, slot);
}

/* Any non-zero storage, at the start of the transaction or now (EIP-7610)? */
enum view_answer journal_has_storage(struct journal *journal,
                                     struct account_entry *account,
                                     bool *out) MUST_CHECK;

struct journal_checkpoint journal_checkpoint(const struct journal *journal);
void journal_revert(struct journal *journal, struct journal_checkpoint checkpoint);

/* Changes. All return false only when memory runs out; all are undone by journal_revert. */
bool journal_warm_account(struct journal *journal, struct account_entry *account) MUST_CHECK;
bool journal_warm_slot(struct journal *journal, struct slot_entry *slot) MUST_CHECK;
/* Touch, and make it exist (EIP-161 deletes it again if it ends empty; before, an empty account stays). */
bool journal_touch(struct journal *journal, struct account_entry *account) MUST_CHECK;
/* Add to the balance, known or not; take from it, when journal_can_pay or journal_balance said that it is there. */
bool journal_credit(struct journal *journal,
                    struct account_entry *account,
                    const u256 *amount) MUST_CHECK;
bool journal_debit(struct journal *journal,
                   struct account_entry *account,
                   const u256 *amount) MUST_CHECK; /* needs VIEW_BALANCE */
bool journal_set_nonce(struct journal *journal,
                       struct account_entry *account,
                       uint64_t nonce) MUST_CHECK;
/* `bytes` is copied into the journal's arena and analysed lazily; hash is computed. */
bool journal_set_code(struct journal *journal,
                      struct account_entry *account,
                      struct bytes bytes) MUST_CHECK;
/* The account becomes a contract created by this transaction: exists, empty storage, nonce as given. */
bool journal_create(struct journal *journal,
                    struct account_entry *account,
                    uint64_t nonce) MUST_CHECK;
bool journal_destroy(struct journal *journal, struct account_entry *account) MUST_CHECK;
bool journal_slot_write(struct journal *journal,
                        struct slot_entry *slot,
                        const u256 *value) MUST_CHECK; /* needs loaded */
bool journal_transient_write(struct journal *journal,
                             const address *who,
                             const u256 *key,
                             const u256 *value) MUST_CHECK;
void journal_transient_read(const struct journal *journal,
                            const address *who,
                            const u256 *key,
                            u256 *out);
/* The log's data is copied. */
bool journal_log(struct journal *journal, const struct log *log) MUST_CHECK;
