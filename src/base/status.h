/* status.h - statuses inside the house, and the one macro that returns. */
#pragma once

#include "pevm/status.h"

#include "base/compiler.h"

/* Hand a status that is not PEVM_OK to the caller. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum pevm_status try_status_ = (call);                                                     \
        if (unlikely(try_status_ != PEVM_OK)) return try_status_;                                  \
    } while (0)
