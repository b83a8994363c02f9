#include "support/test.h"
#include "sync/cpu_count.h"

#include <sys/stat.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* A tree of files as a kernel shows it. */
struct tree {
    char root[64];
};

static struct tree tree_new(void)
{
    struct tree tree;
    snprintf(tree.root, sizeof tree.root, "/tmp/pevm-cpu-count-XXXXXX");
    assert_non_null(mkdtemp(tree.root));
    return tree;
}

static void tree_free(struct tree *tree)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", tree->root);
    assert_int_equal(system(command), 0);
}

/* Write a file, and the folders above it. */
static void tree_write(struct tree *tree, const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s%s", tree->root, path);
    for (char *slash = full + strlen(tree->root) + 1; (slash = strchr(slash, '/')) != NULL;
         slash++) {
        *slash = 0;
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
}

TEST(at_least_one_processor_is_ours_and_at_most_what_affinity_allows)
{
    cpu_set_t allowed;
    CHECK_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    CHECK(cpu_count_available() >= 1);
    CHECK(cpu_count_available() <= (unsigned)CPU_COUNT(&allowed));
    CHECK(cpu_count_default() >= 1);
    CHECK(cpu_count_default() <= CPU_COUNT_DEFAULT_MAX);
}

TEST(without_files_there_is_no_quota)
{
    struct tree tree = tree_new();
    CHECK_EQ(cpu_count_quota(tree.root), CPU_COUNT_NO_QUOTA);
    tree_free(&tree);
}

TEST(one_group_of_version_2)
{
    static const struct {
        const char *cpu_max;
        unsigned expected;
    } cases[] = {
        {"max 100000\n",                CPU_COUNT_NO_QUOTA},
        {"200000 100000\n",             2                 },
        {"150000 100000\n",             2                 },
        {"1000 100000\n",               1                 },
        {"100000 100000",               1                 },
        {"100001 100000\n",             2                 },
        {"1600000 50000\n",             32                },
 /* not as the kernel writes it */
        {"",                            CPU_COUNT_NO_QUOTA},
        {"\n",                          CPU_COUNT_NO_QUOTA},
        {"200000\n",                    CPU_COUNT_NO_QUOTA},
        {"200000 0\n",                  CPU_COUNT_NO_QUOTA},
        {"0 100000\n",                  CPU_COUNT_NO_QUOTA},
        {"-1 100000\n",                 CPU_COUNT_NO_QUOTA},
        {"200000 x\n",                  CPU_COUNT_NO_QUOTA},
        {"99999999999999999999 1000\n", CPU_COUNT_NO_QUOTA},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tree tree = tree_new();
        tree_write(&tree, "/proc/self/cgroup", "0::/ours\n");
        tree_write(&tree, "/sys/fs/cgroup/ours/cpu.max", cases[i].cpu_max);
        CHECK_EQ(cpu_count_quota(tree.root), cases[i].expected);
        tree_free(&tree);
    }
}

TEST(the_smallest_quota_on_the_way_up_counts)
{
    struct tree tree = tree_new();
    tree_write(&tree, "/proc/self/cgroup", "0::/a/b/c\n");
    tree_write(&tree, "/sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
    tree_write(&tree, "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    tree_write(&tree, "/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    CHECK_EQ(cpu_count_quota(tree.root), 3);
    tree_write(&tree, "/sys/fs/cgroup/cpu.max", "200000 100000\n");
    CHECK_EQ(cpu_count_quota(tree.root), 2);
    tree_free(&tree);
}

TEST(a_group_that_a_container_cannot_see_falls_back_to_what_is_mounted)
{
    struct tree tree = tree_new();
    tree_write(&tree, "/proc/self/cgroup", "0::/somewhere/else\n");
    tree_write(&tree, "/sys/fs/cgroup/cpu.max", "400000 100000\n");
    CHECK_EQ(cpu_count_quota(tree.root), 4);
    tree_write(&tree, "/proc/self/cgroup", "0::/../../outside\n");
    CHECK_EQ(cpu_count_quota(tree.root), 4);
    tree_free(&tree);
}

TEST(groups_of_version_1)
{
    static const char *const mounts[] = {"cpu", "cpu,cpuacct", "cpuacct,cpu"};
    for (size_t i = 0; i < COUNT_OF(mounts); i++) {
        struct tree tree = tree_new();
        char path[128];
        tree_write(
            &tree, "/proc/self/cgroup", "3:memory:/m\n2:cpuacct,cpu:/ours\n1:cpuset:/\n0::/\n");
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s/ours/cpu.cfs_quota_us", mounts[i]);
        tree_write(&tree, path, "-1\n");
        CHECK_EQ(cpu_count_quota(tree.root), CPU_COUNT_NO_QUOTA);
        tree_write(&tree, path, "250000\n");
        CHECK_EQ(cpu_count_quota(tree.root), CPU_COUNT_NO_QUOTA); /* no period */
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s/ours/cpu.cfs_period_us", mounts[i]);
        tree_write(&tree, path, "100000\n");
        CHECK_EQ(cpu_count_quota(tree.root), 3);
        tree_free(&tree);
    }
}

TEST(lines_that_are_no_groups_set_no_limit)
{
    struct tree tree = tree_new();
    tree_write(&tree, "/proc/self/cgroup", "\nwords\n7\n7:\n:\n9:name=systemd:/x\n1:cpus:/\n");
    tree_write(&tree, "/sys/fs/cgroup/cpu.max", "100000 100000\n");
    CHECK_EQ(cpu_count_quota(tree.root), CPU_COUNT_NO_QUOTA);
    tree_free(&tree);
}
