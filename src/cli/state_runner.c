#include "cli/state_runner.h"

#include "base/heap.h"
#include "base/hex.h"
#include "chain/header_rules.h"
#include "cli/exception.h"
#include "cli/known_failures.h"
#include "cli/machine_runner.h"
#include "cli/state_diff.h"
#include "cli/state_pack.h"
#include "crypto/keccak.h"
#include "engine/engine.h"
#include "evm/trace_struct.h"
#include "fixture/alloc.h"
#include "fixture/json_write.h"
#include "fixture/machinetest.h"
#include "fixture/statetest.h"
#include "types/log.h"
#include "types/receipt.h"
#include "types/tx_sender.h"

#include <inttypes.h>

#define ARENA_CHUNK ((size_t)1 << 18)

struct state_runner {
    const struct suite_options *options;
    struct both_paths paths;
    struct arena arena; /* of one test */
    uint64_t gas_max;   /* what a case of this part of a test used at most */
    struct machine_runner machine;
};

/* A case on its way through the machine. */
struct run {
    const struct state_test *test;
    const struct state_case *picked;
    const struct memory_state *pre;
    struct block_env env;
    struct tx tx;
    enum tx_fault fault;        /* why the transaction is refused */
    struct memory_state *state; /* after it */
    hash32 root, logs;
    uint64_t gas_used;
};

enum pevm_status state_runner_new(void **out,
                                  const struct suite_options *options,
                                  struct error *error)
{
    struct state_runner *runner = heap_alloc_zeroed(1, sizeof *runner);
    if (runner == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    runner->options = options;
    arena_init(&runner->arena, ARENA_CHUNK, 0);
    enum pevm_status status = both_paths_init(&runner->paths, (unsigned)options->workers, error);
    if (status != PEVM_OK) {
        state_runner_free(runner);
        return status;
    }
    *out = runner;
    return PEVM_OK;
}

void state_runner_free(void *context)
{
    struct state_runner *runner = context;
    both_paths_fini(&runner->paths);
    machine_runner_fini(&runner->machine);
    arena_fini(&runner->arena);
    heap_free(runner);
}

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "out of memory");
}

/* There is no chain before a state test: reference clients answer the hash of the number's decimal digits. */
static enum view_answer hash_of_digits(void *context, uint64_t number, hash32 *out)
{
    char digits[24];
    (void)context;
    int size = snprintf(digits, sizeof digits, "%" PRIu64, number);
    keccak256(out, digits, (size_t)size);
    return VIEW_OK;
}

static enum pevm_status make_env(struct run *run, struct error *error)
{
    const struct state_env *given = &run->test->env;
    struct rules rules = rules_of_fork(run->picked->fork);
    rules.chain_id = run->test->chain_id;
    TRY(blob_schedule_read(&rules.blob, run->test->blob_schedule, run->picked->fork_name, error));
    if (rules.fork >= FORK_PARIS && !given->has_random)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "env: currentRandom is missing; %s needs it",
                         run->picked->fork_name);
    run->env = (struct block_env){
        .rules = rules,
        .number = given->number,
        .timestamp = given->timestamp,
        .gas_limit = given->gas_limit,
        .coinbase = given->coinbase,
        .base_fee = rules.fork >= FORK_LONDON ? given->base_fee : U256_ZERO,
        .prev_randao = rules.fork >= FORK_PARIS ? given->random : u256_to_hash(given->difficulty),
    };
    if (rules.fork >= FORK_CANCUN)
        run->env.blob_base_fee = blob_base_fee(given->excess_blob_gas, rules.blob.update_fraction);
    return PEVM_OK;
}

/* The fields of the test, signed like the bytes, must give the bytes. */
static enum pevm_status check_fields(const struct run *run,
                                     struct tx *fields,
                                     struct arena *arena,
                                     struct error *error)
{
    struct bytes encoding;
    const struct tx *tx = &run->tx;
    fields->r = tx->r;
    fields->s = tx->s;
    fields->y_parity = tx->y_parity;
    fields->is_protected = tx->is_protected;
    fields->chain_id = tx->chain_id;
    if (!tx_encode(&encoding, fields, arena)) return no_memory(error);
    if (bytes_equal(encoding, run->picked->tx_bytes)) return PEVM_OK;
    return error_set(error, PEVM_BAD_INPUT, "txbytes: not what the fields of the transaction give");
}

