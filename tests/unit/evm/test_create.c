#include "crypto/keccak.h"
#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"
#include "types/contract_address.h"

#include <stdio.h>

#define RETURN_TOP " 0 MSTORE 32 0 RETURN"
#define GAS_ALL    10000000

/* Where CONTRACT's next CREATE goes. */
static address next_address(uint64_t nonce)
{
    address creator = world_address(CONTRACT), out;
    create_address(&out, &creator, nonce);
    return out;
}

/* CONTRACT, with nonce 5 and 1,000 wei, has `init` in its memory and runs `text`. */
static struct outcome run_with(struct world *world, struct bytes init, const char *text)
{
    char program[400];
    world_account(world, OTHER, 0, init)->nonce = 1;
    snprintf(program,
             sizeof program,
             "%zu 0 0 0x1000000000000000000000000000000000000003 EXTCODECOPY %s",
             init.size,
             text);
    world_account(world, CONTRACT, 1000, bytecode(program))->nonce = 5;
    return world_call(world, GAS_ALL);
}

/* The same with a CREATE of `value` and the new address as output. */
static struct outcome create(struct world *world, struct bytes init, unsigned value)
{
    char text[100];
    snprintf(text, sizeof text, "%zu 0 %u CREATE" RETURN_TOP, init.size, value);
    return run_with(world, init, text);
}

static struct account_entry *contract(struct world *world)
{
    address who = world_address(CONTRACT);
    return world_entry(world, &who);
}

static bool gave(const struct outcome *out, const address *who)
{
    assert_int_equal(out->output.size, 32);
    return memcmp(out->output.data + 12, who->bytes, sizeof who->bytes) == 0;
}

static bool gave_zero(const struct outcome *out)
{
    return u256_is_zero(outcome_word(out));
}

TEST(a_new_contract_has_its_code_and_its_value)
{
    static const struct {
        enum fork fork;
        uint64_t nonce;
    } cases[] = {
        {FORK_FRONTIER,          0},
        {FORK_TANGERINE_WHISTLE, 0},
        {FORK_SPURIOUS_DRAGON,   1},
        {FORK_OSAKA,             1}
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        struct bytes runtime = bytecode("1 2 ADD");
        struct outcome out = create(world, bytecode_deploy(runtime), 7);
        address who = next_address(5);
        CHECK(gave(&out, &who));
        struct account_entry *made = world_entry(world, &who);
        CHECK(made->created && made->exists && made->code_changed);
        CHECK_EQ(made->nonce, cases[i].nonce);
        CHECK_EQ(world_balance(world, &who).words[0], 7);
        CHECK_EQ(made->code->size, runtime.size);
        CHECK(memcmp(made->code->bytes, runtime.data, runtime.size) == 0);
        CHECK_EQ(contract(world)->nonce, 6);
        CHECK_EQ(contract(world)->balance.words[0], 993);
        world_free(world);
    }
}

/* EIP-1014; its own examples are in tests/unit/types/test_contract_address.c. */
TEST(create2_goes_where_salt_and_code_say)
{
    struct world *world = world_new(FORK_OSAKA);
    struct bytes init = bytecode("0 0 RETURN");
    hash32 init_hash, salt = {{[31] = 9}};
    address creator = world_address(CONTRACT), who;
    keccak256(&init_hash, init.data, init.size);
    create2_address(&who, &creator, &salt, &init_hash);
    struct outcome out = run_with(world, init, "9 5 0 0 CREATE2" RETURN_TOP);
    CHECK(gave(&out, &who));
    /* A second one collides with it. */
    out = run_with(world, init, "9 5 0 0 CREATE2 POP 9 5 0 0 CREATE2" RETURN_TOP);
    CHECK(gave_zero(&out));
    CHECK_EQ(contract(world)->nonce, 7);
    world_free(world);
}

TEST(creations_cost_what_the_fork_says)
{
    static const struct {
        enum fork fork;
        const char *text; /* nothing to run: the price of the instruction alone */
        int64_t gas;
    } cases[] = {
        {FORK_FRONTIER,       "0 0 0 CREATE",     9 + 32000              },
        {FORK_OSAKA,          "0 0 0 CREATE",     9 + 32000              },
        {FORK_LONDON,         "64 0 0 CREATE",    9 + 32000 + 6          },
        {FORK_SHANGHAI,       "64 0 0 CREATE",    9 + 32000 + 6 + 4      },
        {FORK_CONSTANTINOPLE, "0 64 0 0 CREATE2", 12 + 32000 + 6 + 12    },
        {FORK_SHANGHAI,       "0 64 0 0 CREATE2", 12 + 32000 + 6 + 4 + 12},
        {FORK_SHANGHAI,       "0 33 0 0 CREATE2", 12 + 32000 + 6 + 4 + 12},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        struct outcome out = world_program(world, cases[i].text);
        CHECK_EQ(out.halt, HALT_STOP);
        if (out.gas_used != cases[i].gas)
            fail_msg("%s: %lld", cases[i].text, (long long)out.gas_used);
        CHECK_EQ(world_call(world, cases[i].gas - 1).halt, HALT_OUT_OF_GAS);
        world_free(world);
    }
}

