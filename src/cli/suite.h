/* suite.h - runs the tests of many files on all cores: what statetest and blocktest have in common.
 *
 * Words
 *   test     a member of a file's object; its key is its name
 *   case     what is judged: passed, failed or skipped; a test has one or many
 *   job      a thread of the suite, which takes one part after another. (The workers of --workers are those of an engine.)
 *   part     what of a test one job does: the cases of one fork; most tests have one
 *   runner   a job's own things (engines, arenas); made and used by one job
 *
 * Rules
 *   R1  What is told comes in the order of the files and the tests in them, whatever the number of jobs.
 *   R2  A file that cannot be read, and a part of a test that is malformed, count as one failed case, told with file and reason; the
 *       suite goes on, and ends with EXIT_DATA or EXIT_IO.
 *   R3  stdout has the failures and the closing line, with --json an object per case (then the closing line is on stderr).
 */
#pragma once

#include "cli/exit_code.h"
#include "fixture/json.h"

#include <regex.h>
#include <stdio.h>

struct suite_options {
    const char *fork; /* NULL: all; else a name that a fork or network must have */
    const char
        *run; /* NULL: all; else a regular expression that a test's or its file's name must match */
    uint64_t jobs; /* tests side by side; 0: as many as there are processors */
    uint64_t
        workers; /* blocks are executed on so many workers, too, and compared; 0: they are not */
    bool json;
    bool trace; /* every instruction on stderr; then there is one job */
};

enum verdict { VERDICT_PASSED, VERDICT_FAILED, VERDICT_SKIPPED };

#define CASE_VALUE_SIZE 320 /* what was expected, what came: a reason and a sentence */

struct suite_case {
    enum verdict verdict;
    const char *test, *fork;
    bool has_index;
    size_t index;     /* among the cases of this fork */
    const char *what; /* failed: "state root"; skipped: why; passed: NULL */
    char expected[CASE_VALUE_SIZE], got[CASE_VALUE_SIZE]; /* "" when there is nothing to compare */
    uint64_t gas_used;
    const char *details; /* failed: lines that explain more; may be NULL */
};

/* Where a runner tells its cases. */
struct suite_report {
    const struct suite_options *options;
    const char *file; /* its name inside the user's path */
    FILE *out;
    uint64_t passed, failed, skipped;
};

void suite_tell(struct suite_report *report, const struct suite_case *result);

struct suite_kind {
    const char *name;  /* of the command */
    const char *about; /* for its help */
    enum pevm_status (*runner_new)(void **out,
                                   const struct suite_options *options,
                                   struct error *error);
    void (*runner_free)(void *runner);
    /* Into how many parts a test can be cut, for several jobs; at least 1. NULL: always 1. Must not fail, whatever the test
     * looks like. */
    size_t (*parts)(const struct json *test);
    /* Run part `part` of a test, tell its cases. Anything but PEVM_OK: it could not be run; the reason is in `error`. */
    enum pevm_status (*run)(void *runner,
                            const struct json *test,
                            size_t part,
                            struct suite_report *report,
                            struct error *error);
};

/* The whole command: options, files, jobs, closing line. The exit code. */
int suite_command(const struct suite_kind *kind, int argc, char **argv);
