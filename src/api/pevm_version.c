#include "pevm/pevm.h"

#include "base/compiler.h"

EXPORT const char *pevm_version(void)
{
    return PEVM_VERSION_TEXT;
}

EXPORT uint32_t pevm_version_number(void)
{
    return PEVM_VERSION;
}
