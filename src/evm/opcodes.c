#include "evm/opcodes.h"

#include <stddef.h>

struct opcode_row {
    const char *name;
    enum fork since;
};

static const struct opcode_row rows[256] = {
#define OP(code, name, in, out, gas, since) [code] = {#name, FORK_##since},
#include "evm/opcodes.def"
#undef OP
};

const char *opcode_name(uint8_t opcode, enum fork fork)
{
    const struct opcode_row *row = &rows[opcode];
    if (row->name == NULL || fork < row->since) return "UNDEFINED";
    if (opcode == OP_PREVRANDAO && fork < FORK_PARIS) return "DIFFICULTY";
    return row->name;
}
