#pragma once
#include "metrics/metrics.h"
#include "service/board.h"
struct http_server;
struct health_limits {
    uint64_t max_lag_blocks, watchdog_ns;
};
struct http_options {
    const char *address;
    struct board *board;
    struct metrics *tables[2];
    size_t table_count;
};
static inline enum pevm_status http_open(struct http_server **out,
                                         const struct http_options *o,
                                         struct error *e)
{
    (void)o;
    (void)e;
    *out = NULL;
    return PEVM_OK;
}
static inline void http_close(struct http_server *s)
{
    (void)s;
}
static inline void http_set_limits(struct http_server *s, const struct health_limits *l)
{
    (void)s;
    (void)l;
}
static inline void http_set_table(struct http_server *s, unsigned i, struct metrics *m)
{
    (void)s;
    (void)i;
    (void)m;
}
