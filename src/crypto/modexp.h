/* modexp.h - base^exponent mod modulus on big-endian byte strings (EIP-198), by GMP. */
#pragma once

#include "base/bytes.h"

/* `out` has modulus.size bytes. A zero modulus gives zeros. False when memory runs out. */
bool modexp(uint8_t *out, struct bytes base, struct bytes exponent, struct bytes modulus)
    MUST_CHECK;
