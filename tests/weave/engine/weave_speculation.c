/* The loop that ships, with its scheduler and its versions, on little scripts: whatever the interleaving, transactions become
 * final in order, each with what it reads when they run one after another, and all workers come back. */
#include "support/script_world.h"
#include "support/test.h"
#include "sync/weave.h"

#include <stdio.h>

struct scene {
    struct script_world world;
    const struct script *scripts;
    uint32_t count, claim_size;
    uint64_t resumed; /* over all schedules: attempts that went on where they were blocked */
};

static void setup(void *context)
{
    struct scene *scene = context;
    script_world_begin(&scene->world, scene->scripts, scene->count, scene->claim_size);
}

static void work(void *context, unsigned thread)
{
    speculation_work(thread, ((struct scene *)context)->world.speculation);
}

static void judge(void *context)
{
    struct scene *scene = context;
    const char *problem = script_world_judge(&scene->world);
    scene->resumed += speculation_end(scene->world.speculation).resumed;
    if (problem != NULL) weave_fail("%s", problem);
}

static void explore(struct scene *scene, unsigned workers, struct weave_options options)
{
    struct weave_program program = {
        .world = scene, .setup = setup, .thread_count = workers, .check = judge};
    for (unsigned i = 0; i < workers; i++)
        program.threads[i] = work;
    options.delay_stores = true;
    struct weave_result result = weave_run(&options, &program);
    CHECK(!result.failed);
    CHECK(options.mode != WEAVE_EXHAUSTIVE || result.complete);
}

/* All schedules of two workers with at most two preemptions, of three workers with at most one. */
static void check_all(const char *name,
                      const struct script *scripts,
                      uint32_t count,
                      uint32_t claim_size,
                      struct script_state base)
{
    for (unsigned workers = 2; workers <= 3; workers++) {
        struct scene scene = {.scripts = scripts, .count = count, .claim_size = claim_size};
        assert_true(script_world_init(&scene.world, workers));
        scene.world.base = base;
        struct weave_options options = {.name = name, .preemptions_max = 4 - workers};
        explore(&scene, workers, options);
        options = (struct weave_options){.name = name, .mode = WEAVE_PCT, .runs = 2000};
        explore(&scene, workers, options);
        script_world_fini(&scene.world);
    }
}

#define CHECK_ALL(name, ...)                                                                       \
    do {                                                                                           \
        static const struct script scripts[] = {__VA_ARGS__};                                      \
        check_all(name, scripts, COUNT_OF(scripts), 1, (struct script_state){.slots = {0}});       \
    } while (0)

/* ---- words ------------------------------------------------------------------------------------- */

TEST(three_that_read_what_the_one_before_wrote)
{
    CHECK_ALL("chain",
              {
                  .ops = {READ(0), WRITE(0)}
    },
              {.ops = {READ(0), WRITE(0)}},
              {.ops = {READ(0), WRITE(0)}});
}

/* The last reads a word of its own first, then one that has to be waited for: twice, and of two others. */
TEST(what_is_blocked_goes_on_from_there)
{
    static const struct script scripts[] = {{.ops = {READ(0), WRITE(0)}},
                                            {.ops = {READ(0), WRITE(0), WRITE(1)}},
                                            {.ops = {READ(2), READ(0), READ(1), WRITE(2)}},
                                            {.ops = {READ(2), READ(0), WRITE(0)}}};
    struct scene scene = {.scripts = scripts, .count = COUNT_OF(scripts), .claim_size = 1};
    assert_true(script_world_init(&scene.world, 3));
    explore(&scene, 3, (struct weave_options){.name = "go on", .mode = WEAVE_PCT, .runs = 20000});
    printf("went on: %llu times\n", (unsigned long long)scene.resumed);
    CHECK(scene.resumed > 100);
    script_world_fini(&scene.world);
}

TEST(three_across_two_words)
{
    CHECK_ALL("across",
              {
                  .ops = {READ(0), WRITE(1)}
    },
              {.ops = {READ(1), WRITE(0)}},
              {.ops = {READ(0), READ(1), WRITE(1)}});
}

TEST(the_last_reads_what_both_others_wrote)
{
    CHECK_ALL("both",
              {
                  .ops = {PUT(0, 5)}
    },
              {.ops = {READ(0), PUT(1, 6)}},
              {.ops = {READ(1), READ(0), WRITE(0)}});
}

