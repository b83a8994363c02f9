#include "state/mv.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/heap.h"
#include "crypto/keccak.h"
#include "state/mv_private.h"
#include "sync/spin.h"
#include "sync/topology.h"

#define VERSIONS_MAX     ((uint32_t)1 << 26)
#define ENTRIES_MIN      ((uint32_t)1 << 12)
#define ENTRIES_MAX      ((uint32_t)1 << 25)
#define VERSIONS_TAKEN   128
#define CELLS_OF_ACCOUNT 5 /* balance, nonce, code, existence, reset */
#define ARENA_CHUNK      ((size_t)1 << 20)
#define HUGE_TXS_MIN     512 /* blocks of so many fill pages of 2 MB */

STATIC_ASSERT(sizeof(struct mv_version) == 16, "16 bytes per version");
STATIC_ASSERT(sizeof(struct mv_slot_row) == CACHE_LINE, "64 bytes per location");
STATIC_ASSERT(sizeof(struct mv_read) == 16, "16 bytes per read");
STATIC_ASSERT(sizeof(struct mv_account_row) <= 5 * CACHE_LINE, "five locations");

u256 mv_loading;

/* ---- life ------------------------------------------------------------------------------------ */

static bool table_new(struct mv_table *table)
{
    table->entries = heap_reserve((size_t)ENTRIES_MAX * sizeof *table->entries);
    return table->entries != NULL;
}

static void table_free(struct mv_table *table)
{
    heap_unreserve(table->entries, (size_t)ENTRIES_MAX * sizeof *table->entries);
}

/* What all workers use. What one worker makes lies where it runs: it is the first to write it. */
static void spread(struct mv *mv)
{
    topology_spread(mv->accounts, (size_t)MV_ROWS_MAX * sizeof *mv->accounts);
    topology_spread(mv->slots, (size_t)MV_ROWS_MAX * 4 * sizeof *mv->slots);
    topology_spread(mv->versions, (size_t)VERSIONS_MAX * sizeof *mv->versions);
    topology_spread(mv->account_table.entries,
                    (size_t)ENTRIES_MAX * sizeof *mv->account_table.entries);
    topology_spread(mv->slot_table.entries, (size_t)ENTRIES_MAX * sizeof *mv->slot_table.entries);
}

enum pevm_status mv_new(struct mv **out, const struct mv_options *options)
{
    ASSERT(options->workers > 0);
    *out = NULL;
    struct mv *mv = heap_alloc_aligned(CACHE_LINE, sizeof *mv);
    if (mv == NULL) return PEVM_NO_MEMORY;
    memset(mv, 0, sizeof *mv);
    mv->worker_count = options->workers;
    mv->budget = options->budget;
    mv->seed = hash_seed();
    mv->accounts = heap_reserve((size_t)MV_ROWS_MAX * sizeof *mv->accounts);
    mv->slots = heap_reserve((size_t)MV_ROWS_MAX * 4 * sizeof *mv->slots);
    mv->versions = heap_reserve((size_t)VERSIONS_MAX * sizeof *mv->versions);
    mv->account_owners = heap_reserve(MV_ROWS_MAX / MV_ROWS_TAKEN);
    mv->slot_owners = heap_reserve(MV_ROWS_MAX * 4 / MV_ROWS_TAKEN);
    mv->workers = heap_alloc_aligned(CACHE_LINE, options->workers * sizeof *mv->workers);
    if (mv->workers != NULL) memset(mv->workers, 0, options->workers * sizeof *mv->workers);
    bool has_tables = table_new(&mv->account_table) && table_new(&mv->slot_table);
    bool has_owners = mv->account_owners != NULL && mv->slot_owners != NULL;
    if (!has_tables || !has_owners || mv->accounts == NULL || mv->slots == NULL ||
        mv->versions == NULL || mv->workers == NULL) {
        mv_free(mv);
        return PEVM_NO_MEMORY;
    }
    if (options->is_spread && topology_nodes() > 1) spread(mv);
    for (unsigned i = 0; i < options->workers; i++) {
        arena_init(&mv->workers[i].arena, ARENA_CHUNK, 0);
        if (options->budget != NULL)
            arena_set_keeper(&mv->workers[i].arena, &options->budget->keeper);
    }
    *out = mv;
    return PEVM_OK;
}

