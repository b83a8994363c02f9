/* The changeset that several workers make out of the versions is the one of the block's layer, whatever the parts. */
#include "base/rng.h"
#include "crypto/keccak.h"
#include "state/block_state.h"
#include "state/mv_changes.h"
#include "support/test.h"

#define WORKERS  4
#define TXS      1500
#define ACCOUNTS 1200 /* some hundreds of rows for each part */
#define SLOTS    9    /* of a usual account */
#define CROWD    0    /* an account with many slots */

/* ---- a base out of keys alone ---------------------------------------------------------------- */

static address account_at(unsigned number)
{
    address who = {
        {(uint8_t)(number * 37), (uint8_t)(number >> 8), (uint8_t)number}
    };
    who.bytes[19] = (uint8_t)(number % 3);
    return who;
}

static enum view_answer base_account(void *context,
                                     const address *who,
                                     unsigned parts,
                                     struct view_account *out)
{
    bool exists = who->bytes[2] % 4 != 0;
    (void)context, (void)parts;
    *out = (struct view_account){
        .code_hash = keccak_empty, .exists = exists, .empty = !exists, .parts = VIEW_ALL_PARTS};
    if (exists) out->balance = u256_from_u64(1000 + who->bytes[0]);
    if (exists) out->nonce = who->bytes[2] % 2;
    return VIEW_OK;
}

static enum view_answer base_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    (void)context, (void)who;
    *out = u256_from_u64(slot->words[0] % 3);
    return VIEW_OK;
}

static enum view_answer base_code(void *context,
                                  const address *who,
                                  const hash32 *hash,
                                  struct bytes *out)
{
    (void)context, (void)who, (void)hash, (void)out;
    return VIEW_FAILED;
}

static enum view_answer base_has_storage(void *context, const address *who, bool *out)
{
    (void)context, (void)who;
    *out = true;
    return VIEW_OK;
}

static enum view_answer base_block_hash(void *context, uint64_t number, hash32 *out)
{
    (void)context, (void)number, (void)out;
    return VIEW_FAILED;
}

static struct view base_view(void)
{
    static const struct view_ops ops = {
        base_account, base_slot, base_code, base_has_storage, base_block_hash};
    return (struct view){&ops, NULL};
}

/* ---- a block --------------------------------------------------------------------------------- */

static u256 slot_at(struct rng *rng, unsigned owner)
{
    uint64_t number = rng_below(rng, owner == CROWD ? 2000 : SLOTS);
    /* Some differ in the bits that are compared first, some in the others only. */
    return (u256){
        {number, 0, 0, number % 5 == 0 ? number << 40 : 0}
    };
}

static void put_slots(struct rng *rng, struct mv_attempt *attempt, unsigned owner)
{
    address who = account_at(owner);
    struct view view = mv_attempt_view(attempt);
    struct view_account ignored;
    assert_int_equal(view.ops->account(view.context, &who, VIEW_ALL_PARTS, &ignored), VIEW_OK);
    u256 slot = slot_at(rng, owner), was, now = u256_from_u64(rng_below(rng, 3));
    assert_int_equal(view.ops->slot(view.context, &who, &slot, &was), VIEW_OK);
    CHECK(mv_write_slot(attempt, &who, &slot, &now));
}

static void put_account(struct rng *rng, struct mv_attempt *attempt, unsigned number)
{
    address who = account_at(number);
    struct view view = mv_attempt_view(attempt);
    struct view_account was;
    assert_int_equal(view.ops->account(view.context, &who, VIEW_ALL_PARTS, &was), VIEW_OK);
    uint8_t code[] = {(uint8_t)number};
    hash32 hash;
    keccak256(&hash, code, sizeof code);
    u256 delta = u256_from_u64(rng_below(rng, 3));
    switch (rng_below(rng, 16)) {
    case 0: CHECK(mv_write_code(attempt, &who, &hash, bytes_of(code, sizeof code))); return;
    case 1: CHECK(mv_write_reset(attempt, &who)); return;
    case 2: CHECK(mv_write_existence(attempt, &who, false)); return;
    case 3: CHECK(mv_write_nonce(attempt, &who, was.nonce)); return; /* the same again */
    case 4:
    case 5: CHECK(mv_write_nonce(attempt, &who, was.nonce + 1)); return;
    default: CHECK(mv_write_balance(attempt, &who, &delta)); return;
    }
}

/* The same block for the same seed, made by other workers each time. */
static struct mv *block_run(uint64_t seed, unsigned turn)
{
    struct mv *mv;
    struct view base = base_view();
    struct mv_block block = {.base = &base, .tx_count = TXS, .locations_expected = 8000};
    struct rng rng;
    struct mv_attempt attempt;
    rng_init(&rng, seed);
    block.coinbase.bytes[0] = 0xc0;
    assert_int_equal(mv_new(&mv, &(struct mv_options){.workers = WORKERS}), PEVM_OK);
    assert_int_equal(mv_begin(mv, &block), PEVM_OK);
    mv_attempt_init(&attempt);
    for (uint32_t tx = 0; tx < TXS; tx++) {
        uint32_t readers_to;
        u256 tip = u256_from_u64(1);
        mv_attempt_begin(&attempt, mv, (tx / 7 + turn) % WORKERS, tx);
        put_account(&rng, &attempt, (unsigned)rng_below(&rng, ACCOUNTS));
        put_slots(&rng, &attempt, rng_below(&rng, 3) > 0 ? CROWD : 1 + tx % 200);
        CHECK(mv_publish(&attempt, &tip, &readers_to));
        mv_frontier_set(mv, tx + 1);
    }
    mv_attempt_fini(&attempt);
    return mv;
}

/* ---- two ways -------------------------------------------------------------------------------- */

