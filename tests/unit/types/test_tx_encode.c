#include "crypto/keccak.h"
#include "rlp/rlp_write.h"
#include "support/random_types.h"
#include "support/test.h"
#include "types/tx.h"

#define SEED 20260102

static struct arena arena;

static void check_hash(const hash32 *hash, const char *expected)
{
    CHECK_HEX(bytes_of(hash->bytes, sizeof hash->bytes), expected);
}

/* The example of EIP-155. */
TEST(a_protected_legacy_transaction_signs_its_chain)
{
    static const char encoding[] =
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0"
        "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb70330"
        "4b3800ccf555c9f3dc64214b297fb1966a3b6d83";
    struct tx tx;
    struct bytes again;
    hash32 hash;
    arena_init(&arena, 4096, 0);
    CHECK_EQ(tx_decode(&tx, test_hex(encoding), &arena), TX_VALID);
    CHECK_EQ(tx.type, TX_LEGACY);
    CHECK(tx.is_protected && !tx.is_creation);
    CHECK_EQ(tx.chain_id, 1);
    CHECK_EQ(tx.y_parity, 0);
    CHECK_EQ(tx.nonce, 9);
    CHECK_EQ(tx.gas_limit, 21000);
    CHECK(u256_equal(tx.max_fee, u256_from_u64(20000000000)));
    CHECK(u256_equal(tx.max_priority_fee, tx.max_fee));
    CHECK(u256_equal(tx.value, u256_from_u64(1000000000000000000)));
    CHECK(tx_signing_hash(&hash, &tx, &arena));
    check_hash(&hash, "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    CHECK(tx_encode(&again, &tx, &arena));
    CHECK_HEX(again, encoding);
    check_hash(&tx.hash, "33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788");
    arena_fini(&arena);
}

static void check_authorizations(const struct tx *a, const struct tx *b)
{
    CHECK_EQ(a->authorization_count, b->authorization_count);
    for (size_t i = 0; i < a->authorization_count; i++) {
        const struct authorization *one = &a->authorizations[i], *other = &b->authorizations[i];
        CHECK(u256_equal(one->chain_id, other->chain_id));
        CHECK(address_equal(&one->delegate, &other->delegate));
        CHECK(one->nonce == other->nonce && one->y_parity == other->y_parity);
        CHECK(u256_equal(one->r, other->r) && u256_equal(one->s, other->s));
    }
}

static void check_access_lists(const struct tx *a, const struct tx *b)
{
    CHECK_EQ(a->access_count, b->access_count);
    for (size_t i = 0; i < a->access_count; i++) {
        const struct access_entry *one = &a->access_list[i], *other = &b->access_list[i];
        CHECK(address_equal(&one->account, &other->account));
        CHECK_EQ(one->slot_count, other->slot_count);
        for (size_t k = 0; k < one->slot_count; k++)
            CHECK(hash32_equal(&one->slots[k], &other->slots[k]));
    }
}

static void check_same(const struct tx *a, const struct tx *b)
{
    CHECK_EQ(a->type, b->type);
    CHECK(a->is_creation == b->is_creation && a->is_protected == b->is_protected);
    CHECK(a->y_parity == b->y_parity && a->chain_id == b->chain_id && a->nonce == b->nonce);
    CHECK(a->gas_limit == b->gas_limit && address_equal(&a->to, &b->to));
    CHECK(u256_equal(a->value, b->value) && u256_equal(a->max_fee, b->max_fee));
    CHECK(u256_equal(a->max_priority_fee, b->max_priority_fee));
    CHECK(u256_equal(a->max_blob_fee, b->max_blob_fee));
    CHECK(u256_equal(a->r, b->r) && u256_equal(a->s, b->s) && bytes_equal(a->data, b->data));
    CHECK_EQ(a->blob_count, b->blob_count);
    if (a->blob_count > 0) CHECK_EQ(memcmp(a->blob_hashes, b->blob_hashes, 32 * a->blob_count), 0);
    check_access_lists(a, b);
    check_authorizations(a, b);
}

TEST(random_transactions_of_all_types_come_back)
{
    struct rng rng;
    rng_init(&rng, SEED);
    arena_init(&arena, 1 << 16, 0);
    for (int round = 0; round < 5000; round++) {
        struct tx tx, back;
        struct bytes encoding, again;
        hash32 hash;
        arena_reset(&arena);
        random_tx(&tx, (enum tx_type)(round % TX_TYPE_COUNT), &rng, &arena);
        CHECK(tx_encode(&encoding, &tx, &arena));
        CHECK_EQ(tx_decode(&back, encoding, &arena), TX_VALID);
        check_same(&tx, &back);
        CHECK(tx_encode(&again, &back, &arena));
        CHECK(bytes_equal(encoding, again));
        keccak256(&hash, encoding.data, encoding.size);
        CHECK(hash32_equal(&hash, &back.hash));
        CHECK(bytes_equal(back.encoding, encoding));
    }
    arena_fini(&arena);
}

/* What is signed is the encoding up to the signature, whatever the signature is; legacy ones add the chain. */
TEST(the_signing_hash_is_over_the_fields_before_the_signature)
{
    struct rng rng;
    rng_init(&rng, SEED + 1);
    arena_init(&arena, 1 << 16, 0);
    for (int round = 0; round < 1000; round++) {
        struct tx tx;
        struct bytes encoding, list, item;
        arena_reset(&arena);
        random_tx(&tx, (enum tx_type)(1 + round % 4), &rng, &arena);
        tx.y_parity = 0;
        tx.r = tx.s = U256_ZERO; /* three bytes 0x80 */
        CHECK(tx_encode(&encoding, &tx, &arena));
        item = bytes_of(encoding.data + 1, encoding.size - 1);
        CHECK_EQ(rlp_only_list(item, &list), RLP_OK);
        uint8_t text[4000];
        CHECK(list.size < sizeof text - RLP_HEAD_SIZE_MAX - 1);
        uint8_t *payload = text + RLP_HEAD_SIZE_MAX + 1;
        memcpy(payload, list.data, list.size);
        uint8_t *start = rlp_close_list(payload, payload + list.size - 3);
        *--start = (uint8_t)tx.type;
        hash32 expected, hash;
        keccak256(&expected, start, (size_t)(payload + list.size - 3 - start));
        size_t used = arena_used(&arena);
        tx.r = random_u256(&rng);
        tx.y_parity = 1;
        CHECK(tx_signing_hash(&hash, &tx, &arena));
        CHECK(hash32_equal(&hash, &expected));
        CHECK_EQ(arena_used(&arena), used);
    }
    arena_fini(&arena);
}

TEST(an_unprotected_legacy_transaction_signs_six_fields)
{
    struct tx tx = {.gas_limit = 1, .is_creation = true};
    hash32 hash, expected;
    arena_init(&arena, 4096, 0);
    CHECK(tx_signing_hash(&hash, &tx, &arena));
    struct bytes text = test_hex("c6808001808080");
    keccak256(&expected, text.data, text.size);
    CHECK(hash32_equal(&hash, &expected));
    tx.is_protected = true;
    tx.chain_id = 0x80;
    CHECK(tx_signing_hash(&hash, &tx, &arena));
    text = test_hex("ca80800180808081808080");
    keccak256(&expected, text.data, text.size);
    CHECK(hash32_equal(&hash, &expected));
    arena_fini(&arena);
}

TEST(the_widest_chain_id_survives_in_a_legacy_v)
{
    struct tx tx = {.is_protected = true, .chain_id = UINT64_MAX, .y_parity = 1}, back;
    struct bytes encoding;
    arena_init(&arena, 4096, 0);
    CHECK(tx_encode(&encoding, &tx, &arena));
    CHECK_EQ(tx_decode(&back, encoding, &arena), TX_VALID);
    CHECK(back.chain_id == UINT64_MAX && back.y_parity == 1 && back.is_protected);
    arena_fini(&arena);
}

TEST(encoding_says_when_memory_runs_out)
{
    struct rng rng;
    rng_init(&rng, SEED + 2);
    struct arena source, small;
    arena_init(&source, 1 << 16, 0);
    struct tx tx;
    struct bytes encoding;
    hash32 hash;
    random_tx(&tx, TX_SET_CODE, &rng, &source);
    arena_init(&small, 64, 100);
    CHECK(!tx_encode(&encoding, &tx, &small));
    CHECK(!tx_signing_hash(&hash, &tx, &small));
    arena_fini(&small);
    arena_fini(&source);
}
