#include "engine/parallel.h"

#include "base/heap.h"
#include "engine/hand_over.h"
#include "engine/predictor.h"
#include "engine/publish.h"
#include "engine/scaling.h"
#include "engine/speculation.h"
#include "engine/tx_receipt.h"
#include "engine/worth.h"
#include "evm/gas_table.h"
#include "sched/seats.h"

#define CLAIM_MAX 16 /* adjacent transactions for one worker at a time, when they are small */
#define CLAIM_GAS 600000
#define LOG_CHUNK ((size_t)256 << 10)

/* With less of a memory limit for each, workers are more likely to end at it than to be of use. */
#define BYTES_PER_WORKER ((uint64_t)2 << 20)

/* Few blocks touch more locations than one per so much gas; from Berlin on none can fill the tables, which have
 * three places for each (a cold access costs 2,100). An older one that does is executed by one worker. */
#define GAS_PER_LOCATION 5000

/* What a transaction runs with, and keeps while it is blocked. */
struct executor {
    struct machine *machine;
    struct tx_watch watch;
    struct view view;
    struct tx_result result;
} ALIGNED(CACHE_LINE);

/* Logs of the receipts that a worker made. */
struct log_arena {
    struct arena arena;
} ALIGNED(CACHE_LINE);

/* What is known of a block before it has run: hints, nothing more. One pass for all, since transactions are large. */
struct work {
    uint64_t gas; /* what its header says was used, or all gas limits */
    uint64_t
        claim_gas; /* what its transactions are likely to use, none counted for more than a claim's */
};

struct parallel {
    struct team *team;
    struct mv *mv;
    struct speculation *speculation;
    struct executor *executors;   /* by seat */
    struct log_arena *log_arenas; /* by worker */
    unsigned worker_count, seat_count;
    unsigned called; /* for this block */
    struct scaling scaling;
    struct worth worth;
    struct tuning tuning;
    struct hints hints;
    struct predictor *predictor; /* NULL: nobody predicts */
    bool is_predicted;
    uint32_t *met;      /* by tx: whom it met last */
    uint64_t *gas_used; /* by tx: of its last attempt; of all until there once it is final */
    size_t gas_capacity;
    struct block_run *run;
    struct work work; /* of this block */
    struct hand_over over;
    struct parallel_counts counts;
};

/* ---- life ------------------------------------------------------------------------------------ */

static bool parallel_reserve(struct parallel *parallel, struct budget *budget)
{
    size_t seat_bytes = parallel->seat_count * sizeof *parallel->executors;
    size_t log_bytes = parallel->worker_count * sizeof *parallel->log_arenas;
    parallel->executors = heap_alloc_aligned(CACHE_LINE, seat_bytes);
    if (parallel->executors != NULL) memset(parallel->executors, 0, seat_bytes);
    parallel->log_arenas = heap_alloc_aligned(CACHE_LINE, log_bytes);
    for (unsigned i = 0; parallel->log_arenas != NULL && i < parallel->worker_count; i++) {
        arena_init(&parallel->log_arenas[i].arena, LOG_CHUNK, 0);
        if (budget != NULL) arena_set_keeper(&parallel->log_arenas[i].arena, &budget->keeper);
    }
    return parallel->executors != NULL && parallel->log_arenas != NULL;
}

static enum pevm_status parallel_init(struct parallel *parallel,
                                      const struct parallel_options *options)
{
    parallel->team = options->team;
    parallel->worker_count = team_workers(options->team);
    parallel->seat_count = parallel->worker_count * SEATS_PER_WORKER;
    scaling_init(&parallel->scaling, parallel->worker_count);
    hints_init(&parallel->hints);
    hand_over_init(&parallel->over, options->team, options->budget);
    TRY(predictor_new(&parallel->predictor));
    if (!parallel_reserve(parallel, options->budget)) return PEVM_NO_MEMORY;
    struct mv_options mv = {.workers = parallel->worker_count,
                            .budget = options->budget,
                            .is_spread = options->spreads_memory};
    TRY(mv_new(&parallel->mv, &mv));
    TRY(speculation_new(&parallel->speculation, parallel->worker_count));
    for (unsigned i = 0; i < parallel->seat_count; i++)
        TRY(machine_new(&parallel->executors[i].machine,
                        &(struct machine_options){.codes = options->codes}));
    return PEVM_OK;
}

