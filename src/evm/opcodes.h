/* opcodes.h - the numbers of opcodes.def as constants: OP_ADD, OP_ADD_IN, OP_ADD_OUT, OP_ADD_GAS. */
#pragma once

#include "chain/fork.h"

#include <stdint.h>

/* The classes of opcodes.def (Yellow Paper, appendix G). */
enum {
    GAS_ZERO = 0,
    GAS_PER_FORK = 0, /* added by the instruction */
    GAS_JUMPDEST = 1,
    GAS_BASE = 2,
    GAS_VERY_LOW = 3,
    GAS_LOW = 5,
    GAS_MID = 8,
    GAS_HIGH = 10,
    GAS_BLOCKHASH = 20,
    GAS_KECCAK = 30,
    GAS_TRANSIENT = 100,
    GAS_LOG0 = 375,
    GAS_LOG1 = 750,
    GAS_LOG2 = 1125,
    GAS_LOG3 = 1500,
    GAS_LOG4 = 1875,
    GAS_CREATE = 32000,
};

enum opcode {
#define OP(code, name, in, out, gas, since) OP_##name = code,
#include "evm/opcodes.def"
#undef OP
};

enum {
#define OP(code, name, in, out, gas, since)                                                        \
    OP_##name##_IN = in, OP_##name##_OUT = out, OP_##name##_GAS = GAS_##gas,
#include "evm/opcodes.def"
#undef OP
};

/* "ADD"; "UNDEFINED" for a byte that is no instruction in this fork. DIFFICULTY is called PREVRANDAO
 * from Paris on. Never NULL; static. */
const char *opcode_name(uint8_t opcode, enum fork fork);
