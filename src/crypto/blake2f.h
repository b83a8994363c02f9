/* blake2f.h - the compression function F of BLAKE2b with a number of rounds (EIP-152, RFC 7693). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void blake2f(uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool final, uint32_t rounds);
