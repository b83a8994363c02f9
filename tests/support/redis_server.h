/* redis_server.h - a redis-server of a test's own: on a socket in a folder of its own, gone with the test.
 *
 *     struct redis_server server;
 *     if (!redis_server_start(&server, "")) return;       (there is none on this machine; the reason is printed)
 *     ... server.path ...
 *     redis_server_stop(&server);
 */
#pragma once

#include <sys/types.h>

#include <stdbool.h>

struct redis_server {
    char folder[64];
    char path[96]; /* of the socket */
    char options[256];
    pid_t pid;
};

/* `options`: more of the server's own, "--maxmemory 2mb --requirepass x". Fails the test if it does not come up. */
bool redis_server_start(struct redis_server *server, const char *options);

/* kill -9, and a new start in the same folder with the same options. */
void redis_server_kill(struct redis_server *server);
void redis_server_restart(struct redis_server *server);

void redis_server_stop(struct redis_server *server);
