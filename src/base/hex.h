/* hex.h - bytes as text. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

/* Write 2 * bytes.size lower-case digits and a zero byte to `text` (room: 2 * size + 1), no prefix. */
void hex_encode(char *text, struct bytes bytes);

/* Decode `digits` hex digits into `out` (room: digits / 2). False when `digits` is odd or one is no digit. */
bool hex_decode(uint8_t *out, const char *text, size_t digits) MUST_CHECK;

/* Decode a number of 1 to 64 digits, right aligned. False when too long, empty or not hex. */
bool hex_decode_number(uint8_t out[32], const char *text, size_t digits) MUST_CHECK;

/* The value of one digit, or -1. */
int hex_digit(char c);

#define HEX_HASH_SIZE    67 /* "0x", 64 digits, zero byte */
#define HEX_ADDRESS_SIZE 43 /* "0x", 40 digits, zero byte */

/* "0x..." of a hash or address into the caller's buffer, which is returned for use in printf. */
const char *hex_hash(char text[HEX_HASH_SIZE], const hash32 *hash);
const char *hex_address(char text[HEX_ADDRESS_SIZE], const address *account);
