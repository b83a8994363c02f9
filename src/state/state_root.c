#include "state/state_root.h"

#include "base/hex.h"
#include "crypto/keccak.h"
#include "rlp/rlp_write.h"
#include "state/account_rlp.h"
#include "state/memory_state.h"

#define SLOT_RLP_SIZE_MAX 33

/* An account on its way through a block. */
struct root_entry {
    const struct account_change *change;
    hash32 key;
    hash32 storage_root; /* as it was, unless has_trie */
    struct trie storage; /* after the changes, when has_trie */
    bool has_trie;
};

struct root_work {
    struct trie *accounts;
    const struct storage_tries *storage;
    struct root_entry *entries;
    size_t count;
    struct arena *scratch;
    struct error *error;
};

static struct bytes hash_bytes(const hash32 *hash)
{
    return bytes_of(hash->bytes, sizeof hash->bytes);
}

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "no memory for a state root");
}

static enum pevm_status name_account(enum pevm_status status,
                                     const struct root_work *work,
                                     const address *who)
{
    char text[HEX_ADDRESS_SIZE];
    if (status != PEVM_OK) error_prefix(work->error, "account %s", hex_address(text, who));
    return status;
}

static enum pevm_status name_slot(enum pevm_status status,
                                  const struct root_work *work,
                                  const u256 *slot)
{
    char text[HEX_HASH_SIZE];
    hash32 bytes = u256_to_hash(*slot);
    if (status != PEVM_OK) error_prefix(work->error, "slot %s", hex_hash(text, &bytes));
    return status;
}

/* ---- storage ---- */

static enum pevm_status put_slot(const struct root_work *work,
                                 struct trie *trie,
                                 const hash32 *key,
                                 const struct slot_change *change)
{
    uint8_t encoding[SLOT_RLP_SIZE_MAX];
    struct bytes value = BYTES_EMPTY;
    if (!u256_is_zero(change->value))
        value = bytes_of(encoding, (size_t)(rlp_put_u256(encoding, &change->value) - encoding));
    return name_slot(trie_put(trie, hash_bytes(key), value, work->error), work, &change->slot);
}

/* First the slots that stay, then those that go. */
static enum pevm_status put_slots_in_order(const struct root_work *work,
                                           struct trie *trie,
                                           const struct account_change *change,
                                           const hash32 *keys)
{
    for (unsigned deletes = 0; deletes <= 1; deletes++)
        for (size_t i = 0; i < change->slot_count; i++)
            if (u256_is_zero(change->slots[i].value) == (deletes != 0))
                TRY(put_slot(work, trie, &keys[i], &change->slots[i]));
    return PEVM_OK;
}

static enum pevm_status put_slots(const struct root_work *work, struct root_entry *entry)
{
    const struct account_change *change = entry->change;
    size_t count = change->slot_count;
    struct bytes *inputs = arena_alloc(work->scratch, count * sizeof *inputs);
    hash32 *slots = arena_alloc(work->scratch, count * sizeof *slots);
    hash32 *keys = arena_alloc(work->scratch, count * sizeof *keys);
    if (inputs == NULL || slots == NULL || keys == NULL) return no_memory(work->error);
    for (size_t i = 0; i < count; i++) {
        slots[i] = u256_to_hash(change->slots[i].slot);
        inputs[i] = hash_bytes(&slots[i]);
    }
    keccak256_many(keys, inputs, count);
    return put_slots_in_order(work, &entry->storage, change, keys);
}

/* What the trie knows of the account, and its storage with the changes. */
static enum pevm_status open_entry(const struct root_work *work, struct root_entry *entry)
{
    const struct account_change *change = entry->change;
    struct bytes leaf;
    entry->storage_root = keccak_empty_trie;
    entry->has_trie = change->exists && change->slot_count > 0;
    if (!change->exists) return PEVM_OK;

    TRY(trie_get(work->accounts, &leaf, hash_bytes(&entry->key), work->error));
    if (leaf.size > 0 && !change->storage_cleared) {
        struct account_leaf account;
        TRY(account_rlp_read(&account, leaf, work->error));
        entry->storage_root = account.storage_root;
    }
    if (!entry->has_trie) return PEVM_OK;
    if (hash32_equal(&entry->storage_root, &keccak_empty_trie))
        trie_open(&entry->storage, &keccak_empty_trie, NULL, work->scratch);
    else
        TRY(work->storage->open(work->storage->context,
                                &entry->storage,
                                &change->account,
                                &entry->storage_root,
                                work->error));
    return put_slots(work, entry);
}

static enum pevm_status hash_storage(const struct root_work *work)
{
    size_t count = 0;
    struct trie **tries = arena_alloc(work->scratch, work->count * sizeof *tries);
    if (tries == NULL) return no_memory(work->error);
    for (size_t i = 0; i < work->count; i++)
        if (work->entries[i].has_trie) tries[count++] = &work->entries[i].storage;
    if (trie_root_many(tries, count, work->scratch) != PEVM_OK) return no_memory(work->error);
    return PEVM_OK;
}

