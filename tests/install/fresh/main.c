#include <pevm/pevm.h>

#include <stdio.h>

int main(void)
{
    struct pevm_config config;
    pevm_engine *engine;
    pevm_config_init(&config, PEVM_PRESET_LATENCY);
    if (pevm_engine_open(&engine, &config, NULL) != PEVM_OK) return 1;
    printf("pevm %s\n", pevm_version());
    pevm_engine_close(engine);
    return 0;
}
