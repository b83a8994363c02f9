#include "service/words.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the character at `text` (RFC 3629); 0: there is none. */
static size_t character_size(const unsigned char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80             ? 1
                  : (text[0] & 0xe0) == 0xc0 ? 2
                  : (text[0] & 0xf0) == 0xe0 ? 3
                  : (text[0] & 0xf8) == 0xf0 ? 4
                                             : 0;
    if (size <= 1) return size;
    uint32_t code = text[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0; /* the 0 at the end, too */
        code = code << 6 | (text[i] & 0x3fu);
    }
    bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < least[size] || code > 0x10ffff || is_surrogate ? 0 : size;
}

void words_clean(char *out, size_t size, const char *text)
{
    size_t done = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at != 0;) {
        size_t bytes = character_size(at);
        size_t taken = bytes == 0 ? 1 : bytes;
        if (done + taken + 1 > size) break;
        if (bytes == 0)
            out[done] = '?';
        else if (bytes == 1 && (*at < 0x20 || *at == 0x7f))
            out[done] = ' ';
        else
            memcpy(out + done, at, bytes);
        done += taken;
        at += taken;
    }
    if (size > 0) out[done] = 0;
}
