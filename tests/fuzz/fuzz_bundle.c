/* Any bytes as the JSON files we read. An input is a text in sections, each headed by a line "=NAME":
 *
 *   =meta =block =pre =receipts =post =witness =post_block =codes      the files of a bundle
 *   =statetest  =blocktest                                             an official test file
 *
 * and anything else is JSON as it is. What is refused is refused with words; what is read is whole, and a bundle's block is
 * executed, whatever its state may be: it is valid, or it has a named fault, or the world says what it lacks.
 */
#include "chain/block_fault.h"
#include "engine/engine.h"
#include "fixture/alloc.h"
#include "fixture/blocktest.h"
#include "fixture/bundle.h"
#include "fixture/machinetest.h"
#include "fixture/statetest.h"
#include "fuzz/fuzz.h"
#include "state/state_root.h"

#include <stdio.h>

#define GAS_MAX 2000000 /* blocks that claim more are not executed: they could take seconds */

enum section {
    SECTION_META,
    SECTION_BLOCK,
    SECTION_PRE,
    SECTION_RECEIPTS,
    SECTION_POST,
    SECTION_WITNESS,
    SECTION_POST_BLOCK,
    SECTION_CODES,
    SECTION_STATETEST,
    SECTION_BLOCKTEST,
    SECTION_COUNT
};

static const char *const section_names[SECTION_COUNT] = {"meta",
                                                         "block",
                                                         "pre",
                                                         "receipts",
                                                         "post",
                                                         "witness",
                                                         "post_block",
                                                         "codes",
                                                         "statetest",
                                                         "blocktest"};

/* ---- sections ------------------------------------------------------------------------------------ */

/* Where the next line that begins with '=' begins, or the end. */
static size_t next_head(struct bytes input, size_t from)
{
    for (size_t i = from; i < input.size; i++)
        if (input.data[i] == '=' && (i == 0 || input.data[i - 1] == '\n')) return i;
    return input.size;
}

static void split(struct bytes sections[SECTION_COUNT], struct bytes input)
{
    size_t head = next_head(input, 0);
    while (head < input.size) { /* ends: head moves on */
        const uint8_t *line = input.data + head + 1;
        size_t left = input.size - head - 1, size = 0;
        while (size < left && line[size] != '\n')
            size++;
        size_t end = next_head(input, head + 1);
        size_t text = head + 1 + size + (size < left);
        for (unsigned i = 0; i < SECTION_COUNT; i++)
            if (strlen(section_names[i]) == size && memcmp(section_names[i], line, size) == 0)
                sections[i] = bytes_of(input.data + text, end < text ? 0 : end - text);
        head = end;
    }
}

