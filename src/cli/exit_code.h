/* exit_code.h - what the process says to its caller. The numbers are those of sysexits.h, as the service promises them.
 *
 *   0   done, nothing failed
 *   1   something that was checked is wrong: a test case failed, a block's root differs
 *   64  the command line is wrong
 *   65  a file is malformed: JSON, RLP, hex, an archive, an unknown fork
 *   69  the store cannot be reached
 *   70  our fault or the machine's: no memory, an assertion
 *   74  a file or device could not be read or written
 *   75  leadership was lost
 *   78  the configuration is wrong
 */
#pragma once

#include "base/status.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 64,
    EXIT_DATA = 65,
    EXIT_UNAVAILABLE = 69,
    EXIT_INTERNAL = 70,
    EXIT_IO = 74,
    EXIT_FENCED = 75,
    EXIT_CONFIG = 78,
    EXIT_INTERRUPTED = 130,
};

enum exit_code exit_code_of(enum pevm_status status);
