#include "cli/block_workload.h"
#include "sim/sim.h"
#include "support/test.h"
#include "sync/handoff.h"

static const struct sim_prices cheap = {.transfer_ns = 0, .sleep_ns = 100, .rise_ns = 100};
static const struct sim_prices usual = {.transfer_ns = 60, .sleep_ns = 1000, .rise_ns = 4000};
static const struct sim_prices dear = {.transfer_ns = 2000, .sleep_ns = 1000, .rise_ns = 4000};

/* A workload with what comes of it, one transaction after another. */
struct scene {
    struct block_workload workload;
    struct engine *engine;
    struct engine_outcome expected;
    struct view view;
    struct engine_input input;
    struct sim *sim;
    struct error error;
};

static enum pevm_status scene_open_as(struct scene *scene,
                                      const char *name,
                                      double scale,
                                      bool even_if_small)
{
    struct block_workload_plan plan = {.scale = scale, .seed = 1};
    error_clear(&scene->error);
    assert_int_equal(
        block_workload_init(&scene->workload, block_workload_find(name), &plan, &scene->error),
        PEVM_OK);
    struct engine_options options = {.chain = &scene->workload.chain, .workers = 1};
    assert_int_equal(engine_new(&scene->engine, &options), PEVM_OK);
    scene->view = memory_state_view(scene->workload.pre_state);
    scene->input = (struct engine_input){.even_if_small = even_if_small,
                                         .block = &scene->workload.block,
                                         .pre_state = &scene->view,
                                         .skip_header_compare = true,
                                         .skip_body_roots = true};
    assert_int_equal(engine_execute(scene->engine, &scene->expected, &scene->input, &scene->error),
                     PEVM_OK);
    struct sim_load load = {.chain = &scene->workload.chain,
                            .input = &scene->input,
                            .expected = &scene->expected,
                            .rounds = 3};
    return sim_open(&scene->sim, &load, &scene->error);
}

/* All that is simulated here would be too small for the engine itself. */
static enum pevm_status scene_open(struct scene *scene, const char *name, double scale)
{
    return scene_open_as(scene, name, scale, true);
}

static void scene_close(struct scene *scene)
{
    sim_close(scene->sim);
    engine_free(scene->engine);
    block_workload_fini(&scene->workload);
}

static struct sim_result run(struct scene *scene, unsigned workers, const struct sim_prices *prices)
{
    struct sim_result result;
    assert_int_equal(sim_run(scene->sim, workers, prices, &result, &scene->error), PEVM_OK);
    return result;
}

TEST(transactions_that_are_apart_share_the_work)
{
    struct scene scene;
    assert_int_equal(scene_open(&scene, "gigagas-raw", 0.02), PEVM_OK);
    struct sim_result one = run(&scene, 1, &cheap), four = run(&scene, 4, &cheap);
    CHECK(one.ok && four.ok);
    CHECK_EQ(one.executions, scene.workload.block.tx_count);
    CHECK_EQ(one.moves, 0);
    CHECK_EQ(one.sleeps, 0);
    CHECK(four.team_ns * 5 < one.team_ns * 2); /* 2.5 times as fast, at least */
    CHECK(four.block_ns > four.team_ns);
    scene_close(&scene);
}

/* One worker simulated takes as long as one that was measured, since its pieces are its own. */
TEST(one_worker_takes_as_long_as_was_measured)
{
    struct scene scene;
    assert_int_equal(scene_open(&scene, "gigagas-raw", 0.02), PEVM_OK);
    uint64_t pieces_ns = 0;
    for (size_t i = 0; i < scene.workload.block.tx_count; i++)
        pieces_ns += sim_alone(scene.sim).tx_ns[i];
    struct sim_result one = run(&scene, 1, &usual);
    CHECK(one.team_ns > pieces_ns);
    CHECK(one.team_ns < pieces_ns * 3);
    CHECK(one.shares[SIM_WORK] + one.shares[SIM_LOOP] > 0.98);
    scene_close(&scene);
}

TEST(lines_that_are_dear_take_longer)
{
    struct scene scene;
    assert_int_equal(scene_open(&scene, "gigagas-raw", 0.02), PEVM_OK);
    struct sim_result little = run(&scene, 2, &cheap), much = run(&scene, 2, &dear);
    CHECK(little.ok && much.ok);
    CHECK(much.moves > 0);
    CHECK(much.team_ns > little.team_ns);
    CHECK(much.shares[SIM_MOVE] > little.shares[SIM_MOVE]);
    scene_close(&scene);
}

/* Whatever conflicts there are, on as many workers as there can be. */
TEST(every_outcome_is_the_sequential_one)
{
    static const char *const names[] = {"worst-raw",
                                        "contended-raw",
                                        "single-slot",
                                        "coinbase-read",
                                        "own-mixed",
                                        "ConflictDetection/high_conflict"};
    static const unsigned workers[] = {1, 2, 3, 8, 16, SIM_WORKERS_MAX};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct scene scene;
        assert_int_equal(scene_open(&scene, names[i], 0.01), PEVM_OK);
        for (size_t k = 0; k < COUNT_OF(workers); k++) {
            struct sim_result result = run(&scene, workers[k], &usual);
            CHECK(result.ok);
            CHECK(result.executions >= scene.workload.block.tx_count);
            CHECK(result.team_ns > 0);
        }
        scene_close(&scene);
    }
}

TEST(a_chain_is_not_faster_on_many)
{
    struct scene scene;
    assert_int_equal(scene_open(&scene, "single-slot", 0.05), PEVM_OK);
    struct sim_result one = run(&scene, 1, &cheap), many = run(&scene, 16, &cheap);
    CHECK(many.ok);
    CHECK(many.team_ns * 2 > one.team_ns);
    CHECK(many.shares[SIM_IDLE] + many.shares[SIM_AGAIN] > 0.5);
    scene_close(&scene);
}

TEST(another_outcome_is_told)
{
    struct scene scene;
    assert_int_equal(scene_open(&scene, "gigagas-raw", 0.01), PEVM_OK);
    scene.expected.gas_used++;
    struct sim_result result = run(&scene, 2, &usual);
    CHECK(!result.ok);
    CHECK(strstr(result.text, "gas") != NULL);
    scene_close(&scene);
}

TEST(a_block_that_is_too_small_cannot_be_simulated)
{
    struct scene scene;
    assert_int_equal(scene_open_as(&scene, "gigagas-raw", 0.00001, false), PEVM_UNSUPPORTED);
    CHECK(strstr(scene.error.text, "parallel") != NULL);
    scene.sim = NULL;
    scene_close(&scene);
}

TEST(what_meeting_costs_can_be_measured)
{
    struct handoff handoff = {0};
    if (handoff_measure(&handoff) == PEVM_UNSUPPORTED) skip(); /* one processor */
    CHECK(handoff.transfer_ns > 0);
    CHECK(handoff.rise_ns > 0);
}
