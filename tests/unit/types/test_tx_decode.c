#include "rlp/rlp_write.h"
#include "support/random_types.h"
#include "support/test.h"
#include "types/tx.h"

#define SEED 20260103
#define ADDRESS                                                                                    \
    "94"                                                                                           \
    "1111111111111111111111111111111111111111"
#define HASH                                                                                       \
    "a0"                                                                                           \
    "2222222222222222222222222222222222222222222222222222222222222222"
#define TOO_LONG_33                                                                                \
    "a1"                                                                                           \
    "222222222222222222222222222222222222222222222222222222222222222222"
#define HASH_SHORT                                                                                 \
    "9f"                                                                                           \
    "22222222222222222222222222222222222222222222222222222222222222"
#define ADDRESS_LONG                                                                               \
    "95"                                                                                           \
    "111111111111111111111111111111111111111111"
#define ADDRESS_CUT                                                                                \
    "93"                                                                                           \
    "11111111111111111111111111111111111111"
#define FIELD_MAX 16

static struct arena arena;

/* A good transaction of each type, field by field. */
static const char *const good[TX_TYPE_COUNT][FIELD_MAX] = {
  /* clang-format off */
    [TX_LEGACY] = {"01", "02", "825208", ADDRESS, "03", "820102", "1b", "04", "05"},
    [TX_ACCESS_LIST] = {"01", "02", "03", "825208", ADDRESS, "04", "80",
        "f838f7" ADDRESS "e1" HASH, "01", "05", "06"},
    [TX_DYNAMIC_FEE] = {"01", "02", "03", "04", "825208", ADDRESS, "05", "80", "c0", "80", "06",
        "07"},
    [TX_BLOB] = {"01", "02", "03", "04", "825208", ADDRESS, "05", "80", "c0", "06",
        "e1" HASH, "80", "07", "08"},
    [TX_SET_CODE] = {"01", "02", "03", "04", "825208", ADDRESS, "05", "80", "c0",
        "dbda01" ADDRESS "0203" "0405", "01", "06", "07"},
  /* clang-format on */
};

/* The encoding of a type's good transaction with field `place` replaced (FIELD_MAX: none; one more than there are: added). */
static struct bytes encoding_of(enum tx_type type, size_t place, const char *replacement)
{
    static uint8_t text[2000];
    uint8_t *payload = text + 1 + RLP_HEAD_SIZE_MAX, *end = payload;
    for (size_t i = 0; i < FIELD_MAX; i++) {
        const char *field = i == place ? replacement : good[type][i];
        if (field == NULL) continue;
        struct bytes bytes = test_hex(field);
        if (bytes.size > 0) memcpy(end, bytes.data, bytes.size);
        end += bytes.size;
    }
    uint8_t *start = rlp_close_list(payload, end);
    if (type != TX_LEGACY) *--start = (uint8_t)type;
    return bytes_of(start, (size_t)(end - start));
}

static void check_fault(struct bytes encoding,
                        enum tx_fault fault,
                        enum rlp_fault rlp,
                        const char *field)
{
    struct tx tx;
    struct tx_place place;
    arena_init(&arena, 4096, 0);
    enum tx_fault got = tx_decode_fields(&tx, encoding, &arena, &place);
    const char *got_field = place.field == NULL ? "(whole)" : place.field;
    if (got != fault || place.rlp != rlp ||
        strcmp(got_field, field == NULL ? "(whole)" : field) != 0)
        fail_msg("expected %s, %s at %s; got %s, %s at %s",
                 tx_fault_name(fault),
                 rlp_fault_text(rlp),
                 field,
                 tx_fault_name(got),
                 rlp_fault_text(place.rlp),
                 got_field);
    CHECK_EQ(tx_decode(&tx, encoding, &arena), fault);
    arena_fini(&arena);
}

TEST(the_good_ones_decode)
{
    for (int type = 0; type < TX_TYPE_COUNT; type++)
        check_fault(encoding_of((enum tx_type)type, FIELD_MAX, NULL), TX_VALID, RLP_OK, NULL);
}

