#include "base/heap.h"
#include "metrics/event.h"
#include "support/test.h"

static struct event_log *events;

static void note(struct event_ring *ring, enum event_kind kind, uint32_t tx)
{
    event_note(ring, (struct event){.kind = kind, .tx = tx});
}

TEST(events_come_back_in_their_order_with_their_times)
{
    CHECK_EQ(event_log_new(&events, 2, 8), PEVM_OK);
    CHECK_EQ(event_log_workers(events), 2);
    struct event_ring *ring = event_ring(events, 1);
    uint64_t before = clock_now_ns();
    event_note(ring, (struct event){.kind = EVENT_RUN, .tx = 7, .incarnation = 3});
    event_note(ring, (struct event){.kind = EVENT_BLOCKED, .tx = 7, .other = 5, .place = 9});
    uint64_t after = clock_now_ns();
    CHECK_EQ(event_count(ring), 2);
    CHECK_EQ(event_count(event_ring(events, 0)), 0);
    CHECK_EQ(event_at(ring, 0)->kind, EVENT_RUN);
    CHECK_EQ(event_at(ring, 0)->incarnation, 3);
    CHECK_EQ(event_at(ring, 1)->other, 5);
    CHECK_EQ(event_at(ring, 1)->place, 9);
    CHECK(event_at(ring, 0)->ns >= before);
    CHECK(event_at(ring, 1)->ns >= event_at(ring, 0)->ns);
    CHECK(event_at(ring, 1)->ns <= after);
    event_log_begin(events);
    CHECK_EQ(event_count(ring), 0);
    event_log_free(events);
}

TEST(a_full_ring_forgets_the_oldest_and_says_how_many)
{
    CHECK_EQ(event_log_new(&events, 1, 5), PEVM_OK); /* 8 */
    struct event_ring *ring = event_ring(events, 0);
    for (uint32_t i = 0; i < 11; i++)
        note(ring, EVENT_FINAL, i);
    CHECK_EQ(event_count(ring), 8);
    CHECK_EQ(event_lost(ring), 3);
    for (uint32_t i = 0; i < 8; i++)
        CHECK_EQ(event_at(ring, i)->tx, i + 3);
    event_log_free(events);
}

TEST(without_a_log_nothing_happens)
{
    struct event_ring *ring = event_ring(NULL, 3);
    assert_null(ring);
    note(ring, EVENT_FINAL, 1);
    event_log_free(NULL);
}

TEST(every_kind_and_phase_has_a_name_of_its_own)
{
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++)
        for (unsigned k = 0; k < i; k++)
            CHECK(strcmp(event_name((enum event_kind)i), event_name((enum event_kind)k)) != 0);
    for (unsigned i = 0; i < PHASE_COUNT; i++)
        CHECK(event_phase_name((enum event_phase)i)[0] != 0);
}

TEST(without_memory_there_is_no_log)
{
    for (uint64_t after = 0; after < 3; after++) {
        heap_fail(after, 1);
        CHECK_EQ(event_log_new(&events, 2, 8), PEVM_NO_MEMORY);
        assert_null(events);
    }
    heap_fail(0, 0);
}

TEST(a_walk_goes_through_all_rings_in_the_order_of_time)
{
    static const struct {
        unsigned worker;
        uint64_t ns;
    } noted[] = {
        {0, 10},
        {0, 40},
        {1, 20},
        {1, 30},
        {1, 50}
    };
    CHECK_EQ(event_log_new(&events, 3, 8), PEVM_OK);
    for (size_t i = 0; i < COUNT_OF(noted); i++)
        event_store(event_ring(events, noted[i].worker), &(struct event){.ns = noted[i].ns});
    for (unsigned round = 0; round < 2; round++) {
        unsigned worker = 9;
        event_log_rewind(events);
        for (uint64_t ns = 10; ns <= 50; ns += 10) {
            const struct event *event = event_log_next(events, &worker);
            assert_non_null(event);
            CHECK_EQ(event->ns, ns);
            CHECK_EQ(worker, ns == 10 || ns == 40 ? 0 : 1);
        }
        assert_null(event_log_next(events, &worker));
    }
    event_log_free(events);
}