static enum pevm_status check_sender(const struct run *run, struct error *error)
{
    char expected[HEX_ADDRESS_SIZE], got[HEX_ADDRESS_SIZE];
    const struct state_test *test = run->test;
    if (!test->has_sender || address_equal(&test->sender, &run->tx.sender)) return PEVM_OK;
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "txbytes: expected sender %s, got %s",
                     hex_address(expected, &test->sender),
                     hex_address(got, &run->tx.sender));
}

/* The transaction from its bytes where they are given, else from its fields. Sets run->fault when it is no transaction. */
static enum pevm_status make_tx(struct run *run, struct arena *arena, struct error *error)
{
    struct tx fields;
    const struct state_case *picked = run->picked;
    enum signature_range range = picked->fork >= FORK_HOMESTEAD ? SIGNATURE_LOW_S : SIGNATURE_ANY_S;
    enum pevm_status status = state_test_tx(&fields, run->test, picked, arena, error);
    bool too_wide = status == PEVM_LIMIT; /* on purpose */
    if (status != PEVM_OK && !(too_wide && picked->has_tx_bytes)) return status;
    if (!picked->has_tx_bytes) {
        run->tx = fields;
        if (!fields.sender_known)
            return error_set(error, PEVM_BAD_INPUT, "transaction: neither sender nor txbytes");
        run->fault = tx_recover_sender(&run->tx, range, arena); /* authorities */
        return run->fault == TX_NO_MEMORY ? no_memory(error) : PEVM_OK;
    }
    run->fault = tx_decode(&run->tx, picked->tx_bytes, arena);
    if (run->fault == TX_VALID) {
        if (!too_wide) TRY(check_fields(run, &fields, arena, error));
        run->fault = tx_recover_sender(&run->tx, range, arena);
        if (run->fault == TX_VALID) TRY(check_sender(run, error));
    }
    return run->fault == TX_NO_MEMORY ? no_memory(error) : PEVM_OK;
}

/* A line of its own before the instructions of each case. */
static void trace_begin(struct trace_struct *trace, const struct run *run)
{
    struct json_writer json;
    json_writer_init(&json, stderr);
    json_open(&json, '{');
    json_key(&json, "test");
    json_text(&json, run->test->name);
    json_key(&json, "fork");
    json_text(&json, run->picked->fork_name);
    json_key(&json, "index");
    json_number(&json, run->picked->index);
    json_close(&json, '}');
    trace_struct_init(trace, stderr, run->picked->fork, false, false);
}

static enum pevm_status execute(struct state_runner *runner, struct run *run, struct error *error)
{
    struct engine_outcome outcome = {0};
    struct trace_struct trace;
    bool is_traced = runner->options->trace;
    struct view view = memory_state_view(run->pre);
    if (is_traced) trace_begin(&trace, run);
    TRY(engine_execute_tx(runner->paths.one,
                          &outcome,
                          &run->env,
                          &run->tx,
                          &view,
                          is_traced ? &trace.tracer : NULL,
                          error));
    if (outcome.fault != BLOCK_VALID) {
        run->fault = outcome.tx_fault;
        return PEVM_OK;
    }
    ASSERT(outcome.receipt_count == 1);
    run->gas_used = outcome.gas_used;
    if (!logs_hash(
            &run->logs, outcome.receipts[0].logs, outcome.receipts[0].log_count, &runner->arena))
        return no_memory(error);
    return memory_state_apply(run->state, &outcome.changes) == PEVM_OK ? PEVM_OK : no_memory(error);
}

