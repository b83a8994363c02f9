#include "sim/sim_probe.h"

#include "base/clock.h"
#include "base/heap.h"
#include "sched/seats.h"
#include "sync/cores.h"

#include <stdlib.h>
#include <string.h>

#define PIECES_FIRST ((size_t)1 << 16)
#define TRACES_MAX   32
#define COURSES_MAX  (CORES_MAX * SEATS_PER_WORKER)
#define SHARES_MAX   8
#define LOOK_BATCHES 20
#define LOOKS        500
#define BEFORE_NS                                                                                  \
    20000 /* what comes before the workers' part takes longer than they spin: they sleep when it begins */

/* An attempt on its way, or blocked in its seat. */
struct course {
    const struct mv_attempt *attempt;
    struct view inside;     /* what answers */
    uint32_t tx, next, end; /* its pieces still to come */
    bool
        is_spent; /* the machine's piece before the next read is, for that read was blocked before */
    enum cores_use use;
} ALIGNED(CACHE_LINE);

static struct {
    enum { PROBE_OFF, PROBE_RECORD, PROBE_REPLAY } mode;
    struct trace *writes;      /* recorded */
    const struct trace *reads; /* replayed */
    bool is_broken;            /* no memory, or another order than block order */
    struct course courses[COURSES_MAX];
    unsigned course_count;
    uint8_t *was_tried; /* by transaction */
    uint32_t piece_count, tx_next;
    uint64_t last_ticks; /* the last look at the clock */
    uint64_t look_ticks;
    uint64_t team_ps;
    unsigned
        shares; /* what workers share after the transactions, one after another: of this block so far; ... */
    uint64_t share_ps[SHARES_MAX]; /* ... how long each took alone, at least */
    uint64_t shares_ps;            /* all of this block */
    struct cores_counts counts;
    struct cores_site sites[CORES_SITES];
} probe;

/* ---- the real clock -------------------------------------------------------------------------- */

static uint64_t ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return clock_now_ns();
#endif
}

/* Since the last look, without what looking costs. */
static uint64_t lap(void)
{
    uint64_t now = ticks(), passed = now - probe.last_ticks;
    probe.last_ticks = now;
    return passed > probe.look_ticks ? passed - probe.look_ticks : 0;
}

/* ---- traces ---------------------------------------------------------------------------------- */

