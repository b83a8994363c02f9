/* captured.h - what a command prints, and its exit code: the test's own stdout and stderr are put aside meanwhile. */
#pragma once

#include <stddef.h>

struct captured {
    char *out, *err; /* the caller's; end with a zero byte */
    size_t out_size, err_size;
};

/* Run `command(argc, argv)`; argv[argc] must have room for a NULL. */
int captured_run(const struct captured *into, int (*command)(int, char **), int argc, char **argv);
