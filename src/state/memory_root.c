/* Roots of a state in memory. The account trie is built once and then follows; a root after changes that are not applied
 * forks it. Storage tries are built when they are needed, and kept when they are large and change again. */
#include "base/assert.h"
#include "base/heap.h"
#include "rlp/rlp_write.h"
#include "state/account_rlp.h"
#include "state/memory_state_private.h"
#include "state/sort.h"
#include "state/state_root.h"
#include "trie/trie_build.h"

#define TRIES_CHUNK_SIZE  ((size_t)1 << 14)
#define KEEP_SLOTS_MIN    64 /* below, building a storage trie is not worth the memory of keeping it */
#define BUILD_LEAVES      4096 /* storage tries are built and hashed in portions of so many leaves */
#define GARBAGE_BYTES_MIN ((size_t)1 << 22)
#define SLOT_RLP_SIZE_MAX 33

void memory_tries_init(struct memory_tries *tries)
{
    arena_init(&tries->arena, TRIES_CHUNK_SIZE, 0);
}

void memory_tries_fini(struct memory_tries *tries)
{
    arena_fini(&tries->arena);
    heap_free(tries->stale);
    *tries = (struct memory_tries){0};
}

static struct bytes hash_bytes(const hash32 *hash)
{
    return bytes_of(hash->bytes, sizeof hash->bytes);
}

/* Forget all that is kept; the next root builds it again. */
static void tries_drop(struct memory_state *state)
{
    struct memory_tries *tries = &state->tries;
    for (size_t i = 0; i < state->account_count; i++) {
        state->accounts[i].storage_trie = NULL;
        state->accounts[i].is_stale = false;
    }
    tries->stale_count = 0;
    tries->has_accounts = false;
    arena_reset(&tries->arena);
}

void memory_account_changed(struct memory_state *state, uint32_t account, bool storage_changed)
{
    struct memory_account_entry *entry = &state->accounts[account];
    if (storage_changed) entry->has_root = false;
    if (!state->tries.has_accounts || entry->is_stale) return;
    entry->is_stale = true;
    state->tries.stale[state->tries.stale_count++] = account;
}

/* ---- keys ---- */

static const hash32 *account_key(struct memory_account_entry *account)
{
    if (!account->has_key) {
        keccak256(&account->key, account->who.bytes, sizeof account->who.bytes);
        account->has_key = true;
    }
    return &account->key;
}

static void slot_key_compute(hash32 *out, const u256 *slot)
{
    hash32 bytes = u256_to_hash(*slot);
    keccak256(out, bytes.bytes, sizeof bytes.bytes);
}

static const hash32 *slot_key(struct memory_slot_entry *slot)
{
    if (!slot->has_key) {
        slot_key_compute(&slot->key, &slot->slot);
        slot->has_key = true;
    }
    return &slot->key;
}

#define KEY_BATCH 64

/* The keys of all accounts that have none, many at a time. */
static void fill_account_keys(struct memory_state *state)
{
    struct bytes inputs[KEY_BATCH];
    uint32_t indices[KEY_BATCH];
    hash32 keys[KEY_BATCH];
    size_t count = 0;
    for (uint32_t i = 0; i <= state->account_count; i++) {
        bool is_end = i == state->account_count;
        if (!is_end && state->accounts[i].exists && !state->accounts[i].has_key) {
            indices[count] = i;
            inputs[count++] = bytes_of(state->accounts[i].who.bytes, sizeof(address));
        }
        if (count < KEY_BATCH && !is_end) continue;
        keccak256_many(keys, inputs, count);
        for (size_t k = 0; k < count; k++) {
            state->accounts[indices[k]].key = keys[k];
            state->accounts[indices[k]].has_key = true;
        }
        count = 0;
    }
}

