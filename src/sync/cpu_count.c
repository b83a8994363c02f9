#include "sync/cpu_count.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
    #include <sched.h>
#endif

#define PATH_SIZE 4096
#define TEXT_SIZE 64 /* two numbers of the kernel */

static bool file_read(char text[TEXT_SIZE], const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    size_t size = fread(text, 1, TEXT_SIZE - 1, file);
    fclose(file);
    text[size] = 0;
    return size > 0;
}

/* A whole number > 0 at the start of `text`; *end is what follows it. */
static bool number_parse(uint64_t *out, const char *text, const char **end)
{
    if (!isdigit((unsigned char)text[0])) return false;
    char *rest;
    unsigned long long number = strtoull(text, &rest, 10);
    *out = number;
    *end = rest;
    return number > 0 && number < (1ull << 40);
}

static unsigned processors_of(uint64_t quota_us, uint64_t period_us)
{
    uint64_t processors = (quota_us - 1) / period_us + 1;
    return processors > UINT_MAX ? CPU_COUNT_NO_QUOTA : (unsigned)processors;
}

/* Version 2: "200000 100000", or "max 100000". */
static unsigned quota_v2(const char *folder)
{
    char path[PATH_SIZE + 32], text[TEXT_SIZE];
    const char *end;
    uint64_t quota, period;
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (!file_read(text, path)) return CPU_COUNT_NO_QUOTA;
    if (!number_parse(&quota, text, &end) || *end != ' ') return CPU_COUNT_NO_QUOTA;
    if (!number_parse(&period, end + 1, &end)) return CPU_COUNT_NO_QUOTA;
    return processors_of(quota, period);
}

/* Version 1: two files; a quota of -1 is none. */
static unsigned quota_v1(const char *folder)
{
    char path[PATH_SIZE + 32], text[TEXT_SIZE];
    const char *end;
    uint64_t quota, period;
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (!file_read(text, path) || !number_parse(&quota, text, &end)) return CPU_COUNT_NO_QUOTA;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (!file_read(text, path) || !number_parse(&period, text, &end)) return CPU_COUNT_NO_QUOTA;
    return processors_of(quota, period);
}

static unsigned at_most(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The smallest quota of `group` ("/a/b") and the groups above it, under each place where the
 * hierarchy may be mounted. A group that can't be seen from inside a container is skipped; the
 * mount's own root is not. */
static unsigned quota_of_group(const char *root,
                               const char *const *mounts,
                               const char *group,
                               unsigned (*quota)(const char *folder))
{
    unsigned least = CPU_COUNT_NO_QUOTA;
    for (; *mounts != NULL; mounts++) {
        char folder[PATH_SIZE];
        int size = snprintf(folder, sizeof folder, "%s%s", root, *mounts);
        if (size < 0 || (size_t)size >= sizeof folder) continue;
        size_t mount_size = (size_t)size;
        if (strstr(group, "/..") == NULL && mount_size + strlen(group) < sizeof folder)
            memcpy(folder + mount_size, group, strlen(group) + 1);
        for (;;) { /* ends: the path gets shorter */
            least = at_most(least, quota(folder));
            char *last = strrchr(folder + mount_size, '/');
            if (last == NULL) break;
            *last = 0;
        }
    }
    return least;
}

/* One line of /proc/self/cgroup: "number:controllers:/group"; version 2 has "0::/group". */
static unsigned quota_of_line(const char *root, char *line)
{
    static const char *const mounts_v2[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", NULL};
    static const char *const mounts_v1[] = {
        "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpuacct,cpu", NULL};

    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':');
    if (controllers == NULL) return CPU_COUNT_NO_QUOTA;
    char *group = strchr(++controllers, ':');
    if (group == NULL) return CPU_COUNT_NO_QUOTA;
    *group++ = 0;
    if (controllers[0] == 0) return quota_of_group(root, mounts_v2, group, quota_v2);

    unsigned least = CPU_COUNT_NO_QUOTA;
    char *rest;
    for (char *name = strtok_r(controllers, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        if (strcmp(name, "cpu") == 0)
            least = at_most(least, quota_of_group(root, mounts_v1, group, quota_v1));
    }
    return least;
}

unsigned cpu_count_quota(const char *root)
{
    char path[PATH_SIZE], line[PATH_SIZE];
    unsigned least = CPU_COUNT_NO_QUOTA;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (file == NULL) return least;
    while (fgets(line, sizeof line, file) != NULL)
        least = at_most(least, quota_of_line(root, line));
    fclose(file);
    return least;
}

static unsigned affinity_count(void)
{
#ifdef __linux__
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 0)
        return (unsigned)CPU_COUNT(&allowed);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (unsigned)online;
}

unsigned cpu_count_available(void)
{
    return at_most(affinity_count(), cpu_count_quota(""));
}

unsigned cpu_count_default(void)
{
    return at_most(cpu_count_available(), CPU_COUNT_DEFAULT_MAX);
}
