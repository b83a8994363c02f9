#include "base/heap.h"
#include "support/api_world.h"
#include "support/test.h"

#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- opening ----------------------------------------------------------------------------------- */

TEST(closing_nothing_is_nothing)
{
    pevm_engine_close(NULL);
}

/* ---- executing --------------------------------------------------------------------------------- */

TEST(a_block_gives_receipts_changes_and_the_root_that_its_header_names)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    api_world_init(&world);
    const struct header *header = &world.inside->block.header;
    pevm_engine *engine = api_world_engine(1);
    struct pevm_input input = api_world_input(&world);
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_OK);
    CHECK_TEXT(outcome->fault_text, "");
    CHECK_EQ(outcome->is_valid, 1);
    CHECK_TEXT(outcome->fault, "");
    CHECK_TEXT(outcome->tx_fault, "");
    CHECK_EQ(outcome->number, BLOCK_WORLD_NUMBER);
    CHECK_EQ(outcome->gas_used, header->gas_used);
    CHECK_EQ(outcome->executions, API_WORLD_TXS);
    CHECK_EQ(outcome->has_state_root, 1);
    CHECK_EQ(outcome->has_requests_hash, 1);
    CHECK(hash32_equal(&outcome->state_root, &header->state_root));
    CHECK(hash32_equal(&outcome->receipts_root, &header->receipts_root));
    CHECK(memcmp(outcome->bloom, &header->bloom, sizeof outcome->bloom) == 0);
    CHECK_EQ(outcome->receipt_count, API_WORLD_TXS);
    const struct pevm_receipt *transfer = &outcome->receipts[0], *logger = &outcome->receipts[1],
                              *creation = &outcome->receipts[API_WORLD_TXS - 1];
    address alice = block_world_address(ALICE), contract = block_world_address(CONTRACT);
    CHECK_EQ(transfer->is_success, 1);
    CHECK_EQ(transfer->gas_used, 21000);
    CHECK(address_equal(&transfer->sender, &alice));
    CHECK(hash32_equal(&transfer->tx_hash, &world.inside->block.txs[0].hash));
    CHECK_EQ(outcome->receipts[4].is_success, 0);
    CHECK_EQ(logger->log_count, 1);
    CHECK(address_equal(&logger->logs[0].account, &contract));
    CHECK_EQ(logger->logs[0].topic_count, 1);
    CHECK_EQ(logger->logs[0].topics[0].bytes[31], 5);
    CHECK_EQ(logger->logs[0].data.size, 32);
    CHECK_EQ(creation->has_created, 1);
    CHECK_EQ(outcome->changes.code_count, 1);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

TEST(changes_applied_give_the_state_of_the_header)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    hash32 root;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(1);
    struct pevm_input input = api_world_input(&world);
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, NULL), PEVM_OK);
    CHECK_EQ(pevm_state_apply(world.state, &outcome->changes), PEVM_OK);
    CHECK_EQ(pevm_state_root(world.state, &root), PEVM_OK);
    CHECK(hash32_equal(&root, &world.inside->block.header.state_root));
    pevm_engine_close(engine);
    api_world_fini(&world);
}

static void check_same_changes(const struct pevm_changes *a, const struct pevm_changes *b)
{
    CHECK_EQ(a->account_count, b->account_count);
    for (size_t i = 0; i < a->account_count; i++) {
        struct pevm_account_change one = a->accounts[i], two = b->accounts[i];
        CHECK_EQ(one.slot_count, two.slot_count);
        CHECK(one.slot_count == 0 ||
              memcmp(one.slots, two.slots, one.slot_count * sizeof *one.slots) == 0);
        CHECK(address_equal(&one.account, &two.account));
        CHECK_EQ(one.nonce, two.nonce);
        CHECK(u256_equal(one.balance, two.balance));
        CHECK(hash32_equal(&one.code_hash, &two.code_hash));
        CHECK_EQ(one.exists, two.exists);
        CHECK_EQ(one.storage_cleared, two.storage_cleared);
        CHECK_EQ(one.code_changed, two.code_changed);
    }
    CHECK_EQ(a->code_count, b->code_count);
    for (size_t i = 0; i < a->code_count; i++)
        CHECK(hash32_equal(&a->codes[i].hash, &b->codes[i].hash));
}

