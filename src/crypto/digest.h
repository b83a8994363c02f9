/* digest.h - SHA-256 and RIPEMD-160, by libcrypto. */
#pragma once

#include "base/bytes.h"

void sha256(hash32 *out, const void *data, size_t size);
void ripemd160(uint8_t out[20], const void *data, size_t size);
