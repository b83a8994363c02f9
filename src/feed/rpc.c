#include "feed/rpc.h"

#include "base/clock.h"
#include "base/heap.h"
#include "base/rng.h"
#include "fixture/field.h"

#include <curl/curl.h>

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#define NAME_SIZE      256
#define REPLY_SIZE_MAX ((size_t)512 << 20)
#define TIMEOUT_MS     30000
#define CONNECT_MS     10000
#define TRIES          5
#define WAIT_MS        200
#define WAIT_MS_MAX    5000
#define HTTP_OK        200
#define HTTP_BUSY      429
#define HTTP_SERVER    500 /* and above: the server's fault */
#define HEADERS        "Content-Type: application/json"

struct text {
    char *data;
    size_t size, capacity;
    bool is_broken; /* no memory, or too long */
};

struct rpc {
    struct rpc_options options;
    CURL *curl;
    struct curl_slist *headers;
    char name[NAME_SIZE];
    char curl_words[CURL_ERROR_SIZE];
    struct text request, reply;
    uint64_t next_id, requests;
    enum rpc_fault fault;
    struct rng rng;
};

/* ---- growing texts ---- */

static bool text_add(struct text *text, const char *data, size_t size)
{
    if (text->is_broken || size > REPLY_SIZE_MAX - text->size) {
        text->is_broken = true;
        return false;
    }
    if (text->size + size > text->capacity) {
        size_t capacity = 2 * (text->size + size);
        char *bigger = heap_realloc(text->data, capacity);
        if (bigger == NULL) {
            text->is_broken = true;
            return false;
        }
        text->data = bigger;
        text->capacity = capacity;
    }
    if (size > 0) memcpy(text->data + text->size, data, size);
    text->size += size;
    return true;
}

static size_t take_reply(char *data, size_t one, size_t count, void *context)
{
    return text_add(context, data, one * count) ? one * count : 0;
}

/* ---- open ---- */

/* Scheme, host and port, nothing that could be secret. */
static enum pevm_status find_name(struct rpc *rpc, struct error *error)
{
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL;
    if (url == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    CURLUcode code = curl_url_set(url, CURLUPART_URL, rpc->options.url, 0);
    if (code == CURLUE_OK) code = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
    if (code == CURLUE_OK) code = curl_url_get(url, CURLUPART_HOST, &host, 0);
    if (code == CURLUE_OK) code = curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
    bool is_http =
        code == CURLUE_OK && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    if (is_http) snprintf(rpc->name, sizeof rpc->name, "%s://%s:%s", scheme, host, port);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return is_http ? PEVM_OK
                   : error_set(error,
                               PEVM_BAD_INPUT,
                               "the node's address must be http:// or https:// and a host");
}

static void set_options(struct rpc *rpc)
{
    CURL *curl = rpc->curl;
    /* These fail only for what this libcurl was built without; a request would tell. */
    curl_easy_setopt(curl, CURLOPT_URL, rpc->options.url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, rpc->headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "pevm");
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)rpc->options.timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, rpc->curl_words);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_reply);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &rpc->reply);
}

