/* The loop: byte-code threaded, one handler per opcode, written once in handlers.def.
 *
 * With tail calls (clang) every handler is a function; the registers are its parameters, and the calling convention
 * keeps them where they are from handler to handler. Without (gcc) every handler is a label of one function and the
 * registers are its variables. Measurements are in the room's README.
 *
 * interp_traced.c compiles this file a second time with INTERP_TRACE 1.
 */
#include "base/compiler.h"
#include "evm/machine_private.h"
#include "evm/opcodes.h"
#include "evm/ops_frame.h"
#include "evm/ops_word.h"

#ifndef INTERP_TRACE
    #define INTERP_TRACE 0
#endif

/* ---- words of handlers.def that do not depend on how we dispatch ---- */

#if INTERP_TRACE
    #define STEP()    trace_charged(frame, gas)
    #define MARK()    trace_begin(frame, pc, top, gas)
    #define HALT(why) return trace_halt(frame, gas, (why))
#else
    #define STEP()    ((void)0)
    #define MARK()    ((void)0)
    #define HALT(why) return (why)
#endif

#define PAY(gas_left)                                                                              \
    do {                                                                                           \
        gas = (gas_left);                                                                          \
        if (unlikely(gas < 0)) HALT(memory_halt(gas));                                             \
    } while (0)

