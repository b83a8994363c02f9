/* u256.h - arithmetic modulo 2^256 (Yellow Paper, appendix H), by value, four words, least first.
 *
 * Short operations are inline; division, remainders, ADDMOD, MULMOD and EXP are in u256.c.
 */
#pragma once

#include "base/bytes.h"
#include "base/compiler.h"

/* (to be written: see the brief) */
