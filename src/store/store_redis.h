/* store_redis.h - a store that several machines share: a server that speaks the Redis protocol (Redis, Valkey, Kvrocks, Pika).
 *
 * Opening it touches no network: connections are opened when they are needed, and as long as there is no server everything is
 * PEVM_UNAVAILABLE. Attempts to connect keep a growing distance (0.2 to 5 seconds); in between calls fail at once. What the
 * server can do is looked at with every connection. RESP2 only.
 *
 *   Redis, Valkey, Kvrocks   changes go with the fence in one script: they stop at the first that fails
 *   Pika                     has no scripts: the token is watched, changes are in MULTI and EXEC, step by step between barriers
 *   clusters, Codis          refused (PEVM_UNSUPPORTED): keys that belong together would be on several machines
 *
 * Errors of the server that pass (loading, full, read only, busy) are PEVM_UNAVAILABLE; a wrong password or database is
 * PEVM_BAD_INPUT and names the key of the configuration. The password is in no text. SIGPIPE is ignored from the first opening on.
 */
#pragma once

#include "store/store.h"

struct redis_options {
    const char *address;  /* host:port, [host]:port, or the path of a unix socket */
    const char *password; /* "" none */
    unsigned database;
    unsigned connections_max; /* at a time, at least 1 */
    unsigned pipeline_size;   /* commands before the replies are read, at least 1 */
    unsigned connect_timeout_ms, timeout_ms;
};

/* PEVM_BAD_INPUT: the address. */
enum pevm_status store_redis_open(struct store **out,
                                  const struct redis_options *options,
                                  struct error *error) MUST_CHECK;
