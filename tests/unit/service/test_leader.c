/* Who leads: one at a time, and nobody whose lease may have run out. */
#include "base/clock.h"
#include "service/leader.h"
#include "store/store_memory.h"
#include "support/test.h"

#include <poll.h>

#define MS       UINT64_C(1000000)
#define WAIT_MAX 10000

struct member {
    struct store *store;
    struct board board;
    struct leader *leader;
    struct metrics *metrics;
};

static struct memory_db *db;
static struct board life_board;
static struct life life;
static struct error error;

static void begin(void)
{
    db = memory_db_new();
    board_init(&life_board);
    CHECK_EQ(life_begin(&life, &life_board, &error), PEVM_OK);
    life_set_limits(&life, 0, 60000 * MS);
}

static void end(void)
{
    life_end(&life);
    board_fini(&life_board);
    memory_db_free(db);
}

static void join(struct member *member)
{
    board_init(&member->board);
    CHECK_EQ(store_memory_open(&member->store, db, &error), PEVM_OK);
    CHECK_EQ(service_metrics_new(&member->metrics), PEVM_OK);
    struct leader_options options = {.store = member->store,
                                     .board = &member->board,
                                     .life = &life,
                                     .writer = metrics_writer(member->metrics, WRITER_LEADER),
                                     .ttl_ns = 1000 * MS,
                                     .renew_ns = 100 * MS};
    CHECK_EQ(leader_new(&member->leader, &options, &error), PEVM_OK);
}

static void leave(struct member *member)
{
    leader_free(member->leader);
    metrics_free(member->metrics);
    store_close(member->store);
    board_fini(&member->board);
}

static uint64_t wait_for_token(struct member *member)
{
    uint64_t until_ns = clock_now_ns() + WAIT_MAX * MS;
    while (leader_token(member->leader) == 0) { /* ends: the time is over */
        if (clock_now_ns() > until_ns) fail_msg("nobody leads");
        (void)poll(NULL, 0, 5);
    }
    return leader_token(member->leader);
}

static void wait_for_none(struct member *member)
{
    uint64_t until_ns = clock_now_ns() + WAIT_MAX * MS;
    while (leader_token(member->leader) != 0) { /* ends: the time is over */
        if (clock_now_ns() > until_ns) fail_msg("still leads");
        (void)poll(NULL, 0, 5);
    }
}

static enum role role_of(struct member *member)
{
    struct board_state state;
    board_copy(&member->board, &state);
    return state.role;
}

TEST(whoever_leaves_lets_the_other_lead)
{
    struct member first = {0}, second = {0};
    begin();
    join(&first);
    uint64_t token = wait_for_token(&first);
    CHECK_EQ(role_of(&first), ROLE_LEADER);
    join(&second);
    for (unsigned i = 0; i < 60; i++) {
        CHECK_EQ(leader_token(second.leader), 0);
        (void)poll(NULL, 0, 10);
    }
    leave(&first);
    CHECK(wait_for_token(&second) > token);
    CHECK_EQ(leader_step_downs(second.leader), 0);
    leave(&second);
    end();
}

TEST(who_was_fenced_stops_at_once_and_may_come_again)
{
    struct member one = {0};
    begin();
    join(&one);
    CHECK(wait_for_token(&one) > 0);
    leader_fenced(one.leader);
    wait_for_none(&one);
    while (leader_step_downs(one.leader) == 0) /* ends: its thread counts it */
        (void)poll(NULL, 0, 5);
    CHECK_EQ(role_of(&one), ROLE_STANDBY);
    memory_db_pass_time(db, 1001);
    CHECK(wait_for_token(&one) > 0);
    leave(&one);
    end();
}

TEST(a_lease_that_cannot_be_renewed_ends_before_its_time)
{
    struct member one = {0};
    begin();
    join(&one);
    CHECK(wait_for_token(&one) > 0);
    memory_db_stop_after(db, 0);
    uint64_t since_ns = clock_now_ns();
    wait_for_none(&one);
    CHECK(clock_now_ns() - since_ns < 1000 * MS);
    while (leader_step_downs(one.leader) == 0) /* ends: its thread counts it */
        (void)poll(NULL, 0, 5);
    memory_db_start(db);
    memory_db_pass_time(db, 1001);
    CHECK(wait_for_token(&one) > 0);
    leave(&one);
    end();
}

/* Two who come and go, sampled: never do both hold a token, and each new one is higher. */
TEST(there_are_never_two)
{
    struct member members[2] = {{0}, {0}};
    uint64_t newest = 0;
    unsigned changes = 0;
    begin();
    join(&members[0]);
    join(&members[1]);
    for (unsigned i = 0; i < 400; i++) {
        uint64_t first = leader_token(members[0].leader), second = leader_token(members[1].leader);
        CHECK(first == 0 || second == 0);
        uint64_t token = first + second;
        if (token > newest) changes++;
        CHECK(token == 0 || token >= newest);
        if (token != 0) newest = token;
        if (i % 100 == 99) {
            unsigned who = first != 0 ? 0 : 1;
            leave(&members[who]);
            join(&members[who]);
        }
        (void)poll(NULL, 0, 10);
        memory_db_pass_time(db, 9); /* the store's clock is not ahead of theirs */
    }
    CHECK(changes >= 2);
    leave(&members[0]);
    leave(&members[1]);
    end();
}
