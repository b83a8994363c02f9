/* The scheduler under the loop that ships (engine/speculation.c), on a toy in place of the multi-version state: one word for
 * each transaction and location. So a schedule has fewer steps, and more preemptions can be explored;
 * with PEVM_WEAVE_PREEMPTIONS=3 everywhere it is 16 million schedules. */
#include "engine/speculation.h"
#include "support/test.h"
#include "sync/atomic.h"
#include "sync/spin.h"
#include "sync/weave.h"

#define TXS_MAX   4
#define PLACES    2
#define UNSEEN    UINT32_MAX
#define DATA      1u /* in a version; the value above the two bits */
#define ESTIMATE  2u
#define NO_WRITES 0xff

/* What a transaction reads, and where it then writes a value made of that. */
struct deed {
    uint8_t reads, writes;  /* a bit for each place */
    bool is_fickle;         /* writes only when what it read is even */
    bool wants_all_final;   /* asks for something that is known only when all below are final */
    bool is_invalid_if_odd; /* when what it read is odd */
    bool
        is_last; /* of the first attempts: it is published when all others are, and worker 0 waits for that */
};

struct mv {
    struct atomic32 versions[TXS_MAX][PLACES];
    struct atomic32 frontier;
    uint32_t seen[TXS_MAX][PLACES]; /* by the published attempt; of whoever holds the transaction */
};

static struct world {
    struct mv mv;
    const struct deed *deeds;
    uint32_t count, claim_size;
    struct speculation *speculation;
    uint32_t results[TXS_MAX], expected[TXS_MAX], expected_final, accepted;
    bool is_held[TXS_MAX];
    struct atomic32 attempted,
        last_attempted; /* how many were published once; and the last of them */
    bool was_attempted[TXS_MAX];
} world;

/* ---- the toy --------------------------------------------------------------------------------- */

static enum view_answer toy_read(struct mv *mv, uint32_t tx, unsigned place, uint32_t *out)
{
    for (uint32_t i = tx; i-- > 0;) {
        uint32_t version = atomic32_load(&mv->versions[i][place], memory_order_acquire);
        if (version == 0) continue;
        *out = (version & ESTIMATE) != 0 ? i : version >> 2;
        return (version & ESTIMATE) != 0 ? VIEW_BLOCKED : VIEW_OK;
    }
    *out = 0;
    return VIEW_OK;
}

void mv_attempt_init(struct mv_attempt *attempt)
{
    *attempt = (struct mv_attempt){.mv = NULL};
}

bool mv_attempt_reserve(struct mv_attempt *attempt)
{
    (void)attempt;
    return true;
}

void mv_attempt_fini(struct mv_attempt *attempt)
{
    (void)attempt;
}

void mv_attempt_begin(struct mv_attempt *attempt, struct mv *mv, unsigned worker, uint32_t tx)
{
    *attempt = (struct mv_attempt){.mv = mv, .worker = worker, .tx = tx, .blocked_on = MV_NOBODY};
}

/* Nothing goes on where it was blocked here: the toy starts again. */
void mv_attempt_resume(struct mv_attempt *attempt, unsigned worker)
{
    (void)attempt, (void)worker;
    WEAVE_CHECK(false);
}

bool mv_attempt_holds(const struct mv_attempt *attempt)
{
    (void)attempt;
    return false;
}

void mv_retract(struct mv *mv, uint32_t tx)
{
    for (unsigned place = 0; place < PLACES; place++)
        if (mv->versions[tx][place].value != 0)
            (void)atomic32_or(&mv->versions[tx][place], ESTIMATE, memory_order_acq_rel);
}

uint32_t mv_untrue(struct mv *mv, unsigned worker, uint32_t tx, bool with_predictions)
{
    (void)worker, (void)with_predictions;
    for (unsigned place = 0; place < PLACES; place++) {
        uint32_t now;
        if (mv->seen[tx][place] == UNSEEN) continue;
        if (toy_read(mv, tx, place, &now) != VIEW_OK || now != mv->seen[tx][place]) return place;
    }
    return MV_NOBODY;
}

uint32_t mv_writer(struct mv *mv, uint32_t place, uint32_t tx)
{
    (void)mv, (void)place, (void)tx;
    return MV_NOBODY;
}

bool mv_holds(struct mv *mv, unsigned worker, uint32_t tx, bool with_predictions)
{
    return mv_untrue(mv, worker, tx, with_predictions) == MV_NOBODY;
}

bool mv_concerns(const struct mv_attempt *attempt, uint32_t reader)
{
    (void)attempt, (void)reader;
    return true;
}

void mv_frontier_set(struct mv *mv, uint32_t tx)
{
    if (world.deeds[tx < world.count ? tx : 0].wants_all_final)
        atomic32_store(&mv->frontier, tx, memory_order_release);
}

