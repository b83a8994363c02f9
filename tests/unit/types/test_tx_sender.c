#include "crypto/ecdsa.h"
#include "crypto/keccak.h"
#include "support/official.h"
#include "support/random_types.h"
#include "types/tx_sender.h"

static struct arena arena;

static u256 order(void)
{
    return u256_add(u256_shl_bits(ecdsa_half_order, 1), U256_ONE);
}

static void sign(struct tx *tx, const hash32 *secret)
{
    hash32 message;
    int parity;
    CHECK(tx_signing_hash(&message, tx, &arena));
    CHECK(ecdsa_sign(&tx->r, &tx->s, &parity, &message, secret));
    tx->y_parity = (uint8_t)parity;
}

static void sign_authorization(struct authorization *one, const hash32 *secret)
{
    hash32 message;
    int parity;
    authorization_signing_hash(&message, one);
    CHECK(ecdsa_sign(&one->r, &one->s, &parity, &message, secret));
    one->y_parity = (uint8_t)parity;
}

static hash32 random_secret(struct rng *rng)
{
    hash32 secret;
    rng_fill(rng, &secret, sizeof secret);
    secret.bytes[0] = 1; /* below the order, not zero */
    return secret;
}

/* The same key signs with the other s and the other parity. */
static void flip(u256 *s, uint8_t *y_parity)
{
    *s = u256_sub(order(), *s);
    *y_parity ^= 1;
}

TEST(the_example_of_eip_155_has_its_sender)
{
    struct tx tx;
    arena_init(&arena, 4096, 0);
    struct bytes encoding = test_hex(
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0"
        "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb70330"
        "4b3800ccf555c9f3dc64214b297fb1966a3b6d83");
    CHECK_EQ(tx_decode(&tx, encoding, &arena), TX_VALID);
    CHECK_EQ(tx_recover_sender(&tx, SIGNATURE_LOW_S, &arena), TX_VALID);
    CHECK(tx.sender_known);
    CHECK_HEX(bytes_of(tx.sender.bytes, 20), "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    arena_fini(&arena);
}

TEST(whoever_signed_is_the_sender)
{
    struct rng rng;
    rng_init(&rng, 14);
    arena_init(&arena, 1 << 16, 0);
    for (int round = 0; round < 300; round++) {
        struct tx tx, back;
        struct bytes encoding;
        address expected;
        hash32 secret = random_secret(&rng);
        arena_reset(&arena);
        random_tx(&tx, (enum tx_type)(round % TX_TYPE_COUNT), &rng, &arena);
        sign(&tx, &secret);
        CHECK(ecdsa_address(&expected, &secret));
        CHECK(tx_encode(&encoding, &tx, &arena));
        CHECK_EQ(tx_decode(&back, encoding, &arena), TX_VALID);
        size_t used = arena_used(&arena);
        CHECK_EQ(tx_recover_sender(&back, SIGNATURE_LOW_S, &arena), TX_VALID);
        CHECK(back.sender_known && address_equal(&back.sender, &expected));
        CHECK_EQ(back.sender_fault, TX_VALID);
        CHECK_EQ(arena_used(&arena), used);
    }
    arena_fini(&arena);
}

TEST(a_high_s_is_for_frontier_only)
{
    struct tx tx = {.gas_limit = 21000};
    address expected;
    hash32 secret = {{1}};
    arena_init(&arena, 4096, 0);
    sign(&tx, &secret);
    CHECK(ecdsa_address(&expected, &secret));
    flip(&tx.s, &tx.y_parity);
    CHECK_EQ(tx_recover_sender(&tx, SIGNATURE_LOW_S, &arena), TX_SIGNATURE_INVALID);
    CHECK(!tx.sender_known);
    CHECK_EQ(tx.sender_fault, TX_SIGNATURE_INVALID);
    CHECK_EQ(tx_recover_sender(&tx, SIGNATURE_ANY_S, &arena), TX_VALID);
    CHECK(tx.sender_known && address_equal(&tx.sender, &expected));
    CHECK_EQ(tx.sender_fault, TX_VALID);
    arena_fini(&arena);
}

TEST(values_out_of_range_are_told_from_points_off_the_curve)
{
    u256 n = order(), five = u256_from_u64(5);
    const struct {
        u256 r, s;
        uint8_t y_parity;
        enum tx_fault fault;
    } rows[] = {
  /* clang-format off */
        {U256_ZERO, U256_ONE, 0, TX_SIGNATURE_INVALID},
        {U256_ONE, U256_ZERO, 0, TX_SIGNATURE_INVALID},
        {n, U256_ONE, 0, TX_SIGNATURE_INVALID},
        {U256_MAX, U256_ONE, 0, TX_SIGNATURE_INVALID},
        {U256_ONE, n, 0, TX_SIGNATURE_INVALID},
        {U256_ONE, U256_MAX, 0, TX_SIGNATURE_INVALID},
        {U256_ONE, U256_ONE, 2, TX_SIGNATURE_INVALID},
        {U256_ONE, U256_ONE, 255, TX_SIGNATURE_INVALID},
        {five, U256_ONE, 0, TX_SENDER_UNRECOVERABLE}, /* no point has x = 5 */
        {five, U256_ONE, 1, TX_SENDER_UNRECOVERABLE},
        {U256_ONE, U256_ONE, 0, TX_VALID},
        {U256_ONE, ecdsa_half_order, 1, TX_VALID},
  /* clang-format on */
    };
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int range = SIGNATURE_ANY_S; range <= SIGNATURE_LOW_S; range++) {
            struct tx tx = {.r = rows[i].r, .s = rows[i].s, .y_parity = rows[i].y_parity};
            enum tx_fault fault = tx_recover_sender(&tx, (enum signature_range)range, &arena);
            CHECK_EQ(fault, rows[i].fault);
            CHECK_EQ(tx.sender_fault, fault);
            CHECK_EQ(tx.sender_known, fault == TX_VALID);
        }
    arena_fini(&arena);
}

