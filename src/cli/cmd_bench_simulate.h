/* cmd_bench_simulate.h - pevm bench simulate NAME|BUNDLES...: what the engine would make of more processors than there are. */
#pragma once

int cmd_bench_simulate(int argc, char **argv);
