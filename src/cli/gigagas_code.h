/* gigagas_code.h - the public bytecodes that the gigagas workloads of others run (design/PARALLEL.md, section 3.1). They are
 * files of a folder, never part of this tree; another content than the published one is refused.
 *
 * What Solidity calls immutable lies in the middle of such code: holes, for addresses of ours.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#define GIGAGAS_FOLDER_VARIABLE "PEVM_GIGAGAS"
#define GIGAGAS_FOLDER_DEFAULT  "../shared/workloads/gigagas"

enum gigagas_contract {
#define GIGAGAS(code, name, digest) GIGAGAS_##code,
#include "cli/gigagas_code.def"
#undef GIGAGAS
    GIGAGAS_COUNT
};

/* In the arena, writable: for gigagas_hole_fill. PEVM_IO when there is no such file, PEVM_BAD_INPUT when it is another. */
struct gigagas_code {
    uint8_t *data;
    size_t size;
};
enum pevm_status gigagas_code_read(struct gigagas_code *out,
                                   const char *folder,
                                   enum gigagas_contract contract,
                                   struct arena *arena,
                                   struct error *error) MUST_CHECK;

/* Where such an address (or another word) lies in a code. */
#define GIGAGAS_PLACES_MAX 16
struct gigagas_hole {
    size_t places[GIGAGAS_PLACES_MAX];
    size_t count;
    size_t size;
};

/* All places where `hex` lies. PEVM_BAD_INPUT when there is none, or more than a hole has room for. */
enum pevm_status gigagas_hole_find(struct gigagas_hole *out,
                                   const struct gigagas_code *code,
                                   const char *hex,
                                   struct error *error) MUST_CHECK;

/* `bytes` are as many as the hole is wide. */
void gigagas_hole_fill(struct gigagas_code *code,
                       const struct gigagas_hole *hole,
                       const uint8_t *bytes);
