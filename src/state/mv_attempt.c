/* One attempt: what a transaction sees of the block's state, and what it says of itself. */
#include "base/assert.h"
#include "base/heap.h"
#include "crypto/keccak.h"
#include "state/mv_private.h"
#include "sync/spin.h"

#define ARRAY_FIRST 64

static const u256 zero;

/* ---- life, logs ------------------------------------------------------------------------------ */

void mv_attempt_init(struct mv_attempt *attempt)
{
    *attempt = (struct mv_attempt){.last_account = MV_NOBODY};
}

void mv_attempt_fini(struct mv_attempt *attempt)
{
    heap_free(attempt->reads);
    heap_free(attempt->writes);
    mv_attempt_init(attempt);
}

void mv_attempt_begin(struct mv_attempt *attempt, struct mv *mv, unsigned worker, uint32_t tx)
{
    VERIFY(tx < mv->tx_count && worker < mv->worker_count);
    attempt->mv = mv;
    attempt->worker = worker;
    attempt->tx = tx;
    attempt->blocked_on = MV_NOBODY;
    attempt->guesses_coinbase = false;
    attempt->needs_final = attempt->out_of_memory = attempt->is_cancelled =
        attempt->predicts_nonce = false;
    attempt->read_count = attempt->write_count = 0;
    attempt->last_account = MV_NOBODY;
}

static struct mv_worker *worker_of(struct mv_attempt *attempt)
{
    return &attempt->mv->workers[attempt->worker];
}

static bool reads_grow(struct mv_attempt *attempt)
{
    uint32_t capacity = attempt->read_capacity == 0 ? ARRAY_FIRST : attempt->read_capacity * 2;
    struct mv_read *reads = heap_realloc(attempt->reads, capacity * sizeof *reads);
    attempt->out_of_memory = reads == NULL;
    if (reads == NULL) return false;
    attempt->reads = reads;
    attempt->read_capacity = capacity;
    return true;
}

static bool writes_grow(struct mv_attempt *attempt)
{
    uint32_t capacity = attempt->write_capacity == 0 ? ARRAY_FIRST : attempt->write_capacity * 2;
    struct mv_write *writes = heap_realloc(attempt->writes, capacity * sizeof *writes);
    attempt->out_of_memory = writes == NULL;
    if (writes == NULL) return false;
    attempt->writes = writes;
    attempt->write_capacity = capacity;
    return true;
}

bool mv_attempt_reserve(struct mv_attempt *attempt)
{
    return (attempt->read_capacity > 0 || reads_grow(attempt)) &&
           (attempt->write_capacity > 0 || writes_grow(attempt));
}

static bool log_read(struct mv_attempt *attempt, uint32_t place, uint64_t seen)
{
    if (unlikely(attempt->read_count == attempt->read_capacity) && !reads_grow(attempt))
        return false;
    attempt->reads[attempt->read_count++] = (struct mv_read){.place = place, .seen = seen};
    return true;
}

static bool log_write(struct mv_attempt *attempt, uint32_t place, const void *value)
{
    if (unlikely(attempt->write_count == attempt->write_capacity) && !writes_grow(attempt))
        return false;
    attempt->writes[attempt->write_count++] =
        (struct mv_write){.place = place, .value = (uintptr_t)value};
    return true;
}

/* A hint for publishers: rounded up once a second reader comes, so that a location that everybody reads is written to by
 * one reader in 64. */
static void mark_reader(struct mv_cell *cell, uint32_t tx)
{
    uint32_t to = atomic32_load(&cell->readers_to, memory_order_relaxed);
    if (likely(to > tx)) return;
    atomic32_store(&cell->readers_to, (to == 0 ? tx : tx | 63) + 1, memory_order_relaxed);
}