static bool see_account(void *context, const struct mv_account_change *change)
{
    if (change->storage_reset && !block_state_clear_storage(context, &change->who)) return false;
    bool has_code = change->code != NULL && change->code->size > 0;
    return block_state_take_account(context, &change->who, &change->before, &change->now) &&
           (!has_code || block_state_add_code(context, &change->now.code_hash, *change->code));
}

static bool see_slot(void *context, const address *who, const struct mv_slot_change *change)
{
    const u256 *before = change->before == NULL ? &U256_ZERO : change->before;
    return block_state_take_slot(context, who, &change->slot, before, change->now);
}

static bool take_one(void *context, struct block_state *state, const address *who)
{
    struct mv_visitor visitor = {see_account, see_slot, state};
    return mv_take(context, TXS, who, &visitor) == PEVM_OK;
}

/* Whoever is paid by the block takes his account before; the coinbase always does. */
static void take_some(struct block_state *state, struct mv *mv)
{
    address coinbase = {{0xc0}};
    struct block_state_source source = {take_one, mv};
    CHECK(block_state_meet(state, &coinbase)); /* before there is somebody to ask */
    CHECK(block_state_set_source(state, &source));
    for (unsigned i = 0; i < 20; i++) {
        address who = account_at(i * 31);
        struct view view = block_state_view(state);
        struct view_account was;
        assert_int_equal(view.ops->account(view.context, &who, VIEW_ALL_PARTS, &was), VIEW_OK);
        struct account_value now = {.balance = u256_add(was.balance, u256_from_u64(i % 2)),
                                    .code_hash = was.code_hash,
                                    .nonce = was.nonce,
                                    .exists = true};
        CHECK(block_state_set_account(state, &who, &now));
    }
}

static void make_changes(struct changeset *out,
                         struct block_state *state,
                         struct mv *mv,
                         unsigned parts,
                         struct arena *arena)
{
    struct mv_changes *changes = arena_alloc(arena, sizeof *changes);
    address who;
    unsigned at = 0;
    uint32_t index = 0;
    CHECK(mv_changes_begin(changes, mv, TXS, parts, arena));
    for (unsigned part = parts; part-- > 0;)
        mv_changes_find_slots(changes, part);
    CHECK(mv_changes_slots(changes, arena));
    for (unsigned part = 0; part < parts; part++) {
        mv_changes_write_slots(changes, part);
        mv_changes_find_accounts(changes, part);
        CHECK(!changes->is_unreadable[part]);
    }
    while (mv_changes_next_odd(changes, &at, &index, &who)) /* ends: there are so many */
        CHECK(block_state_meet(state, &who));
    assert_int_equal(block_state_changes(state, out, arena), PEVM_OK);
    CHECK(mv_changes_accounts(changes, out->accounts, out->account_count, arena));
    for (unsigned part = parts; part-- > 0;)
        mv_changes_write_accounts(changes, part);
    out->accounts = changes->accounts;
    out->account_count += changes->account_count;
}

static void check_equal(const struct changeset *a, const struct changeset *b)
{
    CHECK_EQ(a->account_count, b->account_count);
    CHECK_EQ(a->code_count, b->code_count);
    for (size_t i = 0; i < a->account_count; i++) {
        const struct account_change *x = &a->accounts[i], *y = &b->accounts[i];
        CHECK(address_equal(&x->account, &y->account));
        CHECK(x->exists == y->exists && x->storage_cleared == y->storage_cleared &&
              x->code_changed == y->code_changed && x->nonce == y->nonce);
        CHECK(u256_equal(x->balance, y->balance) && hash32_equal(&x->code_hash, &y->code_hash));
        CHECK_EQ(x->slot_count, y->slot_count);
        for (size_t k = 0; k < x->slot_count; k++)
            CHECK(u256_equal(x->slots[k].slot, y->slots[k].slot) &&
                  u256_equal(x->slots[k].value, y->slots[k].value));
    }
    for (size_t i = 0; i < a->code_count; i++)
        CHECK(hash32_equal(&a->codes[i].hash, &b->codes[i].hash));
}

TEST(parts_give_what_the_blocks_layer_gives)
{
    for (unsigned turn = 0; turn < 12; turn++) {
        unsigned parts = turn == 11 ? MV_PARTS_MAX : turn % 6 + 1;
        struct view base = base_view();
        struct block_state *whole, *layer;
        struct changeset expected, made;
        struct arena arena;
        struct mv *mv = block_run(turn, 0), *twin = block_run(turn, turn);
        arena_init(&arena, 1 << 16, 0);
        assert_int_equal(block_state_new(&whole), PEVM_OK);
        assert_int_equal(block_state_new(&layer), PEVM_OK);
        block_state_begin(whole, &base);
        block_state_begin(layer, &base);

        struct mv_visitor visitor = {see_account, see_slot, whole};
        assert_int_equal(mv_take_all(mv, TXS, &visitor), PEVM_OK);
        take_some(whole, mv);
        assert_int_equal(block_state_changes(whole, &expected, &arena), PEVM_OK);
        take_some(layer, twin);
        make_changes(&made, layer, twin, parts, &arena);
        CHECK(expected.account_count > 500 && expected.code_count > 20);
        check_equal(&made, &expected);

        block_state_free(whole);
        block_state_free(layer);
        mv_free(mv);
        mv_free(twin);
        arena_fini(&arena);
    }
}

TEST(small_blocks_are_not_worth_parts)
{
    struct mv *mv = block_run(1, 0);
    CHECK_EQ(mv_changes_parts(mv, 1), 1);
    CHECK_EQ(mv_changes_parts(mv, 2), 2);
    CHECK(mv_changes_parts(mv, 1000) < 16); /* rows enough for each */
    mv_free(mv);
}
