/* The way to a node and back, with every accident on it; and answers that are none. */
#include "feed/rpc.h"
#include "support/rpc_server.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct error error;
static struct arena arena;

/* A server that plays answers in their order; the last one again and again. */
struct script {
    const struct rpc_answer *answers;
    const char *const *bodies; /* NULL: echo */
    size_t count, at;
};

/* {"id": N, "result": N} for each id that was asked. */
static char *echo(struct bytes request)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    const char *data = (const char *)request.data, *end = data + request.size;
    bool is_batch = data[0] == '[', is_first = true;
    if (is_batch) fputc('[', file);
    for (const char *at = data; (at = memmem(at, (size_t)(end - at), "\"id\":", 5)) != NULL;) {
        at += 5;
        unsigned long id = strtoul(at, NULL, 10);
        fprintf(file,
                "%s{\"jsonrpc\":\"2.0\",\"id\":%lu,\"result\":\"0x%lx\"}",
                is_first ? "" : ",",
                id,
                id);
        is_first = false;
    }
    if (is_batch) fputc(']', file);
    fclose(file);
    return text;
}

static struct rpc_answer play(void *context, struct bytes request)
{
    struct script *script = context;
    size_t at = script->at < script->count ? script->at++ : script->count - 1;
    struct rpc_answer answer = script->answers[at];
    const char *body = script->bodies == NULL ? NULL : script->bodies[at];
    answer.body = body == NULL ? echo(request) : strdup(body);
    return answer;
}

static enum pevm_status ask(struct script *script,
                            struct rpc_call *calls,
                            size_t count,
                            unsigned *requests,
                            enum rpc_fault *fault)
{
    struct rpc_server *server = rpc_server_start(play, script);
    struct rpc_options options = {
        .url = rpc_server_url(server), .timeout_ms = 300, .tries = 3, .wait_ms = 2};
    struct rpc *rpc;
    CHECK_EQ(rpc_open(&rpc, &options, &error), PEVM_OK);
    enum pevm_status status = rpc_ask(rpc, calls, count, &arena, &error);
    *fault = rpc_last_fault(rpc);
    *requests = rpc_server_requests(server);
    rpc_close(rpc);
    rpc_server_stop(server);
    return status;
}

TEST(many_calls_are_answered_in_few_requests)
{
    static const struct rpc_answer good[] = {{.http = 200}};
    static struct rpc_call calls[250];
    struct script script = {.answers = good, .count = 1};
    unsigned requests;
    enum rpc_fault fault;
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        calls[i] = (struct rpc_call){.method = "m", .params = "[]"};
    CHECK_EQ(ask(&script, calls, COUNT_OF(calls), &requests, &fault), PEVM_OK);
    CHECK_EQ(requests, 3);
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        char text[16];
        snprintf(text, sizeof text, "0x%zx", i);
        CHECK(json_text_is(calls[i].result, text));
    }
}

TEST(what_may_pass_is_tried_again)
{
    static const struct {
        struct rpc_answer first;
        const char *body;
    } cases[] = {
        {{.http = 503},     NULL                                                               },
        {{.http = 500},     NULL                                                               },
        {{.http = 429},     NULL                                                               },
        {{.hang_up = true}, NULL                                                               },
        {{.cut = 5},        NULL                                                               },
        {{.delay_ms = 450}, NULL                                                               },
        {{.http = 200},
         "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-32005,\"message\":\"slow down\"}}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rpc_answer answers[] = {cases[i].first, {.http = 200}};
        const char *bodies[] = {cases[i].body, NULL};
        struct script script = {.answers = answers, .bodies = bodies, .count = 2};
        struct rpc_call call = {.method = "m", .params = "[]"};
        unsigned requests;
        enum rpc_fault fault;
        CHECK_EQ(ask(&script, &call, 1, &requests, &fault), PEVM_OK);
        CHECK_EQ(requests, 2);
        assert_non_null(call.result);
    }
}

TEST(what_does_not_pass_is_told_by_kind)
{
    static const struct {
        struct rpc_answer answer;
        const char *body;
        enum pevm_status status;
        enum rpc_fault fault;
        unsigned requests;
        const char *words;
    } cases[] = {
        {{.http = 503},     NULL,                       PEVM_IO,        RPC_HTTP,      3, ": HTTP status 503"               },
        {{.http = 401},     NULL,                       PEVM_IO,        RPC_HTTP,      1, ": HTTP status 401"               },
        {{.http = 404},     NULL,                       PEVM_IO,        RPC_HTTP,      1, ": HTTP status 404"               },
        {{.hang_up = true}, NULL,                       PEVM_IO,        RPC_TRANSPORT, 3, "http://127.0.0.1:"               },
        {{.cut = 3},        NULL,                       PEVM_IO,        RPC_TRANSPORT, 3, "http://127.0.0.1:"               },
        {{.http = 200},     "<html>",                   PEVM_BAD_INPUT, RPC_REPLY,     1, ": the answer: "                  },
        {{.http = 200},     "",                         PEVM_BAD_INPUT, RPC_REPLY,     1, ": the answer: "                  },
        {{.http = 200},     "[]",                       PEVM_BAD_INPUT, RPC_REPLY,     1, ": the answer: expected an object"},
        {{.http = 200},
         "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":1}", PEVM_BAD_INPUT,
         RPC_REPLY,                                                                    1,
         ": the answer: id: 5 was not asked"                                                                                },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *bodies[] = {cases[i].body};
        struct script script = {.answers = &cases[i].answer, .bodies = bodies, .count = 1};
        struct rpc_call call = {.method = "m", .params = "[]"};
        unsigned requests;
        enum rpc_fault fault;
        CHECK_EQ(ask(&script, &call, 1, &requests, &fault), cases[i].status);
        CHECK_EQ(fault, cases[i].fault);
        CHECK_EQ(requests, cases[i].requests);
        if (strstr(error.text, cases[i].words) == NULL) fail_msg("case %zu: %s", i, error.text);
    }
}

