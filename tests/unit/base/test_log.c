/* Every line is whole and JSON, whatever is in it, whatever happens to the file. */
#include "base/log.h"
#include "fixture/json.h"
#include "support/test.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], path[96];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/pevm_test_XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/log", folder);
}

static void remove_folder(void)
{
    char name[512];
    DIR *open = opendir(folder);
    for (const struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') unlink(name);
    }
    closedir(open);
    rmdir(folder);
}

static void open_log(uint64_t size_max, unsigned files_max)
{
    struct error error;
    struct log_options options = {.path = path, .size_max = size_max, .files_max = files_max};
    CHECK_EQ(log_open(&options, &error), PEVM_OK);
}

/* Lines of a file, each parsed; how many. `last` is the message of the last one. */
static size_t read_lines(const char *name, char *last)
{
    static char line[8192];
    size_t count = 0;
    FILE *file = fopen(name, "r");
    if (file == NULL) return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        struct arena arena;
        struct error error;
        const struct json *root;
        size_t size = strlen(line);
        CHECK(size > 0 && line[size - 1] == '\n');
        arena_init(&arena, 1 << 14, 0);
        if (json_parse(&root, bytes_of(line, size), &arena, &error) != PEVM_OK)
            fail_msg("%s: %s", error.text, line);
        CHECK_EQ(root->kind, JSON_OBJECT);
        const struct json *message = json_get(root, "message");
        CHECK(message != NULL);
        if (last != NULL)
            snprintf(last, 8192, "%.*s", (int)message->text.size, (const char *)message->text.data);
        arena_fini(&arena);
        count++;
    }
    fclose(file);
    return count;
}

TEST(whatever_is_in_a_line_it_is_json)
{
    static char huge[10000], last[8192];
    static const char *const texts[] = {
        "",
        "plain",
        "quote \" backslash \\ newline \n tab \t bell \x07 del \x7f",
        "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
        "\xff\xfe\xc0\x80 \xed\xa0\x80 \xe2\x82",
    };
    memset(huge, '"', sizeof huge - 1);
    make_folder();
    open_log(0, 1);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        LOG_INFO(texts[i],
                 LOG_TEXT("text", texts[i]),
                 LOG_U64("number", UINT64_MAX),
                 LOG_REAL("ratio", 0.25 * (double)i),
                 LOG_NS("took", 1500000));
    LOG_ERROR(huge);
    LOG_ERROR("fields", LOG_TEXT("a", huge), LOG_U64("b", 1));
    for (size_t i = 3900; i < 4100; i++) { /* every place at which a line can be cut */
        huge[i] = 0;
        memset(huge, 'x', i);
        LOG_INFO("cut", LOG_TEXT("a", huge), LOG_U64("b", i), LOG_NS("c", i));
        huge[i] = 'x';
    }
    CHECK_EQ(read_lines(path, last), COUNT_OF(texts) + 2 + 200);
    CHECK_EQ(log_errors(), 0);
    log_close();
    remove_folder();
}

/* One line, as it is in the file but for the time. */
static void check_line(enum log_format format, const char *expected)
{
    char line[1024] = "";
    FILE *file = fopen(path, "r");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    fclose(file);
    CHECK_EQ(strlen(line) > strlen(expected), 1);
    const char *rest = line + strlen(line) - strlen(expected);
    if (strcmp(rest, expected) != 0) fail_msg("%s, expected %s", line, expected);
    const char *mark = strstr(line, "Z");
    size_t begin = format == LOG_FORMAT_JSON ? strlen("{\"time\":\"") : 0;
    CHECK_EQ((size_t)(mark - line), begin + strlen("2026-11-25T07:00:00.123"));
}

TEST(fields_of_each_kind_are_written_as_such)
{
    static const char *const expected[] = {
        [LOG_FORMAT_JSON] =
            "\",\"level\":\"warn\",\"message\":\"a b\",\"text\":\"x=\\\"1\\\"\",\"hash\":\"0x01"
            "00000000000000000000000000000000000000000000000000000000000000\",\"number\":7,\"ratio"
            "\":0.5,\"none\":null,\"took_ms\":1.500,\"left_out\":3}\n",
        [LOG_FORMAT_CONSOLE] =
            " warn  a b  text=\"x=\\\"1\\\"\"  "
            "hash=0x0100000000000000000000000000000000000000000000"
            "000000000000000000  number=7  ratio=0.5  none=null  took_ms=1.500  left_out=3\n"};
    hash32 hash = {{1}};
    make_folder();
    for (unsigned format = LOG_FORMAT_JSON; format <= LOG_FORMAT_CONSOLE; format++) {
        unlink(path);
        open_log(0, 1);
        log_set_format((enum log_format)format);
        LOG_WARN("a b",
                 LOG_TEXT("text", "x=\"1\""),
                 LOG_HASH("hash", &hash),
                 LOG_U64("number", 7),
                 LOG_REAL("ratio", 0.5),
                 LOG_REAL("none", (double)INFINITY),
                 LOG_NS("took", 1500000),
                 log_field_number(LOG_KIND_COUNT, "none_of_these", 0),
                 log_field_number(LOG_KIND_COUNT, "left_out", 3));
        log_close();
        check_line((enum log_format)format, expected[format]);
    }
    remove_folder();
}

