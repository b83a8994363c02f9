/* A signal is something to ask for, once. */
#include "cli/interrupt.h"
#include "support/test.h"

#include <signal.h>

TEST(a_signal_is_noted_and_the_next_one_is_not_caught)
{
    struct sigaction now;
    interrupt_catch();
    CHECK(!interrupt_came());
    CHECK_EQ(raise(SIGTERM), 0);
    CHECK(interrupt_came());
    CHECK_EQ(sigaction(SIGTERM, NULL, &now), 0);
    CHECK(now.sa_handler == SIG_DFL);
    interrupt_catch();
    CHECK(!interrupt_came());
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
}
