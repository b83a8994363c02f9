/* Blockchain tests made here, from chains of our own: what is valid, and then everything that is not. */
#include "cli/block_runner.h"
#include "cli/chain_maker.h"
#include "crypto/keccak.h"
#include "fixture/json_write.h"
#include "support/fixture_text.h"
#include "support/test.h"

#include <stdlib.h>

#define BLOCKS_MAX 8

static struct arena arena;
static struct error error;
static struct suite_options options;
static struct suite_report report;
static char told[8192];

/* A blockchain test in the making. */
struct maker {
    struct chain_maker *chain;
    const char *network;
    const char *seal_engine; /* NULL: not said */
    struct header genesis;
    struct memory_state *pre, *post; /* before the first block, and after the last */
    struct block blocks[BLOCKS_MAX]; /* valid ones */
    size_t count;

    struct line {
        struct bytes rlp;
        const char *key, *exception; /* NULL: a valid one */
    } lines[2 * BLOCKS_MAX];
    size_t line_count;
    hash32 last_hash;
};

static struct bytes rlp_of(const struct block *block)
{
    struct bytes rlp;
    CHECK(block_encode(&rlp, block, &arena));
    return rlp;
}

/* A block that stays what it is when the chain goes on. */
static struct block block_copy(const struct block *block)
{
    struct block copy;
    CHECK_EQ(block_decode(&copy, rlp_of(block), &arena, NULL, &error), PEVM_OK);
    return copy;
}

static void add_line(struct maker *maker, struct bytes rlp, const char *exception)
{
    maker->lines[maker->line_count++] = (struct line){rlp, "expectException", exception};
}

/* `count` valid blocks and the state behind them. */
static struct maker *make(const char *network, size_t count)
{
    static struct maker maker;
    struct made_block made;
    struct chain_plan plan = {
        .network = network, .recipe = recipe_find("mixed"), .seed = 3, .txs = 5};
    arena_init(&arena, 1 << 16, 0);
    error_clear(&error);
    maker = (struct maker){.network = network};
    CHECK_EQ(chain_maker_new(&maker.chain, &plan, &error), PEVM_OK);
    for (size_t i = 0; i <= count; i++) { /* one more: its pre-state is the post-state */
        if (chain_maker_next(maker.chain, &made, &error) != PEVM_OK) fail_msg("%s", error.text);
        if (i == 0) maker.genesis = *made.note.parent;
        if (i == 0) maker.pre = memory_state_clone(made.pre_state);
        if (i == count) maker.post = memory_state_clone(made.pre_state);
        if (i < count) maker.blocks[maker.count++] = block_copy(made.block);
    }
    maker.last_hash = maker.blocks[count - 1].header.hash;
    return &maker;
}

static void end(struct maker *maker)
{
    chain_maker_free(maker->chain);
    memory_state_free(maker->pre);
    memory_state_free(maker->post);
    arena_fini(&arena);
}

static void put_lines(struct json_writer *json, const struct maker *maker)
{
    json_key(json, "blocks");
    json_open(json, '[');
    for (size_t i = 0; i < maker->line_count; i++) {
        const struct line *line = &maker->lines[i];
        json_open(json, '{');
        member_bytes(json, "rlp", line->rlp);
        json_key(json, line->exception == NULL ? "blockHeader" : line->key);
        if (line->exception == NULL) {
            json_open(json, '{');
            json_close(json, '}');
        } else {
            json_text(json, line->exception);
        }
        json_close(json, '}');
    }
    json_close(json, ']');
}

static char *print_test(const struct maker *maker)
{
    char *text;
    size_t size;
    struct json_writer json;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    json_writer_init(&json, file);
    json_open(&json, '{');
    json_key(&json, "chain");
    json_open(&json, '{');
    json_key(&json, "network");
    json_text(&json, maker->network);
    if (maker->seal_engine != NULL) {
        json_key(&json, "sealEngine");
        json_text(&json, maker->seal_engine);
    }
    json_key(&json, "genesisBlockHeader");
    header_text(&json, &maker->genesis);
    json_key(&json, "pre");
    alloc_text(&json, maker->pre);
    put_lines(&json, maker);
    member_bytes(&json, "lastblockhash", bytes_of(maker->last_hash.bytes, sizeof(hash32)));
    json_key(&json, "postState");
    alloc_text(&json, maker->post);
    json_close(&json, '}');
    json_close(&json, '}');
    fclose(file);
    return text;
}

