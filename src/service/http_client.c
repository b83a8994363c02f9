/* A connection: it asks, is answered, goes; or stays and is told every second. */
#include "base/assert.h"
#include "base/clock.h"
#include "service/http_private.h"

#include <event2/buffer.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>

#define NS_PER_S   UINT64_C(1000000000)
#define ASK_NS     (5 * NS_PER_S)  /* until the request is whole */
#define TAKE_NS    (10 * NS_PER_S) /* until the answer is taken */
#define LEAVE_NS   (2 * NS_PER_S)  /* until the other side has closed, too */
#define STREAM_NS  (30 * NS_PER_S) /* until an event is taken */
#define HEADER_MAX 512

void http_client_close(struct http_client *client)
{
    if (client->stage == CLIENT_STREAMS) client->server->streams--;
    bufferevent_free(client->link);
    client->link = NULL;
}

static void enter_stage(struct http_client *client, enum http_stage stage, uint64_t limit_ns)
{
    client->stage = stage;
    client->deadline_ns = clock_now_ns() + limit_ns;
}

/* ---- answering --------------------------------------------------------------------------------- */

static const char *reason_of(unsigned code)
{
    static const struct {
        unsigned code;
        const char *words;
    } reasons[] = {
        {HTTP_OK,            "OK"                             },
        {HTTP_BAD_REQUEST,   "Bad Request"                    },
        {HTTP_NOT_FOUND,     "Not Found"                      },
        {HTTP_METHOD,        "Method Not Allowed"             },
        {HTTP_TOO_LARGE,     "Request Header Fields Too Large"},
        {HTTP_FAILED,        "Internal Server Error"          },
        {HTTP_UNAVAILABLE,   "Service Unavailable"            },
        {HTTP_OTHER_VERSION, "HTTP Version Not Supported"     },
    };
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (reasons[i].code == code) return reasons[i].words;
    return "";
}

/* The page may show and load nothing but itself. */
static int write_header(char out[HEADER_MAX], const struct http_answer *answer)
{
    char length[48] = "";
    if (!answer->is_stream)
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", answer->size);
    return snprintf(out,
                    HEADER_MAX,
                    "HTTP/1.1 %u %s\r\n"
                    "Content-Type: %s\r\n%s%s"
                    "Cache-Control: no-store\r\n"
                    "X-Content-Type-Options: nosniff\r\n"
                    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
                    "script-src 'unsafe-inline'; connect-src 'self'; img-src data:\r\n"
                    "Connection: close\r\n\r\n",
                    answer->code,
                    reason_of(answer->code),
                    answer->type,
                    length,
                    answer->code == HTTP_METHOD ? "Allow: GET, HEAD\r\n" : "");
}

static void answer_client(struct http_client *client,
                          const struct http_answer *answer,
                          bool is_head)
{
    char header[HEADER_MAX];
    struct evbuffer *out = bufferevent_get_output(client->link);
    int size = write_header(header, answer);
    bool stays = answer->is_stream && !is_head;
    bool ok = evbuffer_add(out, header, (size_t)size) == 0 &&
              (is_head || evbuffer_add(out, answer->body, answer->size) == 0);
    if (!ok) {
        http_client_close(client);
        return;
    }
    if (stays) client->server->streams++;
    enter_stage(client, stays ? CLIENT_STREAMS : CLIENT_TAKES, stays ? STREAM_NS : TAKE_NS);
}

/* What it sent so far may be a whole request. */
static void hear(struct http_client *client)
{
    struct evbuffer *in = bufferevent_get_input(client->link);
    size_t size = evbuffer_get_length(in);
    struct http_request request = {.is_head = false};
    const char *bytes = (const char *)evbuffer_pullup(in, (ev_ssize_t)size);
    if (bytes == NULL) return;
    unsigned code = http_request_read(&request, bytes, size);
    if (code == 0) return;
    struct http_answer answer = http_answer(client->server, &request, code);
    if (answer.is_stream) client->row = client->server->samples.count;
    (void)evbuffer_drain(in, size);
    answer_client(client, &answer, request.is_head);
}

