#include "cli/build_info.h"

#include <build_facts.h>
#include <stdio.h>
#include <string.h>

const struct build_info build_info = {
    .version = BUILD_VERSION,
    .commit = BUILD_COMMIT,
    .compiler = BUILD_COMPILER,
    .flags = BUILD_FLAGS,
    .build_type = BUILD_TYPE,
    .libraries = BUILD_LIBRARIES,
};

const char *machine_name(void)
{
    static char name[128] = "unknown processor";
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (file == NULL) return name;
    char line[256];
    while (fgets(line, sizeof line, file) != NULL) { /* ends: the file does */
        if (strncmp(line, "model name", 10) != 0) continue;
        const char *value = strchr(line, ':');
        if (value == NULL) break;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
        break;
    }
    fclose(file);
    return name;
}
