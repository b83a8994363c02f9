#include "cli/oracle_graph.h"

#include "base/assert.h"
#include "base/heap.h"

#define ROOM_FIRST 256

void oracle_graph_init(struct oracle_graph *graph)
{
    *graph = (struct oracle_graph){.tx_count = 0};
}

void oracle_graph_fini(struct oracle_graph *graph)
{
    heap_free(graph->starts);
    heap_free(graph->froms);
    heap_free(graph->stamps);
    oracle_graph_init(graph);
}

/* ---- making -------------------------------------------------------------------------------------------- */

static bool grow(uint32_t **array, size_t capacity)
{
    void *memory = heap_realloc(*array, capacity * sizeof **array);
    if (memory != NULL) *array = memory;
    return memory != NULL;
}

void oracle_graph_next(struct oracle_graph *graph)
{
    if (graph->tx_count + (size_t)2 > graph->tx_capacity) {
        size_t capacity = graph->tx_capacity == 0 ? ROOM_FIRST : 2 * graph->tx_capacity;
        bool ok = grow(&graph->starts, capacity) && grow(&graph->stamps, capacity);
        if (!ok) graph->out_of_memory = true;
        if (!ok) return;
        graph->tx_capacity = capacity;
    }
    if (graph->out_of_memory) return;
    graph->stamps[graph->tx_count] = 0;
    graph->starts[graph->tx_count++] = (uint32_t)graph->edge_count;
    graph->starts[graph->tx_count] = (uint32_t)graph->edge_count;
}

void oracle_graph_add(struct oracle_graph *graph, uint32_t from)
{
    if (graph->out_of_memory) return;
    ASSERT(graph->tx_count > 0 && from < graph->tx_count - 1);
    if (graph->stamps[from] == graph->tx_count) return;
    if (graph->edge_count == graph->edge_capacity) {
        size_t capacity = graph->edge_capacity == 0 ? ROOM_FIRST : 2 * graph->edge_capacity;
        graph->out_of_memory = capacity > UINT32_MAX || !grow(&graph->froms, capacity);
        if (graph->out_of_memory) return;
        graph->edge_capacity = capacity;
    }
    graph->stamps[from] = graph->tx_count;
    graph->froms[graph->edge_count++] = from;
    graph->starts[graph->tx_count] = (uint32_t)graph->edge_count;
}

uint32_t oracle_graph_waiting(const struct oracle_graph *graph)
{
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < graph->tx_count; i++)
        waiting += graph->starts[i + 1] > graph->starts[i];
    return waiting;
}

/* ---- schedules ----------------------------------------------------------------------------------------- */

/* A binary heap: the greatest key first, of equal ones the least tx. */
struct queue_entry {
    uint64_t key;
    uint32_t tx;
};

struct queue {
    struct queue_entry *entries;
    size_t count;
};

static bool comes_before(struct queue_entry a, struct queue_entry b)
{
    return a.key != b.key ? a.key > b.key : a.tx < b.tx;
}