#define CHECK_STACK(name)                                                                          \
    do {                                                                                           \
        if (OP_##name##_IN > 0 && unlikely(top < stack + OP_##name##_IN - 1))                      \
            HALT(HALT_UNDERFLOW);                                                                  \
        if (OP_##name##_OUT > OP_##name##_IN && unlikely(top >= stack + STACK_MAX - 1))            \
            HALT(HALT_OVERFLOW);                                                                   \
    } while (0)

#define CHARGE(name)                                                                               \
    CHECK_STACK(name);                                                                             \
    if (OP_##name##_GAS > 0 && unlikely((gas -= OP_##name##_GAS) < 0)) HALT(HALT_OUT_OF_GAS)

#define ENTER(name)                                                                                \
    CHARGE(name);                                                                                  \
    STEP()

#define OUTSIDE(name, call)                                                                        \
    CHECK_STACK(name);                                                                             \
    frame->pc = pc;                                                                                \
    frame->top = top;                                                                              \
    frame->gas = gas;                                                                              \
    enum halt halt = (call);                                                                       \
    if (unlikely(halt != HALT_NONE)) HALT(halt);                                                   \
    gas = frame->gas;                                                                              \
    top += OP_##name##_OUT - OP_##name##_IN;                                                       \
    NEXT(1)

#define END(why, bytes)                                                                            \
    do {                                                                                           \
        frame->gas = gas;                                                                          \
        frame->machine->output = (bytes);                                                          \
        return (why);                                                                              \
    } while (0)

#define NEXT(n)                                                                                    \
    do {                                                                                           \
        pc += (n);                                                                                 \
        MARK();                                                                                    \
        DISPATCH();                                                                                \
    } while (0)

#if INTERP_TRACE
    #define JUMP_TO(offset)                                                                        \
        do {                                                                                       \
            pc = frame->code_start + (offset);                                                     \
            if (unlikely(gas < frame->gas_low)) GO(JUMP_LOW);                                      \
            NEXT(0);                                                                               \
        } while (0)
#else
    /* The JUMPDEST is executed on the way: nobody can tell, for a frame that cannot pay for it has lost all its gas. */
    #define JUMP_TO(offset)                                                                        \
        do {                                                                                       \
            pc = frame->code_start + (offset);                                                     \
            if (unlikely((gas -= GAS_JUMPDEST) < frame->gas_low)) GO(JUMP_LOW);                    \
            NEXT(1);                                                                               \
        } while (0)
#endif

#if INTERP_TRACE
static void trace_begin(struct frame *frame, const uint8_t *pc, u256 *top, int64_t gas)
{
    frame->machine->trace = (struct trace_mark){pc, top, gas, frame->memory_size, true};
}

static enum halt trace_halt(struct frame *frame, int64_t gas, enum halt halt)
{
    if (halt_is_exceptional(halt)) trace_fault(frame, gas, halt);
    return halt;
}
    #define interp_run  interp_run_traced
    #define interp_fill interp_fill_traced
#endif

#if HAVE_MUSTTAIL

/* ---- functions that end in a tail call ---- */

    #define PARAMETERS                                                                             \
        UNUSED const uint8_t *pc, UNUSED u256 *top, UNUSED int64_t gas,                            \
            UNUSED struct frame *frame, UNUSED u256 *stack, UNUSED uint8_t *memory,                \
            UNUSED const uintptr_t *dispatch
    #define REGISTERS pc, top, gas, frame, stack, memory, dispatch

typedef PRESERVE_NONE enum halt handler(PARAMETERS);

    #define HANDLER(name) static PRESERVE_NONE enum halt handle_##name(PARAMETERS)
    #define DISPATCH()    MUSTTAIL return ((handler *)dispatch[*pc])(REGISTERS)
    #define GO(name)      MUSTTAIL return handle_##name(REGISTERS)

static handler handle_DIV_BIG, handle_MOD_BIG, handle_MLOAD_GROW, handle_MSTORE_GROW,
    handle_MSTORE8_GROW, handle_JUMP_LOW;

    #include "evm/handlers.def"

void interp_fill(uintptr_t dispatch[256], enum fork fork)
{
    for (unsigned i = 0; i < 256; i++)
        dispatch[i] = (uintptr_t)handle_UNDEFINED;
    #define OP(code, name, in, out, gas, since)                                                    \
        if (fork >= FORK_##since) dispatch[code] = (uintptr_t)handle_##name;
    #include "evm/opcodes.def"
    #undef OP
}

enum halt interp_run(struct frame *frame)
{
    const uint8_t *pc = frame->pc;
    u256 *top = frame->top;
    int64_t gas = frame->gas;
    MARK();
    const struct machine *machine = frame->machine;
    const uintptr_t *dispatch = INTERP_TRACE ? machine->dispatch_traced : machine->dispatch;
    return ((handler *)dispatch[*pc])(pc, top, gas, frame, frame->stack, frame->memory, dispatch);
}

#else

/* ---- labels of one function, as values: an extension of both compilers ---- */

    #pragma GCC diagnostic ignored "-Wpedantic"

    #define HANDLER(name) handle_##name:
    #define DISPATCH()    goto *(const void *)dispatch[*pc]
    #define GO(name)      goto handle_##name

/* Labels have a meaning only inside their function, so it is also the one to give them out: when `fill` is not NULL. */
static enum halt loop(struct frame *frame, uintptr_t *fill, enum fork fork)
{
    if (fill != NULL) {
        for (unsigned i = 0; i < 256; i++)
            fill[i] = (uintptr_t) && handle_UNDEFINED;
    #define OP(code, name, in, out, gas, since)                                                    \
        if (fork >= FORK_##since) fill[code] = (uintptr_t) && handle_##name;
    #include "evm/opcodes.def"
    #undef OP
        return HALT_STOP;
    }

    const uint8_t *pc = frame->pc;
    u256 *top = frame->top;
    int64_t gas = frame->gas;
    u256 *const stack = frame->stack;
    uint8_t *const memory = frame->memory;
    const uintptr_t *const dispatch =
        INTERP_TRACE ? frame->machine->dispatch_traced : frame->machine->dispatch;
    NEXT(0);

    #include "evm/handlers.def"
}

void interp_fill(uintptr_t dispatch[256], enum fork fork)
{
    (void)loop(NULL, dispatch, fork);
}

enum halt interp_run(struct frame *frame)
{
    return loop(frame, NULL, FORK_FRONTIER);
}

#endif
