/* cmd_bench_footprint.h - pevm bench footprint NAME...: what the multi-version state keeps of each thing. */
#pragma once

int cmd_bench_footprint(int argc, char **argv);
