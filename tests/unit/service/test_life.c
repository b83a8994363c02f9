/* Signals, each in a process of its own. */
#include "base/log.h"
#include "service/life.h"
#include "support/service_world.h"
#include "support/test.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

static struct board board;
static struct life life;
static struct error error;

/* A child that runs `work`; it says "ready" by itself. Its standard error is the file. */
static char stderr_path[64];

static void ready(int pipe_end)
{
    (void)!write(pipe_end, "r", 1);
}

static pid_t start(void (*work)(int pipe_end))
{
    int ends[2];
    char byte;
    snprintf(stderr_path, sizeof stderr_path, "/tmp/pevm-life-XXXXXX");
    int file = mkstemp(stderr_path);
    CHECK(file >= 0);
    CHECK_EQ(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        (void)dup2(file, STDERR_FILENO);
        board_init(&board);
        if (life_begin(&life, &board, &error) != PEVM_OK) _exit(100);
        life_set_limits(&life, 0, 60000 * MS);
        work(ends[1]);
        _exit(99);
    }
    close(file);
    close(ends[1]);
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

static const char *stderr_text(void)
{
    static char text[1 << 16];
    int file = open(stderr_path, O_RDONLY);
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    text[size < 0 ? 0 : size] = 0;
    (void)unlink(stderr_path);
    return text;
}

static int end_of(pid_t child)
{
    return service_world_wait(child, 20);
}

static void stop_politely(int pipe_end)
{
    ready(pipe_end);
    while (!life_is_stopping(&life)) /* ends: the signal */
        life_sleep(&life, 10000);
    life_end(&life);
    _exit(0);
}

static void never_stop(int pipe_end)
{
    ready(pipe_end);
    for (;;) /* ends: the process does */
        (void)poll(NULL, 0, 1000);
}

TEST(a_signal_stops_and_wakes)
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        pid_t child = start(stop_politely);
        CHECK_EQ(kill(child, signals[i]), 0);
        CHECK_EQ(end_of(child), 0);
        (void)stderr_text();
    }
}

static void kill_twice(int number)
{
    pid_t child = start(never_stop);
    CHECK_EQ(kill(child, number), 0);
    (void)poll(NULL, 0, 300); /* the same signal twice may come as one */
    CHECK_EQ(kill(child, number), 0);
    CHECK_EQ(end_of(child), 128 + number);
    CHECK(strstr(stderr_text(), "a second time") != NULL);
}

TEST(the_second_one_ends_the_process)
{
    kill_twice(SIGTERM);
    kill_twice(SIGINT);
}

static void count_reloads(int pipe_end)
{
    unsigned reloads = 0;
    if (life_take_reload(&life)) _exit(98);
    ready(pipe_end);
    while (!life_is_stopping(&life)) { /* ends: the signal */
        life_sleep(&life, 10000);
        reloads += life_take_reload(&life);
        if (life_take_reload(&life)) _exit(97);
    }
    life_end(&life);
    _exit((int)reloads);
}

TEST(each_hangup_is_one_reload_and_wakes)
{
    pid_t child = start(count_reloads);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQ(kill(child, SIGHUP), 0);
        (void)poll(NULL, 0, 300);
    }
    CHECK_EQ(kill(child, SIGTERM), 0);
    CHECK_EQ(end_of(child), 2);
    (void)stderr_text();
}

static void be_silent(int pipe_end)
{
    board_tick(&board);
    life_set_limits(&life, 200 * MS, 60000 * MS);
    ready(pipe_end);
    never_stop(pipe_end);
}

TEST(a_loop_that_does_not_come_round_shows_its_threads)
{
    pid_t child = start(be_silent);
    (void)poll(NULL, 0, 2500);
    CHECK_EQ(kill(child, SIGKILL), 0);
    CHECK_EQ(end_of(child), 128 + SIGKILL);
    const char *text = stderr_text(), *said = strstr(text, "does not come round");
    assert_non_null(said);
    CHECK(strstr(said + 1, "does not come round") == NULL); /* once */
    const char *thread = strstr(text, "thread ");
    assert_non_null(strstr(said, "\nthread "));
    CHECK(strstr(thread + 1, "\nthread ") != NULL); /* the loop and this one */
}

static void stop_slowly(int pipe_end)
{
    life_set_limits(&life, 0, 600 * MS);
    ready(pipe_end);
    never_stop(pipe_end);
}

TEST(a_stop_that_takes_too_long_ends_the_process)
{
    pid_t child = start(stop_slowly);
    CHECK_EQ(kill(child, SIGTERM), 0);
    CHECK_EQ(end_of(child), 0);
    CHECK(strstr(stderr_text(), "shutdown_timeout") != NULL);
}