void trace_fini(struct trace *trace)
{
    heap_free(trace->pieces);
    heap_free(trace->firsts);
    heap_free(trace->gaps);
    *trace = (struct trace){.tx_count = 0};
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_alike(const struct trace *a, const struct trace *b)
{
    return a->tx_count == b->tx_count &&
           memcmp(a->firsts, b->firsts, (a->tx_count + (size_t)1) * sizeof *a->firsts) == 0;
}

/* Of time `index` of all. */
static uint64_t median_of(uint64_t *const lists[], size_t count, uint32_t index)
{
    uint64_t times[TRACES_MAX];
    for (size_t i = 0; i < count; i++)
        times[i] = lists[i][index];
    qsort(times, count, sizeof *times, compare_u64);
    return times[count / 2];
}

void trace_take_medians(struct trace *traces, size_t count)
{
    uint64_t *pieces[TRACES_MAX], *gaps[TRACES_MAX];
    size_t alike = 0;
    for (size_t i = 0; i < count && alike < TRACES_MAX; i++) {
        if (!is_alike(&traces[0], &traces[i])) continue;
        pieces[alike] = traces[i].pieces;
        gaps[alike++] = traces[i].gaps;
    }
    for (uint32_t i = 0; i < traces[0].firsts[traces[0].tx_count]; i++)
        traces[0].pieces[i] = median_of(pieces, alike, i);
    for (uint32_t i = 0; i < traces[0].tx_count; i++)
        traces[0].gaps[i] = median_of(gaps, alike, i);
}

uint64_t trace_gaps_ps(const struct trace *trace)
{
    uint64_t ps = 0;
    for (uint32_t i = 0; i < trace->tx_count; i++)
        ps += trace->gaps[i];
    return ps;
}

static bool trace_begin(struct trace *trace, uint32_t tx_count)
{
    if (tx_count >= trace->tx_capacity) {
        heap_free(trace->firsts);
        heap_free(trace->gaps);
        trace->tx_capacity = (size_t)tx_count + 1;
        trace->firsts = heap_alloc_zeroed(trace->tx_capacity, sizeof *trace->firsts);
        trace->gaps = heap_alloc_zeroed(trace->tx_capacity, sizeof *trace->gaps);
    }
    trace->tx_count = tx_count;
    return trace->firsts != NULL && trace->gaps != NULL;
}

static void piece_add(uint64_t passed)
{
    struct trace *trace = probe.writes;
    if (probe.piece_count == trace->piece_capacity) {
        size_t capacity = trace->piece_capacity == 0 ? PIECES_FIRST : 2 * trace->piece_capacity;
        uint64_t *pieces = heap_realloc(trace->pieces, capacity * sizeof *pieces);
        if (pieces == NULL || capacity > UINT32_MAX) {
            probe.is_broken = true;
            return;
        }
        trace->pieces = pieces;
        trace->piece_capacity = capacity;
    }
    trace->pieces[probe.piece_count++] = passed;
}

/* What a look costs: from one to the next, with nothing between. */
static uint64_t look_cost(void)
{
    uint64_t least = UINT64_MAX;
    probe.look_ticks = 0;
    for (unsigned batch = 0; batch < LOOK_BATCHES; batch++) {
        uint64_t start = probe.last_ticks = ticks();
        for (unsigned i = 0; i < LOOKS; i++)
            piece_add(lap());
        uint64_t cost = (ticks() - start) / LOOKS;
        if (cost < least) least = cost;
        probe.piece_count = 0;
    }
    return least;
}

void probe_off(void)
{
    heap_free(probe.was_tried);
    probe.was_tried = NULL;
    probe.course_count = 0;
    probe.mode = PROBE_OFF;
}

bool probe_record(struct trace *trace, uint32_t tx_count)
{
    probe_off();
    probe.mode = PROBE_RECORD;
    probe.writes = trace;
    probe.piece_count = probe.tx_next = 0;
    probe.is_broken = false;
    probe.look_ticks = look_cost();
    return trace_begin(trace, tx_count) && !probe.is_broken;
}

bool probe_record_end(void)
{
    probe_off();
    return !probe.is_broken && probe.tx_next == probe.writes->tx_count;
}

bool probe_replay(const struct trace *trace)
{
    probe_off();
    probe.mode = PROBE_REPLAY;
    probe.reads = trace;
    probe.was_tried = heap_alloc_zeroed(trace->tx_count, 1);
    return probe.was_tried != NULL;
}

void probe_forget(void)
{
    for (unsigned i = 0; i < SHARES_MAX; i++)
        probe.share_ps[i] = UINT64_MAX;
}

uint64_t probe_shares_ps(void)
{
    return probe.shares_ps;
}

uint64_t probe_team_ps(void)
{
    return probe.team_ps;
}

struct cores_counts probe_counts(void)
{
    return probe.counts;
}

const struct cores_site *probe_sites(void)
{
    return probe.sites;
}

/* ---- reads ----------------------------------------------------------------------------------- */

/* On the clock: the machine until the read, and the read. */
static void spend_read(struct course *course)
{
    const uint64_t *pieces = probe.reads->pieces;
    if (course->next + 3 >= course->end)
        return; /* the last two are the end's; more reads than alone cost nothing */
    if (!course->is_spent) cores_spend(course->use, pieces[course->next]);
    course->is_spent = true;
    cores_spend(course->use, pieces[course->next + 1]);
    (void)cores_use_as(course->use);
}

static void read_begin(struct course *course)
{
    if (probe.mode == PROBE_RECORD) piece_add(lap());
    if (probe.mode == PROBE_REPLAY) spend_read(course);
}

static enum view_answer read_end(struct course *course, enum view_answer answer)
{
    if (probe.mode == PROBE_RECORD) piece_add(lap());
    if (probe.mode != PROBE_REPLAY) return answer;
    (void)cores_use_as(CORES_LOOP);
    if (answer == VIEW_BLOCKED || course->next + 3 >= course->end) return answer;
    course->next += 2;
    course->is_spent = false;
    return answer;
}

static enum view_answer read_account(void *context,
                                     const address *who,
                                     unsigned parts,
                                     struct view_account *out)
{
    struct course *course = context;
    read_begin(course);
    return read_end(course, course->inside.ops->account(course->inside.context, who, parts, out));
}

static enum view_answer read_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct course *course = context;
    read_begin(course);
    return read_end(course, course->inside.ops->slot(course->inside.context, who, slot, out));
}