TEST(three_that_have_nothing_to_do_with_one_another)
{
    CHECK_ALL("apart",
              {
                  .ops = {READ(0), WRITE(0)}
    },
              {.ops = {READ(1), WRITE(1)}},
              {.ops = {READ(2), WRITE(2)}});
}

/* What is written depends on what was read, so versions of wrong attempts have to go. */
TEST(versions_of_an_attempt_that_was_wrong_go)
{
    CHECK_ALL("choose",
              {
                  .ops = {PUT(0, 1)}
    },
              {.ops = {READ(0), CHOOSE, PUT(1, 7)}},
              {.ops = {READ(1), READ(0), WRITE(1)}});
    CHECK_ALL("choose twice",
              {
                  .ops = {PUT(0, 2)}
    },
              {.ops = {READ(0), CHOOSE, PUT(1, 7), CHOOSE, WRITE(0)}},
              {.ops = {READ(0), READ(1), WRITE(0)}});
}

TEST(the_same_value_again_is_no_change)
{
    CHECK_ALL("silent",
              {
                  .ops = {PUT(0, 0)}
    },
              {.ops = {READ(0), PUT(0, 0), WRITE(1)}},
              {.ops = {READ(0), READ(1), WRITE(0)}});
}

TEST(a_reset_and_who_asks_for_storage)
{
    CHECK_ALL("storage",
              {
                  .ops = {PUT(0, 1)}
    },
              {.ops = {STORAGE, WRITE(1)}},
              {.ops = {READ(1)}});
    CHECK_ALL("reset",
              {
                  .ops = {PUT(0, 1)}
    },
              {.ops = {RESET, PUT(1, 2)}},
              {.ops = {READ(0), READ(1)}});
    CHECK_ALL("reset, storage",
              {
                  .ops = {PUT(0, 1)}
    },
              {.ops = {RESET}},
              {.ops = {STORAGE, WRITE(1)}});
}

/* ---- balances, nonces, tips -------------------------------------------------------------------- */

TEST(who_is_paid_can_spend)
{
    CHECK_ALL("paid",
              {
                  .ops = {PAY(0, 2)}
    },
              {.ops = {SPEND(0, 1), PAY(1, 1)}},
              {.ops = {SPEND(0, 1), LOOK(1), WRITE(0)}});
    CHECK_ALL("paid again",
              {
                  .ops = {PAY(0, 1)}
    },
              {.ops = {LOOK(0), CHOOSE, PAY(0, 3)}},
              {.ops = {SPEND(0, 1), LOOK(0), WRITE(0)}});
}

TEST(everybody_pays_the_coinbase_and_somebody_looks)
{
    CHECK_ALL("tips",
              {
                  .tip = 1, .ops = {READ(0)}
    },
              {.tip = 2, .ops = {LOOK(SCRIPT_COINBASE), WRITE(0)}},
              {.tip = 1, .ops = {LOOK(SCRIPT_COINBASE), READ(0), WRITE(1)}});
    CHECK_ALL("the coinbase spends",
              {
                  .tip = 2, .ops = {PAY(SCRIPT_COINBASE, 1)}
    },
              {.tip = 1, .ops = {SPEND(SCRIPT_COINBASE, 3), WRITE(0)}},
              {.tip = 1, .ops = {LOOK(SCRIPT_COINBASE), READ(0), WRITE(1)}});
}

TEST(nonces_of_a_sender_are_known_ahead)
{
    CHECK_ALL("nonces",
              {
                  .ops = {SEND(0, 0), WRITE(0)}
    },
              {.ops = {SEND(0, 1), READ(0), WRITE(0)}},
              {.ops = {SEND(0, 2), WRITE(1)}});
}

/* ---- blocks that end early --------------------------------------------------------------------- */

TEST(a_block_ends_before_a_transaction_that_cannot_be_in_it)
{
    CHECK_ALL("nonce too high",
              {
                  .ops = {SEND(0, 0), WRITE(0)}
    },
              {.ops = {SEND(0, 2), READ(0), WRITE(0)}},
              {.ops = {SEND(0, 1), READ(0), WRITE(1)}});
    CHECK_ALL("too poor",
              {
                  .ops = {PAY(0, 1)}
    },
              {.ops = {SPEND(0, 2), WRITE(0)}},
              {.ops = {READ(0), WRITE(1)}});
    CHECK_ALL("refused",
              {
                  .ops = {PUT(0, 1)}
    },
              {.ops = {READ(0), WRITE(0)}},
              {.ops = {READ(0), WRITE(1)}, .is_refused = true});
}

