#include "evm/code.h"

#include "base/assert.h"
#include "crypto/keccak.h"

#include <string.h>

enum { OPCODE_JUMPDEST = 0x5b, OPCODE_PUSH1 = 0x60, OPCODE_PUSH32 = 0x7f };

#define DELEGATION_SIZE 23 /* 0xef0100 and an address */

static const uint8_t empty_bytes[CODE_PADDING];
static const uint64_t empty_jumpdests[1];

/* Its hash is keccak256 of nothing; a constant, because initialisers cannot refer to keccak_empty. */
const struct code code_empty = {
    .bytes = empty_bytes,
    .size = 0,
    .jumpdests = empty_jumpdests,
    .hash = {{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,
              0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,
              0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}},
};

static size_t jumpdests_size(uint64_t size)
{
    return (size + 63) / 64 * sizeof(uint64_t);
}

static size_t bytes_size(uint64_t size)
{
    return (size + CODE_PADDING + 7) & ~(size_t)7;
}

size_t code_memory_size(uint64_t size)
{
    return sizeof(struct code) + jumpdests_size(size) + bytes_size(size);
}

static void jumpdests_find(uint64_t *jumpdests, const uint8_t *bytes, uint64_t size)
{
    for (uint64_t pc = 0; pc < size; pc++) { /* ends: pc grows */
        uint8_t opcode = bytes[pc];
        if (opcode == OPCODE_JUMPDEST) jumpdests[pc / 64] |= UINT64_C(1) << (pc % 64);
        if (opcode >= OPCODE_PUSH1 && opcode <= OPCODE_PUSH32)
            pc += (uint64_t)opcode - OPCODE_PUSH1 + 1;
    }
}

struct code *code_build(void *memory, struct bytes bytes, const hash32 *hash)
{
    struct code *code = memory;
    uint64_t *jumpdests = (uint64_t *)(code + 1);
    uint8_t *copy = (uint8_t *)jumpdests + jumpdests_size(bytes.size);
    ASSERT((uintptr_t)memory % _Alignof(struct code) == 0);

    if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
    memset(copy + bytes.size, 0, bytes_size(bytes.size) - bytes.size);
    memset(jumpdests, 0, jumpdests_size(bytes.size));
    jumpdests_find(jumpdests, copy, bytes.size);

    *code = (struct code){.bytes = copy, .size = bytes.size, .jumpdests = jumpdests, .hash = *hash};
    if (bytes.size == DELEGATION_SIZE && copy[0] == 0xef && copy[1] == 0x01 && copy[2] == 0x00) {
        code->is_delegation = true;
        memcpy(code->delegate.bytes, copy + 3, sizeof code->delegate.bytes);
    }
    return code;
}
