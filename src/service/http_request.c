#include "service/http_request.h"

#include <string.h>

#define METHOD_MAX 16

/* A line or a part of one. */
struct piece {
    const char *at;
    size_t size;
};

static bool piece_is(struct piece piece, const char *text)
{
    return piece.size == strlen(text) && memcmp(piece.at, text, piece.size) == 0;
}

/* No control characters: TLS and noise are seen in their first bytes. */
static bool is_text(struct piece line)
{
    for (size_t i = 0; i < line.size; i++) {
        unsigned char c = (unsigned char)line.at[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
    }
    return true;
}

/* Lines end with a newline, or a carriage return and one. */
static struct piece without_return(struct piece line)
{
    if (line.size > 0 && line.at[line.size - 1] == '\r') line.size--;
    return line;
}

/* The next line, without its end. False: it is not whole yet. */
static bool take_line(struct piece *rest, struct piece *out)
{
    const char *end = memchr(rest->at, '\n', rest->size);
    if (end == NULL) return false;
    size_t size = (size_t)(end - rest->at);
    *out = without_return((struct piece){rest->at, size});
    rest->at += size + 1;
    rest->size -= size + 1;
    return true;
}

/* Up to the next space, which is taken, too; without one: all. */
static struct piece take_word(struct piece *line)
{
    const char *space = memchr(line->at, ' ', line->size);
    struct piece word = {line->at, space == NULL ? line->size : (size_t)(space - line->at)};
    size_t taken = space == NULL ? word.size : word.size + 1;
    line->at += taken;
    line->size -= taken;
    return word;
}

static bool is_method(struct piece word)
{
    for (size_t i = 0; i < word.size; i++)
        if (word.at[i] < 'A' || word.at[i] > 'Z') return false;
    return word.size > 0 && word.size <= METHOD_MAX;
}

/* "HTTP/", a digit, a point, a digit. */
static bool is_version(struct piece word)
{
    return word.size == 8 && memcmp(word.at, "HTTP/", 5) == 0 && word.at[5] >= '0' &&
           word.at[5] <= '9' && word.at[6] == '.' && word.at[7] >= '0' && word.at[7] <= '9';
}

/* GET /path?query HTTP/1.1 */
static unsigned read_first(struct http_request *out, struct piece line)
{
    struct piece method = take_word(&line), target = take_word(&line), version = line;
    if (!is_method(method) || target.size == 0 || !is_version(version)) return HTTP_BAD_REQUEST;
    if (version.at[5] != '1') return HTTP_OTHER_VERSION;
    out->is_head = piece_is(method, "HEAD");
    if (!out->is_head && !piece_is(method, "GET")) return HTTP_METHOD;
    if (target.at[0] != '/') return HTTP_BAD_REQUEST;
    const char *query = memchr(target.at, '?', target.size);
    out->path = target.at;
    out->path_size = query == NULL ? target.size : (size_t)(query - target.at);
    return HTTP_OK;
}

/* "name: value"; what it says does not matter here. */
static bool is_header(struct piece line)
{
    const char *colon = memchr(line.at, ':', line.size);
    if (colon == NULL || colon == line.at) return false;
    for (const char *c = line.at; c < colon; c++)
        if (*c == ' ' || *c == '\t') return false;
    return true;
}

unsigned http_request_read(struct http_request *out, const char *bytes, size_t size)
{
    struct piece rest = {bytes, size}, line;
    unsigned code = 0;
    while (take_line(&rest, &line)) { /* ends: every round takes a line */
        if (!is_text(line)) return HTTP_BAD_REQUEST;
        if (code != 0 && line.size == 0) return code;
        if (code != 0 && !is_header(line)) return HTTP_BAD_REQUEST;
        if (code == 0) code = read_first(out, line);
        if (code == HTTP_BAD_REQUEST || code == HTTP_OTHER_VERSION) return code;
    }
    if (!is_text(without_return(rest))) return HTTP_BAD_REQUEST;
    return size > HTTP_HEAD_MAX ? HTTP_TOO_LARGE : 0;
}
