#include "support/stress.h"
#include "sync/parker.h"

#define TOKENS 2

/* Threads pass tokens on: take one, or sleep until there is one; put it back, wake one. A wake that
 * is lost leaves fewer and fewer who move, and in the end a test that hangs. */
static struct world {
    struct parker parker;
    ALIGNED(CACHE_LINE) struct atomic32 tokens;
    struct atomic64 taken;
} world;

static bool take(void)
{
    uint32_t tokens = atomic32_load(&world.tokens, memory_order_seq_cst);
    while (tokens > 0) {
        if (atomic32_cas(&world.tokens, &tokens, tokens - 1, memory_order_seq_cst)) return true;
    }
    return false;
}

static bool wait_for_token(void)
{
    for (;;) {
        if (take()) return true;
        uint32_t ticket = parker_prepare(&world.parker);
        if (take()) {
            parker_cancel(&world.parker);
            return true;
        }
        if (atomic32_load(&stress_stop, memory_order_seq_cst) != 0) {
            parker_cancel(&world.parker);
            return false;
        }
        parker_sleep(&world.parker, ticket);
    }
}

static void pass_on(unsigned thread, void *context)
{
    (void)thread, (void)context;
    while (stress_goes_on() && wait_for_token()) {
        atomic64_add(&world.taken, 1, memory_order_relaxed);
        atomic32_add(&world.tokens, 1, memory_order_seq_cst);
        parker_notify(&world.parker, 1);
    }
}

static void wake_all(void *context)
{
    (void)context;
    parker_notify(&world.parker, PARKER_ALL);
}

TEST(tokens_go_round_while_most_threads_sleep)
{
    static const unsigned counts[] = {2, 3, 8};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        memset(&world, 0, sizeof world);
        atomic32_store(&world.tokens, TOKENS, memory_order_seq_cst);
        stress_run_until(counts[i], 6, pass_on, wake_all, NULL);
        CHECK_EQ(atomic32_load(&world.tokens, memory_order_seq_cst), TOKENS);
        CHECK_EQ(atomic64_load(&world.parker.state, memory_order_seq_cst) >> 32, 0);
        CHECK(atomic64_load(&world.taken, memory_order_seq_cst) > 0);
    }
}

/* Two threads in turn, each sleeping until the other has stored its number: all by release and
 * acquire. */
struct table {
    struct {
        ALIGNED(CACHE_LINE) struct atomic64 ball;
        struct parker parker;
    } side[2];
    uint64_t plain; /* touched by whose turn it is: ThreadSanitizer watches */
    uint64_t rounds;
};

static void ping_pong(unsigned me, void *context)
{
    struct table *table = context;
    unsigned other = 1 - me;
    for (uint64_t round = 1;; round++) {
        while (atomic64_load(&table->side[me].ball, memory_order_acquire) < round) {
            uint32_t ticket = parker_prepare(&table->side[me].parker);
            if (atomic64_load(&table->side[me].ball, memory_order_acquire) >= round)
                parker_cancel(&table->side[me].parker);
            else
                parker_sleep(&table->side[me].parker, ticket);
        }
        table->plain++;
        bool last = atomic64_load(&table->side[me].ball, memory_order_relaxed) == UINT64_MAX;
        bool stop = last || !stress_goes_on();
        /* Side 0 is one round ahead. */
        uint64_t next = stop ? UINT64_MAX : me == 0 ? round : round + 1;
        if (me == 0) table->rounds = round;
        atomic64_store(&table->side[other].ball, next, memory_order_release);
        parker_notify_after_store(&table->side[other].parker, 1);
        if (stop) return;
    }
}

TEST(a_ball_goes_to_and_fro)
{
    static struct table table;
    memset(&table, 0, sizeof table);
    atomic64_store(&table.side[0].ball, 1, memory_order_seq_cst);
    stress_run(2, 3, ping_pong, &table);
    CHECK(table.rounds > 1);
    CHECK(table.plain >= 2 * table.rounds - 1);
}