/* Everything up to the judgement. */
static enum pevm_status run_case(struct state_runner *runner, struct run *run, struct error *error)
{
    run->logs = keccak_empty_list;
    TRY(make_env(run, error));
    TRY(make_tx(run, &runner->arena, error));
    run->state = memory_state_clone(run->pre);
    if (run->state == NULL) return no_memory(error);
    if (run->fault == TX_VALID) TRY(execute(runner, run, error));
    if (memory_state_root(run->state, &run->root, &runner->arena) != PEVM_OK)
        return no_memory(error);
    if (!runner->options->trace) return PEVM_OK;
    char root[HEX_HASH_SIZE];
    fprintf(stderr, "{\"stateRoot\":\"%s\"}\n", hex_hash(root, &run->root));
    return PEVM_OK;
}

/* The old suites expect, before Spurious Dragon, an empty account at the coinbase after a refused transaction: the tool that
 * wrote them had touched it. Is that all that is wrong? */
static bool is_coinbase_quirk(struct run *run, struct arena *arena)
{
    static const hash32 *const no_code = &keccak_empty;
    hash32 root;
    return run->fault != TX_VALID && run->picked->fork < FORK_SPURIOUS_DRAGON &&
           memory_state_set_account(run->state, &run->env.coinbase, 0, &U256_ZERO, no_code) ==
               PEVM_OK &&
           memory_state_root(run->state, &root, arena) == PEVM_OK &&
           hash32_equal(&root, &run->picked->root);
}

static void judge_fault(struct suite_case *result, const struct run *run)
{
    const char *expected = run->picked->exception;
    bool is_refused = run->fault != TX_VALID;
    bool is_right = expected == NULL
                        ? !is_refused
                        : is_refused && exception_matches(expected, tx_fault_official(run->fault));
    if (is_right) return;
    result->verdict = VERDICT_FAILED;
    result->what = "transaction";
    snprintf(
        result->expected, sizeof result->expected, "%s", expected == NULL ? "valid" : expected);
    snprintf(result->got,
             sizeof result->got,
             "%s%s%s",
             is_refused ? tx_fault_name(run->fault) : "valid",
             is_refused ? ": " : "",
             is_refused ? tx_fault_text(run->fault) : "");
}

static void judge_hash(struct suite_case *result,
                       const char *what,
                       const hash32 *expected,
                       const hash32 *got)
{
    char text[HEX_HASH_SIZE];
    if (result->verdict != VERDICT_PASSED || hash32_equal(expected, got)) return;
    result->verdict = VERDICT_FAILED;
    result->what = what;
    snprintf(result->expected, sizeof result->expected, "%s", hex_hash(text, expected));
    snprintf(result->got, sizeof result->got, "%s", hex_hash(text, got));
}

/* Which accounts differ, as lines; NULL when the test does not say what they should be. */
static const char *differences(const struct run *run, struct arena *arena)
{
    size_t lines;
    const char *text = NULL;
    struct memory_state *expected;
    if (run->picked->state == NULL) return NULL;
    if (alloc_state(&expected, run->picked->state, arena, NULL) != PEVM_OK) return NULL;
    if (state_diff_text(&text, expected, run->state, &lines, arena) != PEVM_OK)
        text = "    (out of memory)\n";
    memory_state_free(expected);
    return text;
}

static void judge(struct state_runner *runner, struct run *run, struct suite_report *report)
{
    const struct state_case *picked = run->picked;
    struct suite_case result = {
        .verdict = VERDICT_PASSED,
        .test = run->test->name,
        .fork = picked->fork_name,
        .has_index = true,
        .index = picked->index,
        .gas_used = run->gas_used,
    };
    judge_fault(&result, run);
    judge_hash(&result, "state root", &picked->root, &run->root);
    judge_hash(&result, "logs hash", &picked->logs_hash, &run->logs);
    if (known_failure_listed(result.test, result.fork, picked->index)) {
        bool is_known = result.verdict == VERDICT_FAILED && is_coinbase_quirk(run, &runner->arena);
        if (is_known) {
            result.verdict = VERDICT_SKIPPED;
            result.what = "known: the expected root has an empty account at the coinbase";
        } else if (result.verdict == VERDICT_PASSED) {
            result.verdict = VERDICT_FAILED;
            result.what = "passes, though it is listed in known_failures.def";
        }
    }
    if (result.verdict == VERDICT_FAILED) result.details = differences(run, &runner->arena);
    suite_tell(report, &result);
}