enum pevm_status parallel_new(struct parallel **out, const struct parallel_options *options)
{
    struct parallel *parallel = heap_alloc_zeroed(1, sizeof *parallel);
    *out = NULL;
    if (parallel == NULL) return PEVM_NO_MEMORY;
    enum pevm_status status = parallel_init(parallel, options);
    if (status != PEVM_OK) {
        parallel_free(parallel);
        return status;
    }
    *out = parallel;
    return PEVM_OK;
}

void parallel_free(struct parallel *parallel)
{
    if (parallel == NULL) return;
    for (unsigned i = 0; parallel->executors != NULL && i < parallel->seat_count; i++)
        machine_free(parallel->executors[i].machine);
    for (unsigned i = 0; parallel->log_arenas != NULL && i < parallel->worker_count; i++)
        arena_fini(&parallel->log_arenas[i].arena);
    heap_free(parallel->executors);
    heap_free(parallel->log_arenas);
    heap_free(parallel->gas_used);
    heap_free(parallel->met);
    hand_over_fini(&parallel->over);
    hints_fini(&parallel->hints);
    predictor_free(parallel->predictor);
    mv_free(parallel->mv);
    speculation_free(parallel->speculation);
    heap_free(parallel);
}

void parallel_trim(struct parallel *parallel)
{
    for (unsigned i = 0; i < parallel->worker_count; i++)
        arena_fini(&parallel->log_arenas[i].arena);
    hand_over_fini(&parallel->over);
    mv_trim(parallel->mv);
    parallel->counts.stopped_at = 0; /* no location is known any more */
}

void parallel_tune(struct parallel *parallel, const struct tuning *tuning)
{
    parallel->tuning = *tuning;
}

unsigned parallel_workers(const struct parallel *parallel)
{
    return parallel->worker_count;
}

struct parallel_counts parallel_counts(const struct parallel *parallel)
{
    return parallel->counts;
}

/* ---- one attempt ------------------------------------------------------------------------------- */

/* Gas is counted at the frontier: here the block is as good as empty. */
static struct tx_room whole_block(const struct block_run *run)
{
    return (struct tx_room){.gas = run->env.gas_limit,
                            .blob_gas = run->env.rules.blob.max * (uint64_t)GAS_PER_BLOB};
}

/* Make what the transaction did visible, and its receipt. False: no memory. */
static bool keep_result(struct parallel *parallel,
                        struct mv_attempt *attempt,
                        struct journal *journal,
                        const struct tx_result *result,
                        uint32_t *readers_to)
{
    struct block_run *run = parallel->run;
    struct arena *logs = &parallel->log_arenas[attempt->worker].arena;
    uint32_t tx = attempt->tx;
    if (!tx_receipt_make(&run->receipts[tx], &run->input->block->txs[tx], result, logs))
        return false;
    parallel->gas_used[tx] = (uint64_t)result->gas_used;
    return publish_journal(attempt, journal, &run->env, readers_to);
}

static enum attempt_end attempt_end(struct parallel *parallel,
                                    struct mv_attempt *attempt,
                                    const struct executor *executor,
                                    enum run_answer answer,
                                    uint32_t *readers_to)
{
    struct journal *journal = machine_journal(executor->machine);
    const struct tx_result *result = &executor->result;
    if (answer == RUN_BLOCKED) return ATTEMPT_BLOCKED;
    if (answer == RUN_CANCELLED) return ATTEMPT_LOST;
    if (answer == RUN_DONE && keep_result(parallel, attempt, journal, result, readers_to))
        return ATTEMPT_SOUND;
    /* No result: what it read may explain it, or it did not get that far. */
    attempt->write_count = 0;
    return publish_nothing(attempt, journal, readers_to) ? ATTEMPT_UNSURE : ATTEMPT_LOST;
}

