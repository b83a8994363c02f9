/* cmd_blocktest.c - pevm blocktest PATH...: the official blockchain tests. */
#include "cli/block_runner.h"
#include "cli/commands.h"
#include "cli/suite.h"

int cmd_blocktest(int argc, char **argv)
{
    static const struct suite_kind kind = {
        .name = "blocktest",
        .about = "Run official blockchain tests: files, directories of *.json, archives of them. "
                 "Every test\n"
                 "is a genesis and blocks to import, some of which must be refused for a given "
                 "reason; the\n"
                 "head of the chain and its state must be the expected ones. The last line says "
                 "how many\n"
                 "passed and failed. With --workers each block is executed on several workers as "
                 "well, and\n"
                 "must come out the same, bit for bit.",
        .runner_new = block_runner_new,
        .runner_free = block_runner_free,
        .run = block_runner_run,
    };
    return suite_command(&kind, argc, argv);
}