/* The same for the slots of one account. */
static void fill_slot_keys(struct memory_state *state, uint32_t account)
{
    hash32 slots[KEY_BATCH], keys[KEY_BATCH];
    struct bytes inputs[KEY_BATCH];
    uint32_t indices[KEY_BATCH];
    size_t count = 0;
    uint32_t i = state->accounts[account].first_slot;
    for (;;) { /* ends: each round goes on in the list */
        if (i != INDEX_NONE && !state->slots[i].has_key) {
            indices[count] = i;
            slots[count] = u256_to_hash(state->slots[i].slot);
            inputs[count] = hash_bytes(&slots[count]);
            count++;
        }
        if (count == KEY_BATCH || i == INDEX_NONE) {
            keccak256_many(keys, inputs, count);
            for (size_t k = 0; k < count; k++) {
                state->slots[indices[k]].key = keys[k];
                state->slots[indices[k]].has_key = true;
            }
            count = 0;
        }
        if (i == INDEX_NONE) return;
        i = state->slots[i].next;
    }
}

/* ---- storage tries ---- */

/* A slot as a leaf: key and value in the arena. */
static enum pevm_status build_add_slot(struct trie_build *build,
                                       const struct memory_slot_entry *slot)
{
    struct bytes key;
    uint8_t *value = arena_alloc_aligned(build->trie->arena, SLOT_RLP_SIZE_MAX, 1);
    if (value == NULL || !arena_copy(build->trie->arena, &key, hash_bytes(&slot->key)))
        return PEVM_NO_MEMORY;
    size_t size = (size_t)(rlp_put_u256(value, &slot->value) - value);
    return trie_build_add(build, key, bytes_of(value, size));
}

static bool slot_key_less(const void *context, uint32_t a, uint32_t b)
{
    const struct memory_state *state = context;
    return memcmp(state->slots[a].key.bytes, state->slots[b].key.bytes, sizeof(hash32)) < 0;
}

/* All slots of the account as a trie in `arena`. `scratch` is released again (it may be `arena`: then it is not). */
static enum pevm_status storage_trie_build(struct trie *trie,
                                           struct memory_state *state,
                                           uint32_t account,
                                           struct arena *arena,
                                           struct arena *scratch)
{
    size_t room = state->accounts[account].slot_count, count = 0;
    struct arena_mark mark = arena_mark(scratch);
    struct sort_item *items = arena_alloc(scratch, 2 * room * sizeof *items);
    if (items == NULL) return PEVM_NO_MEMORY;
    fill_slot_keys(state, account);
    for (uint32_t i = state->accounts[account].first_slot; i != INDEX_NONE;
         i = state->slots[i].next)
        items[count++] = (struct sort_item){load_be64(state->slots[i].key.bytes), i};
    sort_items(items, count, items + room, slot_key_less, state);

    struct trie_build build;
    trie_build_begin(&build, trie, arena);
    enum pevm_status status = PEVM_OK;
    for (size_t i = 0; i < count && status == PEVM_OK; i++)
        status = build_add_slot(&build, &state->slots[items[i].index]);
    if (status == PEVM_OK) status = trie_build_end(&build);
    if (scratch != arena) arena_release(scratch, mark);
    return status;
}

static enum pevm_status slot_put(struct trie *trie, const hash32 *key, const u256 *value)
{
    uint8_t encoding[SLOT_RLP_SIZE_MAX];
    struct bytes bytes = BYTES_EMPTY;
    if (!u256_is_zero(*value))
        bytes = bytes_of(encoding, (size_t)(rlp_put_u256(encoding, value) - encoding));
    return trie_put(trie, hash_bytes(key), bytes, NULL);
}

void memory_tries_set_slot(struct memory_state *state,
                           uint32_t account,
                           struct memory_slot_entry *slot,
                           const u256 *value)
{
    struct trie *trie = state->accounts[account].storage_trie;
    if (trie == NULL) return;
    if (slot_put(trie, slot_key(slot), value) != PEVM_OK) tries_drop(state);
}

void memory_tries_clear_slots(struct memory_state *state, uint32_t account)
{
    state->accounts[account].storage_trie = NULL; /* its nodes are garbage until tries_drop */
}

