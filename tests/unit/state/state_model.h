/* state_model.h - a state so simple that it is surely right: a fixed universe of accounts and slots in plain arrays, and
 * its root by the recursion of the Yellow Paper. The oracle of the state tests.
 */
#pragma once

#include "base/rng.h"
#include "state/changeset.h"
#include "state/view.h"
#include "unit/trie/naive_trie.h"

#define MODEL_ACCOUNTS 24
#define MODEL_SLOTS    90

struct model_account {
    bool exists;
    uint64_t nonce, balance;
    unsigned code;               /* 0: none; else number of a code */
    uint64_t slots[MODEL_SLOTS]; /* 0: not there */
};

struct model {
    struct model_account accounts[MODEL_ACCOUNTS];
    unsigned slots_used; /* of the universe; few make small tries */
    uint64_t reads;      /* through the view */
    bool fails;          /* the view answers VIEW_FAILED */
    hash32 code_hashes[8];
    uint8_t codes[8][4];
};

static inline address model_address(unsigned account)
{
    address who = {{0}};
    uint64_t number = (account + 1) * 0x9e3779b97f4a7c15;
    memcpy(who.bytes + account % 12, &number, sizeof number);
    return who;
}

static inline u256 model_slot(unsigned slot)
{
    u256 key = u256_from_u64(slot);
    if (slot % 3 == 0) key.words[3] = (slot + 1) * 0x9e3779b97f4a7c15;
    if (slot % 5 == 0) key.words[2] = ~(uint64_t)slot;
    return key;
}

static inline u256 model_word(uint64_t value)
{
    u256 word = u256_from_u64(value);
    if (value % 2 == 0 && value > 0) word.words[3] = value;
    return word;
}

static inline void model_init(struct model *model, unsigned slots_used)
{
    memset(model, 0, sizeof *model);
    model->slots_used = slots_used;
    model->code_hashes[0] = keccak_empty;
    for (unsigned i = 1; i < COUNT_OF(model->codes); i++) {
        memset(model->codes[i], (int)(0x60 + i), sizeof model->codes[i]);
        keccak256(&model->code_hashes[i], model->codes[i], sizeof model->codes[i]);
    }
}

static inline struct bytes model_code(const struct model *model, unsigned code)
{
    return code == 0 ? BYTES_EMPTY : bytes_of(model->codes[code], sizeof model->codes[code]);
}

static inline bool model_has_storage(const struct model_account *account)
{
    for (unsigned i = 0; i < MODEL_SLOTS; i++)
        if (account->slots[i] != 0) return true;
    return false;
}

/* One random step on one account; the chances fit what blocks do. Accounts with storage have code, or a nonce. */
static inline void model_step(struct model *model, struct rng *rng)
{
    struct model_account *account = &model->accounts[rng_below(rng, MODEL_ACCOUNTS)];
    switch (rng_below(rng, 12)) {
    case 0:
        memset(account, 0, sizeof *account); /* gone */
        break;
    case 1:
        memset(account->slots, 0, sizeof account->slots);
        account->exists = true;
        account->nonce = 1;
        break;
    case 2:
        if (!account->exists) break;
        account->code = (unsigned)rng_below(rng, COUNT_OF(model->codes));
        break;
    case 3:
        account->exists = true; /* perhaps empty */
        break;
    case 4:
    case 5:
    case 6:
        account->exists = true;
        account->balance = rng_below(rng, 3) * rng_below(rng, UINT32_MAX);
        break;
    default:
        if (!account->exists) break;
        if (account->nonce == 0) account->nonce = 1;
        for (unsigned i = 0; i < 5; i++)
            account->slots[rng_below(rng, model->slots_used)] = rng_below(rng, 4);
        break;
    }
}

static inline hash32 model_storage_root(const struct model_account *account)
{
    struct naive_trie *naive = naive_new();
    for (unsigned i = 0; i < MODEL_SLOTS; i++) {
        if (account->slots[i] == 0) continue;
        hash32 slot = u256_to_hash(model_slot(i)), key;
        u256 word = model_word(account->slots[i]);
        uint8_t value[33];
        keccak256(&key, slot.bytes, sizeof slot.bytes);
        naive_put(naive,
                  bytes_of(key.bytes, sizeof key.bytes),
                  bytes_of(value, (size_t)(rlp_put_u256(value, &word) - value)));
    }
    hash32 root = naive_root(naive);
    naive_free(naive);
    return root;
}

