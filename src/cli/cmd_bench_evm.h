/* cmd_bench_evm.h - `pevm bench evm`: how fast the machine runs single messages. */
#pragma once

/* argv[0] is the name of the subcommand. The exit code of the process. */
int cmd_bench_evm(int argc, char **argv);
