#include "support/test.h"
#include "sync/ring.h"

TEST(one_to_one_gives_back_in_order_until_empty)
{
    struct ring_spsc ring;
    uint64_t values[4], value;
    ring_spsc_init(&ring, values, 4);
    CHECK(!ring_spsc_pop(&ring, &value));
    for (uint64_t round = 0; round < 10; round++) {
        for (uint64_t i = 0; i < 3; i++)
            CHECK(ring_spsc_push(&ring, 100 * round + i));
        for (uint64_t i = 0; i < 3; i++) {
            CHECK(ring_spsc_pop(&ring, &value));
            CHECK_EQ(value, 100 * round + i);
        }
        CHECK(!ring_spsc_pop(&ring, &value));
    }
}

TEST(one_to_one_refuses_when_full)
{
    struct ring_spsc ring;
    uint64_t values[2], value;
    ring_spsc_init(&ring, values, 2);
    CHECK(ring_spsc_push(&ring, 1));
    CHECK(ring_spsc_push(&ring, UINT64_MAX));
    CHECK(!ring_spsc_push(&ring, 3));
    CHECK(ring_spsc_pop(&ring, &value));
    CHECK_EQ(value, 1);
    CHECK(ring_spsc_push(&ring, 0));
    CHECK(!ring_spsc_push(&ring, 3));
    CHECK(ring_spsc_pop(&ring, &value));
    CHECK_EQ(value, UINT64_MAX);
    CHECK(ring_spsc_pop(&ring, &value));
    CHECK_EQ(value, 0);
}

TEST(a_ring_of_one_holds_one)
{
    struct ring_spsc ring;
    uint64_t values[1], value;
    ring_spsc_init(&ring, values, 1);
    for (uint64_t i = 0; i < 5; i++) {
        CHECK(ring_spsc_push(&ring, i));
        CHECK(!ring_spsc_push(&ring, i));
        CHECK(ring_spsc_pop(&ring, &value));
        CHECK_EQ(value, i);
    }
}

TEST(many_to_many_gives_back_in_order_until_empty)
{
    struct ring_mpmc ring;
    struct ring_cell cells[4];
    uint64_t value;
    ring_mpmc_init(&ring, cells, 4);
    CHECK(!ring_mpmc_pop(&ring, &value));
    for (uint64_t round = 0; round < 10; round++) {
        for (uint64_t i = 0; i < 3; i++)
            CHECK(ring_mpmc_push(&ring, 100 * round + i));
        for (uint64_t i = 0; i < 3; i++) {
            CHECK(ring_mpmc_pop(&ring, &value));
            CHECK_EQ(value, 100 * round + i);
        }
        CHECK(!ring_mpmc_pop(&ring, &value));
    }
}

TEST(many_to_many_refuses_when_full)
{
    struct ring_mpmc ring;
    struct ring_cell cells[2];
    uint64_t value;
    ring_mpmc_init(&ring, cells, 2);
    CHECK(ring_mpmc_push(&ring, 1));
    CHECK(ring_mpmc_push(&ring, UINT64_MAX));
    CHECK(!ring_mpmc_push(&ring, 3));
    CHECK(ring_mpmc_pop(&ring, &value));
    CHECK_EQ(value, 1);
    CHECK(ring_mpmc_push(&ring, 0));
    CHECK(!ring_mpmc_push(&ring, 3));
    CHECK(ring_mpmc_pop(&ring, &value));
    CHECK(ring_mpmc_pop(&ring, &value));
    CHECK_EQ(value, 0);
    CHECK(!ring_mpmc_pop(&ring, &value));
}