static void check_same(const struct pevm_outcome *a, const struct pevm_outcome *b)
{
    CHECK_EQ(a->is_valid, b->is_valid);
    CHECK_TEXT(a->fault_text, b->fault_text);
    CHECK_EQ(a->gas_used, b->gas_used);
    CHECK(hash32_equal(&a->receipts_root, &b->receipts_root));
    CHECK(hash32_equal(&a->state_root, &b->state_root));
    CHECK_EQ(a->receipt_count, b->receipt_count);
    for (size_t i = 0; i < a->receipt_count; i++) {
        CHECK_EQ(a->receipts[i].is_success, b->receipts[i].is_success);
        CHECK_EQ(a->receipts[i].cumulative_gas_used, b->receipts[i].cumulative_gas_used);
        CHECK_EQ(a->receipts[i].log_count, b->receipts[i].log_count);
        CHECK(memcmp(a->receipts[i].bloom, b->receipts[i].bloom, sizeof a->bloom) == 0);
    }
    check_same_changes(&a->changes, &b->changes);
}

TEST(parallel_equals_sequential)
{
    const unsigned workers[] = {2, 3, 8};
    struct api_world world;
    const struct pevm_outcome *expected, *outcome;
    api_world_init(&world);
    struct pevm_input input = api_world_input(&world);
    pevm_engine *sequential = api_world_engine(1);
    CHECK_EQ(pevm_engine_execute(sequential, &expected, &input, NULL), PEVM_OK);
    CHECK_EQ(expected->is_valid, 1);
    for (size_t i = 0; i < COUNT_OF(workers); i++) {
        pevm_engine *parallel = api_world_engine(workers[i]);
        for (unsigned again = 0; again < 5; again++) {
            CHECK_EQ(pevm_engine_execute(parallel, &outcome, &input, NULL), PEVM_OK);
            check_same(expected, outcome);
            CHECK(outcome->executions >= API_WORLD_TXS);
        }
        pevm_engine_close(parallel);
    }
    pevm_engine_close(sequential);
    api_world_fini(&world);
}

TEST(an_invalid_block_is_a_value_that_names_rule_and_transaction)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(2);
    struct pevm_input input = api_world_input(&world);
    address bob = block_world_address(BOB);
    CHECK_EQ(pevm_state_set_account(world.state, &bob, 5, &U256_ONE, (struct pevm_bytes){NULL, 0}),
             PEVM_OK);
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_OK);
    CHECK_EQ(outcome->is_valid, 0);
    CHECK_TEXT(outcome->fault, "BLOCK_TRANSACTION");
    CHECK_TEXT(outcome->tx_fault, "TX_NONCE_TOO_LOW");
    CHECK_EQ(outcome->tx_index, 1);
    CHECK(strlen(outcome->fault_text) > 10);
    CHECK_EQ(outcome->receipt_count, 0);
    CHECK_EQ(outcome->changes.account_count, 0);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

TEST(malformed_bytes_are_bad_input_that_names_what)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(1);
    for (size_t size = 0; size < world.block.size; size += 1 + size / 4) {
        struct pevm_input input = api_world_input(&world);
        input.block.size = size;
        error.text[0] = 0;
        CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_BAD_INPUT);
        CHECK_EQ(outcome, NULL);
        CHECK(error.text[0] != 0);
    }
    struct pevm_input input = api_world_input(&world);
    input.parent_header.size--;
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_BAD_INPUT);
    CHECK(strncmp(error.text, "parent_header: ", 15) == 0);
    input.struct_size = 3;
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_BAD_INPUT);
    CHECK(strncmp(error.text, "pevm_input.struct_size is 3", 27) == 0);
    input = api_world_input(&world);
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_OK);
    CHECK_EQ(outcome->is_valid, 1);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