static void check_refusal(enum pevm_status status, const struct error *error)
{
    ASSERT(status == PEVM_BAD_INPUT || status == PEVM_LIMIT || status == PEVM_UNSUPPORTED ||
           status == PEVM_NOT_FOUND);
    ASSERT(error->status == status && strlen(error->text) > 0);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

/* Every value lies inside the input, counts its members, and is no deeper than promised. */
static void check_tree(const struct json *root, struct bytes input)
{
    const struct json *path[JSON_DEPTH_MAX + 1];
    unsigned depth = 0;
    for (const struct json *node = root; node != NULL;) { /* ends: goes to every value once */
        size_t count = 0;
        for (const struct json *child = node->first; child != NULL; child = child->next)
            count++;
        ASSERT(count == node->count && node->offset <= input.size);
        ASSERT(count == 0 || node->kind == JSON_ARRAY || node->kind == JSON_OBJECT);
        ASSERT(json_line(input, node) >= 1);
        if (node->first != NULL) {
            ASSERT(depth < JSON_DEPTH_MAX);
            path[depth++] = node;
            node = node->first;
            continue;
        }
        while (depth > 0 && node->next == NULL)
            node = path[--depth];
        node = depth == 0 ? NULL : node->next;
    }
}

static const struct json *parse(struct bytes text, struct arena *arena)
{
    const struct json *root;
    struct error error;
    enum pevm_status status = json_parse(&root, text, arena, &error);
    if (status != PEVM_OK) {
        check_refusal(status, &error);
        return NULL;
    }
    check_tree(root, text);
    return root;
}

/* ---- official tests ------------------------------------------------------------------------------ */

static void check_alloc(const struct json *accounts, struct arena *arena)
{
    struct memory_state *state;
    struct error error;
    hash32 root;
    if (accounts == NULL) return;
    enum pevm_status status = alloc_state(&state, accounts, arena, &error);
    if (status != PEVM_OK) {
        check_refusal(status, &error);
        return;
    }
    ASSERT(memory_state_root(state, &root, arena) == PEVM_OK);
    memory_state_free(state);
}

static void read_machine_test(const struct json *member, struct arena *arena)
{
    struct machine_test test;
    struct error error;
    enum pevm_status status = machine_test_read(&test, member, arena, &error);
    if (status != PEVM_OK) {
        check_refusal(status, &error);
        return;
    }
    check_alloc(test.pre, arena);
    check_alloc(test.post, arena);
}

static void read_state_test(const struct json *member, struct arena *arena)
{
    struct state_test test;
    struct error error;
    if (machine_test_is(member)) {
        read_machine_test(member, arena);
        return;
    }
    enum pevm_status status = state_test_read(&test, member, NULL, arena, &error);
    if (status != PEVM_OK) {
        check_refusal(status, &error);
        return;
    }
    check_alloc(test.pre, arena);
    for (size_t i = 0; i < test.case_count; i++) {
        struct tx tx;
        struct blob_schedule schedule;
        status = state_test_tx(&tx, &test, &test.cases[i], arena, &error);
        if (status != PEVM_OK) check_refusal(status, &error);
        ASSERT(status != PEVM_OK || tx.type < TX_TYPE_COUNT);
        check_alloc(test.cases[i].state, arena);
        if (test.blob_schedule == NULL) continue;
        status = blob_schedule_read(&schedule, test.blob_schedule, test.cases[i].fork_name, &error);
        if (status != PEVM_OK) check_refusal(status, &error);
    }
}

static void read_block_test(const struct json *member, struct arena *arena)
{
    struct block_test test;
    struct error error;
    enum pevm_status status = block_test_read(&test, member, arena, &error);
    if (status != PEVM_OK) {
        check_refusal(status, &error);
        return;
    }
    check_alloc(test.pre, arena);
    check_alloc(test.post_state, arena);
    for (size_t i = 0; i < test.block_count; i++)
        ASSERT(test.blocks[i].encoding.data != NULL || test.blocks[i].encoding.size == 0);
}

static void read_tests(struct bytes text,
                       void (*read)(const struct json *member, struct arena *arena),
                       struct arena *arena)
{
    const struct json *root = parse(text, arena);
    for (const struct json *member = root == NULL ? NULL : root->first; member != NULL;
         member = member->next)
        read(member, arena);
}

/* ---- bundles ------------------------------------------------------------------------------------- */

static void execute(struct bundle *bundle, struct arena *arena)
{
    static struct engine *engine;
    struct engine_options options = {.chain = &chain_mainnet, .workers = 1};
    if (engine == NULL) ASSERT(engine_new(&engine, &options) == PEVM_OK);
    if (bundle->block.header.gas_limit > GAS_MAX) return;
    struct memory_roots roots = {bundle->pre_state, arena};
    struct root_source source = {memory_root, &roots};
    struct view view = memory_state_view(bundle->pre_state);
    struct engine_input input = {
        .block = &bundle->block,
        .parent = bundle->has_parent ? &bundle->parent : NULL,
        .pre_state = &view,
        .roots = bundle->pre_state_full ? &source : NULL,
        .skip_body_roots = !bundle->ommers_known,
    };
    for (unsigned round = 0; round < 2; round++) {
        struct engine_outcome outcome;
        struct error error;
        input.skip_header_compare = round == 1; /* an invalid block leaves nothing behind */
        engine_set_chain(engine, &bundle->chain);
        enum pevm_status status = engine_execute(engine, &outcome, &input, &error);
        if (status != PEVM_OK) {
            ASSERT(status != PEVM_INTERNAL && status != PEVM_NO_MEMORY);
            ASSERT(error.status == status && strlen(error.text) > 0);
            return;
        }
        ASSERT((outcome.fault == BLOCK_VALID) == (strlen(outcome.text) == 0));
    }
}

static void read_bundle(const struct bytes sections[SECTION_COUNT], struct arena *arena)
{
    struct bundle_files files = {
        .block = sections[SECTION_BLOCK],
        .pre = sections[SECTION_PRE],
        .meta = sections[SECTION_META],
        .receipts = sections[SECTION_RECEIPTS],
        .post = sections[SECTION_POST],
        .witness = sections[SECTION_WITNESS],
        .post_block = sections[SECTION_POST_BLOCK],
    };
    struct code_table codes = {0};
    struct bundle bundle;
    struct error error;
    bool has_codes = sections[SECTION_CODES].size > 0;
    enum pevm_status status =
        has_codes ? code_table_read(&codes, sections[SECTION_CODES], &error) : PEVM_OK;
    if (status == PEVM_OK) {
        status = bundle_read(&bundle, &files, has_codes ? &codes : NULL, &error);
        code_table_fini(&codes);
    }
    if (status != PEVM_OK) {
        check_refusal(status, &error);
        return;
    }
    ASSERT(bundle.block.tx_count == 0 || bundle.senders != NULL);
    ASSERT(bundle.receipt_count == 0 || bundle.receipt_count == bundle.block.tx_count);
    execute(&bundle, arena);
    bundle_fini(&bundle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct bytes input = bytes_of(data, size), sections[SECTION_COUNT] = {0};
    split(sections, input);
    if (next_head(input, 0) != 0) {
        (void)parse(input, arena);
        return 0;
    }
    if (sections[SECTION_STATETEST].size > 0)
        read_tests(sections[SECTION_STATETEST], read_state_test, arena);
    if (sections[SECTION_BLOCKTEST].size > 0)
        read_tests(sections[SECTION_BLOCKTEST], read_block_test, arena);
    if (sections[SECTION_BLOCK].size > 0 || sections[SECTION_META].size > 0)
        read_bundle(sections, arena);
    return 0;
}
