/* Chains of our own, written as bundles, read back, replayed; then with something wrong in them. */
#include "cli/chain_maker.h"
#include "cli/replay.h"
#include "fixture/bundle_source.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static char folder[64];
static struct bundle_source *source;
static struct bundle bundle;
static struct replay_result result;
static struct error error;

static void write_chain(const char *network, const char *recipe, int blocks)
{
    struct chain_maker *maker;
    struct bundle_set *set;
    struct chain_plan plan = {
        .network = network, .recipe = recipe_find(recipe), .seed = 11, .txs = 15};
    snprintf(folder, sizeof folder, "/tmp/pevm_test_XXXXXX");
    assert_non_null(mkdtemp(folder));
    CHECK_EQ(chain_maker_new(&maker, &plan, &error), PEVM_OK);
    CHECK_EQ(bundle_set_open(&set, folder, &error), PEVM_OK);
    for (int i = 0; i < blocks; i++) {
        struct made_block made;
        CHECK_EQ(chain_maker_next(maker, &made, &error), PEVM_OK);
        CHECK_EQ(bundle_set_add(set, made.block, made.pre_state, &made.note, &error), PEVM_OK);
    }
    CHECK_EQ(bundle_set_close(set, &error), PEVM_OK);
    chain_maker_free(maker);
    const char *path = folder;
    CHECK_EQ(bundle_source_open(&source, &path, 1, &error), PEVM_OK);
    CHECK_EQ(bundle_source_count(source), blocks);
}

static void remove_chain(void)
{
    char command[96];
    bundle_source_close(source);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK_EQ(system(command), 0);
}

/* Bundle `index`, `runs` times. */
static void replay(size_t index, uint64_t runs)
{
    struct replayer *replayer;
    struct replay_plan plan = {.mode = REPLAY_BOTH, .workers = 2, .runs = runs};
    CHECK_EQ(replayer_new(&replayer, &plan, &error), PEVM_OK);
    if (bundle.pre_state == NULL)
        CHECK_EQ(bundle_source_read(source, index, &bundle, &error), PEVM_OK);
    enum pevm_status status = replay_bundle(replayer, &result, &bundle, &error);
    if (status != PEVM_OK) fail_msg("%s", error.text);
    bundle_fini(&bundle);
    replayer_free(replayer);
}

static bool has_fault(const char *words)
{
    for (size_t i = 0; i < result.fault_count; i++)
        if (strstr(result.faults[i], words) != NULL) return true;
    return false;
}

TEST(a_made_chain_passes_with_its_state_roots)
{
    static const char *const networks[] = {"Frontier", "Byzantium", "London", "Prague"};
    for (size_t i = 0; i < COUNT_OF(networks); i++) {
        write_chain(networks[i], "mixed", 3);
        for (size_t k = 0; k < 3; k++) {
            replay(k, 1);
            if (!result.ok) fail_msg("%s: %s", networks[i], result.faults[0]);
            CHECK(result.has_state_root);
            CHECK(result.has_receipts_root);
            CHECK(result.executions >= 15); /* two workers may need a few attempts more */
        }
        remove_chain();
    }
}

TEST(repeated_runs_take_nothing_from_the_heap)
{
    write_chain("Cancun", "mixed", 1);
    replay(0, 5);
    CHECK(result.ok);
    CHECK_EQ(result.heap_calls, 0);
    CHECK(result.times.execute_ns_min > 0);
    CHECK(result.times.execute_ns_min <= result.times.execute_ns_median);
    remove_chain();
}

TEST(a_pre_state_that_is_not_the_parents_is_told)
{
    write_chain("London", "transfers", 1);
    CHECK_EQ(bundle_source_read(source, 0, &bundle, &error), PEVM_OK);
    static const address stranger = {{0x77}};
    static const hash32 empty = {
        {0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,
         0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,
         0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}
    };
    CHECK_EQ(memory_state_set_account(bundle.pre_state, &stranger, 1, &U256_ONE, &empty), PEVM_OK);
    replay(0, 1);
    CHECK(!result.ok);
    CHECK(has_fault("the root of the pre-state is not the parent's state root"));
    CHECK(has_fault("state root differs"));
    remove_chain();
}

TEST(gas_that_differs_is_told_with_what_came)
{
    write_chain("Berlin", "erc20", 1);
    CHECK_EQ(bundle_source_read(source, 0, &bundle, &error), PEVM_OK);
    uint64_t right = bundle.block.header.gas_used;
    bundle.block.header.gas_used++;
    replay(0, 1);
    CHECK(!result.ok);
    CHECK(has_fault("gas used differs"));
    CHECK_EQ(result.gas_used, right);
    remove_chain();
}

TEST(a_sender_that_differs_is_told)
{
    write_chain("Shanghai", "transfers", 1);
    CHECK_EQ(bundle_source_read(source, 0, &bundle, &error), PEVM_OK);
    address *senders = (address *)(uintptr_t)bundle.senders;
    senders[3].bytes[0] ^= 1;
    replay(0, 1);
    CHECK(!result.ok);
    CHECK(has_fault("transaction 3: sender: expected 0x"));
    remove_chain();
}

TEST(receipts_and_changes_are_compared_when_they_are_there)
{
    struct bundle_receipt receipts[15] = {
        {.success = true, .gas_used = 1}
    };
    struct bundle_change change = {.who = {{0x42}}, .has_balance = true, .balance = {{1}}};
    write_chain("Istanbul", "transfers", 1);
    CHECK_EQ(bundle_source_read(source, 0, &bundle, &error), PEVM_OK);
    bundle.receipts = receipts;
    bundle.receipt_count = 15;
    bundle.post = (struct bundle_changes){.given = true, .accounts = &change, .account_count = 1};
    replay(0, 1);
    CHECK(!result.ok);
    CHECK(has_fault("transaction 0: gas used: expected 1, got 21000"));
    CHECK_EQ(result.fault_count, REPLAY_FAULTS_MAX);
    CHECK_EQ(bundle_source_read(source, 0, &bundle, &error), PEVM_OK);
    bundle.post = (struct bundle_changes){.given = true, .accounts = &change, .account_count = 1};
    replay(0, 1);
    CHECK(has_fault("post.json: 0x"));
    remove_chain();
}

TEST(an_invalid_transaction_is_told_with_its_reason)
{
    write_chain("London", "transfers", 1);
    CHECK_EQ(bundle_source_read(source, 0, &bundle, &error), PEVM_OK);
    bundle.block.txs[2].nonce += 5;
    replay(0, 1);
    CHECK(!result.ok);
    CHECK(has_fault("a transaction is invalid"));
    remove_chain();
}

static void count_runs(void *context, uint64_t done)
{
    uint64_t *next = context;
    CHECK_EQ(done, *next);
    ++*next;
}

TEST(who_waits_is_told_how_many_runs_are_done)
{
    struct replayer *replayer;
    uint64_t next = 1; /* the first run is judged: before it nothing is told */
    struct replay_plan plan = {
        .mode = REPLAY_PARALLEL, .workers = 2, .runs = 4, .on_run = count_runs, .context = &next};
    write_chain("Osaka", "transfers", 1);
    CHECK_EQ(bundle_source_read(source, 0, &bundle, &error), PEVM_OK);
    CHECK_EQ(replayer_new(&replayer, &plan, &error), PEVM_OK);
    CHECK_EQ(replay_bundle(replayer, &result, &bundle, &error), PEVM_OK);
    CHECK_EQ(next, 4);
    bundle_fini(&bundle);
    replayer_free(replayer);
    remove_chain();
}