/* ---- a state of one's own ---------------------------------------------------------------------- */

/* Passes on to a state, but for the reads that fail. */
struct picky {
    struct pevm_view inner;
    address unreadable;
    uint8_t fails_root;
};

static enum pevm_answer picky_account(void *context, const address *who, struct pevm_account *out)
{
    struct picky *picky = context;
    if (address_equal(who, &picky->unreadable)) return PEVM_ANSWER_FAILED;
    enum pevm_answer answer = picky->inner.account(picky->inner.context, who, out);
    static const uint8_t keccak_of_nothing[] = {0xc5, 0xd2, 0x46, 0x01};
    if (memcmp(&out->code_hash, keccak_of_nothing, 4) == 0) out->code_hash = (hash32){{0}};
    return answer;
}

static enum pevm_answer picky_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct picky *picky = context;
    return picky->inner.slot(picky->inner.context, who, slot, out);
}

static enum pevm_answer picky_code(void *context,
                                   const address *who,
                                   const hash32 *hash,
                                   struct pevm_bytes *out)
{
    struct picky *picky = context;
    return picky->inner.code(picky->inner.context, who, hash, out);
}

static enum pevm_answer picky_storage(void *context, const address *who, uint8_t *out)
{
    struct picky *picky = context;
    return picky->inner.has_storage(picky->inner.context, who, out);
}

static enum pevm_answer picky_block_hash(void *context, uint64_t number, hash32 *out)
{
    struct picky *picky = context;
    return picky->inner.block_hash(picky->inner.context, number, out);
}

static enum pevm_answer picky_root(void *context, const struct pevm_changes *changes, hash32 *out)
{
    struct picky *picky = context;
    if (picky->fails_root) return PEVM_ANSWER_FAILED;
    return picky->inner.state_root(picky->inner.context, changes, out);
}

static struct pevm_view picky_view(struct picky *picky, const struct api_world *world)
{
    struct pevm_view view;
    *picky = (struct picky){.fails_root = 0};
    pevm_view_init(&picky->inner);
    pevm_state_view(world->state, &picky->inner);
    pevm_view_init(&view);
    view.context = picky;
    view.account = picky_account;
    view.slot = picky_slot;
    view.code = picky_code;
    view.has_storage = picky_storage;
    view.block_hash = picky_block_hash;
    view.state_root = picky_root;
    return view;
}

TEST(a_view_of_the_callers_gives_the_same_as_the_state_behind_it)
{
    struct api_world world;
    struct picky picky;
    const struct pevm_outcome *expected, *outcome;
    struct pevm_error error;
    api_world_init(&world);
    pevm_engine *one = api_world_engine(1), *two = api_world_engine(2);
    struct pevm_input input = api_world_input(&world);
    struct pevm_view view = picky_view(&picky, &world);
    CHECK_EQ(pevm_engine_execute(one, &expected, &input, NULL), PEVM_OK);
    input.state = NULL;
    input.view = &view;
    CHECK_EQ(pevm_engine_execute(two, &outcome, &input, &error), PEVM_OK);
    CHECK_EQ(outcome->is_valid, 1);
    check_same(expected, outcome);
    view.state_root = NULL;
    CHECK_EQ(pevm_engine_execute(two, &outcome, &input, &error), PEVM_OK);
    CHECK_EQ(outcome->is_valid, 1);
    CHECK_EQ(outcome->has_state_root, 0);
    pevm_engine_close(one);
    pevm_engine_close(two);
    api_world_fini(&world);
}

