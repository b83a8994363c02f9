#include "service/life_stacks.h"

#include <sys/syscall.h>

#include <dirent.h>
#include <execinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_MAX 48
#define WAIT_MS    20 /* so that traces do not mix */

static void on_signal(int number)
{
    void *frames[FRAMES_MAX];
    char line[48] = "thread ";
    (void)number;
    size_t size = strlen(line);
    char digits[24];
    size_t count = 0;
    for (unsigned long id = (unsigned long)syscall(SYS_gettid); id > 0; id /= 10)
        digits[count++] = (char)('0' + id % 10);
    while (count > 0)
        line[size++] = digits[--count];
    line[size++] = '\n';
    (void)!write(STDERR_FILENO, line, size);
    backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MAX), STDERR_FILENO);
}

void stack_dump_prepare(void)
{
    void *frame;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    (void)backtrace(&frame, 1); /* loads its library now */
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGUSR2, &action, NULL);
}

void stack_dump_all(void)
{
    DIR *folder = opendir("/proc/self/task");
    if (folder == NULL) return;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        long id = strtol(entry->d_name, NULL, 10);
        if (id <= 0) continue;
        (void)syscall(SYS_tgkill, getpid(), id, SIGUSR2);
        (void)poll(NULL, 0, WAIT_MS);
    }
    closedir(folder);
}
