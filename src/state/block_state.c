#include "state/block_state.h"

#include "base/hash.h"
#include "base/heap.h"
#include "crypto/keccak.h"
#include "state/index_table.h"
#include "state/sort.h"

#define CODE_CHUNK_SIZE ((size_t)1 << 14)
#define CAPACITY_FIRST  64

/* Invariants
 *   I1  `now` of an account counts when it is read or written, `before` when it is read.
 *   I2  A slot whose account was cleared is `is_known`, and is zero unless written since.
 *   I3  Indices stay until the next begin; pointers do not (arrays grow). */
struct block_account {
    address who;
    struct account_value before, now;
    uint32_t first_slot;
    bool is_read;    /* `before` is what the pre-state says */
    bool is_written; /* `now` is what the block says */
    bool is_cleared; /* the storage of the pre-state is gone */
    bool has_writes; /* account, storage or one of its slots */
};

struct block_slot {
    u256 slot, before, now;
    uint32_t account, next; /* next of the account */
    bool is_read;           /* `before` is what the pre-state says */
    bool is_known;          /* `now` is true */
    bool is_written;
};

struct block_code {
    hash32 hash;
    struct bytes code;
};

struct block_state {
    struct view pre_state;
    uint64_t seed;
    struct block_account *accounts;
    size_t account_count, account_capacity;
    struct index_table account_table;
    struct block_slot *slots;
    size_t slot_count, slot_capacity;
    struct index_table slot_table;
    struct block_code *codes;
    size_t code_count, code_capacity;
    struct index_table code_table;
    struct arena code_arena;
    struct block_state_source source; /* take NULL: nobody */
    uint32_t last_account; /* the one looked up last: contracts are asked many times in a row */
};

enum pevm_status block_state_new(struct block_state **out)
{
    *out = heap_alloc_zeroed(1, sizeof **out);
    if (*out == NULL) return PEVM_NO_MEMORY;
    (*out)->seed = hash_seed();
    (*out)->last_account = INDEX_NONE;
    arena_init(&(*out)->code_arena, CODE_CHUNK_SIZE, 0);
    return PEVM_OK;
}

void block_state_free(struct block_state *state)
{
    if (state == NULL) return;
    heap_free(state->accounts);
    heap_free(state->slots);
    heap_free(state->codes);
    index_table_fini(&state->account_table);
    index_table_fini(&state->slot_table);
    index_table_fini(&state->code_table);
    arena_fini(&state->code_arena);
    heap_free(state);
}

/* ---- entries ---- */

static uint64_t account_hash(const struct block_state *state, uint32_t index)
{
    return hash_address(&state->accounts[index].who, state->seed);
}

static uint64_t slot_hash_of(const struct block_state *state, uint32_t account, const u256 *slot)
{
    return hash_u256(slot, state->seed + account * 0x9e3779b97f4a7c15);
}

static uint64_t slot_hash(const struct block_state *state, uint32_t index)
{
    return slot_hash_of(state, state->slots[index].account, &state->slots[index].slot);
}

static uint64_t code_hash(const struct block_state *state, uint32_t index)
{
    return hash_hash32(&state->codes[index].hash, state->seed);
}

