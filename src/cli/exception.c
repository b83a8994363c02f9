#include "cli/exception.h"

#include <stddef.h>
#include <string.h>

/* The first name of a list without its prefix; *list moves behind it. False at the end. */
static bool next_name(const char **list, const char **name, size_t *size)
{
    static const char *const prefixes[] = {"TransactionException.", "BlockException."};
    if (**list == 0) return false;
    *size = strcspn(*list, "|");
    *name = *list;
    *list += *size + ((*list)[*size] == '|');
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t prefix = strlen(prefixes[i]);
        if (*size < prefix || memcmp(*name, prefixes[i], prefix) != 0) continue;
        *name += prefix;
        *size -= prefix;
    }
    return true;
}

static bool has_name(const char *list, const char *wanted, size_t wanted_size)
{
    const char *name;
    size_t size;
    while (next_name(&list, &name, &size)) /* ends: the list gets shorter */
        if (size == wanted_size && memcmp(name, wanted, size) == 0) return true;
    return false;
}

bool exception_matches(const char *expected, const char *official)
{
    const char *name;
    size_t size;
    if (*expected == 0) return true;
    while (next_name(&expected, &name, &size)) /* ends: the list gets shorter */
        if (size > 0 && has_name(official, name, size)) return true;
    return false;
}
