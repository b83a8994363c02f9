/* kzg.h - the KZG opening proof of EIP-4844: does the polynomial behind `commitment` take the value y at z? */
#pragma once

#include "base/bytes.h"

/* False also when a point or scalar is not canonical or not in its group. */
bool kzg_verify(const uint8_t commitment[48],
                const uint8_t z[32],
                const uint8_t y[32],
                const uint8_t proof[48]) MUST_CHECK;
