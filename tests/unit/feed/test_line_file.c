/* Lines of any length, with any end, plain and compressed. */
#include "feed/line_file.h"
#include "support/feed_chain.h"
#include "support/test.h"

#include <stdio.h>
#include <zlib.h>

static struct error error;

static size_t count_lines(const char *path, enum pevm_status *status, size_t *bytes)
{
    struct line_file *file;
    struct bytes line;
    bool found = true;
    CHECK_EQ(line_file_open(&file, path, &error), PEVM_OK);
    size_t count = 0;
    *bytes = 0;
    while ((*status = line_file_next(file, &line, &found, &error)) == PEVM_OK && found) {
        CHECK_EQ(line_file_number(file), ++count);
        *bytes += line.size;
    }
    line_file_close(file);
    return count;
}

TEST(lines_end_with_a_newline_or_the_file)
{
    static const struct {
        const char *text;
        size_t lines, bytes;
    } cases[] = {
        {"",             0, 0},
        {"a",            1, 1},
        {"a\n",          1, 1},
        {"a\r\nbc\n\nd", 4, 4},
        {"\n\n",         2, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum pevm_status status;
        size_t bytes;
        const char *path = feed_file("lines", bytes_of(cases[i].text, strlen(cases[i].text)));
        CHECK_EQ(count_lines(path, &status, &bytes), cases[i].lines);
        CHECK_EQ(status, PEVM_OK);
        CHECK_EQ(bytes, cases[i].bytes);
    }
}

TEST(long_lines_are_whole_and_compressed_ones_the_same)
{
    static char text[3000000];
    enum pevm_status status;
    size_t bytes;
    char path[160];
    memset(text, 'x', sizeof text);
    for (size_t i = 700001; i < sizeof text; i += 700001)
        text[i] = '\n';
    CHECK_EQ(count_lines(feed_file("long", bytes_of(text, sizeof text)), &status, &bytes), 5);
    CHECK_EQ(bytes, sizeof text - 4);
    snprintf(path, sizeof path, "%s/long.gz", feed_folder());
    gzFile file = gzopen(path, "wb");
    CHECK_EQ(gzwrite(file, text, sizeof text), (int)sizeof text);
    gzclose(file);
    CHECK_EQ(count_lines(path, &status, &bytes), 5);
    CHECK_EQ(bytes, sizeof text - 4);
    FILE *whole = fopen(path, "rb");
    size_t size = fread(text, 1, sizeof text, whole);
    fclose(whole);
    count_lines(feed_file("cut.gz", bytes_of(text, size - 20)), &status, &bytes);
    CHECK_EQ(status, PEVM_CORRUPT);
    assert_non_null(strstr(error.text, "the compressed file ends too early"));
}

TEST(a_file_that_is_not_there_is_named)
{
    struct line_file *file;
    CHECK_EQ(line_file_open(&file, "/nowhere/x", &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "/nowhere/x: No such file or directory");
}
