/* A real server on a port of its own, asked over real connections: well, badly, slowly, by many, and while tables change. */
#include "base/clock.h"
#include "engine/engine_metrics.h"
#include "metrics/prometheus.h"
#include "service/http.h"
#include "service/http_request.h"
#include "service/service_metrics.h"
#include "support/exposition.h"
#include "support/test.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S        UINT64_C(1000000000)
#define MS       UINT64_C(1000000)
#define WAIT_MS  20000
#define TEXT_MAX ((size_t)1 << 19)

/* ---- a server and one who asks ----------------------------------------------------------------- */

static struct board board;
static struct metrics *service, *engine;
static struct http_server *server;
static struct error error;
static char reply[TEXT_MAX];

static void open_at(const char *place)
{
    board_init(&board);
    CHECK_EQ(service_metrics_new(&service), PEVM_OK);
    CHECK_EQ(engine_metrics_new(&engine), PEVM_OK);
    struct http_options options = {
        .address = place, .board = &board, .tables = {service}, .table_count = 1};
    if (http_open(&server, &options, &error) != PEVM_OK) fail_msg("%s", error.text);
}

static void open_server(void)
{
    open_at("127.0.0.1:0");
}

static void close_server(void)
{
    http_close(server);
    metrics_free(engine);
    metrics_free(service);
    board_fini(&board);
}

static int call(void)
{
    struct sockaddr_in place = {.sin_family = AF_INET,
                                .sin_port = htons(http_port(server)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(file >= 0);
    CHECK_EQ(connect(file, (const struct sockaddr *)&place, sizeof place), 0);
    return file;
}

static void say(int file, const char *text, size_t size)
{
    while (size > 0) { /* ends: something is sent, or the test fails */
        ssize_t sent = send(file, text, size, MSG_NOSIGNAL);
        if (sent <= 0) return; /* it was refused already: the answer says so */
        text += sent;
        size -= (size_t)sent;
    }
}

/* Is there something to read, or the end, before so many milliseconds have passed? */
static bool comes(int file, int ms)
{
    struct pollfd wait = {.fd = file, .events = POLLIN};
    return poll(&wait, 1, ms) == 1;
}

/* All that comes until the other side closes. */
static size_t hear_all(int file)
{
    size_t size = 0;
    for (ssize_t got = 1; got > 0;) { /* ends: at the end of it, or after WAIT_MS */
        if (!comes(file, WAIT_MS)) fail_msg("nothing came for %d ms", WAIT_MS);
        CHECK(size < sizeof reply - 1);
        got = recv(file, reply + size, sizeof reply - 1 - size, 0);
        if (got > 0) size += (size_t)got;
    }
    reply[size] = 0;
    close(file);
    return size;
}

/* The code of the answer; its text is in `reply`. 0: there was none. */
static unsigned ask_raw(const char *request, size_t size)
{
    unsigned code = 0;
    int file = call();
    say(file, request, size);
    if (hear_all(file) == 0) return 0;
    CHECK_EQ(sscanf(reply, "HTTP/1.1 %u ", &code), 1);
    return code;
}

static unsigned ask(const char *method, const char *path)
{
    char request[256];
    int size = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: a\r\n\r\n", method, path);
    return ask_raw(request, (size_t)size);
}

static const char *body(void)
{
    const char *end = strstr(reply, "\r\n\r\n");
    CHECK(end != NULL);
    return end + 4;
}

static bool has_header(const char *line)
{
    const char *at = strstr(reply, line);
    return at != NULL && at < body();
}

/* ---- routes ------------------------------------------------------------------------------------ */

TEST(each_page_has_its_code_and_type)
{
    static const struct {
        const char *path, *type, *holds;
        unsigned code;
    } cases[] = {
        {"/",           "text/html; charset=utf-8",  "</html>",                 200},
        {"/metrics",    PROMETHEUS_CONTENT_TYPE,     "evm_executor_leader 0\n", 200},
        {"/livez",      "text/plain; charset=utf-8", "ok\n",                    200},
        {"/readyz",     "text/plain; charset=utf-8", "starting: ",              503},
        {"/health",     "application/json",          "\"name\":\"starting\"",   503},
        {"/api/status", "application/json",          "\"role\":\"starting\"",   200},
        {"/livez?x=1",  "text/plain; charset=utf-8", "ok\n",                    200},
        {"/livez/",     "text/plain; charset=utf-8", "404: there are / ",       404},
        {"/etc/passwd", "text/plain; charset=utf-8", "404: ",                   404},
        {"/%2e%2e/x",   "text/plain; charset=utf-8", "404: ",                   404},
    };
    open_server();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char line[128];
        if (ask("GET", cases[i].path) != cases[i].code) fail_msg("%s: %s", cases[i].path, reply);
        snprintf(line, sizeof line, "Content-Type: %s\r\n", cases[i].type);
        CHECK(has_header(line));
        CHECK(has_header("Connection: close\r\n"));
        if (strstr(body(), cases[i].holds) == NULL) fail_msg("%s: %s", cases[i].path, body());
        snprintf(line, sizeof line, "Content-Length: %zu\r\n", strlen(body()));
        CHECK(has_header(line));
    }
    close_server();
}

TEST(head_is_get_without_the_body)
{
    open_server();
    CHECK_EQ(ask("HEAD", "/livez"), 200);
    CHECK(has_header("Content-Length: 3\r\n"));
    CHECK_TEXT(body(), "");
    CHECK_EQ(ask("HEAD", "/readyz"), 503);
    CHECK_TEXT(body(), "");
    CHECK_EQ(ask("HEAD", "/events"), 200);
    CHECK_TEXT(body(), "");
    close_server();
}

TEST(other_methods_are_told_which_there_are)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE"};
    open_server();
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        CHECK_EQ(ask(methods[i], "/metrics"), 405);
        CHECK(has_header("Allow: GET, HEAD\r\n"));
        CHECK_TEXT(body(), "405: only GET and HEAD are answered\n");
    }
    CHECK_EQ(ask_raw("GET / HTTP/2.0\r\n\r\n", 18), 505);
    CHECK_EQ(ask_raw("nonsense\r\n\r\n", 12), 400);
    CHECK_EQ(ask_raw("\x16\x03\x01\x02", 4), 400);
    close_server();
}

