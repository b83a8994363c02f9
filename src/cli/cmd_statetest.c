/* cmd_statetest.c - pevm statetest PATH...: the official state tests. */
#include "cli/commands.h"
#include "cli/state_runner.h"
#include "cli/suite.h"

int cmd_statetest(int argc, char **argv)
{
    static const struct suite_kind kind = {
        .name = "statetest",
        .about = "Run official state tests: files, directories of *.json, archives of them. Every "
                 "case is\n"
                 "one transaction on one state; its state root, logs or the reason of its refusal "
                 "must be\n"
                 "the expected ones. The last line says how many passed and failed. With --workers "
                 "the\n"
                 "transactions of a test and its neighbours are packed in random blocks as well, "
                 "executed\n"
                 "one after another and on several workers, and compared bit for bit.",
        .runner_new = state_runner_new,
        .runner_free = state_runner_free,
        .parts = state_runner_parts,
        .run = state_runner_run,
    };
    return suite_command(&kind, argc, argv);
}
