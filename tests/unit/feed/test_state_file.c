/* State files: read to the root, stopped and resumed, and everything that a line can get wrong. */
#include "base/hex.h"
#include "feed/state_file.h"
#include "support/feed_chain.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

#define ACCOUNTS 500

static struct error error;
static struct arena arena;
static struct import_mark last_mark;
static unsigned marks;

static enum pevm_status keep_mark(void *context, const struct import_mark *mark, struct error *none)
{
    (void)context;
    (void)none;
    last_mark = *mark;
    marks++;
    return PEVM_OK;
}

/* Accounts with a bit of everything; the state beside the file. */
static const char *write_state(struct memory_state *state, bool with_root)
{
    char *text;
    size_t size;
    hash32 root;
    char hex[HEX_HASH_SIZE];
    FILE *file = open_memstream(&text, &size);
    for (unsigned i = 1; i <= ACCOUNTS; i++) {
        struct state_sink sink = state_sink_memory(state);
        uint8_t code[] = {0x60, (uint8_t)i, (uint8_t)(i >> 8)};
        struct sink_account account = {.nonce = i, .balance = u256_from_u64(1000 * i)};
        hash32 hash;
        account.who.bytes[3] = (uint8_t)i;
        account.who.bytes[9] = (uint8_t)(i >> 8);
        CHECK_EQ(memory_state_add_code(state, i % 3 == 0 ? bytes_of(code, 3) : BYTES_EMPTY, &hash),
                 PEVM_OK);
        account.code_hash = hash;
        CHECK_EQ(sink.account(state, &account, &error), PEVM_OK);
        fprintf(file,
                "{\"address\":\"%s\",\"balance\":\"%u000\",\"nonce\":%u",
                hex_address(hex, &account.who),
                i,
                i);
        if (i % 3 == 0) fprintf(file, ",\"code\":\"0x60%02x%02x\"", code[1], code[2]);
        if (i % 3 == 0) fprintf(file, ",\"codeHash\":\"%s\"", hex_hash(hex, &hash));
        fprintf(file, ",\"storage\":{");
        for (unsigned k = 0; k < i % 5; k++) {
            u256 slot = u256_from_u64(k * k), value = u256_from_u64(i + k);
            CHECK_EQ(sink.slot(state, &account.who, &slot, &value, &error), PEVM_OK);
            fprintf(file, "%s\"0x%02x\":\"%x\"", k == 0 ? "" : ",", k * k, i + k);
        }
        fprintf(file, "}}\n");
    }
    CHECK_EQ(memory_state_root(state, &root, &arena), PEVM_OK);
    fclose(file);
    char *whole = malloc(size + 128);
    int head = with_root ? snprintf(whole, 128, "{\"root\":\"%s\"}\n", hex_hash(hex, &root)) : 0;
    memcpy(whole + head, text, size);
    const char *path = feed_file("state.jsonl", bytes_of(whole, (size_t)head + size));
    free(text);
    free(whole);
    return path;
}

static bool stop_at(void *context, double fraction, uint64_t accounts)
{
    CHECK(fraction >= 0 && fraction <= 1);
    return accounts != *(uint64_t *)context;
}

