/* block_runner.h - runs a blockchain test: a genesis, blocks that are taken or refused, a head (fixture/blocktest.h). */
#pragma once

#include "cli/suite.h"

enum pevm_status block_runner_new(void **out,
                                  const struct suite_options *options,
                                  struct error *error) MUST_CHECK;
void block_runner_free(void *runner);
enum pevm_status block_runner_run(void *runner,
                                  const struct json *test,
                                  size_t part,
                                  struct suite_report *report,
                                  struct error *error) MUST_CHECK;
