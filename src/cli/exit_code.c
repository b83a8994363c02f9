#include "cli/exit_code.h"

enum exit_code exit_code_of(enum pevm_status status)
{
    switch (status) {
    case PEVM_OK: return EXIT_DONE;
    case PEVM_INVALID_BLOCK: return EXIT_FAILED;
    case PEVM_BAD_INPUT:
    case PEVM_UNSUPPORTED:
    case PEVM_LIMIT:
    case PEVM_CORRUPT:
    case PEVM_STATE_UNREADABLE: return EXIT_DATA;
    case PEVM_NOT_FOUND:
    case PEVM_IO: return EXIT_IO;
    case PEVM_TIMEOUT:
    case PEVM_CANCELLED: return EXIT_INTERRUPTED;
    case PEVM_UNAVAILABLE: return EXIT_UNAVAILABLE;
    case PEVM_FENCED: return EXIT_FENCED;
    case PEVM_NO_MEMORY:
    case PEVM_INTERNAL: return EXIT_INTERNAL;
    }
    return EXIT_INTERNAL;
}
