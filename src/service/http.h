/* http.h - the service seen from outside: a small HTTP server with health, metrics and a live page.
 *
 *     struct http_options options = {.address = "0.0.0.0:9091", .board = &board, .tables = {metrics}, .table_count = 1};
 *     TRY(http_open(&server, &options, error));
 *     http_set_table(server, 1, engine_metrics(engine));
 *     http_close(server);
 *
 *   /             the live page (page.html)
 *   /metrics      all tables, for Prometheus
 *   /livez        200, or 503 and why not, a line each
 *   /readyz       the same
 *   /health       every check, as JSON; 503 unless live and ready
 *   /api/status   what the page shows, as JSON (page_data.h)
 *   /events       the same every second, as server-sent events
 *
 * Rules
 *   R1  Who asks never slows down who works: the server has a thread of its own and reads copies and counters.
 *   R2  Nobody can take more than their share: one request per connection, HTTP_CLIENTS_MAX connections, a time for everything. When
 *       all places are taken, the one that has been longest at its request gives way.
 *   R3  Nothing is changed from outside, so nobody is asked who they are.
 *
 * Threads: http_open and http_close by one; the others by anybody in between. A table that was replaced may be freed as soon as
 * http_set_table returns.
 */
#pragma once

#include "metrics/metrics.h"
#include "service/board.h"
#include "service/health.h"

#define HTTP_CLIENTS_MAX 256
#define HTTP_STREAMS_MAX 64 /* of these: who looks at the page */
#define HTTP_TABLES      2

struct http_server;

struct http_options {
    const char *address; /* HOST:PORT, [HOST]:PORT; port 0: any that is free */
    struct board *board; /* borrowed */
    /* Borrowed. First the service's (service_metrics.h), then the engine's (engine_metrics.h), which may come later. */
    struct metrics *tables[HTTP_TABLES];
    size_t table_count;
};

/* PEVM_IO: nobody can listen there; the text names metrics.listen_addr. */
enum pevm_status http_open(struct http_server **out,
                           const struct http_options *options,
                           struct error *error) MUST_CHECK;
void http_close(struct http_server *server); /* may be NULL */

/* Where it listens. */
uint16_t http_port(const struct http_server *server);

/* Until it is called: 10 blocks, 30 seconds. */
void http_set_limits(struct http_server *server, const struct health_limits *limits);

/* Table `index` from now on; NULL: none. */
void http_set_table(struct http_server *server, unsigned index, struct metrics *table);
