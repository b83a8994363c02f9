#include "support/mv_world.h"

#include "base/heap.h"
#include "crypto/keccak.h"
#include "support/test.h"

/* ---- the base -------------------------------------------------------------------------------- */

address mv_world_address(unsigned who)
{
    return (address){
        {[0] = 0x57, [19] = (uint8_t)who}
    };
}

static unsigned who_is(const address *who)
{
    for (unsigned i = 0; i < MV_WORLD_ACCOUNTS; i++) {
        address known = mv_world_address(i);
        if (address_equal(&known, who)) return i;
    }
    return MV_WORLD_ACCOUNTS;
}

static unsigned owner_of(unsigned slot)
{
    static const unsigned owners[MV_WORLD_SLOTS] = {XENIA, XENIA, YUSUF, COINBASE};
    return owners[slot];
}

static u256 key_of(unsigned slot)
{
    return (u256){
        {slot, 0, 0, 7}
    };
}

static hash32 hash_of(uint8_t mark)
{
    hash32 hash = keccak_empty;
    if (mark != 0) memset(hash.bytes, mark, sizeof hash.bytes);
    return hash;
}

static uint8_t mark_of(const hash32 *hash)
{
    return hash32_equal(hash, &keccak_empty) ? 0 : hash->bytes[0];
}

static enum view_answer base_account_op(void *context,
                                        const address *who,
                                        unsigned parts,
                                        struct view_account *out)
{
    struct mv_world *w = context;
    unsigned number = who_is(who);
    w->account_reads++;
    if (w->is_broken) return VIEW_FAILED;
    *out = (struct view_account){.code_hash = keccak_empty, .empty = true};
    if (number < MV_WORLD_ACCOUNTS) *out = w->accounts[number];
    out->parts = (uint8_t)parts;
    return VIEW_OK;
}

static enum view_answer base_slot_op(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct mv_world *w = context;
    w->slot_reads++;
    if (w->is_broken) return VIEW_FAILED;
    *out = U256_ZERO;
    for (unsigned i = 0; i < MV_WORLD_SLOTS; i++)
        if (who_is(who) == owner_of(i) && u256_equal(*slot, key_of(i))) *out = w->slots[i];
    return VIEW_OK;
}

static enum view_answer base_code_op(void *context,
                                     const address *who,
                                     const hash32 *hash,
                                     struct bytes *out)
{
    struct mv_world *w = context;
    (void)who, (void)hash;
    w->code_reads++;
    if (w->is_broken) return VIEW_FAILED;
    *out = w->code;
    return VIEW_OK;
}

static enum view_answer base_has_storage_op(void *context, const address *who, bool *out)
{
    struct mv_world *w = context;
    unsigned number = who_is(who);
    w->has_storage_reads++;
    if (w->is_broken) return VIEW_FAILED;
    *out = number < MV_WORLD_ACCOUNTS && w->has_storage[number];
    return VIEW_OK;
}

static enum view_answer base_block_hash_op(void *context, uint64_t number, hash32 *out)
{
    struct mv_world *w = context;
    w->block_hash_reads++;
    if (w->is_broken) return VIEW_FAILED;
    *out = hash_of((uint8_t)number);
    return VIEW_OK;
}

void base_exists(struct mv_world *w, unsigned who)
{
    struct view_account *account = &w->accounts[who];
    account->exists = true;
    account->empty = account->nonce == 0 && u256_is_zero(account->balance) &&
                     hash32_equal(&account->code_hash, &keccak_empty);
}

void base_account(struct mv_world *w, unsigned who, uint64_t balance, uint64_t nonce)
{
    w->accounts[who].balance = u256_from_u64(balance);
    w->accounts[who].nonce = nonce;
    base_exists(w, who);
}

void base_code(struct mv_world *w, unsigned who, uint8_t mark)
{
    w->accounts[who].code_hash = hash_of(mark);
    base_exists(w, who);
}