TEST(init_code_gets_all_but_a_64th)
{
    static const struct {
        enum fork fork;
        bool is_capped;
    } cases[] = {
        {FORK_HOMESTEAD,         false},
        {FORK_TANGERINE_WHISTLE, true },
        {FORK_OSAKA,             true }
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        world_account(world, CONTRACT, 0, bytecode("0xfe 0 MSTORE8 1 0 0 CREATE"));
        int64_t gas = 132017 + (cases[i].fork >= FORK_SHANGHAI ? 2 : 0); /* 100,000 for INVALID */
        int64_t spent = gas - 100000;
        struct outcome out = world_call(world, gas);
        CHECK_EQ(out.halt, HALT_STOP);
        CHECK_EQ(out.gas_used, cases[i].is_capped ? spent + 100000 - 100000 / 64 : gas);
        world_free(world);
    }
}

TEST(init_code_has_its_size_from_shanghai_on)
{
    static const struct {
        enum fork fork;
        unsigned size;
        enum halt halt;
    } cases[] = {
        {FORK_LONDON,   49153, HALT_STOP      },
        {FORK_SHANGHAI, 49152, HALT_STOP      },
        {FORK_SHANGHAI, 49153, HALT_OUT_OF_GAS}
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        char text[100];
        snprintf(text, sizeof text, "%u 0 0 CREATE", cases[i].size);
        CHECK_EQ(world_program(world, text).halt, cases[i].halt);
        world_free(world);
    }
}

TEST(code_that_may_not_be_stored_fails_the_creation)
{
    static const struct {
        enum fork fork;
        const char *init;
        bool is_made;
    } cases[] = {
        {FORK_BERLIN,          "0xef 0 MSTORE8 1 0 RETURN", true },
        {FORK_LONDON,          "0xef 0 MSTORE8 1 0 RETURN", false}, /* EIP-3541 */
        {FORK_LONDON,          "0xee 0 MSTORE8 1 0 RETURN", true },
        {FORK_LONDON,          "0xef 1 MSTORE8 2 0 RETURN", true },
        {FORK_LONDON,          "0 0 RETURN",                true },
        {FORK_HOMESTEAD,       "24577 0 RETURN",            true },
        {FORK_SPURIOUS_DRAGON, "24576 0 RETURN",            true }, /* EIP-170 */
        {FORK_SPURIOUS_DRAGON, "24577 0 RETURN",            false},
        {FORK_OSAKA,           "24576 0 RETURN",            true },
        {FORK_OSAKA,           "24577 0 RETURN",            false},
        {FORK_OSAKA,           "0 0 REVERT",                false},
        {FORK_OSAKA,           "INVALID",                   false},
        {FORK_OSAKA,           "STOP",                      true },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        struct outcome out = create(world, bytecode(cases[i].init), 7);
        address who = next_address(5);
        if (gave_zero(&out) == cases[i].is_made) fail_msg("%s", cases[i].init);
        CHECK_EQ(world_entry(world, &who)->created, cases[i].is_made);
        CHECK_EQ(world_balance(world, &who).words[0], cases[i].is_made ? 7 : 0);
        CHECK_EQ(contract(world)->nonce, 6); /* raised in any case */
        world_free(world);
    }
}

TEST(code_that_cannot_be_paid_for_is_not_stored)
{
    static const struct {
        enum fork fork;
        enum halt halt;
        int64_t gas_left;
        bool exists;
    } cases[] = {
        {FORK_FRONTIER,  HALT_RETURN,     199, true }, /* a contract without code */
        {FORK_HOMESTEAD, HALT_OUT_OF_GAS, 0,   false},
        {FORK_OSAKA,     HALT_OUT_OF_GAS, 0,   false}
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(cases[i].fork);
        address who = world_address(NOBODY);
        int64_t gas = 18 + 199; /* a byte costs 200 */
        struct outcome out = world_create(world, gas, 7, bytecode("0 0 MSTORE8 1 0 RETURN"));
        CHECK_EQ(out.halt, cases[i].halt);
        CHECK_EQ(gas - out.gas_used, cases[i].gas_left);
        CHECK_EQ(world_entry(world, &who)->created, cases[i].exists);
        if (cases[i].exists) CHECK_EQ(out.output.size, 0);
        world_free(world);
    }
}