/* The worker is likely to run the next one next. */
static void expect_next(const struct parallel *parallel, uint32_t tx)
{
    const struct block *block = parallel->run->input->block;
    if (tx + 1 >= block->tx_count) return;
    const struct tx *next = &block->txs[tx + 1];
    mv_expect(parallel->mv, &next->sender);
    if (!next->is_creation) mv_expect(parallel->mv, &next->to);
}

static enum attempt_end attempt_run(void *context,
                                    struct mv_attempt *attempt,
                                    unsigned seat,
                                    uint32_t *readers_to)
{
    struct parallel *parallel = context;
    const struct block_run *run = parallel->run;
    struct executor *executor = &parallel->executors[seat];
    const struct tx *tx = &run->input->block->txs[attempt->tx];
    attempt->sender = tx->sender;
    attempt->nonce = tx->nonce;
    expect_next(parallel, attempt->tx);
    executor->view = mv_attempt_view(attempt);
    struct tx_room room = whole_block(run);
    executor->watch.since_ns = 0;
    enum run_answer answer =
        tx_run(executor->machine, &executor->view, tx, &room, &executor->result);
    return attempt_end(parallel, attempt, executor, answer, readers_to);
}

static enum attempt_end attempt_resume(void *context,
                                       struct mv_attempt *attempt,
                                       unsigned seat,
                                       uint32_t *readers_to)
{
    struct parallel *parallel = context;
    struct executor *executor = &parallel->executors[seat];
    executor->watch.since_ns = 0;
    enum run_answer answer = tx_run_resume(executor->machine, &executor->result);
    return attempt_end(parallel, attempt, executor, answer, readers_to);
}

/* ---- at the frontier ------------------------------------------------------------------------- */

/* Is there room left in the block for the transaction's whole gas limit and its blobs? */
static bool has_room(const struct block_run *run, const struct tx *tx)
{
    uint64_t blob_gas = tx->blob_count * (uint64_t)GAS_PER_BLOB;
    uint64_t blob_gas_max = run->env.rules.blob.max * (uint64_t)GAS_PER_BLOB;
    return tx->gas_limit <= run->env.gas_limit - run->gas_used &&
           blob_gas <= blob_gas_max - run->blob_gas_used;
}

static bool accept(void *context, uint32_t tx)
{
    struct parallel *parallel = context;
    struct block_run *run = parallel->run;
    const struct tx *what = &run->input->block->txs[tx];
    if (!has_room(run, what)) return false;
    run->gas_used += parallel->gas_used[tx];
    parallel->gas_used[tx] = run->gas_used;
    run->blob_gas_used += what->blob_count * (uint64_t)GAS_PER_BLOB;
    return true;
}

static bool is_over(void *context)
{
    return stop_is_due(&((struct parallel *)context)->run->stop, 0);
}

static const struct speculation_ops ops = {attempt_run, attempt_resume, accept, is_over};

/* ---- a block --------------------------------------------------------------------------------- */

static uint64_t at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

static struct work work_of(const struct engine_input *input)
{
    const struct block *block = input->block;
    struct work work = {0, 0};
    for (size_t i = 0; i < block->tx_count; i++) {
        uint64_t limit = block->txs[i].gas_limit;
        bool is_estimated = i < input->gas_estimate_count;
        work.gas += at_most(limit, block->header.gas_limit);
        work.claim_gas += at_most(is_estimated ? input->gas_estimates[i] : limit, CLAIM_GAS);
    }
    if (block->header.gas_used > 0) work.gas = block->header.gas_used;
    return work;
}