/* Far more than fits, all of it sent: the refusal arrives all the same. */
TEST(large_requests_are_refused)
{
    static char request[1 << 20];
    open_server();
    memset(request, 'a', sizeof request);
    memcpy(request, "GET / HTTP/1.1\r\nA: ", 19);
    CHECK_EQ(ask_raw(request, HTTP_HEAD_MAX + 1), 431);
    CHECK_EQ(ask_raw(request, 1 << 16), 431);
    memcpy(request, "POST / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n", 44);
    CHECK_EQ(ask_raw(request, 1 << 16), 405);
    CHECK_EQ(ask("GET", "/livez"), 200);
    close_server();
}

TEST(health_follows_the_board_and_the_limits)
{
    open_server();
    board_set_heights(&board, 100, 140, 5);
    board_set_role(&board, ROLE_LEADER, 3);
    CHECK_EQ(ask("GET", "/readyz"), 503);
    CHECK_TEXT(body(),
               "lag: 40 blocks are in the store and not executed; health.max_lag_blocks is 10\n");
    http_set_limits(server, &(struct health_limits){.max_lag_blocks = 40, .watchdog_ns = 30 * S});
    CHECK_EQ(ask("GET", "/readyz"), 200);
    CHECK_EQ(ask("GET", "/health"), 200);
    (void)board_trouble(&board, TROUBLE_STORE, "redis at a:1: refused");
    CHECK_EQ(ask("GET", "/readyz"), 503);
    CHECK_TEXT(body(), "store_unreachable: redis at a:1: refused\n");
    (void)board_clear(&board, TROUBLE_STORE);
    CHECK_EQ(ask("GET", "/livez"), 200);
    http_set_limits(server, &(struct health_limits){.max_lag_blocks = 40, .watchdog_ns = 1});
    CHECK_EQ(ask("GET", "/livez"), 503);
    CHECK(strstr(body(), "stuck: ") != NULL);
    close_server();
}

/* ---- metrics ----------------------------------------------------------------------------------- */

static void check_with_promtool(void)
{
    if (system("command -v promtool >/dev/null 2>&1") != 0) {
        print_message("there is no promtool: our own reader has to do\n");
        return;
    }
    FILE *tool = popen("promtool check metrics 2>&1 >/dev/null", "w");
    CHECK(tool != NULL);
    fputs(body(), tool);
    CHECK_EQ(pclose(tool), 0);
}