static uint32_t account_id(struct mv_attempt *attempt, const address *who)
{
    uint32_t last = attempt->last_account;
    if (last != MV_NOBODY && address_equal(&attempt->mv->accounts[last].key, who)) return last;
    uint32_t id = mv_account_find(attempt->mv, worker_of(attempt), who);
    if (id == MV_NOBODY)
        attempt->out_of_memory = true;
    else
        attempt->last_account = id;
    return id;
}

/* ---- what is true for a transaction ---------------------------------------------------------- */

static enum view_answer slot_base(struct mv *mv,
                                  struct mv_worker *worker,
                                  struct mv_slot_row *row,
                                  const u256 **out)
{
    unsigned turns = 0;
    for (;;) { /* ends: whoever reads it comes to an end */
        void *base = atomic_pointer_load(&row->base, memory_order_acquire); /* [B] */
        if (likely(base != NULL && base != &mv_loading)) {
            *out = base;
            return VIEW_OK;
        }
        if (base == NULL &&
            atomic_pointer_cas(&row->base, &base, &mv_loading, memory_order_acquire))
            break;
        cpu_wait(&turns);
    }
    u256 *value = arena_alloc(&worker->arena, sizeof *value);
    enum view_answer answer = VIEW_FAILED;
    if (value != NULL)
        answer =
            mv->base.ops->slot(mv->base.context, &mv->accounts[row->account].key, &row->key, value);
    atomic_pointer_store(
        &row->base, answer == VIEW_OK ? value : NULL, memory_order_release); /* [B] */
    *out = value;
    return answer == VIEW_OK ? VIEW_OK : VIEW_FAILED;
}

enum view_answer mv_slot_at(struct mv *mv,
                            struct mv_worker *worker,
                            uint32_t slot,
                            uint32_t tx,
                            const u256 **out,
                            uint32_t *blocked_on)
{
    struct mv_slot_row *row = &mv->slots[slot];
    uint64_t word, reset_word;
    const struct mv_version *reset =
        mv_version_below(mv, &mv->accounts[row->account].reset, tx, &reset_word);
    const struct mv_version *version = mv_version_below(mv, &row->cell, tx, &word);
    if (version != NULL && (reset == NULL || version->tx >= reset->tx)) {
        *blocked_on = version->tx;
        *out = mv_value(word);
        return (word & MV_ESTIMATE) != 0 ? VIEW_BLOCKED : VIEW_OK;
    }
    if (reset != NULL) {
        *blocked_on = reset->tx;
        *out = &zero;
        return (reset_word & MV_ESTIMATE) != 0 ? VIEW_BLOCKED : VIEW_OK;
    }
    return slot_base(mv, worker, row, out);
}

/* Tips of the transactions below `tx`. */
static enum view_answer tips_below(struct mv *mv, uint32_t tx, u256 *sum, uint32_t *blocked_on)
{
    uint32_t frontier = atomic32_load(&mv->frontier, memory_order_acquire); /* [D] */
    uint32_t from = frontier < tx ? frontier : tx;
    *sum = mv->tip_sums[from];
    for (uint32_t i = tx;
         i-- > from;) { /* the highest that is not known is likely to be known last */
        uint64_t tip = atomic64_load(&mv->tips[i], memory_order_acquire); /* [E] */
        if (!mv_tip_is_known(tip)) {
            *blocked_on = i;
            return VIEW_BLOCKED;
        }
        *sum = u256_add(*sum, mv_tip_of(tip));
    }
    return VIEW_OK;
}

/* What the coinbase has at least, if nobody below spends of it: the tips that are known. For a coinbase that sends, which
 * would otherwise wait for everybody below; it needs only enough, and whether it had is judged in the end. */
static u256 coinbase_guess(struct mv *mv, uint32_t tx)
{
    uint32_t frontier = atomic32_load(&mv->frontier, memory_order_acquire); /* [D] */
    uint32_t from = frontier < tx ? frontier : tx;
    u256 sum = u256_add(mv->accounts[mv->coinbase].base_balance, mv->tip_sums[from]);
    for (uint32_t i = from; i < tx; i++) {
        uint64_t tip = atomic64_load(&mv->tips[i], memory_order_acquire); /* [E] */
        if (mv_tip_is_known(tip)) sum = u256_add(sum, mv_tip_of(tip));
    }
    return sum;
}