/* Small transactions are claimed several at a time, so that the workers meet less often. */
static uint32_t claim_size(const struct parallel *parallel, size_t tx_count)
{
    uint64_t gas = parallel->work.claim_gas;
    if (parallel->tuning.ignores_gas) return CLAIM_MAX;
    uint64_t size = gas == 0 ? 1 : CLAIM_GAS * (uint64_t)tx_count / gas;
    uint64_t fair = tx_count / (parallel->called * 8) + 1;
    if (size > fair) size = fair;
    return size > CLAIM_MAX ? CLAIM_MAX : size == 0 ? 1 : (uint32_t)size;
}

static enum pevm_status arrays_reserve(struct parallel *parallel, size_t tx_count)
{
    if (tx_count > parallel->gas_capacity) {
        heap_free(parallel->gas_used);
        heap_free(parallel->met);
        parallel->gas_capacity = tx_count + tx_count / 4 + 64;
        parallel->gas_used = heap_alloc(parallel->gas_capacity * sizeof *parallel->gas_used);
        parallel->met = heap_alloc(parallel->gas_capacity * sizeof *parallel->met);
        if (parallel->gas_used == NULL || parallel->met == NULL) {
            parallel->gas_capacity = 0;
            return PEVM_NO_MEMORY;
        }
    }
    if (tx_count > 0)
        memset(parallel->met, 0xff, tx_count * sizeof *parallel->met); /* PREDICTOR_MET_NOBODY */
    return PEVM_OK;
}

/* Whom each transaction waits for at first, or NULL: nobody. Without memory there are no hints. */
static const struct hint *hints_for(struct parallel *parallel, const struct engine_input *input)
{
    const struct tuning *tuning = &parallel->tuning;
    uint32_t count = (uint32_t)input->block->tx_count;
    parallel->is_predicted = false;
    if (tuning->analysis == ANALYSE_OFF || hints_begin(&parallel->hints, count) != PEVM_OK)
        return NULL;
    for (size_t i = 0; i < input->dependency_count; i++)
        hints_add(&parallel->hints, input->dependencies[i].later, input->dependencies[i].earlier);
    parallel->is_predicted = !tuning->is_rigid;
    if (parallel->is_predicted)
        predictor_hint(parallel->predictor,
                       &parallel->hints,
                       input->block->txs,
                       count,
                       tuning->analysis == ANALYSE_FULL);
    return parallel->hints.used > 0 ? parallel->hints.by_tx : NULL;
}

static enum pevm_status begin(struct parallel *parallel,
                              struct block_run *run,
                              const struct view *base)
{
    const struct block *block = run->input->block;
    TRY(arrays_reserve(parallel, block->tx_count));
    parallel->run = run;
    uint64_t most = parallel->work.gas / GAS_PER_LOCATION + block->tx_count * 3;
    bool is_limited = run->budget != NULL && run->budget->max != 0;
    struct mv_block mv = {
        .base = base,
        .tx_count = (uint32_t)block->tx_count,
        .locations_expected = most > 4000000 ? 4000000 : (uint32_t)most,
        .coinbase = run->env.coinbase,
        .warm_workers =
            is_limited ? 0 : parallel->called, /* within a limit only for who needs it */
        .keeps_empty = run->env.rules.fork < FORK_SPURIOUS_DRAGON,
        .by_version = parallel->tuning.detection == DETECT_FAST,
    };
    TRY(mv_begin(parallel->mv, &mv));
    struct speculation_block speculation = {.ops = &ops,
                                            .context = parallel,
                                            .mv = parallel->mv,
                                            .tx_count = (uint32_t)block->tx_count,
                                            .claim_size = claim_size(parallel, block->tx_count),
                                            .events = run->events,
                                            .metrics = run->metrics,
                                            .tuning = parallel->tuning,
                                            .gives_up = true,
                                            .hints = hints_for(parallel, run->input),
                                            .met = parallel->met};
    TRY(speculation_begin(parallel->speculation, &speculation));
    for (unsigned i = 0; i < parallel->worker_count; i++) {
        struct arena *logs = &parallel->log_arenas[i].arena;
        arena_reset(logs);
        if (i < mv.warm_workers && !arena_warm(logs)) return PEVM_NO_MEMORY;
    }
    for (unsigned i = 0; i < parallel->seat_count; i++) {
        struct executor *executor = &parallel->executors[i];
        machine_set_block(executor->machine, &run->env, NULL);
        run_watch_machine(run, executor->machine, &executor->watch);
    }
    return PEVM_OK;
}

