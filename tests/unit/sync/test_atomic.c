#include "support/test.h"
#include "sync/atomic.h"

TEST(a_store_is_loaded_again)
{
    struct atomic8 byte = {0};
    struct atomic16 half = {0};
    struct atomic32 word = {0};
    struct atomic64 wide = {0};
    atomic8_store(&byte, 0xfe, memory_order_release);
    atomic16_store(&half, 0xfedc, memory_order_relaxed);
    atomic32_store(&word, 0xfedcba98, memory_order_seq_cst);
    atomic64_store(&wide, 0xfedcba9876543210, memory_order_release);
    CHECK_EQ(atomic8_load(&byte, memory_order_acquire), 0xfe);
    CHECK_EQ(atomic16_load(&half, memory_order_relaxed), 0xfedc);
    CHECK_EQ(atomic32_load(&word, memory_order_seq_cst), 0xfedcba98);
    CHECK_EQ(atomic64_load(&wide, memory_order_acquire), 0xfedcba9876543210);
}

TEST(numbers_change_and_give_what_was_before)
{
    struct atomic32 word;
    atomic32_init(&word, 10);
    CHECK_EQ(atomic32_add(&word, 5, memory_order_acq_rel), 10);
    CHECK_EQ(atomic32_sub(&word, 16, memory_order_relaxed), 15);
    CHECK_EQ(atomic32_or(&word, 1, memory_order_release), UINT32_MAX);
    CHECK_EQ(atomic32_and(&word, 0xf0, memory_order_acquire), UINT32_MAX);
    CHECK_EQ(atomic32_exchange(&word, 3, memory_order_seq_cst), 0xf0);
    CHECK_EQ(atomic32_load(&word, memory_order_relaxed), 3);
}

TEST(compare_and_exchange_tells_what_it_found)
{
    struct atomic64 word;
    atomic64_init(&word, 7);
    uint64_t expected = 6;
    CHECK(!atomic64_cas(&word, &expected, 8, memory_order_acq_rel));
    CHECK_EQ(expected, 7);
    CHECK(atomic64_cas(&word, &expected, 8, memory_order_release));
    CHECK_EQ(expected, 7);
    expected = 8;
    while (!atomic64_cas_weak(&word, &expected, 9, memory_order_seq_cst))
        CHECK_EQ(expected, 8);
    CHECK_EQ(atomic64_load(&word, memory_order_relaxed), 9);
}

TEST(raise_never_lowers)
{
    struct atomic16 word;
    atomic16_init(&word, 5);
    CHECK_EQ(atomic16_raise(&word, 4, memory_order_relaxed), 5);
    CHECK_EQ(atomic16_raise(&word, 5, memory_order_release), 5);
    CHECK_EQ(atomic16_raise(&word, 9, memory_order_acq_rel), 5);
    CHECK_EQ(atomic16_load(&word, memory_order_relaxed), 9);
}

TEST(pointers_are_exchanged_like_numbers)
{
    int a, b;
    struct atomic_pointer pointer;
    atomic_pointer_init(&pointer, &a);
    void *expected = &b;
    CHECK(!atomic_pointer_cas(&pointer, &expected, NULL, memory_order_acq_rel));
    CHECK(expected == &a);
    CHECK(atomic_pointer_cas(&pointer, &expected, &b, memory_order_acq_rel));
    CHECK(atomic_pointer_load(&pointer, memory_order_acquire) == &b);
    CHECK(atomic_pointer_exchange(&pointer, NULL, memory_order_acq_rel) == &b);
}
