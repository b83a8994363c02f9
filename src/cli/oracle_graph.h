/* oracle_graph.h - which transactions of a block have to wait for which, and how fast the block can be then: whatever
 * scheduler, nothing lost, everything known ahead (design/PARALLEL.md, section 5.2).
 *
 * Words
 *   edge       a transaction reads what an earlier one wrote, so it starts when that one has ended
 *   schedule   on so many workers; a free worker takes, of the transactions whose predecessors have ended, the one with the
 *              longest way to the end behind it
 *
 * Transactions are added in block order: oracle_graph_init ( oracle_graph_next oracle_graph_add* )* questions oracle_graph_fini.
 */
#pragma once

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_UNLIMITED 0 /* workers */

struct oracle_graph {
    uint32_t tx_count;
    uint32_t *starts; /* by tx: where its edges begin in `froms`; one more at the end */
    uint32_t *froms;  /* the earlier end of each edge */
    uint32_t *stamps; /* by tx: the last one that got an edge from it, plus 1 */
    size_t edge_count, tx_capacity, edge_capacity;
    bool out_of_memory; /* sticky: then no answer is right */
};

void oracle_graph_init(struct oracle_graph *graph); /* takes no memory */
void oracle_graph_fini(struct oracle_graph *graph);

/* The next transaction begins; then its edges, each from an earlier one. Twice the same is once. */
void oracle_graph_next(struct oracle_graph *graph);
void oracle_graph_add(struct oracle_graph *graph, uint32_t from);

/* How many transactions have an edge to them. */
uint32_t oracle_graph_waiting(const struct oracle_graph *graph);

/* The transactions of the longest way through the block, in their order, into `path`, which has room for all; *count: how many.
 * *out: how long they take one after another. False: no memory. */
bool oracle_graph_path(const struct oracle_graph *graph,
                       const uint64_t *costs,
                       uint32_t *path,
                       uint32_t *count,
                       uint64_t *out) MUST_CHECK;

/* How long all of it takes on `workers`, when transaction i takes costs[i]. False: no memory. */
bool oracle_graph_schedule(const struct oracle_graph *graph,
                           const uint64_t *costs,
                           unsigned workers,
                           uint64_t *out) MUST_CHECK;
