#include "base/clock.h"
#include "support/test.h"
#include "sync/stop.h"
#include "sync/team.h"

struct owner {
    unsigned calls, yes_from; /* not atomic: one thread at a time asks */
    bool is_inside, was_disturbed;
};

static bool ask(void *context)
{
    struct owner *owner = context;
    owner->was_disturbed = owner->was_disturbed || owner->is_inside;
    owner->is_inside = true;
    bool answer = ++owner->calls >= owner->yes_from;
    owner->is_inside = false;
    return answer;
}

TEST(without_a_reason_it_goes_on)
{
    struct stop stop;
    stop_begin(&stop, &(struct stop_options){.end_ns = 0});
    CHECK(!stop_is_due(&stop, 0));
    CHECK(!stop_is_due(&stop, 1));
    CHECK_EQ(stop_why(&stop), STOP_NOT);
}

TEST(the_owner_is_asked_until_he_says_yes_and_then_no_more)
{
    struct owner owner = {.yes_from = 3};
    struct stop stop;
    stop_begin(&stop, &(struct stop_options){.is_asked = ask, .context = &owner});
    CHECK(!stop_is_due(&stop, 0));
    CHECK(!stop_is_due(&stop, 0));
    CHECK(stop_is_due(&stop, 0));
    CHECK(stop_is_due(&stop, 0));
    CHECK_EQ(owner.calls, 3);
    CHECK_EQ(stop_why(&stop), STOP_ASKED);
}

TEST(a_point_in_time_that_is_past_is_a_reason)
{
    struct stop stop;
    stop_begin(&stop, &(struct stop_options){.end_ns = clock_now_ns() + 3600000000000});
    CHECK(!stop_is_due(&stop, 1));
    stop_begin(&stop, &(struct stop_options){.end_ns = clock_now_ns()});
    CHECK(stop_is_due(&stop, 0));
    CHECK_EQ(stop_why(&stop), STOP_LATE);
}

TEST(a_piece_of_work_that_takes_too_long_is_a_reason)
{
    struct stop stop;
    uint64_t now_ns = clock_now_ns();
    stop_begin(&stop, &(struct stop_options){.piece_max_ns = 3600000000000});
    CHECK(!stop_is_due(&stop, now_ns));
    stop_begin(&stop, &(struct stop_options){.piece_max_ns = 1});
    CHECK(!stop_is_due(&stop, 0)); /* none is under way */
    CHECK(stop_is_due(&stop, now_ns - 1));
    CHECK_EQ(stop_why(&stop), STOP_TOO_LONG);
}

TEST(the_first_reason_stays)
{
    struct owner owner = {.yes_from = 1};
    struct stop stop;
    stop_begin(&stop, &(struct stop_options){.is_asked = ask, .context = &owner, .end_ns = 1});
    CHECK(stop_is_due(&stop, 0));
    CHECK_EQ(stop_why(&stop), STOP_ASKED);
    CHECK(stop_is_due(&stop, 0));
    CHECK_EQ(stop_why(&stop), STOP_ASKED);
}

static void ask_often(unsigned worker, void *context)
{
    (void)worker;
    while (!stop_is_due(context, 0)) /* ends: the owner says yes */
        ;
}

TEST(several_threads_ask_and_the_owner_hears_one_at_a_time)
{
    struct owner owner = {.yes_from = 20000};
    struct stop stop;
    struct team *team;
    struct error error;
    CHECK_EQ(team_new(&team, 4, NULL, &error), PEVM_OK);
    stop_begin(&stop, &(struct stop_options){.is_asked = ask, .context = &owner});
    team_run(team, ask_often, &stop);
    CHECK(!owner.was_disturbed);
    CHECK(owner.calls >= 20000 && owner.calls < 20004);
    CHECK_EQ(stop_why(&stop), STOP_ASKED);
    team_free(team);
}
