#include "rlp/rlp_read.h"
#include "support/random_types.h"
#include "support/test.h"
#include "types/block.h"

static struct arena arena;

TEST(a_withdrawal_is_four_fields)
{
    struct withdrawal one = {.index = 1, .validator = 0x80, .amount = 0, .to = {{0x11}}};
    struct bytes out;
    arena_init(&arena, 4096, 0);
    CHECK(withdrawal_encode(&out, &one, &arena));
    CHECK_HEX(out,
              "d9018180941100000000000000000000000000000000000000"
              "80");
    one = (struct withdrawal){UINT64_MAX, UINT64_MAX, UINT64_MAX, {{0}}};
    CHECK(withdrawal_encode(&out, &one, &arena));
    CHECK_HEX(out,
              "f088ffffffffffffffff88ffffffffffffffff94"
              "0000000000000000000000000000000000000000"
              "88ffffffffffffffff");
    arena_fini(&arena);
}

static void check_same(const struct block *a, const struct block *b)
{
    hash32 hash;
    CHECK(header_hash(&hash, &a->header, &arena));
    CHECK(hash32_equal(&hash, &b->header.hash));
    CHECK_EQ(a->tx_count, b->tx_count);
    for (size_t i = 0; i < a->tx_count; i++)
        CHECK(bytes_equal(a->txs[i].encoding, b->txs[i].encoding));
    CHECK_EQ(a->ommer_count, b->ommer_count);
    for (size_t i = 0; i < a->ommer_count; i++) {
        CHECK(header_hash(&hash, &a->ommers[i], &arena));
        CHECK(hash32_equal(&hash, &b->ommers[i].hash));
    }
    CHECK_EQ(a->has_withdrawals, b->has_withdrawals);
    CHECK_EQ(a->withdrawal_count, b->withdrawal_count);
    for (size_t i = 0; i < a->withdrawal_count; i++) {
        const struct withdrawal *one = &a->withdrawals[i], *other = &b->withdrawals[i];
        CHECK(one->index == other->index && one->validator == other->validator);
        CHECK(one->amount == other->amount && address_equal(&one->to, &other->to));
    }
}

TEST(random_blocks_come_back)
{
    struct rng rng;
    rng_init(&rng, 8);
    arena_init(&arena, 1 << 16, 0);
    for (int round = 0; round < 1000; round++) {
        struct block block, back;
        struct bytes encoding, again;
        struct error error;
        arena_reset(&arena);
        random_block(&block, &rng, &arena);
        CHECK(block_encode(&encoding, &block, &arena));
        if (block_decode(&back, encoding, &arena, NULL, &error) != PEVM_OK)
            fail_msg("%s", error.text);
        CHECK_EQ(back.encoding_size, encoding.size);
        check_same(&block, &back);
        CHECK(block_encode(&again, &back, &arena));
        CHECK(bytes_equal(again, encoding));
    }
    arena_fini(&arena);
}

TEST(a_transaction_without_encoding_is_encoded_from_its_fields)
{
    struct rng rng;
    rng_init(&rng, 9);
    arena_init(&arena, 1 << 16, 0);
    struct block block;
    struct bytes with, without;
    do
        random_block(&block, &rng, &arena);
    while (block.tx_count < 3);
    CHECK(block_encode(&with, &block, &arena));
    for (size_t i = 0; i < block.tx_count; i++)
        block.txs[i].encoding = BYTES_EMPTY;
    CHECK(block_encode(&without, &block, &arena));
    CHECK(bytes_equal(with, without));
    arena_fini(&arena);
}

TEST(encoding_says_when_memory_runs_out)
{
    struct rng rng;
    rng_init(&rng, 10);
    arena_init(&arena, 1 << 16, 0);
    struct block block;
    struct bytes out;
    random_block(&block, &rng, &arena);
    for (size_t size = 0; size < 30000; size += 97) {
        struct arena small;
        arena_init(&small, 64, size == 0 ? 1 : size);
        bool is_done = block_encode(&out, &block, &small);
        CHECK(size > 1000 || !is_done);
        arena_fini(&small);
    }
    struct withdrawal one = {0};
    struct arena small;
    arena_init(&small, 8, 8);
    CHECK(!withdrawal_encode(&out, &one, &small));
    arena_fini(&small);
    arena_fini(&arena);
}
