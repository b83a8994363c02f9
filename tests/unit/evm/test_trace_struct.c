#include "evm/trace_struct.h"
#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#include <stdlib.h>

#define OTHER_ADDRESS "0x1000000000000000000000000000000000000003 "

/* The trace of CONTRACT with this code. */
static const char *traced(enum fork fork, const char *program, int64_t gas, bool all)
{
    static char text[1 << 16];
    struct world *world = world_new(fork);
    struct trace_struct trace;
    FILE *file = fmemopen(text, sizeof text, "w");
    assert_non_null(file);
    trace_struct_init(&trace, file, fork, all, all);
    world->tracer = &trace.tracer;
    world_account(world, CONTRACT, 100, bytecode(program));
    world_account(world, OTHER, 0, bytecode("0xaabb 0 MSTORE 2 30 RETURN"));
    (void)world_call(world, gas);
    fclose(file);
    world_free(world);
    return text;
}

/* EIP-3155's own words for the fields; numbers as the EIP writes them. */
TEST(each_instruction_is_a_line_and_the_end_is_one)
{
    CHECK_TEXT(traced(FORK_OSAKA, "1 2 ADD POP", 1000, false),
               "{\"pc\":0,\"op\":96,\"gas\":\"0x3e8\",\"gasCost\":\"0x3\",\"memSize\":0,"
               "\"stack\":[],\"depth\":1,\"refund\":0,\"opName\":\"PUSH1\"}\n"
               "{\"pc\":2,\"op\":96,\"gas\":\"0x3e5\",\"gasCost\":\"0x3\",\"memSize\":0,"
               "\"stack\":[\"0x1\"],\"depth\":1,\"refund\":0,\"opName\":\"PUSH1\"}\n"
               "{\"pc\":4,\"op\":1,\"gas\":\"0x3e2\",\"gasCost\":\"0x3\",\"memSize\":0,"
               "\"stack\":[\"0x1\",\"0x2\"],\"depth\":1,\"refund\":0,\"opName\":\"ADD\"}\n"
               "{\"pc\":5,\"op\":80,\"gas\":\"0x3df\",\"gasCost\":\"0x2\",\"memSize\":0,"
               "\"stack\":[\"0x3\"],\"depth\":1,\"refund\":0,\"opName\":\"POP\"}\n"
               "{\"pc\":6,\"op\":0,\"gas\":\"0x3dd\",\"gasCost\":\"0x0\",\"memSize\":0,"
               "\"stack\":[],\"depth\":1,\"refund\":0,\"opName\":\"STOP\"}\n"
               "{\"output\":\"0x\",\"gasUsed\":\"0xb\"}\n");
}

TEST(memory_and_return_data_are_there_when_asked_for)
{
    const char *text =
        traced(FORK_OSAKA, "0 0 0 0 " OTHER_ADDRESS "1000 STATICCALL POP", 5000, true);
    assert_non_null(strstr(text, "\"memSize\":32,\"memory\":\"0x00000000"));
    assert_non_null(strstr(text, "aabb\",\"stack\":[\"0x2\",\"0x1e\"],\"returnData\":\"0x\""));
    assert_non_null(strstr(text, "\"stack\":[\"0x1\"],\"returnData\":\"0xaabb\",\"depth\":1"));
    assert_non_null(strstr(text, "\"depth\":2"));
    CHECK(strstr(traced(FORK_OSAKA, "1 POP", 1000, false), "returnData") == NULL);
}

TEST(words_are_written_without_leading_zeros)
{
    static const char *const words[] = {
        "0x0",
        "0xff",
        "0xffffffffffffffff",
        "0x10000000000000000",
        "0x100000000000000000000000000000000000000000000000000000000000000",
        "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        char program[100], expected[100];
        snprintf(program, sizeof program, "%s POP", words[i]);
        snprintf(expected, sizeof expected, "\"stack\":[\"%s\"]", words[i]);
        assert_non_null(strstr(traced(FORK_OSAKA, program, 1000, false), expected));
    }
}

TEST(an_instruction_that_fails_says_why)
{
    static const struct {
        const char *program;
        int64_t gas;
        const char *op, *error;
    } cases[] = {
        {"1 1 POP ADD", 1000, "ADD",     "stack underflow"         },
        {"1 JUMP",      1000, "JUMP",    "invalid jump destination"},
        {"1 2 ADD",     8,    "ADD",     "out of gas"              },
        {"INVALID",     1000, "INVALID", "invalid opcode"          },
        {"0 0 REVERT",  1000, "REVERT",  NULL                      },
        {"1 0 SSTORE",  2000, "SSTORE",  "out of gas"              },
        {"#0c",         1000, "opcode",  "invalid opcode"          },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = traced(FORK_OSAKA, cases[i].program, cases[i].gas, false);
        char expected[100];
        if (cases[i].error != NULL) {
            snprintf(expected, sizeof expected, "\"error\":\"%s\"}\n{\"output\"", cases[i].error);
            if (strstr(text, expected) == NULL) fail_msg("%s", text);
            snprintf(expected, sizeof expected, ",\"error\":\"%s\"}\n", cases[i].error);
        } else {
            snprintf(expected, sizeof expected, ",\"error\":\"execution reverted\"}\n");
        }
        size_t size = strlen(text), end = strlen(expected);
        CHECK(size > end);
        CHECK_TEXT(text + size - end, expected);
        if (strcmp(cases[i].op, "opcode") == 0) continue;
        snprintf(expected, sizeof expected, "\"opName\":\"%s\"", cases[i].op);
        assert_non_null(strstr(text, expected));
    }
}

TEST(an_instruction_has_the_name_of_its_fork)
{
    assert_non_null(strstr(traced(FORK_LONDON, "#44", 1000, false), "\"DIFFICULTY\""));
    assert_non_null(strstr(traced(FORK_PARIS, "#44", 1000, false), "\"PREVRANDAO\""));
}

TEST(a_calls_cost_includes_what_it_gives_to_the_child)
{
    const char *text =
        traced(FORK_OSAKA, "0 0 0 0 " OTHER_ADDRESS "1000 STATICCALL POP", 5000, false);
    /* 2,600 for the cold account, and 1,000. */
    assert_non_null(strstr(text, "\"gasCost\":\"0xe10\",\"memSize\":0,\"stack\":[\"0x0\""));
    /* The next line is the child's first, and it has these 1,000. */
    assert_non_null(
        strstr(text, "\"opName\":\"STATICCALL\"}\n{\"pc\":0,\"op\":97,\"gas\":\"0x3e8\""));
}
