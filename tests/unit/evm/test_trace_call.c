#include "evm/trace_call.h"
#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#define SELF    "0x1000000000000000000000000000000000000002"
#define OTHER_  "0x1000000000000000000000000000000000000003"
#define SENDER_ "0x1000000000000000000000000000000000000001"

struct stage {
    struct world *world;
    struct trace_call trace;
    FILE *file;
    char text[1 << 18];
};

static struct stage stage;

static void stage_open(enum fork fork)
{
    stage.world = world_new(fork);
    stage.file = fmemopen(stage.text, sizeof stage.text, "w");
    assert_non_null(stage.file);
    trace_call_init(&stage.trace, stage.file);
    stage.world->tracer = &stage.trace.tracer;
}

static const char *stage_text(void)
{
    fflush(stage.file);
    return stage.text;
}

static void stage_close(void)
{
    fclose(stage.file);
    trace_call_fini(&stage.trace);
    world_free(stage.world);
}

TEST(a_message_that_calls_nobody_is_one_object)
{
    stage_open(FORK_OSAKA);
    world_account(stage.world, CONTRACT, 0, bytecode("0xaabb 0 MSTORE 2 30 RETURN"));
    (void)world_call_with(stage.world, 1000, 5, bytecode("#c0ffee"));
    CHECK_TEXT(stage_text(),
               "{\"type\":\"CALL\",\"from\":\"" SENDER_ "\",\"to\":\"" SELF
               "\",\"value\":\"0x5\",\"gas\":\"0x3e8\",\"gasUsed\":\"0x12\",\"input\":\"0xc0ffee\""
               ",\"output\":\"0xaabb\"}\n");
    stage_close();
}

TEST(calls_nest_and_stand_in_their_order)
{
    stage_open(FORK_OSAKA);
    world_account(stage.world, OTHER, 0, bytecode("0 0 REVERT"));
    world_account(stage.world,
                  CONTRACT,
                  100,
                  bytecode("0 0 0 0 7 " OTHER_ " 100 CALL "
                           "0 0 0 0 " OTHER_ " 100 STATICCALL "
                           "0 0 0 0 4 50 STATICCALL "
                           "0 0 0 0 " OTHER_ " 100 DELEGATECALL "
                           "0 0 0 0 7 " OTHER_ " 100 CALLCODE STOP"));
    (void)world_call(stage.world, 100000);
    const char *text = stage_text();
    static const char *const kinds[] = {
        "\"CALL\",\"from\":\"" SENDER_ "\"",
        ",\"calls\":[{\"type\":\"CALL\"",
        "\"value\":\"0x7\",\"gas\":\"0x960\"", /* with the stipend */
        "\"error\":\"execution reverted\"},{\"type\":\"STATICCALL\",\"from\":\"" SELF "\"",
        "},{\"type\":\"STATICCALL\"",
        "\"to\":\"0x0000000000000000000000000000000000000004\"",
        "\"DELEGATECALL\"",
        "\"CALLCODE\"",
        "}]}\n"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const char *found = strstr(text, kinds[i]);
        if (found == NULL) fail_msg("%s is not in %s", kinds[i], text);
        text = found + strlen(kinds[i]);
    }
    CHECK_TEXT(text, "");
    stage_close();
}

TEST(a_static_call_has_no_value)
{
    stage_open(FORK_OSAKA);
    world_account(stage.world, OTHER, 0, bytecode("STOP"));
    world_account(stage.world, CONTRACT, 0, bytecode("0 0 0 0 " OTHER_ " 100 STATICCALL"));
    (void)world_call(stage.world, 100000);
    const char *call = strstr(stage_text(), "STATICCALL");
    assert_non_null(call);
    CHECK(strstr(call, "\"value\"") == NULL);
    stage_close();
}

TEST(a_creation_that_failed_has_no_address)
{
    stage_open(FORK_OSAKA);
    struct bytes good = bytecode_deploy(bytecode("STOP"));
    (void)world_create(stage.world, 100000, 3, good);
    const char *text = stage_text();
    assert_non_null(strstr(text, "{\"type\":\"CREATE\",\"from\":\"" SENDER_ "\",\"to\":\"0x1"));
    assert_non_null(strstr(text, "\"output\":\"0x00\"}"));
    stage_close();

    stage_open(FORK_OSAKA);
    (void)world_create(stage.world, 100000, 3, bytecode("INVALID"));
    text = stage_text();
    CHECK(strstr(text, "\"to\"") == NULL);
    assert_non_null(strstr(text, "\"error\":\"invalid opcode\"}\n"));
    stage_close();
}

TEST(one_object_for_each_message)
{
    stage_open(FORK_OSAKA);
    world_account(stage.world, CONTRACT, 0, bytecode("0 0 0 0 " OTHER_ " 100 STATICCALL"));
    for (unsigned i = 0; i < 3; i++)
        (void)world_call(stage.world, 100000);
    unsigned lines = 0;
    for (const char *at = stage_text(); *at != 0; at++)
        lines += *at == '\n';
    CHECK_EQ(lines, 3);
    CHECK_EQ(arena_used(&stage.trace.arena), 0); /* emptied when it was printed */
    stage_close();
}

/* 1,025 frames deep: the brackets fit, and no recursion is needed to print them. */
TEST(the_deepest_tree_is_printed)
{
    stage_open(FORK_FRONTIER);
    world_account(stage.world, CONTRACT, 0, bytecode("0 0 0 0 0 ADDRESS 100 GAS SUB CALL"));
    (void)world_call(stage.world, 10000000);
    const char *text = stage_text();
    size_t depth = 0, deepest = 0, frames = 0;
    for (const char *at = text; *at != 0; at++) {
        if (*at == '{') depth++, frames++;
        if (*at == '}') depth--;
        if (depth > deepest) deepest = depth;
    }
    CHECK_EQ(depth, 0);
    CHECK_EQ(deepest, 1025);
    CHECK_EQ(frames, 1025);
    stage_close();
}
