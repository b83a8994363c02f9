#include "evm/halt.h"

#include "base/assert.h"

static const char *const texts[HALT_COUNT] = {
#define X(code, text, geth) text,
    HALT_LIST(X)
#undef X
};

static const char *const geth_texts[HALT_COUNT] = {
#define X(code, text, geth) geth,
    HALT_LIST(X)
#undef X
};

const char *halt_text(enum halt halt)
{
    ASSERT((unsigned)halt < HALT_COUNT);
    return texts[halt];
}

const char *halt_geth_text(enum halt halt)
{
    ASSERT((unsigned)halt < HALT_COUNT);
    return geth_texts[halt];
}
