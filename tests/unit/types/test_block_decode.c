#include "rlp/rlp_write.h"
#include "support/random_types.h"
#include "support/test.h"
#include "types/block.h"

static struct arena arena;

#define HEADER_ZEROS_20                                                                            \
    "94"                                                                                           \
    "0000000000000000000000000000000000000000"
#define HEADER_ZEROS_32                                                                            \
    "a0"                                                                                           \
    "0000000000000000000000000000000000000000000000000000000000000000"
#define ZEROS_64                                                                                   \
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
    "000000000000000000000000000000000000"

/* A header of zeros as its fields, with gasLimit as given. */
#define FIELDS(gas_limit)                                                                          \
    HEADER_ZEROS_32 HEADER_ZEROS_32 HEADER_ZEROS_20 HEADER_ZEROS_32 HEADER_ZEROS_32                \
        HEADER_ZEROS_32 "b90100" ZEROS_64 ZEROS_64 ZEROS_64 ZEROS_64 "80"                          \
                        "80" gas_limit "80"                                                        \
                        "80"                                                                       \
                        "80" HEADER_ZEROS_32 "880000000000000000"
#define HEADER     "f901ed" FIELDS("80") /* 493 bytes of fields */
#define HEADER_BAD "f901ed" FIELDS("00")

#define ADDRESS                                                                                    \
    "94"                                                                                           \
    "1111111111111111111111111111111111111111"
#define TX                                                                                         \
    "df"                                                                                           \
    "01"                                                                                           \
    "02"                                                                                           \
    "825208" ADDRESS "80"                                                                          \
    "80"                                                                                           \
    "1b"                                                                                           \
    "04"                                                                                           \
    "05"
#define TX_BAD                                                                                     \
    "df"                                                                                           \
    "01"                                                                                           \
    "02"                                                                                           \
    "825208" ADDRESS "80"                                                                          \
    "80"                                                                                           \
    "1a"                                                                                           \
    "04"                                                                                           \
    "05"
#define TX_NIL                                                                                     \
    "df"                                                                                           \
    "01"                                                                                           \
    "02"                                                                                           \
    "820008" ADDRESS "80"                                                                          \
    "80"                                                                                           \
    "1b"                                                                                           \
    "04"                                                                                           \
    "05"
#define TYPED                                                                                      \
    "a2"                                                                                           \
    "01"                                                                                           \
    "e0"                                                                                           \
    "01"                                                                                           \
    "01"                                                                                           \
    "02"                                                                                           \
    "825208" ADDRESS "80"                                                                          \
    "80"                                                                                           \
    "c0"                                                                                           \
    "80"                                                                                           \
    "04"
#define TYPED_1                                                                                    \
    "a3"                                                                                           \
    "01"                                                                                           \
    "e1"                                                                                           \
    "01"                                                                                           \
    "01"                                                                                           \
    "02"                                                                                           \
    "825208" ADDRESS "80"                                                                          \
    "80"                                                                                           \
    "c0"                                                                                           \
    "80"                                                                                           \
    "04"                                                                                           \
    "05"
#define OUT                                                                                        \
    "d8"                                                                                           \
    "01"                                                                                           \
    "02" ADDRESS "03"

/* rlp([parts...]) */
static struct bytes block_of(const char *parts)
{
    static uint8_t text[4000];
    struct bytes bytes = test_hex(parts);
    uint8_t *payload = text + RLP_HEAD_SIZE_MAX;
    CHECK(bytes.size <= sizeof text - RLP_HEAD_SIZE_MAX);
    if (bytes.size > 0) memcpy(payload, bytes.data, bytes.size);
    uint8_t *start = rlp_close_list(payload, payload + bytes.size);
    return bytes_of(start, (size_t)(payload - start) + bytes.size);
}