static enum view_answer read_code(void *context,
                                  const address *who,
                                  const hash32 *hash,
                                  struct bytes *out)
{
    struct course *course = context;
    read_begin(course);
    return read_end(course, course->inside.ops->code(course->inside.context, who, hash, out));
}

static enum view_answer read_has_storage(void *context, const address *who, bool *out)
{
    struct course *course = context;
    read_begin(course);
    return read_end(course, course->inside.ops->has_storage(course->inside.context, who, out));
}

static enum view_answer read_block_hash(void *context, uint64_t number, hash32 *out)
{
    struct course *course = context;
    read_begin(course);
    return read_end(course, course->inside.ops->block_hash(course->inside.context, number, out));
}

/* ---- one attempt ------------------------------------------------------------------------------- */

static void record_begin(uint32_t tx)
{
    if (tx != probe.tx_next) probe.is_broken = true;
    if (probe.is_broken) return;
    probe.writes->gaps[tx] = lap();
    probe.writes->firsts[probe.tx_next++] = probe.piece_count;
}

static void replay_begin(struct course *course, uint32_t tx)
{
    course->next = probe.reads->firsts[tx];
    course->end = probe.reads->firsts[tx + 1];
    course->is_spent = false;
    course->use = probe.was_tried[tx] ? CORES_AGAIN : CORES_WORK;
    probe.was_tried[tx] = 1;
}

static struct course *course_of(const struct mv_attempt *attempt)
{
    unsigned i = 0;
    while (i < probe.course_count && probe.courses[i].attempt != attempt) /* ends: i grows */
        i++;
    if (i == probe.course_count) probe.courses[probe.course_count++].attempt = attempt;
    return &probe.courses[i];
}

struct view probe_attempt_view(struct mv_attempt *attempt)
{
    static const struct view_ops ops = {
        read_account, read_slot, read_code, read_has_storage, read_block_hash};
    struct course *course = course_of(attempt);
    if (probe.mode == PROBE_OFF) return mv_attempt_view(attempt);
    course->inside = mv_attempt_view(attempt);
    course->tx = attempt->tx;
    if (probe.mode == PROBE_RECORD)
        record_begin(attempt->tx);
    else
        replay_begin(course, attempt->tx);
    return (struct view){&ops, course};
}

static void publish_begin(const struct mv_attempt *attempt)
{
    struct course *course = course_of(attempt);
    if (probe.mode == PROBE_RECORD) piece_add(lap());
    if (probe.mode != PROBE_REPLAY) return;
    cores_spend(course->use, probe.reads->pieces[course->end - 2]);
    cores_spend(course->use, probe.reads->pieces[course->end - 1]);
    (void)cores_use_as(course->use);
}

static bool publish_end(bool is_published)
{
    if (probe.mode == PROBE_REPLAY) (void)cores_use_as(CORES_LOOP);
    if (probe.mode != PROBE_RECORD) return is_published;
    piece_add(lap());
    probe.writes->firsts[probe.tx_next] = probe.piece_count;
    return is_published;
}

bool probe_publish_journal(struct mv_attempt *attempt,
                           struct journal *journal,
                           const struct block_env *env,
                           uint32_t *readers_to)
{
    publish_begin(attempt);
    return publish_end(publish_journal(attempt, journal, env, readers_to));
}

bool probe_publish_nothing(struct mv_attempt *attempt,
                           const struct journal *journal,
                           uint32_t *readers_to)
{
    publish_begin(attempt);
    return publish_end(publish_nothing(attempt, journal, readers_to));
}

/* ---- the workers ------------------------------------------------------------------------------- */

static uint64_t ps_of(uint64_t ticks_passed, uint64_t all_ticks, uint64_t all_ns)
{
    double ps_per_tick =
        (double)(all_ns * CORES_PS_PER_NS) / (double)(all_ticks == 0 ? 1 : all_ticks);
    return (uint64_t)((double)ticks_passed * ps_per_tick);
}

