#include "cli/block_runner.h"

#include "base/heap.h"
#include "base/hex.h"
#include "cli/both_paths.h"
#include "cli/chain_store.h"
#include "cli/exception.h"
#include "cli/state_diff.h"
#include "engine/engine.h"
#include "evm/trace_struct.h"
#include "fixture/alloc.h"
#include "fixture/blocktest.h"
#include "fixture/json_write.h"

#define ARENA_CHUNK ((size_t)1 << 20)

struct block_runner {
    const struct suite_options *options;
    struct both_paths paths;
    struct arena arena; /* of one test */
};

/* A block of the test as decoded. */
struct candidate {
    bool is_block; /* it decoded */
    struct block block;
    struct block_fault_place place; /* why not */
    char text[ERROR_TEXT_MAX];
};

/* A test on its way. */
struct run {
    struct block_runner *runner;
    struct block_test test;
    struct block genesis;
    struct candidate *candidates;
    struct chain_store store;
    struct chain_node *parent; /* of the block that is being received; NULL: it was not executed */
    bool is_incomplete;        /* a block could not be judged */
    uint64_t gas_used;
    struct suite_case result;
};

/* How a block was received. */
struct reception {
    enum block_fault fault;
    enum tx_fault tx_fault; /* of the transaction at fault; TX_VALID: none is */
    const char *text;
};

enum pevm_status block_runner_new(void **out,
                                  const struct suite_options *options,
                                  struct error *error)
{
    struct block_runner *runner = heap_alloc_zeroed(1, sizeof *runner);
    if (runner == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    runner->options = options;
    arena_init(&runner->arena, ARENA_CHUNK, 0);
    enum pevm_status status = both_paths_init(&runner->paths, (unsigned)options->workers, error);
    if (status != PEVM_OK) {
        block_runner_free(runner);
        return status;
    }
    *out = runner;
    return PEVM_OK;
}

void block_runner_free(void *context)
{
    struct block_runner *runner = context;
    both_paths_fini(&runner->paths);
    arena_fini(&runner->arena);
    heap_free(runner);
}

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "out of memory");
}

/* ---- what a test says ---- */

static void fail_text(struct run *run, const char *what, const char *expected, const char *got)
{
    struct suite_case *result = &run->result;
    result->verdict = VERDICT_FAILED;
    result->what = what;
    snprintf(result->expected, sizeof result->expected, "%s", expected);
    snprintf(result->got, sizeof result->got, "%s", got);
}

/* "block 3", in the arena; NULL: no memory. */
static const char *block_text(struct run *run, size_t index)
{
    char text[48];
    struct bytes copy;
    snprintf(text, sizeof text, "block %zu", index);
    bool is_copied = arena_copy(&run->runner->arena, &copy, bytes_of(text, strlen(text) + 1));
    return is_copied ? (const char *)copy.data : NULL;
}

/* True when they are equal; else the test has failed. */
static bool check_hash(struct run *run, const char *what, const hash32 *expected, const hash32 *got)
{
    char left[HEX_HASH_SIZE], right[HEX_HASH_SIZE];
    if (hash32_equal(expected, got)) return true;
    fail_text(run, what, hex_hash(left, expected), hex_hash(right, got));
    return false;
}

/* ---- importing a block ---- */

static enum view_answer ancestor_hash(void *context, uint64_t number, hash32 *out)
{
    const struct run *run = context;
    return chain_store_hash_at(run->parent, number, out) ? VIEW_OK : VIEW_FAILED;
}

static enum pevm_status root_after(void *context,
                                   const struct changeset *changes,
                                   hash32 *out,
                                   struct error *error)
{
    struct run *run = context;
    struct arena *scratch = &run->runner->arena;
    return memory_state_root_after(run->parent->state, changes, out, scratch) == PEVM_OK
               ? PEVM_OK
               : no_memory(error);
}

static void trace_begin(struct trace_struct *trace,
                        const struct run *run,
                        const struct block *block)
{
    struct json_writer json;
    struct rules rules = chain_rules(&run->test.chain,
                                     block->header.number,
                                     block->header.timestamp,
                                     &run->parent->total_difficulty);
    json_writer_init(&json, stderr);
    json_open(&json, '{');
    json_key(&json, "test");
    json_text(&json, run->test.name);
    json_key(&json, "block");
    json_number(&json, block->header.number);
    json_key(&json, "fork");
    json_text(&json, fork_name(rules.fork));
    json_close(&json, '}');
    trace_struct_init(trace, stderr, rules.fork, false, false);
}

