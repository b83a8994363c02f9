/* pevm bench NAME...: the workloads that can be measured. */
#include "cli/cmd_bench_evm.h"
#include "cli/commands.h"
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

struct workload {
    const char *name, *about;
    int (*run)(int argc, char **argv);
};

static const struct workload workloads[] = {
    {"evm", "the interpreter on single messages", cmd_bench_evm},
};

int cmd_bench(int argc, char **argv)
{
    static const struct command_spec spec = {
        .name = "bench",
        .operands = "NAME [OPTION...]",
        .about = "Measure. NAME says what: evm, the interpreter on single messages. 'pevm bench\n"
                 "NAME --help' tells the options."};
    struct arguments arguments;
    for (size_t i = 0; argc > 1 && i < COUNT_OF(workloads); i++)
        if (strcmp(argv[1], workloads[i].name) == 0) return workloads[i].run(argc - 1, argv + 1);
    if (argc > 1 && argv[1][0] != '-')
        return (int)usage_error(&spec, "there is no workload \"%s\"", argv[1]);
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    return (int)usage_error(&spec, "which workload?");
}
