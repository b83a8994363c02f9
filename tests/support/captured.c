#include "support/captured.h"

#include "support/test.h"

#include <stdio.h>
#include <unistd.h>

static void read_back(FILE *file, char *text, size_t size)
{
    rewind(file);
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

int captured_run(const struct captured *into, int (*command)(int, char **), int argc, char **argv)
{
    argv[argc] = NULL;
    fflush(stdout);
    fflush(stderr);
    FILE *out = tmpfile(), *err = tmpfile();
    assert_true(out != NULL && err != NULL);
    int old_out = dup(1), old_err = dup(2);
    dup2(fileno(out), 1);
    dup2(fileno(err), 2);
    int code = command(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(old_out, 1);
    dup2(old_err, 2);
    close(old_out);
    close(old_err);
    read_back(out, into->out, into->out_size);
    read_back(err, into->err, into->err_size);
    return code;
}
