/* code.h - bytecode, analysed once per code hash and kept.
 *
 * A code object is immutable. Its bytes are followed by CODE_PADDING zero bytes (STOP), so that neither the
 * end of the code nor the immediate of a PUSH needs a check. `jumpdests` has a bit per byte of code.
 */
#pragma once

#include "base/bytes.h"

#define CODE_PADDING 33 /* PUSH32 as the last byte reads 32, then STOP */

struct code {
    const uint8_t *bytes; /* size + CODE_PADDING readable */
    uint64_t size;
    const uint64_t *jumpdests; /* bit i: bytes[i] is a JUMPDEST that is not PUSH data */
    hash32 hash;
    bool is_delegation; /* 0xef0100 and an address (EIP-7702) */
    address delegate;
};

/* The code of length 0. */
extern const struct code code_empty;

/* Jump targets are checked with this. */
ALWAYS_INLINE bool code_is_jumpdest(const struct code *code, uint64_t target)
{
    return target < code->size && (code->jumpdests[target / 64] >> (target % 64) & 1) != 0;
}

/* Memory a code object of `size` bytes needs, and building one there (aligned to 8; `bytes` is copied). */
size_t code_memory_size(uint64_t size);
struct code *code_build(void *memory, struct bytes bytes, const hash32 *hash);

/* Process-wide cache by code hash. Look-ups and insertions from any thread, lock-free; an entry lives until
 * the cache is freed. When `bytes_max` is reached new code is still analysed, into the caller's arena. */
struct code_cache;
struct code_cache *code_cache_new(size_t bytes_max) MUST_CHECK; /* NULL: no memory */
void code_cache_free(struct code_cache *cache);                 /* may be NULL */

/* NULL when not there. */
const struct code *code_cache_find(struct code_cache *cache, const hash32 *hash);

/* Analyse and keep; NULL when full or out of memory (then use code_build in an arena). */
const struct code *code_cache_insert(struct code_cache *cache,
                                     const hash32 *hash,
                                     struct bytes bytes);
