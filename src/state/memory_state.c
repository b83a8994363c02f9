#include "state/memory_state.h"

#include "base/assert.h"
#include "base/heap.h"
#include "state/memory_state_private.h"
#include "state/sort.h"

#define CODE_CHUNK_SIZE ((size_t)1 << 14)
#define CAPACITY_FIRST  16

struct memory_state *memory_state_new(void)
{
    struct memory_state *state = heap_alloc_zeroed(1, sizeof *state);
    if (state == NULL) return NULL;
    state->first_free = INDEX_NONE;
    state->seed = hash_seed();
    arena_init(&state->code_arena, CODE_CHUNK_SIZE, 0);
    memory_tries_init(&state->tries);
    return state;
}

void memory_state_free(struct memory_state *state)
{
    if (state == NULL) return;
    heap_free(state->accounts);
    heap_free(state->slots);
    heap_free(state->codes);
    index_table_fini(&state->account_table);
    index_table_fini(&state->slot_table);
    index_table_fini(&state->code_table);
    arena_fini(&state->code_arena);
    memory_tries_fini(&state->tries);
    heap_free(state);
}

/* ---- room ---- */

/* *array has room for `count` elements of `size` bytes, or has not changed. */
static bool reserve_array(void **array, size_t *capacity, size_t count, size_t size)
{
    if (count <= *capacity) return true;
    size_t wanted = *capacity == 0 ? CAPACITY_FIRST : 2 * *capacity;
    if (wanted < count) wanted = count;
    if (wanted > INDEX_MAX) return false;
    void *grown = heap_realloc(*array, wanted * size);
    if (grown == NULL) return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

static bool reserve_accounts(struct memory_state *state, size_t more)
{
    size_t count = state->account_count + more, stale_capacity = state->account_capacity;
    void *accounts = state->accounts, *stale = state->tries.stale;
    bool ok = reserve_array(&stale, &stale_capacity, count, sizeof *state->tries.stale);
    state->tries.stale = stale;
    if (!ok) return false;
    ok = reserve_array(&accounts, &state->account_capacity, count, sizeof *state->accounts);
    state->accounts = accounts;
    return ok && index_table_reserve(&state->account_table, count);
}

static bool reserve_slots(struct memory_state *state, size_t more)
{
    size_t used = state->slot_count - state->free_count;
    size_t fresh = more > state->free_count ? more - state->free_count : 0;
    void *slots = state->slots;
    bool ok = reserve_array(
        &slots, &state->slot_capacity, state->slot_count + fresh, sizeof *state->slots);
    state->slots = slots;
    return ok && index_table_reserve(&state->slot_table, used + more);
}

static bool reserve_codes(struct memory_state *state, size_t more)
{
    void *codes = state->codes;
    bool ok = reserve_array(
        &codes, &state->code_capacity, state->code_count + more, sizeof *state->codes);
    state->codes = codes;
    return ok && index_table_reserve(&state->code_table, state->code_count + more);
}

/* ---- accounts ---- */

uint32_t memory_account_find(const struct memory_state *state, const address *who)
{
    uint64_t hash = hash_address(who, state->seed);
    struct index_probe probe = index_probe_start(&state->account_table, hash);
    uint32_t index;
    while ((index = index_probe_next(&state->account_table, &probe)) != INDEX_NONE)
        if (address_equal(&state->accounts[index].who, who)) break;
    return index;
}

/* There is room. */
static uint32_t account_find_or_add(struct memory_state *state, const address *who)
{
    uint32_t index = memory_account_find(state, who);
    if (index != INDEX_NONE) return index;
    index = (uint32_t)state->account_count++;
    state->accounts[index] = (struct memory_account_entry){
        .who = *who, .code_hash = keccak_empty, .first_slot = INDEX_NONE};
    index_table_put(&state->account_table, hash_address(who, state->seed), index);
    return index;
}

static void account_set(struct memory_state *state,
                        uint32_t index,
                        uint64_t nonce,
                        const u256 *balance,
                        const hash32 *code_hash)
{
    struct memory_account_entry *account = &state->accounts[index];
    if (!account->exists) state->existing_count++;
    account->exists = true;
    account->nonce = nonce;
    account->balance = *balance;
    account->code_hash = *code_hash;
    memory_account_changed(state, index, false);
}

enum pevm_status memory_state_set_account(struct memory_state *state,
                                          const address *who,
                                          uint64_t nonce,
                                          const u256 *balance,
                                          const hash32 *code_hash)
{
    if (!reserve_accounts(state, 1)) return PEVM_NO_MEMORY;
    account_set(state, account_find_or_add(state, who), nonce, balance, code_hash);
    return PEVM_OK;
}

size_t memory_state_account_count(const struct memory_state *state)
{
    return state->existing_count;
}

/* ---- slots ---- */

static uint64_t slot_hash(const struct memory_state *state, uint32_t account, const u256 *slot)
{
    return hash_u256(slot, state->seed + account * 0x9e3779b97f4a7c15);
}

static uint32_t slot_find(const struct memory_state *state, uint32_t account, const u256 *slot)
{
    struct index_probe probe =
        index_probe_start(&state->slot_table, slot_hash(state, account, slot));
    uint32_t index;
    while ((index = index_probe_next(&state->slot_table, &probe)) != INDEX_NONE) {
        const struct memory_slot_entry *entry = &state->slots[index];
        if (entry->account == account && u256_equal(entry->slot, *slot)) break;
    }
    return index;
}

/* There is room. */
static uint32_t slot_add(struct memory_state *state, uint32_t account, const u256 *slot)
{
    uint32_t index = state->first_free;
    if (index != INDEX_NONE) {
        state->first_free = state->slots[index].next;
        state->free_count--;
    } else {
        index = (uint32_t)state->slot_count++;
    }
    struct memory_account_entry *owner = &state->accounts[account];
    state->slots[index] = (struct memory_slot_entry){
        .slot = *slot, .account = account, .next = owner->first_slot, .prev = INDEX_NONE};
    if (owner->first_slot != INDEX_NONE) state->slots[owner->first_slot].prev = index;
    owner->first_slot = index;
    owner->slot_count++;
    index_table_put(&state->slot_table, slot_hash(state, account, slot), index);
    return index;
}

static void slot_release(struct memory_state *state, uint32_t index)
{
    struct memory_slot_entry *entry = &state->slots[index];
    uint64_t hash = slot_hash(state, entry->account, &entry->slot);
    index_table_remove(&state->slot_table, hash, index);
    entry->account = INDEX_NONE;
    entry->next = state->first_free;
    state->first_free = index;
    state->free_count++;
}

static void slot_remove(struct memory_state *state, uint32_t index)
{
    const struct memory_slot_entry *entry = &state->slots[index];
    struct memory_account_entry *owner = &state->accounts[entry->account];
    if (entry->prev == INDEX_NONE)
        owner->first_slot = entry->next;
    else
        state->slots[entry->prev].next = entry->next;
    if (entry->next != INDEX_NONE) state->slots[entry->next].prev = entry->prev;
    owner->slot_count--;
    slot_release(state, index);
}

/* There is room. */
static void slot_set(struct memory_state *state,
                     uint32_t account,
                     const u256 *slot,
                     const u256 *value)
{
    uint32_t index = slot_find(state, account, slot);
    if (index == INDEX_NONE) {
        if (u256_is_zero(*value)) return;
        index = slot_add(state, account, slot);
    } else if (u256_equal(state->slots[index].value, *value)) {
        return;
    }
    state->slots[index].value = *value;
    memory_tries_set_slot(state, account, &state->slots[index], value);
    memory_account_changed(state, account, true);
    if (u256_is_zero(*value)) slot_remove(state, index);
}

static void slots_clear(struct memory_state *state, uint32_t account)
{
    struct memory_account_entry *owner = &state->accounts[account];
    uint32_t next;
    for (uint32_t index = owner->first_slot; index != INDEX_NONE; index = next) {
        next = state->slots[index].next;
        slot_release(state, index);
    }
    owner->first_slot = INDEX_NONE;
    owner->slot_count = 0;
    memory_tries_clear_slots(state, account);
    memory_account_changed(state, account, true);
}

enum pevm_status memory_state_set_slot(struct memory_state *state,
                                       const address *who,
                                       const u256 *slot,
                                       const u256 *value)
{
    uint32_t account = memory_account_find(state, who);
    ASSERT(account != INDEX_NONE && state->accounts[account].exists);
    if (!reserve_slots(state, 1)) return PEVM_NO_MEMORY;
    slot_set(state, account, slot, value);
    return PEVM_OK;
}

/* ---- code ---- */

static uint32_t code_find(const struct memory_state *state, const hash32 *hash)
{
    struct index_probe probe =
        index_probe_start(&state->code_table, hash_hash32(hash, state->seed));
    uint32_t index;
    while ((index = index_probe_next(&state->code_table, &probe)) != INDEX_NONE)
        if (hash32_equal(&state->codes[index].hash, hash)) break;
    return index;
}

static enum pevm_status code_add(struct memory_state *state, const hash32 *hash, struct bytes code)
{
    if (code_find(state, hash) != INDEX_NONE) return PEVM_OK;
    struct bytes copy;
    if (!reserve_codes(state, 1)) return PEVM_NO_MEMORY;
    if (!arena_copy(&state->code_arena, &copy, code)) return PEVM_NO_MEMORY;
    uint32_t index = (uint32_t)state->code_count++;
    state->codes[index] = (struct memory_code_entry){*hash, copy};
    index_table_put(&state->code_table, hash_hash32(hash, state->seed), index);
    return PEVM_OK;
}

enum pevm_status memory_state_add_code(struct memory_state *state, struct bytes code, hash32 *hash)
{
    keccak256(hash, code.data, code.size);
    return code_add(state, hash, code);
}

/* ---- changesets, copies ---- */

static void apply_account(struct memory_state *state, const struct account_change *change)
{
    uint32_t account = memory_account_find(state, &change->account);
    if (!change->exists) {
        if (account == INDEX_NONE || !state->accounts[account].exists) return;
        slots_clear(state, account);
        state->accounts[account].exists = false;
        state->existing_count--;
        return;
    }
    account = account_find_or_add(state, &change->account);
    if (change->storage_cleared) slots_clear(state, account);
    account_set(state, account, change->nonce, &change->balance, &change->code_hash);
    for (size_t i = 0; i < change->slot_count; i++)
        slot_set(state, account, &change->slots[i].slot, &change->slots[i].value);
}

/* First everything that may fail. Code that came in before another failed does no harm: nobody points to it. */
enum pevm_status memory_state_apply(struct memory_state *state, const struct changeset *changes)
{
    size_t slot_count = 0;
    for (size_t i = 0; i < changes->account_count; i++)
        slot_count += changes->accounts[i].slot_count;
    if (!reserve_accounts(state, changes->account_count)) return PEVM_NO_MEMORY;
    if (!reserve_slots(state, slot_count)) return PEVM_NO_MEMORY;
    for (size_t i = 0; i < changes->code_count; i++)
        TRY(code_add(state, &changes->codes[i].hash, changes->codes[i].code));
    for (size_t i = 0; i < changes->account_count; i++)
        apply_account(state, &changes->accounts[i]);
    return PEVM_OK;
}

static bool copy_accounts(struct memory_state *to, const struct memory_state *from)
{
    if (!reserve_accounts(to, from->account_count)) return false;
    for (size_t i = 0; i < from->account_count; i++) {
        to->accounts[i] = from->accounts[i];
        to->accounts[i].storage_trie = NULL;
        to->accounts[i].is_stale = false;
    }
    to->account_count = from->account_count;
    to->existing_count = from->existing_count;
    index_table_fini(&to->account_table);
    return index_table_copy(&to->account_table, &from->account_table);
}

static bool copy_slots(struct memory_state *to, const struct memory_state *from)
{
    if (!reserve_slots(to, from->slot_count)) return false;
    if (from->slot_count > 0) memcpy(to->slots, from->slots, from->slot_count * sizeof *to->slots);
    to->slot_count = from->slot_count;
    to->free_count = from->free_count;
    to->first_free = from->first_free;
    index_table_fini(&to->slot_table);
    return index_table_copy(&to->slot_table, &from->slot_table);
}

static bool copy_codes(struct memory_state *to, const struct memory_state *from)
{
    if (!reserve_codes(to, from->code_count)) return false;
    for (size_t i = 0; i < from->code_count; i++)
        if (code_add(to, &from->codes[i].hash, from->codes[i].code) != PEVM_OK) return false;
    return true;
}

struct memory_state *memory_state_clone(const struct memory_state *state)
{
    struct memory_state *copy = memory_state_new();
    if (copy == NULL) return NULL;
    copy->block_hash = state->block_hash;
    copy->block_hash_context = state->block_hash_context;
    if (copy_accounts(copy, state) && copy_slots(copy, state) && copy_codes(copy, state))
        return copy;
    memory_state_free(copy);
    return NULL;
}

/* ---- view ---- */

static enum view_answer view_account(void *context,
                                     const address *who,
                                     unsigned parts,
                                     struct view_account *out)
{
    const struct memory_state *state = context;
    (void)parts; /* all cost the same */
    uint32_t index = memory_account_find(state, who);
    *out = (struct view_account){.code_hash = keccak_empty, .empty = true, .parts = VIEW_ALL_PARTS};
    if (index == INDEX_NONE || !state->accounts[index].exists) return VIEW_OK;
    const struct memory_account_entry *account = &state->accounts[index];
    out->exists = true;
    out->nonce = account->nonce;
    out->balance = account->balance;
    out->code_hash = account->code_hash;
    out->empty = account->nonce == 0 && u256_is_zero(account->balance) &&
                 hash32_equal(&account->code_hash, &keccak_empty);
    return VIEW_OK;
}

static enum view_answer view_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct memory_state *state = context;
    uint32_t account = memory_account_find(state, who);
    uint32_t index = account == INDEX_NONE ? INDEX_NONE : slot_find(state, account, slot);
    *out = index == INDEX_NONE ? U256_ZERO : state->slots[index].value;
    return VIEW_OK;
}