void base_slot(struct mv_world *w, unsigned slot, uint64_t value)
{
    w->slots[slot] = u256_from_u64(value);
    w->has_storage[owner_of(slot)] |= value != 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

enum pevm_status mv_world_try_next(struct mv_world *w, uint32_t txs)
{
    assert_in_range(txs, 0, MV_WORLD_TXS);
    memset(w->is_open, 0, sizeof w->is_open);
    w->block.tx_count = txs;
    return mv_begin(w->mv, &w->block);
}

void mv_world_next(struct mv_world *w, uint32_t txs)
{
    assert_int_equal(mv_world_try_next(w, txs), PEVM_OK);
}

struct mv_world *mv_world_with(uint32_t txs, const struct mv_options *options)
{
    static const struct view_ops ops = {
        base_account_op, base_slot_op, base_code_op, base_has_storage_op, base_block_hash_op};
    struct mv_world *w = heap_alloc_zeroed(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(mv_new(&w->mv, options), PEVM_OK);
    w->base = (struct view){&ops, w};
    for (unsigned i = 0; i < MV_WORLD_ACCOUNTS; i++)
        w->accounts[i] = (struct view_account){.code_hash = keccak_empty, .empty = true};
    for (unsigned i = 0; i < MV_WORLD_TXS; i++)
        mv_attempt_init(&w->attempts[i]);
    w->block = (struct mv_block){
        .base = &w->base, .locations_expected = 100, .coinbase = mv_world_address(COINBASE)};
    mv_world_next(w, txs);
    return w;
}

struct mv_world *mv_world_new(uint32_t txs)
{
    return mv_world_with(txs, &(struct mv_options){.workers = MV_WORLD_WORKERS});
}

void mv_world_free(struct mv_world *w)
{
    for (unsigned i = 0; i < MV_WORLD_TXS; i++)
        mv_attempt_fini(&w->attempts[i]);
    mv_free(w->mv);
    heap_free(w);
}

/* ---- attempts -------------------------------------------------------------------------------- */

struct mv_attempt *begin(struct mv_world *w, uint32_t tx)
{
    mv_attempt_begin(&w->attempts[tx], w->mv, w->workers[tx], tx);
    w->is_open[tx] = true;
    return &w->attempts[tx];
}

struct mv_attempt *begin_predicted(struct mv_world *w, uint32_t tx, unsigned sender, uint64_t nonce)
{
    struct mv_attempt *attempt = begin(w, tx);
    attempt->predicts_nonce = true;
    attempt->sender = mv_world_address(sender);
    attempt->nonce = nonce;
    return attempt;
}

static struct mv_attempt *open_attempt(struct mv_world *w, uint32_t tx)
{
    return w->is_open[tx] ? &w->attempts[tx] : begin(w, tx);
}

static enum view_answer ask_account(
    struct mv_world *w, uint32_t tx, unsigned who, unsigned parts, struct view_account *out)
{
    struct view view = mv_attempt_view(open_attempt(w, tx));
    address account = mv_world_address(who);
    return view.ops->account(view.context, &account, parts, out);
}

static struct view_account read_account(struct mv_world *w,
                                        uint32_t tx,
                                        unsigned who,
                                        unsigned parts)
{
    struct view_account account;
    assert_int_equal(ask_account(w, tx, who, parts, &account), VIEW_OK);
    assert_int_equal(account.parts & parts, parts);
    return account;
}

static enum view_answer ask_word(struct mv_world *w, uint32_t tx, unsigned slot, u256 *out)
{
    struct view view = mv_attempt_view(open_attempt(w, tx));
    address account = mv_world_address(owner_of(slot));
    u256 key = key_of(slot);
    return view.ops->slot(view.context, &account, &key, out);
}

static uint64_t small(u256 number)
{
    assert_true(u256_fits_u64(number));
    return u256_low64(number);
}

uint64_t read_word(struct mv_world *w, uint32_t tx, unsigned slot)
{
    u256 value;
    assert_int_equal(ask_word(w, tx, slot, &value), VIEW_OK);
    return small(value);
}

uint64_t read_balance(struct mv_world *w, uint32_t tx, unsigned who)
{
    return small(read_account(w, tx, who, VIEW_BALANCE).balance);
}

uint64_t read_nonce(struct mv_world *w, uint32_t tx, unsigned who)
{
    return read_account(w, tx, who, VIEW_NONCE).nonce;
}

uint8_t read_code(struct mv_world *w, uint32_t tx, unsigned who)
{
    struct view_account account = read_account(w, tx, who, VIEW_CODE_HASH);
    return mark_of(&account.code_hash);
}

bool read_exists(struct mv_world *w, uint32_t tx, unsigned who)
{
    return read_account(w, tx, who, VIEW_EXISTENCE).exists;
}

bool read_empty(struct mv_world *w, uint32_t tx, unsigned who)
{
    return read_account(w, tx, who, VIEW_EXISTENCE).empty;
}

static enum view_answer ask_has_storage(struct mv_world *w, uint32_t tx, unsigned who, bool *out)
{
    struct view view = mv_attempt_view(open_attempt(w, tx));
    address account = mv_world_address(who);
    return view.ops->has_storage(view.context, &account, out);
}

bool read_has_storage(struct mv_world *w, uint32_t tx, unsigned who)
{
    bool has;
    assert_int_equal(ask_has_storage(w, tx, who, &has), VIEW_OK);
    return has;
}

uint32_t blocked_word(struct mv_world *w, uint32_t tx, unsigned slot)
{
    u256 value;
    assert_int_equal(ask_word(w, tx, slot, &value), VIEW_BLOCKED);
    return w->attempts[tx].blocked_on;
}

uint32_t blocked_account(struct mv_world *w, uint32_t tx, unsigned who, unsigned parts)
{
    struct view_account account;
    assert_int_equal(ask_account(w, tx, who, parts, &account), VIEW_BLOCKED);
    return w->attempts[tx].blocked_on;
}

uint32_t blocked_has_storage(struct mv_world *w, uint32_t tx, unsigned who)
{
    bool has;
    assert_int_equal(ask_has_storage(w, tx, who, &has), VIEW_BLOCKED);
    return w->attempts[tx].blocked_on;
}

static void need(
    struct mv_world *w, uint32_t tx, unsigned who, uint64_t given, uint64_t min, bool is_exact)
{
    address account = mv_world_address(who);
    u256 value = u256_from_u64(given), least = u256_from_u64(min);
    assert_true(mv_log_balance(open_attempt(w, tx), &account, &value, &least, is_exact));
}

void need_exactly(struct mv_world *w, uint32_t tx, unsigned who, uint64_t given)
{
    need(w, tx, who, given, 0, true);
}

void need_at_least(struct mv_world *w, uint32_t tx, unsigned who, uint64_t given, uint64_t min)
{
    need(w, tx, who, given, min, false);
}

void put_word(struct mv_world *w, uint32_t tx, unsigned slot, uint64_t value)
{
    address account = mv_world_address(owner_of(slot));
    u256 key = key_of(slot), word = u256_from_u64(value);
    assert_true(mv_write_slot(open_attempt(w, tx), &account, &key, &word));
}

void put_balance(struct mv_world *w, uint32_t tx, unsigned who, int64_t delta)
{
    address account = mv_world_address(who);
    u256 value = u256_from_u64((uint64_t)(delta < 0 ? -delta : delta));
    if (delta < 0) value = u256_negate(value);
    assert_true(mv_write_balance(open_attempt(w, tx), &account, &value));
}

void put_nonce(struct mv_world *w, uint32_t tx, unsigned who, uint64_t nonce)
{
    address account = mv_world_address(who);
    assert_true(mv_write_nonce(open_attempt(w, tx), &account, nonce));
}

void put_code(struct mv_world *w, uint32_t tx, unsigned who, uint8_t mark, struct bytes code)
{
    address account = mv_world_address(who);
    hash32 hash = hash_of(mark);
    assert_true(mv_write_code(open_attempt(w, tx), &account, &hash, code));
}

void put_existence(struct mv_world *w, uint32_t tx, unsigned who, bool exists)
{
    address account = mv_world_address(who);
    assert_true(mv_write_existence(open_attempt(w, tx), &account, exists));
}

void put_reset(struct mv_world *w, uint32_t tx, unsigned who)
{
    address account = mv_world_address(who);
    assert_true(mv_write_reset(open_attempt(w, tx), &account));
}

static bool publish_now(struct mv_world *w, uint32_t tx, uint64_t tip, uint32_t *readers_to)
{
    u256 value = u256_from_u64(tip);
    bool is_done = mv_publish(open_attempt(w, tx), &value, readers_to);
    w->is_open[tx] = false;
    mv_validate(w->mv);
    return is_done;
}

uint32_t publish_tip(struct mv_world *w, uint32_t tx, uint64_t tip)
{
    uint32_t readers_to;
    assert_true(publish_now(w, tx, tip, &readers_to));
    return readers_to;
}

uint32_t publish(struct mv_world *w, uint32_t tx)
{
    return publish_tip(w, tx, 0);
}

bool try_publish(struct mv_world *w, uint32_t tx)
{
    uint32_t readers_to;
    return publish_now(w, tx, UINT64_MAX, &readers_to);
}

bool holds(struct mv_world *w, uint32_t tx)
{
    return mv_holds(w->mv, w->workers[tx], tx, true);
}

void write_nothing(struct mv_world *w, uint32_t tx)
{
    (void)begin(w, tx);
    (void)publish(w, tx);
}

void write_word(struct mv_world *w, uint32_t tx, unsigned slot, uint64_t value)
{
    (void)begin(w, tx);
    put_word(w, tx, slot, value);
    (void)publish(w, tx);
}

void write_balance(struct mv_world *w, uint32_t tx, unsigned who, int64_t delta)
{
    (void)begin(w, tx);
    put_balance(w, tx, who, delta);
    (void)publish(w, tx);
}

void write_nonce(struct mv_world *w, uint32_t tx, unsigned who, uint64_t nonce)
{
    (void)begin(w, tx);
    put_nonce(w, tx, who, nonce);
    (void)publish(w, tx);
}

void write_tip(struct mv_world *w, uint32_t tx, uint64_t tip)
{
    (void)begin(w, tx);
    (void)publish_tip(w, tx, tip);
}

/* ---- afterwards ------------------------------------------------------------------------------ */

struct search {
    address who;
    u256 slot;
    unsigned found;
    struct mv_account_change change;
    u256 value;
};

static bool see_account(void *context, const struct mv_account_change *change)
{
    struct search *search = context;
    if (!address_equal(&search->who, &change->who)) return true;
    search->found++;
    search->change = *change;
    return true;
}

bool changed_account(struct mv_world *w, uint32_t tx, unsigned who, struct mv_account_change *out)
{
    struct search search = {.who = mv_world_address(who)};
    assert_int_equal(mv_each_account(w->mv, tx, see_account, &search), PEVM_OK);
    assert_in_range(search.found, 0, 1);
    *out = search.change;
    return search.found == 1;
}

static bool see_slot(void *context, const address *who, const struct mv_slot_change *change)
{
    struct search *search = context;
    if (!address_equal(&search->who, who) || !u256_equal(search->slot, change->slot)) return true;
    search->found++;
    search->value = *change->now;
    return true;
}

bool changed_word(struct mv_world *w, uint32_t tx, unsigned slot, uint64_t *out)
{
    struct search search = {.who = mv_world_address(owner_of(slot)), .slot = key_of(slot)};
    assert_int_equal(mv_each_slot(w->mv, tx, see_slot, &search), PEVM_OK);
    assert_in_range(search.found, 0, 1);
    *out = small(search.value);
    return search.found == 1;
}