static inline hash32 model_root(const struct model *model)
{
    struct naive_trie *naive = naive_new();
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        const struct model_account *account = &model->accounts[i];
        if (!account->exists) continue;
        address who = model_address(i);
        hash32 key, storage = model_storage_root(account);
        uint8_t payload[128], value[128];
        uint8_t *end = rlp_put_u64(payload, account->nonce);
        end = rlp_put_u64(end, account->balance);
        end = rlp_put_bytes(end, bytes_of(storage.bytes, 32));
        end = rlp_put_bytes(end, bytes_of(model->code_hashes[account->code].bytes, 32));
        size_t size = (size_t)(end - payload);
        uint8_t *body = rlp_put_list_head(value, size);
        memcpy(body, payload, size);
        keccak256(&key, who.bytes, sizeof who.bytes);
        naive_put(naive,
                  bytes_of(key.bytes, sizeof key.bytes),
                  bytes_of(value, (size_t)(body - value) + size));
    }
    hash32 root = naive_root(naive);
    naive_free(naive);
    return root;
}

/* ---- as a view ---- */

static inline unsigned model_find(const address *who)
{
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        address known = model_address(i);
        if (address_equal(&known, who)) return i;
    }
    fail_msg("an account outside the model");
    return 0;
}

static inline enum view_answer model_view_account(void *context,
                                                  const address *who,
                                                  unsigned parts,
                                                  struct view_account *out)
{
    struct model *model = context;
    (void)parts;
    model->reads++;
    if (model->fails) return VIEW_FAILED;
    const struct model_account *account = &model->accounts[model_find(who)];
    *out = (struct view_account){.balance = u256_from_u64(account->balance),
                                 .code_hash = model->code_hashes[account->code],
                                 .nonce = account->nonce,
                                 .exists = account->exists,
                                 .parts = VIEW_ALL_PARTS};
    out->empty = account->nonce == 0 && account->balance == 0 && account->code == 0;
    return VIEW_OK;
}

static inline enum view_answer model_view_slot(void *context,
                                               const address *who,
                                               const u256 *slot,
                                               u256 *out)
{
    struct model *model = context;
    model->reads++;
    if (model->fails) return VIEW_FAILED;
    for (unsigned i = 0; i < MODEL_SLOTS; i++) {
        u256 known = model_slot(i);
        if (!u256_equal(known, *slot)) continue;
        *out = model_word(model->accounts[model_find(who)].slots[i]);
        return VIEW_OK;
    }
    fail_msg("a slot outside the model");
    return VIEW_FAILED;
}

static inline enum view_answer model_view_code(void *context,
                                               const address *who,
                                               const hash32 *hash,
                                               struct bytes *out)
{
    struct model *model = context;
    (void)who;
    for (unsigned i = 1; i < COUNT_OF(model->codes); i++) {
        if (!hash32_equal(&model->code_hashes[i], hash)) continue;
        *out = model_code(model, i);
        return VIEW_OK;
    }
    return VIEW_FAILED;
}

static inline enum view_answer model_view_has_storage(void *context, const address *who, bool *out)
{
    struct model *model = context;
    if (model->fails) return VIEW_FAILED;
    *out = model_has_storage(&model->accounts[model_find(who)]);
    return VIEW_OK;
}

static inline enum view_answer model_view_block_hash(void *context, uint64_t number, hash32 *out)
{
    (void)context;
    memset(out->bytes, (int)number, sizeof out->bytes);
    return VIEW_OK;
}

static const struct view_ops model_view_ops = {.account = model_view_account,
                                               .slot = model_view_slot,
                                               .code = model_view_code,
                                               .has_storage = model_view_has_storage,
                                               .block_hash = model_view_block_hash};

static inline struct view model_view(struct model *model)
{
    return (struct view){.ops = &model_view_ops, .context = model};
}