/* Rows and entries are met in no order: with small pages each meeting costs a walk of the page tables as well. */
static void prefer_huge(struct mv *mv)
{
    heap_prefer_huge(mv->accounts, (size_t)MV_ROWS_MAX * sizeof *mv->accounts);
    heap_prefer_huge(mv->slots, (size_t)MV_ROWS_MAX * 4 * sizeof *mv->slots);
    heap_prefer_huge(mv->versions, (size_t)VERSIONS_MAX * sizeof *mv->versions);
    heap_prefer_huge(mv->account_table.entries,
                     (size_t)ENTRIES_MAX * sizeof *mv->account_table.entries);
    heap_prefer_huge(mv->slot_table.entries, (size_t)ENTRIES_MAX * sizeof *mv->slot_table.entries);
    mv->prefers_huge = true;
}

static void tx_arrays_free(struct mv *mv)
{
    heap_free(mv->records);
    heap_free(mv->tips);
    heap_free(mv->tip_sums);
    mv->records = NULL;
    mv->tips = NULL;
    mv->tip_sums = NULL;
    mv->tx_capacity = 0;
    budget_give(mv->budget, mv->tx_bytes);
    mv->tx_bytes = 0;
}

static void rows_trim(struct mv *mv, struct atomic32 *paid, void *rows, size_t size)
{
    size_t bytes = atomic32_load(paid, memory_order_relaxed) * size;
    if (rows != NULL) heap_discard(rows, bytes);
    budget_give(mv->budget, bytes);
    atomic32_init(paid, 0);
}

static void table_trim(struct mv_table *table)
{
    if (table->mask_max_used > 0)
        heap_discard(table->entries, ((size_t)table->mask_max_used + 1) * sizeof *table->entries);
    table->mask_max_used = 0;
}

void mv_trim(struct mv *mv)
{
    rows_trim(mv, &mv->account_paid, mv->accounts, sizeof *mv->accounts);
    rows_trim(mv, &mv->slot_paid, mv->slots, sizeof *mv->slots);
    rows_trim(mv, &mv->version_paid, mv->versions, sizeof *mv->versions);
    table_trim(&mv->account_table);
    table_trim(&mv->slot_table);
    budget_give(mv->budget, mv->table_bytes);
    mv->table_bytes = 0;
    tx_arrays_free(mv);
    for (unsigned i = 0; mv->workers != NULL && i < mv->worker_count; i++)
        arena_fini(&mv->workers[i].arena);
    atomic32_init(&mv->account_next, 0);
    atomic32_init(&mv->slot_next, 0);
    atomic32_init(&mv->version_next, 1);
}

void mv_free(struct mv *mv)
{
    if (mv == NULL) return;
    mv_trim(mv);
    table_free(&mv->account_table);
    table_free(&mv->slot_table);
    heap_unreserve(mv->accounts, (size_t)MV_ROWS_MAX * sizeof *mv->accounts);
    heap_unreserve(mv->slots, (size_t)MV_ROWS_MAX * 4 * sizeof *mv->slots);
    heap_unreserve(mv->versions, (size_t)VERSIONS_MAX * sizeof *mv->versions);
    heap_unreserve(mv->account_owners, MV_ROWS_MAX / MV_ROWS_TAKEN);
    heap_unreserve(mv->slot_owners, MV_ROWS_MAX * 4 / MV_ROWS_TAKEN);
    heap_free(mv->workers);
    heap_free(mv);
}

static enum pevm_status tx_arrays_reserve(struct mv *mv, uint32_t count)
{
    if (count < mv->tx_capacity) return PEVM_OK;
    tx_arrays_free(mv);
    uint32_t capacity = count + count / 4 + 64;
    size_t bytes = capacity * (sizeof *mv->records + sizeof *mv->tips + sizeof *mv->tip_sums);
    if (!budget_take(mv->budget, bytes)) return PEVM_NO_MEMORY;
    mv->tx_bytes = bytes;
    mv->records = heap_alloc(capacity * sizeof *mv->records);
    mv->tips = heap_alloc(capacity * sizeof *mv->tips);
    mv->tip_sums = heap_alloc(capacity * sizeof *mv->tip_sums);
    if (mv->records == NULL || mv->tips == NULL || mv->tip_sums == NULL) {
        tx_arrays_free(mv);
        return PEVM_NO_MEMORY;
    }
    mv->tx_capacity = capacity;
    return PEVM_OK;
}