/* Leave the sum where the next reader finds it: all versions up to here are final. */
static void total_keep(struct mv_delta *delta, const u256 *total)
{
    uint32_t state = MV_TOTAL_UNKNOWN;
    if (!atomic32_cas(&delta->state, &state, MV_TOTAL_BEING_KEPT, memory_order_relaxed)) return;
    u256_copy(&delta->total, total);
    atomic32_store(&delta->state, MV_TOTAL_KEPT, memory_order_release); /* [D] */
}

enum view_answer mv_balance_at(
    struct mv *mv, uint32_t account, uint32_t tx, u256 *out, uint32_t *blocked_on)
{
    struct mv_account_row *row = &mv->accounts[account];
    uint32_t frontier = atomic32_load(&mv->frontier, memory_order_acquire); /* [D] */
    u256 sum = U256_ZERO, above_anchor = U256_ZERO;
    struct mv_delta *anchor = NULL; /* the newest final version */
    const struct mv_delta *kept = NULL;
    uint32_t index = atomic32_load(&row->balance.head, memory_order_acquire); /* [A] */
    while (index != 0) { /* ends: lists descend (I2) */
        struct mv_version *version = &mv->versions[index];
        index = atomic32_load(&version->next, memory_order_acquire); /* [A] */
        if (version->tx >= tx) continue;
        uint64_t word = atomic64_load(&version->value, memory_order_acquire); /* [A] */
        if ((word & MV_DEAD) != 0) continue;
        if ((word & MV_ESTIMATE) != 0) {
            *blocked_on = version->tx;
            return VIEW_BLOCKED;
        }
        struct mv_delta *delta = (struct mv_delta *)(uintptr_t)mv_value(word);
        if (atomic32_load(&delta->state, memory_order_acquire) == MV_TOTAL_KEPT) { /* [D] */
            kept = delta;
            break;
        }
        if (anchor == NULL && version->tx < frontier) {
            anchor = delta;
            above_anchor = sum;
        }
        sum = u256_add(sum, delta->delta);
    }
    sum = u256_add(sum, kept != NULL ? kept->total : row->base_balance);
    if (anchor != NULL) {
        u256 total = u256_sub(sum, above_anchor);
        total_keep(anchor, &total);
    }
    *out = sum;
    if (account != mv->coinbase) return VIEW_OK;
    u256 tips;
    enum view_answer answer = tips_below(mv, tx, &tips, blocked_on);
    *out = u256_add(sum, tips);
    return answer;
}

enum view_answer mv_nonce_at(
    struct mv *mv, uint32_t account, uint32_t tx, uint64_t *out, uint32_t *blocked_on)
{
    const struct mv_account_row *row = &mv->accounts[account];
    uint64_t word;
    const struct mv_version *version = mv_version_below(mv, &row->nonce, tx, &word);
    *out = row->base_nonce;
    if (version == NULL) return VIEW_OK;
    *blocked_on = version->tx;
    *out = *(const uint64_t *)mv_value(word);
    return (word & MV_ESTIMATE) != 0 ? VIEW_BLOCKED : VIEW_OK;
}

enum view_answer mv_code_at(
    struct mv *mv, uint32_t account, uint32_t tx, const hash32 **out, uint32_t *blocked_on)
{
    const struct mv_account_row *row = &mv->accounts[account];
    uint64_t word;
    const struct mv_version *version = mv_version_below(mv, &row->code, tx, &word);
    *out = &row->base_code;
    if (version == NULL) return VIEW_OK;
    *blocked_on = version->tx;
    *out = &((const struct mv_code *)mv_value(word))->hash;
    return (word & MV_ESTIMATE) != 0 ? VIEW_BLOCKED : VIEW_OK;
}

