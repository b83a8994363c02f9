/* Any bytes as a request: it is whole, refused, or not finished; what comes later changes nothing about what was decided. */
#include "fuzz/fuzz.h"
#include "service/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    unsigned before = 0;
    for (size_t part = 0; part <= size && part <= HTTP_HEAD_MAX + 1; part++) {
        struct http_request request;
        unsigned code = http_request_read(&request, text, part);
        ASSERT(before == 0 || before == code);
        ASSERT(code != 0 || part <= HTTP_HEAD_MAX);
        if (code == HTTP_OK) {
            ASSERT(request.path_size > 0 && request.path[0] == '/');
            ASSERT(request.path > text && request.path + request.path_size < text + part);
        }
        before = code;
    }
    return 0;
}
