#include "support/api_world.h"
#include "support/test.h"

static const struct pevm_bytes no_code = {NULL, 0};

static address somebody(uint8_t number)
{
    return (address){{[19] = number}};
}

TEST(what_is_set_is_read_back)
{
    static const uint8_t bytes[] = {0x60, 0x01};
    pevm_state *state;
    struct pevm_account account;
    address who = somebody(1);
    u256 balance =
             {
                 {5, 6, 7, 8}
    },
         slot = {{1, 0, 0, 0}}, value = {{2, 0, 0, 9}}, out;
    CHECK_EQ(pevm_state_new(&state), PEVM_OK);
    CHECK_EQ(pevm_state_set_account(state, &who, 3, &balance, (struct pevm_bytes){bytes, 2}),
             PEVM_OK);
    CHECK_EQ(pevm_state_set_slot(state, &who, &slot, &value), PEVM_OK);
    pevm_state_account(state, &account, &who);
    CHECK_EQ(account.exists, 1);
    CHECK_EQ(account.nonce, 3);
    CHECK(memcmp(&account.balance, &balance, sizeof balance) == 0);
    pevm_state_slot(state, &out, &who, &slot);
    CHECK(memcmp(&out, &value, sizeof value) == 0);
    slot.words[0] = 2;
    pevm_state_slot(state, &out, &who, &slot);
    CHECK(u256_is_zero(out));
    pevm_state_free(state);
}

TEST(what_was_never_set_is_all_zero)
{
    pevm_state *state;
    struct pevm_account account, zero = {.exists = 0};
    address who = somebody(1);
    u256 out = U256_ONE;
    CHECK_EQ(pevm_state_new(&state), PEVM_OK);
    pevm_state_account(state, &account, &who);
    CHECK(memcmp(&account, &zero, sizeof zero) == 0);
    pevm_state_slot(state, &out, &who, &out);
    CHECK(u256_is_zero(out));
    CHECK_EQ(pevm_state_set_slot(state, &who, &out, &out), PEVM_NOT_FOUND);
    pevm_state_free(state);
    pevm_state_free(NULL);
}

TEST(the_root_of_nothing_is_that_of_the_empty_trie)
{
    pevm_state *state;
    hash32 root;
    CHECK_EQ(pevm_state_new(&state), PEVM_OK);
    CHECK_EQ(pevm_state_root(state, &root), PEVM_OK);
    CHECK_HEX(bytes_of(&root, 32),
              "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    pevm_state_free(state);
}

TEST(block_hashes_are_known_for_256_blocks)
{
    pevm_state *state;
    struct pevm_view view;
    hash32 out;
    pevm_view_init(&view);
    CHECK_EQ(pevm_state_new(&state), PEVM_OK);
    pevm_state_view(state, &view);
    CHECK_EQ(view.block_hash(view.context, 0, &out), PEVM_ANSWER_FAILED);
    for (uint64_t i = 0; i <= 256; i++)
        pevm_state_set_block_hash(state,
                                  i,
                                  &(hash32){
                                      {(uint8_t)i, 1}
        });
    CHECK_EQ(view.block_hash(view.context, 0, &out), PEVM_ANSWER_FAILED);
    CHECK_EQ(view.block_hash(view.context, 1, &out), PEVM_ANSWER_OK);
    CHECK_EQ(view.block_hash(view.context, 256, &out), PEVM_ANSWER_OK);
    CHECK_EQ(out.bytes[0], 0);
    CHECK_EQ(view.block_hash(view.context, 257, &out), PEVM_ANSWER_FAILED);
    pevm_state_free(state);
}

TEST(the_state_as_a_view_answers_as_the_state)
{
    struct api_world world;
    struct pevm_view view;
    struct pevm_account given, read;
    struct pevm_bytes code;
    uint8_t has;
    u256 word, zero = U256_ZERO;
    hash32 before, after;
    api_world_init(&world);
    address contract = block_world_address(CONTRACT), alice = block_world_address(ALICE);
    pevm_view_init(&view);
    pevm_state_view(world.state, &view);
    pevm_state_account(world.state, &read, &contract);
    CHECK_EQ(view.account(view.context, &contract, &given), PEVM_ANSWER_OK);
    CHECK(memcmp(&given, &read, sizeof given) == 0);
    CHECK_EQ(view.slot(view.context, &contract, &zero, &word), PEVM_ANSWER_OK);
    CHECK_EQ(u256_low64(word), 41);
    CHECK_EQ(view.code(view.context, &contract, &read.code_hash, &code), PEVM_ANSWER_OK);
    CHECK(code.size > 5);
    CHECK_EQ(view.code(view.context, &contract, &(hash32){{9}}, &code), PEVM_ANSWER_FAILED);
    CHECK_EQ(view.has_storage(view.context, &contract, &has), PEVM_ANSWER_OK);
    CHECK_EQ(has, 1);
    CHECK_EQ(view.has_storage(view.context, &alice, &has), PEVM_ANSWER_OK);
    CHECK_EQ(has, 0);
    CHECK_EQ(pevm_state_root(world.state, &before), PEVM_OK);
    CHECK_EQ(view.state_root(view.context, &(struct pevm_changes){.accounts = NULL}, &after),
             PEVM_ANSWER_OK);
    CHECK(hash32_equal(&before, &after));
    api_world_fini(&world);
}

TEST(changes_are_applied_and_the_root_follows)
{
    pevm_state *state, *same;
    hash32 root, expected;
    address who = somebody(1);
    u256 balance =
             {
                 {5, 0, 0, 0}
    },
         slot = {{1, 0, 0, 0}};
    struct pevm_slot_change slots[] = {
        {slot, balance}
    };
    struct pevm_account_change account = {.account = who,
                                          .exists = 1,
                                          .nonce = 2,
                                          .balance = balance,
                                          .slots = slots,
                                          .slot_count = 1};
    CHECK_EQ(pevm_state_new(&state), PEVM_OK);
    CHECK_EQ(pevm_state_new(&same), PEVM_OK);
    CHECK_EQ(pevm_state_set_account(same, &who, 2, &balance, no_code), PEVM_OK);
    CHECK_EQ(pevm_state_set_slot(same, &who, &slot, &balance), PEVM_OK);
    struct pevm_account read;
    pevm_state_account(same, &read, &who);
    account.code_hash = read.code_hash;
    CHECK_EQ(pevm_state_apply(state, &(struct pevm_changes){&account, 1, NULL, 0}), PEVM_OK);
    CHECK_EQ(pevm_state_root(state, &root), PEVM_OK);
    CHECK_EQ(pevm_state_root(same, &expected), PEVM_OK);
    CHECK(hash32_equal(&root, &expected));
    pevm_state_free(state);
    pevm_state_free(same);
}
