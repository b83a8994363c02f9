/* cpu_count.h - how many processors are ours: what the affinity mask allows, and no more than the
 * quota of our control group (version 1 or 2) pays for. A container with two cores on a machine
 * with 96 gets 2. */
#pragma once

#include <limits.h>

#define CPU_COUNT_DEFAULT_MAX 16 /* more workers than this rarely help one block */
#define CPU_COUNT_NO_QUOTA    UINT_MAX

/* Processors this process may keep busy, at least 1. Asks the system each time. */
unsigned cpu_count_available(void);

/* The size of a team when nobody says otherwise: cpu_count_available, at most
 * CPU_COUNT_DEFAULT_MAX. */
unsigned cpu_count_default(void);

/* The quota alone, rounded up to whole processors; the smallest of our group and those above it.
 * `root` goes before /proc/self/cgroup and /sys/fs/cgroup ("" on a live system). CPU_COUNT_NO_QUOTA
 * when there is none; a file that is missing, unreadable or not as the kernel writes it sets no
 * limit. */
unsigned cpu_count_quota(const char *root);
