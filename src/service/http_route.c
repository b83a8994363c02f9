/* What is answered where. */
#include "metrics/prometheus.h"
#include "service/http_private.h"
#include "service/page_data.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TYPE_TEXT   "text/plain; charset=utf-8"
#define TYPE_JSON   "application/json"
#define TYPE_PAGE   "text/html; charset=utf-8"
#define TYPE_STREAM "text/event-stream"
#define EVENT_HEAD  "data: "
#define EVENT_TAIL  "\n" /* the JSON ends with one itself */

extern const char service_page_html[]; /* page.S */

static uint64_t unix_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct http_answer short_answer(unsigned code, const char *text)
{
    return (struct http_answer){
        .code = code, .type = TYPE_TEXT, .body = text, .size = strlen(text)};
}

/* ---- looking ----------------------------------------------------------------------------------- */

/* While the tables are held, they are not freed. */
static void hold(struct http_server *server)
{
    pthread_mutex_lock(&server->mutex);
}

static void let_go(struct http_server *server)
{
    pthread_mutex_unlock(&server->mutex);
}

static void look(struct http_server *server)
{
    hold(server);
    struct health_limits limits = server->limits;
    let_go(server);
    board_copy(server->board, &server->state);
    health_look(&server->health, &server->state, board_silence(server->board), &limits);
}

void http_sample(struct http_server *server)
{
    board_copy(server->board, &server->state);
    hold(server);
    page_samples_take(
        &server->samples, &server->state, server->tables[0], server->tables[1], unix_ms());
    let_go(server);
}

/* ---- health ------------------------------------------------------------------------------------ */

static struct http_answer answer_reasons(struct http_server *server, bool of_ready)
{
    look(server);
    bool ok = of_ready ? server->health.is_ready : server->health.is_live;
    size_t size = health_reasons(server->text, sizeof server->text, &server->health, of_ready);
    return (struct http_answer){.code = ok ? HTTP_OK : HTTP_UNAVAILABLE,
                                .type = TYPE_TEXT,
                                .body = server->text,
                                .size = size};
}

static struct http_answer answer_livez(struct http_server *server)
{
    return answer_reasons(server, false);
}

static struct http_answer answer_readyz(struct http_server *server)
{
    return answer_reasons(server, true);
}

/* The text between `from` and where the file is, or nothing when it did not fit. */
static size_t end_text(FILE *file, bool ok)
{
    long size = ok ? ftell(file) : 0;
    fclose(file);
    return size < 0 ? 0 : (size_t)size;
}

static struct http_answer json_answer(struct http_server *server, unsigned code, size_t size)
{
    if (size == 0) return short_answer(HTTP_FAILED, "500: no memory for the answer\n");
    return (struct http_answer){
        .code = code, .type = TYPE_JSON, .body = server->text, .size = size};
}

static struct http_answer answer_health(struct http_server *server)
{
    look(server);
    const struct health *health = &server->health;
    FILE *file = fmemopen(server->text, sizeof server->text, "w");
    if (file == NULL) return json_answer(server, HTTP_FAILED, 0);
    bool ok = health_write(health, &server->state, unix_ms(), file);
    return json_answer(server,
                       health->is_live && health->is_ready ? HTTP_OK : HTTP_UNAVAILABLE,
                       end_text(file, ok));
}

/* ---- metrics ----------------------------------------------------------------------------------- */

static struct http_answer answer_metrics(struct http_server *server)
{
    size_t size = 0;
    hold(server);
    for (size_t i = 0; i < HTTP_TABLES; i++) {
        if (server->tables[i] == NULL || size >= sizeof server->text) continue;
        size +=
            prometheus_write(server->text + size, sizeof server->text - size, server->tables[i]);
    }
    let_go(server);
    if (size >= sizeof server->text)
        return short_answer(HTTP_FAILED, "500: there are too many metrics\n");
    return (struct http_answer){
        .code = HTTP_OK, .type = PROMETHEUS_CONTENT_TYPE, .body = server->text, .size = size};
}

/* ---- the page ---------------------------------------------------------------------------------- */

static struct http_answer answer_page(struct http_server *server)
{
    (void)server;
    return (struct http_answer){.code = HTTP_OK,
                                .type = TYPE_PAGE,
                                .body = service_page_html,
                                .size = strlen(service_page_html)};
}

/* `before` and `after` around the JSON; its whole size, 0 when it could not be made. */
static size_t write_data(struct http_server *server,
                         uint64_t row,
                         const char *before,
                         const char *after)
{
    look(server);
    FILE *file = fmemopen(server->text, sizeof server->text, "w");
    if (file == NULL) return 0;
    hold(server);
    struct page_data data = {.state = &server->state,
                             .health = &server->health,
                             .samples = &server->samples,
                             .service = server->tables[0],
                             .engine = server->tables[1],
                             .now_ms = unix_ms()};
    bool ok = fputs(before, file) >= 0 && page_data_write(&data, row, file);
    let_go(server);
    ok = ok && fputs(after, file) >= 0 && fflush(file) == 0;
    return end_text(file, ok);
}

static struct http_answer answer_status(struct http_server *server)
{
    return json_answer(server, HTTP_OK, write_data(server, 0, "", ""));
}

size_t http_event(struct http_server *server, uint64_t *row)
{
    size_t size = write_data(server, *row, EVENT_HEAD, EVENT_TAIL);
    if (size > 0) *row = server->samples.count;
    return size;
}

static struct http_answer answer_events(struct http_server *server)
{
    uint64_t row = 0;
    if (server->streams >= HTTP_STREAMS_MAX)
        return short_answer(HTTP_UNAVAILABLE, "503: too many look at the page already\n");
    struct http_answer answer = json_answer(server, HTTP_OK, http_event(server, &row));
    if (answer.code != HTTP_OK) return answer;
    answer.type = TYPE_STREAM;
    answer.is_stream = true;
    return answer;
}

/* ---- routes ------------------------------------------------------------------------------------ */

static const struct {
    const char *path;
    struct http_answer (*make)(struct http_server *server);
} routes[] = {
    {"/",           answer_page   },
    {"/metrics",    answer_metrics},
    {"/livez",      answer_livez  },
    {"/readyz",     answer_readyz },
    {"/health",     answer_health },
    {"/api/status", answer_status },
    {"/events",     answer_events },
};

static const char *refusal_of(unsigned code)
{
    switch (code) {
    case HTTP_METHOD: return "405: only GET and HEAD are answered\n";
    case HTTP_TOO_LARGE: return "431: the request is too large\n";
    case HTTP_OTHER_VERSION: return "505: HTTP/1.1 is spoken here\n";
    default: return "400: this is no HTTP request\n";
    }
}

struct http_answer http_answer(struct http_server *server,
                               const struct http_request *request,
                               unsigned code)
{
    if (code != HTTP_OK) return short_answer(code, refusal_of(code));
    for (size_t i = 0; i < COUNT_OF(routes); i++)
        if (strlen(routes[i].path) == request->path_size &&
            memcmp(routes[i].path, request->path, request->path_size) == 0)
            return routes[i].make(server);
    return short_answer(HTTP_NOT_FOUND,
                        "404: there are / /metrics /livez /readyz /health /api/status /events\n");
}
