/* What came of it: one by one, or as a changeset that several workers make. */
#include "state/mv_changes.h"

#include "base/assert.h"
#include "crypto/keccak.h"
#include "state/mv_private.h"

#define ROWS_PER_PART   512 /* fewer are not worth another worker */
#define ROOM_STEP       1024 /* the same block again takes a few rows more or less, and no more memory */
#define SAMPLES_PER_RUN 8
#define KEY_BITS        42 /* of a slot's prefix; above them its account */

STATIC_ASSERT(MV_ROWS_MAX <= (uint32_t)1 << (64 - KEY_BITS), "an account fits into a prefix");

/* ---- one by one ------------------------------------------------------------------------------ */

static bool cell_is_written(struct mv *mv, const struct mv_cell *cell, uint32_t tx)
{
    uint64_t word;
    return mv_version_below(mv, cell, tx, &word) != NULL;
}

static bool account_is_written(struct mv *mv, uint32_t id, uint32_t tx)
{
    const struct mv_account_row *row = &mv->accounts[id];
    if (id == mv->coinbase && tx > 0) return true; /* all of them touched it */
    return cell_is_written(mv, &row->balance, tx) || cell_is_written(mv, &row->nonce, tx) ||
           cell_is_written(mv, &row->code, tx) || cell_is_written(mv, &row->existence, tx) ||
           cell_is_written(mv, &row->reset, tx);
}

static enum pevm_status account_change(struct mv *mv,
                                       uint32_t id,
                                       uint32_t tx,
                                       struct mv_account_change *out)
{
    struct mv_account_row *row = &mv->accounts[id];
    uint32_t blocked_on;
    uint64_t existence, word;
    const hash32 *code_hash;
    if (mv_account_load(mv, row) != VIEW_OK) return PEVM_STATE_UNREADABLE;
    *out = (struct mv_account_change){
        .who = row->key,
        .before = {.balance = row->base_balance,
                   .code_hash = row->base_code,
                   .nonce = row->base_nonce,
                   .exists = row->base_exists}
    };
    bool known = mv_balance_at(mv, id, tx, &out->now.balance, &blocked_on) == VIEW_OK &&
                 mv_nonce_at(mv, id, tx, &out->now.nonce, &blocked_on) == VIEW_OK &&
                 mv_code_at(mv, id, tx, &code_hash, &blocked_on) == VIEW_OK &&
                 mv_existence_at(mv, id, tx, &existence, &blocked_on) == VIEW_OK;
    ASSERT(known); /* all are final: nothing is in the way */
    out->now.code_hash = *code_hash;
    out->now.exists = (existence & MV_EXISTS) != 0;
    out->storage_reset = mv_version_below(mv, &row->reset, tx, &word) != NULL;
    if (mv_version_below(mv, &row->code, tx, &word) != NULL)
        out->code = &((const struct mv_code *)mv_value(word))->code;
    return PEVM_OK;
}

enum pevm_status mv_each_account(struct mv *mv,
                                 uint32_t tx,
                                 bool (*visit)(void *context,
                                               const struct mv_account_change *change),
                                 void *context)
{
    uint32_t count = atomic32_load(&mv->account_next, memory_order_relaxed);
    for (uint32_t id = 0; id < count; id++) {
        if (atomic32_load(&mv->accounts[id].state, memory_order_relaxed) == MV_ROW_UNUSED) continue;
        if (!account_is_written(mv, id, tx)) continue;
        struct mv_account_change change;
        TRY(account_change(mv, id, tx, &change));
        if (!visit(context, &change)) return PEVM_NO_MEMORY;
    }
    return PEVM_OK;
}

static void slot_change(struct mv *mv, uint32_t id, const u256 *value, struct mv_slot_change *out)
{
    const struct mv_slot_row *row = &mv->slots[id];
    *out = (struct mv_slot_change){.slot = row->key,
                                   .before = atomic_pointer_load(&row->base, memory_order_relaxed),
                                   .now = value};
}