TEST(what_looked_invalid_may_be_valid_in_its_place)
{
    CHECK_ALL("valid after all",
              {
                  .ops = {PUT(0, 1)}
    },
              {.ops = {IS(0, 1), PUT(1, 1)}},
              {.ops = {IS(1, 1), READ(0), WRITE(0)}});
    CHECK_ALL("rich after all",
              {
                  .ops = {PAY(0, 2)}
    },
              {.ops = {SPEND(0, 2), PAY(1, 2)}},
              {.ops = {SPEND(1, 1), READ(0), WRITE(0)}});
}

/* ---- claims, cancelling ------------------------------------------------------------------------ */

TEST(adjacent_transactions_are_claimed_together)
{
    static const struct script scripts[] = {{.ops = {READ(0), WRITE(0)}},
                                            {.ops = {READ(0), WRITE(0)}},
                                            {.ops = {READ(0), WRITE(1)}},
                                            {.ops = {READ(1), WRITE(0)}}};
    for (uint32_t size = 2; size <= 3; size++)
        check_all("claims", scripts, COUNT_OF(scripts), size, (struct script_state){.slots = {3}});
}

/* Who waits before its first attempt is woken, whatever the order. */
TEST(hints_right_and_wrong_change_nothing)
{
    static const struct script scripts[] = {
        {.ops = {READ(0), WRITE(0)}}, {.ops = {READ(0), WRITE(0)}}, {.ops = {READ(0), WRITE(1)}}};
    static const struct hint nobody = {
        .before = {HINT_NONE, HINT_NONE}
    };
    const struct hint sets[][COUNT_OF(scripts)] = {
        {nobody, {.before = {0, HINT_NONE}}, {.before = {1, 0}}        }, /* all there is */
        {nobody, nobody,                     {.before = {0, HINT_NONE}}}, /* the wrong one */
        {nobody, {.before = {0, HINT_NONE}}, nobody                    },
    };
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        struct scene scene = {.scripts = scripts, .count = COUNT_OF(scripts), .claim_size = 1};
        assert_true(script_world_init(&scene.world, 3));
        scene.world.hints = sets[i];
        explore(&scene, 2, (struct weave_options){.name = "hints", .preemptions_max = 1});
        struct weave_options options = {.name = "hints", .mode = WEAVE_PCT, .runs = 2000};
        explore(&scene, 3, options);
        script_world_fini(&scene.world);
    }
}

static bool chosen(void *context)
{
    (void)context;
    return weave_choose(2) == 1;
}

/* What is final then is right all the same. */
TEST(a_block_can_be_cancelled_at_any_moment)
{
    static const struct script scripts[] = {
        {.ops = {READ(0), WRITE(0)}}, {.ops = {READ(0), WRITE(0)}}, {.ops = {READ(0), WRITE(1)}}};
    struct scene scene = {.scripts = scripts, .count = COUNT_OF(scripts), .claim_size = 1};
    assert_true(script_world_init(&scene.world, 2));
    scene.world.cancel = chosen;
    explore(&scene, 2, (struct weave_options){.name = "cancel", .preemptions_max = 1});
    script_world_fini(&scene.world);
}

/* ---- random blocks ----------------------------------------------------------------------------- */

/* Small ones, on few locations: random schedules, and PCT's. */
TEST(random_blocks_in_random_schedules)
{
    static struct script scripts[SCRIPT_TXS_MAX];
    for (uint64_t seed = 1; seed <= 300; seed++) {
        unsigned workers = 2 + (unsigned)(seed % 3);
        struct scene scene = {.scripts = scripts,
                              .count = 3 + (uint32_t)(seed % 9),
                              .claim_size = 1 + (uint32_t)(seed % 2)};
        assert_true(script_world_init(&scene.world, workers));
        scripts_random(scripts, scene.count, 1 + (unsigned)(seed % 3), seed);
        for (unsigned i = 0; i < SCRIPT_ACCOUNTS; i++)
            scene.world.base.balances[i] = 3;
        char name[32];
        snprintf(name, sizeof name, "block %d", (int)seed);
        struct weave_options options = {
            .name = name, .mode = WEAVE_RANDOM, .runs = 40, .seed = seed};
        explore(&scene, workers, options);
        options.mode = WEAVE_PCT;
        options.pct_depth = 3 + (unsigned)(seed % 4);
        explore(&scene, workers, options);
        script_world_fini(&scene.world);
    }
}