static enum pevm_status open_rpc(struct rpc *rpc,
                                 const struct rpc_options *options,
                                 struct error *error)
{
    size_t size = strlen(options->url) + 1;
    char *url = heap_alloc(size);
    rpc->options = *options;
    rpc->options.url = url;
    if (url == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    memcpy(url, options->url, size);
    if (rpc->options.timeout_ms == 0) rpc->options.timeout_ms = TIMEOUT_MS;
    if (rpc->options.tries == 0) rpc->options.tries = TRIES;
    if (rpc->options.wait_ms == 0) rpc->options.wait_ms = WAIT_MS;
    rng_init(&rpc->rng, clock_now_ns());
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(error, PEVM_INTERNAL, "libcurl does not start");
    TRY(find_name(rpc, error));
    rpc->headers = curl_slist_append(NULL, HEADERS);
    rpc->curl = curl_easy_init();
    if (rpc->curl == NULL || rpc->headers == NULL)
        return error_set(error, PEVM_NO_MEMORY, "out of memory");
    set_options(rpc);
    return PEVM_OK;
}

enum pevm_status rpc_open(struct rpc **out, const struct rpc_options *options, struct error *error)
{
    *out = heap_alloc_zeroed(1, sizeof **out);
    if (*out == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = open_rpc(*out, options, error);
    if (status == PEVM_OK) return PEVM_OK;
    rpc_close(*out);
    *out = NULL;
    return status;
}

void rpc_close(struct rpc *rpc)
{
    if (rpc == NULL) return;
    if (rpc->curl != NULL) curl_easy_cleanup(rpc->curl);
    curl_slist_free_all(rpc->headers);
    heap_free(rpc->request.data);
    heap_free(rpc->reply.data);
    heap_free((void *)(uintptr_t)rpc->options.url);
    heap_free(rpc);
}

const char *rpc_name(const struct rpc *rpc)
{
    return rpc->name;
}

enum rpc_fault rpc_last_fault(const struct rpc *rpc)
{
    return rpc->fault;
}

uint64_t rpc_requests(const struct rpc *rpc)
{
    return rpc->requests;
}

/* ---- one request ---- */

static bool add_call(struct text *out, const struct rpc_call *call, uint64_t id)
{
    char head[64];
    int size =
        snprintf(head, sizeof head, "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":\"", id);
    return text_add(out, head, (size_t)size) && text_add(out, call->method, strlen(call->method)) &&
           text_add(out, "\",\"params\":", 11) &&
           text_add(out, call->params, strlen(call->params)) && text_add(out, "}", 1);
}

static bool write_request(struct rpc *rpc, const struct rpc_call *calls, size_t count)
{
    struct text *out = &rpc->request;
    out->size = 0;
    out->is_broken = false;
    if (count > 1) text_add(out, "[", 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) text_add(out, ",", 1);
        add_call(out, &calls[i], rpc->next_id + i);
    }
    if (count > 1) text_add(out, "]", 1);
    return !out->is_broken;
}

/* There, and back with a text. */
static enum pevm_status exchange(struct rpc *rpc, struct error *error)
{
    long http = 0;
    rpc->reply.size = 0;
    rpc->reply.is_broken = false;
    rpc->curl_words[0] = 0;
    rpc->requests++;
    curl_easy_setopt(rpc->curl, CURLOPT_POSTFIELDS, rpc->request.data);
    curl_easy_setopt(rpc->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rpc->request.size);
    CURLcode code = curl_easy_perform(rpc->curl);
    if (code != CURLE_OK) {
        rpc->fault = RPC_TRANSPORT;
        const char *words = rpc->curl_words[0] == 0 ? curl_easy_strerror(code) : rpc->curl_words;
        return rpc->reply.is_broken
                   ? error_set(error, PEVM_LIMIT, "%s: the answer is too long", rpc->name)
                   : error_set(error, PEVM_IO, "%s: %s", rpc->name, words);
    }
    curl_easy_getinfo(rpc->curl, CURLINFO_RESPONSE_CODE, &http);
    if (http == HTTP_OK) return PEVM_OK;
    rpc->fault = RPC_HTTP;
    return error_set(error, PEVM_IO, "%s: HTTP status %ld", rpc->name, http);
}

/* Could the same request go through a moment later? */
static bool is_worth_another(struct rpc *rpc, enum pevm_status status)
{
    long http = 0;
    if (status != PEVM_IO) return false;
    if (rpc->fault == RPC_TRANSPORT) return true;
    curl_easy_getinfo(rpc->curl, CURLINFO_RESPONSE_CODE, &http);
    return http == HTTP_BUSY || http >= HTTP_SERVER;
}

static bool is_busy(const struct rpc_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (calls[i].result == NULL && calls[i].code == RPC_BUSY) return true;
    return false;
}

/* The JSON borrows from its text, so the text moves to where the results live. */
static enum pevm_status read_reply(
    struct rpc *rpc, struct rpc_call *calls, size_t count, struct arena *arena, struct error *error)
{
    struct bytes text;
    if (!arena_copy(arena, &text, bytes_of(rpc->reply.data, rpc->reply.size)))
        return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = rpc_reply_read(calls, count, rpc->next_id, text, arena, error);
    if (status == PEVM_OK) return PEVM_OK;
    rpc->fault = RPC_REPLY;
    error_prefix(error, "%s: the answer", rpc->name);
    return status;
}

/* Full jitter above the half: tries of many clients drift apart. */
static void wait_before(struct rpc *rpc, unsigned again)
{
    uint64_t wait_ms = rpc->options.wait_ms << (again < 10 ? again : 10);
    if (wait_ms > WAIT_MS_MAX) wait_ms = WAIT_MS_MAX;
    wait_ms = wait_ms / 2 + rng_below(&rpc->rng, wait_ms / 2 + 1);
    (void)poll(NULL, 0, (int)wait_ms); /* a signal may end it early: then go_on is asked early */
}

static enum pevm_status ask_some(
    struct rpc *rpc, struct rpc_call *calls, size_t count, struct arena *arena, struct error *error)
{
    enum pevm_status status = PEVM_OK;
    struct arena_mark mark = arena_mark(arena);
    if (!write_request(rpc, calls, count))
        return error_set(error, PEVM_NO_MEMORY, "%s: out of memory", rpc->name);
    for (unsigned again = 0; again < rpc->options.tries; again++) {
        if (again > 0) wait_before(rpc, again - 1);
        if (rpc->options.go_on != NULL && !rpc->options.go_on(rpc->options.context))
            return error_set(error, PEVM_CANCELLED, "%s: stopped", rpc->name);
        rpc->fault = RPC_FINE;
        arena_release(arena, mark);
        status = exchange(rpc, error);
        if (status == PEVM_OK) status = read_reply(rpc, calls, count, arena, error);
        bool again_worth =
            status == PEVM_OK ? is_busy(calls, count) : is_worth_another(rpc, status);
        if (!again_worth) break;
    }
    rpc->next_id += count;
    return status;
}

enum pevm_status rpc_ask(
    struct rpc *rpc, struct rpc_call *calls, size_t count, struct arena *arena, struct error *error)
{
    for (size_t at = 0; at < count; at += RPC_BATCH_MAX) {
        size_t some = count - at < RPC_BATCH_MAX ? count - at : RPC_BATCH_MAX;
        TRY(ask_some(rpc, calls + at, some, arena, error));
    }
    return PEVM_OK;
}

enum pevm_status rpc_tell(const struct rpc *rpc, const struct rpc_call *call, struct error *error)
{
    char message[TEXT_SHOWN_SIZE];
    return error_set(error,
                     call->code == RPC_METHOD_NOT_FOUND ? PEVM_UNSUPPORTED : PEVM_IO,
                     "%s: %s: error %" PRId64 ": %s",
                     rpc->name,
                     call->method,
                     call->code,
                     text_shown(message, call->message));
}