/* Execute a block on run->parent; `is_judged`: compare with its header as well. */
static enum pevm_status execute(struct run *run,
                                const struct block *block,
                                bool is_judged,
                                struct engine_outcome *outcome,
                                struct error *error)
{
    struct engine_ancestor ancestors[ENGINE_ANCESTORS_MAX];
    struct trace_struct trace;
    bool is_traced = run->runner->options->trace && is_judged;
    memory_state_set_block_hashes(run->parent->state, ancestor_hash, run);
    struct view view = memory_state_view(run->parent->state);
    struct root_source roots = {.root = root_after, .context = run};
    if (is_traced) trace_begin(&trace, run, block);
    struct engine_input input = {
        .block = block,
        .parent = &run->parent->block->header,
        .parent_total_difficulty = &run->parent->total_difficulty,
        .ancestors = ancestors,
        .ancestor_count = chain_store_ancestors(run->parent, ancestors),
        .pre_state = &view,
        .roots = &roots,
        .tracer = is_traced ? &trace.tracer : NULL,
        .skip_header_compare = !is_judged,
    };
    return both_paths_execute(&run->runner->paths, outcome, &input, error);
}

/* How many of the blocks from `from` on name that block as their parent. */
static size_t count_children(const struct run *run, size_t from, const hash32 *hash)
{
    size_t count = 0;
    for (size_t i = from; i < run->test.block_count; i++)
        count += run->candidates[i].is_block &&
                 hash32_equal(&run->candidates[i].block.header.parent_hash, hash);
    return count;
}

/* The state after a valid block: the parent's own when no other block needs it, else a copy. */
static enum pevm_status state_after(struct chain_node *parent,
                                    const struct changeset *changes,
                                    struct memory_state **out,
                                    struct error *error)
{
    bool is_last = parent->awaited == 1;
    struct memory_state *state = is_last ? parent->state : memory_state_clone(parent->state);
    if (state == NULL) return no_memory(error);
    if (memory_state_apply(state, changes) != PEVM_OK) {
        if (!is_last) memory_state_free(state);
        return no_memory(error);
    }
    if (is_last) parent->state = NULL;
    *out = state;
    return PEVM_OK;
}

static enum pevm_status note_fault(struct run *run,
                                   const struct engine_outcome *outcome,
                                   struct reception *out,
                                   struct error *error)
{
    struct bytes words = bytes_of(outcome->text, strlen(outcome->text) + 1), copy;
    if (!arena_copy(&run->runner->arena, &copy, words)) return no_memory(error);
    *out = (struct reception){.fault = outcome->fault, .text = (const char *)copy.data};
    if (outcome->fault == BLOCK_TRANSACTION) out->tx_fault = outcome->tx_fault;
    return PEVM_OK;
}

/* The paths do not agree about a block: the test has failed. */
static enum pevm_status note_difference(struct run *run, size_t index, struct error *error)
{
    const char *what = block_text(run, index);
    if (what == NULL) return no_memory(error);
    fail_text(run, what, "", run->runner->paths.difference);
    return PEVM_OK;
}

static enum pevm_status import_on(struct run *run,
                                  struct chain_node *parent,
                                  size_t index,
                                  struct reception *out,
                                  struct error *error)
{
    struct engine_outcome outcome = {0};
    const struct block *block = &run->candidates[index].block;
    run->parent = parent;
    TRY(execute(run, block, true, &outcome, error));
    if (run->runner->paths.difference[0] != 0) return note_difference(run, index, error);
    if (outcome.fault != BLOCK_VALID) return note_fault(run, &outcome, out, error);
    struct memory_state *after = NULL;
    TRY(state_after(parent, &outcome.changes, &after, error));
    run->gas_used += outcome.gas_used;
    size_t awaited = count_children(run, index + 1, &block->header.hash);
    chain_store_add(&run->store, parent, block, after, awaited);
    return PEVM_OK;
}

static enum pevm_status import(struct run *run,
                               size_t index,
                               struct reception *out,
                               struct error *error)
{
    const struct candidate *candidate = &run->candidates[index];
    *out = (struct reception){.text = ""};
    run->parent = NULL;
    if (!candidate->is_block) {
        *out = (struct reception){
            .fault = BLOCK_MALFORMED, .tx_fault = candidate->place.tx, .text = candidate->text};
        return PEVM_OK;
    }
    const struct header *header = &candidate->block.header;
    if (chain_store_find(&run->store, &header->hash) != NULL) return PEVM_OK;
    struct chain_node *parent = chain_store_find(&run->store, &header->parent_hash);
    if (parent == NULL) {
        out->fault = BLOCK_PARENT_UNKNOWN;
        return PEVM_OK;
    }
    return import_on(run, parent, index, out, error);
}

/* ---- judging ---- */

static bool is_reason(const char *expected, const struct reception *reception)
{
    return exception_matches(expected, block_fault_official(reception->fault)) ||
           (reception->tx_fault != TX_VALID &&
            exception_matches(expected, tx_fault_official(reception->tx_fault)));
}

static void reception_print(char out[CASE_VALUE_SIZE], const struct reception *reception)
{
    bool has_tx = reception->tx_fault != TX_VALID;
    snprintf(out,
             CASE_VALUE_SIZE,
             "%s%s%s%s%.200s",
             block_fault_name(reception->fault),
             has_tx ? ", " : "",
             has_tx ? tx_fault_name(reception->tx_fault) : "",
             reception->text[0] == 0 ? "" : ": ",
             reception->text);
}

/* The accounts that are not as the test wants them. How many lines that takes. */
static enum pevm_status compare_post_state(struct run *run,
                                           const struct memory_state *got,
                                           const char **text,
                                           size_t *lines,
                                           struct error *error)
{
    struct arena *arena = &run->runner->arena;
    struct memory_state *expected;
    enum pevm_status status = alloc_state(&expected, run->test.post_state, arena, error);
    if (status != PEVM_OK) {
        error_prefix(error, "postState");
        return status;
    }
    status = state_diff_text(text, expected, got, lines, arena);
    memory_state_free(expected);
    return status == PEVM_OK ? PEVM_OK : no_memory(error);
}

/* A block that should have been taken was executed, and something came out that its header does not say. When it is the last one
 * of the test, the post-state says which accounts are wrong. */
static enum pevm_status explain_refusal(struct run *run, size_t index, struct error *error)
{
    size_t lines = 0;
    const char *text;
    struct engine_outcome outcome = {0};
    if (run->test.post_state == NULL || run->parent == NULL) return PEVM_OK;
    for (size_t i = index + 1; i < run->test.block_count; i++)
        if (run->test.blocks[i].exception == NULL) return PEVM_OK;
    TRY(execute(run, &run->candidates[index].block, false, &outcome, error));
    if (outcome.fault != BLOCK_VALID) return PEVM_OK;
    struct memory_state *after = memory_state_clone(run->parent->state);
    if (after == NULL) return no_memory(error);
    enum pevm_status status = memory_state_apply(after, &outcome.changes);
    if (status == PEVM_OK) status = compare_post_state(run, after, &text, &lines, error);
    memory_state_free(after);
    if (status != PEVM_OK) return no_memory(error);
    if (lines > 0) run->result.details = text;
    return PEVM_OK;
}

/* Is the block received as it should be? If not, the test has failed. */
static enum pevm_status judge_block(struct run *run,
                                    size_t index,
                                    const struct reception *reception,
                                    bool *is_right,
                                    struct error *error)
{
    const char *expected = run->test.blocks[index].exception;
    bool is_refused = reception->fault != BLOCK_VALID;
    *is_right = expected == NULL ? !is_refused : is_refused && is_reason(expected, reception);
    if (*is_right) return PEVM_OK;
    char got[CASE_VALUE_SIZE];
    const char *what = block_text(run, index);
    if (what == NULL) return no_memory(error);
    reception_print(got, reception);
    if (expected != NULL && expected[0] == 0) expected = "a refusal";
    fail_text(run, what, expected == NULL ? "BLOCK_VALID" : expected, got);
    return expected == NULL ? explain_refusal(run, index, error) : PEVM_OK;
}

static enum pevm_status judge_end(struct run *run, struct error *error)
{
    size_t lines = 0;
    const struct header *head = &run->store.head->block->header;
    const struct block_test *test = &run->test;
    bool is_head = check_hash(run, "hash of the head", &test->last_hash, &head->hash);
    if (is_head && test->has_post_root)
        check_hash(run, "post-state root", &test->post_root, &head->state_root);
    if (test->post_state == NULL) return PEVM_OK;
    const char *text;
    TRY(compare_post_state(run, run->store.head->state, &text, &lines, error));
    if (lines == 0) return PEVM_OK;
    if (is_head) fail_text(run, "post-state", "", "other accounts than expected");
    run->result.details = text;
    return PEVM_OK;
}

/* ---- a whole test ---- */

