#include "feed/gz_file.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct error error;

/* The same bytes, as they are or compressed; the file's name is in `path`. */
static void write_file(char *path, bool is_compressed)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    gzFile file = gzdopen(fd, is_compressed ? "wb" : "wbT");
    assert_non_null(file);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(gzwrite(file, "0123456789", 10), 10);
    assert_int_equal(gzclose(file), Z_OK);
}

static void check_read(bool is_compressed)
{
    char path[] = "/tmp/pevm_gz_XXXXXX", text[10000];
    struct gz_file file;
    write_file(path, is_compressed);
    assert_int_equal(gz_file_open(&file, path, &error), PEVM_OK);
    CHECK_TEXT(file.path, path);
    CHECK_EQ(file.size < sizeof text, is_compressed);
    CHECK(gz_file_progress(&file) < 0.5);
    CHECK_EQ(gzread(file.file, text, sizeof text), (int)sizeof text);
    CHECK(memcmp(text + sizeof text - 10, "0123456789", 10) == 0);
    CHECK(gz_file_progress(&file) == 1.0);
    gz_file_close(&file);
    gz_file_close(&file); /* once more does no harm */
    unlink(path);
}

TEST(plain_and_compressed_files_read_the_same)
{
    check_read(false);
    check_read(true);
}

TEST(an_empty_file_is_read_already)
{
    struct gz_file file;
    assert_int_equal(gz_file_open(&file, "/dev/null", &error), PEVM_OK);
    CHECK(gz_file_progress(&file) == 1.0);
    gz_file_close(&file);
}

TEST(what_cannot_be_opened_is_named)
{
    struct gz_file file;
    CHECK_EQ(gz_file_open(&file, "/tmp/pevm/is/not/there", &error), PEVM_NOT_FOUND);
    CHECK(strstr(error.text, "/tmp/pevm/is/not/there: ") == error.text);
    gz_file_close(&file);
    CHECK_EQ(gz_file_open(&file, "/tmp", &error), PEVM_IO);
    CHECK_TEXT(error.text, "/tmp: is no file that can be read");
    gz_file_close(&file);
}
