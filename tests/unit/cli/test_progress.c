#include "cli/progress.h"
#include "support/test.h"

#include <stdio.h>
#include <unistd.h>

TEST(a_log_gets_a_line_each_tenth_of_the_way)
{
    static char told[4096];
    struct progress progress;
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int err = dup(2);
    dup2(fileno(file), 2);
    progress_begin(&progress, "work");
    progress.log_after_ns = 0;
    for (int i = 0; i <= 1000; i++)
        progress_show(&progress, i / 1000.0, "words");
    progress_show(&progress, 2.0, "words");
    progress_end(&progress);
    fflush(stderr);
    dup2(err, 2);
    close(err);
    rewind(file);
    told[fread(told, 1, sizeof told - 1, file)] = 0;
    fclose(file);

    unsigned lines = 0;
    for (const char *c = told; *c != 0; c++)
        lines += *c == '\n';
    CHECK_EQ(lines, 10);
    CHECK(strstr(told, "work: 10 %, words, 0 s\n") == told);
    CHECK(strstr(told, "work: 100 %, words, 0 s\n") != NULL);
}