/* Nonce, code, balance in this order: the first that is there decides. */
static enum view_answer is_empty_at(
    struct mv *mv, uint32_t account, uint32_t tx, bool *out, uint32_t *blocked_on)
{
    uint64_t nonce;
    const hash32 *code;
    u256 balance;
    *out = false;
    enum view_answer answer = mv_nonce_at(mv, account, tx, &nonce, blocked_on);
    if (answer != VIEW_OK || nonce != 0) return answer;
    answer = mv_code_at(mv, account, tx, &code, blocked_on);
    if (answer != VIEW_OK || !hash32_equal(code, &keccak_empty)) return answer;
    answer = mv_balance_at(mv, account, tx, &balance, blocked_on);
    *out = u256_is_zero(balance);
    return answer;
}

enum view_answer mv_existence_at(
    struct mv *mv, uint32_t account, uint32_t tx, uint64_t *out, uint32_t *blocked_on)
{
    const struct mv_account_row *row = &mv->accounts[account];
    bool is_empty, exists = row->base_exists;
    enum view_answer answer = is_empty_at(mv, account, tx, &is_empty, blocked_on);
    if (answer != VIEW_OK) return answer;
    uint64_t word;
    const struct mv_version *version = mv_version_below(mv, &row->existence, tx, &word);
    if (version != NULL) {
        *blocked_on = version->tx;
        if ((word & MV_ESTIMATE) != 0) return VIEW_BLOCKED;
        exists = *(const bool *)mv_value(word);
    }
    /* From Spurious Dragon on only what the base had empty can exist and be empty; nothing that is not empty does not exist. */
    if (!mv->keeps_empty) exists = !is_empty || (exists && row->base_exists && row->base_empty);
    *out = (exists ? MV_EXISTS : 0) | (is_empty ? MV_EMPTY : 0);
    return VIEW_OK;
}

/* Slots written in this block count: looked at one by one, and only when all below are final. */
static enum view_answer any_slot_written(struct mv *mv,
                                         struct mv_worker *worker,
                                         uint32_t account,
                                         uint32_t tx,
                                         bool *out,
                                         uint32_t *blocked_on)
{
    if (atomic32_load(&mv->frontier, memory_order_acquire) < tx) { /* [D] */
        *blocked_on = tx - 1;
        return VIEW_BLOCKED;
    }
    uint32_t next =
        atomic32_load(&mv->accounts[account].written_slots, memory_order_acquire); /* [A] */
    while (next != 0 && !*out) { /* ends: a list without circles */
        const struct mv_slot_row *row = &mv->slots[next - 1];
        const u256 *value = &zero;
        uint64_t word;
        enum view_answer answer = VIEW_OK;
        if (mv_version_below(mv, &row->cell, tx, &word) != NULL)
            answer = mv_slot_at(mv, worker, next - 1, tx, &value, blocked_on);
        if (answer != VIEW_OK) return answer;
        *out = !u256_is_zero(*value);
        next = row->next_written;
    }
    return VIEW_OK;
}

enum view_answer mv_has_storage_at(struct mv *mv,
                                   struct mv_worker *worker,
                                   uint32_t account,
                                   uint32_t tx,
                                   bool *out,
                                   uint32_t *blocked_on)
{
    struct mv_account_row *row = &mv->accounts[account];
    uint64_t word;
    const struct mv_version *reset = mv_version_below(mv, &row->reset, tx, &word);
    *out = false;
    if (reset != NULL) {
        *blocked_on = reset->tx;
        if ((word & MV_ESTIMATE) != 0) return VIEW_BLOCKED;
    } else if (mv->base.ops->has_storage(mv->base.context, &row->key, out) != VIEW_OK) {
        return VIEW_FAILED;
    }
    if (*out || atomic32_load(&row->written_slots, memory_order_acquire) == 0)
        return VIEW_OK; /* [A] */
    return any_slot_written(mv, worker, account, tx, out, blocked_on);
}