TEST(an_error_of_the_node_is_the_calls_own)
{
    static const struct rpc_answer good[] = {{.http = 200}};
    static const char *const bodies[] = {
        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"no\\u0007such\"}},"
        "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":null}]"};
    struct script script = {.answers = good, .bodies = bodies, .count = 1};
    struct rpc_call calls[] = {
        {.method = "a", .params = "[]"},
        {.method = "b", .params = "[]"}
    };
    unsigned requests;
    enum rpc_fault fault;
    struct rpc *rpc;
    struct rpc_options options = {.url = "http://node.example:1/secret/key"};
    CHECK_EQ(ask(&script, calls, 2, &requests, &fault), PEVM_OK);
    CHECK_EQ(calls[0].result->kind, JSON_NULL);
    CHECK(calls[1].result == NULL);
    CHECK_EQ(calls[1].code, RPC_METHOD_NOT_FOUND);
    CHECK_EQ(rpc_open(&rpc, &options, &error), PEVM_OK);
    CHECK_EQ(rpc_tell(rpc, &calls[1], &error), PEVM_UNSUPPORTED);
    CHECK_TEXT(error.text, "http://node.example:1: b: error -32601: no?such");
    rpc_close(rpc);
}

TEST(answers_are_matched_with_what_was_asked)
{
    static const char *const bad[] = {
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}]",
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1},{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}]",
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1},{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":1}]",
        "[{\"jsonrpc\":\"2.0\",\"id\":6,\"result\":1},{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":1}]",
        "[{\"id\":7,\"result\":1},{\"id\":8,\"result\":1}]",
        "[{\"jsonrpc\":\"2.0\",\"id\":7},{\"jsonrpc\":\"2.0\",\"id\":8}]",
        "[1,2]",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":\"x\"}}",
        "{\"jsonrpc\":\"2.0\",\"error\":5}",
        "null",
    };
    struct rpc_call calls[] = {
        {.method = "a", .params = "[]"},
        {.method = "b", .params = "[]"}
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct bytes text = bytes_of(bad[i], strlen(bad[i]));
        CHECK_EQ(rpc_reply_read(calls, 2, 7, text, &arena, &error), PEVM_BAD_INPUT);
    }
    static const char refusal[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"
                                  "\"message\":\"no batches\"}}";
    CHECK_EQ(rpc_reply_read(calls, 2, 7, bytes_of(refusal, sizeof refusal - 1), &arena, &error),
             PEVM_OK);
    CHECK(calls[0].result == NULL && calls[1].result == NULL && calls[1].code == -32600);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

TEST(addresses_that_are_none_and_nodes_that_are_not_there)
{
    static const char *const bad[] = {"", "node", "ftp://node/", "file:///etc/passwd", "http://"};
    struct rpc *rpc;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct rpc_options options = {.url = bad[i]};
        CHECK_EQ(rpc_open(&rpc, &options, &error), PEVM_BAD_INPUT);
    }
    struct rpc_options options = {
        .url = "http://user:password@127.0.0.1:1/key", .tries = 2, .wait_ms = 1};
    struct rpc_call call = {.method = "m", .params = "[]"};
    CHECK_EQ(rpc_open(&rpc, &options, &error), PEVM_OK);
    CHECK_EQ(rpc_ask(rpc, &call, 1, &arena, &error), PEVM_IO);
    CHECK(strncmp(error.text, "http://127.0.0.1:1: ", 20) == 0);
    CHECK(strstr(error.text, "password") == NULL && strstr(error.text, "key") == NULL);
    CHECK_EQ(rpc_requests(rpc), 2);
    rpc_close(rpc);
    options.go_on = never;
    CHECK_EQ(rpc_open(&rpc, &options, &error), PEVM_OK);
    CHECK_EQ(rpc_ask(rpc, &call, 1, &arena, &error), PEVM_CANCELLED);
    rpc_close(rpc);
    arena_fini(&arena);
}
