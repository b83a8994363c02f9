/* pevm/types.h - the plain values of the library: copy them freely, compare them by their bytes.
 *
 * Addresses and hashes are byte strings in the order the chain prints them. A u256 is an unsigned
 * 256-bit integer in four 64-bit words, least significant word first, whatever the machine.
 */
#ifndef PEVM_TYPES_H
#define PEVM_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A 20-byte account address (Yellow Paper, section 4.1). */
typedef struct {
    uint8_t bytes[20];
} address;

/* A 32-byte hash, root or storage word in chain order (big endian). */
typedef struct {
    uint8_t bytes[32];
} hash32;

/* An unsigned 256-bit integer; words[0] is the least significant. */
typedef struct {
    uint64_t words[4];
} u256;

/* Bytes that somebody else owns; `data` may be NULL when `size` (in bytes) is 0. */
struct pevm_bytes {
    const uint8_t *data;
    size_t size;
};

#ifdef __cplusplus
}
#endif
#endif