/* ---- the view -------------------------------------------------------------------------------- */

static enum view_answer view_nonce(struct mv_attempt *attempt,
                                   uint32_t id,
                                   const address *who,
                                   uint64_t *out)
{
    struct mv *mv = attempt->mv;
    attempt->reading = mv_place(MV_NONCE, id);
    bool is_predicted = attempt->predicts_nonce && address_equal(who, &attempt->sender);
    if (is_predicted) {
        *out = attempt->nonce;
    } else {
        enum view_answer answer = mv_nonce_at(mv, id, attempt->tx, out, &attempt->blocked_on);
        if (answer != VIEW_OK) return answer;
    }
    mark_reader(&mv->accounts[id].nonce, attempt->tx);
    if (!log_read(attempt, mv_place(MV_NONCE, id), *out)) return VIEW_FAILED;
    attempt->reads[attempt->read_count - 1].is_predicted = is_predicted;
    return VIEW_OK;
}

static enum view_answer view_code_hash(struct mv_attempt *attempt, uint32_t id, hash32 *out)
{
    struct mv *mv = attempt->mv;
    const hash32 *hash;
    attempt->reading = mv_place(MV_CODE, id);
    mark_reader(&mv->accounts[id].code, attempt->tx);
    enum view_answer answer = mv_code_at(mv, id, attempt->tx, &hash, &attempt->blocked_on);
    if (answer != VIEW_OK) return answer;
    *out = *hash;
    return log_read(attempt, mv_place(MV_CODE, id), (uintptr_t)hash) ? VIEW_OK : VIEW_FAILED;
}

static enum view_answer view_existence(struct mv_attempt *attempt,
                                       uint32_t id,
                                       struct view_account *out)
{
    struct mv *mv = attempt->mv;
    struct mv_account_row *row = &mv->accounts[id];
    uint64_t existence;
    attempt->reading = mv_place(MV_EXISTENCE, id);
    mark_reader(&row->nonce, attempt->tx);
    mark_reader(&row->code, attempt->tx);
    mark_reader(&row->balance, attempt->tx);
    mark_reader(&row->existence, attempt->tx);
    enum view_answer answer =
        mv_existence_at(mv, id, attempt->tx, &existence, &attempt->blocked_on);
    if (answer != VIEW_OK) return answer;
    out->exists = (existence & MV_EXISTS) != 0;
    out->empty = (existence & MV_EMPTY) != 0;
    return log_read(attempt, mv_place(MV_EXISTENCE, id), existence) ? VIEW_OK : VIEW_FAILED;
}

static enum view_answer view_account_op(void *context,
                                        const address *who,
                                        unsigned parts,
                                        struct view_account *out)
{
    struct mv_attempt *attempt = context;
    struct mv *mv = attempt->mv;
    if (unlikely(attempt->is_cancelled)) return VIEW_FAILED;
    uint32_t id = account_id(attempt, who);
    if (id == MV_NOBODY || mv_account_load(mv, &mv->accounts[id]) != VIEW_OK) return VIEW_FAILED;
    enum view_answer answer = VIEW_OK;
    if (parts & VIEW_NONCE) answer = view_nonce(attempt, id, who, &out->nonce);
    if (answer == VIEW_OK && (parts & VIEW_CODE_HASH))
        answer = view_code_hash(attempt, id, &out->code_hash);
    if (answer == VIEW_OK && (parts & VIEW_BALANCE)) {
        attempt->reading = mv_place(MV_BALANCE, id);
        mark_reader(&mv->accounts[id].balance, attempt->tx);
        answer = mv_balance_at(mv, id, attempt->tx, &out->balance, &attempt->blocked_on);
        bool is_payout =
            id == mv->coinbase && attempt->predicts_nonce && address_equal(who, &attempt->sender);
        if (answer == VIEW_BLOCKED && is_payout) {
            out->balance = coinbase_guess(mv, attempt->tx);
            attempt->guesses_coinbase = true;
            answer = VIEW_OK;
        }
    }
    if (answer == VIEW_OK && (parts & VIEW_EXISTENCE)) answer = view_existence(attempt, id, out);
    out->parts = (uint8_t)parts;
    out->place = id + 1;
    return answer;
}

