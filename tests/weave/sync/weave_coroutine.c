/* Not a test of interleavings, but of what they run on; coroutines are in no product, only beside weave. */
#include "support/test.h"
#include "sync/coroutine.h"

static struct visit {
    struct coroutine coroutine;
    unsigned from, to, seen;
    double half; /* lives in a register across the switch, if anything does */
} visits[3];

static void count(void *argument)
{
    struct visit *visit = argument;
    double half = visit->half;
    for (unsigned i = visit->from; i < visit->to; i++) {
        visit->seen = i;
        half += 0.5;
        coroutine_leave(&visit->coroutine);
    }
    visit->half = half;
}

TEST(coroutines_go_on_where_they_left)
{
    for (unsigned i = 0; i < 3; i++) {
        CHECK(coroutine_open(&visits[i].coroutine));
        visits[i].from = 10 * i;
        visits[i].to = 10 * i + 5;
        visits[i].half = i;
        coroutine_start(&visits[i].coroutine, count, &visits[i]);
    }
    for (unsigned turn = 0; turn < 5; turn++) {
        for (unsigned i = 0; i < 3; i++) {
            coroutine_enter(&visits[i].coroutine);
            CHECK_EQ(visits[i].seen, 10 * i + turn);
            CHECK(!visits[i].coroutine.is_done);
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        coroutine_enter(&visits[i].coroutine);
        CHECK(visits[i].coroutine.is_done);
        CHECK(visits[i].half == i + 2.5);
        coroutine_close(&visits[i].coroutine);
    }
}

TEST(a_run_that_is_left_unfinished_is_forgotten)
{
    struct visit *visit = &visits[0];
    CHECK(coroutine_open(&visit->coroutine));
    for (unsigned round = 0; round < 1000; round++) {
        visit->from = round;
        visit->to = round + 10;
        coroutine_start(&visit->coroutine, count, visit);
        coroutine_enter(&visit->coroutine);
        coroutine_enter(&visit->coroutine);
        CHECK_EQ(visit->seen, round + 1);
    }
    coroutine_close(&visit->coroutine);
    coroutine_close(&visit->coroutine); /* nothing more to close */
}

static void use_stack(void *argument)
{
    volatile char frame[COROUTINE_STACK_SIZE / 2];
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (char)i;
    *(unsigned *)argument = (unsigned char)frame[sizeof frame - 1];
}

TEST(half_of_the_stack_can_be_used_at_once)
{
    struct coroutine coroutine;
    unsigned last = 0;
    CHECK(coroutine_open(&coroutine));
    coroutine_start(&coroutine, use_stack, &last);
    coroutine_enter(&coroutine);
    CHECK(coroutine.is_done);
    CHECK_EQ(last, 255);
    coroutine_close(&coroutine);
}
