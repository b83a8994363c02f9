/* state_runner.h - runs a state test: each of its cases on its own copy of the pre-state (fixture/statetest.h); and the old tests
 * of the machine alone (fixture/machinetest.h), which lie among them. */
#pragma once

#include "cli/suite.h"

enum pevm_status state_runner_new(void **out,
                                  const struct suite_options *options,
                                  struct error *error) MUST_CHECK;
void state_runner_free(void *runner);
/* A part is the cases of one fork. */
size_t state_runner_parts(const struct json *test);
enum pevm_status state_runner_run(void *runner,
                                  const struct json *test,
                                  size_t part,
                                  struct suite_report *report,
                                  struct error *error) MUST_CHECK;
