#include "cli/bundle_roots.h"
#include "crypto/keccak.h"
#include "support/test.h"

static const address alice = {{0xa1}};

TEST(without_whole_state_or_witness_there_is_no_root)
{
    struct bundle bundle = {0};
    struct bundle_roots roots;
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    bundle_roots_init(&roots, &bundle, &scratch);
    CHECK(roots.source == NULL);
    arena_fini(&scratch);
}

TEST(a_whole_state_gives_its_root)
{
    struct bundle bundle = {.pre_state_full = true, .pre_state = memory_state_new()};
    struct bundle_roots roots;
    struct changeset nothing = {0};
    struct error error;
    struct arena scratch;
    hash32 root, expected;
    arena_init(&scratch, 4096, 0);
    CHECK_EQ(memory_state_set_account(bundle.pre_state, &alice, 1, &U256_ONE, &keccak_empty),
             PEVM_OK);
    CHECK_EQ(memory_state_root(bundle.pre_state, &expected, &scratch), PEVM_OK);
    bundle_roots_init(&roots, &bundle, &scratch);
    assert_non_null(roots.source);
    CHECK_EQ(roots.source->root(roots.source->context, &nothing, &root, &error), PEVM_OK);
    CHECK(hash32_equal(&root, &expected));
    memory_state_free(bundle.pre_state);
    arena_fini(&scratch);
}

TEST(a_witness_that_lacks_the_root_is_told)
{
    struct bundle bundle = {.has_witness = true};
    struct account_change change = {
        .account = alice, .exists = true, .balance = U256_ONE, .code_hash = keccak_empty};
    struct changeset changes = {.accounts = &change, .account_count = 1};
    static const char text[] = "{\"parentStateRoot\":"
                               "\"0x110000000000000000000000000000000000000000000000000000000000000"
                               "0\",\"state\":[],\"codes\":[]}";
    struct bundle_roots roots;
    struct error error;
    struct arena scratch;
    const struct json *root_json;
    hash32 root;
    arena_init(&scratch, 4096, 0);
    CHECK_EQ(json_parse(&root_json, bytes_of(text, sizeof text - 1), &scratch, &error), PEVM_OK);
    CHECK_EQ(witness_read(&bundle.witness, root_json, &error), PEVM_OK);
    bundle_roots_init(&roots, &bundle, &scratch);
    assert_non_null(roots.source);
    CHECK_EQ(roots.source->root(roots.source->context, &changes, &root, &error),
             PEVM_STATE_UNREADABLE);
    CHECK(error.text[0] != 0);
    witness_fini(&bundle.witness);
    arena_fini(&scratch);
}