TEST(a_whole_file_gives_its_state)
{
    struct memory_state *state = memory_state_new(), *read = memory_state_new();
    struct state_sink sink = state_sink_memory(read);
    struct state_file_plan plan = {.sink = &sink, .mark_every = 100};
    struct state_file_sums sums;
    hash32 root;
    sink.mark = keep_mark;
    arena_init(&arena, 4096, 0);
    if (state_file_read(write_state(state, true), &plan, &sums, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    CHECK_EQ(sums.accounts, ACCOUNTS);
    CHECK_EQ(sums.codes, ACCOUNTS / 3);
    CHECK(sums.root_expected);
    CHECK_EQ(last_mark.accounts, ACCOUNTS);
    CHECK(marks >= 5);
    CHECK_EQ(memory_state_root(read, &root, &arena), PEVM_OK);
    CHECK(hash32_equal(&root, &sums.root));
    memory_state_free(state);
    memory_state_free(read);
}

TEST(what_was_stopped_goes_on_where_it_was)
{
    struct memory_state *state = memory_state_new(), *read = memory_state_new();
    struct state_sink sink = state_sink_memory(read);
    uint64_t stop = 137;
    struct state_file_plan plan = {
        .sink = &sink, .mark_every = 100, .go_on = stop_at, .context = &stop};
    struct state_file_sums sums;
    hash32 root;
    sink.mark = keep_mark;
    const char *path = write_state(state, true);
    CHECK_EQ(state_file_read(path, &plan, &sums, &error), PEVM_CANCELLED);
    CHECK_EQ(last_mark.accounts, 137);
    CHECK_EQ(memory_state_account_count(read), 137);
    plan.resume = last_mark;
    plan.go_on = NULL;
    CHECK_EQ(state_file_read(path, &plan, &sums, &error), PEVM_OK);
    CHECK_EQ(sums.skipped, 137);
    CHECK_EQ(memory_state_root(read, &root, &arena), PEVM_OK);
    CHECK(hash32_equal(&root, &sums.root));

    plan.resume.digest.bytes[0] ^= 1;
    CHECK_EQ(state_file_read(path, &plan, &sums, &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "line 138: the first 137 accounts are not those"));
    plan.resume.accounts = ACCOUNTS + 1;
    CHECK_EQ(state_file_read(path, &plan, &sums, &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "this is another file"));
    memory_state_free(state);
    memory_state_free(read);
}

TEST(another_root_than_expected_is_told)
{
    struct memory_state *state = memory_state_new(), *read = memory_state_new();
    struct state_sink sink = state_sink_memory(read);
    hash32 expected = {{1}};
    struct state_file_plan plan = {.sink = &sink, .mark_every = 100, .root = &expected};
    struct state_file_sums sums;
    CHECK_EQ(state_file_read(write_state(state, false), &plan, &sums, &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "state root: expected 0x0100"));
    CHECK_EQ(state_file_read(write_state(state, true), &plan, &sums, &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "line 1: root: expected "));
    memory_state_free(state);
    memory_state_free(read);
}

#define A "\"address\":\"0x00000000000000000000000000000000000000aa\""

TEST(what_is_wrong_is_told_with_line_and_field)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"{\"root\":\"0x12\"}\n",                                                                        "line 1: root: expected 32 bytes in hex"},
        {"\n",                                                                                           "line 1: "                              },
        {"[]\n",                                                                                         "line 1: account: expected "            },
        {"{" A "}\n{\"balance\":\"1\"}\n",                                                               "line 2: address: expected "            },
        {"{" A "}\n{" A "}\n",                                                                           "line 2: the address comes twice"       },
        {"{" A ",\"storage\":{\"1\":\"0\"}}\n",                                                          "line 1: storage: a slot with value 0"  },
        {"{" A ",\"storage\":{\"1\":\"2\",\"0x01\":\"3\"}}\n",
         "line 1: storage: a slot comes twice"                                                                                                   },
        {"{" A ",\"code\":\"0x60\",\"codeHash\":"
         "\"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470\"}\n",           "line 1: codeHash: expected 0xc5d2"     },
        {"{" A
         ",\"root\":\"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470\"}\n", "line 1: root: expected 0xc5d2"         },
        {"{" A ",\"key\":\"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470\"}\n",
         "line 1: key: expected 0xc5d2"                                                                                                          },
        {"{" A "}\n{\"address\":\n",                                                                     "line 2: "                              },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct memory_state *read = memory_state_new();
        struct state_sink sink = state_sink_memory(read);
        struct state_file_plan plan = {.sink = &sink, .mark_every = 1};
        struct state_file_sums sums;
        const char *path = feed_file("bad.jsonl", bytes_of(cases[i].text, strlen(cases[i].text)));
        CHECK_EQ(state_file_read(path, &plan, &sums, &error), PEVM_BAD_INPUT);
        if (strstr(error.text, cases[i].words) == NULL) fail_msg("case %zu: %s", i, error.text);
        memory_state_free(read);
    }
    arena_fini(&arena);
}