/* ---- deeds ----------------------------------------------------------------------------------- */

static uint32_t mixed(uint32_t result, uint32_t seen)
{
    return (result * 3 + seen + 1) & 0xfff;
}

/* NO_WRITES: the transaction is invalid. */
static uint8_t writes_of(const struct deed *deed, uint32_t result)
{
    if (deed->is_invalid_if_odd && result % 2 != 0) return NO_WRITES;
    return deed->is_fickle && result % 2 != 0 ? 0 : deed->writes;
}

static void publish(struct mv *mv, uint32_t tx, uint8_t writes, uint32_t value)
{
    for (unsigned place = 0; place < PLACES; place++) {
        bool is_written = writes != NO_WRITES && (writes >> place & 1) != 0;
        uint32_t version = is_written ? value << 2 | DATA : 0;
        if (mv->versions[tx][place].value != version)
            atomic32_store(&mv->versions[tx][place], version, memory_order_release);
    }
}

/* Schedules that begin with the last one first need fewer preemptions for the rest. */
static void note_attempt_before(const struct deed *deed, uint32_t tx)
{
    if (world.was_attempted[tx]) return;
    world.was_attempted[tx] = true;
    while (deed->is_last && atomic32_load(&world.attempted, memory_order_seq_cst) < world.count - 1)
        cpu_pause(); /* ends: the others do not wait for this one */
    (void)atomic32_add(&world.attempted, 1, memory_order_seq_cst);
}

static enum attempt_end run(void *context,
                            struct mv_attempt *attempt,
                            unsigned seat,
                            uint32_t *readers_to)
{
    uint32_t tx = attempt->tx, result = tx, now;
    const struct deed *deed = &world.deeds[tx];
    struct mv *mv = attempt->mv;
    (void)context, (void)seat;
    WEAVE_CHECK(!world.is_held[tx]);   /* I1 */
    WEAVE_CHECK(tx >= world.accepted); /* I3 */
    world.is_held[tx] = true;
    uint32_t seen[PLACES] = {UNSEEN, UNSEEN};
    enum attempt_end end = ATTEMPT_SOUND;
    if (deed->wants_all_final && atomic32_load(&mv->frontier, memory_order_acquire) < tx) {
        attempt->blocked_on = tx - 1;
        attempt->needs_final = true;
        end = ATTEMPT_BLOCKED;
    }
    for (unsigned place = 0; place < PLACES && end == ATTEMPT_SOUND; place++) {
        if ((deed->reads >> place & 1) == 0) continue;
        if (toy_read(mv, tx, place, &now) == VIEW_BLOCKED) {
            attempt->blocked_on = now;
            end = ATTEMPT_BLOCKED;
            break;
        }
        seen[place] = now;
        result = mixed(result, now);
    }
    world.is_held[tx] = false;
    if (end == ATTEMPT_BLOCKED) return end;
    note_attempt_before(deed, tx);
    memcpy(mv->seen[tx], seen, sizeof seen);
    world.results[tx] = result;
    publish(mv, tx, writes_of(deed, result), result);
    *readers_to = world.count;
    if (deed->is_last) atomic32_store(&world.last_attempted, 1, memory_order_seq_cst);
    return writes_of(deed, result) == NO_WRITES ? ATTEMPT_UNSURE : ATTEMPT_SOUND;
}

static bool accept(void *context, uint32_t tx)
{
    (void)context;
    WEAVE_CHECK(tx == world.accepted); /* I3 */
    WEAVE_CHECK(!world.is_held[tx]);
    WEAVE_CHECK(tx < world.expected_final);
    WEAVE_CHECK(world.results[tx] == world.expected[tx]);
    world.accepted = tx + 1;
    return true;
}

static bool is_cancelled(void *context)
{
    (void)context;
    if (!world.deeds[0].is_last) return false;
    if (atomic32_load(&world.attempted, memory_order_seq_cst) + 1 < world.count) return false;
    while (atomic32_load(&world.last_attempted, memory_order_seq_cst) == 0)
        cpu_pause(); /* ends: another worker has it */
    return false;
}

static void expect(void)
{
    uint32_t state[PLACES] = {0};
    for (world.expected_final = 0; world.expected_final < world.count; world.expected_final++) {
        uint32_t tx = world.expected_final, result = tx;
        for (unsigned place = 0; place < PLACES; place++)
            if (world.deeds[tx].reads >> place & 1) result = mixed(result, state[place]);
        world.expected[tx] = result;
        uint8_t writes = writes_of(&world.deeds[tx], result);
        if (writes == NO_WRITES) return;
        for (unsigned place = 0; place < PLACES; place++)
            if (writes >> place & 1) state[place] = result;
    }
}