enum pevm_status mv_each_slot(struct mv *mv,
                              uint32_t tx,
                              bool (*visit)(void *context,
                                            const address *who,
                                            const struct mv_slot_change *change),
                              void *context)
{
    uint32_t count = atomic32_load(&mv->slot_next, memory_order_relaxed), blocked_on;
    for (uint32_t id = 0; id < count; id++) {
        const struct mv_slot_row *row = &mv->slots[id];
        uint64_t word;
        if (!row->is_used || mv_version_below(mv, &row->cell, tx, &word) == NULL) continue;
        const u256 *value;
        if (mv_slot_at(mv, &mv->workers[0], id, tx, &value, &blocked_on) != VIEW_OK)
            return PEVM_STATE_UNREADABLE;
        struct mv_slot_change change;
        slot_change(mv, id, value, &change);
        if (!visit(context, &mv->accounts[row->account].key, &change)) return PEVM_NO_MEMORY;
    }
    return PEVM_OK;
}

/* The slots of an account that were written. */
static enum pevm_status take_slots(struct mv *mv,
                                   uint32_t account,
                                   uint32_t tx,
                                   const struct mv_visitor *visitor)
{
    uint32_t next = atomic32_load(&mv->accounts[account].written_slots, memory_order_relaxed);
    while (next != 0) { /* ends: a list without circles */
        uint32_t id = next - 1, blocked_on;
        uint64_t word;
        const u256 *value;
        struct mv_slot_change change;
        next = mv->slots[id].next_written;
        if (mv_version_below(mv, &mv->slots[id].cell, tx, &word) == NULL) continue;
        if (mv_slot_at(mv, &mv->workers[0], id, tx, &value, &blocked_on) != VIEW_OK)
            return PEVM_STATE_UNREADABLE;
        slot_change(mv, id, value, &change);
        if (!visitor->slot(visitor->context, &mv->accounts[account].key, &change))
            return PEVM_NO_MEMORY;
    }
    return PEVM_OK;
}

static enum pevm_status take_row(struct mv *mv,
                                 uint32_t tx,
                                 uint32_t id,
                                 const struct mv_visitor *visitor)
{
    if (mv->accounts[id].is_taken) return PEVM_OK;
    mv->accounts[id].is_taken = true;
    if (account_is_written(mv, id, tx)) {
        struct mv_account_change change;
        TRY(account_change(mv, id, tx, &change));
        if (!visitor->account(visitor->context, &change)) return PEVM_NO_MEMORY;
    }
    return take_slots(mv, id, tx, visitor);
}

enum pevm_status mv_take(struct mv *mv,
                         uint32_t tx,
                         const address *who,
                         const struct mv_visitor *visitor)
{
    uint32_t id = mv_account_seek(mv, who);
    return id == MV_NOBODY ? PEVM_OK : take_row(mv, tx, id, visitor);
}

enum pevm_status mv_take_all(struct mv *mv, uint32_t tx, const struct mv_visitor *visitor)
{
    uint32_t count = atomic32_load(&mv->account_next, memory_order_relaxed);
    for (uint32_t id = 0; id < count; id++)
        if (atomic32_load(&mv->accounts[id].state, memory_order_relaxed) != MV_ROW_UNUSED)
            TRY(take_row(mv, tx, id, visitor));
    return PEVM_OK;
}

/* ---- parts ----------------------------------------------------------------------------------- */

unsigned mv_changes_parts(const struct mv *mv, unsigned workers)
{
    uint32_t rows = atomic32_load(&mv->account_next, memory_order_relaxed) +
                    atomic32_load(&mv->slot_next, memory_order_relaxed);
    unsigned parts = workers < MV_PARTS_MAX ? workers : MV_PARTS_MAX;
    if (rows / ROWS_PER_PART < parts) parts = rows / ROWS_PER_PART;
    return parts == 0 ? 1 : parts;
}

/* Rows are taken MV_ROWS_TAKEN at a time. */
static uint32_t ranges_of(uint32_t rows)
{
    return (rows + MV_ROWS_TAKEN - 1) / MV_ROWS_TAKEN;
}