TEST(the_metrics_of_both_tables_are_one_clean_page)
{
    double value;
    open_server();
    CHECK_EQ(ask("GET", "/metrics"), 200);
    CHECK(exposition_fault(body()) == NULL);
    CHECK(!exposition_value(body(), "pevm_threads", &value));
    http_set_table(server, 1, engine);
    metric_add(metrics_writer(service, WRITER_LOOP), SERVICE_TXS, 0, 12);
    CHECK_EQ(ask("GET", "/metrics"), 200);
    const char *fault = exposition_fault(body());
    if (fault != NULL) fail_msg("%s", fault);
    CHECK(exposition_value(body(), "pevm_threads", &value));
    CHECK(exposition_value(body(), "evm_executor_txs_executed_total", &value) && value == 12);
    CHECK(exposition_value(body(), "process_resident_memory_bytes", &value) && value > 0);
    CHECK(exposition_value(body(), "process_start_time_seconds", &value));
    check_with_promtool();
    close_server();
}

TEST(a_scrape_is_quick)
{
    uint64_t best_ns = UINT64_MAX;
    open_server();
    http_set_table(server, 1, engine);
    for (int i = 0; i < 20; i++) {
        uint64_t start_ns = clock_now_ns();
        CHECK_EQ(ask("GET", "/metrics"), 200);
        uint64_t ns = clock_now_ns() - start_ns;
        if (ns < best_ns) best_ns = ns;
    }
    CHECK(best_ns < 50 * MS);
    close_server();
}

/* The thread that asks, until told to stop. */
static void *ask_on(void *context)
{
    struct counter *is_over = context;
    char text[1 << 16];
    while (counter_read(is_over) == 0) { /* ends: the test says so */
        int file = call();
        say(file, "GET /metrics HTTP/1.1\r\n\r\n", 25);
        while (recv(file, text, sizeof text, 0) > 0) /* ends: the server closes */
            continue;
        close(file);
    }
    return NULL;
}

TEST(a_table_may_be_freed_once_it_is_replaced)
{
    struct counter is_over = {0};
    pthread_t thread;
    open_server();
    CHECK_EQ(pthread_create(&thread, NULL, ask_on, &is_over), 0);
    for (int i = 0; i < 300; i++) {
        struct metrics *next, *old = engine;
        CHECK_EQ(engine_metrics_new(&next), PEVM_OK);
        http_set_table(server, 1, next);
        engine = next;
        metrics_free(old);
        if (i % 30 == 0) CHECK_EQ(ask("GET", "/api/status"), 200);
    }
    counter_set(&is_over, 1);
    pthread_join(thread, NULL);
    http_set_table(server, 1, NULL);
    CHECK_EQ(ask("GET", "/metrics"), 200);
    close_server();
}

/* ---- streams ----------------------------------------------------------------------------------- */

/* What is there until `text` is among it. False: the end came, or nothing for so long. */
static bool hear_until(int file, const char *text, int ms)
{
    size_t size = 0;
    while (size < sizeof reply - 1) { /* ends: something comes, or the time is over */
        if (!comes(file, ms)) return false;
        ssize_t got = recv(file, reply + size, sizeof reply - 1 - size, 0);
        if (got <= 0) return false;
        size += (size_t)got;
        reply[size] = 0;
        if (strstr(reply, text) != NULL) return true;
    }
    return false;
}

static int open_stream(void)
{
    int file = call();
    say(file, "GET /events HTTP/1.1\r\n\r\n", 24);
    return file;
}

TEST(a_stream_is_told_at_once_and_then_every_second)
{
    open_server();
    int file = open_stream();
    CHECK(hear_until(file, "}\n\n", WAIT_MS));
    CHECK(has_header("Content-Type: text/event-stream\r\n"));
    CHECK(strncmp(body(), "data: {\"version\":", 17) == 0);
    board_set_heights(&board, 4321, 4321, 0);
    CHECK(hear_until(file, "\"executed\":4321,", WAIT_MS));
    CHECK(hear_until(file, "}\n\n", WAIT_MS));
    close(file);
    close_server();
}

TEST(so_many_may_look_and_no_more)
{
    int files[HTTP_STREAMS_MAX];
    open_server();
    for (int i = 0; i < HTTP_STREAMS_MAX; i++) {
        files[i] = open_stream();
        CHECK(hear_until(files[i], "}\n\n", WAIT_MS));
    }
    CHECK_EQ(ask("GET", "/events"), 503);
    CHECK(strncmp(body(), "503: ", 5) == 0);
    CHECK_EQ(ask("GET", "/livez"), 200);
    board_set_heights(&board, 9, 9, 0);
    for (int i = 0; i < HTTP_STREAMS_MAX; i++)
        CHECK(hear_until(files[i], "\"executed\":9,", WAIT_MS));
    close(files[0]);
    bool is_free = false;
    for (int i = 0; i < 100 && !is_free; i++) {
        files[0] = open_stream();
        is_free = hear_until(files[0], "200 OK", WAIT_MS);
        if (!is_free) close(files[0]);
    }
    CHECK(is_free);
    for (int i = 0; i < HTTP_STREAMS_MAX; i++)
        close(files[i]);
    close_server();
}