/* ---- schedules ------------------------------------------------------------------------------- */

static void setup(void *context)
{
    static const struct speculation_ops ops = {run, NULL, accept, is_cancelled};
    (void)context;
    memset(&world.mv, 0, sizeof world.mv);
    memset(world.is_held, 0, sizeof world.is_held);
    memset(world.was_attempted, 0, sizeof world.was_attempted);
    atomic32_init(&world.attempted, 0);
    atomic32_init(&world.last_attempted, 0);
    world.accepted = 0;
    assert_int_equal(speculation_begin(world.speculation,
                                       &(struct speculation_block){.ops = &ops,
                                                                   .mv = &world.mv,
                                                                   .tx_count = world.count,
                                                                   .claim_size = world.claim_size}),
                     PEVM_OK);
}

static void work(void *context, unsigned thread)
{
    (void)context;
    speculation_work(thread, world.speculation);
}

static void judge(void *context)
{
    (void)context;
    WEAVE_CHECK(world.accepted == world.expected_final);
    WEAVE_CHECK(speculation_end(world.speculation).final == world.expected_final);
}

static void explore(unsigned workers, struct weave_options options)
{
    struct weave_program program = {.setup = setup, .thread_count = workers, .check = judge};
    for (unsigned i = 0; i < workers; i++)
        program.threads[i] = work;
    assert_int_equal(speculation_new(&world.speculation, workers), PEVM_OK);
    struct weave_result result = weave_run(&options, &program);
    CHECK(!result.failed);
    CHECK(options.mode != WEAVE_EXHAUSTIVE || result.complete);
    speculation_free(world.speculation);
}

/* All schedules of two workers with at most so many preemptions, of three with one less; then chance. */
static void check_all(const char *name,
                      unsigned preemptions,
                      uint32_t claim_size,
                      const struct deed *deeds)
{
    world = (struct world){.deeds = deeds, .count = 3, .claim_size = claim_size};
    expect();
    explore(2, (struct weave_options){.name = name, .preemptions_max = preemptions});
    explore(3, (struct weave_options){.name = name, .preemptions_max = preemptions - 1});
    explore(3, (struct weave_options){.name = name, .mode = WEAVE_RANDOM, .runs = 5000});
    for (unsigned depth = 3; depth < 7; depth++)
        explore(
            3,
            (struct weave_options){
                .name = name, .mode = WEAVE_PCT, .runs = 3000, .seed = depth, .pct_depth = depth});
}

#define A 1
#define B 2
#define DEED(...)                                                                                  \
    {                                                                                              \
        .reads = __VA_ARGS__                                                                       \
    }

TEST(a_chain)
{
    static const struct deed deeds[] = {
        DEED(A, .writes = A), DEED(A, .writes = A), DEED(A, .writes = A)};
    check_all("chain", 2, 1, deeds);
    check_all("claimed chain", 2, 2, deeds);
}

TEST(two_places_crossed)
{
    static const struct deed deeds[] = {
        DEED(A, .writes = B), DEED(B, .writes = A), DEED(A | B, .writes = A)};
    check_all("crossed", 2, 1, deeds);
}

TEST(writes_that_come_and_go)
{
    static const struct deed deeds[] = {
        DEED(0, .writes = A), DEED(A, .writes = A, .is_fickle = true), DEED(A, .writes = B)};
    check_all("fickle", 2, 1, deeds);
}

TEST(one_that_waits_until_all_below_are_final)
{
    static const struct deed deeds[] = {
        DEED(A, .writes = A), DEED(A, .writes = A), DEED(A, .writes = B, .wants_all_final = true)};
    check_all("final", 2, 1, deeds);
}

TEST(one_that_is_invalid_in_its_place_or_only_looks_so)
{
    static const struct deed is[] = {DEED(0, .writes = A),
                                     DEED(A, .writes = A),
                                     DEED(A, .writes = A, .is_invalid_if_odd = true)};
    static const struct deed looks[] = {DEED(A, .writes = A),
                                        DEED(A, .writes = A, .is_invalid_if_odd = true),
                                        DEED(A, .writes = A)};
    check_all("invalid", 2, 1, is);
    check_all("perhaps invalid", 2, 1, looks);
}

/* The second is stale, and may be checked by one worker while another finds the third good: that must not stay good. */
TEST(a_chain_whose_first_comes_last)
{
    static const struct deed deeds[] = {
        DEED(A, .writes = A, .is_last = true), DEED(A, .writes = A), DEED(A, .writes = A)};
    check_all("first comes last", 2, 1, deeds);
}

TEST(independent_ones)
{
    static const struct deed deeds[] = {
        DEED(0, .writes = 0), DEED(0, .writes = 0), DEED(0, .writes = 0)};
    check_all("independent", 2, 1, deeds);
}
