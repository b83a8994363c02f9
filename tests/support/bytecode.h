/* bytecode.h - EVM programs as text, for tests that can be read.
 *
 *     bytecode("2 1 ADD 0 MSTORE 32 0 RETURN")
 *
 * Words, separated by white space:
 *   ADD, PUSH32, ...   an instruction by its name
 *   17, 0x11           pushed with the shortest PUSH (zero with PUSH1: every fork has that)
 *   name:              JUMPDEST, called `name`
 *   @name              the place of `name`, pushed with PUSH2
 *   #60ff              bytes as they are
 */
#pragma once

#include "base/bytes.h"

/* The program; lives until the process ends. A word that means nothing fails the test. */
struct bytes bytecode(const char *text);

/* Init code that leaves `runtime` as the new contract's code. */
struct bytes bytecode_deploy(struct bytes runtime);

/* Both, one behind the other; lives until the process ends. */
struct bytes bytecode_join(struct bytes a, struct bytes b);

/* `count` times the same program, one behind the other. */
struct bytes bytecode_repeat(const char *text, unsigned count);