static void queue_push(struct queue *queue, uint64_t key, uint32_t tx)
{
    struct queue_entry entry = {key, tx};
    size_t at = queue->count++;
    while (at > 0 && comes_before(entry, queue->entries[(at - 1) / 2])) {
        queue->entries[at] = queue->entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->entries[at] = entry;
}

static struct queue_entry queue_pop(struct queue *queue)
{
    ASSERT(queue->count > 0);
    struct queue_entry first = queue->entries[0], last = queue->entries[--queue->count];
    size_t at = 0;
    for (;;) { /* ends: at grows */
        size_t child = 2 * at + 1;
        if (child >= queue->count) break;
        if (child + 1 < queue->count &&
            comes_before(queue->entries[child + 1], queue->entries[child]))
            child++;
        if (comes_before(last, queue->entries[child])) break;
        queue->entries[at] = queue->entries[child];
        at = child;
    }
    queue->entries[at] = last;
    return first;
}

struct schedule {
    const struct oracle_graph *graph;
    const uint64_t *costs;
    uint64_t *ways;     /* by tx: the longest way from its beginning to the end of the block */
    uint32_t *blockers; /* by tx: how many it still waits for */
    uint32_t *
        next_edges; /* lists by `from`: edge + 1, linked through next_edges; heads in first_edges */
    uint32_t *first_edges;
    uint32_t *tos;        /* the later end of each edge */
    struct queue ready;   /* by way */
    struct queue running; /* by end; the keys are complements, so that the first end comes first */
};

static void find_ways(struct schedule *schedule)
{
    const struct oracle_graph *graph = schedule->graph;
    for (uint32_t i = graph->tx_count; i-- > 0;) {
        schedule->ways[i] += schedule->costs[i]; /* until now: the longest behind it */
        for (uint32_t edge = graph->starts[i]; edge < graph->starts[i + 1]; edge++) {
            uint32_t from = graph->froms[edge];
            if (schedule->ways[from] < schedule->ways[i]) schedule->ways[from] = schedule->ways[i];
            schedule->tos[edge] = i;
            schedule->next_edges[edge] = schedule->first_edges[from];
            schedule->first_edges[from] = edge + 1;
        }
        schedule->blockers[i] = graph->starts[i + 1] - graph->starts[i];
    }
}

static void end_one(struct schedule *schedule, uint32_t tx)
{
    for (uint32_t edge = schedule->first_edges[tx]; edge != 0;
         edge = schedule->next_edges[edge - 1]) {
        uint32_t to = schedule->tos[edge - 1];
        if (--schedule->blockers[to] == 0) queue_push(&schedule->ready, schedule->ways[to], to);
    }
}

static uint64_t run(struct schedule *schedule, unsigned workers)
{
    uint64_t now = 0;
    for (uint32_t i = 0; i < schedule->graph->tx_count; i++)
        if (schedule->blockers[i] == 0) queue_push(&schedule->ready, schedule->ways[i], i);
    while (schedule->ready.count > 0 ||
           schedule->running.count > 0) { /* ends: one more has ended */
        while (schedule->ready.count > 0 && schedule->running.count < workers) {
            uint32_t tx = queue_pop(&schedule->ready).tx;
            queue_push(&schedule->running, ~(now + schedule->costs[tx]), tx);
        }
        struct queue_entry first = queue_pop(&schedule->running);
        now = ~first.key;
        end_one(schedule, first.tx);
    }
    return now;
}

static bool schedule_init(struct schedule *schedule,
                          const struct oracle_graph *graph,
                          const uint64_t *costs)
{
    size_t txs = graph->tx_count, edges = graph->edge_count;
    *schedule = (struct schedule){.graph = graph, .costs = costs};
    schedule->ways = heap_alloc_zeroed(txs, sizeof *schedule->ways);
    schedule->blockers = heap_alloc_zeroed(txs, sizeof *schedule->blockers);
    schedule->first_edges = heap_alloc_zeroed(txs, sizeof *schedule->first_edges);
    schedule->next_edges = heap_alloc_zeroed(edges, sizeof *schedule->next_edges);
    schedule->tos = heap_alloc_zeroed(edges, sizeof *schedule->tos);
    schedule->ready.entries = heap_alloc_zeroed(txs, sizeof *schedule->ready.entries);
    schedule->running.entries = heap_alloc_zeroed(txs, sizeof *schedule->running.entries);
    return schedule->ways != NULL && schedule->blockers != NULL && schedule->first_edges != NULL &&
           schedule->next_edges != NULL && schedule->tos != NULL &&
           schedule->ready.entries != NULL && schedule->running.entries != NULL;
}

static void schedule_fini(struct schedule *schedule)
{
    heap_free(schedule->ways);
    heap_free(schedule->blockers);
    heap_free(schedule->first_edges);
    heap_free(schedule->next_edges);
    heap_free(schedule->tos);
    heap_free(schedule->ready.entries);
    heap_free(schedule->running.entries);
}

bool oracle_graph_schedule(const struct oracle_graph *graph,
                           const uint64_t *costs,
                           unsigned workers,
                           uint64_t *out)
{
    struct schedule schedule;
    bool ok = !graph->out_of_memory && schedule_init(&schedule, graph, costs);
    if (ok) {
        find_ways(&schedule);
        *out = run(&schedule, workers == ORACLE_UNLIMITED ? UINT32_MAX : workers);
    }
    if (!graph->out_of_memory) schedule_fini(&schedule);
    return ok;
}

/* ---- the longest way ----------------------------------------------------------------------------------- */

/* Going back from the end of the way, then turned around. */
static uint32_t path_collect(const uint32_t *before, uint32_t last, uint32_t *path)
{
    uint32_t count = 0;
    for (uint32_t tx = last; tx != UINT32_MAX; tx = before[tx]) /* ends: before[tx] < tx */
        path[count++] = tx;
    for (uint32_t i = 0; i < count / 2; i++) {
        uint32_t tx = path[i];
        path[i] = path[count - 1 - i];
        path[count - 1 - i] = tx;
    }
    return count;
}

bool oracle_graph_path(const struct oracle_graph *graph,
                       const uint64_t *costs,
                       uint32_t *path,
                       uint32_t *count,
                       uint64_t *out)
{
    size_t txs = graph->tx_count;
    uint64_t *ends = heap_alloc_zeroed(txs, sizeof *ends); /* by tx: of the longest way to it */
    uint32_t *before = heap_alloc_zeroed(txs, sizeof *before);
    bool ok = !graph->out_of_memory && ends != NULL && before != NULL;
    uint32_t last = UINT32_MAX;
    *out = *count = 0;
    for (uint32_t i = 0; ok && i < txs; i++) {
        before[i] = UINT32_MAX;
        for (uint32_t edge = graph->starts[i]; edge < graph->starts[i + 1]; edge++) {
            uint32_t from = graph->froms[edge];
            if (before[i] == UINT32_MAX || ends[from] > ends[before[i]]) before[i] = from;
        }
        ends[i] = costs[i] + (before[i] == UINT32_MAX ? 0 : ends[before[i]]);
        if (last == UINT32_MAX || ends[i] > ends[last]) last = i;
    }
    if (ok && txs > 0) {
        *out = ends[last];
        *count = path_collect(before, last, path);
    }
    heap_free(ends);
    heap_free(before);
    return ok;
}
