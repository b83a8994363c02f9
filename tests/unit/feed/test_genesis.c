/* Genesis files: known chains to the last byte, forks at their places, and what is refused. */
#include "feed/genesis.h"
#include "fixture/block_json_write.h"
#include "support/fixture_text.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct error error;
static struct arena arena;

static enum pevm_status read_text(struct genesis *out, const char *text)
{
    return genesis_read(out, bytes_of(text, strlen(text)), &error);
}

#define HEAD "\"gasLimit\":\"0x1388\",\"difficulty\":\"17179869184\""

TEST(an_empty_frontier_chain_is_the_header_of_its_fields)
{
    struct genesis genesis;
    CHECK_EQ(
        read_text(&genesis,
                  "{\"config\":{\"chainId\":1},\"nonce\":\"0x42\",\"extraData\":"
                  "\"0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa\"," HEAD
                  ",\"alloc\":{}}"),
        PEVM_OK);
    CHECK_EQ(genesis.header.field_count, 15);
    CHECK_EQ(genesis.header.gas_limit, 5000);
    CHECK_HEX(bytes_of(genesis.header.nonce, 8), "0000000000000042");
    CHECK_HEX(bytes_of(genesis.header.state_root.bytes, 32),
              "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    genesis_fini(&genesis);
}

/* The hash that every node of that chain begins with. */
TEST(the_genesis_of_the_bnb_chain_has_its_known_hash)
{
    const char *path = fixtures_path("../blocks/bsc/bsc-mainnet-genesis.json");
    struct genesis genesis;
    static char text[1 << 20];
    if (path == NULL) return;
    FILE *file = fopen(path, "rb");
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    if (genesis_read(&genesis, bytes_of(text, size), &error) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_HEX(bytes_of(genesis.header.hash.bytes, 32),
              "0d21840abff46b96c84b2ac9e10e4f5cdaeb5693cb665db62a2f3b02d2d57b5b");
    CHECK_HEX(bytes_of(genesis.header.state_root.bytes, 32),
              "919fcc7ad870b53db0aa76eb588da06bacb6d230195100699fc928511003b422");
    CHECK(hash32_equal(&genesis_known(56)->hash, &genesis.header.hash));
    CHECK(genesis_known(7) == NULL);
    genesis_fini(&genesis);
}

TEST(fields_of_forks_in_force_are_filled)
{
    static const struct {
        const char *forks;
        unsigned fields;
    } cases[] = {
        {"",                                                                                     15},
        {",\"berlinBlock\":0",                                                                   15},
        {",\"londonBlock\":1",                                                                   15},
        {",\"londonBlock\":0",                                                                   16},
        {",\"londonBlock\":0,\"terminalTotalDifficulty\":0,\"shanghaiTime\":0",                  17},
        {",\"londonBlock\":0,\"terminalTotalDifficulty\":0,\"shanghaiTime\":0,\"cancunTime\":5",
         17                                                                                        },
        {",\"londonBlock\":0,\"terminalTotalDifficulty\":0,\"shanghaiTime\":0,\"cancunTime\":0",
         20                                                                                        },
        {",\"londonBlock\":0,\"terminalTotalDifficulty\":0,\"shanghaiTime\":0,\"cancunTime\":0,"
         "\"pragueTime\":0",                                                            21},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[512];
        struct genesis genesis;
        snprintf(text,
                 sizeof text,
                 "{\"config\":{\"chainId\":7%s}," HEAD ",\"alloc\":{}}",
                 cases[i].forks);
        CHECK_EQ(read_text(&genesis, text), PEVM_OK);
        CHECK_EQ(genesis.header.field_count, cases[i].fields);
        if (cases[i].fields > 15) CHECK_EQ(genesis.header.base_fee.words[0], 1000000000);
        genesis_fini(&genesis);
    }
}

TEST(forks_begin_where_the_file_says)
{
    struct genesis genesis;
    CHECK_EQ(read_text(&genesis,
                       "{\"config\":{\"chainId\":99,\"homesteadBlock\":1,\"daoForkBlock\":2,"
                       "\"daoForkSupport\":true,\"eip150Block\":3,\"eip155Block\":4,"
                       "\"eip158Block\":4,\"byzantiumBlock\":5,\"constantinopleBlock\":6,"
                       "\"istanbulBlock\":7,\"terminalTotalDifficulty\":\"1000\",\"cancunTime\":9,"
                       "\"blobSchedule\":{\"cancun\":{\"target\":1,\"max\":2,"
                       "\"baseFeeUpdateFraction\":3}}}," HEAD ",\"alloc\":{}}"),
             PEVM_OK);
    const struct chain *chain = &genesis.chain;
    CHECK_EQ(chain->chain_id, 99);
    CHECK_TEXT(chain->name, "chain 99");
    CHECK_EQ(chain->dao_number, 2);
    CHECK_EQ(chain->starts[FORK_SPURIOUS_DRAGON].number, 4);
    CHECK_EQ(chain->starts[FORK_PETERSBURG].number, 6);
    CHECK_EQ(chain->starts[FORK_BERLIN].number, FORK_NEVER);
    CHECK_EQ(chain->starts[FORK_CANCUN].time, 9);
    CHECK_EQ(chain->blobs[FORK_CANCUN].max, 2);
    CHECK(!chain->paris_by_number && chain->terminal_total_difficulty.words[0] == 1000);
    CHECK_EQ(chain_rules(chain, 7, 0, NULL).fork, FORK_ISTANBUL);
    genesis_fini(&genesis);
}

TEST(accounts_are_a_state)
{
    struct genesis genesis;
    CHECK_EQ(read_text(&genesis,
                       "{\"config\":{\"chainId\":7}," HEAD
                       ",\"alloc\":{\"000000000000000000000000000000000000000a\":{\"balance\":"
                       "\"1000000000000000000000\"},\"0x000000000000000000000000000000000000000B\":"
                       "{\"balance\":\"0x1\",\"nonce\":\"0x3\",\"code\":\"0x6001\",\"storage\":"
                       "{\"0x01\":\"0x02\"}}}}"),
             PEVM_OK);
    CHECK_EQ(memory_state_account_count(genesis.state), 2);
    struct view view = memory_state_view(genesis.state);
    struct view_account account;
    address who = {{0}};
    u256 one = u256_from_u64(1), value;
    who.bytes[19] = 0x0b;
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
    CHECK_EQ(account.nonce, 3);
    CHECK_EQ(view.ops->slot(view.context, &who, &one, &value), VIEW_OK);
    CHECK_EQ(value.words[0], 2);
    genesis_fini(&genesis);
}

TEST(what_is_wrong_is_refused_by_name)
{
    static const struct {
        const char *json;
        enum pevm_status status;
        const char *words;
    } cases[] = {
        {"[]",                                                               PEVM_BAD_INPUT, "genesis: expected "                                                      },
        {"{}",                                                               PEVM_BAD_INPUT, "config: config: expected "                                               },
        {"{\"config\":{}}",                                                  PEVM_BAD_INPUT, "config: chainId: expected "                                              },
        {"{\"config\":{\"chainId\":7}}",                                     PEVM_BAD_INPUT, "alloc: expected "                                                        },
        {"{\"config\":{\"chainId\":7},\"alloc\":{}}",                        PEVM_BAD_INPUT, "gasLimit: expected "                                                     },
        {"{\"config\":{\"chainId\":7},\"alloc\":{},\"gasLimit\":\"0x1\"}",
         PEVM_BAD_INPUT,                                                                     "difficulty: expected "                                                   },
        {"{\"config\":{\"chainId\":7,\"amsterdamTime\":5}}",
         PEVM_UNSUPPORTED,                                                                   "config: amsterdamTime: there is no fork of that name here"               },
        {"{\"config\":{\"chainId\":7,\"eip155Block\":5,\"eip158Block\":6}}",
         PEVM_UNSUPPORTED,                                                                   "config: eip155Block: expected the same as eip158Block, got 5"            },
        {"{\"config\":{\"chainId\":7,\"blobSchedule\":{\"cancun\":{\"target\":3,\"max\":2,"
         "\"baseFeeUpdateFraction\":3}}}}",                         PEVM_BAD_INPUT,
         "config: blobSchedule: the numbers make no sense"                                                                                                             },
        {"{\"config\":{\"chainId\":7},\"alloc\":{\"0x12\":{}}}",
         PEVM_BAD_INPUT,                                                                     "alloc: 0x12: address: expected an address of 40 hex digits, got \"0x12\""},
        {"{\"config\":{\"chainId\":7},\"alloc\":{\"000000000000000000000000000000000000000a\":{},"
         "\"0x000000000000000000000000000000000000000A\":{}}}",     PEVM_BAD_INPUT,
         "alloc: 0x000000000000000000000000000000000000000A: the address comes twice"                                                                                  },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct genesis genesis;
        CHECK_EQ(read_text(&genesis, cases[i].json), cases[i].status);
        if (strncmp(error.text, cases[i].words, strlen(cases[i].words)) != 0)
            fail_msg("case %zu: %s", i, error.text);
        genesis_fini(&genesis);
    }
}

/* What pevm make-chain writes. */
static char *made_text(const struct header *header, const struct memory_state *state)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    struct json_writer json;
    json_writer_init(&json, file);
    json_open(&json, '{');
    json_put_text(&json, "network", "Osaka");
    json_put_number(&json, "chainId", 77);
    json_key(&json, "header");
    header_json_write(&json, header);
    json_key(&json, "alloc");
    alloc_text(&json, state);
    json_close(&json, '}');
    fclose(file);
    return text;
}

TEST(a_chain_of_our_own_begins_with_its_own_header)
{
    struct memory_state *state = memory_state_new();
    struct header header = {.gas_limit = 5000, .field_count = 15};
    struct genesis genesis;
    address who = {{1}};
    u256 seven = u256_from_u64(7);
    hash32 none = {
        {0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,
         0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,
         0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}
    };
    arena_init(&arena, 4096, 0);
    CHECK_EQ(memory_state_set_account(state, &who, 1, &seven, &none), PEVM_OK);
    CHECK_EQ(memory_state_root(state, &header.state_root, &arena), PEVM_OK);
    CHECK(header_hash(&header.hash, &header, &arena));
    char *text = made_text(&header, state);
    CHECK_EQ(read_text(&genesis, text), PEVM_OK);
    CHECK(hash32_equal(&genesis.header.hash, &header.hash));
    CHECK_EQ(genesis.chain.chain_id, 77);
    CHECK_EQ(chain_rules(&genesis.chain, 0, 0, NULL).fork, FORK_OSAKA);
    genesis_fini(&genesis);
    free(text);

    header.state_root.bytes[0] ^= 1;
    CHECK(header_hash(&header.hash, &header, &arena));
    text = made_text(&header, state);
    CHECK_EQ(read_text(&genesis, text), PEVM_BAD_INPUT);
    CHECK(strncmp(error.text, "stateRoot: the header says 0x", 29) == 0);
    free(text);
    memory_state_free(state);
    arena_fini(&arena);
}