/* Old entries carry old epochs: they count as empty. */
static void table_begin(struct mv_table *table, uint32_t entries, bool is_new_round)
{
    if (is_new_round && table->mask_max_used > 0)
        memset(table->entries, 0, ((size_t)table->mask_max_used + 1) * sizeof *table->entries);
    table->mask = entries - 1;
    if (table->mask > table->mask_max_used) table->mask_max_used = table->mask;
}

/* Both tables. */
static enum pevm_status tables_pay(struct mv *mv, uint32_t entries)
{
    size_t bytes = 2 * (size_t)entries * sizeof *mv->slot_table.entries;
    if (bytes <= mv->table_bytes) return PEVM_OK;
    if (!budget_take(mv->budget, bytes - mv->table_bytes)) return PEVM_NO_MEMORY;
    mv->table_bytes = bytes;
    return PEVM_OK;
}

enum pevm_status mv_begin(struct mv *mv, const struct mv_block *block)
{
    if (block->tx_count >= MV_TX_MAX) return PEVM_LIMIT;
    TRY(tx_arrays_reserve(mv, block->tx_count + 1));
    memset(mv->records, 0, block->tx_count * sizeof *mv->records);
    memset(mv->tips, 0, block->tx_count * sizeof *mv->tips);
    mv->tip_sums[0] = U256_ZERO;

    uint32_t entries = ENTRIES_MIN;
    while (entries < ENTRIES_MAX && entries / 3 < block->locations_expected)
        entries *= 2;
    TRY(tables_pay(mv, entries));
    bool is_limited = mv->budget != NULL && mv->budget->max != 0; /* each page counts */
    if (block->tx_count >= HUGE_TXS_MIN && !mv->prefers_huge && !is_limited) prefer_huge(mv);
    bool is_new_round = ++mv->epoch == 0;
    if (is_new_round) mv->epoch = 1;
    table_begin(&mv->account_table, entries, is_new_round);
    table_begin(&mv->slot_table, entries, is_new_round);