/* Room for the items of each part, three times. */
static bool runs_begin(
    struct mv_run *runs, unsigned parts, const uint8_t *owners, uint32_t rows, struct arena *arena)
{
    size_t room = (rows / ROOM_STEP + 1) * (size_t)ROOM_STEP;
    struct sort_item *items = arena_alloc(arena, 3 * room * sizeof *items);
    uint32_t counts[MV_PARTS_MAX] = {0}, first = 0;
    if (items == NULL) return false;
    for (uint32_t i = 0; i < ranges_of(rows); i++)
        counts[owners[i] % parts] += MV_ROWS_TAKEN;
    for (unsigned part = 0; part < parts; part++) {
        runs[part] = (struct mv_run){items + first, items + rows + first, first, 0};
        first += counts[part];
    }
    return true;
}

bool mv_changes_begin(
    struct mv_changes *changes, struct mv *mv, uint32_t tx, unsigned parts, struct arena *arena)
{
    ASSERT(parts >= 1 && parts <= MV_PARTS_MAX);
    uint32_t accounts = atomic32_load(&mv->account_next, memory_order_relaxed);
    uint32_t slots = atomic32_load(&mv->slot_next, memory_order_relaxed);
    size_t room = (accounts / ROOM_STEP + 1) * (size_t)ROOM_STEP;
    *changes = (struct mv_changes){.mv = mv, .tx = tx, .parts = parts, .arena = arena};
    changes->account_rows = ranges_of(accounts) * MV_ROWS_TAKEN;
    changes->slot_rows = ranges_of(slots) * MV_ROWS_TAKEN;
    changes->found = arena_alloc(arena, room * sizeof *changes->found);
    changes->odd = arena_alloc(arena, room * sizeof *changes->odd);
    return changes->found != NULL && changes->odd != NULL &&
           runs_begin(
               changes->account_runs, parts, mv->account_owners, changes->account_rows, arena) &&
           runs_begin(changes->slot_runs, parts, mv->slot_owners, changes->slot_rows, arena);
}

/* ---- an order of all items, by parts ----------------------------------------------------------- */

typedef bool item_order(const void *context, uint32_t a, uint32_t b);

static bool item_is_less(struct sort_item a,
                         struct sort_item b,
                         item_order *less,
                         const struct mv_changes *changes)
{
    return a.prefix != b.prefix ? a.prefix < b.prefix : less(changes, a.index, b.index);
}

static uint32_t runs_count(const struct mv_run *runs, unsigned parts)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < parts; i++)
        count += runs[i].count;
    return count;
}

/* Items, one less than there are parts, between which there are about as many of all runs. */
static struct sort_item *runs_split(const struct mv_changes *changes,
                                    const struct mv_run *runs,
                                    item_order *less)
{
    size_t room = (size_t)changes->parts * SAMPLES_PER_RUN, count = 0;
    struct sort_item *samples = arena_alloc(changes->arena, 2 * room * sizeof *samples);
    if (samples == NULL) return NULL;
    for (unsigned i = 0; i < changes->parts; i++)
        for (unsigned k = 0; k < SAMPLES_PER_RUN && runs[i].count > 0; k++)
            samples[count++] =
                runs[i].items[((uint64_t)runs[i].count * (2 * k + 1)) / (2 * SAMPLES_PER_RUN)];
    sort_items(samples, count, samples + room, less, changes);
    for (unsigned part = 1; part < changes->parts && count > 0; part++)
        samples[part - 1] = samples[part * count / changes->parts];
    return samples;
}

