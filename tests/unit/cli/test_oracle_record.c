#include "chain/header_rules.h"
#include "cli/block_workload.h"
#include "cli/oracle_record.h"
#include "engine/publish.h"
#include "evm/tx_run.h"
#include "fixture/bundle_source.h"
#include "state/mv.h"
#include "support/test.h"

#include <stdlib.h>

#define NOTHING "/nowhere"

static struct engine *new_engine(void)
{
    struct engine *engine;
    struct engine_options options = {.chain = &chain_mainnet, .workers = 1};
    CHECK_EQ(engine_new(&engine, &options), PEVM_OK);
    return engine;
}

static void record(struct oracle_block *out,
                   struct engine *engine,
                   const struct block *block,
                   const struct chain *chain,
                   const struct memory_state *pre_state)
{
    struct error error;
    struct view view = memory_state_view(pre_state);
    struct engine_input input = {
        .block = block, .pre_state = &view, .skip_header_compare = true, .skip_body_roots = true};
    error_clear(&error);
    engine_set_chain(engine, chain);
    if (oracle_record(out, engine, &input, 1, &error) != PEVM_OK) fail_msg("%s", error.text);
}

static struct block_workload made(const char *name, double scale)
{
    struct block_workload workload;
    struct error error;
    struct block_workload_plan plan = {scale, 0.5, 3, NOTHING};
    error_clear(&error);
    if (block_workload_init(&workload, block_workload_find(name), &plan, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    return workload;
}

/* ---- known loads --------------------------------------------------------------------------------------- */

TEST(known_loads_have_the_edges_that_they_are_made_for)
{
    static const struct {
        const char *name;
        size_t txs, precise, coarse; /* edges */
    } cases[] = {
        {"gigagas-raw",   48, 0,          0         },
        {"same-sender",   5,  0,          0         },
        {"worst-raw",     48, 0,          0         }, /* payments add up; each had enough before */
        {"one-recipient", 10, 0,          0         },
        {"single-slot",   10, 9,          9         },
        {"coinbase-read", 10, 10 * 9 / 2, 10 * 9 / 2}, /* everybody needs all fees before */
    };
    struct engine *engine = new_engine();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct block_workload workload = made(cases[i].name, 0.001);
        struct oracle_block block;
        record(&block, engine, &workload.block, &workload.chain, workload.pre_state);
        CHECK_EQ(block.tx_count, cases[i].txs);
        if (block.graphs[ORACLE_PRECISE].edge_count != cases[i].precise ||
            block.graphs[ORACLE_COARSE].edge_count != cases[i].coarse)
            fail_msg("%s: %zu precise, %zu coarse edges",
                     cases[i].name,
                     block.graphs[ORACLE_PRECISE].edge_count,
                     block.graphs[ORACLE_COARSE].edge_count);
        for (uint32_t tx = 0; tx < block.tx_count; tx++) {
            CHECK(block.costs[ORACLE_GAS][tx] >= 21000);
            CHECK(block.costs[ORACLE_OPS][tx] >= ORACLE_TX_OPS);
            CHECK(block.costs[ORACLE_NS][tx] > 0);
        }
        oracle_block_fini(&block);
        block_workload_fini(&workload);
    }
    engine_free(engine);
}

TEST(an_invalid_block_is_told)
{
    struct engine *engine = new_engine();
    struct block_workload workload = made("gigagas-raw", 0.001);
    struct oracle_block block;
    struct error error;
    struct view view = memory_state_view(workload.pre_state);
    struct engine_input input = {.block = &workload.block,
                                 .pre_state = &view,
                                 .skip_header_compare = true,
                                 .skip_body_roots = true};
    workload.block.txs[1].nonce++;
    engine_set_chain(engine, &workload.chain);
    error_clear(&error);
    CHECK_EQ(oracle_record(&block, engine, &input, 1, &error), PEVM_INVALID_BLOCK);
    assert_non_null(strstr(error.text, "transaction 1"));
    block_workload_fini(&workload);
    engine_free(engine);
}

/* ---- the edges are enough: in any order that keeps them, every transaction reads what it shall ---------- */

struct try_out {
    const char *name;
    struct mv *mv;
    struct code_cache *codes;
    struct machine *machine;
    struct mv_attempt attempt;
    struct block_env env;
};

static struct block_env env_of(const struct header *header, const struct chain *chain)
{
    struct rules rules = chain_rules(chain, header->number, header->timestamp, NULL);
    struct block_env env = {
        .rules = rules,
        .number = header->number,
        .timestamp = header->timestamp,
        .gas_limit = header->gas_limit,
        .coinbase = header->coinbase,
        .base_fee = header->base_fee,
        .prev_randao =
            rules.fork >= FORK_PARIS ? header->mix_hash : u256_to_hash(header->difficulty),
    };
    if (rules.fork >= FORK_CANCUN)
        env.blob_base_fee = blob_base_fee(header->excess_blob_gas, rules.blob.update_fraction);
    return env;
}

/* False: the versions answer only when all below have run, though the edges do not ask for it: whether an account has any storage;
 * what the coinbase has, even if it only must be enough. */
static bool run_one(struct try_out *try_out, const struct tx *tx, uint32_t index)
{
    struct mv_attempt *attempt = &try_out->attempt;
    struct tx_room room = {.gas = try_out->env.gas_limit, .blob_gas = UINT32_MAX};
    struct tx_result result;
    uint32_t readers_to;
    mv_attempt_begin(attempt, try_out->mv, 0, index);
    attempt->predicts_nonce = true;
    attempt->sender = tx->sender;
    attempt->nonce = tx->nonce;
    struct view view = mv_attempt_view(attempt);
    enum run_answer answer = tx_run(try_out->machine, &view, tx, &room, &result);
    if (answer == RUN_BLOCKED) return false;
    if (answer != RUN_DONE)
        fail_msg("%s: transaction %u: answer %d", try_out->name, index, (int)answer);
    CHECK(publish_journal(attempt, machine_journal(try_out->machine), &try_out->env, &readers_to));
    return true;
}

enum progress { WAITS, WANTS_ALL, HAS_RUN };

static bool may_run(const enum progress *progress, const struct oracle_graph *graph, uint32_t tx)
{
    for (uint32_t edge = graph->starts[tx]; edge < graph->starts[tx + 1]; edge++)
        if (progress[graph->froms[edge]] != HAS_RUN) return false;
    for (uint32_t i = 0; progress[tx] == WANTS_ALL && i < tx; i++)
        if (progress[i] != HAS_RUN) return false;
    return progress[tx] != HAS_RUN;
}

/* The last transaction that may run, again and again: as far from block order as it gets. */
static void run_backwards(struct try_out *try_out,
                          const struct block *block,
                          const struct oracle_graph *graph)
{
    enum progress *progress = calloc(block->tx_count, sizeof *progress);
    assert_non_null(progress);
    for (size_t count = 0; count < block->tx_count;) { /* ends: each turn one gets on */
        uint32_t tx = graph->tx_count;
        do { /* ends: the first that has not run may */
            tx--;
        } while (!may_run(progress, graph, tx));
        if (progress[tx] == WANTS_ALL) mv_frontier_set(try_out->mv, tx);
        bool has_run = run_one(try_out, &block->txs[tx], tx);
        if (!has_run && progress[tx] == WANTS_ALL) fail_msg("%s: stuck", try_out->name);
        progress[tx] = has_run ? HAS_RUN : WANTS_ALL;
        count += has_run;
    }
    free(progress);
}

static void check_edges_suffice(struct engine *engine,
                                const char *name,
                                const struct block *block,
                                const struct chain *chain,
                                const struct memory_state *pre_state)
{
    struct oracle_block oracle;
    struct try_out try_out = {.name = name, .env = env_of(&block->header, chain)};
    struct view base = memory_state_view(pre_state);
    struct mv_block mv_block = {.base = &base,
                                .tx_count = (uint32_t)block->tx_count,
                                .locations_expected = 100000,
                                .coinbase = block->header.coinbase,
                                .keeps_empty = try_out.env.rules.fork < FORK_SPURIOUS_DRAGON};
    record(&oracle, engine, block, chain, pre_state);
    try_out.codes = code_cache_new((size_t)64 << 20);
    assert_non_null(try_out.codes);
    CHECK_EQ(machine_new(&try_out.machine, &(struct machine_options){.codes = try_out.codes}),
             PEVM_OK);
    CHECK_EQ(mv_new(&try_out.mv, &(struct mv_options){.workers = 1}), PEVM_OK);
    CHECK_EQ(mv_begin(try_out.mv, &mv_block), PEVM_OK);
    machine_set_block(try_out.machine, &try_out.env, NULL);
    mv_attempt_init(&try_out.attempt);
    run_backwards(&try_out, block, &oracle.graphs[ORACLE_PRECISE]);
    for (uint32_t i = 0; i < block->tx_count; i++) {
        mv_frontier_set(try_out.mv, i);
        if (!mv_holds(try_out.mv, 0, i, true))
            fail_msg("%s: transaction %u has read what is not true", name, i);
    }
    mv_attempt_fini(&try_out.attempt);
    mv_free(try_out.mv);
    machine_free(try_out.machine);
    code_cache_free(try_out.codes);
    oracle_block_fini(&oracle);
}

TEST(any_order_that_keeps_the_edges_is_right)
{
    static const char *const names[] = {"own-transfers",
                                        "own-erc20",
                                        "own-amm",
                                        "own-nft",
                                        "own-mixed",
                                        "contended-raw",
                                        "worst-raw",
                                        "single-slot",
                                        "coinbase-read",
                                        "same-sender",
                                        "one-recipient",
                                        "ConflictDetection/high_conflict",
                                        "StorageWrites/20_slots"};
    struct engine *engine = new_engine();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct block_workload workload = made(names[i], 0.02);
        check_edges_suffice(engine, names[i], &workload.block, &workload.chain, workload.pre_state);
        block_workload_fini(&workload);
    }
    engine_free(engine);
}

TEST(any_order_that_keeps_the_edges_is_right_on_mainnet)
{
    const char *path = fixtures_path("../blocks/mainnet.tar.zst");
    if (path == NULL) skip();
    struct engine *engine = new_engine();
    struct bundle_source *source;
    struct error error;
    error_clear(&error);
    if (bundle_source_open(&source, &path, 1, &error) != PEVM_OK) fail_msg("%s", error.text);
    for (size_t i = 0; i < bundle_source_count(source); i++) {
        struct bundle bundle;
        if (bundle_source_read(source, i, &bundle, &error) != PEVM_OK) fail_msg("%s", error.text);
        check_edges_suffice(
            engine, bundle_source_name(source, i), &bundle.block, &bundle.chain, bundle.pre_state);
        bundle_fini(&bundle);
    }
    bundle_source_close(source);
    engine_free(engine);
}
