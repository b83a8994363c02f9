#include "base/rng.h"
#include "store/keyspace.h"
#include "support/test.h"

static address address_of(const char *hex)
{
    address who;
    memcpy(who.bytes, test_hex(hex).data, sizeof who.bytes);
    return who;
}

static const char *written(const struct key *key, bool lower)
{
    static struct key_text text;
    text = key_write(key, lower);
    return text.text;
}

#define WHO     "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" /* of EIP-55 */
#define WHO_LOW "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
#define ZEROS   "0000000000000000000000000000000000000000000000000000000000000"

TEST(keys_are_those_that_are_documented)
{
    struct key key = {.number = 12, .who = address_of(WHO_LOW), .slot = u256_from_u64(0xabc)};
    key.path[0] = 0x0a;
    key.path[1] = 0x70;
    key.path_count = 3;
    memset(key.hash.bytes, 0xcd, 32);
    static const char *const texts[KEY_KIND_COUNT] = {
        "idx:sync:progress",
        "idx:exec:progress",
        "blk:hdr:12",
        "blk:txs:12",
        "blk:body:12",
        "blk:rcpt:12",
        "blk:txhash:0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        "st:latest:acc:0x" WHO,
        "st:latest:stor:0x" WHO ":0x" ZEROS "abc",
        "st:12:acc:0x" WHO,
        "st:12:stor:0x" WHO ":0x" ZEROS "abc",
        "st:root:12",
        "st:undo:12",
        "st:code:0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        "evmx:lock",
        "evmx:epoch",
        "evmx:trie",
        "evmx:trie:acc:0a7",
        "evmx:trie:stor:0x" WHO ":0a7",
        "evmx:undo:12",
    };
    for (unsigned kind = 0; kind < KEY_KIND_COUNT; kind++) {
        key.kind = (enum key_kind)kind;
        CHECK_TEXT(written(&key, false), texts[kind]);
    }
    key.kind = KEY_ACCOUNT;
    CHECK_TEXT(written(&key, true), "st:latest:acc:0x" WHO_LOW);
}

TEST(addresses_have_the_case_of_eip_55)
{
    static const char *const examples[] = {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                                           "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
                                           "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
                                           "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"};
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        char text[ADDRESS_TEXT_SIZE];
        address who = address_of(examples[i]);
        CHECK_TEXT(address_checksum(text, &who), examples[i]);
    }
}

TEST(what_is_written_is_read_as_the_same)
{
    struct rng rng;
    rng_init(&rng, 1);
    for (unsigned i = 0; i < 4000; i++) {
        struct key key = {.kind = (enum key_kind)(i % KEY_KIND_COUNT)}, again;
        rng_fill(&rng, &key.who, sizeof key.who);
        rng_fill(&rng, &key.slot, sizeof key.slot);
        rng_fill(&rng, &key.hash, sizeof key.hash);
        key.number = rng_next(&rng) >> rng_below(&rng, 64);
        key.path_count = (unsigned)rng_below(&rng, 65);
        rng_fill(&rng, key.path, (key.path_count + 1) / 2);
        struct key_text text = key_write(&key, i % 3 == 0);
        CHECK(text.size == strlen(text.text) && text.size < KEY_TEXT_SIZE);
        CHECK(key_read(&again, key_bytes(&text)));
        CHECK_EQ(again.kind, key.kind);
        struct key_text other = key_write(&again, i % 3 == 0);
        CHECK_TEXT(other.text, text.text);
        /* fields that the kind does not have are zero */
        if (key.kind == KEY_LOCK) CHECK(again.number == 0 && address_is_zero(&again.who));
        if (key.kind != KEY_SLOT_AT) continue;
        CHECK(again.number == key.number && address_equal(&again.who, &key.who));
        CHECK(u256_equal(again.slot, key.slot) && hash32_is_zero(&again.hash));
    }
}

static const char *const refused[] = {
    "",
    "st:",
    "idx:sync:progress ",
    "idx:exec:progres",
    "blk:hdr:",
    "blk:hdr:01",
    "blk:hdr:-1",
    "blk:hdr:18446744073709551616",
    "blk:hdr:1:2",
    "st:latest:acc:" WHO,
    "st:latest:acc:0x" WHO "00",
    "st:latest:acc:0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", /* neither case */
    "st:latest:acc:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
    "st:latest:stor:0x" WHO ":0x" ZEROS "aB0",
    "st:latest:stor:0x" WHO ":0x" ZEROS "ab",
    "st:latest:stor:0x" WHO ":" ZEROS "abcde",
    "st:newest:acc:0x" WHO,
    "st:code:0x00",
    "evmx:trie:",
    "evmx:trie:acc:A",
    "evmx:trie:acc:0g",
    "evmx:trie:acc:000" ZEROS "0",
    "evmx:trie:stor:0x" WHO,
    "evmx:undo:",
};

TEST(other_keys_are_none_of_ours)
{
    struct key key;
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        if (key_read(&key, bytes_of(refused[i], strlen(refused[i])))) fail_msg("%s", refused[i]);
    CHECK(key_read(&key, bytes_of("blk:hdr:18446744073709551615", 28)));
    CHECK_EQ(key.number, UINT64_MAX);
    CHECK(key_read(&key, bytes_of("blk:hdr:0", 9)));
}

TEST(the_place_of_a_bough_is_in_its_key)
{
    uint8_t packed[2] = {0xa0, 0xbc};
    struct nibbles path = {packed, 1, 3};
    address who = address_of(WHO_LOW);
    struct key accounts = key_of_bough(NULL, path), slots = key_of_bough(&who, path), again;
    CHECK_TEXT(written(&accounts, false), "evmx:trie:acc:0bc");
    CHECK_TEXT(written(&slots, false), "evmx:trie:stor:0x" WHO ":0bc");
    path.count = 0;
    accounts = key_of_bough(NULL, path);
    CHECK_TEXT(written(&accounts, false), "evmx:trie:acc:");
    CHECK(key_read(&again, bytes_of("evmx:trie:acc:", 14)) && again.path_count == 0);
}

TEST(the_slots_of_an_account_have_a_common_beginning)
{
    address who = address_of(WHO_LOW);
    u256 slot = u256_from_u64(7);
    struct key key = key_of_slot(&who, &slot);
    struct key_text text = key_write(&key, false), prefix = key_slots_of(&who, false);
    CHECK_TEXT(prefix.text, "st:latest:stor:0x" WHO ":");
    CHECK(memcmp(text.text, prefix.text, prefix.size) == 0);
    CHECK_EQ(text.size, prefix.size + 66);
}
