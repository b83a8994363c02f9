#include "rlp/rlp_write.h"
#include "support/random_types.h"
#include "support/test.h"
#include "types/header.h"

static struct arena arena;

/* Ethereum mainnet's first block. */
static struct header genesis(void)
{
    struct header header = {
        .difficulty = u256_from_u64(0x400000000),
        .gas_limit = 5000,
        .extra_data = test_hex("11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa"),
        .nonce = {0, 0, 0, 0, 0, 0, 0, 0x42},
        .field_count = 15,
    };
    static const struct {
        const char *hex;
        size_t offset;
    } hashes[] = {
  /* clang-format off */
        {"1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
         offsetof(struct header, ommers_hash)},
        {"d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
         offsetof(struct header, state_root)},
        {"56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
         offsetof(struct header, transactions_root)},
        {"56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
         offsetof(struct header, receipts_root)},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(hashes); i++)
        memcpy((uint8_t *)&header + hashes[i].offset, test_hex(hashes[i].hex).data, 32);
    return header;
}

TEST(the_first_block_has_its_known_hash)
{
    struct header header = genesis(), back;
    struct bytes encoding;
    hash32 hash;
    arena_init(&arena, 4096, 0);
    CHECK(header_encode(&encoding, &header, &arena));
    size_t used = arena_used(&arena);
    CHECK(header_hash(&hash, &header, &arena));
    CHECK_EQ(arena_used(&arena), used);
    CHECK_HEX(bytes_of(hash.bytes, 32),
              "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3");
    CHECK_EQ(header_decode(&back, encoding, NULL), RLP_OK);
    CHECK(hash32_equal(&back.hash, &hash));
    CHECK_EQ(back.field_count, 15);
    CHECK_EQ(back.gas_limit, 5000);
    arena_fini(&arena);
}

static void check_same(const struct header *a, const struct header *b)
{
    CHECK(hash32_equal(&a->parent_hash, &b->parent_hash));
    CHECK(hash32_equal(&a->ommers_hash, &b->ommers_hash));
    CHECK(address_equal(&a->coinbase, &b->coinbase));
    CHECK(hash32_equal(&a->state_root, &b->state_root));
    CHECK(hash32_equal(&a->transactions_root, &b->transactions_root));
    CHECK(hash32_equal(&a->receipts_root, &b->receipts_root));
    CHECK_EQ(memcmp(&a->bloom, &b->bloom, sizeof a->bloom), 0);
    CHECK(u256_equal(a->difficulty, b->difficulty));
    CHECK(a->number == b->number && a->timestamp == b->timestamp);
    CHECK(a->gas_limit == b->gas_limit && a->gas_used == b->gas_used);
    CHECK(bytes_equal(a->extra_data, b->extra_data));
    CHECK(hash32_equal(&a->mix_hash, &b->mix_hash));
    CHECK_EQ(memcmp(a->nonce, b->nonce, sizeof a->nonce), 0);
    CHECK_EQ(a->field_count, b->field_count);
}

/* Fields beyond the count are zero after decoding. */
static void check_same_tail(const struct header *a, const struct header *b)
{
    struct header want = *a;
    if (a->field_count < 16) want.base_fee = U256_ZERO;
    if (a->field_count < 17) memset(&want.withdrawals_root, 0, 32);
    if (a->field_count < 18) want.blob_gas_used = 0;
    if (a->field_count < 19) want.excess_blob_gas = 0;
    if (a->field_count < 20) memset(&want.parent_beacon_root, 0, 32);
    if (a->field_count < 21) memset(&want.requests_hash, 0, 32);
    CHECK(u256_equal(want.base_fee, b->base_fee));
    CHECK(hash32_equal(&want.withdrawals_root, &b->withdrawals_root));
    CHECK(want.blob_gas_used == b->blob_gas_used && want.excess_blob_gas == b->excess_blob_gas);
    CHECK(hash32_equal(&want.parent_beacon_root, &b->parent_beacon_root));
    CHECK(hash32_equal(&want.requests_hash, &b->requests_hash));
}

TEST(random_headers_with_15_to_21_fields_come_back)
{
    struct rng rng;
    rng_init(&rng, 6);
    arena_init(&arena, 1 << 16, 0);
    for (int round = 0; round < 7000; round++) {
        struct header header, back;
        struct bytes encoding, again;
        hash32 hash;
        arena_reset(&arena);
        random_header(&header, (uint8_t)(15 + round % 7), &rng, &arena);
        CHECK(header_encode(&encoding, &header, &arena));
        CHECK_EQ(header_decode(&back, encoding, NULL), RLP_OK);
        check_same(&header, &back);
        check_same_tail(&header, &back);
        CHECK(header_encode(&again, &back, &arena));
        CHECK(bytes_equal(encoding, again));
        CHECK(header_hash(&hash, &header, &arena) && hash32_equal(&hash, &back.hash));
    }
    arena_fini(&arena);
}

/* A header of zeros with `field_count` fields, of which field `place` is replaced by those bytes. */
static struct bytes header_with(size_t field_count, size_t place, const char *replacement)
{
    static const size_t sizes[22] = {32, 32, 20, 32, 32, 32, 256, 0, 0,  0,  0,
                                     0,  0,  32, 8,  0,  32, 0,   0, 32, 32, 0};
    static const uint8_t zeros[256];
    static uint8_t text[1200];
    uint8_t *payload = text + RLP_HEAD_SIZE_MAX, *end = payload;
    for (size_t i = 0; i < field_count; i++) {
        if (i != place) {
            end = rlp_put_bytes(end, bytes_of(zeros, sizes[i]));
            continue;
        }
        struct bytes field = test_hex(replacement);
        if (field.size > 0) memcpy(end, field.data, field.size);
        end += field.size;
    }
    uint8_t *start = rlp_close_list(payload, end);
    return bytes_of(start, (size_t)(end - start));
}