/* A table may be large from an earlier block: then few entries are taken out one by one. */
static void table_empty(struct block_state *state,
                        struct index_table *table,
                        size_t count,
                        uint64_t (*hash)(const struct block_state *state, uint32_t index))
{
    if (!index_table_is_sparse(table)) {
        index_table_clear(table);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        index_table_forget(table, hash(state, i), i);
}

void block_state_begin(struct block_state *state, const struct view *pre_state)
{
    /* Slots first: their hashes need nothing of their accounts but the index. */
    table_empty(state, &state->slot_table, state->slot_count, slot_hash);
    table_empty(state, &state->account_table, state->account_count, account_hash);
    table_empty(state, &state->code_table, state->code_count, code_hash);
    state->account_count = state->slot_count = state->code_count = 0;
    state->last_account = INDEX_NONE;
    arena_reset(&state->code_arena);
    state->pre_state = *pre_state;
    state->source = (struct block_state_source){NULL, NULL};
}

static bool make_room(void **array, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) return true;
    size_t wanted = *capacity == 0 ? CAPACITY_FIRST : 2 * *capacity;
    if (wanted > INDEX_MAX) return false;
    void *grown = heap_realloc(*array, wanted * size);
    if (grown == NULL) return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

bool block_state_reserve(struct block_state *state, size_t accounts, size_t slots)
{
    void *array = state->accounts;
    bool ok = true;
    while (ok && accounts > state->account_capacity) /* ends: the capacity doubles */
        ok = make_room(
            &array, &state->account_capacity, state->account_capacity, sizeof *state->accounts);
    state->accounts = array;
    array = state->slots;
    while (ok && slots > state->slot_capacity)
        ok = make_room(&array, &state->slot_capacity, state->slot_capacity, sizeof *state->slots);
    state->slots = array;
    return ok && index_table_reserve(&state->account_table, accounts) &&
           index_table_reserve(&state->slot_table, slots);
}

/* INDEX_NONE: no memory. */
static uint32_t account_entry(struct block_state *state, const address *who)
{
    uint32_t index = state->last_account;
    if (index != INDEX_NONE && address_equal(&state->accounts[index].who, who)) return index;

    uint64_t hash = hash_address(who, state->seed);
    struct index_probe probe = index_probe_start(&state->account_table, hash);
    while ((index = index_probe_next(&state->account_table, &probe)) != INDEX_NONE) {
        if (!address_equal(&state->accounts[index].who, who)) continue;
        state->last_account = index;
        return index;
    }
    void *accounts = state->accounts;
    bool ok = make_room(
        &accounts, &state->account_capacity, state->account_count, sizeof *state->accounts);
    state->accounts = accounts;
    if (!ok || !index_table_reserve(&state->account_table, state->account_count + 1))
        return INDEX_NONE;
    index = (uint32_t)state->account_count++;
    state->accounts[index] = (struct block_account){.who = *who, .first_slot = INDEX_NONE};
    index_table_put(&state->account_table, hash, index);
    state->last_account = index;
    if (unlikely(state->source.take != NULL) &&
        !state->source.take(state->source.context, state, who))
        return INDEX_NONE;
    return index;
}

bool block_state_set_source(struct block_state *state, const struct block_state_source *source)
{
    size_t met = state->account_count;
    state->source = *source;
    for (size_t i = 0; i < met; i++) {
        address who = state->accounts[i].who; /* the array may grow */
        if (!source->take(source->context, state, &who)) return false;
    }
    return true;
}

bool block_state_meet(struct block_state *state, const address *who)
{
    return account_entry(state, who) != INDEX_NONE;
}

/* INDEX_NONE: no memory. */
static uint32_t slot_entry(struct block_state *state, uint32_t account, const u256 *slot)
{
    uint64_t hash = slot_hash_of(state, account, slot);
    struct index_probe probe = index_probe_start(&state->slot_table, hash);
    uint32_t index;
    while ((index = index_probe_next(&state->slot_table, &probe)) != INDEX_NONE) {
        const struct block_slot *entry = &state->slots[index];
        if (entry->account == account && u256_equal(entry->slot, *slot)) return index;
    }
    void *slots = state->slots;
    bool ok = make_room(&slots, &state->slot_capacity, state->slot_count, sizeof *state->slots);
    state->slots = slots;
    if (!ok || !index_table_reserve(&state->slot_table, state->slot_count + 1)) return INDEX_NONE;
    index = (uint32_t)state->slot_count++;
    struct block_account *owner = &state->accounts[account];
    state->slots[index] = (struct block_slot){.slot = *slot,
                                              .account = account,
                                              .next = owner->first_slot,
                                              .is_known = owner->is_cleared};
    owner->first_slot = index;
    index_table_put(&state->slot_table, hash, index);
    return index;
}

static uint32_t code_find(const struct block_state *state, const hash32 *hash)
{
    struct index_probe probe =
        index_probe_start(&state->code_table, hash_hash32(hash, state->seed));
    uint32_t index;
    while ((index = index_probe_next(&state->code_table, &probe)) != INDEX_NONE)
        if (hash32_equal(&state->codes[index].hash, hash)) break;
    return index;
}

/* ---- reads ---- */

/* The pre-state is there, or it has failed; it never waits for somebody. */
static bool pre_state_gave(enum view_answer answer)
{
    ASSERT(answer != VIEW_BLOCKED);
    return answer == VIEW_OK;
}

/* Make sure that `before` is known. */
static bool account_read(struct block_state *state, uint32_t index)
{
    struct block_account *account = &state->accounts[index];
    if (account->is_read) return true;
    struct view_account found;
    const struct view *pre = &state->pre_state;
    if (!pre_state_gave(pre->ops->account(pre->context, &account->who, VIEW_ALL_PARTS, &found)))
        return false;
    account->before = (struct account_value){.balance = found.balance,
                                             .code_hash = found.code_hash,
                                             .nonce = found.nonce,
                                             .exists = found.exists};
    if (!account->is_written) account->now = account->before;
    account->is_read = true;
    return true;
}

static bool slot_read(struct block_state *state, uint32_t index)
{
    struct block_slot *slot = &state->slots[index];
    if (slot->is_read) return true;
    const address *who = &state->accounts[slot->account].who;
    const struct view *pre = &state->pre_state;
    if (!pre_state_gave(pre->ops->slot(pre->context, who, &slot->slot, &slot->before)))
        return false;
    if (!slot->is_known) slot->now = slot->before;
    slot->is_read = slot->is_known = true;
    return true;
}

static bool value_is_empty(const struct account_value *value)
{
    return value->nonce == 0 && u256_is_zero(value->balance) &&
           hash32_equal(&value->code_hash, &keccak_empty);
}

static void account_give(const struct account_value *now, struct view_account *out)
{
    *out = (struct view_account){.code_hash = keccak_empty, .empty = true, .parts = VIEW_ALL_PARTS};
    if (!now->exists) return;
    out->exists = true;
    out->balance = now->balance;
    out->nonce = now->nonce;
    out->code_hash = now->code_hash;
    out->empty = value_is_empty(now);
}

static enum view_answer view_account(void *context,
                                     const address *who,
                                     unsigned parts,
                                     struct view_account *out)
{
    struct block_state *state = context;
    (void)parts; /* all come together from the pre-state, which is asked once */
    uint32_t index = account_entry(state, who);
    if (index == INDEX_NONE) return VIEW_FAILED;
    if (!state->accounts[index].is_written && !account_read(state, index)) return VIEW_FAILED;
    account_give(&state->accounts[index].now, out);
    return VIEW_OK;
}

static enum view_answer view_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct block_state *state = context;
    uint32_t account = account_entry(state, who);
    if (account == INDEX_NONE) return VIEW_FAILED;
    uint32_t index = slot_entry(state, account, slot);
    if (index == INDEX_NONE) return VIEW_FAILED;
    if (!state->slots[index].is_known && !slot_read(state, index)) return VIEW_FAILED;
    *out = state->slots[index].now;
    return VIEW_OK;
}

