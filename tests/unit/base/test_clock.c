#include "base/clock.h"
#include "support/test.h"

TEST(the_clock_never_goes_back)
{
    uint64_t last = clock_now_ns();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = clock_now_ns();
        CHECK(now >= last);
        last = now;
    }
}

TEST(all_clocks_move_on_while_a_thread_works)
{
    uint64_t start = clock_now_ns(), process_start = clock_process_ns(),
             boot_start = clock_boot_ns();
    uint64_t thread_start = clock_thread_ns();
    while (clock_thread_ns() - thread_start < 1000000) { /* ends: reading it is work */
    }
    CHECK(clock_now_ns() - start >= 1000000);
    CHECK(clock_boot_ns() - boot_start >= 1000000);
    CHECK(clock_process_ns() - process_start >= 1000000);
}