static enum view_answer view_slot_op(void *context, const address *who, const u256 *key, u256 *out)
{
    struct mv_attempt *attempt = context;
    struct mv *mv = attempt->mv;
    if (unlikely(attempt->is_cancelled)) return VIEW_FAILED;
    uint32_t account = account_id(attempt, who);
    uint32_t id =
        account == MV_NOBODY ? MV_NOBODY : mv_slot_find(mv, worker_of(attempt), account, key);
    if (id == MV_NOBODY) {
        attempt->out_of_memory = true;
        return VIEW_FAILED;
    }
    const u256 *value;
    attempt->reading = mv_place(MV_SLOT, id);
    mark_reader(&mv->slots[id].cell, attempt->tx);
    enum view_answer answer =
        mv_slot_at(mv, worker_of(attempt), id, attempt->tx, &value, &attempt->blocked_on);
    if (answer != VIEW_OK) return answer;
    u256_copy(out, value);
    return log_read(attempt, mv_place(MV_SLOT, id), (uintptr_t)value) ? VIEW_OK : VIEW_FAILED;
}

/* Code set in this block lies with the versions of an account that has it. */
static enum view_answer view_code_op(void *context,
                                     const address *who,
                                     const hash32 *hash,
                                     struct bytes *out)
{
    struct mv_attempt *attempt = context;
    struct mv *mv = attempt->mv;
    if (unlikely(attempt->is_cancelled)) return VIEW_FAILED;
    uint32_t id = account_id(attempt, who);
    if (id == MV_NOBODY) return VIEW_FAILED;
    uint32_t index = atomic32_load(&mv->accounts[id].code.head, memory_order_acquire); /* [A] */
    while (index != 0) { /* ends: lists descend (I2) */
        const struct mv_version *version = &mv->versions[index];
        const struct mv_code *code =
            mv_value(atomic64_load(&version->value, memory_order_acquire)); /* [A] */
        if (hash32_equal(&code->hash, hash)) {
            *out = code->code;
            return VIEW_OK;
        }
        index = atomic32_load(&version->next, memory_order_acquire); /* [A] */
    }
    return mv->base.ops->code(mv->base.context, who, hash, out);
}

static enum view_answer view_has_storage_op(void *context, const address *who, bool *out)
{
    struct mv_attempt *attempt = context;
    struct mv *mv = attempt->mv;
    if (unlikely(attempt->is_cancelled)) return VIEW_FAILED;
    uint32_t id = account_id(attempt, who);
    if (id == MV_NOBODY) return VIEW_FAILED;
    attempt->reading = mv_place(MV_HAS_STORAGE, id);
    enum view_answer answer =
        mv_has_storage_at(mv, worker_of(attempt), id, attempt->tx, out, &attempt->blocked_on);
    attempt->needs_final = answer == VIEW_BLOCKED && attempt->blocked_on == attempt->tx - 1;
    if (answer != VIEW_OK) return answer;
    return log_read(attempt, mv_place(MV_HAS_STORAGE, id), *out) ? VIEW_OK : VIEW_FAILED;
}

static enum view_answer view_block_hash_op(void *context, uint64_t number, hash32 *out)
{
    struct mv_attempt *attempt = context;
    if (unlikely(attempt->is_cancelled)) return VIEW_FAILED;
    return attempt->mv->base.ops->block_hash(attempt->mv->base.context, number, out);
}

