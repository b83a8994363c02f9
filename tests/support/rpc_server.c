#include "support/rpc_server.h"

#include "support/test.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define REQUEST_MAX ((size_t)1 << 20)

struct rpc_server {
    rpc_answerer *answer;
    void *context;
    int listener;
    char url[64];
    pthread_t thread;
    atomic_uint requests;
    atomic_bool stopping;
};

/* More bytes into the buffer; false: the other side is gone, or the server stops. */
static bool read_more(struct rpc_server *server, int fd, char *buffer, size_t *size)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (poll(&wait, 1, 20) == 0)
        if (atomic_load(&server->stopping)) return false;
    ssize_t got = read(fd, buffer + *size, REQUEST_MAX - *size);
    if (got <= 0) return false;
    *size += (size_t)got;
    buffer[*size] = 0;
    return true;
}

static bool read_request(struct rpc_server *server, int fd, char *buffer, struct bytes *body)
{
    size_t size = 0;
    char *end;
    buffer[0] = 0;
    while ((end = strstr(buffer, "\r\n\r\n")) == NULL)
        if (!read_more(server, fd, buffer, &size)) return false;
    const char *length = strcasestr(buffer, "content-length:");
    size_t wanted = length == NULL ? 0 : strtoul(length + 15, NULL, 10);
    size_t head = (size_t)(end + 4 - buffer);
    while (size < head + wanted)
        if (!read_more(server, fd, buffer, &size)) return false;
    *body = bytes_of(buffer + head, wanted);
    return true;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t done = send(fd, data, size, MSG_NOSIGNAL);
        if (done <= 0) return false;
        data += done;
        size -= (size_t)done;
    }
    return true;
}

/* True: the connection stays. */
static bool send_answer(int fd, const struct rpc_answer *answer)
{
    char head[160];
    size_t size = answer->body == NULL ? 0 : strlen(answer->body);
    if (answer->delay_ms > 0) usleep(1000 * answer->delay_ms);
    if (answer->hang_up) return false;
    int head_size = snprintf(head,
                             sizeof head,
                             "HTTP/1.1 %d Text\r\nContent-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n",
                             answer->http == 0 ? 200 : answer->http,
                             size);
    bool is_cut = answer->cut > 0 && answer->cut < size;
    return write_all(fd, head, (size_t)head_size) &&
           write_all(fd, answer->body, is_cut ? answer->cut : size) && !is_cut;
}

static void serve(struct rpc_server *server, int fd, char *buffer)
{
    struct bytes body;
    while (read_request(server, fd, buffer, &body)) {
        atomic_fetch_add(&server->requests, 1);
        struct rpc_answer answer = server->answer(server->context, body);
        bool stays = send_answer(fd, &answer);
        free(answer.body);
        if (!stays) return;
    }
}

static void *run(void *context)
{
    struct rpc_server *server = context;
    char *buffer = malloc(REQUEST_MAX + 1);
    while (!atomic_load(&server->stopping)) {
        struct pollfd wait = {.fd = server->listener, .events = POLLIN};
        if (poll(&wait, 1, 20) <= 0) continue;
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0) continue;
        int at_once =
            1; /* head and body are two writes: the second must not wait for the other side */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
        serve(server, fd, buffer);
        close(fd);
    }
    free(buffer);
    return NULL;
}

struct rpc_server *rpc_server_start(rpc_answerer *answer, void *context)
{
    struct rpc_server *server = calloc(1, sizeof *server);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof place;
    assert_non_null(server);
    server->answer = answer;
    server->context = context;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(server->listener, 0);
    CHECK_EQ(bind(server->listener, (struct sockaddr *)&place, sizeof place), 0);
    CHECK_EQ(listen(server->listener, 8), 0);
    CHECK_EQ(getsockname(server->listener, (struct sockaddr *)&place, &size), 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", ntohs(place.sin_port));
    CHECK_EQ(pthread_create(&server->thread, NULL, run, server), 0);
    return server;
}

void rpc_server_stop(struct rpc_server *server)
{
    atomic_store(&server->stopping, true);
    CHECK_EQ(pthread_join(server->thread, NULL), 0);
    close(server->listener);
    free(server);
}

const char *rpc_server_url(const struct rpc_server *server)
{
    return server->url;
}

unsigned rpc_server_requests(const struct rpc_server *server)
{
    return atomic_load(&((struct rpc_server *)(uintptr_t)server)->requests);
}
