#include "base/heap.h"
#include "support/test.h"
#include "sync/topology.h"

#include <sched.h>

#define MAX 1024

TEST(the_processors_are_those_that_are_ours_each_once)
{
    unsigned processors[MAX], seen = 0;
    cpu_set_t allowed;
    CHECK_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    unsigned count = topology_processors(processors, MAX);
    CHECK_EQ(count, CPU_COUNT(&allowed));
    for (unsigned i = 0; i < count; i++) {
        CHECK(CPU_ISSET(processors[i], &allowed));
        for (unsigned k = 0; k < i; k++)
            seen += processors[k] == processors[i];
    }
    CHECK_EQ(seen, 0);
}

TEST(no_more_are_told_than_asked_for)
{
    unsigned processors[2] = {0, 12345};
    CHECK_EQ(topology_processors(processors, 1), 1);
    CHECK_EQ(processors[1], 12345);
    CHECK_EQ(topology_processors(processors, 0), 0);
}

TEST(there_is_a_node_and_memory_can_be_spread_over_all)
{
    size_t size = (size_t)1 << 20;
    CHECK(topology_nodes() >= 1);
    unsigned char *memory = heap_reserve(size);
    topology_spread(memory, size);
    memory[0] = memory[size - 1] = 7;
    CHECK_EQ(memory[size - 1], 7);
    heap_unreserve(memory, size);
}
