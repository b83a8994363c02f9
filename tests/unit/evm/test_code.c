#include "base/heap.h"
#include "crypto/keccak.h"
#include "evm/code.h"
#include "support/bytecode.h"
#include "support/test.h"

static struct code *build(struct bytes bytes)
{
    hash32 hash;
    keccak256(&hash, bytes.data, bytes.size);
    void *memory = heap_alloc(code_memory_size(bytes.size));
    assert_non_null(memory);
    return code_build(memory, bytes, &hash);
}

TEST(code_is_followed_by_stops)
{
    struct code *code = build(bytecode("1 2 ADD"));
    CHECK_EQ(code->size, 5);
    for (int i = 0; i < CODE_PADDING; i++)
        CHECK_EQ(code->bytes[code->size + (unsigned)i], 0);
    heap_free(code);
}

TEST(a_jumpdest_in_push_data_is_none)
{
    struct code *code = build(bytecode("#5b605b5b615b5b5b7f5b"));
    const bool expected[] = {true, false, false, true, false, false, false, true, false, false};
    CHECK_EQ(code->size, COUNT_OF(expected));
    for (uint64_t i = 0; i < code->size; i++)
        CHECK_EQ(code_is_jumpdest(code, i), expected[i]);
    CHECK(!code_is_jumpdest(code, code->size));
    CHECK(!code_is_jumpdest(code, UINT64_MAX));
    heap_free(code);
}

TEST(every_push_skips_as_many_bytes_as_its_name_says)
{
    for (unsigned n = 1; n <= 32; n++) {
        uint8_t bytes[40];
        memset(bytes, 0x5b, sizeof bytes);
        bytes[0] = (uint8_t)(0x5f + n);
        struct code *code = build(bytes_of(bytes, sizeof bytes));
        for (unsigned i = 0; i < sizeof bytes; i++)
            CHECK_EQ(code_is_jumpdest(code, i), i > n);
        heap_free(code);
    }
}

TEST(jumpdests_are_found_across_words_of_the_bit_set)
{
    struct code *code = build(bytecode_repeat("JUMPDEST STOP", 100));
    for (uint64_t i = 0; i < code->size; i++)
        CHECK_EQ(code_is_jumpdest(code, i), i % 2 == 0);
    heap_free(code);
}

TEST(a_delegation_is_23_bytes_with_its_prefix)
{
    static const struct {
        const char *hex;
        bool is_delegation;
    } cases[] = {
        {"ef01001122334455667788990011223344556677889900",   true },
        {"ef0100112233445566778899001122334455667788990011", false},
        {"ef010011223344556677889900112233445566778899",     false},
        {"ef01011122334455667788990011223344556677889900",   false},
        {"ee01001122334455667788990011223344556677889900",   false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct code *code = build(test_hex(cases[i].hex));
        CHECK_EQ(code->is_delegation, cases[i].is_delegation);
        if (code->is_delegation) CHECK_HEX(bytes_of(code->delegate.bytes, 20), cases[i].hex + 6);
        heap_free(code);
    }
}

TEST(the_empty_code_has_the_hash_of_nothing)
{
    CHECK(hash32_equal(&code_empty.hash, &keccak_empty));
    CHECK_EQ(code_empty.size, 0);
    CHECK_EQ(code_empty.bytes[0], 0);
    CHECK(!code_is_jumpdest(&code_empty, 0));
    struct code *code = build(BYTES_EMPTY);
    CHECK_EQ(code->size, 0);
    CHECK_EQ(code->bytes[0], 0);
    heap_free(code);
}
