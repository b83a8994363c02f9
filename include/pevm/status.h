/* pevm/status.h - how a call ended when the world, not the protocol, said no.
 *
 * A transaction that reverts or a block that is invalid is a result, not a status; the one status that
 * speaks of a block is PEVM_INVALID_BLOCK, returned by calls whose only purpose is to judge one.
 */
#ifndef PEVM_STATUS_H
#define PEVM_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/*  code, text for people */
#define PEVM_STATUS_LIST(X)                                                                        \
    X(PEVM_OK, "ok")                                                                               \
    X(PEVM_NO_MEMORY, "out of memory")                                                             \
    X(PEVM_LIMIT, "a configured limit was reached")                                                \
    X(PEVM_BAD_INPUT, "malformed input")                                                           \
    X(PEVM_UNSUPPORTED, "not supported")                                                           \
    X(PEVM_NOT_FOUND, "not found")                                                                 \
    X(PEVM_IO, "input or output failed")                                                           \
    X(PEVM_CORRUPT, "stored data is damaged")                                                      \
    X(PEVM_STATE_UNREADABLE, "the state could not be read")                                        \
    X(PEVM_INVALID_BLOCK, "the block is invalid")                                                  \
    X(PEVM_CANCELLED, "cancelled")                                                                 \
    X(PEVM_TIMEOUT, "out of time")                                                                 \
    X(PEVM_INTERNAL, "internal error")                                                             \
    X(PEVM_UNAVAILABLE, "the store cannot be reached or is full for now")                          \
    X(PEVM_FENCED, "somebody else leads now")

enum pevm_status {
#define X(code, text) code,
    PEVM_STATUS_LIST(X)
#undef X
};

/* Why a call ended with another status than PEVM_OK: one English sentence that names what and where, zero-terminated. It
 * lives with the caller and needs no release. Untouched when the call succeeds. */
#define PEVM_ERROR_TEXT_SIZE 512

struct pevm_error {
    char text[PEVM_ERROR_TEXT_SIZE];
};

/* The text of a status, for people. Never NULL; static; any thread. */
const char *pevm_status_text(enum pevm_status status);

/* The name of a status ("PEVM_IO"), for logs. Never NULL; static; any thread. */
const char *pevm_status_name(enum pevm_status status);

#ifdef __cplusplus
}
#endif
#endif