static enum view_answer view_code(void *context,
                                  const address *who,
                                  const hash32 *hash,
                                  struct bytes *out)
{
    struct block_state *state = context;
    uint32_t index = code_find(state, hash);
    if (index == INDEX_NONE)
        return state->pre_state.ops->code(state->pre_state.context, who, hash, out);
    *out = state->codes[index].code;
    return VIEW_OK;
}

static enum view_answer view_has_storage(void *context, const address *who, bool *out)
{
    struct block_state *state = context;
    uint32_t account = account_entry(state, who);
    if (account == INDEX_NONE) return VIEW_FAILED;
    const struct block_account *entry = &state->accounts[account];
    *out = false;
    for (uint32_t i = entry->first_slot; i != INDEX_NONE && !*out; i = state->slots[i].next)
        *out = state->slots[i].is_known && !u256_is_zero(state->slots[i].now);
    if (*out || entry->is_cleared) return VIEW_OK;
    return state->pre_state.ops->has_storage(state->pre_state.context, who, out);
}

static enum view_answer view_block_hash(void *context, uint64_t number, hash32 *out)
{
    const struct block_state *state = context;
    return state->pre_state.ops->block_hash(state->pre_state.context, number, out);
}

struct view block_state_view(struct block_state *state)
{
    static const struct view_ops ops = {.account = view_account,
                                        .slot = view_slot,
                                        .code = view_code,
                                        .has_storage = view_has_storage,
                                        .block_hash = view_block_hash};
    return (struct view){.ops = &ops, .context = state};
}

/* ---- reads that keep nothing ---- */

static uint32_t account_peek(const struct block_state *state, const address *who)
{
    struct index_probe probe =
        index_probe_start(&state->account_table, hash_address(who, state->seed));
    uint32_t index;
    while ((index = index_probe_next(&state->account_table, &probe)) != INDEX_NONE)
        if (address_equal(&state->accounts[index].who, who)) break;
    return index;
}