TEST(a_known_sender_is_kept)
{
    struct tx tx = {.sender = {{7}}, .sender_known = true};
    arena_init(&arena, 4096, 0);
    CHECK_EQ(tx_recover_sender(&tx, SIGNATURE_LOW_S, &arena), TX_VALID);
    CHECK_EQ(tx.sender.bytes[0], 7);
    arena_fini(&arena);
}

TEST(authorities_sign_chain_delegate_and_nonce)
{
    struct authorization one = {.chain_id = U256_ONE, .delegate = {{0x11}}, .nonce = 0x80};
    struct bytes text = test_hex("05"
                                 "d8"
                                 "01"
                                 "941100000000000000000000000000000000000000"
                                 "8180");
    hash32 hash, expected;
    authorization_signing_hash(&hash, &one);
    keccak256(&expected, text.data, text.size);
    CHECK(hash32_equal(&hash, &expected));
    one = (struct authorization){.chain_id = U256_MAX, .nonce = UINT64_MAX};
    text = test_hex("05"
                    "f83f"
                    "a0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                    "940000000000000000000000000000000000000000"
                    "88ffffffffffffffff");
    authorization_signing_hash(&hash, &one);
    keccak256(&expected, text.data, text.size);
    CHECK(hash32_equal(&hash, &expected));
}

TEST(each_authority_is_found_or_not_on_its_own)
{
    struct rng rng;
    rng_init(&rng, 15);
    arena_init(&arena, 1 << 16, 0);
    for (int round = 0; round < 50; round++) {
        enum { COUNT = 6 };
        struct authorization all[COUNT] = {0};
        hash32 secret = random_secret(&rng);
        struct tx tx = {.type = TX_SET_CODE, .authorizations = all, .authorization_count = COUNT};
        address expected;
        CHECK(ecdsa_address(&expected, &secret));
        for (size_t i = 0; i < COUNT; i++) {
            all[i].chain_id = random_u256(&rng);
            all[i].nonce = random_u64(&rng);
            rng_fill(&rng, &all[i].delegate, sizeof all[i].delegate);
            sign_authorization(&all[i], &secret);
            all[i].authority_valid = i % 2 == 0; /* whatever was there before */
        }
        flip(&all[1].s, &all[1].y_parity); /* a high s was never fine here */
        all[2].y_parity += 2;
        all[3].r = U256_ZERO;
        all[4].r = u256_from_u64(5);
        sign(&tx, &secret);
        CHECK_EQ(tx_recover_sender(&tx, SIGNATURE_ANY_S, &arena), TX_VALID);
        for (size_t i = 0; i < COUNT; i++) {
            bool is_good = i == 0 || i == 5;
            CHECK_EQ(all[i].authority_valid, is_good);
            if (is_good) CHECK(address_equal(&all[i].authority, &expected));
        }
    }
    arena_fini(&arena);
}

