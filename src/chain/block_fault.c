#include "chain/block_fault.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>

const char *block_fault_text(enum block_fault fault)
{
    static const char *const texts[] = {
#define X(code, text, official) text,
        BLOCK_FAULT_LIST(X)
#undef X
    };
    ASSERT(fault < BLOCK_FAULT_COUNT);
    return texts[fault];
}

const char *block_fault_name(enum block_fault fault)
{
    static const char *const names[] = {
#define X(code, text, official) #code,
        BLOCK_FAULT_LIST(X)
#undef X
    };
    ASSERT(fault < BLOCK_FAULT_COUNT);
    return names[fault];
}

const char *block_fault_official(enum block_fault fault)
{
    static const char *const officials[] = {
#define X(code, text, official) official,
        BLOCK_FAULT_LIST(X)
#undef X
    };
    ASSERT(fault < BLOCK_FAULT_COUNT);
    return officials[fault];
}

enum block_fault block_fault_say(char *text, enum block_fault fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, ERROR_TEXT_MAX, format, arguments);
    va_end(arguments);
    return fault;
}
