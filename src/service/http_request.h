/* http_request.h - what a client asks, read strictly out of the bytes that came so far. Only what has no body is answered here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEAD_MAX 8192 /* bytes of a request, its headers included: browsers send 1 KiB */

#define HTTP_OK            200u
#define HTTP_BAD_REQUEST   400u
#define HTTP_NOT_FOUND     404u
#define HTTP_METHOD        405u /* neither GET nor HEAD */
#define HTTP_TOO_LARGE     431u
#define HTTP_FAILED        500u
#define HTTP_UNAVAILABLE   503u
#define HTTP_OTHER_VERSION 505u

struct http_request {
    bool is_head; /* HEAD: the answer without its body */
    const char
        *path; /* without what follows a '?'; inside of the bytes that were read, no 0 at the end */
    size_t path_size;
};

/* 0: more must come. HTTP_OK: `out` is filled. Otherwise: with what to refuse it. */
unsigned http_request_read(struct http_request *out, const char *bytes, size_t size);