TEST(recovering_says_when_memory_runs_out)
{
    struct tx tx = {.r = U256_ONE, .s = U256_ONE};
    arena_init(&arena, 16, 32);
    CHECK_EQ(tx_recover_sender(&tx, SIGNATURE_LOW_S, &arena), TX_NO_MEMORY);
    CHECK(!tx.sender_known);
    arena_fini(&arena);
}

/* ---- transactions of the official state tests ---- */

struct tally {
    int senders, authorities, refused;
};

static void check_authorities(const char *name,
                              const struct tx *tx,
                              const struct json *list,
                              struct tally *tally)
{
    size_t i = 0;
    CHECK_EQ(tx->authorization_count, list == NULL ? 0 : list->count);
    if (list == NULL) return;
    for (const struct json *item = list->first; item != NULL; item = item->next, i++) {
        const struct authorization *one = &tx->authorizations[i];
        address signer;
        if (json_get(item, "signer") == NULL || !one->authority_valid) continue;
        official_fixed(signer.bytes, sizeof signer.bytes, item, "signer");
        if (!address_equal(&signer, &one->authority)) fail_msg("%s: authority %zu", name, i);
        tally->authorities++;
    }
}

static void check_entry(const char *name,
                        const struct json *test,
                        const struct json *entry,
                        struct arena *file_arena,
                        struct tally *tally)
{
    const struct json *transaction = json_get(test, "transaction");
    struct bytes again, encoding = official_bytes(entry, "txbytes", file_arena);
    struct tx tx;
    address sender;
    enum tx_fault fault = tx_decode(&tx, encoding, file_arena);
    bool must_fail = json_get(entry, "expectException") != NULL;
    if (fault == TX_VALID) {
        CHECK(tx_encode(&again, &tx, file_arena));
        CHECK(bytes_equal(again, encoding));
        fault = tx_recover_sender(&tx, SIGNATURE_ANY_S, file_arena);
    }
    if (fault != TX_VALID) {
        if (!must_fail) fail_msg("%s: %s", name, tx_fault_name(fault));
        tally->refused++;
        return;
    }
    official_fixed(sender.bytes, sizeof sender.bytes, transaction, "sender");
    if (!address_equal(&sender, &tx.sender)) fail_msg("%s: another sender", name);
    tally->senders++;
    check_authorities(name, &tx, json_get(transaction, "authorizationList"), tally);
}

static void check_file(const char *name,
                       const struct json *file,
                       struct arena *file_arena,
                       void *context)
{
    for (const struct json *test = file->first; test != NULL; test = test->next) {
        const struct json *post = json_get(test, "post");
        CHECK(post != NULL);
        for (const struct json *fork = post->first; fork != NULL; fork = fork->next)
            for (const struct json *entry = fork->first; entry != NULL; entry = entry->next)
                check_entry(name, test, entry, file_arena, context);
    }
}

TEST(official_transactions_have_their_senders_and_authorities)
{
    struct tally tally = {0};
    if (!official_each("eest_state_tests.tar.zst", "/state_tests/", check_file, &tally)) skip();
    print_message("%d senders, %d authorities, %d refused\n",
                  tally.senders,
                  tally.authorities,
                  tally.refused);
    CHECK(tally.senders > 20000 && tally.authorities > 100);
}