TEST(what_is_there_already_is_not_created_again)
{
    enum what { NOTHING, BALANCE, NONCE, CODE, STORAGE };
    static const bool collides[] = {false, false, true, true, true};
    for (unsigned i = 0; i < COUNT_OF(collides); i++) {
        struct world *world = world_new(FORK_OSAKA);
        /* CONTRACT's first creation goes to an address that we can only give by hand. */
        struct world_account *there =
            world_account(world, THIRD, i == BALANCE ? 3 : 0, BYTES_EMPTY);
        address who = next_address(5);
        there->who = who;
        if (i == NONCE) there->nonce = 1;
        if (i == CODE) there->code = bytecode("STOP");
        if (i == CODE) keccak256(&there->code_hash, there->code.data, there->code.size);
        if (i == STORAGE) world_slot(world, THIRD, 0, 1);
        if (i == STORAGE) world->slots[0].who = who;
        struct bytes init = bytecode("1 0 SSTORE 0 0 RETURN");
        char text[100];
        snprintf(text, sizeof text, "%zu 0 7 CREATE" RETURN_TOP, init.size);
        struct outcome out = run_with(world, init, text);
        CHECK_EQ(gave_zero(&out), collides[i]);
        CHECK_EQ(contract(world)->nonce, 6);
        CHECK_EQ(contract(world)->balance.words[0], collides[i] ? 1000 : 993);
        CHECK(world_entry(world, &who)->warm);
        if (!collides[i])
            CHECK_EQ(world_balance(world, &who).words[0], i == BALANCE ? 10 : 7);
        else
            CHECK(out.gas_used > GAS_ALL - GAS_ALL / 32); /* the child's gas is lost */
        world_free(world);
    }
}

TEST(a_creation_that_is_refused_costs_only_itself)
{
    static const struct {
        uint64_t nonce, balance;
    } cases[] = {
        {5,          6}, /* not enough for the value */
        {UINT64_MAX, 9},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_new(FORK_OSAKA);
        struct world_account *self =
            world_account(world, CONTRACT, cases[i].balance, bytecode("0 0 7 CREATE" RETURN_TOP));
        self->nonce = cases[i].nonce;
        struct outcome out = world_call(world, GAS_ALL);
        CHECK(gave_zero(&out));
        CHECK_EQ(out.gas_used, 9 + 32000 + 15);
        CHECK_EQ(contract(world)->nonce, cases[i].nonce);
        world_free(world);
    }
}

TEST(revert_data_of_init_code_can_be_read_and_code_cannot)
{
    struct world *world = world_new(FORK_OSAKA);
    struct outcome out = run_with(world,
                                  bytecode("0xaabb 0 MSTORE 2 30 REVERT"),
                                  "11 0 0 CREATE RETURNDATASIZE 0 0 RETURNDATACOPY "
                                  "RETURNDATASIZE 0 RETURN");
    CHECK_HEX(out.output, "aabb");
    out = run_with(
        world, bytecode_deploy(bytecode("STOP")), "14 0 0 CREATE RETURNDATASIZE" RETURN_TOP);
    CHECK(gave_zero(&out));
    world_free(world);
}

TEST(a_new_contract_can_be_called_and_is_warm)
{
    struct world *world = world_new(FORK_OSAKA);
    struct bytes init = bytecode_deploy(bytecode("42" RETURN_TOP));
    char text[200];
    snprintf(
        text, sizeof text, "32 0 0 0 %zu 0 0 CREATE GAS STATICCALL POP 32 0 RETURN", init.size);
    struct outcome out = run_with(world, init, text);
    CHECK_EQ(outcome_word(&out).words[0], 42);
    snprintf(text,
             sizeof text,
             "%zu 0 0 CREATE GAS SWAP1 BALANCE POP GAS SWAP1 SUB" RETURN_TOP,
             init.size);
    out = run_with(world, init, text);
    CHECK_EQ(outcome_word(&out).words[0], 2 + 3 + 100 + 2);
    world_free(world);
}

TEST(a_contract_destroyed_where_it_was_created_is_gone)
{
    struct world *world = world_new(FORK_OSAKA);
    struct outcome out = create(world, bytecode("CALLER SELFDESTRUCT"), 7);
    address who = next_address(5);
    CHECK(gave(&out, &who));
    CHECK(world_entry(world, &who)->destroyed);
    CHECK_EQ(world_balance(world, &who).words[0], 0);
    CHECK_EQ(contract(world)->balance.words[0], 1000);
    world_free(world);
}

/* Each creation creates from within its init code: as deep as it goes. */
TEST(creations_nest_as_deep_as_calls)
{
    struct world *world = world_new(FORK_FRONTIER);
    world_account(world,
                  CONTRACT,
                  0,
                  bytecode("CODESIZE 0 0 CODECOPY CODESIZE 0 0 CREATE POP "
                           "0 SLOAD 1 ADD 0 SSTORE"));
    struct message message = world_message(world, INT64_C(1000000000));
    struct outcome out = world_run(world, &message);
    CHECK_EQ(out.halt, HALT_STOP);
    size_t created = 0;
    const struct journal *journal = machine_journal(world->machine);
    for (size_t i = 0; i < journal->account_count; i++)
        created += journal->accounts[i]->created;
    CHECK_EQ(created, 1024);
    world_free(world);
}

TEST(a_creation_that_had_to_wait_is_the_same)
{
    struct world *world = world_new(FORK_OSAKA);
    struct bytes init = bytecode("0 SLOAD 1 0 SSTORE 0 0 RETURN");
    struct outcome first = create(world, init, 7);
    CHECK(!gave_zero(&first));
    world->block_times = 3;
    struct outcome second = create(world, init, 7);
    CHECK(second.pauses >= 9);
    CHECK_EQ(first.gas_used, second.gas_used);
    CHECK(hash32_equal(&first.state, &second.state));
    world_free(world);
}
