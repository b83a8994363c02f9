/* cmd_bench_oracle.h - pevm bench oracle BUNDLES...: how fast blocks could be, whatever the scheduler. */
#pragma once

int cmd_bench_oracle(int argc, char **argv);
