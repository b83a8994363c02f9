/* pevm version: what this binary is. */
#include "cli/build_info.h"
#include "cli/commands.h"
#include "cli/options.h"

#include <stdio.h>

int cmd_version(int argc, char **argv)
{
    const struct command_spec spec = {.name = "version",
                                      .operands = "",
                                      .about =
                                          "Print version, commit, compiler, flags and libraries."};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count > 0)
        return (int)usage_error(&spec, "\"%s\" is too much", arguments.operands[0]);
    printf("pevm %s\n"
           "commit     %s\n"
           "compiler   %s\n"
           "flags      %s (%s)\n"
           "libraries  %s\n",
           build_info.version,
           build_info.commit,
           build_info.compiler,
           build_info.flags,
           build_info.build_type,
           build_info.libraries);
    return EXIT_DONE;
}
