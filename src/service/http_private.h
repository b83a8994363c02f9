/* http_private.h - what the parts of the server share: the server itself, its clients, what they are answered. */
#pragma once

#include "service/http.h"
#include "service/http_request.h"
#include "service/page_samples.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#define HTTP_TEXT_MAX ((size_t)1 << 18) /* a page of metrics has 30 KiB, the page's data 60 */

/* What a client is at. */
enum http_stage {
    CLIENT_ASKS,    /* its request is not whole yet */
    CLIENT_TAKES,   /* the answer goes out */
    CLIENT_LEAVES,  /* it has all of it and closes; what it still sends is thrown away */
    CLIENT_STREAMS, /* it is told every second */
};

struct http_client {
    struct bufferevent *link; /* NULL: the place is free */
    struct http_server *server;
    enum http_stage stage;
    uint64_t since_ns;    /* it came */
    uint64_t deadline_ns; /* of this stage */
    uint64_t row;         /* of a stream: the next sample it has not got */
};

struct http_server {
    struct board *board;
    pthread_t thread;
    struct event_base *base;
    struct evconnlistener *listener;
    struct event *second, *stop;
    int stop_file; /* an eventfd: the thread is to end */

    pthread_mutex_t mutex; /* of these: */
    struct metrics *tables[HTTP_TABLES];
    struct health_limits limits;

    /* The thread's own. */
    struct http_client clients[HTTP_CLIENTS_MAX];
    unsigned streams;
    struct page_samples samples;
    struct board_state state; /* as last looked at */
    struct health health;
    char text[HTTP_TEXT_MAX]; /* of the answer that is being made */
};

/* ---- http_client.c ---- */

/* Somebody came. */
void http_client_accept(struct http_server *server, int file);
/* A second has passed: streams are told, who is too slow goes. */
void http_clients_tick(struct http_server *server);
void http_client_close(struct http_client *client);

/* ---- http_route.c ---- */

struct http_answer {
    unsigned code;
    const char *type;
    const char *body; /* in server->text, or of the program */
    size_t size;
    bool is_stream; /* the connection stays open; the first event is the body */
};

/* For a request that is whole; `code` is what http_request_read said. */
struct http_answer http_answer(struct http_server *server,
                               const struct http_request *request,
                               unsigned code);
/* The counters as they are this second become a sample. */
void http_sample(struct http_server *server);
/* An event for a stream that has all samples before *row: into server->text; its size, 0 when it could not be made. */
size_t http_event(struct http_server *server, uint64_t *row);
