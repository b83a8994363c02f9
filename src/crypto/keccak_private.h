/* keccak_private.h - what the files of keccak share: one state alone, or several side by side.
 *
 * Words
 *   state    25 words (FIPS 202, section 3.1); a wide state is 25 times `width` words, where word i
 *            of state s stands at i * width + s
 *   block    RATE bytes of input
 *   width    how many states a wide permutation moves at once: 4 or 8
 */
#pragma once

#include "crypto/keccak.h"

#define KECCAK_RATE      136 /* bytes of a state that take input; the other 64 are the capacity */
#define KECCAK_WORDS     25
#define KECCAK_WIDTH_MAX 8

/* The last block of a message whose `size` (below RATE) bytes are left, with its padding. */
void keccak_pad(uint8_t block[KECCAK_RATE], const uint8_t *data, size_t size);

/* Absorb what is left of a message into its state, and the hash out. */
void keccak_finish(hash32 *out, uint64_t state[KECCAK_WORDS], const uint8_t *data, size_t size);

/* One block into each state, and the permutation. A state whose word in `keep` is zero, not all
 * ones, starts anew. `state` is aligned to 64 bytes. */
typedef void keccak_wide_absorb(uint64_t *state,
                                const uint8_t *const *blocks,
                                const uint64_t *keep);

#if defined(__x86_64__)
keccak_wide_absorb keccak_x4_absorb; /* needs AVX2 */
keccak_wide_absorb keccak_x8_absorb; /* needs AVX-512F */
#endif

/* keccak256_many with a given width of permutation. Tests compare the widths. */
void keccak_lanes(hash32 *out,
                  const struct bytes *inputs,
                  size_t count,
                  unsigned width,
                  keccak_wide_absorb *absorb);
