/* pevm/pevm.h - Ethereum blocks, executed on all cores: a block and a way to read state in; receipts, changes and roots
 * out, bit for bit what a run of one transaction after the other gives.
 *
 * This header brings in all others. docs/library.md shows how to embed the library in ten lines.
 *
 * Rules of the house
 *   Pointers   are never NULL and are borrowed for the call, unless the comment says "may be NULL", "takes", or "lends
 *              until ...". A NULL where none is allowed is a fault of the caller: the process stops with a line that says so.
 *   Arguments  the object first, then what comes out, then what goes in; a callback is followed by its context.
 *   Sizes      are in bytes, counts are counts, times are in nanoseconds, gas is in gas, balances are in wei.
 *   Statuses   say that the world failed (no memory, state unreadable, malformed input), and fill in a struct pevm_error.
 *              What the protocol says (a reverted transaction, an invalid block) is a value in the outcome.
 *   Threads    an object (engine, state, trace) is used by one thread at a time. Different objects have nothing in common
 *              but read-only tables: use as many as you like side by side. No global state, no signals, no files.
 *   Growth     structs that begin with `struct_size` grow at their end: the caller says how long his is, through
 *              the _init macros. Structs that the library lends grow at their end, too, unless they stand in an array.
 *              Everything else changes only together with the library's soname.
 */
#ifndef PEVM_PEVM_H
#define PEVM_PEVM_H

#include "pevm/engine.h"
#include "pevm/metrics.h"
#include "pevm/state.h"
#include "pevm/status.h"
#include "pevm/task.h"
#include "pevm/trace.h"
#include "pevm/types.h"

/* Of the headers. The first number changes with the soname; below 1.0.0 so may the second. */
#define PEVM_VERSION_MAJOR 0
#define PEVM_VERSION_MINOR 1
#define PEVM_VERSION_PATCH 0
#define PEVM_VERSION_TEXT  "0.1.0"

/* In one number, for #if: 1.2.3 is 10203. */
#define PEVM_VERSION (PEVM_VERSION_MAJOR * 10000 + PEVM_VERSION_MINOR * 100 + PEVM_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that was linked or loaded, as text ("0.1.0"): never NULL; static; any thread. */
const char *pevm_version(void);

/* The same as PEVM_VERSION. Any thread. */
uint32_t pevm_version_number(void);

#ifdef __cplusplus
}
#endif
#endif
