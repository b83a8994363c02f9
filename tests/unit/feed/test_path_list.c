/* Which files a PATH means. */
#include "feed/path_list.h"
#include "support/feed_chain.h"
#include "support/test.h"

static struct error error;

TEST(a_directory_means_its_files_in_the_order_of_their_names)
{
    struct path_list list;
    feed_file("b.era1", bytes_of("12", 2));
    feed_file("a.era1", bytes_of("123", 3));
    feed_file("c.txt", bytes_of("1", 1));
    CHECK_EQ(path_list_open(&list, feed_folder(), ".era1", &error), PEVM_OK);
    CHECK_EQ(list.count, 2);
    CHECK_EQ(list.bytes, 5);
    CHECK_EQ(list.files[0].size, 3);
    assert_non_null(strstr(list.files[1].path, "/b.era1"));
    path_list_fini(&list);
}

TEST(a_file_means_itself_whatever_its_name)
{
    struct path_list list;
    const char *path = feed_file("c.txt", bytes_of("1", 1));
    CHECK_EQ(path_list_open(&list, path, ".era1", &error), PEVM_OK);
    CHECK_EQ(list.count, 1);
    CHECK_TEXT(list.files[0].path, path);
    path_list_fini(&list);
}

TEST(what_is_not_there_is_named)
{
    struct path_list list;
    CHECK_EQ(path_list_open(&list, "/nowhere/at/all", ".era1", &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "/nowhere/at/all: No such file or directory");
    CHECK_EQ(path_list_open(&list, feed_folder(), ".xyz", &error), PEVM_NOT_FOUND);
    assert_non_null(strstr(error.text, "no *.xyz in this directory"));
    path_list_fini(&list);
}