static enum pevm_status tell_hashed(const struct root_work *work)
{
    if (work->storage->hashed == NULL) return PEVM_OK;
    for (size_t i = 0; i < work->count; i++) {
        const struct root_entry *entry = &work->entries[i];
        if (!entry->has_trie) continue;
        TRY(work->storage->hashed(
            work->storage->context, &entry->storage, &entry->change->account));
    }
    return PEVM_OK;
}

/* ---- accounts ---- */

static enum pevm_status put_account(const struct root_work *work, const struct root_entry *entry)
{
    const struct account_change *change = entry->change;
    uint8_t encoding[ACCOUNT_RLP_SIZE_MAX];
    struct bytes value = BYTES_EMPTY;
    if (change->exists) {
        struct account_leaf leaf = {.balance = change->balance,
                                    .nonce = change->nonce,
                                    .storage_root = entry->has_trie ? entry->storage.root_hash
                                                                    : entry->storage_root,
                                    .code_hash = change->code_hash};
        value = bytes_of(encoding, account_rlp_put(encoding, &leaf));
    }
    return trie_put(work->accounts, hash_bytes(&entry->key), value, work->error);
}

static enum pevm_status make_entries(struct root_work *work, const struct changeset *changes)
{
    size_t count = changes->account_count;
    struct bytes *inputs = arena_alloc(work->scratch, count * sizeof *inputs);
    hash32 *keys = arena_alloc(work->scratch, count * sizeof *keys);
    work->entries = arena_alloc(work->scratch, count * sizeof *work->entries);
    if (inputs == NULL || keys == NULL || work->entries == NULL) return no_memory(work->error);
    for (size_t i = 0; i < count; i++)
        inputs[i] = bytes_of(changes->accounts[i].account.bytes, sizeof(address));
    keccak256_many(keys, inputs, count);
    for (size_t i = 0; i < count; i++) {
        work->entries[i].change = &changes->accounts[i];
        work->entries[i].key = keys[i];
    }
    work->count = count;
    return PEVM_OK;
}

enum pevm_status state_root_after(struct trie *accounts,
                                  const struct storage_tries *storage,
                                  const struct changeset *changes,
                                  hash32 *out,
                                  struct arena *scratch,
                                  struct error *error)
{
    struct root_work work = {
        .accounts = accounts, .storage = storage, .scratch = scratch, .error = error};
    TRY(make_entries(&work, changes));
    for (size_t i = 0; i < work.count; i++) {
        struct root_entry *entry = &work.entries[i];
        TRY(name_account(open_entry(&work, entry), &work, &entry->change->account));
    }
    TRY(hash_storage(&work));
    TRY(tell_hashed(&work));
    for (unsigned deletes = 0; deletes <= 1; deletes++) {
        for (size_t i = 0; i < work.count; i++) {
            const struct root_entry *entry = &work.entries[i];
            if (entry->change->exists == (deletes != 0)) continue;
            TRY(name_account(put_account(&work, entry), &work, &entry->change->account));
        }
    }
    if (trie_root_many(&accounts, 1, scratch) != PEVM_OK) return no_memory(error);
    *out = accounts->root_hash;
    return PEVM_OK;
}

/* ---- sources ---- */

static enum pevm_status open_from_nodes(
    void *context, struct trie *out, const address *who, const hash32 *root, struct error *error)
{
    const struct witness_roots *roots = context;
    (void)who;
    (void)error;
    trie_open(out, root, roots->nodes, roots->scratch);
    out->missing_sibling_is_branch = roots->missing_sibling_is_branch;
    return PEVM_OK;
}

enum pevm_status witness_root(void *context,
                              const struct changeset *changes,
                              hash32 *out,
                              struct error *error)
{
    struct witness_roots *roots = context;
    struct storage_tries storage = {.open = open_from_nodes, .context = roots};
    struct arena_mark mark = arena_mark(roots->scratch);
    struct trie accounts;
    trie_open(&accounts, &roots->parent_root, roots->nodes, roots->scratch);
    accounts.missing_sibling_is_branch = roots->missing_sibling_is_branch;
    enum pevm_status status =
        state_root_after(&accounts, &storage, changes, out, roots->scratch, error);
    arena_release(roots->scratch, mark);
    return status;
}

enum pevm_status memory_root(void *context,
                             const struct changeset *changes,
                             hash32 *out,
                             struct error *error)
{
    struct memory_roots *roots = context;
    if (memory_state_root_after(roots->state, changes, out, roots->scratch) != PEVM_OK)
        return no_memory(error);
    return PEVM_OK;
}
