#include "cli/gigagas_code.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TEST(a_file_that_is_not_there_is_told)
{
    struct gigagas_code code;
    struct error error;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    error_clear(&error);
    CHECK_EQ(gigagas_code_read(&code, "/nowhere", GIGAGAS_POOL, &arena, &error), PEVM_IO);
    assert_non_null(strstr(error.text, "/nowhere/UniswapV3Pool.hex"));
    arena_fini(&arena);
}

TEST(another_content_than_the_published_one_is_refused)
{
    struct gigagas_code code;
    struct error error;
    struct arena arena;
    char folder[] = "/tmp/pevm-gigagas-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/WETH9.hex", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("6000\n", file);
    fclose(file);
    arena_init(&arena, 1024, 0);
    error_clear(&error);
    CHECK_EQ(gigagas_code_read(&code, folder, GIGAGAS_WETH, &arena, &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "not the published bytecode of WETH9"));
    arena_fini(&arena);
    unlink(path);
    rmdir(folder);
}

TEST(holes_are_found_and_filled)
{
    uint8_t data[] = {1, 0xab, 0xcd, 2, 0xab, 0xcd};
    struct gigagas_code code = {data, sizeof data};
    struct gigagas_hole hole;
    struct error error;
    CHECK_EQ(gigagas_hole_find(&hole, &code, "abcd", &error), PEVM_OK);
    CHECK_EQ(hole.count, 2);
    gigagas_hole_fill(&code, &hole, (const uint8_t[]){7, 8});
    CHECK_HEX(bytes_of(data, sizeof data), "010708020708");
    CHECK_EQ(gigagas_hole_find(&hole, &code, "abcd", &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "abcd is not in"));
}

TEST(a_hole_with_too_many_places_is_refused)
{
    uint8_t data[GIGAGAS_PLACES_MAX + 1] = {0};
    struct gigagas_code code = {data, GIGAGAS_PLACES_MAX};
    struct gigagas_hole hole;
    struct error error;
    CHECK_EQ(gigagas_hole_find(&hole, &code, "00", &error), PEVM_OK);
    CHECK_EQ(hole.count, GIGAGAS_PLACES_MAX);
    code.size++;
    CHECK_EQ(gigagas_hole_find(&hole, &code, "00", &error), PEVM_BAD_INPUT);
}