/* Storage tries that wait to be hashed together. */
struct storage_batch {
    struct memory_state *state;
    struct trie *tries[KEY_BATCH];
    uint32_t accounts[KEY_BATCH];
    size_t count, leaves;
    struct arena *scratch;
    struct arena_mark mark;
};

static enum pevm_status storage_batch_flush(struct storage_batch *batch)
{
    enum pevm_status status = trie_root_many(batch->tries, batch->count, batch->scratch);
    for (size_t i = 0; status == PEVM_OK && i < batch->count; i++) {
        struct memory_account_entry *account = &batch->state->accounts[batch->accounts[i]];
        account->storage_root = batch->tries[i]->root_hash;
        account->has_root = true;
    }
    batch->count = batch->leaves = 0;
    arena_release(batch->scratch, batch->mark);
    return status;
}

static enum pevm_status storage_batch_add(struct storage_batch *batch, uint32_t index)
{
    struct memory_account_entry *account = &batch->state->accounts[index];
    if (!account->exists || account->has_root) return PEVM_OK;
    if (account->slot_count == 0) {
        account->storage_root = keccak_empty_trie;
        account->has_root = true;
        return PEVM_OK;
    }
    struct trie *trie = account->storage_trie;
    if (trie == NULL) {
        trie = arena_alloc(batch->scratch, sizeof *trie);
        if (trie == NULL) return PEVM_NO_MEMORY;
        TRY(storage_trie_build(trie, batch->state, index, batch->scratch, batch->scratch));
    }
    batch->tries[batch->count] = trie;
    batch->accounts[batch->count++] = index;
    batch->leaves += account->slot_count;
    if (batch->count < KEY_BATCH && batch->leaves < BUILD_LEAVES) return PEVM_OK;
    return storage_batch_flush(batch);
}

/* ---- the account trie ---- */

static size_t account_encode(uint8_t out[ACCOUNT_RLP_SIZE_MAX],
                             const struct memory_account_entry *account)
{
    VERIFY(account->has_root);
    struct account_leaf leaf = {.balance = account->balance,
                                .nonce = account->nonce,
                                .storage_root = account->storage_root,
                                .code_hash = account->code_hash};
    return account_rlp_put(out, &leaf);
}

static bool account_key_less(const void *context, uint32_t a, uint32_t b)
{
    const struct memory_state *state = context;
    return memcmp(state->accounts[a].key.bytes, state->accounts[b].key.bytes, sizeof(hash32)) < 0;
}

static enum pevm_status build_add_account(struct trie_build *build,
                                          const struct memory_account_entry *account)
{
    uint8_t encoding[ACCOUNT_RLP_SIZE_MAX];
    struct bytes key, value = bytes_of(encoding, account_encode(encoding, account));
    if (!arena_copy(build->trie->arena, &value, value)) return PEVM_NO_MEMORY;
    if (!arena_copy(build->trie->arena, &key, hash_bytes(&account->key))) return PEVM_NO_MEMORY;
    return trie_build_add(build, key, value);
}

static enum pevm_status tries_build(struct memory_state *state, struct arena *scratch)
{
    struct sort_item *items = arena_alloc(scratch, 2 * state->account_count * sizeof *items);
    if (items == NULL) return PEVM_NO_MEMORY;
    fill_account_keys(state);
    struct storage_batch batch = {.state = state, .scratch = scratch, .mark = arena_mark(scratch)};
    size_t count = 0;
    for (uint32_t i = 0; i < state->account_count; i++) {
        TRY(storage_batch_add(&batch, i));
        if (state->accounts[i].exists)
            items[count++] = (struct sort_item){load_be64(state->accounts[i].key.bytes), i};
    }
    TRY(storage_batch_flush(&batch));
    sort_items(items, count, items + state->account_count, account_key_less, state);

    struct memory_tries *tries = &state->tries;
    struct trie_build build;
    trie_build_begin(&build, &tries->accounts, &tries->arena);
    for (size_t i = 0; i < count; i++)
        TRY(build_add_account(&build, &state->accounts[items[i].index]));
    TRY(trie_build_end(&build));
    tries->fresh_bytes = arena_used(&tries->arena);
    tries->has_accounts = true;
    return PEVM_OK;
}

static enum pevm_status tries_follow(struct memory_state *state, struct arena *scratch)
{
    struct memory_tries *tries = &state->tries;
    struct storage_batch batch = {.state = state, .scratch = scratch, .mark = arena_mark(scratch)};
    for (size_t i = 0; i < tries->stale_count; i++)
        TRY(storage_batch_add(&batch, tries->stale[i]));
    TRY(storage_batch_flush(&batch));

    for (; tries->stale_count > 0; tries->stale_count--) {
        struct memory_account_entry *account =
            &state->accounts[tries->stale[tries->stale_count - 1]];
        uint8_t encoding[ACCOUNT_RLP_SIZE_MAX];
        struct bytes value = BYTES_EMPTY;
        if (account->exists) value = bytes_of(encoding, account_encode(encoding, account));
        TRY(trie_put(&tries->accounts, hash_bytes(account_key(account)), value, NULL));
        account->is_stale = false;
    }
    return PEVM_OK;
}

/* Make the account trie hold what the tables hold. */
static enum pevm_status tries_sync(struct memory_state *state, struct arena *scratch)
{
    struct memory_tries *tries = &state->tries;
    struct arena_mark mark = arena_mark(scratch);
    size_t limit = 4 * tries->fresh_bytes + GARBAGE_BYTES_MIN;
    if (tries->has_accounts && arena_used(&tries->arena) > limit) tries_drop(state);
    enum pevm_status status =
        tries->has_accounts ? tries_follow(state, scratch) : tries_build(state, scratch);
    arena_release(scratch, mark);
    if (status != PEVM_OK) tries_drop(state);
    return status;
}

enum pevm_status memory_state_root(struct memory_state *state, hash32 *out, struct arena *scratch)
{
    TRY(tries_sync(state, scratch));
    struct trie *accounts = &state->tries.accounts;
    TRY(trie_root_many(&accounts, 1, scratch));
    *out = accounts->root_hash;
    return PEVM_OK;
}

/* ---- roots after changes ---- */

struct kept_storage {
    struct memory_state *state;
    struct arena *scratch;
};

/* The storage of an account as it is, in a trie that may be changed. */
static enum pevm_status open_kept(
    void *context, struct trie *out, const address *who, const hash32 *root, struct error *error)
{
    const struct kept_storage *storage = context;
    struct memory_state *state = storage->state;
    struct arena *kept_arena = &state->tries.arena;
    uint32_t index = memory_account_find(state, who);
    ASSERT(index != INDEX_NONE);
    struct memory_account_entry *account = &state->accounts[index];
    (void)root;
    (void)error;
    if (account->storage_trie == NULL && account->slot_count < KEEP_SLOTS_MIN)
        return storage_trie_build(out, state, index, storage->scratch, storage->scratch);
    if (account->storage_trie == NULL) {
        size_t before = arena_used(kept_arena);
        struct trie *kept = arena_alloc(kept_arena, sizeof *kept);
        if (kept == NULL) return PEVM_NO_MEMORY;
        TRY(storage_trie_build(kept, state, index, kept_arena, storage->scratch));
        account->storage_trie = kept;
        state->tries.fresh_bytes += arena_used(kept_arena) - before;
    }
    trie_fork(out, account->storage_trie, storage->scratch);
    return PEVM_OK;
}

enum pevm_status memory_state_root_after(struct memory_state *state,
                                         const struct changeset *changes,
                                         hash32 *out,
                                         struct arena *scratch)
{
    TRY(tries_sync(state, scratch));
    struct arena_mark mark = arena_mark(scratch);
    struct kept_storage kept = {state, scratch};
    struct storage_tries storage = {.open = open_kept, .context = &kept};
    struct trie accounts;
    trie_fork(&accounts, &state->tries.accounts, scratch);
    enum pevm_status status = state_root_after(&accounts, &storage, changes, out, scratch, NULL);
    arena_release(scratch, mark);
    return status;
}