/* ---- what happens ------------------------------------------------------------------------------ */

static void on_read(struct bufferevent *link, void *context)
{
    struct http_client *client = context;
    struct evbuffer *in = bufferevent_get_input(link);
    if (client->stage == CLIENT_ASKS)
        hear(client);
    else
        (void)evbuffer_drain(in, evbuffer_get_length(in));
}

/* All is written. The other side closes when it has read it; closing at once could throw away what is under way. */
static void on_written(struct bufferevent *link, void *context)
{
    struct http_client *client = context;
    if (client->stage != CLIENT_TAKES) return;
    (void)shutdown(bufferevent_getfd(link), SHUT_WR);
    enter_stage(client, CLIENT_LEAVES, LEAVE_NS);
}

/* One that only stopped sending may still want its answer. */
static void on_event(struct bufferevent *link, short what, void *context)
{
    struct http_client *client = context;
    (void)link;
    if ((what & BEV_EVENT_EOF) != 0 && client->stage == CLIENT_TAKES) return;
    http_client_close(client);
}

/* ---- coming and going -------------------------------------------------------------------------- */

/* A free place; or that of the one who has been longest at its request. */
static struct http_client *find_place(struct http_server *server)
{
    struct http_client *oldest = NULL;
    for (size_t i = 0; i < HTTP_CLIENTS_MAX; i++) {
        struct http_client *client = &server->clients[i];
        if (client->link == NULL) return client;
        if (client->stage == CLIENT_STREAMS) continue;
        if (oldest == NULL || client->since_ns < oldest->since_ns) oldest = client;
    }
    ASSERT(oldest != NULL); /* streams do not take all places */
    http_client_close(oldest);
    return oldest;
}

void http_client_accept(struct http_server *server, int file)
{
    struct bufferevent *link = bufferevent_socket_new(server->base, file, BEV_OPT_CLOSE_ON_FREE);
    if (link == NULL) {
        (void)evutil_closesocket(file);
        return;
    }
    struct http_client *client = find_place(server);
    *client = (struct http_client){.link = link, .server = server, .since_ns = clock_now_ns()};
    enter_stage(client, CLIENT_ASKS, ASK_NS);
    bufferevent_setcb(link, on_read, on_written, on_event, client);
    bufferevent_setwatermark(link, EV_READ, 0, HTTP_HEAD_MAX + 1);
    if (bufferevent_enable(link, EV_READ | EV_WRITE) != 0) http_client_close(client);
}

/* The event that lies in server->text. */
struct event_made {
    uint64_t first, next; /* for streams whose next sample is `first`; then it is `next` */
    size_t size;          /* 0: none is there */
};

/* Nearly all want the same one. Who has not taken the last event gets the next one later; the samples of both are in it. */
static void tell(struct http_client *client, struct event_made *made)
{
    struct evbuffer *out = bufferevent_get_output(client->link);
    if (evbuffer_get_length(out) > 0) return;
    if (made->size == 0 || made->first != client->row) {
        made->first = made->next = client->row;
        made->size = http_event(client->server, &made->next);
    }
    if (made->size == 0 || evbuffer_add(out, client->server->text, made->size) != 0) return;
    client->row = made->next;
    enter_stage(client, CLIENT_STREAMS, STREAM_NS);
}

void http_clients_tick(struct http_server *server)
{
    struct event_made made = {0, 0, 0};
    uint64_t now_ns = clock_now_ns();
    for (size_t i = 0; i < HTTP_CLIENTS_MAX; i++) {
        struct http_client *client = &server->clients[i];
        if (client->link == NULL) continue;
        if (now_ns >= client->deadline_ns)
            http_client_close(client);
        else if (client->stage == CLIENT_STREAMS)
            tell(client, &made);
    }
}
