#include "engine/requests.h"
#include "support/block_world.h"
#include "support/bytecode.h"
#include "support/test.h"

#include <stdio.h>

static const hash32 deposit_topic = {
    {0x64, 0x9b, 0xbc, 0x62, 0xd0, 0xe3, 0x13, 0x42, 0xaf, 0xea, 0x4e,
     0x5c, 0xd8, 0x2d, 0x40, 0x49, 0xe7, 0xe1, 0xee, 0x91, 0x2f, 0xc0,
     0x88, 0x9a, 0xa7, 0x90, 0x80, 0x3b, 0xe3, 0x90, 0x38, 0xc5}
};

static uint8_t data[576];

static void put_word(size_t at, uint64_t value)
{
    memset(data + at, 0, 32);
    store_be64(data + at + 24, value);
}

/* A deposit as EIP-6110 lays it out; field k is filled with the byte k + 1. */
static struct log deposit_log(const struct chain *chain)
{
    static const uint64_t offsets[] = {160, 256, 320, 384, 512}, sizes[] = {48, 32, 8, 96, 8};
    memset(data, 0, sizeof data);
    for (size_t i = 0; i < 5; i++) {
        put_word(32 * i, offsets[i]);
        put_word(offsets[i], sizes[i]);
        memset(data + offsets[i] + 32, (int)i + 1, sizes[i]);
    }
    struct log log = {
        .account = chain->deposit_contract, .topic_count = 1, .data = bytes_of(data, sizeof data)};
    log.topics[0] = deposit_topic;
    return log;
}

struct gathering {
    struct block block;
    struct engine_input input;
    struct receipt receipts[2];
    struct engine_outcome outcome;
    struct arena arena;
    struct block_run run;
};

static void gather(struct gathering *on, const struct log *logs, size_t count)
{
    *on = (struct gathering){.block.tx_count = 2};
    arena_init(&on->arena, 4096, 0);
    on->receipts[1].logs = logs;
    on->receipts[1].log_count = count;
    on->input.block = &on->block;
    on->run = (struct block_run){.input = &on->input,
                                 .chain = &chain_mainnet,
                                 .arena = &on->arena,
                                 .receipts = on->receipts,
                                 .outcome = &on->outcome};
    CHECK_EQ(requests_gather_deposits(&on->run), PEVM_OK);
}

TEST(deposits_are_taken_out_of_logs_in_their_order)
{
    struct log logs[2] = {deposit_log(&chain_mainnet), deposit_log(&chain_mainnet)};
    struct gathering on;
    gather(&on, logs, 2);
    CHECK_EQ(on.outcome.fault, BLOCK_VALID);
    struct bytes deposits = on.run.requests[REQUEST_DEPOSIT];
    CHECK_EQ(deposits.size, 384);
    static const struct {
        size_t at;
        uint8_t value;
    } places[] = {
        {0,   1},
        {47,  1},
        {48,  2},
        {79,  2},
        {80,  3},
        {87,  3},
        {88,  4},
        {183, 4},
        {184, 5},
        {191, 5},
        {192, 1},
    };
    for (size_t i = 0; i < COUNT_OF(places); i++)
        CHECK_EQ(deposits.data[places[i].at], places[i].value);
    arena_fini(&on.arena);
}

TEST(other_logs_are_not_deposits)
{
    struct log logs[3] = {
        deposit_log(&chain_mainnet), deposit_log(&chain_mainnet), deposit_log(&chain_mainnet)};
    struct gathering on;
    logs[0].account.bytes[0] ^= 1;
    logs[1].topics[0].bytes[0] ^= 1;
    logs[2].topic_count = 0;
    gather(&on, logs, 3);
    CHECK_EQ(on.outcome.fault, BLOCK_VALID);
    CHECK_EQ(on.run.requests[REQUEST_DEPOSIT].size, 0);
    arena_fini(&on.arena);
}

TEST(a_deposit_laid_out_otherwise_makes_the_block_invalid)
{
    static const size_t words[] = {0, 32, 64, 96, 128, 160, 256, 320, 384, 512};
    struct gathering on;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct log log = deposit_log(&chain_mainnet);
        data[words[i] + 31] ^= 1;
        gather(&on, &log, 1);
        CHECK_EQ(on.outcome.fault, BLOCK_DEPOSIT_LAYOUT);
        CHECK_TEXT(on.outcome.text,
                   "transaction 1, log 0: not a deposit as EIP-6110 lays it out (576 bytes)");
        arena_fini(&on.arena);
        log = deposit_log(&chain_mainnet);
        data[words[i]] = 1; /* the high end of the word */
        gather(&on, &log, 1);
        CHECK_EQ(on.outcome.fault, BLOCK_DEPOSIT_LAYOUT);
        arena_fini(&on.arena);
    }
    static const size_t sizes[] = {0, 575, 577};
    static uint8_t longer[577];
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct log log = deposit_log(&chain_mainnet);
        memcpy(longer, data, sizeof data);
        log.data = bytes_of(longer, sizes[i]);
        gather(&on, &log, 1);
        CHECK_EQ(on.outcome.fault, BLOCK_DEPOSIT_LAYOUT);
        arena_fini(&on.arena);
    }
}

static void check_hash(struct bytes deposits,
                       struct bytes withdrawals,
                       struct bytes consolidations,
                       const char *expected)
{
    struct bytes requests[REQUEST_TYPE_COUNT] = {deposits, withdrawals, consolidations};
    struct arena scratch;
    hash32 hash;
    arena_init(&scratch, 1024, 0);
    CHECK(requests_hash(&hash, requests, &scratch));
    CHECK_HEX(bytes_of(hash.bytes, 32), expected);
    CHECK_EQ(arena_used(&scratch), 0);
    arena_fini(&scratch);
}

TEST(the_hash_is_over_types_that_have_data)
{
    struct bytes none = BYTES_EMPTY, a = bytes_of("a", 1), b = bytes_of("b", 1),
                 c = bytes_of("c", 1);
    check_hash(
        none, none, none, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_hash(a, none, none, "f08578d07a259307a0423719c72b7c8953211e72cfb78e28d05ffd48c73dbd6f");
    check_hash(none, b, none, "b68ec7a999c32fb70491977297f91d4859155968c29fbcb348c92dfa19298c79");
    check_hash(a, b, c, "b51f7aace439f334c56b729e7b6526742c718e9e7f967a0a65d42e9bc3f0ffe8");
    check_hash(none, none, c, "20ca6b6ff4934093aedcf16e7b61a7723f5269fceb19fa1f0a5c043ff62a4df3");
}
