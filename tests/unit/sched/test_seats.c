#include "sched/seats.h"
#include "support/test.h"

TEST(each_worker_has_its_own_and_its_number_is_taken)
{
    struct seats *seats;
    bool seen[3 * SEATS_PER_WORKER] = {true, true, true};
    assert_int_equal(seats_new(&seats, 3), PEVM_OK);
    seats_begin(seats, false);
    for (unsigned worker = 0; worker < 3; worker++) {
        unsigned seat;
        while ((seat = seats_take(seats, worker)) != SEAT_NONE) { /* ends: there are so many */
            assert_true(seat < COUNT_OF(seen));
            CHECK(!seen[seat]);
            CHECK_EQ(seat % 3, worker);
            seen[seat] = true;
        }
    }
    for (unsigned i = 0; i < COUNT_OF(seen); i++)
        CHECK(seen[i]);
    seats_free(seats);
}

TEST(what_is_given_back_goes_to_whom_it_belongs)
{
    struct seats *seats;
    assert_int_equal(seats_new(&seats, 2), PEVM_OK);
    seats_begin(seats, false);
    unsigned first = seats_take(seats, 1);
    while (seats_take(seats, 1) != SEAT_NONE) { /* ends: there are so many */
    }
    seats_give(seats, first);
    CHECK_EQ(seats_take(seats, 1), first);
    CHECK_EQ(seats_take(seats, 1), SEAT_NONE);
    seats_give(seats, 1); /* also the one it began with */
    CHECK_EQ(seats_take(seats, 1), 1);
    seats_free(seats);
}

TEST(there_can_be_only_one)
{
    struct seats *seats;
    assert_int_equal(seats_new(&seats, 2), PEVM_OK);
    seats_begin(seats, true);
    CHECK_EQ(seats_take(seats, 0), SEAT_NONE);
    CHECK_EQ(seats_take(seats, 1), SEAT_NONE);
    seats_free(seats);
}