void mv_attempt_resume(struct mv_attempt *attempt, unsigned worker)
{
    VERIFY(worker < attempt->mv->worker_count);
    attempt->worker = worker;
    attempt->blocked_on = MV_NOBODY;
    attempt->needs_final = false;
}

struct view mv_attempt_view(struct mv_attempt *attempt)
{
    static const struct view_ops ops = {
        .account = view_account_op,
        .slot = view_slot_op,
        .code = view_code_op,
        .has_storage = view_has_storage_op,
        .block_hash = view_block_hash_op,
    };
    return (struct view){&ops, attempt};
}

/* ---- what the transaction says of itself ----------------------------------------------------- */

bool mv_log_balance(struct mv_attempt *attempt,
                    const address *who,
                    const u256 *given,
                    const u256 *min,
                    bool is_exact)
{
    uint32_t id = account_id(attempt, who);
    struct mv_balance_seen *seen = arena_alloc(&worker_of(attempt)->arena, sizeof *seen);
    attempt->out_of_memory = attempt->out_of_memory || seen == NULL;
    if (id == MV_NOBODY || seen == NULL) return false;
    *seen = (struct mv_balance_seen){*given, *min, is_exact};
    if (!log_read(attempt, mv_place(MV_BALANCE, id), (uintptr_t)seen)) return false;
    attempt->reads[attempt->read_count - 1].is_predicted =
        attempt->guesses_coinbase && id == attempt->mv->coinbase;
    return true;
}

static bool write_account(struct mv_attempt *attempt,
                          enum mv_kind kind,
                          const address *who,
                          const void *value)
{
    uint32_t id = account_id(attempt, who);
    attempt->out_of_memory = attempt->out_of_memory || value == NULL;
    return id != MV_NOBODY && value != NULL && log_write(attempt, mv_place(kind, id), value);
}

bool mv_write_balance(struct mv_attempt *attempt, const address *who, const u256 *delta)
{
    struct mv_delta *value = arena_alloc(&worker_of(attempt)->arena, sizeof *value);
    if (value != NULL) {
        u256_copy(&value->delta, delta);
        atomic32_init(&value->state, MV_TOTAL_UNKNOWN);
    }
    return write_account(attempt, MV_BALANCE, who, value);
}

bool mv_write_nonce(struct mv_attempt *attempt, const address *who, uint64_t nonce)
{
    uint64_t *value = arena_alloc(&worker_of(attempt)->arena, sizeof *value);
    if (value != NULL) *value = nonce;
    return write_account(attempt, MV_NONCE, who, value);
}

bool mv_write_code(struct mv_attempt *attempt,
                   const address *who,
                   const hash32 *hash,
                   struct bytes code)
{
    struct mv_code *value = arena_alloc(&worker_of(attempt)->arena, sizeof *value);
    if (value != NULL) {
        value->hash = *hash;
        if (!arena_copy(&worker_of(attempt)->arena, &value->code, code)) value = NULL;
    }
    return write_account(attempt, MV_CODE, who, value);
}

bool mv_write_existence(struct mv_attempt *attempt, const address *who, bool exists)
{
    static const struct {
        ALIGNED(16) bool value;
    } yes = {true}, no = {false};
    return write_account(attempt, MV_EXISTENCE, who, exists ? &yes.value : &no.value);
}

bool mv_write_reset(struct mv_attempt *attempt, const address *who)
{
    static const ALIGNED(16) u256 reset;
    return write_account(attempt, MV_RESET, who, &reset);
}

bool mv_write_slot(struct mv_attempt *attempt,
                   const address *who,
                   const u256 *slot,
                   const u256 *value)
{
    uint32_t account = account_id(attempt, who);
    uint32_t id = account == MV_NOBODY
                      ? MV_NOBODY
                      : mv_slot_find(attempt->mv, worker_of(attempt), account, slot);
    u256 *kept = arena_alloc(&worker_of(attempt)->arena, sizeof *kept);
    if (id == MV_NOBODY || kept == NULL) {
        attempt->out_of_memory = true;
        return false;
    }
    u256_copy(kept, value);
    return log_write(attempt, mv_place(MV_SLOT, id), kept);
}

