/* test.h - the test kit: a thin coat over cmocka.
 *
 *   TEST(a_name_that_is_a_sentence)
 *   {
 *       CHECK_EQ(1 + 1, 2);
 *   }
 *
 * Tests register themselves and run in the order of the file; a program is one test file. Files of the
 * official suites are found through PEVM_FIXTURES (default ../shared/fixtures): fixtures_path.
 */
#pragma once

#include "base/bytes.h"

/* cmocka wants the first four before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

void test_register(const char *name, void (*run)(void **));

#define TEST(name)                                                                                 \
    static void test_##name(void);                                                                 \
    static void run_##name(void **state)                                                           \
    {                                                                                              \
        (void)state;                                                                               \
        test_##name();                                                                             \
    }                                                                                              \
    __attribute__((constructor)) static void register_##name(void)                                 \
    {                                                                                              \
        test_register(#name, run_##name);                                                          \
    }                                                                                              \
    static void test_##name(void)

#define CHECK(fact)                  assert_true(fact)
#define CHECK_EQ(actual, expected)   assert_int_equal(actual, expected)
#define CHECK_TEXT(actual, expected) assert_string_equal(actual, expected)

/* Bytes against a string of hex digits, both shown when they differ. */
#define CHECK_HEX(actual_bytes, expected_hex)                                                      \
    test_check_hex((actual_bytes), (expected_hex), __FILE__, __LINE__)
void test_check_hex(struct bytes actual, const char *expected_hex, const char *file, int line);

/* Decode hex (with or without 0x) into static storage that lives until the process ends. Fails the test when
 * it is not hex. */
struct bytes test_hex(const char *text);

/* "$PEVM_FIXTURES/name" when that file exists, else NULL, and the reason is printed: then skip the test.
 * The text lives until the next call. */
const char *fixtures_path(const char *name);