static enum view_answer view_code(void *context,
                                  const address *who,
                                  const hash32 *code_hash,
                                  struct bytes *out)
{
    const struct memory_state *state = context;
    (void)who;
    uint32_t index = code_find(state, code_hash);
    if (index == INDEX_NONE) return VIEW_FAILED;
    *out = state->codes[index].code;
    return VIEW_OK;
}

static enum view_answer view_has_storage(void *context, const address *who, bool *out)
{
    const struct memory_state *state = context;
    uint32_t account = memory_account_find(state, who);
    *out = account != INDEX_NONE && state->accounts[account].slot_count > 0;
    return VIEW_OK;
}

static enum view_answer view_block_hash(void *context, uint64_t number, hash32 *out)
{
    const struct memory_state *state = context;
    if (state->block_hash == NULL) return VIEW_FAILED;
    return state->block_hash(state->block_hash_context, number, out);
}

struct view memory_state_view(const struct memory_state *state)
{
    static const struct view_ops ops = {.account = view_account,
                                        .slot = view_slot,
                                        .code = view_code,
                                        .has_storage = view_has_storage,
                                        .block_hash = view_block_hash};
    /* The functions of the view only read; the cast undoes what the type of `context` cannot say. */
    return (struct view){.ops = &ops, .context = (void *)(uintptr_t)state};
}