/* ---- does it still hold? --------------------------------------------------------------------- */

static bool balance_holds(struct mv *mv,
                          uint32_t id,
                          uint32_t tx,
                          const struct mv_balance_seen *seen)
{
    u256 now;
    uint32_t blocked_on;
    if (mv_balance_at(mv, id, tx, &now, &blocked_on) != VIEW_OK) return false;
    return seen->is_exact ? u256_equal(now, seen->given) : !u256_less(now, seen->min);
}

static bool read_holds(struct mv *mv,
                       struct mv_worker *worker,
                       uint32_t tx,
                       const struct mv_read *read)
{
    uint32_t id = mv_place_id(read->place), blocked_on;
    const void *seen = (const void *)(uintptr_t)read->seen;
    const u256 *value;
    const hash32 *hash;
    uint64_t number;
    bool has;
    switch (mv_place_kind(read->place)) {
    case MV_SLOT:
        if (mv_slot_at(mv, worker, id, tx, &value, &blocked_on) != VIEW_OK) return false;
        return value == seen || (!mv->by_version && u256_equal(*value, *(const u256 *)seen));
    case MV_NONCE:
        return mv_nonce_at(mv, id, tx, &number, &blocked_on) == VIEW_OK && number == read->seen;
    case MV_CODE:
        if (mv_code_at(mv, id, tx, &hash, &blocked_on) != VIEW_OK) return false;
        return hash == seen || (!mv->by_version && hash32_equal(hash, seen));
    case MV_BALANCE: return balance_holds(mv, id, tx, seen);
    case MV_EXISTENCE:
        return mv_existence_at(mv, id, tx, &number, &blocked_on) == VIEW_OK && number == read->seen;
    case MV_HAS_STORAGE:
        return mv_has_storage_at(mv, worker, id, tx, &has, &blocked_on) == VIEW_OK &&
               has == (read->seen != 0);
    case MV_RESET: break; /* is looked at with each slot */
    }
    ASSERT(false);
    return false;
}

/* The first of the reads that would be different now, or MV_NOBODY. */
static uint32_t reads_untrue(struct mv *mv,
                             struct mv_worker *worker,
                             uint32_t tx,
                             const struct mv_record *record,
                             bool with_predictions)
{
    for (uint32_t i = 0; i < record->read_count; i++) {
        const struct mv_read *read = &record->reads[i];
        if (read->is_predicted && !with_predictions) continue;
        if (!read_holds(mv, worker, tx, read)) return read->place;
    }
    return MV_NOBODY;
}

uint32_t mv_untrue(struct mv *mv, unsigned worker, uint32_t tx, bool with_predictions)
{
    return reads_untrue(mv, &mv->workers[worker], tx, &mv->records[tx], with_predictions);
}

bool mv_attempt_holds(const struct mv_attempt *attempt)
{
    struct mv *mv = attempt->mv;
    struct mv_record record = {.reads = attempt->reads, .read_count = attempt->read_count};
    return reads_untrue(mv, &mv->workers[attempt->worker], attempt->tx, &record, false) ==
           MV_NOBODY;
}

uint32_t mv_writer(struct mv *mv, uint32_t place, uint32_t tx)
{
    enum mv_kind kind = mv_place_kind(place);
    uint64_t word;
    if (kind == MV_EXISTENCE || kind == MV_HAS_STORAGE) return MV_NOBODY;
    const struct mv_version *version = mv_version_below(mv, mv_cell_of(mv, place), tx, &word);
    return version == NULL ? MV_NOBODY : version->tx;
}

bool mv_holds(struct mv *mv, unsigned worker, uint32_t tx, bool with_predictions)
{
    return mv_untrue(mv, worker, tx, with_predictions) == MV_NOBODY;
}
