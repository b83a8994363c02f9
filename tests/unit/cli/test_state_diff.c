#include "cli/state_diff.h"
#include "crypto/keccak.h"
#include "support/test.h"

static struct arena arena;

static address who(uint8_t last)
{
    address out = {{0}};
    out.bytes[19] = last;
    return out;
}

static void set(struct memory_state *state, uint8_t name, uint64_t nonce, uint64_t balance)
{
    address account = who(name);
    u256 wei = u256_from_u64(balance);
    CHECK_EQ(memory_state_set_account(state, &account, nonce, &wei, &keccak_empty), PEVM_OK);
}

static void set_slot(struct memory_state *state, uint8_t name, uint64_t slot, uint64_t value)
{
    address account = who(name);
    u256 key = u256_from_u64(slot), word = u256_from_u64(value);
    CHECK_EQ(memory_state_set_slot(state, &account, &key, &word), PEVM_OK);
}

#define ZEROES "000000000000000000000000000000000000"
#define WORD   "0x000000000000000000000000000000000000000000000000000000000000000"

/* The lines of difference; both states are freed. */
static const char *differences(struct memory_state *expected,
                               struct memory_state *got,
                               size_t *lines)
{
    const char *text;
    arena_init(&arena, 1 << 14, 0);
    CHECK_EQ(state_diff_text(&text, expected, got, lines, &arena), PEVM_OK);
    memory_state_free(expected);
    memory_state_free(got);
    return text;
}

TEST(equal_states_have_no_difference)
{
    size_t lines;
    struct memory_state *left = memory_state_new(), *right = memory_state_new();
    set(left, 1, 2, 3);
    set_slot(left, 1, 5, 6);
    set(right, 1, 2, 3);
    set_slot(right, 1, 5, 6);
    CHECK_TEXT(differences(left, right, &lines), "");
    CHECK_EQ(lines, 0);
    arena_fini(&arena);
}

TEST(every_difference_has_a_line)
{
    size_t lines;
    hash32 hash;
    address third = who(3);
    struct memory_state *expected = memory_state_new(), *got = memory_state_new();
    set(expected, 1, 1, 10);
    set(got, 2, 1, 10);
    set(expected, 3, 1, 10);
    set(got, 3, 2, 11);
    CHECK_EQ(memory_state_add_code(expected, bytes_of("\x60", 1), &hash), PEVM_OK);
    u256 ten = u256_from_u64(10);
    CHECK_EQ(memory_state_set_account(expected, &third, 1, &ten, &hash), PEVM_OK);
    set_slot(expected, 3, 1, 1);
    set_slot(expected, 3, 2, 2);
    set_slot(got, 3, 2, 3);
    set_slot(got, 3, 4, 4);
    CHECK_TEXT(differences(expected, got, &lines),
               "    0x" ZEROES "0001 account: expected to be there, got none\n"
               "    0x" ZEROES "0002 account: expected none, got one\n"
               "    0x" ZEROES "0003 nonce: expected 1, got 2\n"
               "    0x" ZEROES "0003 balance: expected 10, got 11\n"
               "    0x" ZEROES "0003 code hash: expected "
               "0x15a5de5d00dfc39d199ee772e89858c204d1d545de092db54a345c7303942607, got "
               "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470\n"
               "    0x" ZEROES "0003 slot " WORD "1: expected " WORD "1, got " WORD "0\n"
               "    0x" ZEROES "0003 slot " WORD "2: expected " WORD "2, got " WORD "3\n"
               "    0x" ZEROES "0003 slot " WORD "4: expected " WORD "0, got " WORD "4\n");
    CHECK_EQ(lines, 8);
    arena_fini(&arena);
}

TEST(many_differences_are_cut_but_counted)
{
    size_t lines, printed = 0;
    struct memory_state *expected = memory_state_new(), *got = memory_state_new();
    set(expected, 1, 1, 1);
    set(got, 1, 1, 1);
    for (uint64_t i = 0; i < 100; i++)
        set_slot(got, 1, i, i + 1);
    const char *text = differences(expected, got, &lines);
    for (const char *c = text; *c != 0; c++)
        printed += *c == '\n';
    CHECK_EQ(lines, 100);
    CHECK_EQ(printed, STATE_DIFF_LINES_MAX);
    CHECK(strstr(text, "    ...\n") != NULL);
    arena_fini(&arena);
}