static enum view_answer peek_account(void *context,
                                     const address *who,
                                     unsigned parts,
                                     struct view_account *out)
{
    const struct block_state_peek *peek = context;
    const struct block_state *state = peek->state;
    uint32_t index = account_peek(state, who);
    bool is_known = index != INDEX_NONE &&
                    (state->accounts[index].is_written || state->accounts[index].is_read);
    if (!is_known) return peek->pre_state.ops->account(peek->pre_state.context, who, parts, out);
    account_give(&state->accounts[index].now, out);
    return VIEW_OK;
}

static enum view_answer peek_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct block_state_peek *peek = context;
    const struct block_state *state = peek->state;
    uint32_t account = account_peek(state, who), index = INDEX_NONE;
    if (account != INDEX_NONE) {
        struct index_probe probe =
            index_probe_start(&state->slot_table, slot_hash_of(state, account, slot));
        while ((index = index_probe_next(&state->slot_table, &probe)) != INDEX_NONE)
            if (state->slots[index].account == account &&
                u256_equal(state->slots[index].slot, *slot))
                break;
    }
    if (index != INDEX_NONE && state->slots[index].is_known) {
        *out = state->slots[index].now;
        return VIEW_OK;
    }
    *out = U256_ZERO;
    if (account != INDEX_NONE && state->accounts[account].is_cleared) return VIEW_OK;
    return peek->pre_state.ops->slot(peek->pre_state.context, who, slot, out);
}

static enum view_answer peek_code(void *context,
                                  const address *who,
                                  const hash32 *hash,
                                  struct bytes *out)
{
    const struct block_state_peek *peek = context;
    uint32_t index = code_find(peek->state, hash);
    if (index == INDEX_NONE)
        return peek->pre_state.ops->code(peek->pre_state.context, who, hash, out);
    *out = peek->state->codes[index].code;
    return VIEW_OK;
}

static enum view_answer peek_has_storage(void *context, const address *who, bool *out)
{
    const struct block_state_peek *peek = context;
    const struct block_state *state = peek->state;
    uint32_t account = account_peek(state, who);
    *out = false;
    if (account != INDEX_NONE) {
        const struct block_account *entry = &state->accounts[account];
        for (uint32_t i = entry->first_slot; i != INDEX_NONE && !*out; i = state->slots[i].next)
            *out = state->slots[i].is_known && !u256_is_zero(state->slots[i].now);
        if (*out || entry->is_cleared) return VIEW_OK;
    }
    return peek->pre_state.ops->has_storage(peek->pre_state.context, who, out);
}

static enum view_answer peek_block_hash(void *context, uint64_t number, hash32 *out)
{
    const struct block_state_peek *peek = context;
    return peek->pre_state.ops->block_hash(peek->pre_state.context, number, out);
}

struct view block_state_peek_view(struct block_state_peek *peek,
                                  const struct block_state *state,
                                  const struct view *pre_state)
{
    static const struct view_ops ops = {.account = peek_account,
                                        .slot = peek_slot,
                                        .code = peek_code,
                                        .has_storage = peek_has_storage,
                                        .block_hash = peek_block_hash};
    *peek = (struct block_state_peek){.state = state, .pre_state = *pre_state};
    return (struct view){.ops = &ops, .context = peek};
}

/* ---- writes ---- */

static void storage_clear(struct block_state *state, uint32_t index)
{
    struct block_account *account = &state->accounts[index];
    account->is_cleared = true;
    account->has_writes = true;
    for (uint32_t i = account->first_slot; i != INDEX_NONE; i = state->slots[i].next) {
        state->slots[i].now = U256_ZERO;
        state->slots[i].is_known = true;
    }
}

bool block_state_set_account(struct block_state *state,
                             const address *who,
                             const struct account_value *value)
{
    uint32_t index = account_entry(state, who);
    if (index == INDEX_NONE) return false;
    struct block_account *account = &state->accounts[index];
    account->now = *value;
    account->is_written = account->has_writes = true;
    if (!value->exists) storage_clear(state, index);
    return true;
}

bool block_state_clear_storage(struct block_state *state, const address *who)
{
    uint32_t index = account_entry(state, who);
    if (index == INDEX_NONE) return false;
    storage_clear(state, index);
    return true;
}

bool block_state_set_slot(struct block_state *state,
                          const address *who,
                          const u256 *slot,
                          const u256 *value)
{
    uint32_t account = account_entry(state, who);
    if (account == INDEX_NONE) return false;
    uint32_t index = slot_entry(state, account, slot);
    if (index == INDEX_NONE) return false;
    struct block_slot *entry = &state->slots[index];
    entry->now = *value;
    entry->is_known = entry->is_written = true;
    state->accounts[account].has_writes = true;
    return true;
}

