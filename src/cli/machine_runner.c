#include "cli/machine_runner.h"

#include "base/hex.h"
#include "cli/state_diff.h"
#include "crypto/keccak.h"
#include "evm/trace_struct.h"
#include "fixture/alloc.h"
#include "fixture/machinetest.h"
#include "types/log.h"

#include <inttypes.h>

#define FORK_TEXT        "Frontier"
#define CODE_CACHE_BYTES ((size_t)1 << 20)

/* A test on its way. */
struct run {
    struct machine_runner *runner;
    struct machine_test test;
    struct arena *arena;
    struct memory_state *pre; /* as given, but that the caller still holds the value */
    struct memory_state *got;
    struct suite_case result;
};

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "out of memory");
}

void machine_runner_fini(struct machine_runner *runner)
{
    machine_free(runner->machine);
    code_cache_free(runner->codes);
    *runner = (struct machine_runner){0};
}

static enum pevm_status make_machine(struct machine_runner *runner, struct error *error)
{
    if (runner->machine != NULL) return PEVM_OK;
    if (runner->codes == NULL) runner->codes = code_cache_new(CODE_CACHE_BYTES);
    if (runner->codes == NULL) return no_memory(error);
    struct machine_options options = {.codes = runner->codes};
    return machine_new(&runner->machine, &options) == PEVM_OK ? PEVM_OK : no_memory(error);
}

static bool is_wanted(const struct suite_options *options)
{
    enum fork fork;
    return options->fork == NULL || (fork_by_name(&fork, options->fork) && fork == FORK_FRONTIER);
}

/* The test's value has been moved already, and the machine will move it: so it is moved back. Modulo 2^256, like everything here. */
static enum pevm_status move_value_back(struct run *run, struct error *error)
{
    struct view view = memory_state_view(run->pre);
    const struct machine_test *test = &run->test;
    struct view_account from, to;
    if (view.ops->account(view.context, &test->caller, VIEW_ALL_PARTS, &from) != VIEW_OK ||
        view.ops->account(view.context, &test->address, VIEW_ALL_PARTS, &to) != VIEW_OK)
        return error_set(error, PEVM_INTERNAL, "a whole state could not be read");
    u256 richer = u256_add(from.balance, test->value), poorer = u256_sub(to.balance, test->value);
    if (memory_state_set_account(run->pre, &test->caller, from.nonce, &richer, &from.code_hash) !=
            PEVM_OK ||
        memory_state_set_account(run->pre, &test->address, to.nonce, &poorer, &to.code_hash) !=
            PEVM_OK)
        return no_memory(error);
    return PEVM_OK;
}

static struct block_env env_of(const struct state_env *given)
{
    return (struct block_env){
        .rules = rules_of_fork(FORK_FRONTIER),
        .number = given->number,
        .timestamp = given->timestamp,
        .gas_limit = given->gas_limit,
        .coinbase = given->coinbase,
        .prev_randao = u256_to_hash(given->difficulty),
    };
}

static const struct code *make_code(struct run *run)
{
    hash32 hash;
    struct bytes bytes = run->test.code;
    keccak256(&hash, bytes.data, bytes.size);
    void *memory = arena_alloc(run->arena, code_memory_size(bytes.size));
    return memory == NULL ? NULL : code_build(memory, bytes, &hash);
}

static enum pevm_status execute(struct run *run,
                                const struct tracer *tracer,
                                struct message_result *result,
                                struct error *error)
{
    const struct machine_test *test = &run->test;
    struct machine *machine = run->runner->machine;
    struct block_env env = env_of(&test->env);
    struct tx_env tx = {.origin = test->origin, .gas_price = test->gas_price};
    struct view view = memory_state_view(run->pre);
    struct message message = {.kind = MESSAGE_CALL,
                              .gas = (int64_t)test->gas,
                              .caller = test->caller,
                              .to = test->address,
                              .value = test->value,
                              .input = test->data,
                              .code = make_code(run),
                              .code_address = test->address};
    if (message.code == NULL) return no_memory(error);
    machine_set_block(machine, &env, tracer);
    journal_begin(machine_journal(machine), &view, FORK_FRONTIER);
    if (machine_run(machine, &tx, &message, result)) return PEVM_OK;
    return error_set(error, PEVM_INTERNAL, "the machine stopped: %s", halt_text(result->halt));
}

/* ---- judging ---- */

static void fail(struct run *run, const char *what, const char *expected, const char *got)
{
    if (run->result.verdict != VERDICT_PASSED) return;
    run->result.verdict = VERDICT_FAILED;
    run->result.what = what;
    snprintf(run->result.expected, sizeof run->result.expected, "%s", expected);
    snprintf(run->result.got, sizeof run->result.got, "%s", got);
}