/* ---- what came of it ------------------------------------------------------------------------- */

/* What the transactions below `tx` did is the block's. When these are all, it may stay where it is for now. */
static enum pevm_status hand_over(struct parallel *parallel, struct block_run *run, uint32_t tx)
{
    uint64_t start_ns = run_enter(run, PHASE_HAND_OVER);
    enum pevm_status status =
        tx < run->input->block->tx_count
            ? hand_over_now(run, parallel->mv, tx)
            : hand_over_later(
                  &parallel->over, run, parallel->mv, parallel->called, parallel->gas_used);
    run_leave(run, PHASE_HAND_OVER, start_ns);
    return status;
}

/* Is there so little to gain that one worker does it? */
static bool is_not_worth_it(struct parallel *parallel, const struct block_run *run)
{
    size_t count = run->input->block->tx_count;
    struct worth_block block = {
        .txs = count, .gas = parallel->work.gas, .workers = parallel->called};
    if (run->input->even_if_small) return count == 0;
    if (!worth_is_likely(&block)) return true;
    if (parallel->tuning.is_rigid || run->events != NULL) return false; /* who watches sees them */
    return !worth_try(&parallel->worth);
}

/* As many as there is memory for, and were busy before. */
static unsigned workers_called(const struct parallel *parallel, const struct block_run *run)
{
    unsigned workers = parallel->tuning.scales ? parallel->scaling.workers : parallel->worker_count;
    uint64_t max = run->budget == NULL ? 0 : run->budget->max;
    if (max != 0 && max / BYTES_PER_WORKER < workers) workers = (unsigned)(max / BYTES_PER_WORKER);
    return workers == 0 ? 1 : workers;
}

/* Tracers and observers want one thing after another; receipts before Byzantium the root after each transaction. */
static bool is_for_one(struct parallel *parallel, const struct block_run *run)
{
    return parallel->called == 1 || run->input->tracer != NULL || run->input->observer != NULL ||
           (run->env.rules.fork < FORK_BYZANTIUM && run->input->roots != NULL) ||
           is_not_worth_it(parallel, run);
}

/* The workers never ask for the coinbase, and what came of it is asked for only when all is done. When it cannot be read, the
 * sequential path says so, of the transaction that wanted it. */
static bool coinbase_is_readable(struct block_run *run)
{
    struct view state = block_state_view(run->state);
    struct view_account account;
    const address *coinbase = &run->env.coinbase;
    if (state.ops->account(state.context, coinbase, VIEW_ALL_PARTS, &account) == VIEW_OK)
        return true;
    run->watch.failed = WATCH_NONE; /* nobody has needed it yet */
    return false;
}

/* For the next blocks: how many workers, whether at all, who meets whom. */
static void learn(struct parallel *parallel,
                  const struct block_run *run,
                  const struct speculation_end *end,
                  uint64_t took_ns)
{
    struct worth_course course = {.txs = end->final,
                                  .busy_ns = end->cpu_ns,
                                  .took_ns = took_ns,
                                  .is_whole = end->final == run->input->block->tx_count};
    if (!run->input->even_if_small) worth_learn(&parallel->worth, &course);
    if (parallel->tuning.scales)
        scaling_learn(&parallel->scaling, end->worker_ns - end->idle_ns, took_ns);
    if (parallel->is_predicted) predictor_learn(parallel->predictor, parallel->met, end->final);
}

