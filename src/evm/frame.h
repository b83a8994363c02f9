/* frame.h - one message while it is executed: its registers when the loop is not running, its stack, its memory,
 * and what must happen when it ends.
 *
 * Words
 *   stack    all frames share one region; a frame's words begin where its parent's end
 *   memory   likewise: a frame's bytes begin behind its parent's, on a cache line
 *   step     what an instruction that the loop does not execute itself (call.c, create.c, interp_state.c) answers:
 *            HALT_NONE = done, the frame goes on; anything else leaves the loop
 *
 * Rules
 *   R1  A step that answers HALT_BLOCKED has changed nothing that the same instruction would see when it is executed
 *       again: no gas, no stack word, no memory size, no warm mark. (HALT_STATE_FAILED and HALT_NO_MEMORY end the
 *       transaction: nothing is promised.)
 *   R2  A step charges `gas` itself and writes its results into the stack; the loop moves `top`.
 *   R3  A step that answers HALT_CALL has made a new frame and stored pc and top behind the instruction.
 */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"
#include "evm/code.h"
#include "evm/halt.h"
#include "evm/journal.h"

#define STACK_MAX 1024
#define DEPTH_MAX 1024 /* a frame at this depth (from 0) cannot call */
#define MEMORY_MAX                                                                                 \
    (UINT64_C(1) << 37) /* bytes; more costs more gas than there is (rules, section 8) */

#define HALT_NONE HALT_COUNT

struct machine;

struct frame {
    /* The registers of the loop. */
    const uint8_t *pc;
    u256 *top; /* the topmost word; one below `stack` when there is none */
    int64_t gas;

    /* What the loop reads all the time. */
    u256 *stack;
    uint8_t *memory;
    uint64_t memory_size; /* a multiple of 32 */
    uint64_t word_limit;  /* offsets below it have 32 bytes of memory: memory_size - 31, or 0 */
    const uint8_t *code_start;
    uint64_t code_size;
    const uint64_t *jumpdests;
    int64_t gas_low; /* a jump that leaves less asks whether to go on (frame_poll) */
    struct machine *machine;
    struct account_entry *account; /* of `self` */
    struct bytes input;
    u256 value;
    address self, caller;
    bool is_static;

    /* For its end. */
    uint8_t kind; /* enum message_kind */
    uint16_t depth;
    int64_t gas_start;
    uint64_t output_offset, output_size; /* where the parent wants the output */
    struct journal_checkpoint checkpoint;
    struct arena_mark mark; /* of the machine's arena: what was there before this frame */
};
