#include "base/rng.h"
#include "crypto/keccak.h"
#include "store/undo_value.h"
#include "support/random_types.h"
#include "support/test.h"

#define ACCOUNTS 12
#define SLOTS    5

static struct arena arena;
static struct error error;
static struct undo_account accounts[ACCOUNTS];
static struct undo_slot slots[ACCOUNTS][SLOTS];
static hash32 codes[3];

static void fill_value(struct stored_account *value, bool exists, struct rng *rng)
{
    *value = (struct stored_account){.code_hash = keccak_empty};
    if (!exists) return;
    value->balance = random_u256(rng);
    value->nonce = random_u64(rng);
    value->has_bare_storage = rng_below(rng, 8) == 0;
    if (rng_below(rng, 2) == 0) rng_fill(rng, &value->code_hash, 32);
}

/* Ascending, as they must be. */
static struct undo_record fill(struct rng *rng)
{
    struct undo_record record = {.number = random_u64(rng),
                                 .epoch = random_u64(rng),
                                 .tx_count = random_u64(rng),
                                 .time_before = random_u64(rng),
                                 .accounts = accounts,
                                 .account_count = rng_below(rng, ACCOUNTS + 1),
                                 .codes = codes,
                                 .code_count = rng_below(rng, 4)};
    rng_fill(rng, &record.hash, 32);
    rng_fill(rng, &record.parent_hash, 32);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct undo_account *account = &accounts[i];
        rng_fill(rng, &account->who, sizeof account->who);
        account->who.bytes[0] = (uint8_t)i;
        account->existed = rng_below(rng, 2);
        account->exists = rng_below(rng, 2);
        fill_value(&account->before, account->existed, rng);
        fill_value(&account->after, account->exists, rng);
        account->slots = slots[i];
        account->slot_count = rng_below(rng, SLOTS + 1);
        for (size_t j = 0; j < SLOTS; j++)
            slots[i][j] =
                (struct undo_slot){u256_from_u64(j * 7), random_u256(rng), random_u256(rng)};
    }
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        memset(codes[i].bytes, (int)i, 32);
    return record;
}

static bool same_value(const struct stored_account *a, const struct stored_account *b)
{
    return u256_equal(a->balance, b->balance) && a->nonce == b->nonce &&
           hash32_equal(&a->code_hash, &b->code_hash) && a->has_bare_storage == b->has_bare_storage;
}

static void check_same(const struct undo_record *a, const struct undo_record *b)
{
    CHECK(a->number == b->number && a->epoch == b->epoch && a->tx_count == b->tx_count);
    CHECK(a->time_before == b->time_before && hash32_equal(&a->hash, &b->hash));
    CHECK(hash32_equal(&a->parent_hash, &b->parent_hash));
    CHECK(a->account_count == b->account_count && a->code_count == b->code_count);
    for (size_t i = 0; i < a->account_count; i++) {
        const struct undo_account *x = &a->accounts[i], *y = &b->accounts[i];
        CHECK(address_equal(&x->who, &y->who) && x->existed == y->existed &&
              x->exists == y->exists);
        CHECK(same_value(&x->before, &y->before) && same_value(&x->after, &y->after));
        CHECK_EQ(x->slot_count, y->slot_count);
        for (size_t j = 0; j < x->slot_count; j++)
            CHECK(memcmp(&x->slots[j], &y->slots[j], sizeof x->slots[j]) == 0);
    }
    CHECK(memcmp(a->codes, b->codes, a->code_count * sizeof(hash32)) == 0);
}

TEST(records_come_back)
{
    struct rng rng;
    rng_init(&rng, 11);
    arena_init(&arena, 1 << 16, 0);
    for (unsigned round = 0; round < 300; round++) {
        struct undo_record record = fill(&rng), again;
        struct bytes encoding;
        arena_reset(&arena);
        CHECK(undo_write(&encoding, &record, &arena));
        if (undo_read(&again, encoding, &arena, &error) != PEVM_OK) fail_msg("%s", error.text);
        check_same(&record, &again);
    }
    arena_fini(&arena);
}

TEST(every_damaged_byte_and_every_cut_is_noticed)
{
    struct rng rng;
    rng_init(&rng, 12);
    arena_init(&arena, 1 << 16, 0);
    struct undo_record record = fill(&rng), again;
    struct bytes encoding;
    CHECK(undo_write(&encoding, &record, &arena));
    uint8_t *copy = arena_alloc(&arena, encoding.size);
    assert_non_null(copy);
    for (size_t i = 0; i < encoding.size; i++) {
        memcpy(copy, encoding.data, encoding.size);
        copy[i] ^= (uint8_t)(1u << rng_below(&rng, 8));
        CHECK_EQ(undo_read(&again, bytes_of(copy, encoding.size), &arena, &error), PEVM_CORRUPT);
        CHECK_EQ(undo_read(&again, bytes_of(encoding.data, i), &arena, &error), PEVM_CORRUPT);
    }
    arena_fini(&arena);
}

/* A record of any bytes, with a checksum that is right. */
static enum pevm_status read_raw(const char *hex)
{
    struct undo_record record;
    struct bytes body = test_hex(hex);
    uint8_t text[600];
    hash32 checksum;
    memcpy(text, body.data, body.size);
    keccak256(&checksum, text, body.size);
    memcpy(text + body.size, checksum.bytes, 8);
    return undo_read(&record, bytes_of(text, body.size + 8), &arena, &error);
}

#define HASH "a0aa00000000000000000000000000000000000000000000000000000000000000"
#define HEAD HASH HASH "808080"

TEST(what_is_not_as_we_would_write_it_is_refused)
{
    static const struct {
        const char *hex, *why;
        enum pevm_status status;
    } cases[] = {
        {"01f84801" HEAD "c0c0",             "",                                             PEVM_OK         },
        {"02f84801" HEAD "c0c0",             "undo record: version 2; this program knows 1", PEVM_UNSUPPORTED},
        {"01f84901" HEAD "c0c080",
         "undo record: list: bytes or items follow where the end was expected",              PEVM_CORRUPT    },
        {"01f84800" HEAD "c0c0",
         "undo record: number: an integer has a leading zero byte",                          PEVM_CORRUPT    },
        {"01f86901" HEAD "c0e1" HASH,        "",                                             PEVM_OK         },
        {"01f88b01" HEAD "c0f842" HASH HASH, "undo record: codes: not ascending",            PEVM_CORRUPT    },
        {"01f84901" HEAD "c1c0c0",
         "undo record: address: the input ends inside an item",                              PEVM_CORRUPT    },
    };
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        error_clear(&error);
        enum pevm_status status = read_raw(cases[i].hex);
        CHECK_TEXT(error.text, cases[i].why);
        CHECK_EQ(status, cases[i].status);
    }
    arena_fini(&arena);
}
