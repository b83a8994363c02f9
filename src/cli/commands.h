/* commands.h - the words that may follow "pevm": a line each in commands.def. */
#pragma once

/* argv[0] is the command's name; the exit code of the process (exit_code.h). Every command understands --help. */
#define COMMAND(name, function, about) int function(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND
