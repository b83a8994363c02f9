#include "base/rng.h"
#include "cli/oracle_graph.h"
#include "support/test.h"

static uint64_t time_of(const struct oracle_graph *graph, const uint64_t *costs, unsigned workers)
{
    uint64_t time = 0;
    CHECK(oracle_graph_schedule(graph, costs, workers, &time));
    return time;
}

static void add_txs(struct oracle_graph *graph, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        oracle_graph_next(graph);
}

TEST(a_block_without_transactions_takes_no_time)
{
    struct oracle_graph graph;
    oracle_graph_init(&graph);
    CHECK_EQ(time_of(&graph, NULL, 1), 0);
    CHECK_EQ(oracle_graph_waiting(&graph), 0);
    oracle_graph_fini(&graph);
}

TEST(without_edges_workers_share_the_work)
{
    static const uint64_t costs[] = {1, 1, 1, 1, 4};
    struct oracle_graph graph;
    oracle_graph_init(&graph);
    add_txs(&graph, 5);
    CHECK_EQ(time_of(&graph, costs, 1), 8);
    CHECK_EQ(time_of(&graph, costs, 2),
             4); /* the long one first, though it is the last of the block */
    CHECK_EQ(time_of(&graph, costs, ORACLE_UNLIMITED), 4);
    oracle_graph_fini(&graph);
}

TEST(a_chain_takes_its_whole_length)
{
    static const uint64_t costs[] = {3, 5, 7};
    struct oracle_graph graph;
    oracle_graph_init(&graph);
    oracle_graph_next(&graph);
    oracle_graph_next(&graph);
    oracle_graph_add(&graph, 0);
    oracle_graph_add(&graph, 0); /* twice is once */
    oracle_graph_next(&graph);
    oracle_graph_add(&graph, 1);
    CHECK_EQ(graph.edge_count, 2);
    CHECK_EQ(oracle_graph_waiting(&graph), 2);
    CHECK_EQ(time_of(&graph, costs, 8), 15);
    oracle_graph_fini(&graph);
}

TEST(a_fork_waits_for_the_longer_side)
{
    /* 0 before 1 and 2, both before 3 */
    static const uint64_t costs[] = {1, 10, 2, 1};
    struct oracle_graph graph;
    oracle_graph_init(&graph);
    oracle_graph_next(&graph);
    for (uint32_t i = 1; i < 3; i++) {
        oracle_graph_next(&graph);
        oracle_graph_add(&graph, 0);
    }
    oracle_graph_next(&graph);
    oracle_graph_add(&graph, 2);
    oracle_graph_add(&graph, 1);
    CHECK_EQ(time_of(&graph, costs, 2), 12);
    CHECK_EQ(time_of(&graph, costs, 1), 14);
    oracle_graph_fini(&graph);
}

TEST(transactions_that_cost_nothing_come_to_an_end)
{
    static const uint64_t costs[4] = {0};
    struct oracle_graph graph;
    oracle_graph_init(&graph);
    for (uint32_t i = 0; i < 4; i++) {
        oracle_graph_next(&graph);
        if (i > 0) oracle_graph_add(&graph, i - 1);
    }
    CHECK_EQ(time_of(&graph, costs, 2), 0);
    oracle_graph_fini(&graph);
}

/* What must be true of every schedule: no longer than one worker, no shorter than its bounds, at most twice the best. */
TEST(random_graphs_keep_the_bounds)
{
    enum { TXS = 60, TURNS = 200 };
    struct rng rng;
    rng_init(&rng, 5);
    for (int turn = 0; turn < TURNS; turn++) {
        struct oracle_graph graph;
        uint64_t costs[TXS], ends[TXS], sum = 0, longest = 0;
        oracle_graph_init(&graph);
        for (uint32_t i = 0; i < TXS; i++) {
            uint64_t start = 0;
            costs[i] = rng_below(&rng, 50);
            oracle_graph_next(&graph);
            for (uint64_t k = rng_below(&rng, 3); i > 0 && k > 0; k--) {
                uint32_t from = (uint32_t)rng_below(&rng, i);
                oracle_graph_add(&graph, from);
                if (ends[from] > start) start = ends[from];
            }
            ends[i] = start + costs[i];
            sum += costs[i];
            if (ends[i] > longest) longest = ends[i];
        }
        CHECK_EQ(time_of(&graph, costs, 1), sum);
        CHECK_EQ(time_of(&graph, costs, ORACLE_UNLIMITED), longest);
        for (unsigned workers = 2; workers <= 8; workers++) {
            uint64_t time = time_of(&graph, costs, workers);
            uint64_t share = (sum + workers - 1) / workers;
            uint64_t least = share > longest ? share : longest;
            CHECK(time >= least && time <= 2 * least);
        }
        oracle_graph_fini(&graph);
    }
}

TEST(the_longest_way_is_told_with_its_transactions)
{
    /* 0 before 1 and 2, 2 before 4; 3 alone */
    static const uint64_t costs[] = {1, 10, 2, 4, 9};
    uint32_t path[5], count;
    uint64_t time;
    struct oracle_graph graph;
    oracle_graph_init(&graph);
    CHECK(oracle_graph_path(&graph, costs, path, &count, &time));
    CHECK_EQ(count, 0);
    oracle_graph_next(&graph);
    oracle_graph_next(&graph);
    oracle_graph_add(&graph, 0);
    oracle_graph_next(&graph);
    oracle_graph_add(&graph, 0);
    oracle_graph_next(&graph);
    oracle_graph_next(&graph);
    oracle_graph_add(&graph, 2);
    CHECK(oracle_graph_path(&graph, costs, path, &count, &time));
    CHECK_EQ(time, 12);
    CHECK_EQ(time, time_of(&graph, costs, ORACLE_UNLIMITED));
    CHECK_EQ(count, 3);
    CHECK_EQ(path[0], 0);
    CHECK_EQ(path[1], 2);
    CHECK_EQ(path[2], 4);
    oracle_graph_fini(&graph);
}
