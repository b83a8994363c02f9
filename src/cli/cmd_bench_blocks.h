/* cmd_bench_blocks.h - pevm bench NAME...: block workloads; and the list of everything that can be measured. */
#pragma once

/* argv[0] is "bench"; every operand is a workload, a group of them, or "blocks" for all. */
int cmd_bench_blocks(int argc, char **argv);

/* pevm bench list. */
int cmd_bench_list(int argc, char **argv);