void memory_state_set_block_hashes(struct memory_state *state,
                                   enum view_answer (*block_hash)(void *context,
                                                                  uint64_t number,
                                                                  hash32 *out),
                                   void *context)
{
    state->block_hash = block_hash;
    state->block_hash_context = context;
}

/* ---- visits in order ---- */

static bool account_less(const void *context, uint32_t a, uint32_t b)
{
    const struct memory_state *state = context;
    const address *x = &state->accounts[a].who, *y = &state->accounts[b].who;
    return memcmp(x->bytes, y->bytes, sizeof x->bytes) < 0;
}

static bool slot_less(const void *context, uint32_t a, uint32_t b)
{
    const struct memory_state *state = context;
    return u256_less(state->slots[a].slot, state->slots[b].slot);
}

enum pevm_status memory_state_each_account(const struct memory_state *state,
                                           bool (*visit)(void *context,
                                                         const struct memory_account *account),
                                           void *context)
{
    struct sort_item *items = heap_alloc(2 * state->account_count * sizeof *items);
    if (items == NULL) return PEVM_NO_MEMORY;
    size_t count = 0;
    for (uint32_t i = 0; i < state->account_count; i++)
        if (state->accounts[i].exists)
            items[count++] = (struct sort_item){load_be64(state->accounts[i].who.bytes), i};
    sort_items(items, count, items + state->account_count, account_less, state);

    for (size_t i = 0; i < count; i++) {
        const struct memory_account_entry *entry = &state->accounts[items[i].index];
        uint32_t code = code_find(state, &entry->code_hash);
        struct memory_account account = {
            .who = entry->who,
            .nonce = entry->nonce,
            .balance = entry->balance,
            .code_hash = entry->code_hash,
            .code = code == INDEX_NONE ? BYTES_EMPTY : state->codes[code].code,
        };
        if (!visit(context, &account)) break;
    }
    heap_free(items);
    return PEVM_OK;
}

enum pevm_status memory_state_each_slot(const struct memory_state *state,
                                        const address *who,
                                        bool (*visit)(void *context,
                                                      const u256 *slot,
                                                      const u256 *value),
                                        void *context)
{
    uint32_t account = memory_account_find(state, who);
    if (account == INDEX_NONE || state->accounts[account].slot_count == 0) return PEVM_OK;
    size_t room = state->accounts[account].slot_count, count = 0;
    struct sort_item *items = heap_alloc(2 * room * sizeof *items);
    if (items == NULL) return PEVM_NO_MEMORY;
    for (uint32_t i = state->accounts[account].first_slot; i != INDEX_NONE;
         i = state->slots[i].next)
        items[count++] = (struct sort_item){state->slots[i].slot.words[3], i};
    ASSERT(count == room);
    sort_items(items, count, items + room, slot_less, state);

    for (size_t i = 0; i < count; i++) {
        const struct memory_slot_entry *slot = &state->slots[items[i].index];
        if (!visit(context, &slot->slot, &slot->value)) break;
    }
    heap_free(items);
    return PEVM_OK;
}