TEST(bodies_have_two_or_three_lists)
{
    struct block block;
    struct error error;
    arena_init(&arena, 4096, 0);
    CHECK_EQ(block_decode(&block,
                          block_of(HEADER "c0"
                                          "c0"),
                          &arena,
                          NULL,
                          &error),
             PEVM_OK);
    CHECK(!block.has_withdrawals && block.tx_count == 0 && block.ommer_count == 0);
    CHECK_EQ(block_decode(&block,
                          block_of(HEADER "c0"
                                          "c0"
                                          "c0"),
                          &arena,
                          NULL,
                          &error),
             PEVM_OK);
    CHECK(block.has_withdrawals && block.withdrawal_count == 0);
    struct bytes whole = block_of(HEADER "f844" TX TYPED_1 "f901f0" HEADER "d9" OUT);
    if (block_decode(&block, whole, &arena, NULL, &error) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_EQ(block.tx_count, 2);
    CHECK_EQ(block.txs[0].type, TX_LEGACY);
    CHECK_EQ(block.txs[0].encoding.size, 32);
    CHECK_EQ(block.txs[1].type, TX_ACCESS_LIST);
    CHECK_EQ(block.txs[1].encoding.size, 35);
    CHECK(!block.txs[0].sender_known);
    CHECK_EQ(block.ommer_count, 1);
    CHECK(hash32_equal(&block.ommers[0].hash, &block.header.hash));
    CHECK_EQ(block.withdrawals[0].validator, 2);
    CHECK_EQ(block.withdrawals[0].amount, 3);
    arena_fini(&arena);
}

TEST(the_first_fault_is_named_with_its_place)
{
    static const struct {
        const char *parts;
        enum rlp_fault rlp;
        enum tx_fault tx;
        const char *text;
    } rows[] = {
  /* clang-format off */
        {"", RLP_EOF, TX_VALID, "header: the input ends inside an item"},
        {"80", RLP_NOT_A_LIST, TX_VALID, "header: a string where a list was expected"},
        {"c0", RLP_EOF, TX_VALID, "header.parentHash: the input ends inside an item"},
        {HEADER_BAD "c0" "c0", RLP_LEADING_ZEROS, TX_VALID,
         "header.gasLimit: an integer has a leading zero byte"},
        {HEADER, RLP_EOF, TX_VALID, "transactions: the input ends inside an item"},
        {HEADER "80" "c0", RLP_NOT_A_LIST, TX_VALID,
         "transactions: a string where a list was expected"},
        {HEADER "c0", RLP_EOF, TX_VALID, "ommers: the input ends inside an item"},
        {HEADER "c0" "80", RLP_NOT_A_LIST, TX_VALID,
         "ommers: a string where a list was expected"},
        {HEADER "c0" "c0" "80", RLP_NOT_A_LIST, TX_VALID,
         "withdrawals: a string where a list was expected"},
        {HEADER "c0" "c0" "c0" "c0", RLP_TRAILING, TX_VALID,
         "block: bytes or items follow where the end was expected"},
        {HEADER "c2c1f8" "c0", RLP_OK, TX_MALFORMED,
         "transactions[0].nonce: the input ends inside an item"},
        {HEADER "c1f8" "c0", RLP_EOF, TX_VALID, "transactions: the input ends inside an item"},
        {HEADER "c0" "c180", RLP_NOT_A_LIST, TX_VALID,
         "ommers[0]: a string where a list was expected"},
        {HEADER "c0" "f903e0" HEADER HEADER_BAD, RLP_LEADING_ZEROS, TX_VALID,
         "ommers[1].gasLimit: an integer has a leading zero byte"},
        {HEADER "c180" "c0", RLP_OK, TX_MALFORMED,
         "transactions[0]: the encoding is not that of a transaction"},
        {HEADER "e0" TX "c0", RLP_OK, TX_VALID, "good"},
        {HEADER "f840" TX TX_BAD "c0", RLP_OK, TX_SIGNATURE_INVALID,
         "transactions[1].v: signature values out of range"},
        {HEADER "f840" TX TX_NIL "c0", RLP_OK, TX_MALFORMED,
         "transactions[1].gasLimit: an integer has a leading zero byte"},
        {HEADER "f844" TX TYPED "05" "c0", RLP_OK, TX_MALFORMED,
         "transactions[1]: the input ends inside an item"},
        {HEADER "e1a0" TX "c0", RLP_OK, TX_MALFORMED,
         "transactions[0]: the encoding is not that of a transaction"},
        {HEADER "c105" "c0", RLP_OK, TX_TYPE_UNKNOWN,
         "transactions[0]: a string where a list was expected"},
        {HEADER "c101" "c0", RLP_OK, TX_MALFORMED,
         "transactions[0]: the input ends inside an item"},
        {HEADER "c78603c4c0c0c0c0" "c0", RLP_OK, TX_BLOB_NETWORK_FORM,
         "transactions[0]: blob transaction in network form"},
        {HEADER "c0" "c0" "d9" "d8" "00" "02" ADDRESS "03", RLP_LEADING_ZEROS, TX_VALID,
         "withdrawals[0].index: an integer has a leading zero byte"},
        {HEADER "c0" "c0" "f2" OUT "d8" "01" "00" ADDRESS "03", RLP_LEADING_ZEROS, TX_VALID,
         "withdrawals[1].validatorIndex: an integer has a leading zero byte"},
        {HEADER "c0" "c0" "d8" "d7" "01" "02" "93" "11111111111111111111111111111111111111" "03",
         RLP_TOO_SHORT, TX_VALID, "withdrawals[0].address: a string is shorter than its field"},
        {HEADER "c0" "c0" "e2" "e1" "01" "02" ADDRESS "89" "010000000000000000" , RLP_TOO_WIDE,
         TX_VALID, "withdrawals[0].amount: a string is longer than its field"},
        {HEADER "c0" "c0" "da" "d9" "01" "02" ADDRESS "03" "04", RLP_TRAILING, TX_VALID,
         "withdrawals[0]: bytes or items follow where the end was expected"},
        {HEADER "c0" "c0" "c101", RLP_NOT_A_LIST, TX_VALID,
         "withdrawals[0]: a string where a list was expected"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct block block;
        struct block_fault_place place;
        struct error error = {.text = "good"};
        arena_init(&arena, 4096, 0);
        enum pevm_status status =
            block_decode(&block, block_of(rows[i].parts), &arena, &place, &error);
        bool is_good = rows[i].rlp == RLP_OK && rows[i].tx == TX_VALID;
        CHECK_EQ(status, is_good ? PEVM_OK : PEVM_BAD_INPUT);
        CHECK_TEXT(error.text, rows[i].text);
        CHECK_EQ(place.rlp, rows[i].rlp);
        CHECK_EQ(place.tx, rows[i].tx);
        arena_fini(&arena);
    }
}

TEST(the_block_is_one_list_and_nothing_behind)
{
    struct block block;
    struct block_fault_place place;
    struct error error;
    struct bytes whole = block_of(HEADER "c0"
                                         "c0");
    arena_init(&arena, 4096, 0);
    whole.size++;
    CHECK_EQ(block_decode(&block, whole, &arena, &place, &error), PEVM_BAD_INPUT);
    CHECK_EQ(place.rlp, RLP_TRAILING);
    CHECK(place.part == NULL && place.field == NULL);
    whole.size -= 2;
    CHECK_EQ(block_decode(&block, whole, &arena, &place, &error), PEVM_BAD_INPUT);
    CHECK_EQ(place.rlp, RLP_EOF);
    CHECK_EQ(block_decode(&block, BYTES_EMPTY, &arena, &place, &error), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "block: the input ends inside an item");
    CHECK_EQ(block_decode(&block, test_hex("820000"), &arena, NULL, NULL), PEVM_BAD_INPUT);
    arena_fini(&arena);
}

/* 100,000 one-byte items in each list in turn: the first is wrong, and the room is for what could be right. */
TEST(hostile_counts_take_memory_in_proportion_to_the_input)
{
    enum { ITEMS = 100000 };
    static uint8_t text[ITEMS + 1000];
    for (int list = 0; list < 3; list++) {
        uint8_t *payload = text + RLP_HEAD_SIZE_MAX;
        struct bytes header = test_hex(HEADER);
        memcpy(payload, header.data, header.size);
        uint8_t *end = payload + header.size;
        for (int i = 0; i < list; i++)
            *end++ = 0xc0;
        end = rlp_put_list_head(end, ITEMS);
        memset(end, 0xc0, ITEMS);
        end += ITEMS;
        if (list == 0) *end++ = 0xc0;
        uint8_t *start = rlp_close_list(payload, end);
        struct block block;
        struct error error;
        arena_init(&arena, 4096, 0);
        struct bytes whole = bytes_of(start, (size_t)(end - start));
        CHECK_EQ(block_decode(&block, whole, &arena, NULL, &error), PEVM_BAD_INPUT);
        CHECK(arena.bytes_held <= (ITEMS / 10 + 1) * sizeof(struct tx) + 8192);
        arena_fini(&arena);
    }
}

TEST(decoding_says_when_memory_runs_out)
{
    struct rng rng;
    rng_init(&rng, 12);
    arena_init(&arena, 1 << 16, 0);
    struct block block, back;
    struct bytes encoding;
    struct error error;
    do
        random_block(&block, &rng, &arena);
    while (block.tx_count < 5 || block.ommer_count == 0 || block.withdrawal_count == 0);
    CHECK(block_encode(&encoding, &block, &arena));
    bool is_done = false;
    for (size_t size = 1; size < 60000 && !is_done; size += 61) {
        struct arena small;
        arena_init(&small, 64, size);
        enum pevm_status status = block_decode(&back, encoding, &small, NULL, &error);
        is_done = status == PEVM_OK;
        CHECK(is_done || status == PEVM_NO_MEMORY);
        arena_fini(&small);
    }
    CHECK(is_done);
    arena_fini(&arena);
}

TEST(damaged_blocks_are_refused_or_come_back_as_they_are)
{
    struct rng rng;
    rng_init(&rng, 13);
    arena_init(&arena, 1 << 16, 0);
    int accepted = 0, rounds = 10000;
    for (int round = 0; round < rounds; round++) {
        struct block block;
        struct bytes encoding, again;
        struct error error = {.text = ""};
        arena_reset(&arena);
        random_block(&block, &rng, &arena);
        CHECK(block_encode(&encoding, &block, &arena));
        uint8_t *damaged = arena_alloc(&arena, encoding.size);
        CHECK(damaged != NULL);
        memcpy(damaged, encoding.data, encoding.size);
        damaged[rng_below(&rng, encoding.size)] ^= (uint8_t)(1 + rng_below(&rng, 255));
        encoding.data = damaged;
        if (rng_below(&rng, 20) == 0) encoding.size = rng_below(&rng, encoding.size);
        if (block_decode(&block, encoding, &arena, NULL, &error) != PEVM_OK) {
            CHECK(strlen(error.text) > 10);
            continue;
        }
        accepted++;
        CHECK(block_encode(&again, &block, &arena));
        CHECK(bytes_equal(again, encoding));
    }
    CHECK(accepted > rounds / 2 && accepted < rounds);
    arena_fini(&arena);
}
