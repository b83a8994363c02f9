/* rpc_server.h - an HTTP server on this machine that answers as a test says: well, late, half, wrong, not at all. One connection at a
 * time, in a thread of its own.
 */
#pragma once

#include "base/bytes.h"

struct rpc_server;

/* What goes back. `body` is freed by the server (malloc). */
struct rpc_answer {
    int http;          /* 0: 200 */
    char *body;        /* NULL: empty */
    unsigned delay_ms; /* before anything is sent */
    size_t cut;        /* > 0: close after so many bytes of the body */
    bool hang_up;      /* close without a word */
};

/* Called in the server's thread. */
typedef struct rpc_answer rpc_answerer(void *context, struct bytes request);

struct rpc_server *rpc_server_start(rpc_answerer *answer, void *context);
void rpc_server_stop(struct rpc_server *server);

/* "http://127.0.0.1:45678" */
const char *rpc_server_url(const struct rpc_server *server);

/* How many requests came so far. */
unsigned rpc_server_requests(const struct rpc_server *server);