TEST(lists_are_decoded_item_by_item)
{
    struct tx tx;
    arena_init(&arena, 4096, 0);
    CHECK_EQ(tx_decode(&tx,
                       encoding_of(TX_ACCESS_LIST,
                                   7,
                                   "f84f"
                                   "d6" ADDRESS "c0"
                                   "f7" ADDRESS "e1" HASH),
                       &arena),
             TX_VALID);
    CHECK_EQ(tx.access_count, 2);
    CHECK_EQ(tx.access_list[0].slot_count, 0);
    CHECK_EQ(tx.access_list[1].slot_count, 1);
    CHECK_EQ(tx.access_list[1].account.bytes[19], 0x11);
    CHECK_EQ(tx.access_list[1].slots[0].bytes[31], 0x22);

    CHECK_EQ(tx_decode(&tx, encoding_of(TX_BLOB, FIELD_MAX, NULL), &arena), TX_VALID);
    CHECK_EQ(tx.blob_count, 1);
    CHECK_EQ(tx.blob_hashes[0].bytes[0], 0x22);
    CHECK(u256_equal(tx.max_blob_fee, u256_from_u64(6)));
    CHECK(u256_equal(tx.max_priority_fee, u256_from_u64(3)));
    CHECK(u256_equal(tx.max_fee, u256_from_u64(4)));

    CHECK_EQ(tx_decode(&tx, encoding_of(TX_SET_CODE, FIELD_MAX, NULL), &arena), TX_VALID);
    CHECK_EQ(tx.authorization_count, 1);
    const struct authorization *one = &tx.authorizations[0];
    CHECK(u256_equal(one->chain_id, U256_ONE) && one->nonce == 2 && one->y_parity == 3);
    CHECK(u256_equal(one->r, u256_from_u64(4)) && u256_equal(one->s, u256_from_u64(5)));
    CHECK(!one->authority_valid);
    arena_fini(&arena);
}