bool block_state_take_account(struct block_state *state,
                              const address *who,
                              const struct account_value *before,
                              const struct account_value *now)
{
    uint32_t index = account_entry(state, who);
    if (index == INDEX_NONE) return false;
    struct block_account *account = &state->accounts[index];
    if (!account->is_read && !account->is_written) {
        account->before = *before;
        account->is_read = true;
    }
    return block_state_set_account(state, who, now);
}

bool block_state_take_slot(struct block_state *state,
                           const address *who,
                           const u256 *slot,
                           const u256 *before,
                           const u256 *now)
{
    uint32_t account = account_entry(state, who);
    if (account == INDEX_NONE) return false;
    uint32_t index = slot_entry(state, account, slot);
    if (index == INDEX_NONE) return false;
    struct block_slot *entry = &state->slots[index];
    if (before != NULL && !entry->is_read && !entry->is_written) {
        entry->before = *before;
        entry->is_read = true;
    }
    entry->now = *now;
    entry->is_known = entry->is_written = true;
    state->accounts[account].has_writes = true;
    return true;
}

bool block_state_add_code(struct block_state *state, const hash32 *hash, struct bytes code)
{
    if (code_find(state, hash) != INDEX_NONE) return true;
    void *codes = state->codes;
    bool ok = make_room(&codes, &state->code_capacity, state->code_count, sizeof *state->codes);
    state->codes = codes;
    if (!ok || !index_table_reserve(&state->code_table, state->code_count + 1)) return false;
    struct bytes copy;
    if (!arena_copy(&state->code_arena, &copy, code)) return false;
    uint32_t index = (uint32_t)state->code_count++;
    state->codes[index] = (struct block_code){*hash, copy};
    index_table_put(&state->code_table, hash_hash32(hash, state->seed), index);
    return true;
}

/* ---- what differs ---- */

/* An account without nonce and code has no storage, as a rule; only then must the pre-state be asked. */
static enum pevm_status had_storage(struct block_state *state,
                                    const struct block_account *account,
                                    bool *out)
{
    const struct account_value *before = &account->before;
    *out = before->exists;
    if (!before->exists || before->nonce != 0 || !hash32_equal(&before->code_hash, &keccak_empty))
        return PEVM_OK;
    const struct view *pre = &state->pre_state;
    if (!pre_state_gave(pre->ops->has_storage(pre->context, &account->who, out)))
        return PEVM_STATE_UNREADABLE;
    return PEVM_OK;
}

static bool slot_less(const void *context, uint32_t a, uint32_t b)
{
    const struct block_state *state = context;
    return u256_less(state->slots[a].slot, state->slots[b].slot);
}

static enum pevm_status slot_differs(struct block_state *state, uint32_t index, bool *out)
{
    const struct block_slot *slot = &state->slots[index];
    *out = false;
    if (state->accounts[slot->account].is_cleared) {
        *out = !u256_is_zero(slot->now); /* against a storage that is gone */
        return PEVM_OK;
    }
    if (!slot->is_written) return PEVM_OK;
    if (!slot_read(state, index)) return PEVM_STATE_UNREADABLE;
    *out = !u256_equal(state->slots[index].now, state->slots[index].before);
    return PEVM_OK;
}

/* The slots of an account that differ, ascending. */
static enum pevm_status changed_slots(struct block_state *state,
                                      const struct block_account *account,
                                      struct account_change *change,
                                      struct arena *arena)
{
    size_t room = 0, count = 0;
    for (uint32_t i = account->first_slot; i != INDEX_NONE; i = state->slots[i].next)
        room += state->slots[i].is_written;
    if (room == 0) return PEVM_OK;
    struct slot_change *slots = arena_alloc(arena, room * sizeof *slots);
    struct arena_mark mark = arena_mark(arena);
    struct sort_item *items = arena_alloc(arena, 2 * room * sizeof *items);
    if (slots == NULL || items == NULL) return PEVM_NO_MEMORY;

    for (uint32_t i = account->first_slot; i != INDEX_NONE; i = state->slots[i].next) {
        bool differs;
        TRY(slot_differs(state, i, &differs));
        if (differs) items[count++] = (struct sort_item){state->slots[i].slot.words[3], i};
    }
    sort_items(items, count, items + room, slot_less, state);
    for (size_t i = 0; i < count; i++) {
        const struct block_slot *slot = &state->slots[items[i].index];
        slots[i] = (struct slot_change){.slot = slot->slot, .value = slot->now};
    }
    arena_release(arena, mark);
    change->slots = slots;
    change->slot_count = count;
    return PEVM_OK;
}

