#include "crypto/keccak.h"
#include "rlp/rlp_read.h"
#include "support/random_types.h"
#include "support/test.h"
#include "types/log.h"

static struct arena arena;

TEST(no_logs_have_the_hash_of_the_empty_list)
{
    hash32 hash;
    arena_init(&arena, 4096, 0);
    CHECK(logs_hash(&hash, NULL, 0, &arena));
    CHECK(hash32_equal(&hash, &keccak_empty_list));
    CHECK_EQ(arena_used(&arena), 0);
    arena_fini(&arena);
}

TEST(a_log_is_account_topics_and_data)
{
    struct log logs[2] = {
        {.account = {{0x11}},   .data = test_hex("7f")  },
        { .account = {{0x22}}, .topic_count = 1, .topics = {{{0x33}}}, .data = test_hex("0102")},
    };
    uint8_t text[200];
    size_t size = logs_rlp_size(logs, 2);
    CHECK_EQ(logs_rlp_put(text, logs, 2) - text, size);
    CHECK_HEX(bytes_of(text, size),
              "f854"
              "d7941100000000000000000000000000000000000000c07f"
              "f83a942200000000000000000000000000000000000000"
              "e1a03300000000000000000000000000000000000000000000000000000000000000820102");
    hash32 hash, expected;
    arena_init(&arena, 4096, 0);
    keccak256(&expected, text, size);
    CHECK(logs_hash(&hash, logs, 2, &arena));
    CHECK(hash32_equal(&hash, &expected));
    arena_fini(&arena);
}

static void check_log(struct bytes fields, const struct log *log)
{
    address account;
    struct bytes topics, data;
    CHECK_EQ(rlp_next_fixed(&fields, account.bytes, sizeof account.bytes), RLP_OK);
    CHECK(address_equal(&account, &log->account));
    CHECK_EQ(rlp_next_list(&fields, &topics), RLP_OK);
    for (size_t i = 0; i < log->topic_count; i++) {
        hash32 topic;
        CHECK_EQ(rlp_next_fixed(&topics, topic.bytes, sizeof topic.bytes), RLP_OK);
        CHECK(hash32_equal(&topic, &log->topics[i]));
    }
    CHECK_EQ(topics.size, 0);
    CHECK_EQ(rlp_next_string(&fields, &data), RLP_OK);
    CHECK(bytes_equal(data, log->data));
    CHECK_EQ(fields.size, 0);
}

TEST(random_logs_can_be_read_back)
{
    struct rng rng;
    rng_init(&rng, 3);
    arena_init(&arena, 1 << 16, 0);
    for (size_t count = 0; count < 200; count++) {
        arena_reset(&arena);
        const struct log *logs = random_logs(&rng, count, &arena);
        size_t size = logs_rlp_size(logs, count);
        uint8_t *text = arena_alloc(&arena, size);
        CHECK(text != NULL && logs_rlp_put(text, logs, count) == text + size);
        struct bytes list;
        CHECK_EQ(rlp_only_list(bytes_of(text, size), &list), RLP_OK);
        for (size_t i = 0; i < count; i++) {
            struct bytes fields;
            CHECK_EQ(rlp_next_list(&list, &fields), RLP_OK);
            check_log(fields, &logs[i]);
        }
        CHECK_EQ(list.size, 0);
    }
    arena_fini(&arena);
}

TEST(hashing_says_when_memory_runs_out)
{
    hash32 hash;
    struct log log = {.topic_count = 4};
    arena_init(&arena, 16, 32);
    CHECK(!logs_hash(&hash, &log, 1, &arena));
    arena_fini(&arena);
}
