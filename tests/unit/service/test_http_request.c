/* Requests, whole and in pieces, and what is none. */
#include "service/http_request.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    unsigned code;
    const char *path;
} cases[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n",            HTTP_OK,            "/"       },
    {"GET /metrics?x=1 HTTP/1.0\r\n\r\n",            HTTP_OK,            "/metrics"},
    {"HEAD /livez HTTP/1.1\r\nA: b\r\nC:\r\n\r\n",   HTTP_OK,            "/livez"  },
    {"GET /livez HTTP/1.1\n\n",                      HTTP_OK,            "/livez"  },
    {"GET /? HTTP/1.1\r\n\r\nmore",                  HTTP_OK,            "/"       },
    {"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", HTTP_METHOD,        NULL      },
    {"PUT / HTTP/1.1\r\nA: b\r\n\r\n\x01\x02",       HTTP_METHOD,        NULL      },
    {"GET / HTTP/1.1\r\nA: \x01\r\n\r\n",            HTTP_BAD_REQUEST,   NULL      },
    {"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",            HTTP_BAD_REQUEST,   NULL      },
    {"GET / HTTP/1.1\r\nA: b\r\r\n\r\n",             HTTP_BAD_REQUEST,   NULL      },
    {"DELETE /x HTTP/1.1\r\n\r\n",                   HTTP_METHOD,        NULL      },
    {"OPTIONS * HTTP/1.1\r\n\r\n",                   HTTP_METHOD,        NULL      },
    {"GET / HTTP/2.0\r\n\r\n",                       HTTP_OTHER_VERSION, NULL      },
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",             HTTP_OTHER_VERSION, NULL      },
    {"GET /\r\n\r\n",                                HTTP_BAD_REQUEST,   NULL      },
    {"GET  / HTTP/1.1\r\n\r\n",                      HTTP_BAD_REQUEST,   NULL      },
    {"GET / HTTP/1.1 \r\n\r\n",                      HTTP_BAD_REQUEST,   NULL      },
    {"get / HTTP/1.1\r\n\r\n",                       HTTP_BAD_REQUEST,   NULL      },
    {"GET a HTTP/1.1\r\n\r\n",                       HTTP_BAD_REQUEST,   NULL      },
    {"GET http://a/ HTTP/1.1\r\n\r\n",               HTTP_BAD_REQUEST,   NULL      },
    {"GET / HTTP/1.1\r\nno colon\r\n\r\n",           HTTP_BAD_REQUEST,   NULL      },
    {"GET / HTTP/1.1\r\n: empty\r\n\r\n",            HTTP_BAD_REQUEST,   NULL      },
    {"GET / HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n", HTTP_BAD_REQUEST,   NULL      },
    {"GET / HTTP/1.1\r\nA : b\r\n\r\n",              HTTP_BAD_REQUEST,   NULL      },
    {"GET / HTTP/1.1\rA: b\r\n\r\n",                 HTTP_BAD_REQUEST,   NULL      },
    {"\r\nGET / HTTP/1.1\r\n\r\n",                   HTTP_BAD_REQUEST,   NULL      },
    {"\x16\x03\x01 this is TLS",                     HTTP_BAD_REQUEST,   NULL      },
    {"ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n\r\n",         HTTP_BAD_REQUEST,   NULL      },
    {"GET / HTTP/1.1\r\nHost: a\r\n",                0,                  NULL      },
    {"GET / HT",                                     0,                  NULL      },
    {"",                                             0,                  NULL      },
};

/* In memory of just its size, so that reading beyond is found. */
static unsigned read_exact(struct http_request *out, const char *text, size_t size)
{
    char *copy = malloc(size + 1);
    CHECK(copy != NULL);
    memcpy(copy, text, size);
    char *tight = realloc(copy, size == 0 ? 1 : size);
    unsigned code = http_request_read(out, tight, size);
    if (code == HTTP_OK) out->path = text + (out->path - tight);
    free(tight);
    return code;
}

TEST(each_request_is_read_or_refused)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request;
        unsigned code = read_exact(&request, cases[i].text, strlen(cases[i].text));
        if (code != cases[i].code) fail_msg("%s: %u", cases[i].text, code);
        if (code != HTTP_OK) continue;
        CHECK_EQ(request.path_size, strlen(cases[i].path));
        CHECK(memcmp(request.path, cases[i].path, request.path_size) == 0);
        CHECK_EQ(request.is_head, cases[i].text[0] == 'H');
    }
}

/* However a good one is cut, more is waited for. */
TEST(a_part_of_a_request_is_not_refused)
{
    static const char text[] = "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    struct http_request request;
    for (size_t size = 0; size + 1 < sizeof text; size++)
        CHECK_EQ(read_exact(&request, text, size), size + 1 == sizeof text ? HTTP_OK : 0);
}

TEST(a_request_without_end_is_too_large)
{
    static char text[HTTP_HEAD_MAX + 1];
    struct http_request request;
    memset(text, 'a', sizeof text);
    memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
    CHECK_EQ(read_exact(&request, text, HTTP_HEAD_MAX), 0);
    CHECK_EQ(read_exact(&request, text, HTTP_HEAD_MAX + 1), HTTP_TOO_LARGE);
    memset(text, 'A', sizeof text);
    CHECK_EQ(read_exact(&request, text, HTTP_HEAD_MAX + 1), HTTP_TOO_LARGE);
}
