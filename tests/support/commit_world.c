#include "support/commit_world.h"

#include "base/heap.h"
#include "base/rng.h"
#include "crypto/keccak.h"
#include "store/keyspace.h"
#include "support/random_types.h"
#include "support/test.h"

struct commit_world {
    struct arena arena;
    uint64_t blocks;
    struct model *models;        /* blocks + 1 */
    struct commit_input *inputs; /* [0] is not used */
    struct changeset *changes;
};

address model_address(unsigned account)
{
    address who = {{0}};
    who.bytes[0] = (uint8_t)(account * 17 + 3); /* ascending */
    who.bytes[19] = (uint8_t)account;
    return who;
}

static struct bytes code_bytes(unsigned code, struct arena *arena)
{
    uint8_t *text = arena_alloc_zeroed(arena, 40, 1);
    assert_non_null(text);
    memset(text, (int)code, 40);
    return bytes_of(text, code % 40 + 1);
}

static hash32 code_hash(unsigned code)
{
    uint8_t text[40];
    hash32 hash = keccak_empty;
    memset(text, (int)code, sizeof text);
    if (code != 0) keccak256(&hash, text, code % 40 + 1);
    return hash;
}

/* ---- the next model, and whether storage was cleared on the way ---- */

static void change_account(struct model_account *account, bool *cleared, struct rng *rng)
{
    *cleared = false;
    uint64_t kind = rng_below(rng, 10);
    if (!account->exists && kind == 0) { /* bare storage, as only a genesis can have it */
        *account = (struct model_account){.exists = true, .balance = 1};
        account->slots[rng_below(rng, COMMIT_WORLD_SLOTS)] = 1 + rng_below(rng, 9);
        return;
    }
    if (account->exists && kind <= 1) { /* gone */
        *account = (struct model_account){.exists = false};
        *cleared = true;
        return;
    }
    if (account->exists && account->code != 0 && kind == 2) { /* destroyed and made anew */
        *account = (struct model_account){
            .exists = true, .nonce = 1, .code = 1 + (unsigned)rng_below(rng, 30)};
        account->slots[1] = rng_below(rng, 3);
        *cleared = true;
        return;
    }
    account->exists = true;
    account->nonce += 1 + rng_below(rng, 2);
    account->balance = rng_below(rng, 1000);
    if (account->code == 0 && kind >= 7) account->code = 1 + (unsigned)rng_below(rng, 30);
    if (account->code == 0) return;
    for (unsigned i = 0; i < COMMIT_WORLD_SLOTS; i++)
        if (rng_below(rng, 3) == 0) account->slots[i] = rng_below(rng, 4);
}

static const struct slot_change *slot_changes(size_t *count,
                                              const struct model_account *before,
                                              const struct model_account *after,
                                              bool cleared,
                                              struct arena *arena)
{
    struct slot_change *slots = arena_alloc_zeroed(arena, COMMIT_WORLD_SLOTS, sizeof *slots);
    assert_non_null(slots);
    *count = 0;
    for (unsigned i = 0; i < COMMIT_WORLD_SLOTS && after->exists; i++) {
        uint64_t old = cleared ? 0 : before->slots[i];
        if (old == after->slots[i]) continue;
        slots[(*count)++] =
            (struct slot_change){u256_from_u64(i * 1000), u256_from_u64(after->slots[i])};
    }
    return slots;
}

static void add_code(struct changeset *changes,
                     struct code_change *codes,
                     unsigned code,
                     struct arena *arena)
{
    struct code_change change = {code_hash(code), code_bytes(code, arena)};
    size_t at = changes->code_count;
    for (size_t i = 0; i < changes->code_count; i++)
        if (hash32_equal(&codes[i].hash, &change.hash)) return;
    for (; at > 0 && memcmp(&codes[at - 1].hash, &change.hash, 32) > 0; at--)
        codes[at] = codes[at - 1];
    codes[at] = change;
    changes->code_count++;
}

static void make_changes(struct changeset *out,
                         const struct model *before,
                         struct model *after,
                         struct rng *rng,
                         struct arena *arena)
{
    struct account_change *accounts =
        arena_alloc_zeroed(arena, COMMIT_WORLD_ACCOUNTS, sizeof *accounts);
    struct code_change *codes = arena_alloc_zeroed(arena, COMMIT_WORLD_ACCOUNTS, sizeof *codes);
    assert_non_null(accounts);
    assert_non_null(codes);
    *out = (struct changeset){.accounts = accounts, .codes = codes};
    *after = *before;
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
        struct model_account *account = &after->accounts[i];
        bool cleared;
        if (rng_below(rng, 3) != 0) continue;
        change_account(account, &cleared, rng);
        if (memcmp(account, &before->accounts[i], sizeof *account) == 0) continue;
        struct account_change *change = &accounts[out->account_count++];
        *change = (struct account_change){.account = model_address(i),
                                          .exists = account->exists,
                                          .storage_cleared = cleared || !account->exists,
                                          .code_changed = account->code != before->accounts[i].code,
                                          .nonce = account->nonce,
                                          .balance = u256_from_u64(account->balance),
                                          .code_hash = code_hash(account->code)};
        change->slots =
            slot_changes(&change->slot_count, &before->accounts[i], account, cleared, arena);
        if (change->code_changed && account->code != 0) add_code(out, codes, account->code, arena);
    }
}

