#include "cli/evm_workload.h"
#include "support/test.h"

#define SENDER "\"0x00000000000000000000000000000000000000aa\""
#define CALLEE "\"0x00000000000000000000000000000000000000bb\""

/* PUSH1 7 PUSH1 0 SSTORE PUSH1 3 PUSH1 0 MSTORE8 PUSH1 1 PUSH1 0 RETURN: 22124 gas on a warm account with a cold slot */
#define WORKLOAD(gas_used, output)                                                                 \
    "{\"name\":\"store\",\"rev\":\"Cancun\",\"sender\":" SENDER ",\"to\":" CALLEE                  \
    ",\"value\":\"0x0\",\"gas\":\"0x100000\",\"calldata\":\"0x\","                                 \
    "\"code\":\"0x6007600055600360005360016000f3\",\"storage\":{},"                                \
    "\"env\":{\"number\":\"0x1\",\"timestamp\":\"0x1\",\"gaslimit\":\"0x1000000\","                \
    "\"coinbase\":" SENDER                                                                         \
    ",\"prevrandao\":\"0x1\",\"basefee\":\"0x0\",\"gasprice\":\"0x0\",\"chainid\":\"0x1\"},"       \
    "\"expect\":{\"status\":\"0x0\",\"gas_used\":" gas_used                                        \
    ",\"gas_refund\":\"0x0\",\"output\":" output "}}"

static enum pevm_status run(const char *json, int times, struct error *error)
{
    struct evm_workload workload;
    struct machine *machine;
    struct code_cache *codes = code_cache_new(1 << 20);
    assert_non_null(codes);
    CHECK_EQ(machine_new(&machine, &(struct machine_options){.codes = codes}), PEVM_OK);
    error_clear(error);
    enum pevm_status status = evm_workload_init(&workload, bytes_of(json, strlen(json)), error);
    if (status == PEVM_OK) {
        machine_set_block(machine, &workload.env, NULL);
        for (int i = 0; i < times && status == PEVM_OK; i++) {
            uint64_t ns = 0;
            status = evm_workload_run(&workload, machine, &ns, error);
            if (status == PEVM_OK) CHECK(ns > 0);
        }
        evm_workload_fini(&workload);
    }
    machine_free(machine);
    code_cache_free(codes);
    return status;
}

TEST(a_workload_runs_as_often_as_one_likes)
{
    struct error error;
    enum pevm_status status = run(WORKLOAD("22124", "\"0x03\""), 3, &error);
    if (status != PEVM_OK) fail_msg("%s", error.text);
}

TEST(a_result_that_differs_is_told)
{
    struct error error;
    CHECK_EQ(run(WORKLOAD("22125", "\"0x03\""), 1, &error), PEVM_INTERNAL);
    assert_non_null(strstr(error.text, "gas used 22124, expected 22125"));
    CHECK_EQ(run(WORKLOAD("22124", "\"0x04\""), 1, &error), PEVM_INTERNAL);
    assert_non_null(strstr(error.text, "wrong output"));
}

TEST(a_file_that_is_none_is_told)
{
    struct error error;
    CHECK_EQ(run("{", 1, &error), PEVM_BAD_INPUT);
    CHECK_EQ(run("{\"name\":\"x\"}", 1, &error), PEVM_BAD_INPUT);
    CHECK(error.text[0] != 0);
}