static enum pevm_status decode_blocks(struct run *run, struct error *error)
{
    struct arena *arena = &run->runner->arena;
    size_t count = run->test.block_count;
    run->candidates = arena_alloc_zeroed(arena, count, sizeof *run->candidates);
    struct chain_node *nodes = arena_alloc_zeroed(arena, count + 1, sizeof *nodes);
    if (run->candidates == NULL || nodes == NULL) return no_memory(error);
    chain_store_init(&run->store, nodes);
    for (size_t i = 0; i < count; i++) {
        struct candidate *candidate = &run->candidates[i];
        struct error why = {0};
        enum pevm_status status = block_decode(
            &candidate->block, run->test.blocks[i].encoding, arena, &candidate->place, &why);
        if (status == PEVM_NO_MEMORY) return no_memory(error);
        candidate->is_block = status == PEVM_OK;
        snprintf(candidate->text, sizeof candidate->text, "%s", why.text);
    }
    return PEVM_OK;
}

static enum pevm_status start_chain(struct run *run, struct error *error)
{
    hash32 root;
    struct memory_state *state;
    run->genesis = (struct block){.header = run->test.genesis};
    enum pevm_status status = alloc_state(&state, run->test.pre, &run->runner->arena, error);
    if (status != PEVM_OK) {
        error_prefix(error, "pre");
        return status;
    }
    const hash32 *hash = &run->genesis.header.hash;
    chain_store_add(&run->store, NULL, &run->genesis, state, count_children(run, 0, hash));
    if (memory_state_root(state, &root, &run->runner->arena) != PEVM_OK) return no_memory(error);
    check_hash(run, "state root of the genesis", &run->genesis.header.state_root, &root);
    return PEVM_OK;
}

/* A block whose only fault is its seal: proofs of work are not checked, so nothing can be said of it. */
static bool is_beyond_us(const struct run *run, const struct block_test_block *block)
{
    return run->test.seals_checked && block->exception != NULL &&
           strcmp(block->exception, "InvalidBlockNonce") == 0;
}

static enum pevm_status run_blocks(struct run *run, struct error *error)
{
    for (size_t i = 0; i < run->test.block_count; i++) {
        const struct block_test_block *block = &run->test.blocks[i];
        if (is_beyond_us(run, block)) {
            run->is_incomplete = true;
            continue;
        }
        const struct candidate *candidate = &run->candidates[i];
        struct reception reception;
        if (block->has_hash && candidate->is_block &&
            !check_hash(run, "hash of a block", &block->hash, &candidate->block.header.hash))
            return PEVM_OK;
        enum pevm_status status = import(run, i, &reception, error);
        if (status != PEVM_OK) {
            error_prefix(error, "block %zu", i);
            return status;
        }
        if (run->result.verdict != VERDICT_PASSED) return PEVM_OK; /* the paths do not agree */
        bool is_right;
        TRY(judge_block(run, i, &reception, &is_right, error));
        if (!is_right) return PEVM_OK;
        if (!candidate->is_block) continue;
        struct chain_node *parent =
            chain_store_find(&run->store, &candidate->block.header.parent_hash);
        if (parent != NULL) chain_store_release(&run->store, parent);
    }
    return judge_end(run, error);
}

static bool is_wanted(const struct block_runner *runner, const char *network)
{
    enum fork wanted, fork;
    const char *name = runner->options->fork;
    if (name == NULL || strcmp(name, network) == 0) return true;
    return fork_by_name(&wanted, name) && fork_by_name(&fork, network) && wanted == fork;
}

static enum pevm_status run_chain(struct run *run, struct error *error)
{
    both_paths_set_chain(&run->runner->paths, &run->test.chain);
    enum pevm_status status = decode_blocks(run, error);
    if (status == PEVM_OK) status = start_chain(run, error);
    if (status == PEVM_OK && run->result.verdict == VERDICT_PASSED) status = run_blocks(run, error);
    chain_store_fini(&run->store);
    both_paths_set_chain(&run->runner->paths, &chain_mainnet); /* the test's goes away */
    return status;
}

enum pevm_status block_runner_run(void *context,
                                  const struct json *member,
                                  size_t part,
                                  struct suite_report *report,
                                  struct error *error)
{
    struct block_runner *runner = context;
    struct run run = {.runner = runner};
    (void)part; /* there is one */
    arena_reset(&runner->arena);
    enum pevm_status status = block_test_read(&run.test, member, &runner->arena, error);
    bool is_named = run.test.network[0] != 0;
    if (is_named && !is_wanted(runner, run.test.network)) return PEVM_OK;
    if (status != PEVM_OK) return status;
    run.result = (struct suite_case){.test = run.test.name, .fork = run.test.network};
    status = run_chain(&run, error);
    if (run.is_incomplete && run.result.verdict == VERDICT_PASSED) {
        run.result.verdict = VERDICT_SKIPPED;
        run.result.what =
            "a block is refused for its proof of work, which is not checked; the rest is right";
    }
    run.result.gas_used = run.gas_used;
    if (status == PEVM_OK) suite_tell(report, &run.result);
    return status;
}