/* Every account and slot of the universe is the same in the view. */
static inline void model_check_view(struct model *model, const struct view *view)
{
    struct view expected_view = model_view(model);
    for (unsigned a = 0; a < MODEL_ACCOUNTS; a++) {
        address who = model_address(a);
        struct view_account actual, expected = {0};
        CHECK_EQ(view->ops->account(view->context, &who, VIEW_ALL_PARTS, &actual), VIEW_OK);
        CHECK_EQ(model_view_account(expected_view.context, &who, VIEW_ALL_PARTS, &expected),
                 VIEW_OK);
        CHECK_EQ(actual.exists, expected.exists);
        CHECK_EQ(actual.empty, expected.empty);
        CHECK_EQ(actual.nonce, expected.nonce);
        CHECK(u256_equal(actual.balance, expected.balance));
        check_hash(actual.code_hash, expected.code_hash);
        CHECK_EQ(actual.parts, VIEW_ALL_PARTS);
        for (unsigned s = 0; s < model->slots_used; s++) {
            u256 slot = model_slot(s), word;
            CHECK_EQ(view->ops->slot(view->context, &who, &slot, &word), VIEW_OK);
            u256 wanted = model_word(model->accounts[a].slots[s]);
            CHECK(u256_equal(word, wanted));
        }
    }
}

/* ---- the changes between two models ---- */

/* Accounts ascend by address, slots by number: the same as what any honest changeset says. */
static inline void model_sort(unsigned *order, unsigned count, bool (*less)(unsigned, unsigned))
{
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = i; j > 0 && less(order[j], order[j - 1]); j--) {
            unsigned swap = order[j];
            order[j] = order[j - 1];
            order[j - 1] = swap;
        }
}

static inline bool model_address_less(unsigned a, unsigned b)
{
    address x = model_address(a), y = model_address(b);
    return memcmp(x.bytes, y.bytes, sizeof x.bytes) < 0;
}

static inline bool model_slot_less(unsigned a, unsigned b)
{
    return u256_less(model_slot(a), model_slot(b));
}

/* What leads from `from` to `to`; with `cleared[account]` earlier storage is said to be gone, and all that is there is
 * listed. */
static inline struct changeset model_changes(const struct model *from,
                                             const struct model *to,
                                             const bool *cleared,
                                             struct arena *arena)
{
    unsigned accounts[MODEL_ACCOUNTS], slots[MODEL_SLOTS];
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++)
        accounts[i] = i;
    for (unsigned i = 0; i < MODEL_SLOTS; i++)
        slots[i] = i;
    model_sort(accounts, MODEL_ACCOUNTS, model_address_less);
    model_sort(slots, MODEL_SLOTS, model_slot_less);

    struct account_change *changes = arena_alloc_zeroed(arena, MODEL_ACCOUNTS, sizeof *changes);
    struct code_change *codes = arena_alloc_zeroed(arena, MODEL_ACCOUNTS, sizeof *codes);
    struct changeset out = {.accounts = changes, .codes = codes};
    for (unsigned a = 0; a < MODEL_ACCOUNTS; a++) {
        const struct model_account *x = &from->accounts[accounts[a]];
        const struct model_account *y = &to->accounts[accounts[a]];
        struct account_change *change = &changes[out.account_count];
        *change = (struct account_change){
            .account = model_address(accounts[a]), .exists = y->exists, .code_hash = keccak_empty};
        if (!y->exists) {
            change->storage_cleared = true;
            out.account_count += x->exists;
            continue;
        }
        change->storage_cleared = cleared[accounts[a]] && x->exists;
        change->nonce = y->nonce;
        change->balance = u256_from_u64(y->balance);
        change->code_hash = to->code_hashes[y->code];
        change->code_changed = x->code != y->code;
        struct slot_change *list = arena_alloc_zeroed(arena, MODEL_SLOTS, sizeof *list);
        for (unsigned s = 0; s < MODEL_SLOTS; s++) {
            uint64_t before = change->storage_cleared ? 0 : x->slots[slots[s]];
            if (y->slots[slots[s]] == before) continue;
            list[change->slot_count++] =
                (struct slot_change){model_slot(slots[s]), model_word(y->slots[slots[s]])};
        }
        change->slots = list;
        bool differs = x->exists != y->exists || x->nonce != y->nonce || x->balance != y->balance ||
                       x->code != y->code || change->storage_cleared || change->slot_count > 0;
        if (differs && change->code_changed && y->code != 0) {
            size_t at = 0;
            while (at < out.code_count && !hash32_equal(&codes[at].hash, &change->code_hash))
                at++;
            codes[at] = (struct code_change){change->code_hash, model_code(to, y->code)};
            if (at == out.code_count) out.code_count++;
        }
        out.account_count += differs;
    }
    return out;
}