#define HASH                                                                                       \
    "a0"                                                                                           \
    "2222222222222222222222222222222222222222222222222222222222222222"
#define LONG                                                                                       \
    "a1"                                                                                           \
    "222222222222222222222222222222222222222222222222222222222222222222"
#define NINE                                                                                       \
    "89"                                                                                           \
    "010000000000000000"

TEST(a_wrong_field_is_named)
{
    static const struct {
        size_t field_count, place;
        const char *replacement;
        enum rlp_fault fault;
        const char *field;
    } rows[] = {
  /* clang-format off */
        {15, 99, "", RLP_OK, NULL},
        {21, 99, "", RLP_OK, NULL},
        {15, 0, "80", RLP_TOO_SHORT, "parentHash"},
        {15, 0, LONG, RLP_TOO_WIDE, "parentHash"},
        {15, 1, "c0", RLP_NOT_A_STRING, "ommersHash"},
        {15, 2, HASH, RLP_TOO_WIDE, "coinbase"},
        {15, 3, "80", RLP_TOO_SHORT, "stateRoot"},
        {15, 4, "80", RLP_TOO_SHORT, "transactionsRoot"},
        {15, 5, "80", RLP_TOO_SHORT, "receiptsRoot"},
        {15, 6, HASH, RLP_TOO_SHORT, "logsBloom"},
        {15, 7, LONG, RLP_TOO_WIDE, "difficulty"},
        {15, 8, NINE, RLP_TOO_WIDE, "number"},
        {15, 9, NINE, RLP_TOO_WIDE, "gasLimit"},
        {15, 9, "00", RLP_LEADING_ZEROS, "gasLimit"},
        {15, 10, NINE, RLP_TOO_WIDE, "gasUsed"},
        {15, 11, "820001", RLP_LEADING_ZEROS, "timestamp"},
        {15, 12, "c0", RLP_NOT_A_STRING, "extraData"},
        {15, 12, LONG, RLP_OK, NULL},
        {15, 13, "80", RLP_TOO_SHORT, "mixHash"},
        {15, 14, NINE, RLP_TOO_WIDE, "nonce"},
        {15, 14, "80", RLP_TOO_SHORT, "nonce"},
        {15, 14, "", RLP_EOF, "nonce"},
        {16, 15, LONG, RLP_TOO_WIDE, "baseFeePerGas"},
        {16, 15, "8101", RLP_SIZE_NOT_SHORTEST, "baseFeePerGas"},
        {17, 16, "80", RLP_TOO_SHORT, "withdrawalsRoot"},
        {18, 17, NINE, RLP_TOO_WIDE, "blobGasUsed"},
        {19, 18, NINE, RLP_TOO_WIDE, "excessBlobGas"},
        {20, 19, "80", RLP_TOO_SHORT, "parentBeaconBlockRoot"},
        {21, 20, "80", RLP_TOO_SHORT, "requestsHash"},
        {22, 99, "", RLP_TRAILING, "requestsHash"},
        {10, 99, "", RLP_EOF, "gasUsed"},
        {0, 99, "", RLP_EOF, "parentHash"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct header header;
        const char *field;
        struct bytes whole = header_with(rows[i].field_count, rows[i].place, rows[i].replacement);
        CHECK_EQ(header_decode(&header, whole, &field), rows[i].fault);
        if (rows[i].fault != RLP_OK) CHECK_TEXT(field, rows[i].field);
    }
}

TEST(the_list_itself_may_be_wrong)
{
    struct header header;
    const char *field;
    CHECK_EQ(header_decode(&header, BYTES_EMPTY, &field), RLP_EOF);
    CHECK(field == NULL);
    CHECK_EQ(header_decode(&header, test_hex("80"), &field), RLP_NOT_A_LIST);
    CHECK(field == NULL);
    struct bytes whole = header_with(15, 99, "");
    whole.size++;
    CHECK_EQ(header_decode(&header, whole, &field), RLP_TRAILING);
    CHECK(field == NULL);
    whole.size -= 2;
    CHECK_EQ(header_decode(&header, whole, &field), RLP_EOF);
    CHECK(field == NULL);
}

TEST(damaged_headers_are_refused_or_come_back_as_they_are)
{
    struct rng rng;
    rng_init(&rng, 7);
    arena_init(&arena, 1 << 16, 0);
    int accepted = 0, rounds = 30000;
    for (int round = 0; round < rounds; round++) {
        struct header header;
        struct bytes encoding, again;
        uint8_t damaged[1000];
        arena_reset(&arena);
        random_header(&header, (uint8_t)(15 + round % 7), &rng, &arena);
        CHECK(header_encode(&encoding, &header, &arena));
        CHECK(encoding.size <= sizeof damaged);
        memcpy(damaged, encoding.data, encoding.size);
        damaged[rng_below(&rng, encoding.size)] = (uint8_t)rng_next(&rng);
        encoding.data = damaged;
        if (rng_below(&rng, 20) == 0) encoding.size = rng_below(&rng, encoding.size);
        if (header_decode(&header, encoding, NULL) != RLP_OK) continue;
        accepted++;
        CHECK(header_encode(&again, &header, &arena));
        CHECK(bytes_equal(again, encoding));
    }
    CHECK(accepted > rounds / 2 && accepted < rounds);
    arena_fini(&arena);
}

TEST(encoding_says_when_memory_runs_out)
{
    struct header header = genesis();
    struct bytes out;
    hash32 hash;
    arena_init(&arena, 16, 100);
    CHECK(!header_encode(&out, &header, &arena));
    CHECK(!header_hash(&hash, &header, &arena));
    arena_fini(&arena);
}