static bool value_equal(const struct account_value *a, const struct account_value *b)
{
    if (!a->exists || !b->exists) return a->exists == b->exists;
    return a->nonce == b->nonce && u256_equal(a->balance, b->balance) &&
           hash32_equal(&a->code_hash, &b->code_hash);
}

/* What became of one account; *differs = false: nothing, in the end. */
static enum pevm_status changed_account(struct block_state *state,
                                        uint32_t index,
                                        struct account_change *change,
                                        bool *differs,
                                        struct arena *arena)
{
    if (!account_read(state, index)) return PEVM_STATE_UNREADABLE;
    const struct block_account *account = &state->accounts[index];
    const struct account_value *before = &account->before, *now = &account->now;
    *change = (struct account_change){.account = account->who, .exists = now->exists};
    *differs = !value_equal(before, now);
    if (!now->exists) {
        change->storage_cleared = true;
        change->code_hash = keccak_empty;
        return PEVM_OK;
    }
    change->nonce = now->nonce;
    change->balance = now->balance;
    change->code_hash = now->code_hash;
    change->code_changed =
        !hash32_equal(&now->code_hash, before->exists ? &before->code_hash : &keccak_empty);
    if (account->is_cleared) TRY(had_storage(state, account, &change->storage_cleared));
    TRY(changed_slots(state, account, change, arena));
    *differs = *differs || change->storage_cleared || change->slot_count > 0;
    return PEVM_OK;
}

static bool account_less(const void *context, uint32_t a, uint32_t b)
{
    const struct block_state *state = context;
    const address *x = &state->accounts[a].who, *y = &state->accounts[b].who;
    return memcmp(x->bytes, y->bytes, sizeof x->bytes) < 0;
}

static enum pevm_status changed_accounts(struct block_state *state,
                                         struct changeset *out,
                                         struct arena *arena)
{
    size_t room = 0, count = 0;
    for (size_t i = 0; i < state->account_count; i++)
        room += state->accounts[i].has_writes;
    struct account_change *changes = arena_alloc(arena, room * sizeof *changes);
    struct sort_item *items = arena_alloc(arena, 2 * room * sizeof *items);
    if (changes == NULL || items == NULL) return PEVM_NO_MEMORY;

    for (uint32_t i = 0; i < state->account_count; i++)
        if (state->accounts[i].has_writes)
            items[count++] = (struct sort_item){load_be64(state->accounts[i].who.bytes), i};
    sort_items(items, count, items + room, account_less, state);

    out->account_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool differs;
        struct account_change *change = &changes[out->account_count];
        TRY(changed_account(state, items[i].index, change, &differs, arena));
        out->account_count += differs;
    }
    out->accounts = changes;
    return PEVM_OK;
}

static bool code_less(const void *context, uint32_t a, uint32_t b)
{
    const struct block_state *state = context;
    const hash32 *x = &state->codes[a].hash, *y = &state->codes[b].hash;
    return memcmp(x->bytes, y->bytes, sizeof x->bytes) < 0;
}

/* Code that an account got and still has, each once. */
static enum pevm_status changed_codes(struct block_state *state,
                                      struct changeset *out,
                                      struct arena *arena)
{
    size_t room = out->account_count, count = 0;
    struct code_change *codes = arena_alloc(arena, room * sizeof *codes);
    struct sort_item *items = arena_alloc(arena, 2 * room * sizeof *items);
    if (codes == NULL || items == NULL) return PEVM_NO_MEMORY;
    for (size_t i = 0; i < room; i++) {
        const struct account_change *change = &out->accounts[i];
        uint32_t index = change->code_changed ? code_find(state, &change->code_hash) : INDEX_NONE;
        if (index == INDEX_NONE) continue;
        items[count++] = (struct sort_item){load_be64(change->code_hash.bytes), index};
    }
    sort_items(items, count, items + room, code_less, state);
    out->code_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct block_code *code = &state->codes[items[i].index];
        if (i > 0 && items[i].index == items[i - 1].index) continue;
        codes[out->code_count++] = (struct code_change){code->hash, code->code};
    }
    out->codes = codes;
    return PEVM_OK;
}

enum pevm_status block_state_changes(struct block_state *state,
                                     struct changeset *out,
                                     struct arena *arena)
{
    TRY(changed_accounts(state, out, arena));
    return changed_codes(state, out, arena);
}
