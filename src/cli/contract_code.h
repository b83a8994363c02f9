/* contract_code.h - the bytecode of our own contracts (contracts/, compiled by contracts/compile.js).
 *
 * Words
 *   creation code   what a creation runs; constructor arguments are put behind it
 *   runtime code    what lies at an address; only for contracts that a fork wants in the genesis allocation
 */
#pragma once

#include "base/arena.h"
#include "chain/fork.h"

enum code_kind { CODE_CREATION, CODE_RUNTIME };

/* The latest form of that contract which `fork` can run, decoded into the arena. The name must be one of contracts/ and the
 * fork old enough for none of its forms is a mistake of the caller. False when memory runs out. */
bool contract_code(struct bytes *out,
                   const char *name,
                   enum code_kind kind,
                   enum fork fork,
                   struct arena *arena) MUST_CHECK;