static void judge_result(struct run *run, const struct message_result *result)
{
    char expected[HEX_HASH_SIZE], got[HEX_HASH_SIZE];
    hash32 hashes[2];
    if (!halt_is_success(result->halt)) {
        fail(run, "end", "success", halt_text(result->halt));
        return;
    }
    snprintf(expected, sizeof expected, "%" PRIu64, run->test.gas_left);
    snprintf(got, sizeof got, "%" PRId64, result->gas_left);
    if (strcmp(expected, got) != 0) fail(run, "gas left", expected, got);
    if (bytes_equal(result->output, run->test.output)) return;
    keccak256(&hashes[0], run->test.output.data, run->test.output.size);
    keccak256(&hashes[1], result->output.data, result->output.size);
    fail(run, "hash of the output", hex_hash(expected, &hashes[0]), hex_hash(got, &hashes[1]));
}

static enum pevm_status judge_logs(struct run *run, struct error *error)
{
    hash32 hash;
    char expected[HEX_HASH_SIZE], got[HEX_HASH_SIZE];
    const struct journal *journal = machine_journal(run->runner->machine);
    if (!logs_hash(&hash, journal->logs, journal->log_count, run->arena)) return no_memory(error);
    if (!hash32_equal(&hash, &run->test.logs_hash))
        fail(run, "logs hash", hex_hash(expected, &run->test.logs_hash), hex_hash(got, &hash));
    return PEVM_OK;
}

/* What the journal says of an account, put into the state after the run. The caller is a mere purse, unless it was there before. */
static bool take_account(struct run *run, struct journal *journal, struct account_entry *account)
{
    if (journal_account_load(journal, account, VIEW_ALL_PARTS) != VIEW_OK) return false;
    if (account->destroyed) {
        struct account_change gone = {.account = account->key, .storage_cleared = true};
        struct changeset changes = {.accounts = &gone, .account_count = 1};
        return memory_state_apply(run->got, &changes) == PEVM_OK;
    }
    bool is_purse = address_equal(&account->key, &run->test.caller) &&
                    u256_is_zero(account->balance) && account->nonce == 0;
    if (!account->exists || is_purse) return true;
    if (memory_state_set_account(
            run->got, &account->key, account->nonce, &account->balance, &account->code_hash) !=
        PEVM_OK)
        return false;
    for (struct slot_entry *slot = account->slots; slot != NULL; slot = slot->next_of_account)
        if (slot->written &&
            memory_state_set_slot(run->got, &account->key, &slot->key, &slot->current) != PEVM_OK)
            return false;
    return true;
}

static enum pevm_status judge_state(struct run *run, struct error *error)
{
    size_t lines = 0;
    const char *text = NULL;
    struct memory_state *expected;
    struct journal *journal = machine_journal(run->runner->machine);
    for (size_t i = 0; i < journal->account_count; i++)
        if (!take_account(run, journal, journal->accounts[i])) return no_memory(error);
    enum pevm_status status = alloc_state(&expected, run->test.post, run->arena, error);
    if (status != PEVM_OK) {
        error_prefix(error, "post");
        return status;
    }
    status = state_diff_text(&text, expected, run->got, &lines, run->arena);
    memory_state_free(expected);
    if (status != PEVM_OK) return no_memory(error);
    if (lines == 0) return PEVM_OK;
    fail(run, "post-state", "", "other accounts than expected");
    run->result.details = text;
    return PEVM_OK;
}

static enum pevm_status judge(struct run *run,
                              const struct message_result *result,
                              struct error *error)
{
    run->result.gas_used = run->test.gas - (uint64_t)result->gas_left;
    if (run->test.post == NULL) {
        if (!halt_is_exceptional(result->halt))
            fail(run, "end", "a failure", halt_text(result->halt));
        return PEVM_OK;
    }
    judge_result(run, result);
    TRY(judge_logs(run, error));
    return halt_is_success(result->halt) ? judge_state(run, error) : PEVM_OK;
}

static enum pevm_status run_test(struct run *run, bool is_traced, struct error *error)
{
    struct message_result result;
    struct trace_struct trace;
    if (is_traced) trace_struct_init(&trace, stderr, FORK_FRONTIER, false, false);
    TRY(move_value_back(run, error));
    TRY(execute(run, is_traced ? &trace.tracer : NULL, &result, error));
    return judge(run, &result, error);
}

enum pevm_status machine_runner_run(struct machine_runner *runner,
                                    const struct json *member,
                                    struct arena *arena,
                                    struct suite_report *report,
                                    struct error *error)
{
    struct run run = {.runner = runner, .arena = arena};
    if (!is_wanted(report->options)) return PEVM_OK;
    TRY(make_machine(runner, error));
    TRY(machine_test_read(&run.test, member, arena, error));
    run.result =
        (struct suite_case){.verdict = VERDICT_PASSED, .test = run.test.name, .fork = FORK_TEXT};
    enum pevm_status status = alloc_state(&run.pre, run.test.pre, arena, error);
    if (status == PEVM_OK) run.got = memory_state_clone(run.pre);
    if (status == PEVM_OK && run.got == NULL) status = no_memory(error);
    if (status == PEVM_OK) status = run_test(&run, report->options->trace, error);
    memory_state_free(run.pre);
    memory_state_free(run.got);
    if (status == PEVM_OK) suite_tell(report, &run.result);
    return status;
}
