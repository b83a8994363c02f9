#include "support/fault_proxy.h"

#include "base/clock.h"
#include "support/test.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINES_MAX  16
#define CHUNK_SIZE 65536

/* Bytes on the way. */
struct parcel {
    struct parcel *next;
    uint64_t due_ns;
    size_t line;
    int to; /* 0: the client, 1: the server */
    size_t size;
    char bytes[];
};

struct line {
    int ends[2]; /* client, server; -1: free */
    bool was_from_client;
};

struct fault_proxy {
    char folder[64], path[96], server_path[96];
    pthread_t thread;
    pthread_mutex_t mutex;
    int listener, wake[2];
    bool stops;
    struct line lines[LINES_MAX];
    struct parcel *first, **last;
    uint64_t delay_ns, cut_after;
    unsigned turns;
};

static void close_line(struct fault_proxy *proxy, size_t index)
{
    struct line *line = &proxy->lines[index];
    for (unsigned end = 0; end < 2; end++)
        if (line->ends[end] >= 0) close(line->ends[end]);
    *line = (struct line){
        .ends = {-1, -1}
    };
    for (struct parcel *parcel = proxy->first; parcel != NULL; parcel = parcel->next)
        if (parcel->line == index) parcel->size = 0; /* it is lost */
}

static void write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) { /* ends: the socket takes bytes, or fails */
        ssize_t done = send(file, bytes, size, MSG_NOSIGNAL);
        if (done <= 0) return;
        bytes += done;
        size -= (size_t)done;
    }
}

/* Those whose time has come. */
static void deliver(struct fault_proxy *proxy)
{
    while (proxy->first != NULL &&
           proxy->first->due_ns <= clock_now_ns()) { /* ends: the list shrinks */
        struct parcel *parcel = proxy->first;
        proxy->first = parcel->next;
        if (proxy->first == NULL) proxy->last = &proxy->first;
        if (parcel->size > 0)
            write_all(proxy->lines[parcel->line].ends[parcel->to], parcel->bytes, parcel->size);
        free(parcel);
    }
}

static void cut_all(struct fault_proxy *proxy)
{
    for (size_t i = 0; i < LINES_MAX; i++)
        if (proxy->lines[i].ends[0] >= 0) close_line(proxy, i);
    proxy->cut_after = UINT64_MAX;
}

/* Something came from one end. */
static void take(struct fault_proxy *proxy, size_t index, int from)
{
    struct line *line = &proxy->lines[index];
    struct parcel *parcel = malloc(sizeof *parcel + CHUNK_SIZE);
    assert_non_null(parcel);
    ssize_t size = read(line->ends[from], parcel->bytes, CHUNK_SIZE);
    if (size <= 0) {
        free(parcel);
        close_line(proxy, index);
        return;
    }
    proxy->turns += from == 0 && !line->was_from_client;
    line->was_from_client = from == 0;
    bool is_cut = from == 1 && (uint64_t)size > proxy->cut_after;
    if (is_cut) size = (ssize_t)proxy->cut_after;
    if (from == 1 && !is_cut && proxy->cut_after != UINT64_MAX) proxy->cut_after -= (uint64_t)size;
    parcel->next = NULL;
    parcel->due_ns = clock_now_ns() + proxy->delay_ns;
    parcel->line = index;
    parcel->to = 1 - from;
    parcel->size = (size_t)size;
    *proxy->last = parcel;
    proxy->last = &parcel->next;
    if (!is_cut) return;
    parcel->due_ns = 0; /* what came before is on the way no longer than that */
    deliver(proxy);
    cut_all(proxy);
}

static int connect_to(const char *path)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    snprintf(place.sun_path, sizeof place.sun_path, "%s", path);
    int file = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(file, (const struct sockaddr *)&place, sizeof place) == 0) return file;
    close(file);
    return -1;
}

static void on_connection(struct fault_proxy *proxy)
{
    int client = accept(proxy->listener, NULL, NULL), server = connect_to(proxy->server_path);
    for (size_t i = 0; i < LINES_MAX && client >= 0 && server >= 0; i++) {
        if (proxy->lines[i].ends[0] >= 0) continue;
        proxy->lines[i] = (struct line){
            .ends = {client, server}
        };
        return;
    }
    if (client >= 0) close(client);
    if (server >= 0) close(server);
}

/* Milliseconds until something is due; -1: nothing is on the way. */
static int time_left(const struct fault_proxy *proxy)
{
    if (proxy->first == NULL) return -1;
    uint64_t now = clock_now_ns();
    return now >= proxy->first->due_ns ? 0 : (int)((proxy->first->due_ns - now + 999999) / 1000000);
}