    for (unsigned i = 0; i < mv->worker_count; i++) {
        struct mv_worker *worker = &mv->workers[i];
        arena_reset(&worker->arena);
        if (i < block->warm_workers && !arena_warm(&worker->arena)) return PEVM_NO_MEMORY;
        worker->accounts = worker->slots = worker->versions = (struct mv_range){0, 0};
        worker->read_count = 0;
    }
    mv->base = *block->base;
    mv->tx_count = block->tx_count;
    mv->keeps_empty = block->keeps_empty;
    mv->by_version = block->by_version;
    atomic32_init(&mv->frontier, 0);
    atomic32_init(&mv->account_next, 0);
    atomic32_init(&mv->slot_next, 0);
    atomic32_init(&mv->version_next, 1);
    mv->coinbase = mv_account_find(mv, &mv->workers[0], &block->coinbase);
    return mv->coinbase == MV_NOBODY ? PEVM_NO_MEMORY : PEVM_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Rows that lie in reserved memory: how many are handed out, of how many bytes each. */
struct mv_pool {
    struct atomic32 *next, *paid;
    size_t size;
};

/* So many rows of `pool` are touched now, or were in an earlier block. */
static bool rows_pay(struct mv *mv, struct mv_pool pool, uint32_t count)
{
    if (mv->budget == NULL) return true;
    uint32_t paid = atomic32_load(pool.paid, memory_order_relaxed);
    while (paid < count) { /* ends: each failure means that somebody else paid */
        size_t bytes = (count - paid) * pool.size;
        if (!budget_take(mv->budget, bytes)) return false;
        if (atomic32_cas(pool.paid, &paid, count, memory_order_relaxed)) return true;
        budget_give(mv->budget, bytes);
    }
    return true;
}

/* The next index of a worker's own range; takes another range when it is used up. MV_NOBODY: there is none. */
static uint32_t range_take(
    struct mv *mv, struct mv_range *range, struct mv_pool pool, uint32_t count, uint32_t limit)
{
    if (range->next == range->end) {
        uint32_t first = atomic32_load(pool.next, memory_order_relaxed);
        do { /* ends: each failure means that somebody else took some */
            if (first > limit - count || !rows_pay(mv, pool, first + count)) return MV_NOBODY;
        } while (!atomic32_cas_weak(pool.next, &first, first + count, memory_order_relaxed));
        range->next = first;
        range->end = first + count;
    }
    return range->next++;
}

static uint32_t account_row_new(struct mv *mv, struct mv_worker *worker, const address *who)
{
    bool is_fresh = worker->accounts.next == worker->accounts.end;
    uint32_t limit =
        mv->account_table.mask < MV_ROWS_MAX ? mv->account_table.mask / 8 * 7 : MV_ROWS_MAX;
    struct mv_pool pool = {&mv->account_next, &mv->account_paid, sizeof *mv->accounts};
    uint32_t id = range_take(mv, &worker->accounts, pool, MV_ROWS_TAKEN, limit);
    if (id == MV_NOBODY) return id;
    if (is_fresh) mv->account_owners[id / MV_ROWS_TAKEN] = (uint8_t)(worker - mv->workers);
    if (is_fresh)
        for (uint32_t i = 0; i < MV_ROWS_TAKEN; i++)
            atomic32_init(&mv->accounts[id + i].state, MV_ROW_UNUSED);
    struct mv_account_row *row = &mv->accounts[id];
    memset(row, 0, sizeof *row);
    row->key = *who;
    atomic32_init(&row->state, MV_ROW_KEY);
    return id;
}

static uint32_t slot_row_new(struct mv *mv,
                             struct mv_worker *worker,
                             uint32_t account,
                             const u256 *key)
{
    bool is_fresh = worker->slots.next == worker->slots.end;
    uint32_t limit =
        mv->slot_table.mask < MV_ROWS_MAX * 4 ? mv->slot_table.mask / 8 * 7 : MV_ROWS_MAX * 4;
    struct mv_pool pool = {&mv->slot_next, &mv->slot_paid, sizeof *mv->slots};
    uint32_t id = range_take(mv, &worker->slots, pool, MV_ROWS_TAKEN, limit);
    if (id == MV_NOBODY) return id;
    if (is_fresh) mv->slot_owners[id / MV_ROWS_TAKEN] = (uint8_t)(worker - mv->workers);
    if (is_fresh)
        for (uint32_t i = 0; i < MV_ROWS_TAKEN; i++)
            mv->slots[id + i].is_used = false;
    struct mv_slot_row *row = &mv->slots[id];
    memset(row, 0, sizeof *row);
    row->key = *key;
    row->account = account;
    row->is_used = true;
    return id;
}

/* An entry: the block it belongs to, a part of the hash, the row. */
static uint64_t entry_of(const struct mv *mv, uint64_t hash, uint32_t id)
{
    return (uint64_t)mv->epoch << 48 | (hash >> 48) << 32 | id;
}

static bool entry_is_empty(const struct mv *mv, uint64_t entry)
{
    return entry >> 48 != mv->epoch;
}

uint32_t mv_account_find(struct mv *mv, struct mv_worker *worker, const address *who)
{
    uint64_t hash = hash_address(who, mv->seed), tag = hash >> 48;
    uint32_t at = (uint32_t)hash & mv->account_table.mask, made = MV_NOBODY;
    for (;;) { /* ends: the table has empty entries (range_take's limit) */
        struct atomic64 *place = &mv->account_table.entries[at];
        uint64_t entry = atomic64_load(place, memory_order_acquire); /* [C] */
        if (entry_is_empty(mv, entry)) {
            if (made == MV_NOBODY) made = account_row_new(mv, worker, who);
            if (made == MV_NOBODY) return MV_NOBODY;
            if (atomic64_cas(place, &entry, entry_of(mv, hash, made), memory_order_acq_rel))
                return made; /* [C] */
        }
        if ((entry >> 32 & 0xffff) == tag && address_equal(&mv->accounts[(uint32_t)entry].key, who))
            break;
        at = (at + 1) & mv->account_table.mask;
    }
    if (made != MV_NOBODY) { /* somebody else was faster: the row goes back */
        atomic32_init(&mv->accounts[made].state, MV_ROW_UNUSED);
        worker->accounts.next--;
    }
    return (uint32_t)atomic64_load(&mv->account_table.entries[at], memory_order_relaxed);
}

uint32_t mv_account_seek(const struct mv *mv, const address *who)
{
    uint64_t hash = hash_address(who, mv->seed), tag = hash >> 48;
    uint32_t at = (uint32_t)hash & mv->account_table.mask;
    for (;;) { /* ends: the table has empty entries */
        uint64_t entry =
            atomic64_load(&mv->account_table.entries[at], memory_order_acquire); /* [C] */
        if (entry_is_empty(mv, entry)) return MV_NOBODY;
        if ((entry >> 32 & 0xffff) == tag && address_equal(&mv->accounts[(uint32_t)entry].key, who))
            return (uint32_t)entry;
        at = (at + 1) & mv->account_table.mask;
    }
}

void mv_expect(const struct mv *mv, const address *who)
{
    uint32_t at = (uint32_t)hash_address(who, mv->seed) & mv->account_table.mask;
    prefetch_write(&mv->account_table.entries[at]);
}

uint32_t mv_slot_find(struct mv *mv, struct mv_worker *worker, uint32_t account, const u256 *key)
{
    uint64_t hash = hash_u256(key, mv->seed + account), tag = hash >> 48;
    uint32_t at = (uint32_t)hash & mv->slot_table.mask, made = MV_NOBODY;
    for (;;) { /* ends: as above */
        struct atomic64 *place = &mv->slot_table.entries[at];
        uint64_t entry = atomic64_load(place, memory_order_acquire); /* [C] */
        if (entry_is_empty(mv, entry)) {
            if (made == MV_NOBODY) made = slot_row_new(mv, worker, account, key);
            if (made == MV_NOBODY) return MV_NOBODY;
            if (atomic64_cas(place, &entry, entry_of(mv, hash, made), memory_order_acq_rel))
                return made; /* [C] */
        }
        const struct mv_slot_row *row = &mv->slots[(uint32_t)entry];
        if ((entry >> 32 & 0xffff) == tag && row->account == account && u256_equal(row->key, *key))
            break;
        at = (at + 1) & mv->slot_table.mask;
    }
    if (made != MV_NOBODY) {
        mv->slots[made].is_used = false;
        worker->slots.next--;
    }
    return (uint32_t)atomic64_load(&mv->slot_table.entries[at], memory_order_relaxed);
}

enum view_answer mv_account_load(struct mv *mv, struct mv_account_row *row)
{
    unsigned turns = 0;
    for (;;) { /* ends: whoever loads it comes to an end */
        uint32_t state = atomic32_load(&row->state, memory_order_acquire); /* [B] */
        if (likely(state == MV_ROW_LOADED)) return VIEW_OK;
        if (state == MV_ROW_KEY &&
            atomic32_cas(&row->state, &state, MV_ROW_LOADING, memory_order_acquire))
            break;
        cpu_wait(&turns);
    }
    struct view_account given;
    enum view_answer answer =
        mv->base.ops->account(mv->base.context, &row->key, VIEW_ALL_PARTS, &given);
    if (answer == VIEW_OK) {
        row->base_balance = given.balance;
        row->base_code = given.code_hash;
        row->base_nonce = given.nonce;
        row->base_exists = given.exists;
        row->base_empty = given.empty;
    }
    atomic32_store(&row->state,
                   answer == VIEW_OK ? MV_ROW_LOADED : MV_ROW_KEY,
                   memory_order_release); /* [B] */
    return answer == VIEW_OK ? VIEW_OK : VIEW_FAILED;
}

struct mv_cell *mv_cell_of(struct mv *mv, uint32_t place)
{
    struct mv_account_row *row = &mv->accounts[mv_place_id(place)];
    switch (mv_place_kind(place)) {
    case MV_BALANCE: return &row->balance;
    case MV_NONCE: return &row->nonce;
    case MV_CODE: return &row->code;
    case MV_EXISTENCE: return &row->existence;
    case MV_RESET: return &row->reset;
    case MV_SLOT: return &mv->slots[mv_place_id(place)].cell;
    case MV_HAS_STORAGE: break; /* is read, never written */
    }
    ASSERT(false);
    return NULL;
}

/* ---- publishing ------------------------------------------------------------------------------ */

/* Put a new version into its list, which stays sorted: others may do the same at the same time. */
static void version_link(struct mv *mv, struct mv_cell *cell, uint32_t index)
{
    struct mv_version *version = &mv->versions[index];
    struct atomic32 *link = &cell->head;
    for (
        ;
        ;) { /* ends: either we come closer to the end of the list, or somebody else got ahead with his version */
        uint32_t next = atomic32_load(link, memory_order_acquire); /* [A] */
        if (next != 0 && mv->versions[next].tx > version->tx) {
            link = &mv->versions[next].next;
            continue;
        }
        atomic32_store(&version->next, next, memory_order_relaxed);
        if (atomic32_cas(link, &next, index, memory_order_release)) return; /* [A] */
    }
}

/* The version that an earlier attempt made for the same location, found among its first `*left` writes; it changes places with
 * the last of these, so that those that are not written again stay in front. */
static uint32_t version_of_earlier(struct mv_write *writes, uint32_t *left, uint32_t place)
{
    for (uint32_t i = 0; i < *left; i++) {
        if (writes[i].place != place) continue;
        struct mv_write found = writes[i];
        writes[i] = writes[--*left];
        writes[*left] = found;
        return found.version;
    }
    return 0;
}

/* Versions for all writes: those of the earlier attempt where it wrote the same, new ones elsewhere. The first `*left` writes of
 * the earlier attempt are not written again. */
static bool versions_take(struct mv_attempt *attempt, struct mv_record *earlier, uint32_t *left)
{
    struct mv *mv = attempt->mv;
    struct mv_worker *worker = &mv->workers[attempt->worker];
    struct mv_pool pool = {&mv->version_next, &mv->version_paid, sizeof *mv->versions};
    *left = earlier->write_count;
    for (uint32_t i = 0; i < attempt->write_count; i++) {
        uint32_t index = version_of_earlier(earlier->writes, left, attempt->writes[i].place);
        if (index == 0) {
            index = range_take(mv, &worker->versions, pool, VERSIONS_TAKEN, VERSIONS_MAX);
            if (index == MV_NOBODY) return false;
            mv->versions[index].tx = MV_NOBODY; /* not linked yet */
        }
        attempt->writes[i].version = index;
    }
    return true;
}

/* Copies of what the attempt logged, for mv_holds and mv_retract. */
static bool record_make(struct mv_attempt *attempt, struct mv_record *record)
{
    struct arena *arena = &attempt->mv->workers[attempt->worker].arena;
    size_t read_bytes = attempt->read_count * sizeof *attempt->reads;
    size_t write_bytes = attempt->write_count * sizeof *attempt->writes;
    struct mv_read *reads = arena_alloc(arena, read_bytes);
    struct mv_write *writes = arena_alloc(arena, write_bytes);
    if (reads == NULL || writes == NULL) return false;
    if (read_bytes > 0) memcpy(reads, attempt->reads, read_bytes);
    if (write_bytes > 0) memcpy(writes, attempt->writes, write_bytes);
    *record = (struct mv_record){reads, writes, attempt->read_count, attempt->write_count};
    return true;
}

/* Put a slot that was never written before on its account's list. When it returns, the slot is there. */
static void slot_list(struct mv *mv, uint32_t id)
{
    struct mv_slot_row *row = &mv->slots[id];
    struct atomic32 *list = &mv->accounts[row->account].written_slots;
    uint8_t listed = atomic8_load(&row->listed, memory_order_acquire);
    if (listed == MV_LISTED) return;
    if (listed == MV_NOT_LISTED &&
        atomic8_cas(&row->listed, &listed, MV_BEING_LISTED, memory_order_acquire)) {
        uint32_t head = atomic32_load(list, memory_order_relaxed);
        do { /* ends: each failure means that somebody else got in */
            row->next_written = head;
        } while (!atomic32_cas_weak(list, &head, id + 1, memory_order_release)); /* [A] */
        atomic8_store(&row->listed, MV_LISTED, memory_order_release);
        return;
    }
    while (atomic8_load(&row->listed, memory_order_acquire) !=
           MV_LISTED) /* ends: the other is a few instructions away */
        cpu_pause();
}

static uint32_t write_show(struct mv *mv, const struct mv_write *write, uint32_t tx)
{
    struct mv_version *version = &mv->versions[write->version];
    struct mv_cell *cell = mv_cell_of(mv, write->place);
    atomic64_store(&version->value, write->value, memory_order_release); /* [A] */
    if (version->tx == MV_NOBODY) {
        version->tx = tx;
        version_link(mv, cell, write->version);
    }
    if (mv_place_kind(write->place) == MV_SLOT) slot_list(mv, mv_place_id(write->place));
    return atomic32_load(&cell->readers_to, memory_order_relaxed);
}

/* A location was published that transactions up to `to` may have read. */
static void note_readers(struct mv_attempt *attempt,
                         uint32_t place,
                         uint32_t to,
                         uint32_t *readers_to)
{
    if (to <= attempt->tx + 1) return;
    if (to > *readers_to) *readers_to = to;
    if (attempt->told_count < MV_TOLD_MAX) attempt->told[attempt->told_count] = place;
    attempt->told_count++;
}

static bool tip_keep(struct mv_worker *worker, const u256 *tip, uint64_t *word)
{
    *word = mv_tip_word(tip->words[0]);
    if (likely(mv_tip_fits(tip))) return true;
    u256 *kept = arena_alloc(&worker->arena, sizeof *kept);
    if (kept == NULL) return false;
    u256_copy(kept, tip);
    *word = (uintptr_t)kept;
    return true;
}

bool mv_publish(struct mv_attempt *attempt, const u256 *tip, uint32_t *readers_to)
{
    struct mv *mv = attempt->mv;
    struct mv_worker *worker = &mv->workers[attempt->worker];
    struct mv_record *record = &mv->records[attempt->tx], next;
    uint32_t left;
    uint64_t tip_word;
    if (!tip_keep(worker, tip, &tip_word) || !versions_take(attempt, record, &left) ||
        !record_make(attempt, &next)) {
        attempt->out_of_memory = true;
        return false;
    }
    for (uint32_t i = 0; i < left; i++) { /* not written again */
        struct mv_version *version = &mv->versions[record->writes[i].version];
        (void)atomic64_or(&version->value, MV_DEAD, memory_order_acq_rel);
    }
    *record = next;
    worker->read_count += attempt->read_count;
    *readers_to = attempt->tx + 1;
    attempt->told_count = 0;
    for (uint32_t i = 0; i < attempt->write_count; i++)
        note_readers(attempt,
                     attempt->writes[i].place,
                     write_show(mv, &attempt->writes[i], attempt->tx),
                     readers_to);
    atomic64_store(&mv->tips[attempt->tx], tip_word, memory_order_release); /* [E] */
    uint32_t coinbase_to =
        atomic32_load(&mv->accounts[mv->coinbase].balance.readers_to, memory_order_relaxed);
    note_readers(attempt, mv_place(MV_BALANCE, mv->coinbase), coinbase_to, readers_to);
    return true;
}

/* Did the read look at what lies at `place`, a location that can be written? */
static bool looked_at(uint32_t read, uint32_t place)
{
    if (read == place) return true;
    switch (mv_place_kind(read)) {
    case MV_HAS_STORAGE: return true; /* rare: not worth a closer look */
    case MV_EXISTENCE:                /* made of balance, nonce and code */
        return mv_place_kind(place) != MV_SLOT && mv_place_id(place) == mv_place_id(read);
    default: return false;
    }
}

bool mv_concerns(const struct mv_attempt *attempt, uint32_t reader)
{
    const struct mv_record *record = &attempt->mv->records[reader];
    if (attempt->told_count > MV_TOLD_MAX) return true;
    for (uint32_t i = 0; i < record->read_count; i++)
        for (uint32_t k = 0; k < attempt->told_count; k++)
            if (looked_at(record->reads[i].place, attempt->told[k])) return true;
    return false;
}

void mv_retract(struct mv *mv, uint32_t tx)
{
    struct mv_record *record = &mv->records[tx];
    for (uint32_t i = 0; i < record->write_count; i++)
        (void)atomic64_or(
            &mv->versions[record->writes[i].version].value, MV_ESTIMATE, memory_order_acq_rel);
    uint64_t tip = atomic64_load(&mv->tips[tx], memory_order_relaxed);
    if (tip != 0)
        atomic64_store(&mv->tips[tx], tip | MV_TIP_IS_ESTIMATE, memory_order_release); /* [E] */
}

void mv_frontier_set(struct mv *mv, uint32_t tx)
{
    uint32_t from = atomic32_load(&mv->frontier, memory_order_relaxed);
    for (uint32_t i = from; i < tx; i++) {
        uint64_t tip = atomic64_load(&mv->tips[i], memory_order_relaxed);
        ASSERT(mv_tip_is_known(tip));
        mv->tip_sums[i + 1] = u256_add(mv->tip_sums[i], mv_tip_of(tip));
    }
    if (tx > from) atomic32_store(&mv->frontier, tx, memory_order_release); /* [D] */
}

/* ---- how it stands ---------------------------------------------------------------------------- */

struct mv_counts mv_counts(const struct mv *mv)
{
    struct mv_counts counts = {
        .accounts = atomic32_load(&mv->account_next, memory_order_relaxed),
        .slots = atomic32_load(&mv->slot_next, memory_order_relaxed),
        .versions = atomic32_load(&mv->version_next, memory_order_relaxed) - 1,
    };
    for (unsigned i = 0; i < mv->worker_count; i++) {
        counts.reads += mv->workers[i].read_count;
        counts.bytes += arena_used(&mv->workers[i].arena);
    }
    return counts;
}

struct mv_footprint mv_footprint(const struct mv *mv)
{
    struct mv_counts counts = mv_counts(mv);
    return (struct mv_footprint){
        .locations = counts.accounts * CELLS_OF_ACCOUNT + counts.slots,
        .row_bytes = counts.accounts * sizeof *mv->accounts + counts.slots * sizeof *mv->slots,
        .index_bytes = (counts.accounts + counts.slots) * sizeof *mv->account_table.entries,
        .version_bytes = sizeof *mv->versions,
        .read_bytes = sizeof(struct mv_read),
        .tx_bytes = sizeof *mv->records + sizeof *mv->tips + sizeof *mv->tip_sums,
    };
}

static void cell_validate(const struct mv *mv, const struct mv_cell *cell)
{
    uint32_t last = MV_NOBODY, last_alive = MV_NOBODY;
    uint32_t index = atomic32_load(&cell->head, memory_order_acquire);
    while (index != 0) { /* ends: or else it would not descend */
        const struct mv_version *version = &mv->versions[index];
        bool is_dead = (atomic64_load(&version->value, memory_order_acquire) & MV_DEAD) != 0;
        ASSERT(version->tx < mv->tx_count);
        ASSERT(version->tx <= last);                 /* I2 */
        ASSERT(is_dead || version->tx < last_alive); /* I1 */
        last = version->tx;
        if (!is_dead) last_alive = version->tx;
        index = atomic32_load(&version->next, memory_order_acquire);
    }
}

void mv_validate(struct mv *mv)
{
    uint32_t accounts = atomic32_load(&mv->account_next, memory_order_relaxed);
    uint32_t slots = atomic32_load(&mv->slot_next, memory_order_relaxed);
    for (uint32_t id = 0; id < accounts; id++) {
        if (atomic32_load(&mv->accounts[id].state, memory_order_relaxed) == MV_ROW_UNUSED) continue;
        for (enum mv_kind kind = MV_BALANCE; kind <= MV_RESET; kind++)
            cell_validate(mv, mv_cell_of(mv, mv_place(kind, id)));
    }
    for (uint32_t id = 0; id < slots; id++)
        if (mv->slots[id].is_used) cell_validate(mv, &mv->slots[id].cell);
}
