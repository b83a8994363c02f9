#include "sync/topology.h"

#ifdef PEVM_HWLOC
    #include <hwloc.h>
#endif

#ifdef __linux__
    #include <sched.h>
#endif

/* By number. */
static unsigned processors_allowed(unsigned *out, unsigned max)
{
    unsigned count = 0;
#ifdef __linux__
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && count < max; cpu++)
        if (CPU_ISSET(cpu, &allowed)) out[count++] = cpu;
#else
    (void)out, (void)max;
#endif
    return count;
}

#ifdef PEVM_HWLOC

/* The `thread`th processor of each core that is ours, in hwloc's order: node by node. */
static unsigned add_threads(hwloc_topology_t topology, unsigned thread, unsigned *out, unsigned max)
{
    int cores = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE);
    unsigned count = 0;
    for (int i = 0; i < cores && count < max; i++) {
        hwloc_obj_t core = hwloc_get_obj_by_type(topology, HWLOC_OBJ_CORE, (unsigned)i);
        int cpu = hwloc_bitmap_first(core->cpuset);
        for (unsigned skip = thread; cpu >= 0 && skip > 0; skip--)
            cpu = hwloc_bitmap_next(core->cpuset, cpu);
        if (cpu >= 0) out[count++] = (unsigned)cpu;
    }
    return count;
}

static unsigned processors_ordered(unsigned *out, unsigned max)
{
    hwloc_topology_t topology;
    unsigned count = 0, added;
    if (hwloc_topology_init(&topology) != 0) return 0;
    hwloc_topology_set_flags(
        topology, HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING | HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM);
    if (hwloc_topology_load(topology) == 0)
        for (unsigned thread = 0; count < max;
             thread++, count += added) { /* ends: cores have few threads */
            added = add_threads(topology, thread, out + count, max - count);
            if (added == 0) break;
        }
    hwloc_topology_destroy(topology);
    return count;
}

unsigned topology_processors(unsigned *out, unsigned max)
{
    unsigned count = processors_ordered(out, max);
    return count > 0 ? count : processors_allowed(out, max);
}

static int nodes_of(hwloc_topology_t topology)
{
    int nodes = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE);
    return nodes < 1 ? 1 : nodes;
}

unsigned topology_nodes(void)
{
    hwloc_topology_t topology;
    int nodes = 1;
    if (hwloc_topology_init(&topology) != 0) return 1;
    if (hwloc_topology_load(topology) == 0) nodes = nodes_of(topology);
    hwloc_topology_destroy(topology);
    return (unsigned)nodes;
}

void topology_spread(void *memory, size_t size)
{
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) != 0) return;
    if (hwloc_topology_load(topology) == 0 && nodes_of(topology) > 1)
        (void)hwloc_set_area_membind(topology,
                                     memory,
                                     size,
                                     hwloc_topology_get_topology_nodeset(topology),
                                     HWLOC_MEMBIND_INTERLEAVE,
                                     HWLOC_MEMBIND_BYNODESET);
    hwloc_topology_destroy(topology);
}

#else

unsigned topology_processors(unsigned *out, unsigned max)
{
    return processors_allowed(out, max);
}

unsigned topology_nodes(void)
{
    return 1;
}

void topology_spread(void *memory, size_t size)
{
    (void)memory, (void)size;
}

#endif
