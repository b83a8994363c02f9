#include "metrics/process.h"

#include <stdio.h>
#include <unistd.h>

#define STATM "/proc/self/statm" /* pages: all, resident, ... */

uint64_t process_resident_bytes(void)
{
    unsigned long long all, resident;
    long page = sysconf(_SC_PAGESIZE);
    FILE *file = fopen(STATM, "re");
    if (file == NULL) return 0;
    int read = fscanf(file, "%llu %llu", &all, &resident);
    fclose(file);
    return read == 2 && page > 0 ? (uint64_t)resident * (uint64_t)page : 0;
}
