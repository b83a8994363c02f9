#include "support/redis_server.h"

#include "base/clock.h"
#include "support/test.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define START_MAX_NS UINT64_C(20000000000)
#define WORDS_MAX    64
#define STARTS_MAX   3

static bool is_there(void)
{
    return system("command -v redis-server >/dev/null 2>&1") == 0;
}

/* Does it answer PING with anything? */
static bool answers(const struct redis_server *server)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    char text[64];
    snprintf(place.sun_path, sizeof place.sun_path, "%s", server->path);
    int file = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(file >= 0);
    bool does = connect(file, (const struct sockaddr *)&place, sizeof place) == 0 &&
                write(file, "PING\r\n", 6) == 6 && read(file, text, sizeof text) > 0;
    close(file);
    return does;
}

static void run(const struct redis_server *server)
{
    static char text[1024], nothing[] = "";
    char *words[WORDS_MAX], *rest = NULL;
    size_t count = 0;
    int null = open("/dev/null", O_RDWR);
    if (dup2(null, 1) < 0 || dup2(null, 2) < 0) _exit(1);
    snprintf(text,
             sizeof text,
             "redis-server --port 0 --unixsocket %s --dir %s --save %s --daemonize no --logfile "
             "%s/log %s",
             server->path,
             server->folder,
             "-",
             server->folder,
             server->options);
    for (char *word = strtok_r(text, " ", &rest); word != NULL && count < WORDS_MAX - 1;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = strcmp(word, "-") == 0 ? nothing : word;
    words[count] = NULL;
    execvp(words[0], words);
    _exit(1);
}

/* What it said itself, for whoever has to find out why. */
static void print_log(const struct redis_server *server)
{
    char command[128];
    snprintf(command, sizeof command, "tail -n 20 %s/log >&2", server->folder);
    if (system(command) != 0) print_error("there is no %s/log\n", server->folder);
}

/* False: it ended before it answered. */
static bool comes_up(struct redis_server *server)
{
    int status;
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) run(server);
    uint64_t until = clock_now_ns() + START_MAX_NS;
    while (!answers(server)) { /* ends: it comes up, or is given up */
        if (waitpid(server->pid, &status, WNOHANG) != 0) {
            print_error("redis-server %s: did not start, status %d\n", server->options, status);
            print_log(server);
            return false;
        }
        if (clock_now_ns() > until) fail_msg("redis-server: is not there after 20 seconds");
        sched_yield();
    }
    return true;
}

/* A machine that is short of something for a moment is not what is tested; a file that it cannot read stays so. */
void redis_server_restart(struct redis_server *server)
{
    for (unsigned i = 0; i < STARTS_MAX; i++)
        if (comes_up(server)) return;
    fail_msg("redis-server did not start in %d attempts", STARTS_MAX);
}

bool redis_server_start(struct redis_server *server, const char *options)
{
    if (!is_there()) {
        print_message("skipped: there is no redis-server (scripts/setup installs it)\n");
        return false;
    }
    *server = (struct redis_server){.pid = 0};
    snprintf(server->options, sizeof server->options, "%s", options);
    snprintf(server->folder, sizeof server->folder, "/tmp/pevm_redis_XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->path, sizeof server->path, "%s/socket", server->folder);
    redis_server_restart(server);
    return true;
}

void redis_server_kill(struct redis_server *server)
{
    int status;
    kill(server->pid, SIGCONT);
    CHECK_EQ(kill(server->pid, SIGKILL), 0);
    CHECK_EQ(waitpid(server->pid, &status, 0), server->pid);
    unlink(server->path);
}

void redis_server_stop(struct redis_server *server)
{
    char command[96];
    redis_server_kill(server);
    snprintf(command, sizeof command, "rm -rf %s", server->folder);
    CHECK_EQ(system(command), 0);
}