/* How many of the run are below the split. */
static uint32_t run_below(const struct mv_changes *changes,
                          const struct mv_run *run,
                          struct sort_item split,
                          item_order *less)
{
    uint32_t low = 0, high = run->count;
    while (low < high) { /* ends: the distance is halved */
        uint32_t middle = low + (high - low) / 2;
        if (item_is_less(run->items[middle], split, less, changes))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What a part has of all runs, sorted, in its spare room; and where it lies among all. */
struct share {
    struct sort_item *items;
    uint32_t first, count;
};

static struct share share_of(const struct mv_changes *changes,
                             const struct mv_run *runs,
                             const struct sort_item *splits,
                             unsigned part,
                             item_order *less)
{
    unsigned parts = changes->parts;
    uint32_t from[MV_PARTS_MAX], to[MV_PARTS_MAX];
    struct share share = {NULL, 0, 0};
    for (unsigned i = 0; i < parts; i++) {
        from[i] = part == 0 ? 0 : run_below(changes, &runs[i], splits[part - 1], less);
        to[i] =
            part + 1 == parts ? runs[i].count : run_below(changes, &runs[i], splits[part], less);
        share.first += from[i];
        share.count += to[i] - from[i];
    }
    share.items =
        runs[0].spare + share.first; /* spare rooms lie side by side, for more than there are */
    uint32_t at = 0;
    for (unsigned i = 0; i < parts; i++) {
        if (to[i] == from[i]) continue;
        memcpy(share.items + at, runs[i].items + from[i], (to[i] - from[i]) * sizeof *share.items);
        at += to[i] - from[i];
    }
    return share;
}

static void share_sort(const struct mv_changes *changes,
                       uint32_t rows,
                       struct share share,
                       item_order *less)
{
    struct sort_item *spare = share.items + rows; /* the third room, with a place for each share */
    if (changes->parts > 1) sort_items(share.items, share.count, spare, less, changes);
}

/* ---- slots ----------------------------------------------------------------------------------- */

static bool slot_is_less(const void *context, uint32_t a, uint32_t b)
{
    const struct mv_changes *changes = context;
    return u256_less(changes->mv->slots[a].key, changes->mv->slots[b].key);
}

/* What the slot is now, or NULL when nothing came of it. Those whose account is not plain are not asked for. */
static const u256 *slot_now(struct mv *mv, const struct mv_slot_row *row, uint32_t tx)
{
    uint64_t word;
    if (!row->is_used || mv->accounts[row->account].is_taken) return NULL;
    if (mv_version_below(mv, &row->cell, tx, &word) == NULL) return NULL;
    const u256 *value = mv_value(word);
    const u256 *base = atomic_pointer_load(&row->base, memory_order_relaxed);
    bool differs = base == NULL ? !u256_is_zero(*value) : !u256_equal(*base, *value);
    return differs ? value : NULL;
}

/* So many slots of each account differ: its change has to say so. */
static void slots_count(const struct mv_changes *changes, const struct mv_run *run)
{
    for (uint32_t i = 0, k; i < run->count; i = k) {
        uint64_t account = run->items[i].prefix >> KEY_BITS;
        for (k = i + 1;
             k < run->count && run->items[k].prefix >> KEY_BITS == account;) /* ends: k */
            k++;
        (void)atomic32_add(
            &changes->mv->accounts[account].slot_changes, k - i, memory_order_relaxed);
    }
}

static void slot_find(struct mv_changes *changes, struct mv_run *run, uint32_t id)
{
    const struct mv_slot_row *row = &changes->mv->slots[id];
    if (slot_now(changes->mv, row, changes->tx) == NULL) return;
    uint64_t key = row->key.words[3] >> (64 - KEY_BITS);
    run->items[run->count++] = (struct sort_item){(uint64_t)row->account << KEY_BITS | key, id};
}

void mv_changes_find_slots(struct mv_changes *changes, unsigned part)
{
    struct mv_run *run = &changes->slot_runs[part];
    for (uint32_t first = 0; first < changes->slot_rows; first += MV_ROWS_TAKEN) {
        if (changes->mv->slot_owners[first / MV_ROWS_TAKEN] % changes->parts != part) continue;
        for (uint32_t id = first; id < first + MV_ROWS_TAKEN; id++)
            slot_find(changes, run, id);
    }
    sort_items(run->items, run->count, run->spare, slot_is_less, changes);
    slots_count(changes, run);
}

bool mv_changes_slots(struct mv_changes *changes, struct arena *out)
{
    changes->slot_count = runs_count(changes->slot_runs, changes->parts);
    changes->slots = arena_alloc(out, changes->slot_count * sizeof *changes->slots);
    changes->slot_splits = runs_split(changes, changes->slot_runs, slot_is_less);
    return changes->slots != NULL && changes->slot_splits != NULL;
}

void mv_changes_write_slots(struct mv_changes *changes, unsigned part)
{
    struct mv *mv = changes->mv;
    struct share share =
        share_of(changes, changes->slot_runs, changes->slot_splits, part, slot_is_less);
    share_sort(changes, changes->slot_rows, share, slot_is_less);
    for (uint32_t i = 0; i < share.count; i++) {
        const struct mv_slot_row *row = &mv->slots[share.items[i].index];
        uint64_t word;
        (void)mv_version_below(mv, &row->cell, changes->tx, &word);
        changes->slots[share.first + i] =
            (struct slot_change){.slot = row->key, .value = *(const u256 *)mv_value(word)};
        bool is_first = i == 0 || mv->slots[share.items[i - 1].index].account != row->account;
        if (is_first) /* in this part: of all parts the lowest counts */
            (void)atomic32_raise(&mv->accounts[row->account].slots_before_end,
                                 changes->slot_count - (share.first + i),
                                 memory_order_relaxed);
    }
}

/* ---- accounts -------------------------------------------------------------------------------- */

static bool address_is_less(const address *a, const address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) < 0;
}

static bool account_is_less(const void *context, uint32_t a, uint32_t b)
{
    const struct mv_changes *changes = context;
    return address_is_less(&changes->found[a].account, &changes->found[b].account);
}

/* Has it, or had it on the way, another code, no storage, no existence? */
static bool account_is_odd(const struct mv_account_row *row)
{
    return atomic32_load(&row->code.head, memory_order_relaxed) != 0 ||
           atomic32_load(&row->reset.head, memory_order_relaxed) != 0 ||
           atomic32_load(&row->existence.head, memory_order_relaxed) != 0;
}

/* Of a plain account. False: it does not exist. */
static bool account_now(struct mv *mv, uint32_t id, uint32_t tx, struct account_change *out)
{
    const struct mv_account_row *row = &mv->accounts[id];
    uint32_t blocked_on;
    bool known = mv_balance_at(mv, id, tx, &out->balance, &blocked_on) == VIEW_OK &&
                 mv_nonce_at(mv, id, tx, &out->nonce, &blocked_on) == VIEW_OK;
    ASSERT(known); /* all are final: nothing is in the way */
    bool is_empty = out->nonce == 0 && u256_is_zero(out->balance) &&
                    hash32_equal(&row->base_code, &keccak_empty);
    if (mv->keeps_empty) return row->base_exists;
    return !is_empty || (row->base_exists && row->base_empty);
}

static void account_find(struct mv_changes *changes, unsigned part, uint32_t id)
{
    struct mv *mv = changes->mv;
    struct mv_account_row *row = &mv->accounts[id];
    struct mv_run *run = &changes->account_runs[part];
    if (atomic32_load(&row->state, memory_order_relaxed) == MV_ROW_UNUSED || row->is_taken) return;
    bool has_slots = atomic32_load(&row->slot_changes, memory_order_relaxed) > 0;
    bool is_odd = account_is_odd(row);
    bool is_written = has_slots || is_odd ||
                      atomic32_load(&row->balance.head, memory_order_relaxed) != 0 ||
                      atomic32_load(&row->nonce.head, memory_order_relaxed) != 0;
    if (!is_written) return;
    if (mv_account_load(mv, row) != VIEW_OK) {
        changes->is_unreadable[part] = true;
        return;
    }
    struct account_change *found = &changes->found[id];
    if (is_odd || !account_now(mv, id, changes->tx, found)) {
        changes->odd[run->first + changes->odd_counts[part]++] = id;
        return;
    }
    bool differs = !row->base_exists || found->nonce != row->base_nonce ||
                   !u256_equal(found->balance, row->base_balance);
    if (!has_slots && !differs) return;
    found->account = row->key;
    found->exists = true;
    found->storage_cleared = found->code_changed = false;
    found->code_hash = row->base_code;
    found->slots = NULL;
    found->slot_count = 0;
    run->items[run->count++] = (struct sort_item){load_be64(row->key.bytes), id};
}

void mv_changes_find_accounts(struct mv_changes *changes, unsigned part)
{
    struct mv_run *run = &changes->account_runs[part];
    for (uint32_t first = 0; first < changes->account_rows; first += MV_ROWS_TAKEN) {
        if (changes->mv->account_owners[first / MV_ROWS_TAKEN] % changes->parts != part) continue;
        for (uint32_t id = first; id < first + MV_ROWS_TAKEN; id++)
            account_find(changes, part, id);
    }
    sort_items(run->items, run->count, run->spare, account_is_less, changes);
}

bool mv_changes_next_odd(const struct mv_changes *changes,
                         unsigned *part,
                         uint32_t *index,
                         address *who)
{
    while (*part < changes->parts && *index == changes->odd_counts[*part]) { /* ends: part grows */
        ++*part;
        *index = 0;
    }
    if (*part == changes->parts) return false;
    uint32_t id = changes->odd[changes->account_runs[*part].first + (*index)++];
    *who = changes->mv->accounts[id].key;
    return true;
}

bool mv_changes_accounts(struct mv_changes *changes,
                         const struct account_change *others,
                         size_t other_count,
                         struct arena *out)
{
    changes->others = others;
    changes->other_count = other_count;
    changes->account_count = runs_count(changes->account_runs, changes->parts);
    size_t count = changes->account_count + other_count;
    changes->accounts = arena_alloc(out, count * sizeof *changes->accounts);
    changes->account_splits = runs_split(changes, changes->account_runs, account_is_less);
    return changes->accounts != NULL && changes->account_splits != NULL;
}

/* How many of the others are below the address. */
static size_t others_below(const struct mv_changes *changes, const address *who)
{
    size_t low = 0, high = changes->other_count;
    while (low < high) { /* ends: the distance is halved */
        size_t middle = low + (high - low) / 2;
        if (address_is_less(&changes->others[middle].account, who))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many of those found are below the address. */
static size_t found_below(const struct mv_changes *changes, const address *who)
{
    size_t count = 0;
    for (unsigned part = 0; part < changes->parts; part++) {
        const struct mv_run *run = &changes->account_runs[part];
        uint32_t low = 0, high = run->count;
        while (low < high) { /* ends: the distance is halved */
            uint32_t middle = low + (high - low) / 2;
            if (address_is_less(&changes->found[run->items[middle].index].account, who))
                low = middle + 1;
            else
                high = middle;
        }
        count += low;
    }
    return count;
}

static void account_write(const struct mv_changes *changes, uint32_t id, struct account_change *out)
{
    struct mv_account_row *row = &changes->mv->accounts[id];
    *out = changes->found[id];
    out->slot_count = atomic32_load(&row->slot_changes, memory_order_relaxed);
    if (out->slot_count > 0)
        out->slots = changes->slots + changes->slot_count -
                     atomic32_load(&row->slots_before_end, memory_order_relaxed);
}

void mv_changes_write_accounts(struct mv_changes *changes, unsigned part)
{
    struct share share =
        share_of(changes, changes->account_runs, changes->account_splits, part, account_is_less);
    share_sort(changes, changes->account_rows, share, account_is_less);
    size_t other = 0;
    for (uint32_t i = 0; i < share.count; i++) {
        uint32_t id = share.items[i].index;
        const address *who = &changes->found[id].account;
        if (i == 0) other = others_below(changes, who);
        while (other < changes->other_count &&
               address_is_less(&changes->others[other].account, who))
            other++; /* ends: it grows */
        account_write(changes, id, &changes->accounts[share.first + i + other]);
    }
    for (size_t k = part; k < changes->other_count; k += changes->parts)
        changes->accounts[k + found_below(changes, &changes->others[k].account)] =
            changes->others[k];
}