static bool is_wanted(const struct state_runner *runner, const struct state_case *picked)
{
    enum fork fork;
    const char *wanted = runner->options->fork;
    if (wanted == NULL || strcmp(wanted, picked->fork_name) == 0) return true;
    return picked->fork_known && fork_by_name(&fork, wanted) && fork == picked->fork;
}

static enum pevm_status run_cases(struct state_runner *runner,
                                  const struct state_test *test,
                                  const struct memory_state *pre,
                                  struct suite_report *report,
                                  struct error *error)
{
    for (size_t i = 0; i < test->case_count; i++) {
        const struct state_case *picked = &test->cases[i];
        struct run run = {.test = test, .picked = picked, .pre = pre};
        if (!is_wanted(runner, picked)) continue;
        struct arena_mark mark = arena_mark(&runner->arena);
        enum pevm_status status =
            picked->fork_known ? run_case(runner, &run, error)
                               : error_set(error, PEVM_UNSUPPORTED, "this fork is not known");
        if (status == PEVM_OK) judge(runner, &run, report);
        if (run.gas_used > runner->gas_max) runner->gas_max = run.gas_used;
        memory_state_free(run.state);
        arena_release(&runner->arena, mark);
        if (status != PEVM_OK) {
            error_prefix(error, "%s, index %zu", picked->fork_name, picked->index);
            return status;
        }
    }
    return PEVM_OK;
}

/* The same transactions in blocks, on several workers. */
static enum pevm_status run_packed(struct state_runner *runner,
                                   const struct state_test *test,
                                   const struct json *member,
                                   struct suite_report *report,
                                   struct error *error)
{
    struct state_pack_counts counts = {0};
    bool is_wanted_here = test->case_count > 0 && is_wanted(runner, &test->cases[0]);
    bool is_heavy = runner->gas_max > STATE_PACK_GAS_MAX;
    if (runner->options->workers == 0 || !is_wanted_here || is_heavy) return PEVM_OK;
    enum pevm_status status =
        state_pack_run(&runner->paths, test, member, &counts, &runner->arena, error);
    if (status != PEVM_OK) {
        error_prefix(error, "%s, packed in a block", test->cases[0].fork_name);
        return status;
    }
    if (runner->paths.difference[0] == 0) return PEVM_OK;
    struct suite_case result = {.verdict = VERDICT_FAILED,
                                .test = test->name,
                                .fork = test->cases[0].fork_name,
                                .what = "packed in a block"};
    snprintf(result.got, sizeof result.got, "%s", runner->paths.difference);
    suite_tell(report, &result);
    return PEVM_OK;
}

size_t state_runner_parts(const struct json *member)
{
    const struct json *post = json_get(member, "post");
    bool has_forks = post != NULL && post->kind == JSON_OBJECT && !machine_test_is(member);
    return has_forks && post->count > 0 ? post->count : 1;
}

/* The fork that is part `part`; NULL: the test is not cut (and may be malformed). */
static const struct json *results_of(const struct json *member, size_t part)
{
    if (state_runner_parts(member) == 1) return NULL;
    const struct json *results = json_get(member, "post")->first;
    while (part-- > 0) /* ends: at 0 */
        results = results->next;
    return results;
}

enum pevm_status state_runner_run(void *context,
                                  const struct json *member,
                                  size_t part,
                                  struct suite_report *report,
                                  struct error *error)
{
    struct state_runner *runner = context;
    struct state_test test;
    struct memory_state *pre;
    arena_reset(&runner->arena);
    runner->gas_max = 0;
    if (machine_test_is(member))
        return machine_runner_run(&runner->machine, member, &runner->arena, report, error);
    TRY(state_test_read(&test, member, results_of(member, part), &runner->arena, error));
    enum pevm_status status = alloc_state(&pre, test.pre, &runner->arena, error);
    if (status != PEVM_OK) {
        error_prefix(error, "pre");
        return status;
    }
    memory_state_set_block_hashes(pre, hash_of_digits, NULL);
    status = run_cases(runner, &test, pre, report, error);
    memory_state_free(pre);
    return status == PEVM_OK ? run_packed(runner, &test, member, report, error) : status;
}