static enum pevm_status run(const struct maker *maker)
{
    void *runner;
    struct arena tree;
    const struct json *root;
    arena_init(&tree, 1 << 16, 0);
    error_clear(&error);
    char *text = print_test(maker);
    CHECK_EQ(json_parse(&root, bytes_of(text, strlen(text)), &tree, &error), PEVM_OK);
    CHECK_EQ(block_runner_new(&runner, &options, &error), PEVM_OK);
    memset(told, 0, sizeof told);
    report = (struct suite_report){
        .options = &options, .file = "f.json", .out = fmemopen(told, sizeof told, "w")};
    enum pevm_status status = block_runner_run(runner, root->first, 0, &report, &error);
    fclose(report.out);
    block_runner_free(runner);
    arena_fini(&tree);
    free(text); /* the C library's */
    return status;
}

static void passes(const struct maker *maker)
{
    if (run(maker) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_TEXT(told, "");
    CHECK_EQ(report.passed, 1);
}

static void fails(const struct maker *maker, const char *words)
{
    if (run(maker) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_EQ(report.failed, 1);
    if (strstr(told, words) == NULL) fail_msg("%s", told);
}

/* A block like `block` but for its header, whose change the caller makes. */
static struct bytes with_header(const struct block *block, const struct header *header)
{
    struct block changed = *block;
    changed.header = *header;
    return rlp_of(&changed);
}

TEST(a_valid_chain_passes_in_every_era)
{
    static const char *const networks[] = {
        "Frontier", "Byzantium", "London", "Paris", "Cancun", "Osaka", "BerlinToLondonAt5"};
    for (size_t i = 0; i < COUNT_OF(networks); i++) {
        struct maker *maker = make(networks[i], 6);
        for (size_t k = 0; k < maker->count; k++)
            add_line(maker, rlp_of(&maker->blocks[k]), NULL);
        passes(maker);
        end(maker);
    }
}

TEST(a_valid_chain_passes_on_several_workers_too)
{
    static const char *const networks[] = {"Frontier", "London", "Osaka"};
    options.workers = 3;
    for (size_t i = 0; i < COUNT_OF(networks); i++) {
        struct maker *maker = make(networks[i], 4);
        for (size_t k = 0; k < maker->count; k++)
            add_line(maker, rlp_of(&maker->blocks[k]), NULL);
        passes(maker);
        end(maker);
    }
    options.workers = 0;
}

TEST(refused_blocks_do_not_change_the_chain)
{
    struct maker *maker = make("London", 2);
    struct header header = maker->blocks[0].header;
    header.state_root.bytes[0] ^= 1;
    add_line(maker, with_header(&maker->blocks[0], &header), "BlockException.INVALID_STATE_ROOT");
    header = maker->blocks[0].header;
    header.gas_used++;
    add_line(maker, with_header(&maker->blocks[0], &header), "InvalidGasUsed");
    add_line(maker, rlp_of(&maker->blocks[1]), "BlockException.UNKNOWN_PARENT");
    add_line(maker, bytes_of("\xc1\x80", 2), "BlockException.RLP_STRUCTURES_ENCODING");
    header = maker->blocks[0].header;
    header.gas_limit *= 2;
    add_line(maker, with_header(&maker->blocks[0], &header), "");
    add_line(maker, rlp_of(&maker->blocks[0]), NULL);
    add_line(maker, rlp_of(&maker->blocks[0]), NULL); /* known already */
    add_line(maker, rlp_of(&maker->blocks[1]), NULL);
    passes(maker);
    end(maker);
}

TEST(the_reason_of_a_refusal_must_be_the_expected_one)
{
    struct maker *maker = make("London", 1);
    struct header header = maker->blocks[0].header;
    header.state_root.bytes[0] ^= 1;
    add_line(maker, with_header(&maker->blocks[0], &header), "BlockException.INVALID_GASLIMIT");
    add_line(maker, rlp_of(&maker->blocks[0]), NULL);
    fails(maker, "block 0: expected BlockException.INVALID_GASLIMIT\n");
    CHECK(strstr(told, "got BLOCK_STATE_ROOT: state root") != NULL);
    maker->lines[0].key = "expectExceptionLondon";
    maker->lines[0].exception = "InvalidStateRoot";
    passes(maker);
    maker->lines[0].key = "expectExceptionBerlin"; /* then no reason is known, and any is right */
    maker->lines[0].exception = "InvalidGasLimit";
    passes(maker);
    end(maker);
}

TEST(an_invalid_transaction_is_the_reason_for_its_block)
{
    struct maker *maker = make("London", 1);
    struct block block = maker->blocks[0];
    struct tx tx = block.txs[0];
    tx.gas_limit = 20999; /* and now it is signed by somebody else, who has nothing */
    tx.encoding = BYTES_EMPTY;
    block.txs = &tx;
    block.tx_count = 1;
    add_line(maker, rlp_of(&block), "TransactionException.INTRINSIC_GAS_TOO_LOW");
    add_line(maker, rlp_of(&maker->blocks[0]), NULL);
    passes(maker);
    maker->lines[0].exception = "TransactionException.SENDER_NOT_EOA";
    fails(maker, "got BLOCK_TRANSACTION, TX_INTRINSIC_GAS: ");
    end(maker);
}

TEST(a_valid_block_where_a_refusal_is_expected_fails)
{
    struct maker *maker = make("Cancun", 1);
    add_line(maker, rlp_of(&maker->blocks[0]), "BlockException.INVALID_STATE_ROOT");
    fails(maker, "got BLOCK_VALID");
    maker->lines[0].exception = "";
    fails(maker, "block 0: expected a refusal\n");
    end(maker);
}

TEST(a_test_whose_seals_matter_is_skipped_when_the_rest_is_right)
{
    struct maker *maker = make("Byzantium", 1);
    maker->seal_engine = "Ethash";
    add_line(maker, rlp_of(&maker->blocks[0]), "InvalidBlockNonce");
    add_line(maker, rlp_of(&maker->blocks[0]), NULL);
    CHECK_EQ(run(maker), PEVM_OK);
    CHECK_EQ(report.skipped, 1);
    maker->lines[1].exception = "InvalidGasUsed";
    CHECK_EQ(run(maker), PEVM_OK);
    CHECK_EQ(report.failed, 1);
    maker->seal_engine = "NoProof";
    fails(maker, "block 0: expected InvalidBlockNonce\n");
    end(maker);
}

TEST(another_head_is_told_with_the_accounts)
{
    struct maker *maker = make("Paris", 2);
    add_line(maker, rlp_of(&maker->blocks[0]), NULL);
    fails(maker, "hash of the head: expected 0x");
    CHECK(strstr(told, " nonce: expected ") != NULL);
    end(maker);
}

TEST(a_block_with_a_wrong_root_is_told_with_the_accounts)
{
    struct maker *maker = make("Paris", 2);
    address nobody = {{0x99}};
    struct header header = maker->blocks[1].header;
    header.state_root.bytes[0] ^= 1;
    add_line(maker, rlp_of(&maker->blocks[0]), NULL);
    add_line(maker, with_header(&maker->blocks[1], &header), NULL);
    fails(maker, "got BLOCK_STATE_ROOT: ");
    CHECK(strstr(told, " account: ") == NULL);
    CHECK_EQ(memory_state_set_account(maker->post, &nobody, 1, &U256_ONE, &keccak_empty), PEVM_OK);
    fails(
        maker,
        "    0x9900000000000000000000000000000000000000 account: expected to be there, got none\n");
    end(maker);
}

TEST(another_post_state_is_told_with_the_accounts)
{
    struct maker *maker = make("Paris", 1);
    address nobody = {{0x99}};
    add_line(maker, rlp_of(&maker->blocks[0]), NULL);
    CHECK_EQ(memory_state_set_account(maker->post, &nobody, 1, &U256_ONE, &keccak_empty), PEVM_OK);
    fails(maker, "post-state: other accounts than expected\n    0x99");
    end(maker);
}

TEST(another_genesis_state_is_told)
{
    struct maker *maker = make("Paris", 1);
    address nobody = {{0x99}};
    CHECK_EQ(memory_state_set_account(maker->pre, &nobody, 1, &U256_ONE, &keccak_empty), PEVM_OK);
    add_line(maker, rlp_of(&maker->blocks[0]), NULL);
    fails(maker, "state root of the genesis: expected 0x");
    end(maker);
}

TEST(networks_are_selected_or_not_known)
{
    struct maker *maker = make("London", 1);
    add_line(maker, rlp_of(&maker->blocks[0]), NULL);
    options.fork = "Berlin";
    CHECK_EQ(run(maker), PEVM_OK);
    CHECK_EQ(report.passed + report.failed + report.skipped, 0);
    maker->network = "Moon";
    CHECK_EQ(run(maker), PEVM_OK);
    options.fork = NULL;
    CHECK_EQ(run(maker), PEVM_UNSUPPORTED);
    CHECK(strstr(error.text, "Moon") != NULL);
    end(maker);
}