static void *serve(void *context)
{
    struct fault_proxy *proxy = context;
    for (bool stops = false; !stops;) { /* ends: fault_proxy_stop */
        struct pollfd files[2 * LINES_MAX + 2];
        char bytes[16];
        pthread_mutex_lock(&proxy->mutex);
        int left = time_left(proxy);
        for (size_t i = 0; i < 2 * LINES_MAX; i++)
            files[i] = (struct pollfd){.fd = proxy->lines[i / 2].ends[i % 2], .events = POLLIN};
        pthread_mutex_unlock(&proxy->mutex);
        files[2 * LINES_MAX] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
        files[2 * LINES_MAX + 1] = (struct pollfd){.fd = proxy->wake[0], .events = POLLIN};
        (void)poll(files, COUNT_OF(files), left);
        pthread_mutex_lock(&proxy->mutex);
        deliver(proxy);
        for (size_t i = 0; i < 2 * LINES_MAX; i++)
            if (files[i].revents != 0 && proxy->lines[i / 2].ends[i % 2] == files[i].fd)
                take(proxy, i / 2, (int)(i % 2));
        if (files[2 * LINES_MAX].revents != 0) on_connection(proxy);
        if (files[2 * LINES_MAX + 1].revents != 0)
            assert_true(read(proxy->wake[0], bytes, sizeof bytes) > 0);
        stops = proxy->stops;
        pthread_mutex_unlock(&proxy->mutex);
    }
    return NULL;
}

struct fault_proxy *fault_proxy_start(const char *server_path)
{
    struct fault_proxy *proxy = calloc(1, sizeof *proxy);
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    assert_non_null(proxy);
    for (size_t i = 0; i < LINES_MAX; i++)
        proxy->lines[i] = (struct line){
            .ends = {-1, -1}
        };
    proxy->last = &proxy->first;
    proxy->cut_after = UINT64_MAX;
    snprintf(proxy->server_path, sizeof proxy->server_path, "%s", server_path);
    snprintf(proxy->folder, sizeof proxy->folder, "/tmp/pevm_proxy_XXXXXX");
    assert_non_null(mkdtemp(proxy->folder));
    snprintf(proxy->path, sizeof proxy->path, "%s/socket", proxy->folder);
    snprintf(place.sun_path, sizeof place.sun_path, "%s", proxy->path);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_EQ(bind(proxy->listener, (const struct sockaddr *)&place, sizeof place), 0);
    CHECK_EQ(listen(proxy->listener, LINES_MAX), 0);
    CHECK_EQ(pipe(proxy->wake), 0);
    CHECK_EQ(pthread_mutex_init(&proxy->mutex, NULL), 0);
    CHECK_EQ(pthread_create(&proxy->thread, NULL, serve, proxy), 0);
    return proxy;
}

void fault_proxy_stop(struct fault_proxy *proxy)
{
    pthread_mutex_lock(&proxy->mutex);
    proxy->stops = true;
    pthread_mutex_unlock(&proxy->mutex);
    CHECK_EQ(write(proxy->wake[1], "x", 1), 1);
    CHECK_EQ(pthread_join(proxy->thread, NULL), 0);
    cut_all(proxy);
    while (proxy->first != NULL) { /* ends: the list shrinks */
        struct parcel *parcel = proxy->first;
        proxy->first = parcel->next;
        free(parcel);
    }
    close(proxy->listener);
    close(proxy->wake[0]);
    close(proxy->wake[1]);
    unlink(proxy->path);
    rmdir(proxy->folder);
    pthread_mutex_destroy(&proxy->mutex);
    free(proxy);
}

const char *fault_proxy_path(const struct fault_proxy *proxy)
{
    return proxy->path;
}

void fault_proxy_delay(struct fault_proxy *proxy, unsigned ms)
{
    pthread_mutex_lock(&proxy->mutex);
    proxy->delay_ns = ms * UINT64_C(1000000);
    pthread_mutex_unlock(&proxy->mutex);
}

void fault_proxy_cut_after(struct fault_proxy *proxy, uint64_t bytes)
{
    pthread_mutex_lock(&proxy->mutex);
    proxy->cut_after = bytes;
    pthread_mutex_unlock(&proxy->mutex);
}

unsigned fault_proxy_turns(struct fault_proxy *proxy)
{
    pthread_mutex_lock(&proxy->mutex);
    unsigned turns = proxy->turns;
    proxy->turns = 0;
    pthread_mutex_unlock(&proxy->mutex);
    return turns;
}
