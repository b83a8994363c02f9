/* pevm bench NAME...: what can be measured. */
#include "base/compiler.h"
#include "cli/cmd_bench_blocks.h"
#include "cli/cmd_bench_evm.h"
#include "cli/cmd_bench_footprint.h"
#include "cli/cmd_bench_oracle.h"
#include "cli/cmd_bench_simulate.h"
#include "cli/commands.h"

#include <stddef.h>
#include <string.h>

struct measurement {
    const char *name;
    int (*run)(int argc, char **argv);
};

/* Those with options of their own; all other names are blocks. */
static const struct measurement measurements[] = {
    {"evm",       cmd_bench_evm      },
    {"list",      cmd_bench_list     },
    {"footprint", cmd_bench_footprint},
    {"oracle",    cmd_bench_oracle   },
    {"simulate",  cmd_bench_simulate },
};

int cmd_bench(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COUNT_OF(measurements); i++)
        if (strcmp(argv[1], measurements[i].name) == 0)
            return measurements[i].run(argc - 1, argv + 1);
    return cmd_bench_blocks(argc, argv);
}
