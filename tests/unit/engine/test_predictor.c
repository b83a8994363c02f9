#include "engine/predictor.h"
#include "support/test.h"

#define TXS 8

static struct tx calls[TXS];
static hash32 slot;
static struct access_entry access;

/* Calls of contract `to`, each with its selector: "aabb" is four calls of two kinds. */
static void block_of(const char *selectors, uint8_t to)
{
    memset(calls, 0, sizeof calls);
    for (uint32_t i = 0; i < TXS; i++) {
        calls[i].to = (address){{to}};
        calls[i].data = bytes_of((const uint8_t *)"aaaabbbbcccc" + 4 * (selectors[i] - 'a'), 4);
    }
}

struct school {
    struct predictor *predictor;
    struct hints hints;
};

static struct school school_open(void)
{
    struct school school;
    assert_int_equal(predictor_new(&school.predictor), PEVM_OK);
    hints_init(&school.hints);
    return school;
}

static void school_close(struct school *school)
{
    predictor_free(school->predictor);
    hints_fini(&school->hints);
}

/* Hints for the block; how many. */
static uint32_t ask(struct school *school, bool by_slots)
{
    assert_int_equal(hints_begin(&school->hints, TXS), PEVM_OK);
    predictor_hint(school->predictor, &school->hints, calls, TXS, by_slots);
    return school->hints.used;
}

/* Each transaction met the one before, from the `from`th on; the others nobody. */
static void teach(struct school *school, uint32_t from)
{
    uint32_t met[TXS];
    for (uint32_t i = 0; i < TXS; i++)
        met[i] = i >= from ? i - 1 : PREDICTOR_MET_NOBODY;
    predictor_learn(school->predictor, met, TXS);
}

TEST(who_never_met_anybody_is_not_told_to_wait)
{
    struct school school = school_open();
    block_of("aaaabbbb", 1);
    for (unsigned i = 0; i < 5; i++) {
        CHECK_EQ(ask(&school, true), 0);
        teach(&school, TXS);
    }
    school_close(&school);
}

TEST(calls_that_met_their_like_wait_for_the_last_of_them)
{
    struct school school = school_open();
    block_of("aaaaaaaa", 1);
    CHECK_EQ(ask(&school, false), 0);
    teach(&school, 1);
    block_of("aabbaabb", 1);
    CHECK_EQ(ask(&school, false), 3); /* the first has nobody to wait for; b is another */
    CHECK_EQ(school.hints.by_tx[1].before[0], 0);
    CHECK_EQ(school.hints.by_tx[4].before[0], 1);
    CHECK_EQ(school.hints.by_tx[5].before[0], 4);
    block_of("aaaaaaaa", 2);
    CHECK_EQ(ask(&school, false), 0); /* another contract */
    school_close(&school);
}

TEST(who_meets_nobody_any_more_is_let_go_and_who_waits_keeps_waiting_for_long)
{
    struct school school = school_open();
    block_of("aaaaaaaa", 1);
    (void)ask(&school, false);
    teach(&school, 1);
    for (unsigned i = 0; i < 3; i++) { /* they wait, and so meet nobody */
        CHECK(ask(&school, false) > 0);
        teach(&school, TXS);
    }
    unsigned blocks = 0;
    for (; ask(&school, false) > 0; blocks++)
        teach(&school, TXS);
    CHECK(blocks > 5 && blocks < 100);
    school_close(&school);
}

TEST(access_lists_are_a_reason_for_classes_that_met_somebody)
{
    struct school school = school_open();
    slot.bytes[31] = 7;
    access = (struct access_entry){.slots = &slot, .slot_count = 1};
    block_of("aaaaaaaa", 1);
    calls[2].access_list = calls[6].access_list = &access;
    calls[2].access_count = calls[6].access_count = 1;
    CHECK_EQ(ask(&school, true), 0);
    teach(&school, 7); /* once: not enough to wait for any of its kind */
    CHECK_EQ(ask(&school, false), 0);
    CHECK_EQ(ask(&school, true), 1);
    CHECK_EQ(school.hints.by_tx[6].before[0], 2);
    school_close(&school);
}

TEST(nonsense_teaches_nothing)
{
    struct school school = school_open();
    uint32_t met[TXS];
    for (uint32_t i = 0; i < TXS; i++)
        met[i] = i + 1000;
    predictor_learn(school.predictor, met, TXS); /* no block yet */
    block_of("aaaaaaaa", 1);
    CHECK_EQ(ask(&school, true), 0);
    predictor_learn(school.predictor, met, TXS);
    predictor_learn(school.predictor, met, 0);
    CHECK_EQ(ask(&school, true), 0);
    for (uint32_t i = 0; i < TXS; i++)
        calls[i].is_creation = true;
    CHECK_EQ(ask(&school, true), 0);
    school_close(&school);
}