/* Ticks into picoseconds, by the clock of the system over the same time. */
static void trace_convert(struct trace *trace, uint64_t all_ticks, uint64_t all_ns)
{
    for (uint32_t i = 0; i < probe.piece_count; i++)
        trace->pieces[i] = ps_of(trace->pieces[i], all_ticks, all_ns);
    for (uint32_t i = 0; i < probe.tx_next; i++)
        trace->gaps[i] = ps_of(trace->gaps[i], all_ticks, all_ns);
}

/* A worker's part: before and after it, the core is idle. */
struct part {
    void (*job)(unsigned worker, void *context);
    void *context;
};

static void part_run(unsigned worker, void *context)
{
    const struct part *part = context;
    (void)cores_use_as(CORES_LOOP);
    part->job(worker, part->context);
    (void)cores_use_as(CORES_IDLE);
}

static void replay_team(struct team *team,
                        unsigned workers,
                        void (*job)(unsigned worker, void *context),
                        void *context)
{
    struct part part = {job, context};
    cores_spend(CORES_IDLE, BEFORE_NS * CORES_PS_PER_NS);
    uint64_t start_ps = cores_now_ps();
    cores_count_anew();
    team_assist(team, workers, part_run, &part);
    probe.team_ps = cores_now_ps() - start_ps;
    probe.counts = cores_counts();
    cores_busiest(probe.sites);
}

void probe_team_assist(struct team *team,
                       unsigned workers,
                       void (*job)(unsigned worker, void *context),
                       void *context)
{
    probe.shares = 0;
    probe.shares_ps = 0;
    if (probe.mode == PROBE_REPLAY) {
        replay_team(team, workers, job, context);
        return;
    }
    uint64_t start_cpu_ns = clock_thread_ns(), start_ns = clock_now_ns();
    uint64_t start_ticks = probe.last_ticks = ticks();
    team_assist(team, workers, job, context);
    uint64_t all_ticks = ticks() - start_ticks, all_ns = clock_now_ns() - start_ns;
    probe.team_ps = (clock_thread_ns() - start_cpu_ns) * CORES_PS_PER_NS;
    if (probe.mode == PROBE_RECORD) trace_convert(probe.writes, all_ticks, all_ns);
}

/* Items that take as long as all of them did alone, in equal parts. */
struct items {
    void (*body)(unsigned item, void *context);
    void *context;
    uint64_t each_ps;
};

static void item_run(unsigned item, void *context)
{
    const struct items *items = context;
    cores_spend(CORES_LOOP, items->each_ps);
    items->body(item, items->context);
}

static void replay_share(struct team *team,
                         unsigned workers,
                         unsigned count,
                         void (*body)(unsigned item, void *context),
                         void *context)
{
    struct items items = {body, context, probe.share_ps[probe.shares] / count};
    if (probe.shares == 0) cores_spend(CORES_IDLE, BEFORE_NS * CORES_PS_PER_NS);
    uint64_t start_ps = cores_now_ps();
    team_share(team, workers, count, item_run, &items);
    probe.shares_ps += cores_now_ps() - start_ps;
}

void probe_team_share(struct team *team,
                      unsigned workers,
                      unsigned count,
                      void (*body)(unsigned item, void *context),
                      void *context)
{
    ASSERT(probe.shares < SHARES_MAX);
    if (probe.mode == PROBE_REPLAY) {
        replay_share(team, workers, count, body, context);
    } else {
        uint64_t start_ns = clock_thread_ns();
        team_share(team, workers, count, body, context);
        uint64_t ps = (clock_thread_ns() - start_ns) * CORES_PS_PER_NS;
        if (ps < probe.share_ps[probe.shares]) probe.share_ps[probe.shares] = ps;
        probe.shares_ps += ps;
    }
    probe.shares++;
}

void probe_sched_idle(struct sched *sched, uint32_t wanted)
{
    if (probe.mode != PROBE_REPLAY) {
        sched_idle(sched, wanted);
        return;
    }
    enum cores_use before = cores_use_as(CORES_IDLE);
    sched_idle(sched, wanted);
    (void)cores_use_as(before);
}
