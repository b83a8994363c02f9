/* Transient storage (EIP-1153): a table of its own, for it is never read from the state and few transactions have any. */
#include "base/hash.h"
#include "evm/journal_private.h"

/* Where (who, key) is, or where it would be put. */
static size_t transient_find(const struct journal *journal,
                             const address *who,
                             const u256 *key,
                             uint64_t hash)
{
    size_t at = hash & journal->transient_mask;
    const struct transient_entry *entry;
    while ((entry = journal->transient_table[at]) !=
           NULL) { /* ends: the table is at most half full */
        if (entry->hash == hash && u256_equal(entry->key, *key) && address_equal(&entry->who, who))
            break;
        at = (at + 1) & journal->transient_mask;
    }
    return at;
}

void journal_transient_read(const struct journal *journal,
                            const address *who,
                            const u256 *key,
                            u256 *out)
{
    *out = U256_ZERO;
    if (journal->transient_count == 0) return;
    uint64_t hash = hash_u256(key, hash_address(who, journal->seed));
    const struct transient_entry *entry =
        journal->transient_table[transient_find(journal, who, key, hash)];
    if (entry != NULL) *out = entry->value;
}

bool journal_transient_write(struct journal *journal,
                             const address *who,
                             const u256 *key,
                             const u256 *value)
{
    uint64_t hash = hash_u256(key, hash_address(who, journal->seed));
    size_t at = transient_find(journal, who, key, hash);
    struct transient_entry *entry = journal->transient_table[at];
    if (entry == NULL) {
        if (journal->transient_count * 2 > journal->transient_mask) {
            void **table = (void **)journal->transient_table;
            bool grown = journal_table_grow(
                &table, &journal->transient_mask, offsetof(struct transient_entry, hash));
            journal->transient_table = (struct transient_entry **)table;
            if (!grown) return false;
            at = transient_find(journal, who, key, hash);
        }
        entry = arena_alloc(&journal->arena, sizeof *entry);
        if (entry == NULL) return false;
        *entry =
            (struct transient_entry){.who = *who, .key = *key, .value = U256_ZERO, .hash = hash};
        journal->transient_table[at] = entry;
        journal->transient_count++;
    }
    struct undo *undo = journal_undo_push(journal, UNDO_TRANSIENT, entry);
    if (undo == NULL) return false;
    undo->old.word = entry->value;
    entry->value = *value;
    return true;
}
