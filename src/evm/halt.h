/* halt.h - why a frame stopped. Values, not errors: a revert is a result. */
#pragma once

/*  code, text, the name geth gives it in traces ("" = no error) */
#define HALT_LIST(X)                                                                               \
    X(HALT_STOP, "stop", "")                                                                       \
    X(HALT_RETURN, "return", "")                                                                   \
    X(HALT_SELFDESTRUCT, "selfdestruct", "")                                                       \
    X(HALT_REVERT, "revert", "execution reverted")                                                 \
    X(HALT_OUT_OF_GAS, "out of gas", "out of gas")                                                 \
    X(HALT_UNDERFLOW, "stack underflow", "stack underflow")                                        \
    X(HALT_OVERFLOW, "stack overflow", "stack limit reached 1024")                                 \
    X(HALT_INVALID_OPCODE, "invalid opcode", "invalid opcode")                                     \
    X(HALT_INVALID_JUMP, "invalid jump target", "invalid jump destination")                        \
    X(HALT_RETURN_DATA, "return data out of bounds", "return data out of bounds")                  \
    X(HALT_STATIC, "state change in a static call", "write protection")                            \
    X(HALT_CODE_SIZE, "created code too long", "max code size exceeded")                           \
    X(HALT_CODE_PREFIX, "created code begins with 0xef", "invalid code: must not begin with 0xef") \
    X(HALT_COLLISION, "contract address collision", "contract address collision")                  \
    X(HALT_PRECOMPILE, "precompile refused its input", "precompile failed")                        \
    /* Not the end of the frame: what the driver must do now. */                                   \
    X(HALT_CALL, "a child frame is to be run", "")                                                 \
    X(HALT_BLOCKED, "a state read is blocked", "")                                                 \
    X(HALT_STATE_FAILED, "the state could not be read", "")                                        \
    X(HALT_NO_MEMORY, "out of memory", "")                                                         \
    X(HALT_CANCELLED, "cancelled", "")

enum halt {
#define X(code, text, geth) code,
    HALT_LIST(X)
#undef X
        HALT_COUNT,
};

/* The frame ended well and its changes stay. */
#define halt_is_success(halt)     ((halt) <= HALT_SELFDESTRUCT)
/* All gas is gone and the changes are undone (not for HALT_REVERT, which returns the rest of the gas). */
#define halt_is_exceptional(halt) ((halt) > HALT_REVERT && (halt) < HALT_CALL)
/* The frame has not ended. */
#define halt_is_pause(halt)       ((halt) >= HALT_CALL)

const char *halt_text(enum halt halt);
const char *halt_geth_text(enum halt halt);
