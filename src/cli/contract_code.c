#include "cli/contract_code.h"

#include "base/hex.h"

struct contract_form {
    const char *name;
    enum fork since;
    enum code_kind kind;
    const char *const *rows; /* hex, ends with NULL */
};

static const struct contract_form forms[] = {
#define CODE(name, since, kind, ...) {#name, since, kind, (const char *const[]){__VA_ARGS__}},
#include "cli/contract_code.inc"
#undef CODE
};

static const struct contract_form *form_find(const char *name, enum code_kind kind, enum fork fork)
{
    const struct contract_form *found = NULL;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        const struct contract_form *form = &forms[i];
        if (strcmp(form->name, name) != 0 || form->kind != kind || form->since > fork) continue;
        if (found == NULL || form->since > found->since) found = form;
    }
    return found;
}

bool contract_code(
    struct bytes *out, const char *name, enum code_kind kind, enum fork fork, struct arena *arena)
{
    const struct contract_form *form = form_find(name, kind, fork);
    ASSERT(form != NULL);
    size_t digits = 0;
    for (const char *const *row = form->rows; *row != NULL; row++)
        digits += strlen(*row);
    uint8_t *code = arena_alloc(arena, digits / 2);
    if (code == NULL) return false;
    uint8_t *to = code;
    for (const char *const *row = form->rows; *row != NULL; row++) {
        size_t size = strlen(*row);
        ASSERT(hex_decode(to, *row, size)); /* compile.js writes whole bytes */
        to += size / 2;
    }
    *out = bytes_of(code, digits / 2);
    return true;
}
