/* words.h - sentences that come from elsewhere (a server's reply, a path, a name), made fit for one line of UTF-8. */
#pragma once

#include <stddef.h>

/* Control characters become spaces, bytes that are no UTF-8 become '?'; cut, if it must be, between characters. */
void words_clean(char *out, size_t size, const char *text);
