/* topology.h - which processors are near one another, and near which memory. With hwloc when the build has it (PEVM_HWLOC);
 * without, the processors come by number, and there is one node. Asks the system each time: some milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The processors that this process may use, at most `max` of them, in the order in which workers should have them: one of
 * each core, a node's cores one after the other; then the cores' further threads. How many; 0: the system does not say. */
unsigned topology_processors(unsigned *out, unsigned max);

/* How many nodes of memory there are. */
unsigned topology_nodes(void);

/* Lay the pages of memory that all workers use across all nodes, as they are first written. Nothing to do on one node, or
 * without hwloc; when the system refuses, they stay where they come to lie. */
void topology_spread(void *memory, size_t size);
