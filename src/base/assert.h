/* assert.h - facts we rely on. ASSERT is always on; VERIFY only where time does not matter (dev,
 * sanitizer and fuzz builds define PEVM_VERIFY). A failed fact is our fault and stops the process. */
#pragma once

#include "base/compiler.h"

_Noreturn COLD void assert_failed(const char *fact, const char *file, int line);

#define ASSERT(fact) (likely(fact) ? (void)0 : assert_failed(#fact, __FILE__, __LINE__))

#ifdef PEVM_VERIFY
    #define VERIFY(fact) ASSERT(fact)
#else
    #define VERIFY(fact) ((void)sizeof((fact) ? 1 : 0))
#endif
