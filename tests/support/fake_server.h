/* fake_server.h - a server of our own that speaks the Redis protocol as Pika does (no scripts; SET VX, DELVX), on a socket in a
 * folder of its own; and that can be told to answer a command with anything, half of it, or nothing.
 *
 * Small and slow: keys are in an array. It runs in a thread of the test.
 */
#pragma once

#include "base/bytes.h"

struct fake_server;

/* `info`: what INFO says, NULL: that it is a Pika. */
struct fake_server *fake_server_start(const char *info);
void fake_server_stop(struct fake_server *server);

const char *fake_server_path(const struct fake_server *server);

/* The next command of that name, after `skip` of them, is answered with these bytes as they are, and does nothing. */
void fake_server_answer(struct fake_server *server,
                        const char *command,
                        unsigned skip,
                        const char *reply);
/* ... and then the connection is closed; an empty reply: only that. */
void fake_server_answer_and_close(struct fake_server *server,
                                  const char *command,
                                  unsigned skip,
                                  const char *reply);
/* ... and then nothing more comes on that connection. */
void fake_server_answer_and_hang(struct fake_server *server,
                                 const char *command,
                                 unsigned skip,
                                 const char *reply);

/* Right before the next EXEC is looked at, somebody else counts up this key. */
void fake_server_race(struct fake_server *server, const char *key);

/* How often a command came. */
unsigned fake_server_count(struct fake_server *server, const char *command);
/* Connections so far. */
unsigned fake_server_connections(struct fake_server *server);
/* Close those that are open now. */
void fake_server_drop(struct fake_server *server);
