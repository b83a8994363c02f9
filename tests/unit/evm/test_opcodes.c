#include "evm/opcodes.h"
#include "support/test.h"

TEST(instructions_have_names_from_their_fork_on)
{
    CHECK_TEXT(opcode_name(OP_ADD, FORK_FRONTIER), "ADD");
    CHECK_TEXT(opcode_name(OP_PUSH32, FORK_FRONTIER), "PUSH32");
    CHECK_TEXT(opcode_name(OP_PUSH0, FORK_PARIS), "UNDEFINED");
    CHECK_TEXT(opcode_name(OP_PUSH0, FORK_SHANGHAI), "PUSH0");
    CHECK_TEXT(opcode_name(OP_PREVRANDAO, FORK_GRAY_GLACIER), "DIFFICULTY");
    CHECK_TEXT(opcode_name(OP_PREVRANDAO, FORK_PARIS), "PREVRANDAO");
    CHECK_TEXT(opcode_name(0x0c, FORK_OSAKA), "UNDEFINED");
}

/* Yellow Paper, appendix H, and the EIPs since: how many instructions each fork knows. */
TEST(each_fork_knows_as_many_instructions_as_its_rules_say)
{
    static const struct {
        enum fork fork;
        unsigned count;
    } cases[] = {
        {FORK_FRONTIER,       130},
        {FORK_HOMESTEAD,      131},
        {FORK_BYZANTIUM,      135},
        {FORK_CONSTANTINOPLE, 140},
        {FORK_ISTANBUL,       142},
        {FORK_LONDON,         143},
        {FORK_SHANGHAI,       144},
        {FORK_CANCUN,         149},
        {FORK_PRAGUE,         149},
        {FORK_OSAKA,          150},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned count = 0;
        for (unsigned opcode = 0; opcode < 256; opcode++)
            count += strcmp(opcode_name((uint8_t)opcode, cases[i].fork), "UNDEFINED") != 0;
        CHECK_EQ(count, cases[i].count);
    }
}

TEST(stack_and_gas_columns_are_constants)
{
    CHECK_EQ(OP_CALL_IN, 7);
    CHECK_EQ(OP_CALL_OUT, 1);
    CHECK_EQ(OP_SWAP16_IN, 17);
    CHECK_EQ(OP_DUP16_OUT, 17);
    CHECK_EQ(OP_ADDMOD_GAS, 8);
    CHECK_EQ(OP_LOG4_GAS, 5 * 375);
}
