/* metrics FOLDER CHAIN [prometheus] - a block executed a hundred times: what the engine counted, and what stands in the way of
 * more speed; or the page that Prometheus reads. */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RUNS 100

static void print(const struct pevm_metrics *m)
{
    struct pevm_analysis analysis;
    double seconds = (double)m->transactions_ns / 1e9;
    printf("%" PRIu64 " blocks, %" PRIu64 " transactions, %.1f Mgas/s\n",
           m->blocks,
           m->tasks,
           (double)m->gas / 1e6 / seconds);
    printf("%" PRIu64 " attempts, %" PRIu64 " thrown away, %" PRIu64 " workers %.0f %% busy\n",
           m->incarnations,
           m->aborts,
           m->workers,
           100.0 * (double)m->busy_ns / (double)(m->busy_ns + m->idle_ns + 1));
    pevm_analysis_init(&analysis);
    pevm_metrics_analyze(m, &analysis);
    printf("bottleneck: %s (%s)\n", analysis.name, analysis.recommendation);
}

static int print_page(const pevm_engine *engine)
{
    size_t size = pevm_metrics_write_prometheus(engine, NULL, 0);
    size_t room = size + 4096; /* numbers may grow meanwhile */
    char *page = malloc(room);
    if (page == NULL) return fprintf(stderr, "no memory\n"), 1;
    size = pevm_metrics_write_prometheus(engine, page, room);
    fwrite(page, 1, size, stdout);
    free(page);
    return 0;
}

int main(int argc, char **argv)
{
    struct world world;
    struct pevm_config config;
    struct pevm_input input;
    struct pevm_error error;
    struct pevm_metrics metrics;
    const struct pevm_outcome *outcome;
    pevm_engine *engine;

    if (argc < 3) return fprintf(stderr, "usage: metrics FOLDER CHAIN [prometheus]\n"), 2;
    world_read(&world, argv[1]);
    pevm_state *state = world_state(&world);
    pevm_config_init(&config, PEVM_PRESET_THROUGHPUT);
    config.chain = argv[2];
    if (pevm_engine_open(&engine, &config, &error) != PEVM_OK)
        return fprintf(stderr, "no engine: %s\n", error.text), 1;
    if (pevm_engine_set_profiling(engine, 1) != PEVM_OK) return fprintf(stderr, "no memory\n"), 1;

    pevm_input_init(&input);
    input.block = world.block;
    input.state = state;
    for (int i = 0; i < RUNS; i++)
        if (pevm_engine_execute(engine, &outcome, &input, &error) != PEVM_OK || !outcome->is_valid)
            return fprintf(stderr, "not executed\n"), 1;

    int status = 0;
    pevm_metrics_init(&metrics);
    pevm_metrics_read(engine, &metrics);
    if (argc > 3)
        status = print_page(engine);
    else
        print(&metrics);
    pevm_engine_close(engine);
    pevm_state_free(state);
    world_free(&world);
    return status;
}