TEST(a_view_that_fails_stops_the_block_and_the_text_says_where)
{
    struct api_world world;
    struct picky picky;
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    api_world_init(&world);
    struct pevm_input input = api_world_input(&world);
    struct pevm_view view = picky_view(&picky, &world);
    input.state = NULL;
    input.view = &view;
    for (unsigned workers = 1; workers <= 2; workers++) {
        pevm_engine *engine = api_world_engine(workers);
        picky.unreadable = block_world_address(CONTRACT);
        CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_STATE_UNREADABLE);
        CHECK_EQ(outcome, NULL);
        CHECK(strstr(error.text, "block 100") != NULL);
        CHECK(strstr(error.text, "transaction 1") != NULL);
        picky.unreadable = (address){{0}};
        picky.fails_root = 1;
        CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_STATE_UNREADABLE);
        CHECK(strstr(error.text, "state root") != NULL);
        picky.fails_root = 0;
        CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_OK);
        CHECK_EQ(outcome->is_valid, 1);
        pevm_engine_close(engine);
    }
    api_world_fini(&world);
}

static int stop_at_once(void *context)
{
    ++*(unsigned *)context;
    return 7;
}

TEST(a_caller_can_stop_a_block)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    unsigned asked = 0;
    api_world_init(&world);
    struct pevm_input input = api_world_input(&world);
    pevm_engine *engine = api_world_engine(2);
    input.is_cancelled = stop_at_once;
    input.cancel_context = &asked;
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_CANCELLED);
    CHECK(asked > 0);
    CHECK_EQ(outcome, NULL);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

TEST(the_same_block_again_takes_nothing_from_the_heap)
{
    struct api_world world;
    struct picky picky;
    const struct pevm_outcome *outcome;
    api_world_init(&world);
    struct pevm_input input = api_world_input(&world);
    struct pevm_view view = picky_view(&picky, &world);
    view.state_root = NULL; /* the root of a state in memory has its own memory */
    input.state = NULL;
    input.view = &view;
    pevm_engine *engine = api_world_engine(1);
    for (unsigned i = 0; i < 2; i++)
        CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, NULL), PEVM_OK);
    uint64_t calls = heap_calls();
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, NULL), PEVM_OK);
    CHECK_EQ(heap_calls(), calls);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

TEST(a_memory_limit_is_a_status)
{
    struct api_world world;
    struct pevm_config config;
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    pevm_engine *engine;
    api_world_init(&world);
    struct pevm_input input = api_world_input(&world);
    pevm_config_init(&config, PEVM_PRESET_DETERMINISTIC);
    config.chain = "Osaka";
    config.memory_max_bytes = 1000;
    CHECK_EQ(pevm_engine_open(&engine, &config, &error), PEVM_OK);
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_NO_MEMORY);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

/* ---- faults of the caller's -------------------------------------------------------------------- */

static void open_into_nothing(void)
{
    struct pevm_config config;
    pevm_config_init(&config, PEVM_PRESET_LATENCY);
    (void)pevm_engine_open(NULL, &config, NULL);
}

static void execute_on_nothing(void)
{
    const struct pevm_outcome *outcome;
    struct pevm_input input;
    pevm_input_init(&input);
    (void)pevm_engine_execute(NULL, &outcome, &input, NULL);
}

static void execute_without_a_state(void)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    api_world_init(&world);
    struct pevm_input input = api_world_input(&world);
    input.state = NULL;
    (void)pevm_engine_execute(api_world_engine(1), &outcome, &input, NULL);
}

static void execute_on_half_a_view(void)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    struct pevm_view view;
    api_world_init(&world);
    struct pevm_input input = api_world_input(&world);
    pevm_view_init(&view);
    view.account = picky_account;
    input.state = NULL;
    input.view = &view;
    (void)pevm_engine_execute(api_world_engine(1), &outcome, &input, NULL);
}

static void init_with_an_unknown_preset(void)
{
    struct pevm_config config;
    pevm_config_init(&config, (enum pevm_preset)9);
}

TEST(a_fault_of_the_callers_stops_the_process)
{
    void (*const faults[])(void) = {open_into_nothing,
                                    execute_on_nothing,
                                    execute_without_a_state,
                                    execute_on_half_a_view,
                                    init_with_an_unknown_preset};
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            signal(SIGABRT, SIG_DFL);
            if (freopen("/dev/null", "w", stderr) == NULL) _exit(1);
            faults[i]();
            _exit(0);
        }
        CHECK_EQ(waitpid(child, &status, 0), child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}