/* ---- those who take their time ----------------------------------------------------------------- */

TEST(who_does_not_finish_asking_is_sent_away)
{
    open_server();
    uint64_t start_ns = clock_now_ns();
    int silent = call(), slow = call();
    say(slow, "GET /livez HT", 13);
    CHECK_EQ(ask("GET", "/livez"), 200);
    while (!comes(slow, 300)) { /* ends: it is sent away after 5 to 7 seconds, whatever it sends */
        CHECK(clock_now_ns() - start_ns < 20 * S);
        say(slow, "T", 1);
    }
    CHECK(recv(slow, reply, sizeof reply, 0) <= 0);
    CHECK(comes(silent, WAIT_MS));
    CHECK(recv(silent, reply, sizeof reply, 0) <= 0);
    CHECK(clock_now_ns() - start_ns > 4 * S);
    close(slow);
    close(silent);
    close_server();
}

/* More than there are places, none of which ever asks: whoever does is answered. */
TEST(many_who_are_silent_keep_nobody_out)
{
    enum { SILENT = HTTP_CLIENTS_MAX + 50 };
    static int files[SILENT];
    struct rlimit most;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &most), 0);
    most.rlim_cur = most.rlim_max < 4096 ? most.rlim_max : 4096;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &most), 0);
    if (most.rlim_cur < 2 * SILENT + 64) skip();
    open_server();
    for (int i = 0; i < SILENT; i++)
        files[i] = call();
    CHECK_EQ(ask("GET", "/livez"), 200);
    CHECK(comes(files[0], WAIT_MS)); /* the one that was longest here had to go */
    CHECK(!comes(files[SILENT - 1], 0));
    for (int i = 0; i < SILENT; i++)
        close(files[i]);
    close_server();
}

TEST(who_goes_in_the_middle_is_forgotten)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    open_server();
    for (int i = 0; i < 200; i++) {
        int file = i % 2 == 0 ? open_stream() : call();
        if (i % 4 < 2)
            CHECK_EQ(setsockopt(file, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
        close(file);
    }
    CHECK_EQ(ask("GET", "/events-not"), 404);
    close_server();
}

/* ---- addresses --------------------------------------------------------------------------------- */

TEST(a_port_that_is_taken_is_named)
{
    char place[64], text[128];
    open_server();
    snprintf(place, sizeof place, "127.0.0.1:%u", (unsigned)http_port(server));
    struct http_server *second;
    struct http_options options = {
        .address = place, .board = &board, .tables = {service}, .table_count = 1};
    uint64_t start_ns = clock_now_ns();
    CHECK_EQ(http_open(&second, &options, &error), PEVM_IO);
    CHECK(clock_now_ns() - start_ns < 2 * S);
    CHECK(second == NULL);
    snprintf(text,
             sizeof text,
             "metrics.listen_addr: cannot listen on %s: Address already in use",
             place);
    CHECK_TEXT(error.text, text);
    close_server();
}

TEST(addresses_that_are_none_are_refused)
{
    static const char *const addresses[] = {
        "nonsense",
        ":1",
        "127.0.0.1:http",
        "127.0.0.1:99999",
        "300.1.1.1:80",
        "[::zz]:80",
        "203.0.113.9:0",
        "",
    };
    struct http_server *none;
    board_init(&board);
    CHECK_EQ(service_metrics_new(&service), PEVM_OK);
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        struct http_options options = {
            .address = addresses[i], .board = &board, .tables = {service}, .table_count = 1};
        if (http_open(&none, &options, &error) != PEVM_IO) fail_msg("%s", addresses[i]);
        CHECK(strncmp(error.text, "metrics.listen_addr: ", 21) == 0);
        CHECK(strstr(error.text, addresses[i]) != NULL);
    }
    metrics_free(service);
    board_fini(&board);
}

TEST(all_addresses_of_both_kinds_can_be_listened_on)
{
    static const char *const addresses[] = {"0.0.0.0:0", "localhost:0", "[::]:0"};
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        if (addresses[i][0] == '[' && access("/proc/net/if_inet6", F_OK) != 0) continue;
        open_at(addresses[i]);
        CHECK(http_port(server) != 0);
        if (addresses[i][0] != 'l') CHECK_EQ(ask("GET", "/livez"), 200);
        close_server();
    }
    http_close(NULL);
}
