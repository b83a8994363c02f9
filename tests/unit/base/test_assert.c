#include "base/assert.h"
#include "support/test.h"

#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a child process that runs `act` leaves: the signal that ended it (0: it returned), its words. */
static int child_signal(void (*act)(void), char *words, size_t size)
{
    int ends[2], status;
    CHECK_EQ(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        act();
        _exit(0);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while (used + 1 < size && (got = read(ends[0], words + used, size - 1 - used)) > 0)
        used += (size_t)got;
    words[used] = 0;
    close(ends[0]);
    CHECK_EQ(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void assert_true_fact(void)
{
    ASSERT(1 + 1 == 2);
    VERIFY(1 + 1 == 2);
}

static void assert_false_fact(void)
{
    ASSERT(1 + 1 == 3);
}

static int evaluations;

static void verify_counted_fact(void)
{
    VERIFY(++evaluations > 0);
}

TEST(a_fact_that_holds_costs_nothing)
{
    char words[256];
    CHECK_EQ(child_signal(assert_true_fact, words, sizeof words), 0);
    CHECK_TEXT(words, "");
}

TEST(a_fact_that_does_not_hold_stops_the_process_and_says_which)
{
    char words[256];
    CHECK_EQ(child_signal(assert_false_fact, words, sizeof words), SIGABRT);
    CHECK(strstr(words, "1 + 1 == 3 does not hold (") != NULL);
    CHECK(strstr(words, "test_assert.c:") != NULL);
}

TEST(verify_looks_only_in_builds_with_checks)
{
    verify_counted_fact();
#ifdef PEVM_VERIFY
    CHECK_EQ(evaluations, 1);
#else
    CHECK_EQ(evaluations, 0);
#endif
}
