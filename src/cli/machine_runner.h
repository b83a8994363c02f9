/* machine_runner.h - runs a test of the machine alone (fixture/machinetest.h): one message, under the rules of Frontier. */
#pragma once

#include "cli/suite.h"
#include "evm/machine.h"

/* Zeroed until the first test: most suites have none. */
struct machine_runner {
    struct code_cache *codes;
    struct machine *machine;
};

void machine_runner_fini(struct machine_runner *runner); /* of a zeroed object: nothing */

/* `arena` is emptied by the caller afterwards. */
enum pevm_status machine_runner_run(struct machine_runner *runner,
                                    const struct json *member,
                                    struct arena *arena,
                                    struct suite_report *report,
                                    struct error *error) MUST_CHECK;
