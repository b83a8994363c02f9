#include "service/http.h"

#include "base/assert.h"
#include "base/heap.h"
#include "service/http_private.h"

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST_MAX   256
#define BACKLOG    128
#define KEY        "metrics.listen_addr"
#define LAG_FIRST  10
#define WAIT_FIRST UINT64_C(30000000000)

/* ---- the address ------------------------------------------------------------------------------- */

/* "[::1]:9091" -> "::1", "9091" */
static bool split_address(const char *where, char host[HOST_MAX], const char **port)
{
    const char *colon = strrchr(where, ':');
    if (colon == NULL) return false;
    size_t size = (size_t)(colon - where);
    bool is_bracketed = size > 2 && where[0] == '[' && where[size - 1] == ']';
    if (is_bracketed) {
        where++;
        size -= 2;
    }
    unsigned long number = strtoul(
        colon + 1, NULL, 10); /* getaddrinfo sees whether it is one, not whether it is too large */
    if (size == 0 || size >= HOST_MAX || number > UINT16_MAX) return false;
    memcpy(host, where, size);
    host[size] = 0;
    *port = colon + 1;
    return true;
}

static int listen_there(const struct addrinfo *place)
{
    int yes = 1;
    int file = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0) return -1;
    (void)setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(file, place->ai_addr, place->ai_addrlen) == 0 && listen(file, BACKLOG) == 0)
        return file;
    int fault = errno;
    close(file);
    errno = fault;
    return -1;
}

static enum pevm_status listen_on(int *out, const char *where, struct error *error)
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *places;
    char host[HOST_MAX];
    const char *port;
    if (!split_address(where, host, &port))
        return error_set(error, PEVM_IO, KEY ": \"%.200s\" is no address", where);
    int fault = getaddrinfo(host, port, &wanted, &places);
    if (fault != 0)
        return error_set(error, PEVM_IO, KEY ": %.200s: %s", where, gai_strerror(fault));
    *out = -1;
    for (const struct addrinfo *place = places; place != NULL && *out < 0; place = place->ai_next)
        *out = listen_there(place); /* a name may have addresses that this machine does not */
    int number = errno;
    freeaddrinfo(places);
    if (*out >= 0) return PEVM_OK;
    return error_set(error, PEVM_IO, KEY ": cannot listen on %.200s: %s", where, strerror(number));
}

uint16_t http_port(const struct http_server *server)
{
    struct sockaddr_storage place;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    socklen_t size = sizeof place;
    int file = evconnlistener_get_fd(server->listener);
    if (getsockname(file, (struct sockaddr *)&place, &size) != 0) return 0;
    memcpy(&four, &place, sizeof four);
    memcpy(&six, &place, sizeof six);
    return ntohs(place.ss_family == AF_INET6 ? six.sin6_port : four.sin_port);
}

/* ---- the thread -------------------------------------------------------------------------------- */

static void on_client(struct evconnlistener *listener,
                      evutil_socket_t file,
                      struct sockaddr *from,
                      int size,
                      void *context)
{
    (void)listener;
    (void)from;
    (void)size;
    http_client_accept(context, file);
}

/* No more files: those who come wait until the next second. */
static void on_refusal(struct evconnlistener *listener, void *context)
{
    (void)context;
    (void)evconnlistener_disable(listener);
}

static void on_second(evutil_socket_t file, short what, void *context)
{
    struct http_server *server = context;
    (void)file;
    (void)what;
    (void)evconnlistener_enable(server->listener);
    http_sample(server);
    http_clients_tick(server);
}

static void on_stop(evutil_socket_t file, short what, void *context)
{
    struct http_server *server = context;
    (void)file;
    (void)what;
    (void)event_base_loopbreak(server->base);
}

static void *http_main(void *context)
{
    struct http_server *server = context;
    (void)pthread_setname_np(pthread_self(), "pevm-http");
    (void)event_base_dispatch(server->base);
    return NULL;
}

/* ---- life -------------------------------------------------------------------------------------- */

static void release(struct http_server *server)
{
    for (size_t i = 0; i < HTTP_CLIENTS_MAX; i++)
        if (server->clients[i].link != NULL) http_client_close(&server->clients[i]);
    if (server->listener != NULL) evconnlistener_free(server->listener);
    if (server->second != NULL) event_free(server->second);
    if (server->stop != NULL) event_free(server->stop);
    if (server->base != NULL) event_base_free(server->base);
    if (server->stop_file >= 0) close(server->stop_file);
    pthread_mutex_destroy(&server->mutex);
    heap_free(server);
}

static enum pevm_status prepare(struct http_server *server, const char *where, struct error *error)
{
    struct timeval second = {.tv_sec = 1};
    int file;
    TRY(listen_on(&file, where, error));
    server->base = event_base_new();
    server->stop_file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->base != NULL)
        server->listener = evconnlistener_new(server->base,
                                              on_client,
                                              server,
                                              LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
                                              0, /* it listens already */
                                              file);
    if (server->listener == NULL) {
        close(file);
        return error_set(error, PEVM_NO_MEMORY, "no memory for the HTTP server");
    }
    evconnlistener_set_error_cb(server->listener, on_refusal);
    server->second = event_new(server->base, -1, EV_PERSIST, on_second, server);
    server->stop = event_new(server->base, server->stop_file, EV_READ, on_stop, server);
    bool ok = server->second != NULL && server->stop != NULL && server->stop_file >= 0 &&
              event_add(server->second, &second) == 0 && event_add(server->stop, NULL) == 0;
    return ok ? PEVM_OK : error_set(error, PEVM_NO_MEMORY, "no memory for the HTTP server");
}

enum pevm_status http_open(struct http_server **out,
                           const struct http_options *options,
                           struct error *error)
{
    struct http_server *server = heap_alloc_zeroed(1, sizeof *server);
    *out = NULL;
    if (server == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory for the HTTP server");
    ASSERT(options->table_count > 0 && options->table_count <= HTTP_TABLES);
    pthread_mutex_init(&server->mutex, NULL);
    server->board = options->board;
    server->stop_file = -1;
    server->limits = (struct health_limits){LAG_FIRST, WAIT_FIRST};
    memcpy(server->tables, options->tables, options->table_count * sizeof *options->tables);
    enum pevm_status status = prepare(server, options->address, error);
    if (status == PEVM_OK) http_sample(server);
    if (status == PEVM_OK && pthread_create(&server->thread, NULL, http_main, server) != 0)
        status = error_set(error, PEVM_LIMIT, "no thread for the HTTP server");
    if (status != PEVM_OK) {
        release(server);
        return status;
    }
    *out = server;
    return PEVM_OK;
}

void http_close(struct http_server *server)
{
    uint64_t one = 1;
    if (server == NULL) return;
    (void)!write(server->stop_file, &one, sizeof one);
    pthread_join(server->thread, NULL);
    release(server);
}

void http_set_limits(struct http_server *server, const struct health_limits *limits)
{
    pthread_mutex_lock(&server->mutex);
    server->limits = *limits;
    pthread_mutex_unlock(&server->mutex);
}

void http_set_table(struct http_server *server, unsigned index, struct metrics *table)
{
    ASSERT(index < HTTP_TABLES);
    pthread_mutex_lock(&server->mutex);
    server->tables[index] = table;
    pthread_mutex_unlock(&server->mutex);
}