TEST(a_wrong_field_is_named)
{
    static const struct {
        enum tx_type type;
        size_t place;
        const char *replacement;
        enum tx_fault fault;
        enum rlp_fault rlp;
        const char *field;
    } rows[] = {
  /* clang-format off */
        {TX_LEGACY, 0, "00", TX_MALFORMED, RLP_LEADING_ZEROS, "nonce"},
        {TX_LEGACY, 0, "89010000000000000000", TX_MALFORMED, RLP_TOO_WIDE, "nonce"},
        {TX_LEGACY, 0, "c0", TX_MALFORMED, RLP_NOT_A_STRING, "nonce"},
        {TX_LEGACY, 0, "b90001" "01", TX_MALFORMED, RLP_SIZE_LEADING_ZEROS, "nonce"},
        {TX_LEGACY, 1, "820001", TX_MALFORMED, RLP_LEADING_ZEROS, "gasPrice"},
        {TX_LEGACY, 1, TOO_LONG_33, TX_MALFORMED, RLP_TOO_WIDE, "gasPrice"},
        {TX_LEGACY, 2, "89010000000000000000", TX_MALFORMED, RLP_TOO_WIDE, "gasLimit"},
        {TX_LEGACY, 3, ADDRESS_LONG, TX_MALFORMED, RLP_TOO_WIDE, "to"},
        {TX_LEGACY, 3, ADDRESS_CUT, TX_MALFORMED, RLP_TOO_SHORT, "to"},
        {TX_LEGACY, 3, "00", TX_MALFORMED, RLP_TOO_SHORT, "to"},
        {TX_LEGACY, 3, "c0", TX_MALFORMED, RLP_NOT_A_STRING, "to"},
        {TX_LEGACY, 4, TOO_LONG_33, TX_MALFORMED, RLP_TOO_WIDE, "value"},
        {TX_LEGACY, 4, "8101", TX_MALFORMED, RLP_SIZE_NOT_SHORTEST, "value"},
        {TX_LEGACY, 5, "c0", TX_MALFORMED, RLP_NOT_A_STRING, "data"},
        {TX_LEGACY, 6, "80", TX_SIGNATURE_INVALID, RLP_OK, "v"},
        {TX_LEGACY, 6, "01", TX_SIGNATURE_INVALID, RLP_OK, "v"},
        {TX_LEGACY, 6, "1a", TX_SIGNATURE_INVALID, RLP_OK, "v"},
        {TX_LEGACY, 6, "1d", TX_SIGNATURE_INVALID, RLP_OK, "v"},
        {TX_LEGACY, 6, "22", TX_SIGNATURE_INVALID, RLP_OK, "v"},
        {TX_LEGACY, 6, "00", TX_MALFORMED, RLP_LEADING_ZEROS, "v"},
        {TX_LEGACY, 6, "89020000000000000023", TX_CHAIN_ID_WRONG, RLP_OK, "v"},
        {TX_LEGACY, 6, TOO_LONG_33, TX_SIGNATURE_INVALID, RLP_TOO_WIDE, "v"},
        {TX_LEGACY, 7, TOO_LONG_33, TX_SIGNATURE_INVALID, RLP_TOO_WIDE, "r"},
        {TX_LEGACY, 7, "820001", TX_MALFORMED, RLP_LEADING_ZEROS, "r"},
        {TX_LEGACY, 8, TOO_LONG_33, TX_SIGNATURE_INVALID, RLP_TOO_WIDE, "s"},
        {TX_LEGACY, 8, "c0", TX_MALFORMED, RLP_NOT_A_STRING, "s"},
        {TX_LEGACY, 8, "", TX_MALFORMED, RLP_EOF, NULL},
        {TX_LEGACY, 0, "", TX_MALFORMED, RLP_EOF, NULL},
        {TX_LEGACY, 8, "82", TX_MALFORMED, RLP_EOF, "s"},
        {TX_LEGACY, 9, "01", TX_MALFORMED, RLP_TRAILING, NULL},
        {TX_LEGACY, 9, "c0", TX_MALFORMED, RLP_TRAILING, NULL},
        {TX_LEGACY, 9, "f8", TX_MALFORMED, RLP_TRAILING, NULL},
        {TX_ACCESS_LIST, 0, "89010000000000000000", TX_MALFORMED, RLP_TOO_WIDE, "chainId"},
        {TX_ACCESS_LIST, 2, "00", TX_MALFORMED, RLP_LEADING_ZEROS, "gasPrice"},
        {TX_ACCESS_LIST, 7, "80", TX_MALFORMED, RLP_NOT_A_LIST, "accessList"},
        {TX_ACCESS_LIST, 7, "c101", TX_MALFORMED, RLP_NOT_A_LIST, "accessList"},
        {TX_ACCESS_LIST, 7, "c1c0", TX_MALFORMED, RLP_EOF, "accessList.address"},
        {TX_ACCESS_LIST, 7, "c2c180", TX_MALFORMED, RLP_TOO_SHORT, "accessList.address"},
        {TX_ACCESS_LIST, 7, "d6d5" ADDRESS, TX_MALFORMED, RLP_EOF, "accessList.storageKeys"},
        {TX_ACCESS_LIST, 7, "d7d6" ADDRESS "80", TX_MALFORMED, RLP_NOT_A_LIST, "accessList.storageKeys"},
        {TX_ACCESS_LIST, 7, "d8d7" ADDRESS_LONG "c0", TX_MALFORMED, RLP_TOO_WIDE, "accessList.address"},
        {TX_ACCESS_LIST, 7, "d8d7" ADDRESS "c101", TX_MALFORMED, RLP_TOO_SHORT, "accessList.storageKeys"},
        {TX_ACCESS_LIST, 7, "d8d7" ADDRESS "c0" "01", TX_MALFORMED, RLP_TRAILING, "accessList"},
        {TX_ACCESS_LIST, 7, "f7f6" ADDRESS "e0" HASH_SHORT, TX_MALFORMED, RLP_TOO_SHORT, "accessList.storageKeys"},
        {TX_ACCESS_LIST, 7, "c1f8", TX_MALFORMED, RLP_EOF, "accessList"},
        {TX_ACCESS_LIST, 7, "f83af838" ADDRESS "e2" TOO_LONG_33, TX_MALFORMED, RLP_TOO_WIDE, "accessList.storageKeys"},
        {TX_ACCESS_LIST, 8, "820100", TX_SIGNATURE_INVALID, RLP_TOO_WIDE, "yParity"},
        {TX_ACCESS_LIST, 8, "00", TX_MALFORMED, RLP_LEADING_ZEROS, "yParity"},
        {TX_ACCESS_LIST, 11, "01", TX_MALFORMED, RLP_TRAILING, NULL},
        {TX_DYNAMIC_FEE, 2, TOO_LONG_33, TX_MALFORMED, RLP_TOO_WIDE, "maxPriorityFeePerGas"},
        {TX_DYNAMIC_FEE, 3, TOO_LONG_33, TX_MALFORMED, RLP_TOO_WIDE, "maxFeePerGas"},
        {TX_DYNAMIC_FEE, 10, TOO_LONG_33, TX_SIGNATURE_INVALID, RLP_TOO_WIDE, "r"},
        {TX_BLOB, 0, "c0", TX_BLOB_NETWORK_FORM, RLP_OK, NULL},
        {TX_BLOB, 9, "00", TX_MALFORMED, RLP_LEADING_ZEROS, "maxFeePerBlobGas"},
        {TX_BLOB, 10, "80", TX_MALFORMED, RLP_NOT_A_LIST, "blobVersionedHashes"},
        {TX_BLOB, 10, "e0" HASH_SHORT, TX_MALFORMED, RLP_TOO_SHORT, "blobVersionedHashes"},
        {TX_SET_CODE, 9, "80", TX_MALFORMED, RLP_NOT_A_LIST, "authorizationList"},
        {TX_SET_CODE, 9, "da" "01" ADDRESS "0203" "0405", TX_MALFORMED, RLP_NOT_A_LIST, "authorizationList"},
        {TX_SET_CODE, 9, "dad9" "01" ADDRESS "0203" "04", TX_MALFORMED, RLP_EOF, "authorizationList.s"},
        {TX_SET_CODE, 9, "dcdb" "01" ADDRESS "0203" "0405" "06", TX_MALFORMED, RLP_TRAILING, "authorizationList"},
        {TX_SET_CODE, 9, "dbda" "00" ADDRESS "0203" "0405", TX_MALFORMED, RLP_LEADING_ZEROS, "authorizationList.chainId"},
        {TX_SET_CODE, 9, "dcdb" "01" ADDRESS_LONG "0203" "0405", TX_MALFORMED, RLP_TOO_WIDE, "authorizationList.address"},
        {TX_SET_CODE, 9, "e4e3" "01" ADDRESS "89010000000000000000" "03" "0405", TX_MALFORMED, RLP_TOO_WIDE,
            "authorizationList.nonce"},
        {TX_SET_CODE, 9, "dddc" "01" ADDRESS "02" "820100" "0405", TX_MALFORMED, RLP_TOO_WIDE,
            "authorizationList.yParity"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_fault(encoding_of(rows[i].type, rows[i].place, rows[i].replacement),
                    rows[i].fault,
                    rows[i].rlp,
                    rows[i].field);
}

TEST(what_is_odd_but_well_formed_is_left_to_others)
{
    static const struct {
        enum tx_type type;
        size_t place;
        const char *replacement;
    } rows[] = {
  /* clang-format off */
        {TX_LEGACY, 0, "88ffffffffffffffff"},        /* nonce 2^64 - 1 */
        {TX_LEGACY, 3, "80"},                        /* creation */
        {TX_LEGACY, 6, "23"},                        /* chain id 0 */
        {TX_LEGACY, 6, "8902000000000000" "0022"},   /* the widest chain id */
        {TX_LEGACY, 7, "80"},                        /* r = 0 */
        {TX_DYNAMIC_FEE, 2, HASH},                   /* priority above fee */
        {TX_DYNAMIC_FEE, 9, "81ff"},                 /* y_parity 255 */
        {TX_BLOB, 5, "80"},                          /* blob creation */
        {TX_BLOB, 10, "c0"},                         /* no blobs */
        {TX_SET_CODE, 5, "80"},
        {TX_SET_CODE, 9, "c0"},
        {TX_SET_CODE, 9, "f83c" "f83a" HASH ADDRESS "8080" "8080"},
        {TX_SET_CODE, 9, "dcdb" "01" ADDRESS "02" "81ff" "0405"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct tx tx;
        struct bytes again,
            encoding = encoding_of(rows[i].type, rows[i].place, rows[i].replacement);
        arena_init(&arena, 4096, 0);
        enum tx_fault fault = tx_decode(&tx, encoding, &arena);
        if (fault != TX_VALID) fail_msg("row %zu: %s", i, tx_fault_name(fault));
        CHECK(tx_encode(&again, &tx, &arena));
        CHECK(bytes_equal(again, encoding));
        arena_fini(&arena);
    }
}

TEST(what_is_no_envelope_is_refused)
{
    static const struct {
        const char *hex;
        enum tx_fault fault;
        enum rlp_fault rlp;
        const char *field;
    } rows[] = {
  /* clang-format off */
        {"", TX_MALFORMED, RLP_EOF, NULL},
        {"00", TX_TYPE_UNKNOWN, RLP_NOT_A_LIST, NULL},
        {"00c0", TX_TYPE_UNKNOWN, RLP_NOT_A_LIST, NULL},
        {"05c0", TX_TYPE_UNKNOWN, RLP_NOT_A_LIST, NULL},
        {"7fc0", TX_TYPE_UNKNOWN, RLP_NOT_A_LIST, NULL},
        {"80", TX_MALFORMED, RLP_NOT_A_LIST, NULL},
        {"8101c0", TX_MALFORMED, RLP_NOT_A_LIST, NULL},
        {"b801", TX_MALFORMED, RLP_NOT_A_LIST, NULL},
        {"01", TX_MALFORMED, RLP_EOF, NULL},
        {"0101", TX_MALFORMED, RLP_NOT_A_LIST, NULL},
        {"0180", TX_MALFORMED, RLP_NOT_A_LIST, NULL},
        {"01c0", TX_MALFORMED, RLP_EOF, NULL},
        {"01c000", TX_MALFORMED, RLP_TRAILING, NULL},
        {"02c101", TX_MALFORMED, RLP_EOF, NULL},
        {"02c182", TX_MALFORMED, RLP_EOF, "chainId"},
        {"03c0", TX_MALFORMED, RLP_EOF, NULL},
        {"03c4c0c0c0c0", TX_BLOB_NETWORK_FORM, RLP_OK, NULL},
        {"c0", TX_MALFORMED, RLP_EOF, NULL},
        {"c001", TX_MALFORMED, RLP_TRAILING, NULL},
        {"c101c0", TX_MALFORMED, RLP_TRAILING, NULL},
        {"ca01010101010101010101", TX_MALFORMED, RLP_TRAILING, NULL},
        {"f8", TX_MALFORMED, RLP_EOF, NULL},
        {"f800", TX_MALFORMED, RLP_SIZE_LEADING_ZEROS, NULL},
        {"ffffffffffffffffff", TX_MALFORMED, RLP_EOF, NULL},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_fault(test_hex(rows[i].hex), rows[i].fault, rows[i].rlp, rows[i].field);
}

/* An access list of 100,000 one-byte items claims 100,000 entries; there is room for a tenth of the memory they would
 * need, and the first is wrong. */
TEST(a_hostile_count_takes_memory_in_proportion_to_the_input)
{
    enum { ITEMS = 100000 };
    static uint8_t text[ITEMS + 100];
    struct bytes head = test_hex("01020382520880"
                                 "0480");
    uint8_t *payload = text + 1 + RLP_HEAD_SIZE_MAX;
    memcpy(payload, head.data, head.size);
    uint8_t *end = rlp_put_list_head(payload + head.size, ITEMS);
    memset(end, 0xc0, ITEMS);
    end += ITEMS;
    uint8_t *start = rlp_close_list(payload, end);
    *--start = TX_ACCESS_LIST;

    struct tx tx;
    arena_init(&arena, 4096, 0);
    CHECK_EQ(tx_decode(&tx, bytes_of(start, (size_t)(end - start)), &arena), TX_MALFORMED);
    CHECK(arena.bytes_held < 2 * ITEMS);
    arena_fini(&arena);
}

TEST(decoding_says_when_memory_runs_out)
{
    struct tx tx;
    struct tx_place place;
    arena_init(&arena, 16, 40);
    CHECK_EQ(tx_decode_fields(&tx, encoding_of(TX_SET_CODE, FIELD_MAX, NULL), &arena, &place),
             TX_NO_MEMORY);
    CHECK_TEXT(place.field, "authorizationList");
    arena_fini(&arena);
}

static struct bytes mutated(struct bytes encoding, struct rng *rng)
{
    uint8_t *text = arena_alloc(&arena, encoding.size + 1);
    assert_non_null(text);
    memcpy(text, encoding.data, encoding.size);
    size_t size = encoding.size;
    for (uint64_t n = 1 + rng_below(rng, 3); n > 0; n--) {
        size_t place = rng_below(rng, rng_below(rng, 2) == 0 ? size : 40 % size + 1);
        switch (rng_below(rng, 4)) {
        case 0: text[place] = (uint8_t)rng_next(rng); break;
        case 1: text[place] = (uint8_t)(text[place] + 1); break;
        case 2: text[place] ^= (uint8_t)(1U << rng_below(rng, 8)); break;
        default: size = rng_below(rng, 10) == 0 ? place + 1 : size; break;
        }
    }
    return bytes_of(text, size);
}

TEST(damaged_transactions_are_refused_or_come_back_as_they_are)
{
    struct rng rng;
    rng_init(&rng, SEED);
    arena_init(&arena, 1 << 16, 0);
    int accepted = 0, rounds = 60000;
    for (int round = 0; round < rounds; round++) {
        struct tx tx;
        struct bytes encoding, again;
        arena_reset(&arena);
        random_tx(&tx, (enum tx_type)(round % TX_TYPE_COUNT), &rng, &arena);
        CHECK(tx_encode(&encoding, &tx, &arena));
        struct bytes damaged = mutated(encoding, &rng);
        if (tx_decode(&tx, damaged, &arena) != TX_VALID) continue;
        accepted++;
        CHECK(tx_encode(&again, &tx, &arena));
        CHECK(bytes_equal(again, damaged));
    }
    CHECK(accepted > rounds / 20 && accepted < rounds);
    arena_fini(&arena);
}