static void make_receipts(struct commit_input *input, struct rng *rng, struct arena *arena)
{
    input->receipt_count = rng_below(rng, 4);
    struct receipt *receipts = arena_alloc_zeroed(arena, 4, sizeof *receipts);
    assert_non_null(receipts);
    for (size_t i = 0; i < input->receipt_count; i++) {
        receipts[i].type = (enum tx_type)rng_below(rng, TX_TYPE_COUNT);
        receipts[i].success = rng_below(rng, 2);
        receipts[i].cumulative_gas_used = 21000 * (i + 1);
        receipts[i].log_count = rng_below(rng, 2);
        receipts[i].logs = random_logs(rng, receipts[i].log_count, arena);
    }
    input->receipts = receipts;
}

hash32 commit_world_hash(const struct commit_world *world, uint64_t number)
{
    static const hash32 genesis = {{0x99}};
    return number == 0 ? genesis : world->inputs[number].hash;
}

struct commit_world *commit_world_branch(uint64_t seed, uint64_t blocks, uint64_t fork)
{
    struct commit_world *world = heap_alloc_zeroed(1, sizeof *world);
    assert_non_null(world);
    arena_init(&world->arena, 1 << 16, 0);
    world->blocks = blocks;
    world->models = heap_alloc_zeroed(blocks + 1, sizeof *world->models);
    world->inputs = heap_alloc_zeroed(blocks + 1, sizeof *world->inputs);
    world->changes = heap_alloc_zeroed(blocks + 1, sizeof *world->changes);
    assert_true(world->models != NULL && world->inputs != NULL && world->changes != NULL);
    for (uint64_t number = 1; number <= blocks; number++) {
        struct commit_input *input = &world->inputs[number];
        struct rng rng;
        rng_init(&rng, seed * 1000 + number + (number > fork ? 500000 : 0));
        make_changes(&world->changes[number],
                     &world->models[number - 1],
                     &world->models[number],
                     &rng,
                     &world->arena);
        *input = (struct commit_input){.number = number,
                                       .parent_hash = commit_world_hash(world, number - 1),
                                       .changes = &world->changes[number],
                                       .time = 1700000000 + number};
        rng_fill(&rng, &input->hash, sizeof input->hash);
        make_receipts(input, &rng, &world->arena);
    }
    return world;
}

struct commit_world *commit_world_new(uint64_t seed, uint64_t blocks)
{
    return commit_world_branch(seed, blocks, blocks);
}

void commit_world_free(struct commit_world *world)
{
    arena_fini(&world->arena);
    heap_free(world->models);
    heap_free(world->inputs);
    heap_free(world->changes);
    heap_free(world);
}

const struct commit_input *commit_world_input(const struct commit_world *world, uint64_t number)
{
    assert_true(number >= 1 && number <= world->blocks);
    return &world->inputs[number];
}

const struct model *commit_world_model(const struct commit_world *world, uint64_t number)
{
    return &world->models[number];
}

/* ---- comparing ---- */

struct comparison {
    const struct model *model;
    unsigned accounts, slots;
};

static const struct model_account *model_of(const struct comparison *comparison, const address *who)
{
    unsigned account = who->bytes[19];
    address expected = model_address(account);
    if (account >= COMMIT_WORLD_ACCOUNTS || !address_equal(&expected, who))
        fail_msg("an account of nobody");
    return &comparison->model->accounts[account];
}

static bool on_latest(void *context, struct bytes text, struct bytes value)
{
    struct comparison *comparison = context;
    struct key key;
    struct error error;
    CHECK(key_read(&key, text));
    const struct model_account *model = model_of(comparison, &key.who);
    assert_true(model->exists);
    if (key.kind == KEY_ACCOUNT) {
        struct stored_account account;
        hash32 hash = code_hash(model->code);
        CHECK_EQ(account_read(&account, value, &error), PEVM_OK);
        CHECK(account.nonce == model->nonce &&
              u256_equal(account.balance, u256_from_u64(model->balance)));
        CHECK(hash32_equal(&account.code_hash, &hash) && !account.is_deleted);
        comparison->accounts++;
        return true;
    }
    u256 word;
    CHECK_EQ(key.kind, KEY_SLOT);
    CHECK_EQ(slot_read(&word, value, &error), PEVM_OK);
    uint64_t slot = u256_low64(key.slot) / 1000;
    CHECK(slot < COMMIT_WORLD_SLOTS && u256_equal(word, u256_from_u64(model->slots[slot])));
    CHECK(!u256_is_zero(word));
    comparison->slots++;
    return true;
}

void commit_world_check_latest(struct store *store, const struct model *model)
{
    struct comparison comparison = {.model = model};
    struct error error;
    unsigned accounts = 0, slots = 0;
    CHECK_EQ(store_scan(store, bytes_of("st:latest:", 10), on_latest, &comparison, &error),
             PEVM_OK);
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
        accounts += model->accounts[i].exists;
        for (unsigned j = 0; j < COMMIT_WORLD_SLOTS; j++)
            slots += model->accounts[i].exists && model->accounts[i].slots[j] != 0;
    }
    CHECK_EQ(comparison.accounts, accounts);
    CHECK_EQ(comparison.slots, slots);
}