enum pevm_status parallel_run(struct parallel *parallel, struct block_run *run)
{
    size_t count = run->input->block->tx_count;
    parallel->counts = (struct parallel_counts){.executions = count, .most = count > 0};
    parallel->called = workers_called(parallel, run);
    parallel->work = work_of(run->input);
    struct block_state_peek peek;
    struct view base = block_state_peek_view(&peek, run->state, run->input->pre_state);
    if (is_for_one(parallel, run) || !coinbase_is_readable(run) ||
        begin(parallel, run, &base) != PEVM_OK)
        return sequential_run_from(run, 0);
    TRY(run_check_stop(run)); /* the workers may be done before the first of them asks */
    uint64_t start_ns = clock_now_ns();
    team_assist(parallel->team, parallel->called, speculation_work, parallel->speculation);
    uint64_t took_ns = clock_now_ns() - start_ns;
    struct speculation_end end = speculation_end(parallel->speculation);
    struct mv_counts mv = mv_counts(parallel->mv);
    parallel->counts = (struct parallel_counts){
        .executions = end.attempts + count - end.final,
        .most = end.most,
        .stale = end.stale,
        .waits = end.waits,
        .stopped_at = end.final,
        .called = parallel->called,
        .is_whole = end.final == count,
        .bytes = mv.bytes,
        .keys = mv.accounts + mv.slots,
        .versions = mv.versions,
        .resumed = end.resumed,
        .sleeps = end.sleeps,
        .steals = end.steals,
        .worker_ns = end.worker_ns,
        .idle_ns = end.idle_ns,
        .busiest_ns = end.busiest_ns,
    };
    learn(parallel, run, &end, took_ns);
    if (end.final > 0) TRY(hand_over(parallel, run, end.final));
    if (end.final < count && budget_refused(run->budget) != 0) {
        mv_trim(parallel->mv); /* the rest needs it */
        parallel->counts.stopped_at = 0;
    }
    return sequential_run_from(run, end.final);
}

/* ---- how it went ----------------------------------------------------------------------------- */

struct engine_footprint parallel_footprint(const struct parallel *parallel)
{
    if (parallel->counts.stopped_at == 0) return (struct engine_footprint){.locations = 0};
    struct mv_counts counts = mv_counts(parallel->mv);
    struct mv_footprint footprint = mv_footprint(parallel->mv);
    double locations = footprint.locations == 0 ? 1 : (double)footprint.locations;
    return (struct engine_footprint){
        .locations = footprint.locations,
        .versions = counts.versions,
        .reads = counts.reads,
        .location_bytes = (double)footprint.row_bytes / locations,
        .index_bytes = (double)footprint.index_bytes / locations,
        .version_bytes = footprint.version_bytes,
        .read_bytes = footprint.read_bytes,
        .tx_bytes = footprint.tx_bytes + speculation_tx_bytes() + sizeof *parallel->gas_used,
    };
}

struct mv_location parallel_location(const struct parallel *parallel, uint32_t place)
{
    if (parallel->counts.stopped_at == 0) return (struct mv_location){.kind = MV_AT_NOWHERE};
    return mv_location_of(parallel->mv, place);
}

bool parallel_chain(const struct parallel *parallel,
                    const uint64_t *costs,
                    struct arena *arena,
                    struct mv_chain *out)
{
    uint32_t count = parallel->counts.stopped_at;
    address *senders = arena_alloc(arena, count * sizeof *senders);
    if (!parallel->counts.is_whole || senders == NULL) return false;
    for (uint32_t i = 0; i < count; i++)
        senders[i] = parallel->run->input->block->txs[i].sender;
    return mv_longest_chain(parallel->mv, count, costs, senders, arena, out);
}
