#include "base/hex.h"

static const char digits_of[] = "0123456789abcdef";

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void hex_encode(char *text, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        text[2 * i] = digits_of[bytes.data[i] >> 4];
        text[2 * i + 1] = digits_of[bytes.data[i] & 15];
    }
    text[2 * bytes.size] = 0;
}

bool hex_decode(uint8_t *out, const char *text, size_t digits)
{
    if (digits % 2 != 0) return false;
    for (size_t i = 0; i < digits / 2; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool hex_decode_number(uint8_t out[32], const char *text, size_t digits)
{
    if (digits == 0 || digits > 64) return false;
    memset(out, 0, 32);
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(text[digits - 1 - i]);
        if (digit < 0) return false;
        out[31 - i / 2] = (uint8_t)(out[31 - i / 2] | digit << (i % 2 * 4));
    }
    return true;
}

const char *hex_hash(char text[HEX_HASH_SIZE], const hash32 *hash)
{
    text[0] = '0';
    text[1] = 'x';
    hex_encode(text + 2, bytes_of(hash->bytes, 32));
    return text;
}

const char *hex_address(char text[HEX_ADDRESS_SIZE], const address *account)
{
    text[0] = '0';
    text[1] = 'x';
    hex_encode(text + 2, bytes_of(account->bytes, 20));
    return text;
}