#define THREADS 4
#define LINES   500

static void *write_many(void *context)
{
    for (unsigned i = 0; i < LINES; i++)
        LOG_INFO("a line of a thread",
                 LOG_U64("thread", (uint64_t)(uintptr_t)context),
                 LOG_U64("line", i));
    return NULL;
}

TEST(turning_files_loses_and_tears_nothing)
{
    pthread_t threads[THREADS];
    char name[128];
    size_t count = 0;
    make_folder();
    open_log(10000, 100);
    for (size_t i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, write_many, (void *)i), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    log_close();
    for (unsigned i = 0; i <= 100; i++) {
        struct stat facts;
        snprintf(name, sizeof name, i == 0 ? "%s" : "%s.%u", path, i);
        if (stat(name, &facts) == 0) CHECK(facts.st_size <= 10000);
        count += read_lines(name, NULL);
    }
    CHECK_EQ(count, THREADS * LINES);
    remove_folder();
}

TEST(only_so_many_files_are_kept)
{
    char name[128];
    make_folder();
    open_log(500, 2);
    for (unsigned i = 0; i < 100; i++)
        LOG_INFO("a line", LOG_U64("i", i));
    log_close();
    snprintf(name, sizeof name, "%s.2", path);
    CHECK_EQ(access(name, F_OK), 0);
    snprintf(name, sizeof name, "%s.3", path);
    CHECK(access(name, F_OK) != 0);
    remove_folder();
}

static unsigned open_files(void)
{
    unsigned count = 0;
    DIR *open = opendir("/proc/self/fd");
    while (readdir(open) != NULL)
        count++;
    closedir(open);
    return count;
}

TEST(a_file_that_was_moved_is_opened_anew)
{
    char moved[128];
    make_folder();
    open_log(0, 1);
    LOG_INFO("one");
    unsigned files = open_files();
    snprintf(moved, sizeof moved, "%s.old", path);
    CHECK_EQ(rename(path, moved), 0);
    LOG_INFO("two: still there");
    log_reopen_request();
    LOG_INFO("three: the new one");
    CHECK_EQ(open_files(), files);
    log_close();
    CHECK_EQ(read_lines(moved, NULL), 2);
    CHECK_EQ(read_lines(path, NULL), 1);
    remove_folder();
}

TEST(a_full_disk_is_counted_and_disturbs_nobody)
{
    struct error error;
    struct log_options options = {.path = "/dev/full"};
    CHECK_EQ(log_open(&options, &error), PEVM_OK);
    for (unsigned i = 0; i < 5; i++)
        LOG_INFO("nobody will read this");
    CHECK_EQ(log_errors(), 5);
    log_close();
}

/* A limit on files is a disk on which a line has room only in part. */
TEST(a_disk_that_has_room_again_is_written_to_and_nothing_is_torn)
{
    struct rlimit before, small;
    char last[8192];
    make_folder();
    open_log(0, 1);
    CHECK_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 1000, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (unsigned i = 0; i < 50; i++)
        LOG_INFO("a line that may not have room", LOG_U64("i", i));
    uint64_t errors = log_errors();
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    LOG_INFO("there is room");
    CHECK(errors > 20 && errors < 50);
    CHECK_EQ(log_errors(), errors);
    log_close();
    CHECK_EQ(read_lines(path, last), 50 - errors + 1);
    CHECK_EQ(strcmp(last, "there is room"), 0);
    remove_folder();
}

TEST(a_file_that_cannot_be_opened_is_told)
{
    struct error error;
    struct log_options options = {.path = "/nowhere/at/all"};
    CHECK_EQ(log_open(&options, &error), PEVM_IO);
    CHECK(strstr(error.text, "/nowhere/at/all") != NULL);
}

TEST(levels_and_pace_leave_lines_out)
{
    struct log_pace pace = {0};
    make_folder();
    open_log(0, 1);
    log_set_level(LOG_LEVEL_WARN);
    CHECK(!log_is_on(LOG_LEVEL_INFO));
    LOG_INFO("left out");
    LOG_WARN("there");
    for (unsigned i = 0; i < 10; i++)
        LOG_PACED(&pace, LOG_LEVEL_ERROR, "once");
    log_close();
    CHECK_EQ(read_lines(path, NULL), 2);
    CHECK_EQ(pace.left_out, 9);
    pace.last_ns -= LOG_PACE_NS;
    uint64_t left_out;
    CHECK(log_pace_due(&pace, &left_out));
    CHECK_EQ(left_out, 9);
    CHECK(!log_pace_due(&pace, &left_out));
    remove_folder();
}

TEST(limits_change_while_it_runs)
{
    char name[128];
    make_folder();
    open_log(0, 1);
    for (unsigned i = 0; i < 10; i++)
        LOG_INFO("a line", LOG_U64("i", i));
    snprintf(name, sizeof name, "%s.1", path);
    CHECK(access(name, F_OK) != 0);
    log_set_turning(100, 1);
    LOG_INFO("another");
    CHECK_EQ(access(name, F_OK), 0);
    log_close();
    CHECK_EQ(read_lines(path, NULL), 1);
    CHECK_EQ(read_lines(name, NULL), 10);
    remove_folder();
}
